use std::net::SocketAddr;

use axum::extract::ConnectInfo;

use super::*;
use crate::config::LimitsConfig;

fn tight() -> ServerConfig {
    ServerConfig {
        limits: LimitsConfig {
            visitor_per_minute: 3,
            widget_per_minute: 5,
            backend_per_minute: 50,
            admin_per_minute: 2,
            handoffs_per_minute: 20,
        },
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..ServerConfig::default()
    }
}

#[track_caller]
fn check_limited(reply: &Reply) {
    check(reply, 429, "rate_limited");
    let seconds: u64 = reply.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
}

const SEARCH: &str = r#"{"query":"money"}"#;
const HANDOFF: &str = r#"{"question":"Where is my parcel?","language":"en","method":"email","contact":{"email":"anna@example.org"}}"#;

#[tokio::test]
async fn a_caller_over_its_limit_waits_and_can_still_reach_a_person() {
    let guarded = guarded_with(tight()).await;
    let anna = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    let bert = guarded.token(r#"{"customer":{"id":"c-20"}}"#).await;
    for _ in 0..3 {
        assert_eq!(
            guarded.post("/v1/search", &anna, SEARCH).await.status,
            StatusCode::OK
        );
    }
    check_limited(&guarded.post("/v1/search", &anna, SEARCH).await);
    check_limited(&guarded.post("/v1/answers", &anna, "{}").await);
    // Another token of the same customer is no other customer.
    let again = guarded.token(r#"{"customer":{"id":"c-19"}}"#).await;
    check_limited(&guarded.post("/v1/search", &again, SEARCH).await);
    for _ in 0..20 {
        let reply = guarded.post("/v1/escalations", &anna, HANDOFF).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
    }
    check_limited(&guarded.post("/v1/escalations", &anna, HANDOFF).await);
    // Nobody else is concerned, nor what is open to all.
    assert_eq!(
        guarded.post("/v1/search", &bert, SEARCH).await.status,
        StatusCode::OK
    );
    assert_eq!(
        guarded.post("/v1/escalations", &bert, HANDOFF).await.status,
        StatusCode::ACCEPTED
    );
    for _ in 0..10 {
        assert_eq!(guarded.get("/livez", &anna).await.status, StatusCode::OK);
    }
    for _ in 0..2 {
        assert_eq!(
            guarded
                .post("/v1/search", &guarded.admin, SEARCH)
                .await
                .status,
            StatusCode::OK
        );
    }
    check_limited(&guarded.post("/v1/search", &guarded.admin, SEARCH).await);
}

async fn from(
    guarded: &Guarded,
    peer: &str,
    forwarded: Option<&str>,
    bearer: Option<&str>,
) -> Reply {
    let peer: SocketAddr = peer.parse().unwrap();
    let mut request = Request::post("/v1/search")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(peer));
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    send(&guarded.state, request.body(Body::from(SEARCH)).unwrap()).await
}

#[tokio::test]
async fn visitors_are_told_apart_by_their_address() {
    let guarded = guarded_with(tight()).await;
    let session = call(&guarded.state, Method::GET, "/v1/session", None, "", &[])
        .await
        .json();
    let session = session["token"].as_str();
    for _ in 0..3 {
        assert_eq!(
            from(&guarded, "192.0.2.1:5", None, session).await.status,
            StatusCode::OK
        );
    }
    check_limited(&from(&guarded, "192.0.2.1:6", None, session).await);
    // What is no trusted proxy is not believed.
    check_limited(&from(&guarded, "192.0.2.1:6", Some("192.0.2.9"), session).await);
    assert_eq!(
        from(&guarded, "192.0.2.2:5", None, session).await.status,
        StatusCode::OK
    );
    check_limited(&from(&guarded, "10.0.0.1:5", Some("192.0.2.1"), session).await);
    assert_eq!(
        from(&guarded, "10.0.0.1:5", Some("192.0.2.3"), session)
            .await
            .status,
        StatusCode::OK
    );
    // A new session is no new visitor.
    let fresh = call(&guarded.state, Method::GET, "/v1/session", None, "", &[])
        .await
        .json();
    check_limited(&from(&guarded, "192.0.2.1:7", None, fresh["token"].as_str()).await);
}

#[tokio::test]
async fn a_widget_key_has_a_limit_for_all_its_visitors() {
    let guarded = guarded_with(tight()).await;
    let key = Some(guarded.widget.as_str());
    for visitor in 1..=5 {
        let reply = from(&guarded, &format!("192.0.2.{visitor}:5"), None, key).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    check_limited(&from(&guarded, "192.0.2.6:5", None, key).await);
}

#[tokio::test]
async fn without_keys_nothing_is_counted() {
    let state = loaded_with(tight()).await;
    for _ in 0..30 {
        assert_eq!(
            post(&state, "/v1/search", SEARCH).await.status,
            StatusCode::OK
        );
    }
}
