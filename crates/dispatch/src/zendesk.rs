//! A Zendesk ticket (<https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/>).

use serde_json::{Value, json};
use support::{Packet, Secret};

use crate::Failure;
use crate::endpoint::encode;
use crate::http::{Client, basic, id_of};
use crate::person;

/// Finds the ticket an earlier attempt made, or makes it.
pub(crate) fn send(
    client: &Client,
    user: &str,
    token: &Secret,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let authorization = basic(&format!("{user}/token"), token.reveal());
    // Zendesk keeps the key for two hours: two attempts at the same time make one ticket.
    let headers = [
        ("authorization", authorization.as_str()),
        ("idempotency-key", packet.id.as_str()),
    ];
    let path = format!("/api/v2/tickets.json?external_id={}", encode(&packet.id));
    let found = client.get(&path, &headers[..1])?;
    let found = found["tickets"]
        .as_array()
        .ok_or_else(|| client.unexpected())?;
    if let Some(ticket) = found.first() {
        return Ok(id_of(&ticket["id"]));
    }
    let made = client.post("/api/v2/tickets.json", &headers, &ticket(packet))?;
    id_of(&made["ticket"]["id"])
        .map(Some)
        .ok_or_else(|| client.unexpected())
}

fn ticket(packet: &Packet) -> Value {
    // Spaces part tags.
    let queue = packet
        .queue
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("_");
    let mut ticket = json!({
        "subject": packet.subject_line,
        "comment": { "body": packet.to_text() },
        "external_id": packet.id,
        "tags": ["loket", queue],
    });
    // Without a requester the ticket is the agent's, whose token it is.
    if let Some(email) = person::email(packet) {
        ticket["requester"] = json!({ "name": email.to_string(), "email": email.to_string() });
    }
    json!({ "ticket": ticket })
}
