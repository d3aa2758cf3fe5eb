//! The help page: three embedded files that use only this interface, and load nothing from elsewhere.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
};

/// Only what this server sends may run, and nothing inline. The page writes texts of the interface as text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        // The files change with the binary, under the same names.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text)
}

pub(super) async fn index() -> impl IntoResponse {
    file(
        "text/html; charset=utf-8",
        include_str!("../page/index.html"),
    )
}

pub(super) async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../page/app.js"),
    )
}

pub(super) async fn texts() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../page/texts.js"),
    )
}

pub(super) async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("../page/app.css"))
}
