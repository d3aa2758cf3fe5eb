use super::*;
use crate::config::{Origin, PageConfig};

fn origins() -> ServerConfig {
    ServerConfig {
        allowed_origins: vec![Origin::try_from("https://shop.example".to_owned()).unwrap()],
        ..ServerConfig::default()
    }
}

async fn session(state: &AppState, headers: &[(&str, &str)]) -> Reply {
    call(state, Method::GET, "/v1/session", None, "", headers).await
}

#[tokio::test]
async fn strangers_get_a_session_that_may_what_a_visitor_may() {
    let guarded = guarded().await;
    let reply = session(&guarded.state, &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(reply.header(header::CACHE_CONTROL), "no-store");
    let told = reply.json();
    assert_eq!(told["customer"], Value::Null);
    assert_eq!(told["subjects"], serde_json::json!([]));
    let token = told["token"].as_str().unwrap();
    let search = guarded
        .post("/v1/search", token, r#"{"query":"money"}"#)
        .await;
    assert_eq!(search.status, StatusCode::OK);
    check(
        &guarded.post("/v1/tokens", token, "{}").await,
        403,
        "insufficient_scope",
    );
    let forged = r#"{"question":"Where is it?","subject":{"id":"o-77"}}"#;
    check(
        &guarded.post("/v1/answers", token, forged).await,
        403,
        "context_not_allowed",
    );
    // Asked again with it, the page keeps it.
    assert_eq!(
        guarded.get("/v1/session", token).await.json()["token"],
        token
    );
    assert_eq!(
        guarded.get("/v1/session", &guarded.widget).await.json()["token"],
        guarded.widget.as_str()
    );
    // Without keys nothing needs to be sent.
    assert_eq!(session(&unloaded(), &[]).await.json()["token"], Value::Null);
}

#[tokio::test]
async fn sessions_are_for_own_and_allowed_pages() {
    let guarded = guarded_with(origins()).await;
    let search = async |token: &str, headers: &[(&str, &str)]| {
        let body = r#"{"query":"money"}"#;
        call(
            &guarded.state,
            Method::POST,
            "/v1/search",
            Some(token),
            body,
            headers,
        )
        .await
    };
    let shop = [("origin", "https://shop.example"), ("host", "help.example")];
    let reply = session(&guarded.state, &shop).await;
    assert_eq!(
        reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        "https://shop.example"
    );
    let told = reply.json();
    let token = told["token"].as_str().unwrap();
    assert_eq!(search(token, &shop).await.status, StatusCode::OK);
    check(
        &search(token, &[("origin", "https://evil.example")]).await,
        401,
        "token_audience",
    );
    let evil = [("origin", "https://evil.example"), ("host", "help.example")];
    let reply = session(&guarded.state, &evil).await;
    check(&reply, 403, "origin_not_allowed");
    assert_eq!(reply.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), None);

    let closed = guarded_with(ServerConfig {
        page: PageConfig { sessions: false },
        ..origins()
    })
    .await;
    check(
        &session(&closed.state, &[]).await,
        403,
        "origin_not_allowed",
    );
}

#[tokio::test]
async fn other_sites_may_call_when_they_are_on_the_list() {
    let guarded = guarded_with(origins()).await;
    let preflight = async |state: &AppState, origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "authorization,content-type,idempotency-key",
            ),
        ];
        call(
            state,
            Method::OPTIONS,
            "/v1/escalations",
            None,
            "",
            &headers,
        )
        .await
    };
    let allowed = preflight(&guarded.state, "https://shop.example").await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(
        allowed.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        "https://shop.example"
    );
    assert!(
        allowed
            .header(header::ACCESS_CONTROL_ALLOW_HEADERS)
            .contains("authorization")
    );
    assert_eq!(
        allowed
            .headers
            .get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS),
        None
    );
    let none = |reply: &Reply| {
        reply
            .headers
            .get(header::ACCESS_CONTROL_ALLOW_ORIGIN)
            .is_none()
    };
    assert!(none(
        &preflight(&guarded.state, "https://evil.example").await
    ));
    assert!(none(&preflight(&guarded.state, "null").await));
    let closed = guarded_with(ServerConfig::default()).await;
    assert!(none(
        &preflight(&closed.state, "https://shop.example").await
    ));
    // A refusal can be read too, with when to come back.
    let origin = [("origin", "https://shop.example")];
    let refused = call(
        &guarded.state,
        Method::POST,
        "/v1/search",
        None,
        "{}",
        &origin,
    )
    .await;
    check(&refused, 401, "key_missing");
    assert!(!none(&refused));
    assert!(
        refused
            .header(header::ACCESS_CONTROL_EXPOSE_HEADERS)
            .contains("retry-after")
    );
}

#[tokio::test]
async fn every_reply_carries_the_headers_that_protect_browsers() {
    let open = guarded_with(origins()).await;
    let closed = guarded().await;
    for path in [
        "/",
        "/app.js",
        "/widget.js",
        "/livez",
        "/v1/search",
        "/nothing",
        "/v1/session",
        "/v1/articles/x",
    ] {
        for (guarded, frames, deny) in [
            (&open, "frame-ancestors 'self' https://shop.example", ""),
            (&closed, "frame-ancestors 'none'", "DENY"),
        ] {
            let reply = call(&guarded.state, Method::GET, path, None, "", &[]).await;
            let policy = reply.header(header::CONTENT_SECURITY_POLICY);
            assert!(
                policy.starts_with("default-src 'none'; "),
                "{path}: {policy}"
            );
            assert!(policy.ends_with(frames), "{path}: {policy}");
            assert_eq!(
                policy.matches("frame-ancestors").count(),
                1,
                "{path}: {policy}"
            );
            assert_eq!(reply.header(header::X_FRAME_OPTIONS), deny, "{path}");
            assert_eq!(reply.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(reply.header(header::REFERRER_POLICY), "no-referrer");
            assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
            assert!(reply.header("permissions-policy").contains("camera=()"));
            let expected = if path == "/widget.js" {
                "cross-origin"
            } else {
                "same-origin"
            };
            assert_eq!(
                reply.header("cross-origin-resource-policy"),
                expected,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn replies_are_compressed_for_who_asks_and_streams_are_not() {
    let state = loaded().await;
    let get = async |accept: &str| {
        let request = Request::get("/app.js")
            .header(header::ACCEPT_ENCODING, accept)
            .body(Body::empty())
            .unwrap();
        let response = router(state.clone()).oneshot(request).await.unwrap();
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (
            encoding.map(|value| value.to_str().unwrap().to_owned()),
            bytes.len(),
        )
    };
    let (plain, whole) = get("").await;
    assert_eq!(plain, None);
    for encoding in ["br", "gzip"] {
        let (told, size) = get(encoding).await;
        assert_eq!(told.as_deref(), Some(encoding));
        assert!(size < whole / 2, "{size} of {whole}");
    }
    let request = Request::post("/v1/answers")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .header(header::ACCEPT_ENCODING, "br, gzip")
        .body(Body::from(
            r#"{"question":"When do I get my money?","mode":"extractive"}"#,
        ))
        .unwrap();
    let reply = send(&state, request).await;
    assert_eq!(reply.headers.get(header::CONTENT_ENCODING), None);
    assert!(reply.text.contains("event: answer"));
}
