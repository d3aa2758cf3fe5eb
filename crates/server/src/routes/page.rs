//! The help page: embedded files that use only this interface, and load nothing from elsewhere.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
    routing::get,
};

use corpus::Language;
use serde_json::json;

use crate::AppState;

/// Only what this server sends may run, and nothing inline. The page writes texts of the interface as text. Who may frame
/// it is for [`crate::layers`].
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
);

pub(super) fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
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

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const STYLE: &str = "text/css; charset=utf-8";

/// The address, media type and text of every file.
const FILES: [(&str, &str, &str); 20] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/app.css", STYLE, include_str!("../page/app.css")),
    ("/answer.js", SCRIPT, include_str!("../page/answer.js")),
    ("/api.js", SCRIPT, include_str!("../page/api.js")),
    ("/app.js", SCRIPT, include_str!("../page/app.js")),
    ("/article.js", SCRIPT, include_str!("../page/article.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/embed.js", SCRIPT, include_str!("../page/embed.js")),
    ("/feedback.js", SCRIPT, include_str!("../page/feedback.js")),
    ("/markdown.js", SCRIPT, include_str!("../page/markdown.js")),
    ("/pick.js", SCRIPT, include_str!("../page/pick.js")),
    ("/quote.js", SCRIPT, include_str!("../page/quote.js")),
    ("/router.js", SCRIPT, include_str!("../page/router.js")),
    ("/search.js", SCRIPT, include_str!("../page/search.js")),
    ("/session.js", SCRIPT, include_str!("../page/session.js")),
    ("/status.js", SCRIPT, include_str!("../page/status.js")),
    ("/support.js", SCRIPT, include_str!("../page/support.js")),
    ("/texts.js", SCRIPT, include_str!("../page/texts.js")),
    ("/token.js", SCRIPT, include_str!("../page/token.js")),
    ("/words.js", SCRIPT, include_str!("../page/words.js")),
];

/// What other sites load: the one file that is theirs to run.
const WIDGET: &str = include_str!("../page/widget.js");

/// Where they are served.
const STATUSES_FILE: &str = "/statuses.js";

/// Names of statuses as a module: `{"delivered":{"en":"delivered","nl":"bezorgd",…},…}`.
static STATUSES: LazyLock<String> = LazyLock::new(|| {
    let statuses: BTreeMap<_, BTreeMap<_, _>> = answer::subject::status::names()
        .map(|(code, names)| {
            let named = Language::ALL.iter().zip(names);
            (code, named.map(|(l, name)| (l.code(), name)).collect())
        })
        .collect();
    format!("export const statuses = {};\n", json!(statuses))
});

/// Whether a file of the page is served at `path`.
pub(crate) fn is_file(path: &str) -> bool {
    path == STATUSES_FILE || FILES.iter().any(|(address, _, _)| *address == path)
}

pub(super) fn routes() -> Router<AppState> {
    FILES
        .into_iter()
        .fold(Router::new(), |routes, (path, media_type, text)| {
            routes.route(path, get(move || async move { file(media_type, text) }))
        })
        .route(STATUSES_FILE, get(async || file(SCRIPT, &STATUSES)))
        .route("/widget.js", get(widget))
}

async fn widget() -> impl IntoResponse {
    // Without it a browser that isolates origins refuses a script of another one.
    let shared = (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    ([shared], file(SCRIPT, WIDGET))
}
