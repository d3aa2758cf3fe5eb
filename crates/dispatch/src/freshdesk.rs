//! A Freshdesk ticket (<https://developers.freshdesk.com/api/#create_ticket>).

use serde_json::{Value, json};
use support::{Packet, Secret};

use crate::Failure;
use crate::endpoint::encode;
use crate::http::{Client, basic, id_of};
use crate::person;

/// Open.
const STATUS: u8 = 2;
/// Low: the team raises what is urgent to it.
const PRIORITY: u8 = 1;
/// Portal, the nearest of Freshdesk's sources to a help page.
const SOURCE: u8 = 2;

/// Finds the ticket an earlier attempt made, or makes it. Freshdesk's search runs some minutes behind, so an attempt
/// that follows at once may make a second one, with the same tag.
pub(crate) fn send(
    client: &Client,
    key: &Secret,
    packet: &Packet,
) -> Result<Option<String>, Failure> {
    let authorization = basic(key.reveal(), "X");
    let headers = [("authorization", authorization.as_str())];
    let query = encode(&format!("\"tag:'{}'\"", packet.id));
    let found = client.get(&format!("/api/v2/search/tickets?query={query}"), &headers)?;
    let found = found["results"]
        .as_array()
        .ok_or_else(|| client.unexpected())?;
    if let Some(ticket) = found.first() {
        return Ok(id_of(&ticket["id"]));
    }
    let made = client.post("/api/v2/tickets", &headers, &ticket(packet))?;
    id_of(&made["id"])
        .map(Some)
        .ok_or_else(|| client.unexpected())
}

fn ticket(packet: &Packet) -> Value {
    let mut ticket = json!({
        "subject": packet.subject_line,
        "description": html_of(&packet.to_text()),
        "status": STATUS,
        "priority": PRIORITY,
        "source": SOURCE,
        "tags": [packet.id, "loket"],
    });
    match person::email(packet) {
        Some(email) => ticket["email"] = email.to_string().into(),
        None => ticket["unique_external_id"] = person::external_id(packet).into(),
    }
    ticket
}

/// `text` as HTML that shows it as it is: descriptions are HTML, and what a customer wrote is not.
fn html_of(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>\n"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::html_of;

    #[test]
    fn nothing_in_a_description_acts() {
        assert_eq!(
            html_of("<img src=x onerror='a()'> & \"b\"\nc"),
            "&lt;img src=x onerror=&#39;a()&#39;&gt; &amp; &quot;b&quot;<br>\nc"
        );
    }
}
