use super::*;
use crate::ServerConfig;

const QUESTION: &str = r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive"}"#;

/// The same words, asked by a customer about an order.
const PERSONAL: [&str; 3] = [
    r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive","subject":{"kind":"order","id":"o-canary","facts":{"status":"canary"}}}"#,
    r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive","customer":{"id":"c-canary"}}"#,
    r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive","conversation":[{"role":"user","text":"canary"}]}"#,
];

/// An engine that remembers, with a memory of its own.
fn remembering_engine() -> Arc<Engine> {
    remembering_engine_of(&ENGINE)
}

/// The same over the index of another engine.
fn remembering_engine_of(engine: &Engine) -> Arc<Engine> {
    let config = AnswerConfig {
        min_confidence: Probability::try_from(0.0).unwrap(),
        ..AnswerConfig::default()
    };
    let encoder = Arc::new(inference::tiny::encoder(7));
    Arc::new(Engine::new(Arc::clone(engine.snapshot()), encoder, None, config).unwrap())
}

async fn remembering() -> AppState {
    let loader = TestLoader::new(Some(remembering_engine()));
    let state = state_of(loader, ServerConfig::default());
    state.reload().await.unwrap();
    state
}

async fn ask(state: &AppState, question: &str) -> Value {
    let reply = post(state, "/v1/answers", question).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let reply = reply.json();
    assert_eq!(reply["outcome"], "answered", "{reply}");
    reply
}

#[tokio::test]
async fn several_questions_in_one_message_are_remembered_together() {
    let state = remembering().await;
    let question = r#"{"question":"When do I get my money? What does selling cost?","language":"en","audience":"seller","mode":"extractive"}"#;
    let first = ask(&state, question).await;
    let again = ask(&state, question).await;
    assert_eq!(again["reused_from"], first["id"]);
    assert_eq!(again["sentences"], first["sentences"]);
    let alone = ask(&state, QUESTION).await;
    assert_eq!(alone["reused_from"], Value::Null);
}

#[tokio::test]
async fn a_question_asked_again_is_answered_from_memory_under_a_new_id() {
    let state = remembering().await;
    let first = ask(&state, QUESTION).await;
    assert_eq!(first["reused_from"], Value::Null);
    // Not even the answering thread is needed.
    let _busy = answers::occupy(&state);
    let again = ask(&state, &QUESTION.replace("When do I", "when do  i")).await;
    assert_eq!(again["reused_from"], first["id"]);
    assert_ne!(again["id"], first["id"]);
    for same in [
        "text",
        "sentences",
        "sources",
        "confidence",
        "generation",
        "topics",
        "wording",
    ] {
        assert_eq!(again[same], first[same], "{same}");
    }
    assert_reachable(&again["contact"]);
}

#[tokio::test]
async fn a_stream_from_memory_has_the_same_events() {
    let state = remembering().await;
    let stream = async || {
        let request = Request::post("/v1/answers")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .body(Body::from(QUESTION))
            .unwrap();
        let reply = send(&state, request).await;
        let lines = reply.text.lines();
        let (names, data): (Vec<String>, Vec<String>) = (
            lines
                .clone()
                .filter_map(|l| l.strip_prefix("event: ").map(str::to_owned))
                .collect(),
            lines
                .filter_map(|l| l.strip_prefix("data: ").map(str::to_owned))
                .collect(),
        );
        let last: Value = serde_json::from_str(data.last().unwrap()).unwrap();
        (names, data, last)
    };
    let (names, data, first) = stream().await;
    let (names_again, data_again, again) = stream().await;
    assert_eq!(again["reused_from"], first["id"]);
    assert_eq!(names_again, names);
    assert_eq!(names.last().map(String::as_str), Some("answer"));
    let sentences = |names: &[String], data: &[String]| {
        let of = |wanted: &'static str| {
            let pairs = names.iter().zip(data);
            pairs
                .filter(move |(name, _)| *name == wanted)
                .map(|(_, data)| data.clone())
        };
        of("sentence").collect::<Vec<_>>()
    };
    assert_eq!(
        sentences(&names_again, &data_again),
        sentences(&names, &data)
    );
}

#[tokio::test]
async fn a_question_about_a_customer_neither_fills_nor_reads_the_memory() {
    for personal in PERSONAL {
        let state = remembering().await;
        let first = ask(&state, personal).await;
        assert_eq!(first["reused_from"], Value::Null, "{personal}");
        // Nothing was remembered of it …
        let plain = ask(&state, QUESTION).await;
        assert_eq!(plain["reused_from"], Value::Null, "{personal}");
        // … and what is remembered of others is not told to it.
        let second = ask(&state, personal).await;
        assert_eq!(second["reused_from"], Value::Null, "{personal}");
        assert!(
            ask(&state, QUESTION).await["reused_from"] == plain["id"],
            "{personal}"
        );
        assert!(!plain.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn a_reload_forgets() {
    let loader = TestLoader::new(Some(remembering_engine()));
    let state = state_of(Arc::clone(&loader), ServerConfig::default());
    state.reload().await.unwrap();
    ask(&state, QUESTION).await;
    assert_ne!(ask(&state, QUESTION).await["reused_from"], Value::Null);
    loader.put("another", Some(remembering_engine()));
    state.reload().await.unwrap();
    assert_eq!(ask(&state, QUESTION).await["reused_from"], Value::Null);
}

#[tokio::test]
async fn what_was_deleted_is_not_answered_from_memory() {
    let loader = TestLoader::new(Some(remembering_engine()));
    let state = state_of(Arc::clone(&loader), ServerConfig::default());
    state.reload().await.unwrap();
    let first = ask(&state, QUESTION).await;
    assert!(
        first["sources"].to_string().contains("seller-payout"),
        "{first}"
    );
    let without = remembering_engine_of(&engine_of(&FILES[2..]));
    let generation = without.snapshot().generation().to_owned();
    loader.put(&generation, Some(without));
    state.reload_if_newer().await;
    let reply = post(&state, "/v1/answers", QUESTION).await.json();
    assert_eq!(reply["generation"], generation);
    assert_eq!(reply["reused_from"], Value::Null);
    assert!(!reply.to_string().contains("seller-payout"), "{reply}");
}
