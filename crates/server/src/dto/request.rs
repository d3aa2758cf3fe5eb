//! What clients send.

use std::{fmt, str::FromStr};

use answer::{InvalidSubject, Mode, Question, Speaker, Subject};
use corpus::Language;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{AnyTag, KnownTag, MAX_TEXT, ModeCode, SubjectData};

/// A well-formed BCP 47 tag: `nl`, `pt-BR`, `zh_Hans`. It may name a language nobody answers in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "AnyTag")]
pub struct LanguageTag(String);

/// A text that is no language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language tag; write one such as `nl` or `pt-BR`")]
pub struct InvalidLanguageTag(pub String);

impl LanguageTag {
    /// The language, if it is one of the nine.
    pub fn language(&self) -> Option<Language> {
        Language::from_tag(&self.0)
    }
}

impl FromStr for LanguageTag {
    type Err = InvalidLanguageTag;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let mut parts = tag.split(['-', '_']);
        let primary = parts.next().unwrap_or_default();
        let is_tag = (2..=8).contains(&primary.len())
            && primary.bytes().all(|b| b.is_ascii_alphabetic())
            && parts.all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
            });
        if is_tag {
            Ok(Self(tag.to_owned()))
        } else {
            Err(InvalidLanguageTag(tag.chars().take(40).collect()))
        }
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = InvalidLanguageTag;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        tag.parse()
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A question: the body of `POST /v1/answers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The customer's words.
    #[schemars(length(min = 1, max = MAX_TEXT))]
    pub question: String,
    /// Language to answer in; found from the question when absent.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub region: Option<String>,
    /// The instant the answer is for; now when absent.
    pub at: Option<Timestamp>,
    /// How the answer may be worded.
    #[schemars(with = "Option<ModeCode>")]
    pub mode: Option<Mode>,
    /// Earlier turns, oldest first.
    pub conversation: Option<Vec<Turn>>,
    /// Who asks.
    pub customer: Option<Customer>,
    /// What the question is about: `kind`, and optionally `id`, `label` and `facts`. Read by
    /// [`AnswerRequest::question`].
    #[schemars(with = "Option<SubjectData>")]
    pub subject: Option<serde_json::Value>,
}

/// One earlier turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Who spoke.
    pub role: Role,
    /// What was said.
    pub text: String,
}

/// Who spoke a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The customer.
    User,
    /// Loket, or a person of support.
    Assistant,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The caller's own id of the customer.
    pub id: Option<String>,
    /// Whether the customer has signed in.
    pub signed_in: Option<bool>,
}

impl AnswerRequest {
    /// The engine's twin. A request without an instant is for `now`; a language that is not one of the nine
    /// is left to [`AnswerRequest::is_in_unsupported_language`].
    ///
    /// # Errors
    /// [`InvalidSubject`] when the subject does not fit.
    pub fn question(&self, now: Timestamp) -> Result<Question, InvalidSubject> {
        let conversation = self.conversation.iter().flatten().map(|turn| answer::Turn {
            speaker: match turn.role {
                Role::User => Speaker::Customer,
                Role::Assistant => Speaker::Support,
            },
            text: turn.text.clone(),
        });
        let subject = self.subject.as_ref().map(Subject::read).transpose()?;
        Ok(Question {
            language: self.language.as_ref().and_then(LanguageTag::language),
            audience: self.audience.clone(),
            region: self.region.clone(),
            mode: self.mode.unwrap_or_default(),
            conversation: conversation.collect(),
            personal: self.customer.is_some() || self.subject.is_some(),
            subject,
            ..Question::new(self.question.clone(), self.at.unwrap_or(now))
        })
    }

    /// Whether the client names a language nobody answers in.
    pub fn is_in_unsupported_language(&self) -> bool {
        self.language
            .as_ref()
            .is_some_and(|tag| tag.language().is_none())
    }
}

/// A search: the body of `POST /v1/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Words or a question.
    #[schemars(length(min = 1, max = MAX_TEXT))]
    pub query: String,
    /// Its language; found from the query when absent.
    #[schemars(with = "Option<KnownTag>")]
    pub language: Option<Language>,
    /// Only articles in these languages.
    #[schemars(with = "Option<Vec<KnownTag>>")]
    pub languages: Option<Vec<Language>>,
    /// See [`AnswerRequest::audience`].
    pub audience: Option<String>,
    /// See [`AnswerRequest::region`].
    pub region: Option<String>,
    /// See [`AnswerRequest::at`].
    pub at: Option<Timestamp>,
    /// Most hits to return, 1 to [`SearchRequest::MAX_LIMIT`]; 10 when absent.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<usize>,
}

impl SearchRequest {
    /// Most hits one search returns.
    pub const MAX_LIMIT: usize = 100;

    /// The engine's twin; a request without an instant is for `now`.
    pub fn search(&self, now: Timestamp) -> answer::SearchRequest {
        answer::SearchRequest {
            query: self.query.clone(),
            language: self.language,
            languages: self.languages.clone(),
            audience: self.audience.clone(),
            region: self.region.clone(),
            at: self.at.unwrap_or(now),
            limit: self.limit.unwrap_or(10),
        }
    }
}

/// The query of `GET /v1/articles/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticleQuery {
    /// The version wanted; without it English, or the first there is.
    #[schemars(with = "Option<KnownTag>")]
    pub language: Option<Language>,
    /// The instant that decides whether it is visible; now when absent.
    pub at: Option<Timestamp>,
}

/// The query of `GET /v1/contact-methods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactQuery {
    /// The customer's language; English when absent or not one of the nine.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// What it is about; several are separated by commas.
    pub topic: Option<String>,
    /// The instant to plan for; now when absent.
    pub at: Option<Timestamp>,
}

impl ContactQuery {
    /// The planner's twin; a query without an instant is for `now`.
    pub fn request(&self, now: Timestamp) -> support::ContactRequest {
        let language = self.language.as_ref().and_then(LanguageTag::language);
        let topics = self.topic.as_deref().unwrap_or_default().split(',');
        support::ContactRequest {
            audience: self.audience.clone(),
            topics: topics
                .map(str::trim)
                .filter(|topic| !topic.is_empty())
                .map(str::to_owned)
                .collect(),
            ..support::ContactRequest::new(language.unwrap_or(Language::En), self.at.unwrap_or(now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tag: &str, language: Option<Language>) {
        assert_eq!(tag.parse::<LanguageTag>().unwrap().language(), language);
    }

    #[test]
    fn tags_may_name_other_languages_but_must_be_tags() {
        check("nl", Some(Language::Nl));
        check("pt-BR", Some(Language::Pt));
        check("zh-Hans-CN", Some(Language::Zh));
        check("sv", None);
        check("gsw-CH", None);
        for text in ["", "n", "nl-", "nl NL", "dutchdutch", "1a", "<b>", "荷兰"] {
            assert!(text.parse::<LanguageTag>().is_err(), "{text}");
        }
    }

    #[test]
    fn topics_are_separated_by_commas() {
        let query: ContactQuery =
            serde_json::from_str(r#"{"topic":"orders, payments,,"}"#).unwrap();
        let request = query.request(Timestamp::UNIX_EPOCH);
        assert_eq!(request.topics, ["orders", "payments"]);
        assert_eq!(request.language, Language::En);
    }
}
