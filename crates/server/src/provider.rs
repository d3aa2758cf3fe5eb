//! The models of this process for other processes: `loket serve-models`.
//!
//! connection → key → queue → writer or encoder → text, probabilities or vectors, in the shapes of OpenAI's interface.
//! What comes out is what the models say, unchecked: this is for engines of our own, which check it, and not for people.
//! It has its own small router, with the queue, the connections and the keys of the service.
//!
//! Beside what OpenAI has: `continue_final_message`, as in vLLM, goes on from a last message of the assistant;
//! `choose` gives the probabilities of whole options in the place of single tokens; `input_type` says what a text is to the
//! encoder. Texts are data: no text in a message becomes a control token.

#![allow(
    clippy::unused_async,
    reason = "the router takes async functions only, also of routes that wait for nothing"
)]

mod completions;
mod embeddings;
mod shapes;

use std::{
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use inference::{
    Encoder,
    writer::{CancelFlag, Writer},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    Access, Problem, ProblemKind, Scope, ServeError, ServerConfig,
    access::rules::Need,
    check_address, extract, listen,
    queue::{RETRY_AFTER_SECONDS, WorkQueue},
    routes::chat::refusal,
};

/// Longest body: a batch of passages, or a prompt as long as a context.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The models that are provided, with a thread for each. Clones share everything.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    config: ServerConfig,
    access: Access,
    writer: Option<Arc<dyn Writer>>,
    encoder: Arc<dyn Encoder>,
    writing: WorkQueue,
    encoding: WorkQueue,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("writer", &self.0.writer.as_ref().map(|writer| writer.id()))
            .field("encoder", &self.0.encoder.id())
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Provides `encoder`, and `writer` where there is one, to who has a `backend` key of `access`; without keys, to this
    /// machine.
    ///
    /// # Panics
    /// When the system refuses the two threads it starts.
    pub fn new(
        config: ServerConfig,
        access: Access,
        encoder: Arc<dyn Encoder>,
        writer: Option<Arc<dyn Writer>>,
    ) -> Self {
        let length: NonZeroUsize = config.queue_length;
        Self(Arc::new(Inner {
            config: ServerConfig {
                max_body_bytes: MOST_BYTES,
                ..config
            },
            access,
            writer,
            encoder,
            writing: WorkQueue::start("write", length),
            encoding: WorkQueue::start("encode", length),
        }))
    }

    /// The writer and the queue in front of it.
    fn writer(&self) -> Result<(Arc<dyn Writer>, &WorkQueue), Problem> {
        match &self.0.writer {
            Some(writer) => Ok((Arc::clone(writer), &self.0.writing)),
            None => Err(Problem::new(
                ProblemKind::NotFound,
                "there is no writer here; set `models.writer`",
            )),
        }
    }

    /// When work that begins now must be done.
    fn deadline(&self) -> Instant {
        Instant::now() + self.0.config.answer_deadline()
    }

    async fn body<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = extract::read(&parts.headers, body, &self.0.config).await?;
        extract::parse(&bytes)
    }

    fn router(self) -> Router {
        Router::new()
            .route("/v1/chat/completions", post(completions::post))
            .route("/v1/embeddings", post(embeddings::post))
            .route("/v1/models", get(models))
            .layer(middleware::from_fn_with_state(self.clone(), check))
            .route("/healthz", get(health))
            .fallback(nothing)
            .with_state(self)
    }
}

/// Refuses a model that is not the one whose id is `id`.
fn check_model(asked: Option<&str>, id: &str) -> Result<(), Problem> {
    let name = id.split('@').next().unwrap_or(id);
    match asked {
        Some(asked) if asked != id && asked != name => Err(Problem {
            field: Some("model".to_owned()),
            ..Problem::new(
                ProblemKind::NotFound,
                format!("there is no such model here; ask for `{name}`"),
            )
        }),
        _ => Ok(()),
    }
}

/// Whose work it is, so that it ends when nobody waits for it any more.
struct Waited(CancelFlag);

impl Drop for Waited {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A problem in OpenAI's shape.
struct Refused(Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        refusal(&self.0, "")
    }
}

fn overloaded() -> Problem {
    Problem {
        retry_after: Some(RETRY_AFTER_SECONDS),
        ..Problem::new(
            ProblemKind::Overloaded,
            "the queue is full; ask again later",
        )
    }
}

async fn check(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    let need = Need::Scope(Scope::Backend);
    match provider.0.access.caller(request.headers(), need) {
        Ok(_) => next.run(request).await,
        Err(problem) => Refused(problem).into_response(),
    }
}

async fn nothing() -> Refused {
    Refused(Problem::new(ProblemKind::NotFound, "there is nothing here"))
}

/// The models, the writer first.
async fn models(State(provider): State<Provider>) -> Json<serde_json::Value> {
    let entry = |id: &str, role: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "loket", "role": role });
    let mut data = Vec::new();
    if let Some(writer) = &provider.0.writer {
        let mut model = entry(writer.id(), "writer");
        model["max_model_len"] = writer.context_tokens().into();
        data.push(model);
    }
    let encoder = &provider.0.encoder;
    let mut model = entry(encoder.id(), "encoder");
    model["max_model_len"] = encoder.max_tokens().into();
    model["dimensions"] = encoder.dimensions().into();
    data.push(model);
    Json(json!({ "object": "list", "data": data }))
}

/// Whether both threads live and none hangs.
async fn health(State(provider): State<Provider>) -> Response {
    let longest = provider.0.config.answer_deadline() + Duration::from_secs(2);
    let queues = [&provider.0.writing, &provider.0.encoding];
    let is_well = queues.iter().all(|queue| queue.is_alive(longest));
    let (status, said) = if is_well {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "failed")
    };
    (status, Json(json!({ "status": said }))).into_response()
}

/// Provides models on `listener` until `shutdown` completes, then lets running work finish for the configured time.
///
/// # Errors
/// [`ServeError`].
pub async fn serve_models(
    listener: TcpListener,
    provider: Provider,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    check_address(address, provider.0.access.has_keys())?;
    let config = provider.0.config.clone();
    let app = provider.router();
    let connections = listen::accept(listener, app, &config, shutdown).await;
    tokio::select! {
        () = connections.finish() => {}
        () = tokio::time::sleep(config.shutdown_grace()) => {
            tracing::warn!("connections were closed before their replies were sent");
        }
    }
    Ok(())
}
