//! What the tools of `POST /mcp` take.

use corpus::Language;
use schemars::JsonSchema;
use serde::Deserialize;
use support::{ContactDetails, Method};

use super::{
    Consent, EscalationRequest, LanguageTag, Turn,
    schema::{KnownTag, MAX_TEXT, MethodCode},
};

/// What `search_help_center` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchArguments {
    /// Words or a question.
    #[schemars(length(min = 1, max = MAX_TEXT))]
    pub query: String,
    /// Its language; found from the query when absent.
    #[schemars(with = "Option<KnownTag>")]
    pub language: Option<Language>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// Most hits to return; 5 when absent.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<usize>,
}

/// What `get_article` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetArticleArguments {
    /// Id of the article.
    pub id: String,
    /// The version wanted; without it English, or the first there is.
    #[schemars(with = "Option<KnownTag>")]
    pub language: Option<Language>,
}

/// What `ask` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskArguments {
    /// The customer's words.
    #[schemars(length(min = 1, max = MAX_TEXT))]
    pub question: String,
    /// Language to answer in; found from the question when absent.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub region: Option<String>,
    /// Earlier turns, oldest first.
    pub conversation: Option<Vec<Turn>>,
}

/// What `escalate_to_human` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateArguments {
    /// Whether the customer has agreed that a person takes over. Without it nothing is handed over.
    pub confirmed_by_customer: bool,
    /// Whether the customer lets the conversation be passed on. Without it the conversation is left out.
    pub share_conversation: bool,
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
    /// The customer's e-mail address.
    pub email: Option<String>,
    /// The customer's telephone number, with its country code.
    pub phone: Option<String>,
    /// What it is about; several are separated by commas.
    pub topic: Option<String>,
    /// What the customer adds.
    #[schemars(length(max = MAX_TEXT))]
    pub note: Option<String>,
    /// Earlier turns, oldest first.
    pub conversation: Option<Vec<Turn>>,
    /// The answer it follows: `id` of what `ask` returned.
    pub answer_id: Option<String>,
    /// The same for a call that is repeated, so that one hand-off is made.
    #[schemars(length(min = 1, max = 255))]
    pub idempotency_key: Option<String>,
}

impl From<EscalateArguments> for EscalationRequest {
    fn from(arguments: EscalateArguments) -> Self {
        let has_address = arguments.email.is_some() || arguments.phone.is_some();
        Self {
            answer_id: arguments.answer_id,
            question: arguments.question,
            language: arguments.language,
            audience: arguments.audience,
            method: arguments.method,
            topic: arguments.topic,
            contact: has_address.then_some(ContactDetails {
                email: arguments.email,
                phone: arguments.phone,
            }),
            customer: None,
            subject: None,
            conversation: arguments.conversation,
            consent: Some(Consent {
                conversation: arguments.share_conversation,
            }),
            note: arguments.note,
        }
    }
}
