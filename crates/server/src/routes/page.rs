//! The help page: embedded files that use only this interface, and load nothing from elsewhere.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
    routing::get,
};

use crate::AppState;

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

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The address, media type and text of every file.
const FILES: [(&str, &str, &str); 15] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/app.css", STYLE, include_str!("../page/app.css")),
    ("/answer.js", SCRIPT, include_str!("../page/answer.js")),
    ("/api.js", SCRIPT, include_str!("../page/api.js")),
    ("/app.js", SCRIPT, include_str!("../page/app.js")),
    ("/article.js", SCRIPT, include_str!("../page/article.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/feedback.js", SCRIPT, include_str!("../page/feedback.js")),
    ("/markdown.js", SCRIPT, include_str!("../page/markdown.js")),
    ("/quote.js", SCRIPT, include_str!("../page/quote.js")),
    ("/router.js", SCRIPT, include_str!("../page/router.js")),
    ("/session.js", SCRIPT, include_str!("../page/session.js")),
    ("/support.js", SCRIPT, include_str!("../page/support.js")),
    ("/texts.js", SCRIPT, include_str!("../page/texts.js")),
    ("/words.js", SCRIPT, include_str!("../page/words.js")),
];

pub(super) fn routes() -> Router<AppState> {
    FILES
        .into_iter()
        .fold(Router::new(), |routes, (path, media_type, text)| {
            routes.route(path, get(move || async move { file(media_type, text) }))
        })
}
