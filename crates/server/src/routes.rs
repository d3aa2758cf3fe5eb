//! The routes and the layers around them.

#![allow(
    clippy::unused_async,
    reason = "the router takes async functions only, also of routes that wait for nothing"
)]

use axum::{
    Router, middleware,
    routing::{get, post, put},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{AppState, access, finish, layers};

mod answers;
mod articles;
pub(crate) mod chat;
mod contact;
mod escalations;
mod feedback;
mod mcp;
pub(crate) mod operation;
mod page;
mod reference;
mod running;
mod search;
mod tokens;

pub(crate) use page::is_file as is_page_file;

/// All routes over `state`. Needs no socket: tests call it as a function.
pub fn router(state: AppState) -> Router {
    let config = state.config().clone();
    let routes = all()
        .layer(middleware::from_fn_with_state(state.clone(), access::check))
        .layer(CatchPanicLayer::custom(finish::panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            finish::finish,
        ))
        .with_state(state);
    layers::around(routes, &config)
}

/// All routes, without the layers around them.
pub(crate) fn all() -> Router<AppState> {
    let routes = Router::new()
        .merge(page::routes())
        .merge(reference::routes())
        .route("/livez", get(operation::livez))
        .route("/readyz", get(operation::readyz))
        .route("/metrics", get(operation::metrics))
        .route("/v1/version", get(operation::version))
        .route("/v1/answers", post(answers::post))
        .route("/v1/search", post(search::post))
        .route("/v1/articles/{*id}", get(articles::get))
        .route("/v1/contact-methods", get(contact::get))
        .route("/v1/escalations", post(escalations::post))
        .route("/v1/escalations/{id}", get(escalations::get))
        .route("/v1/feedback", post(feedback::post))
        .route("/v1/chat/completions", post(chat::post))
        .route("/v1/models", get(chat::models))
        .route("/mcp", post(mcp::post))
        .route("/v1/tokens", post(tokens::post))
        .route("/v1/session", get(tokens::session))
        .route("/v1/admin/availability", put(contact::put_availability))
        .route("/v1/admin/reload", post(operation::reload));
    #[cfg(test)]
    let routes = routes.route("/panic", get(panic_on_purpose));
    routes
}

#[cfg(test)]
async fn panic_on_purpose() -> &'static str {
    panic!("on purpose")
}
