//! Two services on one database.

use std::time::Duration;

use database::{Database, DatabaseConfig};
use support::Store;

use super::{
    keys::{call, guarded_with},
    *,
};
use crate::config::LimitsConfig;

const HANDOFF: &str = r#"{"question":"Where is my parcel?","language":"en","method":"email","contact":{"email":"anna@example.org"}}"#;

async fn store(config: &DatabaseConfig) -> Store {
    let database = Database::connect(config).await.expect("a server");
    Store::connect(&database).await.expect("a store")
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_request_sent_to_both_is_one_handoff_that_both_know() {
    let place = database::scratch::config();
    let nodes = [unloaded(), unloaded()];
    for node in &nodes {
        node.keep_in(&store(&place).await);
    }
    let hand_off = async |node: &AppState| {
        let request = Request::post("/v1/escalations")
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", "k-1")
            .body(Body::from(HANDOFF))
            .unwrap();
        send(node, request).await
    };
    let (one, two) = tokio::join!(hand_off(&nodes[0]), hand_off(&nodes[1]));
    assert_eq!(one.status, StatusCode::ACCEPTED, "{}", one.text);
    assert_eq!(one.json(), two.json());
    let id = one.json()["id"].as_str().unwrap().to_owned();
    for node in &nodes {
        let status = get(node, &format!("/v1/escalations/{id}")).await;
        assert_eq!(status.json()["status"], "queued");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn what_a_team_tells_one_both_know() {
    let place = database::scratch::config();
    let nodes = [unloaded(), unloaded()];
    for node in &nodes {
        node.keep_in(&store(&place).await);
    }
    let away =
        r#"{"team":"marketplace","channel":"chat","available":false,"expires_in_seconds":86400}"#;
    let request = Request::put("/v1/admin/availability")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(away))
        .unwrap();
    assert_eq!(send(&nodes[0], request).await.status.as_u16(), 204);
    let known = async {
        let chat = support::Method::Chat;
        let now = jiff::Timestamp::now();
        while nodes[1]
            .availability()
            .of("marketplace", chat, now)
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let known = tokio::time::timeout(Duration::from_secs(5), known).await;
    known.expect("told within seconds");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn limits_hold_over_both_and_for_one_while_the_database_is_away() {
    let place = database::scratch::config();
    let limits = LimitsConfig {
        backend_per_minute: 6,
        ..LimitsConfig::default()
    };
    let config = ServerConfig {
        limits,
        ..ServerConfig::default()
    };
    let guarded = guarded_with(config.clone()).await;
    // The same keys at both nodes, and the store on the database.
    let stores = [store(&place).await, store(&place).await];
    let mut nodes = Vec::new();
    for own in &stores {
        let node = loaded_with(config.clone()).await;
        let access = crate::Access::open(guarded.dir.path(), &config).unwrap();
        node.protect(access.always_looking());
        node.keep_in(own);
        nodes.push(node);
    }
    let search = async |n: usize| {
        let method = axum::http::Method::POST;
        let body = r#"{"query":"money"}"#;
        let bearer = Some(&*guarded.backend);
        call(&nodes[n % 2], method, "/v1/search", bearer, body, &[]).await
    };
    for n in 0..6 {
        assert_eq!(search(n).await.status, StatusCode::OK, "{n}");
    }
    for n in 0..2 {
        let refused = search(n).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let seconds: u64 = refused.header(header::RETRY_AFTER).parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    // Without the database each counts for itself: three were asked of each.
    for own in &stores {
        own.close().await;
    }
    assert_eq!(search(0).await.status, StatusCode::OK);
}
