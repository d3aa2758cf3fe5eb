//! What the deployment itself tells: that it lives, that it is ready, the metrics of all help centers; and that there is
//! nothing for whoever asks for something else.

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use prometheus_client::encoding::prometheus_text;
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;

use super::{Tenants, failed};
use crate::{
    AppState, Problem, Scope,
    access::{self, rules::Need},
    finish,
    health::{self, Check},
    layers,
    metrics::Exposition,
    routes::operation::livez,
};

/// Metrics of the process and of requests that are of no help center; the others would only say that the deployment has no
/// index.
const OWN: [&str; 11] = [
    "loket_http_requests_total",
    "loket_http_request_duration_seconds",
    "loket_problems_total",
    "loket_remote_requests_total",
    "loket_remote_retries_total",
    "loket_remote_hedges_total",
    "loket_remote_hedges_won_total",
    "loket_remote_fallbacks_total",
    "loket_remote_breaker",
    "loket_tenants_failed",
    "loket_process_resident_memory_bytes",
];

/// Metrics of requests for a help center whose settings are wrong, all there is of it.
const OF_FAILED: [&str; 3] = [
    "loket_http_requests_total",
    "loket_http_request_duration_seconds",
    "loket_problems_total",
];

/// Where a help center's page is, for who is sent there.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) String);

/// How one help center is.
#[derive(Debug, Serialize)]
struct TenantReadiness {
    /// Its name.
    name: String,
    /// Whether no part of it has failed.
    is_ready: bool,
    /// Generation it serves.
    generation: Option<String>,
    /// How each part is.
    checks: Vec<Check>,
}

/// How the deployment is. Names are for who has a key: whose help centers these are is nobody else's business.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Always `ready`.
    status: &'static str,
    /// Help centers that are ready.
    n_ready: usize,
    /// All of them.
    n_tenants: usize,
    /// Each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<TenantReadiness>,
}

/// The routes of the deployment.
pub(super) fn routes(own: &AppState, tenants: Tenants) -> Router {
    let routes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(nothing)
        .layer(Extension(tenants))
        .layer(middleware::from_fn_with_state(own.clone(), access::check))
        .layer(CatchPanicLayer::custom(finish::panicked))
        .layer(middleware::from_fn_with_state(own.clone(), finish::finish))
        .with_state(own.clone());
    layers::around(routes, own.config())
}

/// Leads to a page whose path was not written to its end; everything else there is not.
async fn nothing(folder: Option<Extension<Folder>>) -> Response {
    match folder {
        Some(Extension(Folder(place))) => {
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response()
        }
        None => Problem::no_help_center().into_response(),
    }
}

/// Ready as soon as every help center was loaded or could not be, and one of them is: one that is broken keeps no others
/// from being served, and what breaks all of them is told.
async fn readyz(
    State(own): State<AppState>,
    Extension(all): Extension<Tenants>,
    headers: HeaderMap,
) -> Result<Json<Readiness>, Problem> {
    let states = &all.served;
    let mut tenants = join_all(states.iter().map(readiness)).await;
    tenants.extend(all.failed.iter().map(|state| TenantReadiness {
        name: name_of(state),
        is_ready: false,
        generation: None,
        checks: vec![failed::check()],
    }));
    tenants.sort_by(|a, b| a.name.cmp(&b.name));
    let n_tenants = tenants.len();
    let n_ready = tenants.iter().filter(|tenant| tenant.is_ready).count();
    let n_untried = states
        .iter()
        .filter(|state| !state.was_load_tried())
        .count();
    if n_untried > 0 || n_ready == 0 {
        let broken = tenants.into_iter().find(|tenant| !tenant.is_ready);
        return Err(Problem {
            detail: format!(
                "{n_ready} of {n_tenants} help centers are ready, {n_untried} are not loaded yet; `checks` are of one that is not ready"
            ),
            checks: broken.map(|tenant| tenant.checks).unwrap_or_default(),
            ..Problem::not_ready()
        });
    }
    let may_know = own
        .access()
        .is_none_or(|access| access.caller(&headers, Need::Scope(Scope::Admin)).is_ok());
    Ok(Json(Readiness {
        status: "ready",
        n_ready,
        n_tenants,
        tenants: if may_know { tenants } else { Vec::new() },
    }))
}

fn name_of(state: &AppState) -> String {
    state.tenant_name().unwrap_or_default().to_owned()
}

async fn readiness(state: &AppState) -> TenantReadiness {
    let checks = health::checks(state).await;
    let generation = state.generation();
    TenantReadiness {
        name: name_of(state),
        is_ready: generation.is_some() && !checks.iter().any(Check::is_failed),
        generation,
        checks,
    }
}

/// The metrics of all help centers, each series with the name of its own, and those of the process once.
async fn metrics(
    State(own): State<AppState>,
    Extension(tenants): Extension<Tenants>,
) -> impl IntoResponse {
    let states = &tenants.served;
    // Models are shared, so what is counted of their endpoints is the same from wherever it is seen.
    if let Some(engine) = states.iter().find_map(AppState::engine) {
        own.metrics().look_at_endpoints(&engine);
    }
    let mut all = Exposition::default();
    let text = own.metrics().text(&own).await;
    all.add(&text, None, |family| OWN.contains(&family));
    let texts = join_all(states.iter().map(|state| state.metrics().text(state))).await;
    for (state, text) in states.iter().zip(&texts) {
        all.add(text, state.tenant_name(), |_| true);
    }
    for state in &*tenants.failed {
        let text = state.metrics().text(state).await;
        all.add(&text, state.tenant_name(), |family| {
            OF_FAILED.contains(&family)
        });
    }
    (
        [(header::CONTENT_TYPE, prometheus_text::CONTENT_TYPE)],
        all.to_string(),
    )
}
