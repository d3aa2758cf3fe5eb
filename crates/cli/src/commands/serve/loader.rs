//! What the service loads: models once, and generations as they come.

use std::{
    error::Error,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use answer::{AnswerConfig, Engine};
use anyhow::Context as _;
use indexer::{BuildOptions, Builder, IndexStore, Snapshot};
use inference::Encoder;
use server::{LoadError, Loader};

use crate::{
    Config,
    commands::{Context, build_options_of, usable},
    failure,
    models::{Models, SharedWriter, load_encoder},
};

/// Models that stay loaded, for all help centers of the process.
pub(super) struct LoadedModels {
    models: Models,
    encoder: OnceLock<Arc<dyn Encoder>>,
    writer: Option<SharedWriter>,
}

impl LoadedModels {
    /// Loads the models of the settings, as far as they are there, and tells what is missing.
    pub(super) fn of(context: &mut Context<'_, '_>) -> anyhow::Result<Arc<Self>> {
        let models = context.models()?;
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
        Ok(Arc::new(Self {
            models,
            encoder,
            writer,
        }))
    }

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

/// Opens generations of one help center for the service.
pub(super) struct EngineLoader {
    store: IndexStore,
    kb: PathBuf,
    options: BuildOptions,
    models: Arc<LoadedModels>,
    config: AnswerConfig,
    /// The snapshot loaded last: what the next one has in common with it is not read again.
    last: Mutex<Option<Arc<Snapshot>>>,
}

impl EngineLoader {
    /// Of the help center of `config`, whose index lies in `store`.
    pub(super) fn new(config: &Config, store: IndexStore, models: Arc<LoadedModels>) -> Self {
        Self {
            store,
            kb: config.index.kb.clone(),
            options: build_options_of(config, false),
            models,
            config: config.answer.clone(),
            last: Mutex::default(),
        }
    }
}

impl Loader for EngineLoader {
    fn current_id(&self) -> Option<String> {
        self.store.current_id()
    }

    fn load(&self) -> Result<Arc<Engine>, LoadError> {
        let load = || -> anyhow::Result<Engine> {
            let shared = self.models.encoder()?;
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
                self.models.writer.clone(),
                self.config.clone(),
            )?)
        };
        load()
            .map(Arc::new)
            .map_err(Box::<dyn Error + Send + Sync>::from)
    }
}
