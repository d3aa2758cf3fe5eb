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

/// Posts `packet`; any 2xx says that it was taken.
pub(crate) fn send(
    client: &Client,
    secret: &Secret,
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
    let signature = Webhook::new(secret.reveal())
        .and_then(|webhook| webhook.sign(&packet.id, now, &body))
        .map_err(|_| cannot("signed"))?;
    let headers = [
        ("content-type", "application/json"),
        (HEADER_WEBHOOK_ID, &packet.id),
        (HEADER_WEBHOOK_TIMESTAMP, &now.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, &signature),
    ];
    client.post_bytes(&headers, &body)?;
    Ok(None)
}
