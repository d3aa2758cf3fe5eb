//! Tokens and sessions of browsers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Customer, schema::SubjectData};

/// For whom and what a token is: the body of `POST /v1/tokens`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Who will send it.
    pub customer: Option<Customer>,
    /// The one subject they may ask about, with an `id`; not beside `subjects`.
    #[schemars(with = "Option<SubjectData>")]
    pub subject: Option<Value>,
    /// The subjects they may ask about, each with an `id` of its own.
    #[schemars(with = "Option<Vec<SubjectData>>")]
    pub subjects: Option<Vec<Value>>,
    /// The only origin whose pages may send it, such as `https://shop.example`; any when absent.
    pub origin: Option<String>,
    /// How long it lasts, in seconds, 1 to 86,400; 3,600 when absent.
    #[schemars(range(min = 1, max = 86_400))]
    pub expires_in: Option<u32>,
}

/// A token: the reply of `POST /v1/tokens`.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Token {
    /// What the browser sends as `Authorization: Bearer`.
    pub token: String,
    /// When it ends.
    pub expires_at: String,
    /// The same, in seconds from now.
    pub expires_in: u32,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What a page sends and may offer: the reply of `GET /v1/session`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Session {
    /// What to send as `Authorization: Bearer`; nothing when null.
    pub token: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
    /// Whom the token is for.
    pub customer: Option<Customer>,
    /// What may be asked about, by its `id`.
    pub subjects: Vec<SessionSubject>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A subject to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionSubject {
    /// What it is, such as `order`.
    pub kind: Option<String>,
    /// How a request names it.
    pub id: Option<String>,
    /// What people call it.
    pub label: Option<String>,
}

impl SessionSubject {
    /// The part of a subject that is shown.
    pub fn of(subject: &Value) -> Self {
        let text = |field| subject.get(field)?.as_str().map(str::to_owned);
        Self {
            kind: text("kind"),
            id: text("id"),
            label: text("label"),
        }
    }
}
