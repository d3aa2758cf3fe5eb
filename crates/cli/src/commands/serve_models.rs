//! `loket serve-models`: this machine's encoder and writer for other processes.

use anyhow::Context as _;
use serde_json::json;
use server::{Access, Provider};

use super::{Context, End, serve::asked_to_stop};
use crate::{args, limits, models::load_encoder};

pub(super) fn run(args: &args::ServeModels, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let config = context.config.server.clone();
    let access = Access::open(&context.config.index.data_dir, &config)
        .context("starting to provide models")?;
    server::check_address(args.bind, access.has_keys()).context("`--bind`")?;
    limits::raise_open_files();
    // What is provided is what runs here, whatever this machine's own answers are made with.
    let models = context.local_models()?;
    let entry = models.encoder()?;
    let files = models
        .pull(entry, context.err)
        .with_context(|| format!("getting the encoder `{}`", entry.id))?;
    let encoder = load_encoder(entry, &files)?;
    let writer = match models.writer()? {
        Some(entry) => Some(context.local_writer(&models, entry)?),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting to provide models")?;
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(args.bind))
        .with_context(|| format!("listening on `{}`", args.bind))?;
    let address = listener.local_addr().context("listening")?;
    let url = format!("http://{address}/v1");
    if args.format.json {
        let writer = writer.as_ref().map(|writer| writer.id());
        context
            .out
            .json(&json!({ "url": url, "encoder": encoder.id(), "writer": writer }))?;
    } else {
        writeln!(context.err, "loket: providing models at {url}")?;
        context.err.flush()?;
    }
    let served = runtime.block_on(async {
        let provider = Provider::new(config, access, encoder, writer);
        server::serve_models(listener, provider, asked_to_stop()).await
    });
    runtime.shutdown_background();
    served?;
    Ok(End::Done)
}
