//! The ways to a person.

use corpus::{ArticleId, Language};
use serde::Serialize;

/// See [`support::Contact`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contact {
    /// Ways to a person, the recommended one first.
    pub options: Vec<ContactOption>,
    /// What to try before.
    pub before_you_contact: Vec<Advice>,
}

/// See [`support::ContactOption`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactOption {
    /// `email`, `chat` or `phone`.
    pub method: &'static str,
    /// Whether it can be used now.
    pub available: bool,
    /// Whether it is the one to take.
    pub recommended: bool,
    /// Why it is or is not available.
    pub reason: &'static str,
    /// When it opens next, as RFC 3339 writes it: with its offset, without the zone's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<String>,
    /// The queue a request by this way ends in.
    pub queue: String,
    /// The language spoken there.
    pub language: Language,
}

/// See [`support::Advice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// One sentence in the customer's language.
    pub text: String,
    /// The article that explains it.
    pub article: Option<ArticleId>,
}

impl From<&support::Contact> for Contact {
    fn from(contact: &support::Contact) -> Self {
        let options = contact.options.iter().map(|option| ContactOption {
            method: option.method.code(),
            available: option.available,
            recommended: option.recommended,
            reason: option.reason.code(),
            opens_at: option
                .opens_at
                .as_ref()
                .map(|opening| opening.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            queue: option.queue.clone(),
            language: option.language,
        });
        let advice = contact.before_you_contact.iter().map(|advice| Advice {
            text: advice.text.clone(),
            article: advice.article.clone(),
        });
        Self {
            options: options.collect(),
            before_you_contact: advice.collect(),
        }
    }
}
