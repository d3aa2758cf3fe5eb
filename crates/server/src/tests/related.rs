use serde_json::json;

use super::*;

/// A service that is never sure, and names articles from the confidence `related` on.
async fn unsure(related: f32) -> AppState {
    let config = AnswerConfig {
        min_confidence: Probability::try_from(1.0).unwrap(),
        related_confidence: Probability::try_from(related).unwrap(),
        ..AnswerConfig::default()
    };
    let encoder = Arc::new(inference::tiny::encoder(7));
    let engine = Engine::new(Arc::clone(ENGINE.snapshot()), encoder, None, config).unwrap();
    let state = state_of(
        TestLoader::new(Some(Arc::new(engine))),
        ServerConfig::default(),
    );
    state.reload().await.unwrap();
    state
}

fn titles(related: &Value) -> Vec<&str> {
    let related = related.as_array().unwrap().iter();
    related.filter_map(|own| own["title"].as_str()).collect()
}

const QUESTION: &str = r#"{"question":"What about my money?","language":"en","audience":"seller","mode":"extractive"}"#;

#[tokio::test]
async fn a_question_nothing_answers_is_told_what_comes_closest() {
    let reply = post(&unsure(0.0).await, "/v1/answers", QUESTION).await;
    let body = reply.json();
    assert_eq!(
        (&body["outcome"], &body["reason"]),
        (&json!("escalated"), &json!("no_evidence"))
    );
    let payout = json!({
        "article": "seller-payout",
        "title": "When do I get my money?",
        "url": "https://help.example/payout",
        "language": "en",
    });
    let related = body["related"].as_array().unwrap();
    assert!(related.contains(&payout), "{body}");
    assert!(related.len() <= 3, "{body}");
    assert!(!titles(&body["related"]).contains(&"Old fees"), "{body}");
    // It is no answer: nothing is said, nothing is cited.
    assert_eq!(
        (&body["text"], &body["sentences"], &body["sources"]),
        (&json!(""), &json!([]), &json!([]))
    );
    assert_reachable(&body["contact"]);
}

#[tokio::test]
async fn who_may_not_see_an_article_is_not_told_of_it() {
    let asked = QUESTION.replace("seller", "buyer");
    let body = post(&unsure(0.0).await, "/v1/answers", &asked).await.json();
    assert_eq!(body["reason"], "no_evidence");
    let titles = titles(&body["related"]);
    assert!(titles.contains(&"What does buying cost?"), "{body}");
    assert!(!titles.contains(&"When do I get my money?"), "{body}");
}

#[tokio::test]
async fn where_nothing_comes_close_and_where_a_person_is_wanted_the_list_is_empty() {
    let body = post(&unsure(1.0).await, "/v1/answers", QUESTION).await;
    assert_eq!(body.json()["reason"], "no_evidence");
    assert_eq!(body.json()["related"], json!([]));
    let state = unsure(0.0).await;
    for (question, reason) in [
        ("I want to talk to a human being please", "requested"),
        ("How do I report a counterfeit watch?", "sensitive_topic"),
    ] {
        let asked = json!({"question": question, "language": "en"}).to_string();
        let body = post(&state, "/v1/answers", &asked).await.json();
        assert_eq!(
            (&body["reason"], &body["related"]),
            (&json!(reason), &json!([]))
        );
    }
    let body = post(&unloaded(), "/v1/answers", QUESTION).await.json();
    assert_eq!(
        (&body["reason"], &body["related"]),
        (&json!("error"), &json!([]))
    );
}

#[tokio::test]
async fn a_chat_names_them_between_the_reason_and_the_ways_to_a_person() {
    let asked = json!({
        "model": "loket-extractive",
        "messages": [{"role": "user", "content": "What about my money?"}],
        "loket": {"language": "en", "audience": "seller"},
    });
    let reply = post(
        &unsure(0.0).await,
        "/v1/chat/completions",
        &asked.to_string(),
    )
    .await;
    let body = reply.json();
    let said = body["choices"][0]["message"]["content"].as_str().unwrap();
    let parts = [
        "does not answer this question",
        "These articles come closest:\n- ",
        "When do I get my money? https://help.example/payout\n",
        "Talk to support:",
    ];
    let places: Vec<_> = parts.iter().map(|part| said.find(part)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{said}"
    );
    assert!(
        titles(&body["loket"]["related"]).contains(&"When do I get my money?"),
        "{body}"
    );
}
