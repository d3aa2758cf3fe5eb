//! Every sender against a receiver that follows a script.
//!
//! The receivers are real servers on the loopback interface: they read requests and mails from the wire, keep them, and
//! answer as they are told, or misbehave.

use std::time::Duration;

use corpus::Language;
use serde_json::json;
use support::{
    ContactDetails, Destination, Method, Packet, PacketCustomer, PacketTurn, Secret, Speaker, Via,
};

use crate::{Attempt, Limits, Retry, send_within};

mod guarded;
mod helpdesks;
mod mail;
mod mail_server;
mod receiver;
mod settings;
mod webhooks;

/// Limits that a test can wait for.
const SHORT: Limits = Limits {
    connect: Duration::from_millis(800),
    call: Duration::from_millis(800),
    attempt: Duration::from_secs(2),
    reply_bytes: 64 * 1024,
};

/// Limits that no busy machine reaches.
const LONG: Limits = Limits {
    connect: Duration::from_secs(20),
    call: Duration::from_secs(30),
    attempt: Duration::from_mins(1),
    reply_bytes: 64 * 1024,
};

const ID: &str = "esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";

fn packet() -> Packet {
    Packet {
        id: ID.to_owned(),
        created_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        question: "Where is my <b>parcel</b>? Mijn pakje is zoek — 包裹".to_owned(),
        subject_line: "Where is my <b>parcel</b>?".to_owned(),
        language: Language::En,
        agent_language: Language::En,
        method: Method::Email,
        queue: "buyers first".to_owned(),
        topics: vec!["delivery".to_owned()],
        audience: Some("buyer".to_owned()),
        reason: Some("requested".to_owned()),
        sensitive: false,
        customer: Some(PacketCustomer {
            id: Some("customer-7".to_owned()),
            signed_in: Some(true),
        }),
        contact: ContactDetails {
            email: Some("ann@example.org".to_owned()),
            phone: None,
        },
        subject: Some(json!({ "order": "A-17" })),
        conversation: vec![PacketTurn {
            role: Speaker::User,
            text: "My card is 4111 1111 1111 1111".to_owned(),
        }],
        tried: Vec::new(),
        missing: Vec::new(),
        note: None,
        answer_id: None,
        receipt_id: None,
        consent: None,
        facts: Vec::new(),
        summary: None,
    }
}

/// The same customer, of whom no address is known.
fn packet_without_email() -> Packet {
    let mut packet = packet();
    packet.contact = ContactDetails::default();
    packet
}

fn destination(via: Via) -> Destination {
    let redact = false;
    Destination { redact, via }
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn webhook(url: &str, allow: &[&str]) -> Destination {
    destination(Via::Webhook {
        url: url.to_owned(),
        secret: secret(WEBHOOK_SECRET),
        old_secret: None,
        allow: allow.iter().map(|&entry| entry.to_owned()).collect(),
    })
}

fn delivered(remote_id: &str) -> Attempt {
    Attempt::Delivered {
        remote_id: Some(remote_id.to_owned()),
    }
}

const TAKEN: Attempt = Attempt::Delivered { remote_id: None };

/// Sends to `destination` and holds how it failed: `why` names `part` and nothing that must not be told.
#[track_caller]
fn check_failed(destination: &Destination, limits: &Limits, expected: Retry, part: &str) {
    let Attempt::Failed { why, retry } = send_within(destination, &packet(), limits) else {
        panic!("delivered");
    };
    assert_eq!(retry, expected, "{why}");
    assert!(why.contains(part), "{why}");
    assert!(why.len() < 160 && !why.contains('\n'), "{why}");
    for secret in ["MfKQ9r8", "sesame", "parcel", "ann@", "4111 1111", "hook"] {
        assert!(!why.contains(secret), "{why}");
    }
}
