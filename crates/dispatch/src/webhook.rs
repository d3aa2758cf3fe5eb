//! A signed POST, as <https://www.standardwebhooks.com> describes it.

use jiff::Timestamp;
use serde::Serialize;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use support::{Packet, Secret};

use crate::Failure;
use crate::http::Client;

/// What is posted. It depends on the packet only, so it is the same to the byte at every attempt.
#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    timestamp: Timestamp,
    data: &'a Packet,
}

/// Posts `packet`, signed with each of `secrets`; any 2xx says that it was taken.
pub(crate) fn send<'a>(
    client: &Client,
    secrets: impl Iterator<Item = &'a Secret>,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let event = Event {
        r#type: "support.escalation.created.v1",
        timestamp: packet.created_at,
        data: packet,
    };
    let cannot = |what| Failure::never(format!("the webhook cannot be {what}; check `via.secret`"));
    let body = serde_json::to_vec(&event).map_err(|_| cannot("written"))?;
    let now = Timestamp::now().as_second();
    // The standard has the receiver take the message when one of the signatures is good.
    let signatures: Result<Vec<String>, _> = secrets
        .map(|secret| Webhook::new(secret.reveal())?.sign(&packet.id, now, &body))
        .collect();
    let signature = signatures.map_err(|_| cannot("signed"))?.join(" ");
    let headers = [
        ("content-type", "application/json"),
        (HEADER_WEBHOOK_ID, &packet.id),
        (HEADER_WEBHOOK_TIMESTAMP, &now.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, &signature),
    ];
    client.post_bytes(&headers, &body)?;
    Ok(None)
}
