//! Hand-offs to people, and what customers say of answers.

use serde::{Deserialize, Serialize};
use support::{ContactDetails, DeliveryState, Method, StoredHandoff};

use super::{Customer, LanguageTag, Turn};

/// A request for a person: the body of `POST /v1/escalations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationRequest {
    /// The answer it follows.
    pub answer_id: Option<String>,
    /// The customer's words.
    pub question: String,
    /// The customer's language; found from the question when absent.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// How the customer wants to be reached; the recommended way when absent.
    pub method: Option<Method>,
    /// What it is about; several are separated by commas.
    pub topic: Option<String>,
    /// How the customer can be reached.
    pub contact: Option<ContactDetails>,
    /// Who asks.
    pub customer: Option<Customer>,
    /// What it is about, as in a question.
    pub subject: Option<serde_json::Value>,
    /// Earlier turns, oldest first.
    pub conversation: Option<Vec<Turn>>,
    /// What the customer adds.
    pub note: Option<String>,
}

/// What became of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Escalation {
    /// `esc_…`.
    pub id: String,
    /// `queued`, `delivered` or `dead`.
    pub status: &'static str,
    /// How the customer is reached.
    pub method: &'static str,
    /// Where it ends.
    pub queue: String,
    /// What happens next, in the customer's language.
    pub next: &'static str,
}

impl Escalation {
    /// What the customer is told of `packet`.
    pub fn new(packet: &support::Packet, state: DeliveryState) -> Self {
        Self {
            id: packet.id.clone(),
            status: state.code(),
            method: packet.method.code(),
            queue: packet.queue.clone(),
            next: support::handoff::next(packet.method, packet.language),
        }
    }
}

/// How far a hand-off is: the reply of `GET /v1/escalations/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EscalationStatus {
    /// As it was accepted, with its status of now.
    #[serde(flatten)]
    pub escalation: Escalation,
    /// When it was accepted.
    pub created_at: String,
    /// Tries to deliver it, over all destinations.
    pub attempts: u32,
    /// The first destination's own id, once it has it.
    pub remote_id: Option<String>,
    /// Its destinations.
    pub deliveries: Vec<DeliveryStatus>,
}

/// One destination of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryStatus {
    /// Its name in the settings.
    pub destination: String,
    /// `queued`, `delivered` or `dead`.
    pub status: &'static str,
    /// Tries so far.
    pub attempts: u32,
    /// The destination's own id.
    pub remote_id: Option<String>,
}

impl From<&StoredHandoff> for EscalationStatus {
    fn from(stored: &StoredHandoff) -> Self {
        Self {
            escalation: Escalation::new(&stored.packet, stored.state()),
            created_at: stored.packet.created_at.to_string(),
            attempts: stored.deliveries.iter().map(|own| own.attempts).sum(),
            remote_id: stored
                .deliveries
                .iter()
                .find_map(|own| own.remote_id.clone()),
            deliveries: stored
                .deliveries
                .iter()
                .map(|own| DeliveryStatus {
                    destination: own.destination.clone(),
                    status: own.state.code(),
                    attempts: own.attempts,
                    remote_id: own.remote_id.clone(),
                })
                .collect(),
        }
    }
}

/// What a customer says of an answer or an article: the body of `POST /v1/feedback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// The answer; not beside `article`.
    pub answer_id: Option<String>,
    /// The article; not beside `answer_id`.
    pub article: Option<String>,
    /// Whether it helped.
    pub helpful: bool,
    /// What the customer adds.
    pub comment: Option<String>,
}
