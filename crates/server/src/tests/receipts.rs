use std::num::NonZeroUsize;

use support::Store;

use super::*;

const CANARY: &str = r#"{"question":"When do I get my money? canary-question","language":"en","audience":"seller","mode":"extractive","subject":{"kind":"order","id":"canary-order","facts":{"name":"canary-fact"}},"customer":{"id":"canary-customer"}}"#;

#[tokio::test]
async fn every_answer_leaves_a_receipt_without_the_question_or_the_customer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    let reply = post(&state, "/v1/answers", CANARY).await.json();
    assert_eq!(reply["outcome"], "answered", "{reply}");

    let id = reply["id"].as_str().unwrap();
    let stored = store.receipt(id).await.unwrap().expect("a receipt");
    assert!(!stored.body.contains("canary"), "{}", stored.body);
    let receipt: answer::Receipt = serde_json::from_str(&stored.body).unwrap();
    assert_eq!(receipt.text(), reply["text"].as_str().unwrap());
    assert_eq!(receipt.generation, ENGINE.snapshot().generation());
    assert_eq!(receipt.encoder, ENGINE.encoder_id());
    assert_eq!(receipt.config.len(), 16);
    assert!(!receipt.sentences.is_empty());
    for sentence in &receipt.sentences {
        assert!(!sentence.quotes.is_empty());
    }
    // What no engine answered has one too.
    let asked = r#"{"question":"let me talk to a human please"}"#;
    let reply = post(&state, "/v1/answers", asked).await.json();
    let stored = store.receipt(reply["id"].as_str().unwrap()).await.unwrap();
    let receipt: answer::Receipt = serde_json::from_str(&stored.unwrap().body).unwrap();
    assert_eq!(receipt.reason.as_deref(), Some("requested"));
    assert_eq!(receipt.policy.as_deref(), Some("requested"));
    assert_eq!(state.n_receipts_lost(), 0);
}

#[tokio::test]
async fn a_question_that_found_no_room_leaves_no_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded_with(ServerConfig {
        queue_length: NonZeroUsize::MIN,
        ..ServerConfig::default()
    })
    .await;
    state.keep_in(&store);
    let _busy = answers::occupy(&state);
    state.answers().submit(None, || ()).unwrap();
    let reply = post(&state, "/v1/answers", r#"{"question":"Where is it?"}"#)
        .await
        .json();
    assert_eq!(reply["reason"], "overloaded");
    assert!(
        store
            .receipt(reply["id"].as_str().unwrap())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_receipt_that_cannot_be_stored_costs_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    store.close().await;
    let reply = post(&state, "/v1/answers", CANARY).await.json();
    assert_eq!(reply["outcome"], "answered", "{reply}");
    assert_eq!(state.n_receipts_lost(), 1);
}

#[tokio::test]
async fn sensitive_words_send_to_people_who_handle_such_matters() {
    let state = loaded().await;
    let body = r#"{"question":"The buyer threatens me, when do I get my money?","audience":"seller","language":"en"}"#;
    let reply = post(&state, "/v1/answers", body).await.json();
    assert_eq!(reply["reason"], "sensitive_topic", "{reply}");
    assert_eq!(reply["topics"][0], "threats");
    assert_eq!(
        reply["contact"]["before_you_contact"],
        serde_json::json!([])
    );
    assert_ne!(
        reply["sentences"],
        serde_json::json!([]),
        "the article is quoted"
    );

    let body = r#"{"question":"I want to kill myself, when do I get my money?","language":"en"}"#;
    let reply = post(&state, "/v1/answers", body).await.json();
    assert_eq!(reply["reason"], "sensitive_topic", "{reply}");
    assert_eq!(reply["topics"], serde_json::json!(["self_harm"]));
    assert_eq!(reply["sentences"], serde_json::json!([]));
    assert_reachable(&reply["contact"]);
}
