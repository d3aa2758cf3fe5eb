//! Serving the newest generation without a pause.
//!
//! An engine is loaded beside the one that serves and put in its place when it is whole. One that cannot be
//! loaded changes nothing: the old one goes on, and the reason is logged once, not every time it is tried.

use std::{error::Error, sync::Arc, time::Duration};

use answer::Engine;
use tokio::time::Instant;

use crate::{AppState, ahead};

/// Why an engine could not be loaded, with its causes.
pub type LoadError = Box<dyn Error + Send + Sync>;

/// Gives the newest engine. Both methods block; they run on threads made for that.
pub trait Loader: Send + Sync {
    /// Id of the newest complete generation, if there is one. Called several times a second, so it must be cheap.
    fn current_id(&self) -> Option<String>;

    /// Loads it.
    ///
    /// # Errors
    /// Whatever keeps it from being loaded.
    fn load(&self) -> Result<Arc<Engine>, LoadError>;
}

/// Why the newest generation is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It could not be loaded.
    #[error("the newest generation could not be loaded")]
    Load(#[source] LoadError),
    /// Loading it panicked.
    #[error("loading the newest generation panicked")]
    Panicked(#[source] tokio::task::JoinError),
}

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// Generation that is served now.
    pub generation: String,
    /// Whether another one was served before.
    pub changed: bool,
}

/// What is remembered of earlier loads, so that none is repeated in vain.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// Whether there was an attempt.
    has_tried: bool,
    /// Newest id at the last attempt. It is not always the generation served: a damaged one makes the loader
    /// fall back.
    tried: Option<String>,
    /// What was logged of the last failure, and when it was; `None` after a success.
    failure: Option<(String, Instant)>,
}

/// A failure may pass without a new generation (a model that was missing), so it is tried again after this time.
const RETRY: Duration = Duration::from_secs(30);

impl AppState {
    /// Loads the newest generation and serves it. One load runs at a time; others wait for it.
    ///
    /// # Errors
    /// [`ReloadError`]; then what was served before is served still.
    pub async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let mut attempts = self.attempts().lock().await;
        self.reload_as(&mut attempts).await
    }

    /// Loads the newest generation if it was not tried yet. The result is in the log.
    pub async fn reload_if_newer(&self) {
        let loader = self.loader();
        let mut attempts = self.attempts().lock().await;
        let Ok(newest) = tokio::task::spawn_blocking(move || loader.current_id()).await else {
            return;
        };
        let failed = attempts.failure.as_ref();
        let retry = failed.is_some_and(|(_, at)| at.elapsed() >= RETRY);
        if retry || !attempts.has_tried || attempts.tried != newest {
            // Logged where it happened.
            let _ = self.reload_as(&mut attempts).await;
        }
    }

    async fn reload_as(&self, attempts: &mut Attempts) -> Result<Reloaded, ReloadError> {
        let loader = self.loader();
        // Nobody closes it; without a permit the load is only less alone.
        let turn = Arc::clone(&self.machine().loads).acquire_owned().await;
        let span = tracing::Span::current();
        let loaded = tokio::task::spawn_blocking(move || {
            // Read before loading: what is written meanwhile must count as newer.
            span.in_scope(|| (loader.current_id(), loader.load()))
        })
        .await;
        drop(turn);
        attempts.has_tried = true;
        self.has_tried_to_load();
        let error = match loaded {
            Ok((id, Ok(engine))) => {
                attempts.tried = id;
                attempts.failure = None;
                if let Some(old) = self.engine() {
                    engine.take_over(&old);
                }
                let reloaded = self.swap(Arc::clone(&engine));
                ahead::start(self.clone(), engine);
                tracing::info!(
                    generation = reloaded.generation,
                    changed = reloaded.changed,
                    "serving"
                );
                return Ok(reloaded);
            }
            Ok((id, Err(error))) => {
                attempts.tried = id;
                ReloadError::Load(error)
            }
            Err(error) => ReloadError::Panicked(error),
        };
        let failure = chain(&error);
        if attempts
            .failure
            .as_ref()
            .is_none_or(|(known, _)| *known != failure)
        {
            tracing::error!(error = failure, "reload failed, the old generation is kept");
        }
        attempts.failure = Some((failure, Instant::now()));
        Err(error)
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
