use super::*;

#[track_caller]
fn check(reply: &Reply, status: u16, code: &str, field: Option<&str>) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(
        reply.header(header::CONTENT_TYPE),
        "application/problem+json"
    );
    let body = reply.json();
    assert_eq!(body["type"], format!("urn:loket:problem:{code}"), "{body}");
    assert_eq!(body["status"], status);
    assert_eq!(body["field"].as_str(), field, "{body}");
    assert!(!body["title"].as_str().unwrap().is_empty());
    assert!(!body["detail"].as_str().unwrap().is_empty());
    assert_eq!(body["request_id"], reply.header("x-request-id"));
}

#[tokio::test]
async fn a_body_that_cannot_be_used_is_told_with_its_field() {
    let state = loaded().await;
    let long = format!(r#"{{"question":"{}"}}"#, "ä".repeat(4_001));
    let huge = format!(r#"{{"question":"{}"}}"#, "a".repeat(70_000));
    let deep = format!(
        r#"{{"question":"a","subject":{{"kind":"a","facts":{{"a":{}"#,
        "[".repeat(50_000)
    );
    for (body, status, code, field) in [
        ("", 400, "invalid_request", None),
        ("{", 400, "invalid_request", None),
        ("[]", 400, "invalid_request", None),
        ("{} x", 400, "invalid_field", Some("question")),
        (r#"{"question":"a"} x"#, 400, "invalid_request", None),
        ("{}", 400, "invalid_field", Some("question")),
        (r#"{"question":3}"#, 400, "invalid_field", Some("question")),
        (
            r#"{"question":" \n"}"#,
            400,
            "invalid_field",
            Some("question"),
        ),
        (
            r#"{"question":"a","question":"b"}"#,
            422,
            "duplicate_field",
            Some("question"),
        ),
        (
            r#"{"question":"a","subject":{"kind":"order","facts":{"a":{"b":1,"b":2}}}}"#,
            422,
            "duplicate_field",
            Some("subject.facts.a.b"),
        ),
        (
            r#"{"question":"a","langauge":"nl"}"#,
            400,
            "invalid_field",
            Some("langauge"),
        ),
        (
            r#"{"question":"a","language":"dutch language"}"#,
            400,
            "invalid_field",
            Some("language"),
        ),
        (
            r#"{"question":"a","at":"yesterday"}"#,
            400,
            "invalid_field",
            Some("at"),
        ),
        (
            r#"{"question":"a","mode":"magic"}"#,
            400,
            "invalid_field",
            Some("mode"),
        ),
        (
            r#"{"question":"a","conversation":[{"role":"system","text":"b"}]}"#,
            400,
            "invalid_field",
            Some("conversation[0].role"),
        ),
        (
            r#"{"question":"a","customer":{"id":"1","admin":true}}"#,
            400,
            "invalid_field",
            Some("customer.admin"),
        ),
        (
            r#"{"question":"a","subject":{}}"#,
            422,
            "invalid_subject",
            Some("subject.kind"),
        ),
        (
            r#"{"question":"a","subject":{"kind":"order","facts":{"payout":{"amount":"x","currency":"EUR"}}}}"#,
            422,
            "invalid_subject",
            Some("subject.facts.payout"),
        ),
        (
            r#"{"question":"a","subject":"order"}"#,
            422,
            "invalid_subject",
            Some("subject"),
        ),
        (&deep, 400, "invalid_request", None),
        (&long, 413, "too_large", Some("question")),
        (&huge, 413, "too_large", None),
    ] {
        check(
            &post(&state, "/v1/answers", body).await,
            status,
            code,
            field,
        );
    }
    for (body, field) in [
        (r#"{"query":"a","limit":0}"#, "limit"),
        (r#"{"query":"a","limit":101}"#, "limit"),
        (r#"{"query":"a","limit":-1}"#, "limit"),
        (r#"{"query":"a","languages":["nl","sv"]}"#, "languages[1]"),
        (r#"{"query":""}"#, "query"),
    ] {
        check(
            &post(&state, "/v1/search", body).await,
            400,
            "invalid_field",
            Some(field),
        );
    }
}

#[tokio::test]
async fn four_thousand_characters_are_not_too_many() {
    let state = loaded().await;
    let body = format!(
        r#"{{"question":"{}","mode":"extractive"}}"#,
        "ä".repeat(4_000)
    );
    assert_eq!(
        post(&state, "/v1/answers", &body).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_query_that_cannot_be_used_is_told_with_its_field() {
    let state = loaded().await;
    for (path, field) in [
        ("/v1/contact-methods?lang=nl", "lang"),
        ("/v1/contact-methods?language=nl&language=en", "language"),
        ("/v1/contact-methods?at=tomorrow", "at"),
        ("/v1/articles/seller-payout?language=sv", "language"),
    ] {
        check(&get(&state, path).await, 400, "invalid_field", Some(field));
    }
}

#[tokio::test]
async fn what_is_not_a_route_is_a_problem_too() {
    let state = loaded().await;
    check(&get(&state, "/nothing").await, 404, "not_found", None);
    check(&get(&state, "/v1/articles/").await, 404, "not_found", None);
    let wrong = get(&state, "/v1/answers").await;
    check(&wrong, 405, "method_not_allowed", None);
    assert_eq!(wrong.header(header::ALLOW), "POST");
    for media_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
        let request = Request::post("/v1/answers")
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(r#"{"question":"a"}"#))
            .unwrap();
        check(
            &send(&state, request).await,
            415,
            "unsupported_media_type",
            None,
        );
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_names_a_person() {
    let reply = get(&unloaded(), "/panic").await;
    check(&reply, 500, "internal", None);
    assert!(!reply.text.contains("on purpose"));
    assert_reachable(&reply.json()["contact"]);
}

#[tokio::test]
async fn the_id_of_a_request_comes_back() {
    let state = unloaded();
    let asked = |id: &str| {
        Request::get("/livez")
            .header("X-Request-Id", id)
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(
        send(&state, asked("abc-1")).await.header("x-request-id"),
        "abc-1"
    );
    let made = send(&state, asked("a b")).await;
    assert!(made.header("x-request-id").starts_with("req_"));
}
