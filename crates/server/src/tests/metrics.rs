use support::Store;

use super::*;

/// The value of a series.
#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    text.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .unwrap_or_else(|| panic!("{series} is not in\n{text}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn what_is_done_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    let secret = "zebra-4711";
    let question = format!(r#"{{"question":"What does buying cost, {secret}?","language":"en"}}"#);
    post(&state, "/v1/answers", &question).await;
    post(&state, "/v1/answers", r#"{"question":"a","language":"sv"}"#).await;
    post(&state, "/v1/search", r#"{"query":"fee"}"#).await;
    get(&state, "/v1/articles/fees/buyers").await;
    get(&state, &format!("/v1/articles/{secret}")).await;
    get(&state, &format!("/{secret}")).await;
    let handed = post(
        &state,
        "/v1/escalations",
        r#"{"question":"Where is it?","method":"email","contact":{"email":"a@example.org"}}"#,
    )
    .await;
    assert_eq!(handed.status, StatusCode::ACCEPTED, "{}", handed.text);

    let reply = get(&state, "/metrics").await;
    assert!(reply.header(header::CONTENT_TYPE).starts_with("text/plain"));
    let text = &reply.text;
    for (series, expected) in [
        (
            r#"loket_http_requests_total{method="POST",route="/v1/answers",status="200"}"#,
            2.0,
        ),
        (
            r#"loket_http_requests_total{method="GET",route="/v1/articles/{*id}",status="404"}"#,
            1.0,
        ),
        (
            r#"loket_http_requests_total{method="GET",route="-",status="404"}"#,
            1.0,
        ),
        (
            r#"loket_answers_total{outcome="answered",reason="",language="en"}"#,
            1.0,
        ),
        (
            r#"loket_answers_total{outcome="escalated",reason="unsupported_language",language="en"}"#,
            1.0,
        ),
        (r#"loket_problems_total{type="not_found"}"#, 2.0),
        ("loket_search_duration_seconds_count", 1.0),
        ("loket_handoff_accept_duration_seconds_count", 1.0),
        (r#"loket_handoffs{state="queued"}"#, 1.0),
        (r#"loket_handoffs{state="dead"}"#, 0.0),
        (r#"loket_queue_length{queue="answer"}"#, 0.0),
        (r#"loket_queue_capacity{queue="answer"}"#, 16.0),
        (r#"loket_model_loaded{model="encoder"}"#, 1.0),
        (r#"loket_model_loaded{model="writer"}"#, 0.0),
        ("loket_receipts_lost_total", 0.0),
        ("loket_index_articles", 4.0),
    ] {
        assert!(
            (value(text, series) - expected).abs() < 1e-9,
            "{series}\n{text}"
        );
    }
    let generation = ENGINE.snapshot().generation();
    let info = format!(r#"loket_index_generation_info{{generation="{generation}"}}"#);
    assert!(value(text, &info) > 0.0);
    assert!(value(text, "loket_index_generation_age_seconds") < 3_600.0);
    assert!(value(text, "loket_process_resident_memory_bytes") > 1e6);
    // Nothing of a request is in a label.
    assert!(!text.contains(secret), "{text}");
}
