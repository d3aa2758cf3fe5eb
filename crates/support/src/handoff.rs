//! A hand-off: all a person needs to go on where the assistant stopped.
//!
//! request, answer → **[`Packet`]** → store → destination. The packet is plain data: texts are cleaned of control and
//! invisible characters when it is made ([`clean`]), and what a destination need not know of the customer is taken out
//! for it ([`Packet::for_destination`]). No model takes part.

use corpus::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Method;

mod anonymous;
mod clean;
mod next;
mod redact;
mod sentences;

pub use anonymous::{anonymous, known_texts};
pub use clean::{clean, clean_json};
pub use next::next;
pub use redact::redact;
pub use sentences::decisive;

/// Who wrote a turn of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The customer.
    User,
    /// The assistant, or a person of support.
    Assistant,
}

/// One turn before the hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketTurn {
    /// Who wrote it.
    pub role: Speaker,
    /// What was written.
    pub text: String,
}

/// An article the customer was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedArticle {
    /// Its id.
    pub article: String,
    /// Its title in the customer's language, where there is one.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// What became of showing it; `None` in packets made before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Tried>,
}

/// Why an article that was shown did not end the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// The customer says that it did not help.
    NotHelpful,
    /// A person has to decide, so it was only quoted.
    OnlyQuoted,
    /// It was part of an answer, and the customer still asks for a person.
    NotSettled,
}

/// What the customer lets be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketConsent {
    /// The conversation. Without it there is none in the packet.
    pub conversation: bool,
}

/// A fact of the order or object, as people of the agents' language write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketFact {
    /// Where it stands in `subject.facts`: `payout.expected_on`.
    pub path: String,
    /// What it says: `25 november 2026`.
    pub text: String,
}

/// The matter in short. No model takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Sentences of the customer's own, word for word.
    pub customer: SummaryText,
    /// What is known of the matter, by templates.
    pub agent: SummaryText,
}

/// A text with its language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryText {
    /// The language.
    pub language: Language,
    /// The text.
    pub text: String,
}

/// How the customer can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactDetails {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Who the customer is, as the caller knows them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketCustomer {
    /// The caller's own id.
    pub id: Option<String>,
    /// Whether they have signed in.
    pub signed_in: Option<bool>,
}

/// All a person needs to go on. Field names are those of the webhook's body and never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Packet {
    /// `esc_…`: the same at every attempt and every destination.
    pub id: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The customer's words.
    pub question: String,
    /// The matter in one line in the customer's words, for lists.
    pub subject_line: String,
    /// The customer's language.
    pub language: Language,
    /// The language the queue is worked in.
    pub agent_language: Language,
    /// How the customer wants to be reached.
    pub method: Method,
    /// Where it ends.
    pub queue: String,
    /// What it is about.
    pub topics: Vec<String>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// Why the assistant did not settle it: a reason of an answer, or `requested`.
    pub reason: Option<String>,
    /// Whether a person must decide on the matter.
    pub sensitive: bool,
    /// The customer.
    pub customer: Option<PacketCustomer>,
    /// How they can be reached.
    pub contact: ContactDetails,
    /// The order or object it is about, as the caller gave it.
    pub subject: Option<serde_json::Value>,
    /// What was said before, oldest first.
    pub conversation: Vec<PacketTurn>,
    /// Articles the customer was shown and still asks.
    pub tried: Vec<TriedArticle>,
    /// What a person will have to ask: names of fields.
    pub missing: Vec<String>,
    /// What the customer adds.
    pub note: Option<String>,
    /// The answer it follows; its receipt tells how that was made.
    pub answer_id: Option<String>,
    /// The receipt of that answer, where one is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    /// What the customer lets be passed on; `None` when the caller did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<PacketConsent>,
    /// The facts of `subject`, readable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<PacketFact>,
    /// The matter in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
}

/// Longest line for lists, in characters.
const MAX_SUBJECT_LINE: usize = 80;

impl Packet {
    /// The first sentence or so of `question`, for lists.
    pub fn line_of(question: &str) -> String {
        let line = question.lines().next().unwrap_or_default().trim();
        let end = line
            .char_indices()
            .find(|(at, c)| *at >= 12 && matches!(c, '.' | '?' | '!' | '。' | '？' | '！'))
            .map_or(line.len(), |(at, c)| at + c.len_utf8());
        let mut text: String = line[..end].chars().take(MAX_SUBJECT_LINE).collect();
        if text.chars().count() < line[..end].chars().count() {
            text.pop();
            text.push('…');
        }
        text
    }

    /// What a person will have to ask before they can help.
    pub fn missing_of(method: Method, contact: &ContactDetails, has_subject: bool) -> Vec<String> {
        let mut missing = Vec::new();
        if method == Method::Phone && contact.phone.is_none() {
            missing.push("contact.phone".to_owned());
        }
        if method != Method::Phone && contact.email.is_none() {
            missing.push("contact.email".to_owned());
        }
        if !has_subject {
            missing.push("subject".to_owned());
        }
        missing
    }

    /// The packet as a destination gets it: where it `redacts`, with card numbers, bank accounts, e-mail addresses and
    /// telephone numbers taken out of what the customer wrote. How they can be reached stays, since that is what the
    /// destination is for.
    #[must_use]
    pub fn for_destination(&self, redacts: bool) -> Self {
        let mut packet = self.clone();
        if redacts {
            let hide = |text: &mut String| *text = redact(text);
            hide(&mut packet.question);
            hide(&mut packet.subject_line);
            packet
                .conversation
                .iter_mut()
                .for_each(|turn| hide(&mut turn.text));
            packet.note.iter_mut().for_each(hide);
            if let Some(summary) = &mut packet.summary {
                hide(&mut summary.customer.text);
            }
        }
        packet
    }

    /// The packet as a text a person reads: for e-mail and tickets.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(name);
                text.push_str(": ");
                text.push_str(value);
                text.push('\n');
            }
        };
        line("Reference", &self.id);
        line("Language", self.language.english_name());
        line("Wants", self.method.code());
        line("E-mail", self.contact.email.as_deref().unwrap_or_default());
        line("Phone", self.contact.phone.as_deref().unwrap_or_default());
        line("Queue", &self.queue);
        line("Topics", &self.topics.join(", "));
        line("Audience", self.audience.as_deref().unwrap_or_default());
        let customer = self.customer.as_ref();
        line(
            "Customer",
            customer
                .and_then(|customer| customer.id.as_deref())
                .unwrap_or_default(),
        );
        line(
            "Handed over because",
            self.reason.as_deref().unwrap_or_default(),
        );
        line("Still to ask", &self.missing.join(", "));
        if let Some(summary) = &self.summary {
            text.push_str("\nSummary\n");
            text.push_str(&summary.agent.text);
            text.push('\n');
        }
        text.push_str("\nQuestion\n");
        text.push_str(&self.question);
        text.push('\n');
        if let Some(note) = &self.note {
            text.push_str("\nNote\n");
            text.push_str(note);
            text.push('\n');
        }
        for (index, fact) in self.facts.iter().enumerate() {
            if index == 0 {
                text.push_str("\nFacts\n");
            }
            text.push_str("- ");
            text.push_str(&fact.path);
            text.push_str(": ");
            text.push_str(&fact.text);
            text.push('\n');
        }
        if let Some(subject) = &self.subject {
            text.push_str("\nAbout\n");
            text.push_str(&serde_json::to_string_pretty(subject).unwrap_or_default());
            text.push('\n');
        }
        if !self.tried.is_empty() {
            text.push_str("\nShown before\n");
            for tried in &self.tried {
                text.push_str("- ");
                text.push_str(&tried.title);
                if let Some(url) = &tried.url {
                    text.push_str(" <");
                    text.push_str(url);
                    text.push('>');
                }
                text.push('\n');
            }
        }
        if !self.conversation.is_empty() {
            text.push_str("\nConversation\n");
            for turn in &self.conversation {
                text.push_str(match turn.role {
                    Speaker::User => "> ",
                    Speaker::Assistant => "< ",
                });
                text.push_str(&turn.text);
                text.push('\n');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_before_are_read_and_written_as_they_were() {
        let text = include_str!("handoff/old_packet.json").trim();
        let packet: Packet = serde_json::from_str(text).expect("a packet");
        assert_eq!(packet.tried[0].why, None);
        assert_eq!(packet.summary, None);
        // A retry after an upgrade sends the same bytes as the first try.
        assert_eq!(serde_json::to_string(&packet).expect("JSON"), text);
    }

    #[test]
    fn a_line_for_lists_is_short_and_whole() {
        assert_eq!(
            Packet::line_of("Where is my parcel? It was sent on Monday."),
            "Where is my parcel?"
        );
        assert_eq!(
            Packet::line_of("包裹在哪里？我上周就付款了。谢谢"),
            "包裹在哪里？"
        );
        let long = Packet::line_of(&"word ".repeat(60));
        assert_eq!(long.chars().count(), MAX_SUBJECT_LINE);
        assert!(long.ends_with('…'));
        assert_eq!(Packet::line_of(""), "");
    }

    #[test]
    fn what_is_missing_depends_on_the_method() {
        let none = ContactDetails::default();
        let all = ContactDetails {
            email: Some("a@example.org".into()),
            phone: Some("+31 20 123 4567".into()),
        };
        assert_eq!(
            Packet::missing_of(Method::Phone, &none, false),
            ["contact.phone", "subject"]
        );
        assert_eq!(
            Packet::missing_of(Method::Email, &none, true),
            ["contact.email"]
        );
        assert!(Packet::missing_of(Method::Chat, &all, true).is_empty());
    }
}
