use std::{num::NonZeroUsize, sync::mpsc::channel};

use serde_json::json;

use super::*;

const QUESTION: &str = r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive","at":"2026-11-22T10:00:00+01:00"}"#;

/// Keeps the answering thread busy until the sender it returns is dropped.
pub(super) fn occupy(state: &AppState) -> std::sync::mpsc::Sender<()> {
    let (release, held) = channel::<()>();
    let (started, has_started) = channel();
    state
        .answers()
        .submit(None, move || {
            started.send(()).unwrap();
            let _ = held.recv();
        })
        .unwrap();
    has_started.recv().unwrap();
    release
}

#[tokio::test]
async fn an_answer_quotes_its_articles_to_the_byte() {
    let state = loaded().await;
    let reply = post(&state, "/v1/answers", QUESTION).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["outcome"], "answered", "{body}");
    assert!(body["id"].as_str().unwrap().starts_with("ans_"));
    assert_eq!(body["language"], "en");
    assert_eq!(body["reason"], Value::Null);
    assert_eq!(body["clarifications"], json!([]));
    assert_eq!(body["wording"], "extractive");
    assert_eq!(body["generation"], ENGINE.snapshot().generation());
    assert_eq!(body["models"]["embedder"], ENGINE.encoder_id());
    assert_eq!(body["models"]["writer"], Value::Null);
    assert!(body["timings_ms"]["total"].is_u64());
    assert_reachable(&body["contact"]);
    assert_ne!(body["sources"], json!([]));

    let mut n_citations = 0;
    for sentence in body["sentences"].as_array().unwrap() {
        assert!(
            body["text"]
                .as_str()
                .unwrap()
                .contains(sentence["text"].as_str().unwrap())
        );
        for citation in sentence["citations"].as_array().unwrap() {
            n_citations += 1;
            assert_eq!(citation["kind"], "article");
            let path = format!(
                "/v1/articles/{}?language={}",
                citation["article"].as_str().unwrap(),
                citation["language"].as_str().unwrap()
            );
            let article = get(&state, &path).await.json();
            let place = |end: &str| usize::try_from(citation[end].as_u64().unwrap()).unwrap();
            assert_eq!(
                article["markdown"]
                    .as_str()
                    .unwrap()
                    .get(place("start")..place("end")),
                citation["quote"].as_str()
            );
        }
    }
    assert!(n_citations > 0, "{body}");
}

/// Names and data of the events in a stream.
fn events(text: &str) -> Vec<(String, Value)> {
    text.split("\n\n")
        .filter(|block| block.contains("event:"))
        .map(|block| {
            let line = |start: &str| {
                block
                    .lines()
                    .find_map(|line| line.strip_prefix(start))
                    .unwrap()
                    .trim()
                    .to_owned()
            };
            (
                line("event:"),
                serde_json::from_str(&line("data:")).unwrap(),
            )
        })
        .collect()
}

async fn stream(state: &AppState, body: &str) -> Reply {
    let request = Request::post("/v1/answers")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::from(body.to_owned()))
        .unwrap();
    send(state, request).await
}

#[tokio::test]
async fn a_stream_tells_sources_then_sentences_then_the_whole_reply() {
    let state = loaded().await;
    let reply = stream(&state, QUESTION).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header(header::CONTENT_TYPE), "text/event-stream");
    let events = events(&reply.text);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.first(), Some(&"sources"));
    assert_eq!(names.last(), Some(&"answer"));
    assert!(
        names[1..names.len() - 1]
            .iter()
            .all(|name| *name == "sentence"),
        "{names:?}"
    );
    let whole = &events.last().unwrap().1;
    let told: Vec<&Value> = events
        .iter()
        .filter(|(name, _)| name == "sentence")
        .map(|(_, data)| data)
        .collect();
    assert!(!told.is_empty());
    assert_eq!(json!(told), whole["sentences"]);
    assert!(events[0].1["sources"].is_array());
}

#[tokio::test]
async fn without_an_index_a_person_is_reachable() {
    let state = unloaded();
    let reply = post(
        &state,
        "/v1/answers",
        r#"{"question":"Wanneer krijg ik mijn geld?"}"#,
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    let body = reply.json();
    assert_eq!(
        (&body["outcome"], &body["reason"]),
        (&json!("escalated"), &json!("error"))
    );
    assert_eq!(body["language"], "nl");
    assert_reachable(&body["contact"]);

    let events = events(&stream(&state, r#"{"question":"Hello?"}"#).await.text);
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].0.as_str(), &events[0].1["reason"]),
        ("answer", &json!("error"))
    );
}

#[tokio::test]
async fn a_language_nobody_answers_in_is_an_outcome() {
    let state = loaded().await;
    let reply = post(
        &state,
        "/v1/answers",
        r#"{"question":"När får jag betalt?","language":"sv-SE"}"#,
    )
    .await;
    let body = reply.json();
    assert_eq!(body["reason"], "unsupported_language");
    assert_eq!(body["language"], "en");
    assert_reachable(&body["contact"]);
}

#[tokio::test]
async fn a_full_queue_sends_to_a_person_at_once() {
    let config = ServerConfig {
        queue_length: NonZeroUsize::MIN,
        ..ServerConfig::default()
    };
    let state = loaded_with(config).await;
    let release = occupy(&state);
    state.answers().submit(None, || ()).unwrap();

    let reply = post(&state, "/v1/answers", QUESTION).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header(header::RETRY_AFTER), "5");
    let body = reply.json();
    assert_eq!(
        (&body["outcome"], &body["reason"]),
        (&json!("escalated"), &json!("overloaded"))
    );
    assert_eq!(body["generation"], ENGINE.snapshot().generation());
    assert_reachable(&body["contact"]);

    let reply = stream(&state, QUESTION).await;
    assert_eq!(reply.header(header::RETRY_AFTER), "5");
    assert_eq!(events(&reply.text)[0].1["reason"], "overloaded");

    // Searches have a thread of their own.
    let found = post(&state, "/v1/search", r#"{"query":"money"}"#).await;
    assert_eq!(found.status, StatusCode::OK);
    drop(release);
}

#[tokio::test]
async fn after_a_panic_questions_are_answered_still() {
    let state = loaded().await;
    state
        .answers()
        .submit(None, || panic!("on purpose"))
        .unwrap();
    let body = post(&state, "/v1/answers", QUESTION).await.json();
    assert_eq!(body["outcome"], "answered", "{body}");
}

#[tokio::test]
async fn a_question_whose_turn_comes_too_late_costs_no_inference() {
    let config = ServerConfig {
        answer_deadline_ms: 0,
        ..ServerConfig::default()
    };
    let state = loaded_with(config).await;
    let reply = post(&state, "/v1/answers", QUESTION).await;
    assert_eq!(reply.json()["reason"], "overloaded");
    assert_eq!(reply.header(header::RETRY_AFTER), "5");
}

#[tokio::test]
async fn every_field_of_the_contract_is_taken() {
    let state = loaded().await;
    let body = r#"{"question":"Wanneer krijg ik mijn geld?","language":"nl","audience":"seller","region":"NL",
        "at":"2026-11-22T10:00:00+01:00","mode":"auto",
        "conversation":[{"role":"user","text":"Hoi"},{"role":"assistant","text":"Hallo"}],
        "customer":{"id":"c-19","signed_in":true},
        "subject":{"kind":"order","id":"o-77","label":"Omega Seamaster 1967",
            "facts":{"status":"delivered","payout":{"amount":"1250.00 EUR","expected_on":"2026-11-25"}}}}"#;
    let reply = post(&state, "/v1/answers", body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(reply.json()["language"], "nl");
}

#[tokio::test]
async fn facts_are_told_and_cited() {
    let state = loaded().await;
    let body = r#"{"question":"Wanneer krijg ik mijn geld?","language":"nl","audience":"seller","mode":"extractive",
        "at":"2026-11-22T10:00:00+01:00",
        "subject":{"kind":"order","facts":{"payout":{"amount":"1250.00 EUR","expected_on":"2026-11-25"}}}}"#;
    let reply = post(&state, "/v1/answers", body).await.json();
    assert_eq!(
        reply["sentences"][0],
        json!({
            "text": "Je uitbetaling van € 1.250,00 wordt verwacht op 25 november 2026.",
            "starts_line": false, "support": 1.0, "translated": false,
            "citations": [
                {"kind": "fact", "path": "subject.facts.payout.expected_on", "value": "2026-11-25"},
                {"kind": "fact", "path": "subject.facts.payout.amount", "value": "1250.00 EUR"},
            ],
        })
    );
    assert_eq!(reply["sentences"][1]["citations"][0]["kind"], "article");
    assert_eq!(reply["sentences"][1]["translated"], false);
    assert_eq!(reply["unanswered"], json!([]));
}

#[tokio::test]
async fn nothing_of_a_subject_is_logged() {
    const CANARY: &str = "CANARY-7Q4X";
    let logged = log::Log::text(tracing::Level::INFO);
    tracing::info!("the log is on");
    let subject = json!({"kind": "order", "id": CANARY, "label": CANARY, "facts": {
        "payout": {"status": CANARY}}});
    let mut body = json!({"question": "What is the status of my payout?", "mode": "extractive", "subject": subject});
    // On this thread, and through the whole service.
    let request: crate::dto::AnswerRequest = serde_json::from_value(body.clone()).unwrap();
    let question = request.question(jiff::Timestamp::UNIX_EPOCH).unwrap();
    let answer = ENGINE.answer(&question, &answer::Cancel::default(), &mut |_| ());
    assert!(answer.text().contains(CANARY), "{}", answer.text());
    tracing::info!(?question, citations = ?answer.sentences[0].citations, "asked");
    let state = loaded().await;
    let reply = post(&state, "/v1/answers", &body.to_string()).await;
    assert!(reply.text.contains(CANARY), "{}", reply.text);
    body["subject"]["facts"]["payout"] = json!({"amount": CANARY, "currency": CANARY});
    let refused = post(&state, "/v1/answers", &body.to_string()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains(CANARY), "{}", refused.text);
    let log = logged.written();
    assert!(
        log.contains("the log is on") && log.contains("asked"),
        "{log}"
    );
    assert!(!log.contains(CANARY), "{log}");
}
