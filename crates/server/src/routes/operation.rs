//! Routes for who runs the service: alive, ready, which version, and reload.

use axum::{Json, extract::State, http::header, response::IntoResponse};
use prometheus_client::encoding::prometheus_text;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    AppState, Problem, ProblemKind,
    health::{self, Check},
};

/// That the process runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Alive {
    /// Always `alive`.
    status: &'static str,
}

/// That the service is ready.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// Generation that is served.
    generation: String,
    /// How each part is; none of them has failed.
    checks: Vec<Check>,
}

/// The process runs. Says nothing of what it can do.
pub(crate) async fn livez() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// An index and an encoder are loaded, hand-offs can be stored, and the threads that work live.
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<Ready>, Problem> {
    let checks = health::checks(&state).await;
    let failed: Vec<&str> = checks
        .iter()
        .filter(|check| check.is_failed())
        .map(Check::name)
        .collect();
    match state.generation() {
        Some(generation) if failed.is_empty() => Ok(Json(Ready {
            status: "ready",
            generation,
            checks,
        })),
        _ => Err(Problem {
            detail: format!("not ready: {}; see `checks`", failed.join(", ")),
            checks,
            ..Problem::not_ready()
        }),
    }
}

/// Numbers for Prometheus.
pub(super) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let text = state.metrics().text(&state).await;
    (
        [(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)],
        text,
    )
}

/// What runs here.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Version")]
pub(crate) struct About {
    /// Always `loket`.
    name: &'static str,
    /// Version of the program.
    version: &'static str,
    /// Version of the interface.
    api: &'static str,
    /// Generation that is served.
    generation: Option<String>,
    /// Models that are loaded.
    models: LoadedModels,
}

/// Models that are loaded.
#[derive(Debug, Serialize, JsonSchema)]
struct LoadedModels {
    /// The encoder.
    embedder: Option<String>,
    /// The writer.
    writer: Option<String>,
}

pub(super) async fn version(State(state): State<AppState>) -> Json<About> {
    let engine = state.engine();
    let engine = engine.as_deref();
    Json(About {
        name: "loket",
        version: env!("CARGO_PKG_VERSION"),
        api: "v1",
        generation: engine.map(|engine| engine.snapshot().generation().to_owned()),
        models: LoadedModels {
            embedder: engine.map(|engine| engine.encoder_id().to_owned()),
            writer: engine.and_then(|engine| engine.writer_id().map(str::to_owned)),
        },
    })
}

/// What a reload came to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Reload {
    /// Generation that is served now.
    generation: String,
    /// Whether another one was served before.
    changed: bool,
}

pub(super) async fn reload(State(state): State<AppState>) -> Result<Json<Reload>, Problem> {
    match state.reload().await {
        Ok(reloaded) => Ok(Json(Reload {
            generation: reloaded.generation,
            changed: reloaded.changed,
        })),
        // The cause may name paths; it is in the log.
        Err(_) => Err(Problem::new(
            ProblemKind::ReloadFailed,
            match state.generation() {
                Some(kept) => format!("generation `{kept}` is still served; the log says why"),
                None => "nothing is served yet; the log says why".to_owned(),
            },
        )),
    }
}
