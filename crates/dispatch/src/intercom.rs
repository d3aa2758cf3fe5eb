//! A conversation in Intercom (<https://developers.intercom.com/docs/references/2.11/rest-api/api.intercom.io>).
//!
//! contact → conversation. The contact is found by e-mail address, or by the caller's id of the customer, and made where
//! there is none. A contact that is not new may have the conversation of an earlier attempt, so it is looked for.

use serde_json::{Value, json};
use support::{Packet, Secret};

use crate::Failure;
use crate::http::{Client, id_of};
use crate::person;

/// Intercom compares by days, so a day earlier is surely not too late.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Finds the conversation an earlier attempt began, or begins it.
pub(crate) fn send(
    client: &Client,
    token: &Secret,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let authorization = format!("Bearer {}", token.reveal());
    let headers = [
        ("authorization", authorization.as_str()),
        ("intercom-version", "2.11"),
    ];
    let (field, value, role) = match person::email(packet) {
        // Anybody can type an address: only who has signed in is known to be a user.
        Some(email) if !person::is_signed_in(packet) => ("email", email.to_string(), "lead"),
        Some(email) => ("email", email.to_string(), "user"),
        // A lead has no id of the caller's.
        None => (
            "external_id",
            person::external_id(packet).to_owned(),
            "user",
        ),
    };
    let query = json!({ "query": { "field": field, "operator": "=", "value": value } });
    let found = client.post("/contacts/search", &headers, &query)?;
    let found = found["data"]
        .as_array()
        .ok_or_else(|| client.unexpected())?;
    let contact = match found.first() {
        Some(contact) => {
            let id = id_of(&contact["id"]).ok_or_else(|| client.unexpected())?;
            if let Some(conversation) = begun(client, &headers, &id, packet)? {
                return Ok(Some(conversation));
            }
            contact.clone()
        }
        None => client.post(
            "/contacts",
            &headers,
            &json!({ "role": role, field: value }),
        )?,
    };
    let id = id_of(&contact["id"]).ok_or_else(|| client.unexpected())?;
    let role = contact["role"].as_str().unwrap_or(role);
    let conversation = json!({
        "from": { "type": role, "id": id },
        "body": packet.to_text(),
    });
    let made = client.post("/conversations", &headers, &conversation)?;
    id_of(&made["conversation_id"])
        .map(Some)
        .ok_or_else(|| client.unexpected())
}

/// The conversation with `contact` that holds the packet's id.
fn begun(
    client: &Client,
    headers: &[(&str, &str)],
    contact: &str,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let since = packet.created_at.as_second() - DAY_SECONDS;
    let query = json!({
        "query": { "operator": "AND", "value": [
            { "field": "contact_ids", "operator": "=", "value": contact },
            { "field": "created_at", "operator": ">", "value": since },
        ] },
        "pagination": { "per_page": 10 },
    });
    let found = client.post("/conversations/search", headers, &query)?;
    let found = found["conversations"]
        .as_array()
        .ok_or_else(|| client.unexpected())?;
    let is_ours = |conversation: &&Value| {
        conversation["source"]["body"]
            .as_str()
            .is_some_and(|body| body.contains(&packet.id))
    };
    Ok(found
        .iter()
        .find(is_ours)
        .and_then(|conversation| id_of(&conversation["id"])))
}
