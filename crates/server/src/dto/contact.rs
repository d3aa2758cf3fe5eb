//! The ways to a person.

use corpus::{ArticleId, Language};
use serde::{Serialize, Serializer};

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
    /// When it opens next, with its offset from UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "with_offset"
    )]
    pub opens_at: Option<jiff::Zoned>,
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

/// RFC 3339, without the zone's name, which few clients can read.
fn with_offset<S: Serializer>(instant: &Option<jiff::Zoned>, to: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => to.collect_str(&instant.strftime("%Y-%m-%dT%H:%M:%S%:z")),
        None => to.serialize_none(),
    }
}

impl From<&support::Contact> for Contact {
    fn from(contact: &support::Contact) -> Self {
        let options = contact.options.iter().map(|option| ContactOption {
            method: option.method.code(),
            available: option.available,
            recommended: option.recommended,
            reason: option.reason.code(),
            opens_at: option.opens_at.clone(),
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
