//! The ways to a person.

use corpus::{ArticleId, Language};
use jiff::{Zoned, tz::Offset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{ArticleName, Instant, LanguageCode, MethodCode, OptionReason};

/// See [`support::Contact`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Contact {
    /// Ways to a person, the recommended one first.
    pub options: Vec<ContactOption>,
    /// What to try before.
    pub before_you_contact: Vec<Advice>,
}

/// See [`support::ContactOption`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContactOption {
    /// `email`, `chat` or `phone`.
    #[schemars(with = "MethodCode")]
    pub method: &'static str,
    /// Whether it can be used now.
    pub available: bool,
    /// Whether it is the one to take.
    pub recommended: bool,
    /// Why it is or is not available.
    #[schemars(with = "OptionReason")]
    pub reason: &'static str,
    /// When it opens next, as RFC 3339 writes it: with its offset, without the zone's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub opens_at: Option<String>,
    /// The queue a request by this way ends in.
    pub queue: String,
    /// The language spoken there.
    #[schemars(with = "LanguageCode")]
    pub language: Language,
    /// Minutes a customer waits there at the moment, where the team tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_minutes: Option<u32>,
}

/// What a team tells of one of its channels: the body of `PUT /v1/admin/availability`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityRequest {
    /// The team, by its name in the settings.
    pub team: String,
    /// `chat` or `phone`; e-mail is always open.
    #[schemars(with = "MethodCode")]
    pub channel: support::Method,
    /// Whether someone is there.
    pub available: bool,
    /// Minutes a customer waits for someone.
    pub wait_minutes: Option<u32>,
    /// For how long this holds, in seconds, 1 to 86,400; 120 when absent. Tell it again before it runs out.
    #[schemars(range(min = 1, max = 86_400))]
    pub expires_in_seconds: Option<u32>,
}

/// See [`support::Advice`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Advice {
    /// One sentence in the customer's language.
    pub text: String,
    /// The article that explains it.
    #[schemars(with = "Option<ArticleName>")]
    pub article: Option<ArticleId>,
}

impl From<&support::Contact> for Contact {
    fn from(contact: &support::Contact) -> Self {
        let options = contact.options.iter().map(|option| ContactOption {
            method: option.method.code(),
            available: option.available,
            recommended: option.recommended,
            reason: option.reason.code(),
            opens_at: option.opens_at.as_ref().and_then(written),
            queue: option.queue.clone(),
            language: option.language,
            wait_minutes: option.wait_minutes,
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

/// As RFC 3339 writes it. Zones once had offsets with seconds, which it cannot write, nor years of more than four digits.
fn written(opening: &Zoned) -> Option<String> {
    let minutes = opening.offset().seconds() / 60;
    let offset = Offset::from_seconds(minutes * 60).ok()?;
    (0..=9_999)
        .contains(&opening.year())
        .then(|| opening.timestamp().display_with_offset(offset).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(opening: &str, expected: Option<&str>) {
        let opening: Zoned = opening.parse().unwrap();
        assert_eq!(written(&opening).as_deref(), expected);
    }

    #[test]
    fn openings_are_written_as_rfc_3339_has_them() {
        check(
            "2026-11-23T09:00:00+01:00[Europe/Amsterdam]",
            Some("2026-11-23T09:00:00+01:00"),
        );
        check(
            "2026-11-23T09:00:00Z[UTC]",
            Some("2026-11-23T09:00:00+00:00"),
        );
        // Local mean time of before 1937.
        check(
            "0581-08-29T09:00:00+00:17:30[Europe/Brussels]",
            Some("0581-08-29T08:59:30+00:17"),
        );
        check("-000002-08-29T09:00:00+00:00[UTC]", None);
    }
}
