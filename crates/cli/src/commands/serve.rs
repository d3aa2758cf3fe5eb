//! `loket serve`: the HTTP service over the index, swapped for newer generations while it runs.

use std::{error::Error, sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::json;
use server::AppState;
use support::Store;
use tokio::{net::TcpListener, runtime::Runtime};

use super::{Context, End, state::Place};
use crate::{args, failure, limits};

mod loader;
mod many;

use loader::{EngineLoader, LoadedModels};

/// Time between tries to open a state store that could not be opened at the start.
const STORE_AGAIN: Duration = Duration::from_secs(2);

pub(super) fn run(args: &args::Serve, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if let Some(bind) = args.bind {
        context.config.server.bind = bind;
    }
    if !context.tenants.is_empty() {
        return many::run(args, context);
    }
    let access = context.access().context("starting the service")?;
    limits::raise_open_files();
    let store = context.store()?;
    // A folder that is missing is told at once; a service that can never answer helps nobody.
    if store.current_id().is_none() {
        fs_err::read_dir(&context.config.index.kb).context(
            "starting the service: there is no index, and no articles to build one from",
        )?;
    }
    let models = LoadedModels::of(context)?;
    let loader = EngineLoader::new(&context.config, store, models);
    let (runtime, listener) = listen(args, context)?;
    let config = context.config.server.clone();
    let support = context.config.support.clone();
    let place = Place::of(&context.config);
    let err = &mut *context.err;
    runtime.block_on(async {
        let state = AppState::new(config, support, Arc::new(loader));
        state.protect(access);
        match place.open().await {
            Ok(store) => keep_in(&state, &store).await,
            // Customers are served all the same; whoever starts the service can see to it.
            Err(error) => {
                let line = failure::line(&error.into());
                writeln!(
                    err,
                    "loket: keeping no receipts, and no hand-off can be accepted: {line}"
                )
                .ok();
                tokio::spawn(open_store(place, state.clone()));
            }
        }
        server::serve(listener, state, asked_to_stop()).await
    })?;
    // Work that is still running holds no data that could be lost.
    runtime.shutdown_background();
    Ok(End::Done)
}

/// Listens, and tells where.
fn listen(
    args: &args::Serve,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<(Runtime, TcpListener)> {
    let bind = context.config.server.bind;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the service")?;
    let listener = runtime
        .block_on(TcpListener::bind(bind))
        .with_context(|| format!("listening on `{bind}`"))?;
    let address = listener.local_addr().context("listening")?;
    if args.format.json {
        context
            .out
            .json(&json!({ "url": format!("http://{address}") }))?;
    } else {
        writeln!(context.err, "loket: listening on http://{address}")?;
        context.err.flush()?;
    }
    Ok((runtime, listener))
}

/// Has the service work with the store, in which nobody delivers any more.
async fn keep_in(state: &AppState, store: &Store) {
    if let Err(error) = store.release_leases().await {
        tracing::warn!(error = &error as &dyn Error, "leases must run out");
    }
    state.keep_in(store);
}

/// Tries to open the state store until it can be: a full disk or a missing right passes without a restart.
async fn open_store(place: Place, state: AppState) {
    loop {
        tokio::time::sleep(STORE_AGAIN).await;
        // Why it cannot be opened was told at the start.
        if let Ok(store) = place.open().await {
            tracing::warn!("the state store is open: hand-offs are accepted");
            return keep_in(&state, &store).await;
        }
    }
}

/// Completes when the process is asked to stop. It listens from this call on, before it is first polled, so that no signal
/// ends the process in between; must be called within a runtime.
pub(super) fn asked_to_stop() -> impl Future<Output = ()> + Send {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt());
        let terminate = signal(SignalKind::terminate());
        async {
            tokio::select! {
                () = received(interrupt) => {}
                () = received(terminate) => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
async fn received(asked: std::io::Result<tokio::signal::unix::Signal>) {
    match asked {
        Ok(mut asked) => {
            asked.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
