//! Who may call what: every route by every caller, and what a key or a token is refused for.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    Access, KeyFile, Scope,
    access::rules::{self, Need},
};

mod handoffs;
mod limits;
mod pages;
mod tokens;

/// A service with keys, and one key of each sort.
pub(super) struct Guarded {
    pub(super) dir: tempfile::TempDir,
    pub(super) file: KeyFile,
    pub(super) state: AppState,
    pub(super) widget: String,
    pub(super) backend: String,
    pub(super) admin: String,
}

impl Guarded {
    /// A key, its id in front.
    pub(super) fn key(&self, scope: Scope, expires_at: Option<Timestamp>) -> (String, String) {
        key(&self.file, scope, expires_at)
    }

    /// A token of the backend's for `body`.
    pub(super) async fn token(&self, body: &str) -> String {
        let reply = self.post("/v1/tokens", &self.backend, body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn post(&self, path: &str, bearer: &str, body: &str) -> Reply {
        call(&self.state, Method::POST, path, Some(bearer), body, &[]).await
    }

    pub(super) async fn get(&self, path: &str, bearer: &str) -> Reply {
        call(&self.state, Method::GET, path, Some(bearer), "", &[]).await
    }
}

fn key(file: &KeyFile, scope: Scope, expires_at: Option<Timestamp>) -> (String, String) {
    let (record, key) = file
        .create(scope, "test", expires_at, Timestamp::now())
        .unwrap();
    (record.id, key.reveal().to_owned())
}

pub(super) async fn guarded() -> Guarded {
    guarded_with(ServerConfig::default()).await
}

pub(super) async fn guarded_with(config: ServerConfig) -> Guarded {
    let dir = tempfile::tempdir().unwrap();
    let file = KeyFile::new(dir.path());
    let [widget, backend, admin] =
        [Scope::Widget, Scope::Backend, Scope::Admin].map(|scope| key(&file, scope, None).1);
    let access = Access::open(dir.path(), &config).unwrap().always_looking();
    let state = loaded_with(config).await;
    state.protect(access);
    let store = support::Store::open(dir.path()).await.unwrap();
    state.keep_in(&store);
    Guarded {
        dir,
        file,
        state,
        widget,
        backend,
        admin,
    }
}

pub(super) async fn call(
    state: &AppState,
    method: Method,
    path: &str,
    bearer: Option<&str>,
    body: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(state, request.body(Body::from(body.to_owned())).unwrap()).await
}

/// The name of a problem, in either of the shapes problems have.
pub(super) fn code(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let name = body["type"].as_str().or(body["error"]["code"].as_str());
    let name = name.unwrap_or_default();
    name.trim_start_matches("urn:loket:problem:").to_owned()
}

#[track_caller]
pub(super) fn check(reply: &Reply, status: u16, expected: &str) {
    assert_eq!(
        (reply.status.as_u16(), code(reply).as_str()),
        (status, expected),
        "{}",
        reply.text
    );
    let challenge = reply.header(header::WWW_AUTHENTICATE);
    assert_eq!(
        challenge.starts_with("Bearer "),
        status == 401 || expected == "insufficient_scope",
        "{challenge}"
    );
}

/// The routes of the router, as it spells them.
fn paths(state: &AppState) -> Vec<String> {
    let shown = format!("{:?}", router(state.clone()));
    let mut paths: Vec<String> = shown
        .split("RouteId(")
        .filter_map(|part| part.split_once("): \"")?.1.split_once('"'))
        .map(|(path, _)| path.to_owned())
        .filter(|path| !path.contains("__private") && path != "/panic")
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
];

/// Every route there is, with what it needs. Fails for a route that has no row, and for a row of no route.
async fn table() -> Vec<(Method, String, Need)> {
    let open = loaded().await;
    let paths = paths(&open);
    assert!(
        paths.iter().any(|path| path == "/v1/articles/{*id}"),
        "{paths:?}"
    );
    let mut table = Vec::new();
    for path in &paths {
        for method in METHODS {
            let reply = call(&open, method.clone(), &concrete(path), None, "{}", &[]).await;
            let is_there = reply.status != StatusCode::METHOD_NOT_ALLOWED;
            let row = rules::row(&method, path);
            // One path may answer some methods with 405 by itself.
            assert!(row.is_some() || !is_there, "{method} {path} has no row");
            if let Some(need) = row.filter(|_| is_there) {
                table.push((method, path.clone(), need));
            }
        }
    }
    let unused = rules::all().find(|(_, path)| !paths.iter().any(|known| known == path));
    assert_eq!(unused, None, "a row is of no route");
    table
}

fn concrete(path: &str) -> String {
    path.replace("{*id}", "seller-payout")
        .replace("{id}", "esc_1")
}

/// F1: whoever may not call a route is told so, whoever may is let through.
#[tokio::test]
async fn every_route_by_every_caller() {
    let guarded = guarded().await;
    let now = Timestamp::now();
    let (id, revoked) = guarded.key(Scope::Admin, None);
    guarded.file.revoke(&id, now).unwrap();
    let past = now - SignedDuration::from_secs(1);
    let (_, expired) = guarded.key(Scope::Admin, Some(past));
    let (id, _) = guarded.key(Scope::Admin, None);
    let wrong = format!("lk_{id}_{}", "0".repeat(64));
    let token = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    let none = (None, "key_missing");
    let invalid = |key| (Some(key), "key_invalid");
    let good = |key: &String, scope| (Some(key.clone()), scope);
    let table = table().await;
    let n_guarded = table.iter().filter(|(_, _, need)| *need != Need::Nothing);
    assert!(n_guarded.count() >= 14, "{table:?}");
    for (method, path, need) in &table {
        let call = async |bearer: Option<&str>| {
            call(
                &guarded.state,
                method.clone(),
                &concrete(path),
                bearer,
                "{}",
                &[],
            )
            .await
        };
        for (bearer, problem) in [
            none.clone(),
            invalid(revoked.clone()),
            invalid(expired.clone()),
            invalid(wrong.clone()),
            invalid("lk_nonsense".to_owned()),
        ] {
            let reply = call(bearer.as_deref()).await;
            let is_let_in = *need == Need::Nothing || (*need == Need::Session && bearer.is_none());
            if is_let_in {
                assert_ne!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_ne!(reply.status, StatusCode::FORBIDDEN, "{method} {path}");
            } else {
                check(&reply, 401, problem);
                assert!(!reply.text.contains(bearer.as_deref().unwrap_or("~")));
            }
        }
        for (bearer, scope) in [
            good(&token, Scope::Widget),
            good(&guarded.widget, Scope::Widget),
            good(&guarded.backend, Scope::Backend),
            good(&guarded.admin, Scope::Admin),
        ] {
            let reply = call(bearer.as_deref()).await;
            let needed = match need {
                Need::Scope(scope) | Need::HandOff(scope) => *scope,
                Need::Nothing | Need::Session => Scope::Widget,
            };
            if scope >= needed {
                assert_ne!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_ne!(code(&reply), "insufficient_scope", "{method} {path}");
            } else {
                check(&reply, 403, "insufficient_scope");
                assert!(reply.text.contains(needed.code()), "{}", reply.text);
                let challenge = reply.header(header::WWW_AUTHENTICATE);
                assert!(challenge.contains("insufficient_scope"), "{challenge}");
            }
        }
    }
}

#[tokio::test]
async fn credentials_are_one_bearer() {
    let guarded = guarded().await;
    let search = async |values: &[&str]| {
        let mut request =
            Request::post("/v1/search").header(header::CONTENT_TYPE, "application/json");
        for value in values {
            request = request.header(header::AUTHORIZATION, *value);
        }
        let body = Body::from(r#"{"query":"money"}"#);
        send(&guarded.state, request.body(body).unwrap()).await
    };
    let key = &guarded.widget;
    let good = format!("bearer {key}");
    assert_eq!(search(&[&good]).await.status, StatusCode::OK);
    check(&search(&[]).await, 401, "key_missing");
    for value in [
        key.clone(),
        format!("Basic {key}"),
        "Bearer".to_owned(),
        format!("Bearer {key}x"),
        format!("Bearer {}", &key[..key.len() - 1]),
        format!("Bearer {}", key.to_uppercase()),
    ] {
        let reply = search(&[&value]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value}");
    }
    check(&search(&[&good, &good]).await, 401, "key_invalid");
}

#[tokio::test]
async fn the_first_key_protects_a_running_service() {
    let dir = tempfile::tempdir().unwrap();
    let config = ServerConfig::default();
    let access = Access::open(dir.path(), &config).unwrap().always_looking();
    let state = loaded().await;
    state.protect(access);
    let search = async |key: Option<&str>| {
        let body = r#"{"query":"money"}"#;
        call(&state, Method::POST, "/v1/search", key, body, &[])
            .await
            .status
    };
    assert!(!state.has_keys());
    assert_eq!(search(None).await, StatusCode::OK);
    let file = KeyFile::new(dir.path());
    let (id, made) = key(&file, Scope::Widget, None);
    assert!(state.has_keys());
    assert_eq!(search(None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(search(Some(&made)).await, StatusCode::OK);
    file.revoke(&id, Timestamp::now()).unwrap();
    assert_eq!(search(Some(&made)).await, StatusCode::UNAUTHORIZED);
    // The last key's end opens nothing.
    assert_eq!(search(None).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_damaged_key_file_lets_nobody_in_and_still_names_a_person() {
    let guarded = guarded().await;
    let path = guarded.file.path();
    let whole = fs_err::read_to_string(path).unwrap();
    fs_err::write(path, &whole[..whole.len() - 20]).unwrap();
    for key in [Some(&*guarded.admin), Some(&*guarded.widget), None] {
        let reply = call(&guarded.state, Method::POST, "/v1/search", key, "{}", &[]).await;
        check(&reply, 503, "keys_unavailable");
        assert_eq!(reply.header(header::RETRY_AFTER), "30");
        assert_reachable(&reply.json()["contact"]);
        assert!(!reply.text.contains("keys.json"), "{}", reply.text);
    }
    assert_eq!(get(&guarded.state, "/livez").await.status, StatusCode::OK);
    assert_eq!(get(&guarded.state, "/").await.status, StatusCode::OK);
    let refused = Access::open(guarded.dir.path(), guarded.state.config()).unwrap_err();
    assert!(
        refused.to_string().contains("keys.json` is damaged"),
        "{refused}"
    );
}

/// F2 and F4: keys, tokens and texts are in no line, and every line is one JSON object, whatever is sent.
#[tokio::test]
async fn logs_hold_no_secrets_and_no_forged_lines() {
    const NASTY: &str =
        "canary-text\r\n{\"level\":\"ERROR\"}\u{1b}[31m\u{1b}]52;c;YQ==\u{7}\0\u{2028}";
    let log = log::Log::json(tracing::Level::TRACE);
    let secret = "canary-secret-of-more-than-32-bytes";
    let guarded = guarded_with(ServerConfig {
        token_secret: secret.to_owned().into(),
        ..ServerConfig::default()
    })
    .await;
    let token = guarded
        .token(r#"{"customer":{"id":"canary-customer"},"subjects":[{"kind":"order","id":"canary-order"}]}"#)
        .await;
    let body = serde_json::json!({
        "question": NASTY, "language": "en", "mode": "extractive",
        "subject": {"id": "canary-order"}, "method": "email",
        "contact": {"email": "canary-mail@example.org"},
        "conversation": [{"role": "user", "text": NASTY}],
    });
    let huge = serde_json::json!({ "question": "canary".repeat(200_000) }).to_string();
    let odd = format!(
        "/v1/articles/canary-path%0D%0A%1B%5B31m%E2%80%A8{}",
        "a".repeat(5_000)
    );
    for bearer in [
        &*token,
        &*guarded.widget,
        &*guarded.backend,
        "lk_canary_canary-wrong",
        secret,
    ] {
        for path in [
            "/v1/answers",
            "/v1/escalations",
            "/v1/search",
            "/v1/feedback",
            "/canary-nothing",
        ] {
            guarded.post(path, bearer, &body.to_string()).await;
            guarded.post(path, bearer, &huge).await;
        }
        guarded.get(&odd, bearer).await;
        guarded.get("/v1/session", bearer).await;
    }
    let strange = [
        ("x-request-id", "canary id\t<b>"),
        ("accept-language", "canary-language"),
    ];
    call(
        &guarded.state,
        Method::GET,
        "/panic",
        Some(&token),
        "",
        &strange,
    )
    .await;
    tracing::info!(config = ?guarded.state.config(), state = ?guarded.state, "settings");

    let written = log.written();
    let secret_part = |key: &str| key.rsplit('_').next().unwrap().to_owned();
    let secrets = [
        secret.to_owned(),
        "canary-wrong".to_owned(),
        token.rsplit('.').next().unwrap().to_owned(),
        secret_part(&guarded.widget),
        secret_part(&guarded.backend),
        secret_part(&guarded.admin),
    ];
    let mut n_requests = 0;
    for line in written.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(!line.contains(char::is_control), "{line}");
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{line}");
        }
        if ["INFO", "WARN", "ERROR"].contains(&event["level"].as_str().unwrap()) {
            assert!(!line.contains("canary"), "{line}");
        }
        n_requests += u32::from(event["fields"]["message"] == "request");
    }
    assert!(n_requests >= 60, "{n_requests}");
}

/// C6: who asks fifty times its share waits for itself.
#[tokio::test]
async fn one_caller_does_not_take_the_service_from_another() {
    let guarded = guarded().await;
    let (_, other) = guarded.key(Scope::Backend, None);
    let asked = r#"{"question":"When do I get my money?","language":"en","mode":"extractive"}"#;
    // Nothing is answered before everybody has asked.
    let busy = answers::occupy(&guarded.state);
    let greedy = async {
        let many = (0..150).map(|_| guarded.post("/v1/answers", &guarded.backend, asked));
        futures::future::join_all(many).await
    };
    let modest = async {
        let mut replies = Vec::new();
        for _ in 0..8 {
            replies.push(guarded.post("/v1/answers", &other, asked).await);
        }
        replies
    };
    let (greedy, modest, ()) = futures::join!(greedy, modest, async { drop(busy) });
    let is_refused = |reply: &&Reply| reply.json()["reason"] == "overloaded";
    assert_eq!(modest.iter().filter(is_refused).count(), 0);
    // It has three quarters of sixteen places.
    assert_eq!(greedy.iter().filter(is_refused).count(), 150 - 12);
    for reply in greedy.iter().filter(is_refused) {
        assert!(reply.header(header::RETRY_AFTER).parse::<u64>().unwrap() >= 1);
    }
}
