use serde_json::Value;

use super::receiver::{Receiver, Reply, Request};
use super::*;

fn allow() -> Vec<String> {
    vec!["127.0.0.1".to_owned()]
}

fn zendesk(receiver: &Receiver) -> Destination {
    destination(Via::Zendesk {
        url: receiver.url(""),
        user: "agent@example.org".to_owned(),
        token: secret("sesame"),
        allow: allow(),
    })
}

fn freshdesk(receiver: &Receiver) -> Destination {
    destination(Via::Freshdesk {
        url: receiver.url("/"),
        key: secret("sesame"),
        allow: allow(),
    })
}

fn chatwoot(receiver: &Receiver) -> Destination {
    destination(Via::Chatwoot {
        url: receiver.url(""),
        inbox: "in/box".to_owned(),
        allow: allow(),
    })
}

fn intercom(receiver: &Receiver) -> Destination {
    destination(Via::Intercom {
        url: receiver.url(""),
        token: secret("sesame"),
        allow: allow(),
    })
}

/// Sends `packet` to a receiver that answers with `replies`; the requests have these lines.
#[track_caller]
fn check_sent(
    to: fn(&Receiver) -> Destination,
    packet: &Packet,
    replies: &[(u16, Value)],
    expected: &Attempt,
    lines: &[&str],
) -> Vec<Request> {
    let replies = replies
        .iter()
        .map(|(status, body)| Reply::json(*status, body))
        .collect();
    let receiver = Receiver::start(replies);
    let attempt = send_within(&to(&receiver), packet, &LONG);
    assert_eq!(&attempt, expected);
    let requests = receiver.requests();
    let seen: Vec<&str> = requests
        .iter()
        .map(|request| request.line.strip_suffix(" HTTP/1.1").unwrap())
        .collect();
    assert_eq!(seen, lines);
    requests
}

#[track_caller]
fn check_authorization(requests: &[Request], expected: Option<&str>) {
    for request in requests {
        assert_eq!(
            request.header("authorization"),
            expected,
            "{}",
            request.line
        );
    }
}

const ZENDESK_FIND: &str = "GET /api/v2/tickets.json?external_id=esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C";

#[test]
fn zendesk_gets_a_ticket() {
    let requests = check_sent(
        zendesk,
        &packet(),
        &[
            (200, json!({ "tickets": [], "count": 0 })),
            (201, json!({ "ticket": { "id": 35436 }, "audit": {} })),
        ],
        &delivered("35436"),
        &[ZENDESK_FIND, "POST /api/v2/tickets.json"],
    );
    // agent@example.org/token:sesame
    let basic = "Basic YWdlbnRAZXhhbXBsZS5vcmcvdG9rZW46c2VzYW1l";
    check_authorization(&requests, Some(basic));
    assert_eq!(requests[1].header("idempotency-key"), Some(ID));
    assert_eq!(
        requests[1].json(),
        json!({ "ticket": {
            "subject": "Where is my <b>parcel</b>?",
            "comment": { "body": packet().to_text() },
            "external_id": ID,
            "tags": ["loket", "buyers_first"],
            "requester": { "name": "ann@example.org", "email": "ann@example.org" },
        } })
    );
}

#[test]
fn zendesk_gets_a_ticket_without_a_requester() {
    let requests = check_sent(
        zendesk,
        &packet_without_email(),
        &[
            (200, json!({ "tickets": [] })),
            (201, json!({ "ticket": { "id": 7 } })),
        ],
        &delivered("7"),
        &[ZENDESK_FIND, "POST /api/v2/tickets.json"],
    );
    assert_eq!(requests[1].json()["ticket"].get("requester"), None);
}

#[test]
fn a_ticket_of_an_earlier_attempt_is_found() {
    check_sent(
        zendesk,
        &packet(),
        &[(
            200,
            json!({ "tickets": [{ "id": 35436, "external_id": ID }] }),
        )],
        &delivered("35436"),
        &[ZENDESK_FIND],
    );
    check_sent(
        freshdesk,
        &packet(),
        &[(200, json!({ "total": 1, "results": [{ "id": 12 }] }))],
        &delivered("12"),
        &[FRESHDESK_FIND],
    );
}

const FRESHDESK_FIND: &str = "GET /api/v2/search/tickets?query=\
    %22tag%3A%27esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C%27%22";

#[test]
fn freshdesk_gets_a_ticket() {
    let requests = check_sent(
        freshdesk,
        &packet(),
        &[
            (200, json!({ "total": 0, "results": [] })),
            (201, json!({ "id": 12, "subject": "…" })),
        ],
        &delivered("12"),
        &[FRESHDESK_FIND, "POST /api/v2/tickets"],
    );
    // sesame:X
    check_authorization(&requests, Some("Basic c2VzYW1lOlg="));
    let mut ticket = requests[1].json();
    let description = ticket["description"].take();
    let description = description.as_str().unwrap();
    assert!(
        description.contains("<br>\nQuestion<br>\nWhere is my &lt;b&gt;parcel&lt;/b&gt;? Mijn")
    );
    assert!(description.contains("&quot;order&quot;: &quot;A-17&quot;"));
    assert_eq!(
        ticket,
        json!({
            "subject": "Where is my <b>parcel</b>?",
            "description": null,
            "status": 2,
            "priority": 1,
            "source": 2,
            "tags": [ID, "loket"],
            "email": "ann@example.org",
        })
    );
}

#[test]
fn freshdesk_knows_a_customer_without_an_address_by_id() {
    let mut unknown = packet_without_email();
    unknown.customer = None;
    for (packet, id) in [(packet_without_email(), "customer-7"), (unknown, ID)] {
        let requests = check_sent(
            freshdesk,
            &packet,
            &[(200, json!({ "results": [] })), (201, json!({ "id": 12 }))],
            &delivered("12"),
            &[FRESHDESK_FIND, "POST /api/v2/tickets"],
        );
        let ticket = requests[1].json();
        assert_eq!(ticket["unique_external_id"], id);
        assert_eq!(ticket.get("email"), None);
    }
}

const CHATWOOT_CONTACT: &str = "POST /public/api/v1/inboxes/in%2Fbox/contacts";
const CHATWOOT_FIND: &str = "GET /public/api/v1/inboxes/in%2Fbox/contacts/\
    esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C/conversations";
const CHATWOOT_BEGIN: &str = "POST /public/api/v1/inboxes/in%2Fbox/contacts/\
    esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C/conversations";
const CHATWOOT_TELL: &str = "POST /public/api/v1/inboxes/in%2Fbox/contacts/\
    esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C/conversations/41/messages";

fn chatwoot_contact() -> (u16, Value) {
    (
        200,
        json!({ "source_id": ID, "pubsub_token": "p", "id": 3 }),
    )
}

#[test]
fn chatwoot_gets_a_conversation() {
    let requests = check_sent(
        chatwoot,
        &packet(),
        &[
            chatwoot_contact(),
            (200, json!([])),
            (200, json!({ "id": 41, "messages": [] })),
            (200, json!({ "id": 90 })),
        ],
        &delivered("41"),
        &[
            CHATWOOT_CONTACT,
            CHATWOOT_FIND,
            CHATWOOT_BEGIN,
            CHATWOOT_TELL,
        ],
    );
    check_authorization(&requests, None);
    assert_eq!(
        requests[0].json(),
        json!({
            "source_id": ID,
            "identifier": ID,
            "email": "ann@example.org",
            "name": "ann@example.org",
        })
    );
    assert_eq!(
        requests[2].json(),
        json!({ "custom_attributes": {
            "loket_id": ID, "queue": "buyers first", "language": "en",
        } })
    );
    assert_eq!(
        requests[3].json(),
        json!({ "content": packet().to_text(), "echo_id": ID })
    );
}

#[test]
fn chatwoot_goes_on_where_an_earlier_attempt_stopped() {
    check_sent(
        chatwoot,
        &packet(),
        &[
            chatwoot_contact(),
            (200, json!([{ "id": 41, "messages": [] }])),
            (200, json!({ "id": 90 })),
        ],
        &delivered("41"),
        &[CHATWOOT_CONTACT, CHATWOOT_FIND, CHATWOOT_TELL],
    );
    check_sent(
        chatwoot,
        &packet(),
        &[
            chatwoot_contact(),
            (
                200,
                json!([{ "id": 41, "messages": [{ "id": 90, "content": "…" }] }]),
            ),
        ],
        &delivered("41"),
        &[CHATWOOT_CONTACT, CHATWOOT_FIND],
    );
}

#[test]
fn intercom_gets_a_conversation_of_a_new_contact() {
    let requests = check_sent(
        intercom,
        &packet(),
        &[
            (200, json!({ "type": "list", "data": [], "total_count": 0 })),
            (200, json!({ "id": "5ba6", "role": "user" })),
            (
                200,
                json!({ "type": "user_message", "id": "4033", "conversation_id": "360" }),
            ),
        ],
        &delivered("360"),
        &[
            "POST /contacts/search",
            "POST /contacts",
            "POST /conversations",
        ],
    );
    check_authorization(&requests, Some("Bearer sesame"));
    for request in &requests {
        assert_eq!(request.header("intercom-version"), Some("2.11"));
    }
    assert_eq!(
        requests[0].json(),
        json!({ "query": { "field": "email", "operator": "=", "value": "ann@example.org" } })
    );
    assert_eq!(
        requests[1].json(),
        json!({ "role": "user", "email": "ann@example.org" })
    );
    assert_eq!(
        requests[2].json(),
        json!({ "from": { "type": "user", "id": "5ba6" }, "body": packet().to_text() })
    );
}

#[test]
fn intercom_makes_a_lead_of_who_has_not_signed_in() {
    let mut packet = packet();
    packet.customer = None;
    let requests = check_sent(
        intercom,
        &packet,
        &[
            (200, json!({ "data": [] })),
            (200, json!({ "id": "5ba6", "role": "lead" })),
            (200, json!({ "conversation_id": "360" })),
        ],
        &delivered("360"),
        &[
            "POST /contacts/search",
            "POST /contacts",
            "POST /conversations",
        ],
    );
    let lead = json!({ "role": "lead", "email": "ann@example.org" });
    assert_eq!(requests[1].json(), lead);
    assert_eq!(
        requests[2].json()["from"],
        json!({ "type": "lead", "id": "5ba6" })
    );
}

#[test]
fn intercom_looks_for_the_conversation_of_an_earlier_attempt() {
    let known = (200, json!({ "data": [{ "id": "5ba6", "role": "lead" }] }));
    let other = json!({ "id": "359", "source": { "body": "<p>Reference: esc_other</p>" } });
    let ours = json!({ "id": "360", "source": { "body": format!("<p>Reference: {ID}</p>") } });
    let requests = check_sent(
        intercom,
        &packet_without_email(),
        &[
            known.clone(),
            (200, json!({ "conversations": [other.clone(), ours] })),
        ],
        &delivered("360"),
        &["POST /contacts/search", "POST /conversations/search"],
    );
    assert_eq!(
        requests[0].json(),
        json!({ "query": { "field": "external_id", "operator": "=", "value": "customer-7" } })
    );
    assert_eq!(
        requests[1].json()["query"]["value"],
        json!([
            { "field": "contact_ids", "operator": "=", "value": "5ba6" },
            // 2026-02-28T12:00:00Z
            { "field": "created_at", "operator": ">", "value": 1_772_280_000 },
        ])
    );
    let requests = check_sent(
        intercom,
        &packet_without_email(),
        &[
            known,
            (200, json!({ "conversations": [other] })),
            (200, json!({ "conversation_id": "361" })),
        ],
        &delivered("361"),
        &[
            "POST /contacts/search",
            "POST /conversations/search",
            "POST /conversations",
        ],
    );
    assert_eq!(
        requests[2].json()["from"],
        json!({ "type": "lead", "id": "5ba6" })
    );
}

#[test]
fn a_failed_step_ends_the_attempt() {
    for to in [zendesk, freshdesk, chatwoot, intercom] {
        for (status, retry) in [
            (401, Retry::Never),
            (422, Retry::Never),
            (500, Retry::Later),
        ] {
            let receiver = Receiver::start(vec![Reply::status(status)]);
            check_failed(&to(&receiver), &LONG, retry, &format!("answered {status}"));
            assert_eq!(receiver.requests().len(), 1);
        }
    }
    let receiver = Receiver::start(vec![
        Reply::json(200, &json!({ "tickets": [] })),
        Reply::Close,
    ]);
    check_failed(
        &zendesk(&receiver),
        &LONG,
        Retry::Later,
        "closed the connection",
    );
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn a_reply_that_is_not_the_api_s_is_no_delivery() {
    for to in [zendesk, freshdesk, chatwoot, intercom] {
        for body in [
            "<!doctype html><title>Help</title>",
            "{}",
            "[",
            "null",
            "{\"tickets\":7}",
        ] {
            let receiver = Receiver::start(vec![Reply::Status(200, &[], body.to_owned())]);
            check_failed(&to(&receiver), &LONG, Retry::Later, "as its API does");
            assert_eq!(receiver.requests().len(), 1);
        }
        let receiver = Receiver::start(vec![Reply::Huge("{\"tickets\":[]")]);
        check_failed(&to(&receiver), &LONG, Retry::Later, "more than 64 kB");
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[test]
fn an_attempt_of_several_calls_has_one_limit() {
    let slow =
        "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"tickets\":[                          ";
    let receiver = Receiver::start(vec![Reply::Drip(slow)]);
    let limits = Limits {
        call: Duration::from_mins(1),
        ..SHORT
    };
    let started = std::time::Instant::now();
    check_failed(&zendesk(&receiver), &limits, Retry::Later, "took too long");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(receiver.requests().len(), 1);
}
