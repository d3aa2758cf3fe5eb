//! A help center whose settings are wrong: whoever asks for it is told that it is not served, and of the ways to a person.
//!
//! Nothing of it is opened, no index, keys or store, since what is half understood may be another's.

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
use support::SupportConfig;
use tower_http::catch_panic::CatchPanicLayer;

use super::{NoIndex, Tenant};
use crate::{
    AppState, Machine, Problem, ProblemKind, ServerConfig, finish, health::Check, layers,
    routes::operation::livez,
};

/// When it is worth asking again, in seconds: not before somebody has corrected a file and started the service anew.
const RETRY_AFTER: u64 = 60;

/// A help center that is not served because its settings are wrong.
#[derive(Debug, Clone)]
pub struct FailedTenant {
    /// Its name, and its hosts as far as they can be made out.
    pub tenant: Tenant,
    /// Which pages may read what it replies.
    pub config: ServerConfig,
    /// The ways to a person, as far as they can be made out.
    pub support: SupportConfig,
}

impl FailedTenant {
    /// Nothing but who it is, and what is counted of the requests for it.
    pub(super) fn state(self, machine: &Machine) -> AppState {
        let loader = Arc::new(NoIndex);
        AppState::of_tenant(self.tenant, machine, self.config, self.support, loader)
    }
}

/// How it is.
pub(super) fn check() -> Check {
    Check::failed(
        "settings",
        "its settings are wrong and it is not served; the log names the file and the key, correct them and restart the service",
    )
}

/// Its routes. The process lives, whatever is wrong with one help center.
pub(super) fn routes(state: &AppState) -> Router {
    let routes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .fallback(unavailable)
        .layer(CatchPanicLayer::custom(finish::panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            finish::finish,
        ))
        .with_state(state.clone());
    layers::around(routes, state.config())
}

async fn readyz() -> Problem {
    Problem {
        checks: vec![check()],
        ..unavailable().await
    }
}

async fn unavailable() -> Problem {
    Problem {
        retry_after: Some(RETRY_AFTER),
        ..Problem::new(
            ProblemKind::NotReady,
            "this help center is not served at the moment; take one of the ways to a person in `contact`, or try again later",
        )
    }
}
