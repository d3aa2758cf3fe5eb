//! `loket serve`: the HTTP service over the index, swapped for newer generations while it runs.

use std::{
    error::Error,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use answer::{AnswerConfig, Engine};
use anyhow::Context as _;
use indexer::{BuildOptions, Builder, IndexStore, Snapshot};
use inference::Encoder;
use serde_json::json;
use server::{AppState, LoadError, Loader};
use support::Store;

use super::{Context, End, state::Place, usable};
use crate::{
    args, failure, limits,
    models::{Models, SharedWriter, load_encoder},
};

/// Time between tries to open a state store that could not be opened at the start.
const STORE_AGAIN: Duration = Duration::from_secs(2);

pub(super) fn run(args: &args::Serve, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if let Some(bind) = args.bind {
        context.config.server.bind = bind;
    }
    let bind = context.config.server.bind;
    let access = context.access().context("starting the service")?;
    limits::raise_open_files();
    let models = context.models()?;
    let store = context.store()?;
    let kb = context.config.index.kb.clone();
    // A folder that is missing is told at once; a service that can never answer helps nobody.
    if store.current_id().is_none() {
        fs_err::read_dir(&kb).context(
            "starting the service: there is no index, and no articles to build one from",
        )?;
    }
    // Without its encoder the service answers nothing, but it still brings customers to a person.
    let encoder = OnceLock::new();
    match context.encoder(&models) {
        Ok(loaded) => {
            encoder.get_or_init(|| loaded);
        }
        Err(failure) => {
            let line = failure::line(&failure);
            writeln!(
                context.err,
                "loket: every question goes to a person until the encoder is there: {line}"
            )?;
        }
    }
    let writer = match context.writer(&models) {
        Ok(writer) => writer,
        Err(failure) => {
            let line = failure::line(&failure);
            writeln!(
                context.err,
                "loket: answering in the articles' own words: {line}"
            )?;
            None
        }
    };
    if let Some(writer) = writer.clone() {
        std::thread::spawn(move || {
            if let Err(error) = answer::prompt::warm_up(&*writer) {
                tracing::warn!(error = &error as &dyn Error, "the writer could not warm up");
            }
        });
    }
    let loader = EngineLoader {
        store,
        kb,
        options: context.build_options(false),
        models,
        encoder,
        writer,
        config: context.config.answer.clone(),
        last: Mutex::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the service")?;
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(bind))
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

/// Opens generations for the service, with models that stay loaded.
struct EngineLoader {
    store: IndexStore,
    kb: PathBuf,
    options: BuildOptions,
    models: Models,
    encoder: OnceLock<Arc<dyn Encoder>>,
    writer: Option<SharedWriter>,
    config: AnswerConfig,
    /// The snapshot loaded last: what the next one has in common with it is not read again.
    last: Mutex<Option<Arc<Snapshot>>>,
}

impl EngineLoader {
    /// The encoder; got and loaded when it could not be before.
    fn encoder(&self) -> anyhow::Result<Arc<dyn Encoder>> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(Arc::clone(encoder));
        }
        if let Some(remote) = self.models.remote_encoder()? {
            return Ok(Arc::clone(self.encoder.get_or_init(|| remote)));
        }
        let entry = self.models.encoder()?;
        let files = self
            .models
            .store
            .pull(entry, &mut |_| {})
            .with_context(|| format!("getting the encoder `{}`", entry.id))?;
        let loaded = load_encoder(entry, &files)?;
        Ok(Arc::clone(self.encoder.get_or_init(|| loaded)))
    }
}

impl Loader for EngineLoader {
    fn current_id(&self) -> Option<String> {
        self.store.current_id()
    }

    fn load(&self) -> Result<Arc<Engine>, LoadError> {
        let load = || -> anyhow::Result<Engine> {
            let shared = self.encoder()?;
            let encoder = &*shared;
            let last = self
                .last
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let usable = usable(&self.store, encoder, last.as_deref())?;
            let snapshot = if let Some(snapshot) = usable {
                Arc::new(snapshot)
            } else {
                let mut builder = Builder::new(self.kb.clone(), self.store.clone(), self.options);
                let built = builder.build(encoder, &mut |_| {});
                let built = built.context("building the index")?;
                // What was built lies here; what is served is what every machine has.
                if self.store.is_in_database() {
                    Arc::new(self.store.open().context("opening the index")?.snapshot)
                } else {
                    built.snapshot
                }
            };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
            Ok(Engine::new(
                snapshot,
                shared,
                self.writer.clone(),
                self.config.clone(),
            )?)
        };
        load()
            .map(Arc::new)
            .map_err(Box::<dyn Error + Send + Sync>::from)
    }
}

/// Completes when the process is asked to stop.
pub(super) async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            if let Ok(mut asked) = signal(SignalKind::terminate()) {
                asked.recv().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
