//! A conversation in Chatwoot, through the public API of an inbox
//! (<https://developers.chatwoot.com/api-reference/contacts-api/create-a-contact>).
//!
//! contact → conversation → message. Each step is looked up before it is taken: the packet's id is the contact's session
//! in the inbox, so the conversations listed under it are those of earlier attempts.

use serde_json::{Value, json};
use support::Packet;

use crate::Failure;
use crate::endpoint::encode;
use crate::http::{Client, id_of};
use crate::person;

/// Makes the contact, the conversation and the message, each unless an earlier attempt did.
pub(crate) fn send(
    client: &Client,
    inbox: &str,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let inbox = format!("/public/api/v1/inboxes/{}", encode(inbox));
    let contact = client.post(&format!("{inbox}/contacts"), &[], &contact(packet))?;
    let session = id_of(&contact["source_id"]).ok_or_else(|| client.unexpected())?;
    let conversations = format!("{inbox}/contacts/{}/conversations", encode(&session));

    let listed = client.get(&conversations, &[])?;
    let listed = listed.as_array().ok_or_else(|| client.unexpected())?;
    let (conversation, is_told) = if let Some(earlier) = listed.first() {
        let messages = earlier["messages"].as_array();
        let is_told = messages.is_some_and(|messages| !messages.is_empty());
        (id_of(&earlier["id"]), is_told)
    } else {
        let attributes = json!({ "custom_attributes": {
            "loket_id": packet.id,
            "queue": packet.queue,
            "language": packet.language,
        } });
        let made = client.post(&conversations, &[], &attributes)?;
        (id_of(&made["id"]), false)
    };
    let conversation = conversation.ok_or_else(|| client.unexpected())?;
    if !is_told {
        let message = json!({ "content": packet.to_text(), "echo_id": packet.id });
        let messages = format!("{conversations}/{}/messages", encode(&conversation));
        client.post(&messages, &[], &message)?;
    }
    Ok(Some(conversation))
}

fn contact(packet: &Packet) -> Value {
    let mut contact = json!({ "source_id": packet.id, "identifier": packet.id });
    if let Some(email) = person::email(packet) {
        contact["email"] = email.to_string().into();
        contact["name"] = email.to_string().into();
    }
    contact
}
