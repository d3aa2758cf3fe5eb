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

use crate::{AppState, finish};

mod answers;
mod articles;
mod contact;
mod escalations;
mod feedback;
mod operation;
mod page;
mod running;
mod search;

/// All routes over `state`. Needs no socket: tests call it as a function.
pub fn router(state: AppState) -> Router {
    let routes = Router::new()
        .merge(page::routes())
        .route("/livez", get(operation::livez))
        .route("/readyz", get(operation::readyz))
        .route("/v1/version", get(operation::version))
        .route("/v1/answers", post(answers::post))
        .route("/v1/search", post(search::post))
        .route("/v1/articles/{*id}", get(articles::get))
        .route("/v1/contact-methods", get(contact::get))
        .route("/v1/escalations", post(escalations::post))
        .route("/v1/escalations/{id}", get(escalations::get))
        .route("/v1/feedback", post(feedback::post))
        .route("/v1/admin/availability", put(contact::put_availability))
        .route("/v1/admin/reload", post(operation::reload));
    #[cfg(test)]
    let routes = routes.route("/panic", get(panic_on_purpose));
    routes
        .layer(CatchPanicLayer::custom(finish::panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            finish::finish,
        ))
        .with_state(state)
}

#[cfg(test)]
async fn panic_on_purpose() -> &'static str {
    panic!("on purpose")
}
