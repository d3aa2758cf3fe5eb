//! What every reply carries for browsers: who may read it from another site, who may frame it, what it may load; and
//! compression.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::Response,
};
use tower_http::{
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{ServerConfig, config::Origin};

/// How long a browser may remember what other sites may do.
const PREFLIGHT: Duration = Duration::from_mins(10);

/// What a reply that says nothing of it may load: nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'";

/// Headers of every reply that does not say otherwise.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Puts the layers around `routes`.
pub(crate) fn around(routes: Router, config: &ServerConfig) -> Router {
    let framing = Arc::new(Framing::of(&config.allowed_origins));
    let routes = routes.layer(CompressionLayer::new());
    let routes = if config.allowed_origins.is_empty() {
        routes
    } else {
        routes.layer(cors(&config.allowed_origins))
    };
    routes.layer(middleware::from_fn_with_state(framing, protect))
}

/// Lets scripts of the allowed origins call this interface. No cookies are used, so none are allowed.
fn cors(allowed: &[Origin]) -> CorsLayer {
    let origins = allowed.iter().map(Origin::header);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("mcp-protocol-version"),
            HeaderName::from_static("mcp-session-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            HeaderName::from_static("idempotency-replayed"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("mcp-session-id"),
        ])
        .max_age(PREFLIGHT)
}

/// Who may show a reply in a frame.
#[derive(Debug)]
struct Framing {
    /// `frame-ancestors …`
    ancestors: String,
    is_denied: bool,
}

impl Framing {
    fn of(allowed: &[Origin]) -> Self {
        let is_denied = allowed.is_empty();
        let mut ancestors = "frame-ancestors".to_owned();
        if is_denied {
            ancestors.push_str(" 'none'");
        } else {
            ancestors.push_str(" 'self'");
            for origin in allowed {
                ancestors.push(' ');
                ancestors.push_str(origin.as_str());
            }
        }
        Self {
            ancestors,
            is_denied,
        }
    }

    /// A route says what its reply may load; who may frame it is the same for all.
    fn policy(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let loads = headers
            .get(header::CONTENT_SECURITY_POLICY)
            .and_then(|value| value.to_str().ok())
            .unwrap_or(NOTHING);
        HeaderValue::from_str(&format!("{loads}; {}", self.ancestors)).ok()
    }
}

async fn protect(State(framing): State<Arc<Framing>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if let Some(policy) = framing.policy(headers) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if framing.is_denied {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    response
}
