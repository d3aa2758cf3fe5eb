//! Hand-offs to people, and what customers say of answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{ContactDetails, DeliveryState, Method, StoredHandoff};

use super::{
    Customer, LanguageTag, Turn,
    schema::{Addresses, Instant, MAX_TEXT, MethodCode, StateCode, SubjectData},
};

/// A request for a person: the body of `POST /v1/escalations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationRequest {
    /// The answer it follows.
    pub answer_id: Option<String>,
    /// The customer's words.
    #[schemars(length(min = 1, max = MAX_TEXT))]
    pub question: String,
    /// The customer's language; found from the question when absent.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// How the customer wants to be reached; the recommended way when absent.
    #[schemars(with = "Option<MethodCode>")]
    pub method: Option<Method>,
    /// What it is about; several are separated by commas.
    pub topic: Option<String>,
    /// How the customer can be reached.
    #[schemars(with = "Option<Addresses>")]
    pub contact: Option<ContactDetails>,
    /// Who asks.
    pub customer: Option<Customer>,
    /// What it is about, as in a question.
    #[schemars(with = "Option<SubjectData>")]
    pub subject: Option<serde_json::Value>,
    /// Earlier turns, oldest first.
    pub conversation: Option<Vec<Turn>>,
    /// What the customer lets be passed on; the caller vouches for what it sends when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// What the customer adds.
    #[schemars(length(max = MAX_TEXT))]
    pub note: Option<String>,
}

/// What the customer lets be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Whether the conversation goes along. If not, it is left out, and nothing of it is summed up.
    pub conversation: bool,
}

/// What became of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Escalation {
    /// `esc_…`.
    pub id: String,
    /// `queued`, `delivered` or `dead`.
    #[schemars(with = "StateCode")]
    pub status: &'static str,
    /// How the customer is reached.
    #[schemars(with = "MethodCode")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EscalationStatus {
    /// As it was accepted, with its status of now.
    #[serde(flatten)]
    pub escalation: Escalation,
    /// When it was accepted.
    #[schemars(with = "Instant")]
    pub created_at: String,
    /// Tries to deliver it, over all destinations.
    pub attempts: u32,
    /// The first destination's own id, once it has it.
    pub remote_id: Option<String>,
    /// Its destinations.
    pub deliveries: Vec<DeliveryStatus>,
}

/// One destination of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryStatus {
    /// Its name in the settings.
    pub destination: String,
    /// `queued`, `delivered` or `dead`.
    #[schemars(with = "StateCode")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// The answer; not beside `article`.
    #[schemars(length(min = 1, max = 200))]
    pub answer_id: Option<String>,
    /// The article; not beside `answer_id`.
    #[schemars(length(min = 1, max = 200))]
    pub article: Option<String>,
    /// Whether it helped.
    pub helpful: bool,
    /// What the customer adds.
    #[schemars(length(max = MAX_TEXT))]
    pub comment: Option<String>,
}
