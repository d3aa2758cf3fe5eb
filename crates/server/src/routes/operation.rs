//! Routes for who runs the service: alive, ready, which version, and reload.

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{AppState, Problem, ProblemKind};

#[derive(Serialize)]
pub(super) struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<String>,
}

/// The process runs. Says nothing of what it can do.
pub(super) async fn livez() -> Json<Status> {
    Json(Status {
        status: "alive",
        generation: None,
    })
}

/// An index and an encoder are loaded.
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<Status>, Problem> {
    let generation = state.generation().ok_or_else(Problem::not_ready)?;
    Ok(Json(Status {
        status: "ready",
        generation: Some(generation),
    }))
}

#[derive(Serialize)]
pub(super) struct About {
    name: &'static str,
    version: &'static str,
    api: &'static str,
    generation: Option<String>,
    models: Models,
}

#[derive(Serialize)]
struct Models {
    embedder: Option<String>,
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
        models: Models {
            embedder: engine.map(|engine| engine.encoder_id().to_owned()),
            writer: engine.and_then(|engine| engine.writer_id().map(str::to_owned)),
        },
    })
}

#[derive(Serialize)]
pub(super) struct Reload {
    generation: String,
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
