//! The description of the interface, as JSON and as a page that shows it. The page loads nothing from elsewhere.

use axum::{Extension, Router, extract::State, http::header, response::IntoResponse, routing::get};

use super::page::{HTML, SCRIPT, STYLE, file};
use crate::{AppState, openapi, tenants::Prefix};

/// The address, media type and text of every file of the page.
const FILES: [(&str, &str, &str); 3] = [
    ("/docs", HTML, include_str!("../reference/index.html")),
    (
        "/docs/reference.css",
        STYLE,
        include_str!("../reference/reference.css"),
    ),
    (
        "/docs/reference.js",
        SCRIPT,
        include_str!("../reference/reference.js"),
    ),
];

pub(super) fn routes() -> Router<AppState> {
    let routes = Router::new().route("/openapi.json", get(description));
    FILES
        .into_iter()
        .fold(routes, |routes, (path, media_type, text)| {
            routes.route(path, get(move || async move { file(media_type, text) }))
        })
}

async fn description(
    State(state): State<AppState>,
    prefix: Option<Extension<Prefix>>,
) -> impl IntoResponse {
    let text = match prefix {
        Some(Extension(Prefix(prefix))) => openapi::below(state.config(), &prefix).to_string(),
        None => state.description().to_owned(),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
