//! What each route needs. A route without a row needs `admin`: who adds one and forgets this table opens nothing.

use axum::http::Method;

use crate::{keys::Scope, routes};

/// What a caller must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing, and nothing is looked at.
    Nothing,
    /// Nothing, but a token is looked at.
    Session,
    /// A key of this scope or a larger one; a token is worth a `widget` key.
    Scope(Scope),
    /// The same, and it is counted apart from everything else.
    HandOff(Scope),
}

const WIDGET: Need = Need::Scope(Scope::Widget);
const ADMIN: Need = Need::Scope(Scope::Admin);

const ROUTES: &[(Method, &str, Need)] = &[
    (Method::GET, "/livez", Need::Nothing),
    (Method::GET, "/readyz", Need::Nothing),
    (Method::GET, "/v1/version", Need::Nothing),
    (Method::GET, "/widget.js", Need::Nothing),
    (Method::GET, "/openapi.json", Need::Nothing),
    (Method::GET, "/docs", Need::Nothing),
    (Method::GET, "/v1/session", Need::Session),
    (Method::POST, "/v1/answers", WIDGET),
    (Method::POST, "/v1/search", WIDGET),
    (Method::GET, "/v1/articles/{*id}", WIDGET),
    (Method::GET, "/v1/contact-methods", WIDGET),
    (
        Method::POST,
        "/v1/escalations",
        Need::HandOff(Scope::Widget),
    ),
    (Method::GET, "/v1/escalations/{id}", WIDGET),
    (Method::POST, "/v1/feedback", WIDGET),
    (Method::POST, "/v1/chat/completions", WIDGET),
    (Method::GET, "/v1/models", WIDGET),
    (Method::POST, "/mcp", WIDGET),
    (Method::GET, "/mcp", WIDGET),
    (Method::DELETE, "/mcp", WIDGET),
    (Method::POST, "/v1/tokens", Need::Scope(Scope::Backend)),
    (Method::PUT, "/v1/admin/availability", ADMIN),
    (Method::POST, "/v1/admin/reload", ADMIN),
    (Method::GET, "/metrics", ADMIN),
];

/// What `method` on the route `path` needs, as the router spells it.
pub(crate) fn need(method: &Method, path: &str) -> Need {
    row(method, path).unwrap_or(ADMIN)
}

/// The row of a route.
pub(crate) fn row(method: &Method, path: &str) -> Option<Need> {
    if *method == Method::GET && (routes::is_page_file(path) || path.starts_with("/docs/")) {
        return Some(Need::Nothing);
    }
    ROUTES
        .iter()
        .find(|(of, route, _)| of == method && *route == path)
        .map(|(_, _, need)| *need)
}

/// Every row's method and path.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static Method, &'static str)> {
    ROUTES.iter().map(|(method, path, _)| (method, *path))
}
