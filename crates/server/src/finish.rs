//! The outermost layer: gives every request an id, writes problems, and logs one line a request.

use std::{any::Any, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use corpus::Language;
use jiff::Timestamp;
use support::ContactRequest;

use crate::{AppState, Problem, dto, routes::chat};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, for routes that must name it themselves.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Marks a reply of a protocol that has errors of its own, which therefore no problem takes the place of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnErrors;

/// Ids from outside end up in logs and headers, so only harmless ones are kept.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=128).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(&b))
        })
        .map_or_else(|| format!("req_{}", ulid::Ulid::generate()), str::to_owned)
}

pub(crate) async fn finish(
    State(state): State<AppState>,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    // Only the pattern is logged: a path may hold what a customer typed.
    let route = matched.map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());

    let mut response = next.run(request).await;
    let status = response.status();
    let is_whole = response.extensions().get::<OwnErrors>().is_some();
    if !is_whole && (status.is_client_error() || status.is_server_error()) {
        let problem = response
            .extensions_mut()
            .remove::<Problem>()
            .unwrap_or_else(|| Problem::of_status(status, method.as_str(), &path));
        // Whoever cannot be served here must still find a person.
        let contact = status.is_server_error().then(|| {
            let request = ContactRequest::new(Language::En, Timestamp::now());
            dto::Contact::from(&support::plan(&request, state.support()))
        });
        let allow = response.headers_mut().remove(header::ALLOW);
        state.metrics().problem(problem.kind);
        response = if chat::speaks(&path) {
            chat::refusal(&problem, &id)
        } else {
            problem.response(&id, contact)
        };
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        tracing::debug!(request_id = id, detail = problem.detail, "refused");
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let status = response.status();
    state
        .metrics()
        .request(&method, &route, status, started.elapsed());
    tracing::info!(
        request_id = id,
        method = method.as_str(),
        route,
        status = response.status().as_u16(),
        elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// What becomes of a panic in a route.
///
/// The payload is logged: it is a message of ours, which by the rules of this project holds no customer's text.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands the payload over"
)]
pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    tracing::error!(panic = panic_text(&*payload), "a route panicked");
    Problem::internal().into_response()
}

pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sent: &str, kept: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(sent).expect(sent));
        assert_eq!(request_id(&headers) == sent, kept, "{sent}");
    }

    #[test]
    fn only_harmless_ids_are_echoed() {
        check("0190-abc_D.e:f/g+h=", true);
        check(&"a".repeat(128), true);
        check(&"a".repeat(129), false);
        check("", false);
        check("two words", false);
        check("a\tb", false);
        check("<b>", false);
    }

    #[test]
    fn ids_made_here_differ() {
        let none = HeaderMap::new();
        assert_ne!(request_id(&none), request_id(&none));
    }
}
