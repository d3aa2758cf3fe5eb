use serde_json::json;
use support::Store;

use super::*;

#[tokio::test]
async fn readiness_follows_the_engine_and_liveness_does_not() {
    let loader = TestLoader::new(None);
    let state = state_of(Arc::clone(&loader), ServerConfig::default());
    assert_eq!(get(&state, "/livez").await.status, StatusCode::OK);
    assert_eq!(failed_checks(&state).await, ["index", "encoder", "store"]);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    state.keep_in(&store);
    assert_eq!(failed_checks(&state).await, ["index", "encoder"]);
    assert_eq!(
        get(&state, "/v1/version").await.json()["generation"],
        Value::Null
    );

    loader.put("a", Some(Arc::clone(&ENGINE)));
    state.reload_if_newer().await;
    let generation = ENGINE.snapshot().generation();
    let ready = get(&state, "/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    let body = ready.json();
    assert_eq!(body["status"], "ready");
    assert_eq!(body["generation"], generation);
    // Without a writer answers are in the articles' own words, which is no reason to be out of service.
    let writer = json!({"name": "writer", "state": "degraded",
        "remedy": "answers are in the articles' own words; run `loket models pull` for a writer"});
    assert!(
        body["checks"].as_array().unwrap().contains(&writer),
        "{body}"
    );
    let version = get(&state, "/v1/version").await.json();
    assert_eq!(version["generation"], generation);
    assert_eq!(version["models"]["embedder"], ENGINE.encoder_id());
}

/// Names of the parts that keep the service from being ready.
async fn failed_checks(state: &AppState) -> Vec<String> {
    let reply = get(state, "/readyz").await;
    let body = reply.json();
    let checks = body["checks"].as_array().unwrap();
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check["state"] == "failed")
        .inspect(|check| assert!(check["remedy"].is_string(), "{check}"))
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(reply.status == StatusCode::OK, failed.is_empty(), "{body}");
    failed
}

/// A panic whose remains panic again, which ends the thread that cleans up after it.
struct Remains;

impl Drop for Remains {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_dead_or_stuck_worker_is_no_ready_service() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let config = ServerConfig {
        search_deadline_ms: 1,
        ..ServerConfig::default()
    };
    let state = loaded_with(config).await;
    state.keep_in(&store);
    assert_eq!(failed_checks(&state).await, [""; 0]);
    state
        .answers()
        .submit(None, || std::panic::panic_any(Remains))
        .unwrap();
    let (_open, gate) = std::sync::mpsc::channel::<()>();
    state
        .searches()
        .submit(None, move || {
            let _ = gate.recv();
        })
        .unwrap();
    // Well within five seconds of it.
    let seen = async {
        while failed_checks(&state).await != ["answer_worker", "search_worker"] {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), seen)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_no_ready_service() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    store.close().await;
    assert_eq!(failed_checks(&state).await, ["store"]);
}

#[tokio::test]
async fn a_newer_generation_takes_the_place_of_the_old_one() {
    let loader = TestLoader::new(Some(Arc::clone(&ENGINE)));
    let state = state_of(Arc::clone(&loader), ServerConfig::default());
    state.reload_if_newer().await;
    // Nothing new, nothing to do.
    state.reload_if_newer().await;
    assert_eq!(loader.n_loads(), 1);

    let newer = engine_of(&FILES[..1]);
    let generation = newer.snapshot().generation().to_owned();
    loader.put(&generation, Some(newer));
    let reply = post(&state, "/v1/admin/reload", "").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.json(),
        json!({"generation": generation, "changed": true})
    );
    assert_eq!(
        get(&state, "/v1/articles/fees/buyers").await.status,
        StatusCode::NOT_FOUND
    );
    let again = post(&state, "/v1/admin/reload", "").await.json();
    assert_eq!(again["changed"], false);
    assert_eq!(loader.n_loads(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_generation_that_cannot_be_loaded_changes_nothing_and_is_not_tried_at_every_look() {
    let loader = TestLoader::new(Some(Arc::clone(&ENGINE)));
    let state = state_of(Arc::clone(&loader), ServerConfig::default());
    state.reload_if_newer().await;
    loader.put("damaged", None);
    for _ in 0..5 {
        state.reload_if_newer().await;
    }
    assert_eq!(loader.n_loads(), 2);
    assert_eq!(failed_checks(&state).await, ["store"]);

    let reply = post(&state, "/v1/admin/reload", "").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = reply.json();
    assert_eq!(body["type"], "urn:loket:problem:reload_failed");
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains(ENGINE.snapshot().generation())
    );
    assert_eq!(loader.n_loads(), 3);

    // What was missing may have come back, so it is tried again after a while.
    state.reload_if_newer().await;
    assert_eq!(loader.n_loads(), 3);
    tokio::time::advance(std::time::Duration::from_secs(30)).await;
    state.reload_if_newer().await;
    assert_eq!(loader.n_loads(), 4);
}

#[tokio::test]
async fn contact_methods_need_no_index() {
    let state = unloaded();
    // A Sunday. The plus sign of the offset is left unescaped, as in the contract's example.
    let path = "/v1/contact-methods?language=nl&audience=seller&topic=payments&at=2026-11-22T10:00:00+01:00";
    let reply = get(&state, path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    assert_reachable(&body);
    assert_eq!(body["options"][0]["method"], "email");
    assert_eq!(body["options"][0]["recommended"], true);
    let chat = &body["options"][1];
    assert_eq!(
        chat,
        &json!({"method": "chat", "available": false, "recommended": false, "reason": "outside_hours",
            "opens_at": "2026-11-23T09:00:00+01:00", "queue": "general", "language": "nl"})
    );
    let advice = &body["before_you_contact"][0];
    assert_eq!(advice["article"], "message-the-other-party");
    assert!(
        advice["text"]
            .as_str()
            .unwrap()
            .starts_with("Stuur eerst de koper een bericht")
    );

    let polish = get(
        &state,
        "/v1/contact-methods?language=pl&at=2026-11-23T11:00:00Z",
    )
    .await
    .json();
    let phone = polish["options"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["method"] == "phone")
        .unwrap();
    assert_eq!(phone["reason"], "language_not_offered");
    let swedish = get(&state, "/v1/contact-methods?language=sv").await.json();
    assert_eq!(swedish["options"][0]["language"], "en");
}

#[tokio::test]
async fn serving_ends_when_asked_and_refuses_other_machines() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    crate::serve(listener, unloaded(), async {}).await.unwrap();
    let open = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = crate::serve(open, unloaded(), async {}).await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
}
