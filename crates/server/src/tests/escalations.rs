use support::{DeliveryState, Store};

use super::*;

const HANDOFF: &str = r#"{"question":"Where is my parcel?\u0007","language":"en","method":"email","contact":{"email":"anna@example.org"},"customer":{"id":"c-19"},"subject":{"kind":"order","id":"o-77"},"note":"please hurry"}"#;

async fn with_store() -> (tempfile::TempDir, Store, AppState) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = loaded().await;
    state.keep_in(&store);
    (dir, store, state)
}

async fn hand_off(state: &AppState, body: &str, key: &str) -> Reply {
    let request = Request::post("/v1/escalations")
        .header(header::CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", key)
        .body(Body::from(body.to_owned()))
        .unwrap();
    send(state, request).await
}

#[tokio::test]
async fn an_accepted_handoff_is_on_the_disk() {
    let (_dir, store, state) = with_store().await;
    let reply = hand_off(&state, HANDOFF, "k-1").await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
    let told = reply.json();
    let id = told["id"].as_str().unwrap();
    assert!(id.starts_with("esc_"), "{id}");
    assert_eq!(told["status"], "queued");
    assert_eq!(told["method"], "email");
    assert_eq!(told["queue"], "general");
    assert!(told["next"].as_str().unwrap().contains("e-mail"), "{told}");
    assert_eq!(
        reply.header(header::LOCATION),
        format!("/v1/escalations/{id}")
    );

    let stored = store.handoff(id).await.unwrap().expect("a hand-off");
    let packet = &stored.packet;
    assert_eq!(packet.question, "Where is my parcel?");
    assert_eq!(packet.note.as_deref(), Some("please hurry"));
    assert_eq!(packet.subject.as_ref().unwrap()["id"], "o-77");
    assert_eq!(
        packet.customer.as_ref().unwrap().id.as_deref(),
        Some("c-19")
    );
    assert_eq!(packet.missing, Vec::<String>::new());
    // No destination is configured: it waits for `loket handoff`.
    assert_eq!(stored.state(), DeliveryState::Queued);

    let status = get(&state, &format!("/v1/escalations/{id}")).await.json();
    assert_eq!(status["status"], "queued");
    assert_eq!(status["attempts"], 0);
    let unknown = get(&state, "/v1/escalations/esc_none").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_sent_twice_is_one_handoff() {
    let (_dir, store, state) = with_store().await;
    let first = hand_off(&state, HANDOFF, "k-1").await;
    let second = hand_off(&state, HANDOFF, "k-1").await;
    assert_eq!(second.status, StatusCode::ACCEPTED);
    assert_eq!(second.json(), first.json());
    assert_eq!(second.header("idempotency-replayed"), "true");
    let other = hand_off(&state, &HANDOFF.replace("hurry", "wait"), "k-1").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        other.json()["type"],
        "urn:loket:problem:idempotency_key_reused"
    );
    assert_eq!(store.handoffs(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_goes_along_with_what_it_showed() {
    let (_dir, store, state) = with_store().await;
    let asked = r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive"}"#;
    let answer = post(&state, "/v1/answers", asked).await.json();
    let body = format!(
        r#"{{"answer_id":{},"question":"When do I get my money?","language":"en","audience":"seller","method":"email","customer":{{"id":"c-1"}}}}"#,
        answer["id"]
    );
    let id = hand_off(&state, &body, "k").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let packet = store.handoff(&id).await.unwrap().unwrap().packet;
    let shown = answer["sources"].as_array().unwrap();
    assert_eq!(packet.tried.len(), shown.len());
    assert_eq!(
        packet.tried[0].article,
        shown[0]["article"].as_str().unwrap()
    );
    assert!(
        packet.topics.contains(&"payouts".to_owned()),
        "{:?}",
        packet.topics
    );
    assert_eq!(packet.answer_id.as_deref(), answer["id"].as_str());
}

#[tokio::test]
async fn what_cannot_be_handed_over_is_named() {
    let (_dir, store, state) = with_store().await;
    let cases = [
        (r#"{"question":""}"#, 400, "question"),
        (
            r#"{"question":"Hi","method":"email"}"#,
            400,
            "contact.email",
        ),
        (
            r#"{"question":"Hi","contact":{"email":"nobody"}}"#,
            400,
            "contact.email",
        ),
        (
            r#"{"question":"Hi","contact":{"email":"a@b.org\r\nBcc: c@d.org"}}"#,
            400,
            "contact.email",
        ),
        (
            r#"{"question":"Hi","contact":{"phone":"call me"}}"#,
            400,
            "contact.phone",
        ),
        (r#"{"question":"Hi","method":"fax"}"#, 400, "method"),
        (
            r#"{"question":"你好","language":"zh","method":"phone","contact":{"phone":"+8613800138000"}}"#,
            422,
            "method",
        ),
        (r#"{"question":"Hi","adress":"x"}"#, 400, "adress"),
    ];
    for (body, status, field) in cases {
        let reply = hand_off(&state, body, "k").await;
        assert_eq!(reply.status.as_u16(), status, "{body}: {}", reply.text);
        let problem = reply.json();
        let told = format!("{} {}", problem["field"], problem["detail"]);
        assert!(told.contains(field), "{body}: {told}");
    }
    assert_eq!(store.handoffs(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn without_a_store_a_person_is_still_named() {
    let state = unloaded();
    let reply = hand_off(&state, HANDOFF, "k").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["type"], "urn:loket:problem:store_unavailable");
    assert_reachable(&reply.json()["contact"]);
}

#[tokio::test]
async fn a_handoff_needs_no_engine() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let state = unloaded();
    state.keep_in(&store);
    let reply = hand_off(&state, HANDOFF, "k").await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
}

#[tokio::test]
async fn feedback_is_kept() {
    let (_dir, store, state) = with_store().await;
    for (body, status) in [
        (r#"{"answer_id":"ans_1","helpful":true}"#, 204),
        (
            r#"{"article":"seller-payout","helpful":false,"comment":"too long"}"#,
            204,
        ),
        (r#"{"helpful":true}"#, 400),
        (r#"{"answer_id":"ans_1","article":"x","helpful":true}"#, 400),
        (r#"{"answer_id":"ans_1"}"#, 400),
    ] {
        let reply = post(&state, "/v1/feedback", body).await;
        assert_eq!(reply.status.as_u16(), status, "{body}: {}", reply.text);
    }
    assert_eq!(store.n_feedback().await.unwrap(), [1, 1]);
}

#[tokio::test]
async fn a_team_tells_that_nobody_is_there() {
    let state = unloaded();
    let chat = async |at: &str| {
        let contact = get(&state, &format!("/v1/contact-methods?language=nl&at={at}"))
            .await
            .json();
        let options = contact["options"].as_array().unwrap().clone();
        options
            .into_iter()
            .find(|option| option["method"] == "chat")
            .unwrap()
    };
    let tell = async |body: &str| {
        let request = Request::put("/v1/admin/availability")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        send(&state, request).await.status.as_u16()
    };
    // Which hours that closes is the planner's test; here the telling is what counts, and that it expires.
    let away =
        r#"{"team":"marketplace","channel":"chat","available":false,"expires_in_seconds":86400}"#;
    assert_eq!(tell(away).await, 204);
    let told = state.availability();
    let now = jiff::Timestamp::now();
    let live = told
        .of("marketplace", support::Method::Chat, now)
        .expect("told");
    assert!(!live.available);
    let expired = "2099-11-25T12:00:00%2B01:00";
    assert_eq!(chat(expired).await["reason"], "within_hours");
    for body in [
        away.replace("marketplace", "nobody"),
        away.replace("chat", "email"),
        away.replace("86400", "86401"),
        away.replace("false", "\"no\""),
    ] {
        assert_eq!(tell(&body).await, 400, "{body}");
    }
}

#[tokio::test]
async fn a_person_reads_the_matter_in_short_and_what_was_tried() {
    let (_dir, store, state) = with_store().await;
    let asked = r#"{"question":"When do I get my money?","language":"en","audience":"seller","mode":"extractive"}"#;
    let answer = post(&state, "/v1/answers", asked).await.json();
    let judged = format!(r#"{{"answer_id":{},"helpful":false}}"#, answer["id"]);
    let feedback = post(&state, "/v1/feedback", &judged).await;
    assert_eq!(feedback.status, StatusCode::NO_CONTENT);
    let body = serde_json::json!({
        "answer_id": answer["id"], "question": "When do I get my money? Order 4711.", "language": "en",
        "audience": "seller", "method": "email", "customer": {"id": "c-1"},
        "subject": {"kind": "order", "id": "o-1", "facts": {"status": "delivered", "payout": {"amount": "1250.00 EUR"}}},
        "conversation": [{"role": "user", "text": "I sold a watch in October."}, {"role": "assistant", "text": "Congratulations!"}],
        "consent": {"conversation": true}
    });
    let id = hand_off(&state, &body.to_string(), "k").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let packet = store.handoff(&id).await.unwrap().unwrap().packet;
    assert_eq!(packet.receipt_id.as_deref(), answer["id"].as_str());
    assert_eq!(packet.tried[0].why, Some(support::Tried::NotHelpful));
    assert!(packet.consent.unwrap().conversation);
    let facts: Vec<(&str, &str)> = packet
        .facts
        .iter()
        .map(|fact| (&*fact.path, &*fact.text))
        .collect();
    assert_eq!(
        facts,
        [("payout.amount", "€1,250.00"), ("status", "delivered")]
    );
    let summary = packet.summary.as_ref().unwrap();
    assert_eq!(
        summary.customer.text,
        "I sold a watch in October. When do I get my money? Order 4711."
    );
    assert_eq!(
        summary.agent.text,
        "Topic: payouts\nAbout: order (delivered)\nCustomer writes in: English\nAlready shown: “When do I get my money?” – the customer says it did not help"
    );
    let text = packet.to_text();
    assert!(text.contains("About: order (delivered)"), "{text}");
    assert!(text.contains("payout.amount: €1,250.00"), "{text}");
}

#[tokio::test]
async fn what_the_customer_keeps_is_left_out() {
    let (_dir, store, state) = with_store().await;
    for (consent, kept) in [("", true), (r#","consent":{"conversation":false}"#, false)] {
        let body = format!(
            r#"{{"question":"Where is my parcel?","language":"en","method":"email","customer":{{"id":"c"}},"conversation":[{{"role":"user","text":"My neighbour Zebedee took it."}}]{consent}}}"#
        );
        let id = hand_off(&state, &body, &format!("k{kept}")).await.json()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let packet = store.handoff(&id).await.unwrap().unwrap().packet;
        let all = serde_json::to_string(&packet).unwrap();
        assert_eq!(all.contains("Zebedee"), kept, "{all}");
        assert_eq!(packet.conversation.len(), usize::from(kept));
    }
}
