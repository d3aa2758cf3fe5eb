use standardwebhooks::Webhook;
use ureq::http::{HeaderMap, HeaderName};

use super::receiver::{Receiver, Reply, Request};
use super::*;

#[track_caller]
fn check_signature(request: &Request, secret: &str, is_valid: bool) {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, value.parse().unwrap());
    }
    let verified = Webhook::new(secret)
        .unwrap()
        .verify(&request.body, &headers);
    assert_eq!(verified.is_ok(), is_valid);
}

#[test]
fn a_packet_is_posted_signed_and_the_same_each_time() {
    let receiver = Receiver::start(vec![Reply::status(503), Reply::status(204)]);
    let destination = webhook(&receiver.url("/hook/?key=a%20b"), &["127.0.0.1"]);
    check_failed(&destination, &LONG, Retry::Later, "answered 503");
    assert_eq!(send_within(&destination, &packet(), &LONG), TAKEN);

    let requests = receiver.requests();
    let [first, second] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    assert_eq!(first.line, "POST /hook/?key=a%20b HTTP/1.1");
    assert_eq!(first.header("webhook-id"), Some(ID));
    assert_eq!(first.header("user-agent"), Some("loket"));
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("webhook-id"), Some(ID));
    for request in [first, second] {
        check_signature(request, WEBHOOK_SECRET, true);
        check_signature(request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false);
    }
    let event = first.json();
    assert_eq!(event["type"], "support.escalation.created.v1");
    assert_eq!(event["timestamp"], "2026-03-01T12:00:00Z");
    let data: Packet = serde_json::from_value(event["data"].clone()).unwrap();
    assert_eq!(data, packet());
}

#[test]
fn while_a_secret_is_changed_both_are_good() {
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let receiver = Receiver::start(vec![Reply::status(204)]);
    let mut destination = webhook(&receiver.url("/"), &["127.0.0.1"]);
    if let Via::Webhook { old_secret, .. } = &mut destination.via {
        *old_secret = Some(secret(OLD));
    }
    assert_eq!(send_within(&destination, &packet(), &LONG), TAKEN);
    let request = receiver.requests().remove(0);
    check_signature(&request, WEBHOOK_SECRET, true);
    check_signature(&request, OLD, true);
    check_signature(&request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false);
}

#[test]
fn a_destination_that_redacts_gets_no_card_number() {
    let receiver = Receiver::start(vec![Reply::status(200)]);
    let mut destination = webhook(&receiver.url("/"), &["127.0.0.1"]);
    destination.redact = true;
    assert_eq!(send_within(&destination, &packet(), &LONG), TAKEN);
    let body = String::from_utf8(receiver.requests().remove(0).body).unwrap();
    assert!(body.contains(r#""text":"My card is "#), "{body}");
    assert!(!body.contains("4111"), "{body}");
}

#[track_caller]
fn check_reply(reply: Reply, expected: Retry, part: &str) {
    let receiver = Receiver::start(vec![reply]);
    let destination = webhook(&receiver.url("/hook"), &["127.0.0.1"]);
    check_failed(&destination, &LONG, expected, part);
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_reply_says_whether_to_try_again() {
    check_reply(Reply::status(410), Retry::Never, "answered 410");
    check_reply(Reply::status(401), Retry::Never, "check secret");
    let after = |value| {
        let headers: &'static [(&str, &str)] = match value {
            30 => &[("retry-after", "30")],
            _ => &[("retry-after", "9999999")],
        };
        Reply::Status(429, headers, String::new())
    };
    check_reply(after(30), Retry::After(Duration::from_secs(30)), "429");
    check_reply(after(0), Retry::After(Duration::from_hours(24)), "429");
}

#[test]
fn redirects_are_not_followed() {
    let target = Receiver::start(vec![Reply::status(200)]);
    let location: &'static str = target.url("/").leak();
    for (status, retry) in [
        (301, Retry::Never),
        (307, Retry::Later),
        (308, Retry::Never),
    ] {
        let headers = vec![("location", location)].leak();
        let reply = Reply::Status(status, headers, String::new());
        check_reply(reply, retry, "redirects are not followed");
    }
    assert_eq!(target.requests().len(), 0);
}

#[test]
fn a_receiver_that_does_not_answer_ends_the_attempt() {
    for reply in [
        Reply::Hang,
        Reply::Drip("HTTP/1.1 200 A status that is sent a letter at a time and so on and on"),
        Reply::Close,
    ] {
        let (part, limits) = match reply {
            Reply::Close => ("closed the connection", &LONG),
            _ => ("took too long", &SHORT),
        };
        let receiver = Receiver::start(vec![reply]);
        let destination = webhook(&receiver.url("/hook"), &["127.0.0.1"]);
        let started = std::time::Instant::now();
        check_failed(&destination, limits, Retry::Later, part);
        assert!(started.elapsed() < Duration::from_secs(3));
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[test]
fn the_body_of_a_reply_is_not_waited_for() {
    let receiver = Receiver::start(vec![Reply::Huge("{")]);
    let destination = webhook(&receiver.url("/"), &["127.0.0.1"]);
    assert_eq!(send_within(&destination, &packet(), &LONG), TAKEN);
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_receiver_that_is_not_there_is_tried_again() {
    let port = Receiver::start(Vec::new()).port();
    let destination = webhook(&format!("http://127.0.0.1:{port}/"), &["127.0.0.1"]);
    check_failed(&destination, &LONG, Retry::Later, "was not reached");
}
