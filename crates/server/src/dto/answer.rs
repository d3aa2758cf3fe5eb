//! The reply to a question.

use std::{sync::Arc, time::Duration};

use answer::{Answer, Wording};
use corpus::{ArticleId, Language};
use schemars::JsonSchema;
use serde::Serialize;
use support::{Availability, ContactRequest, SupportConfig};

use super::{
    Contact, milliseconds, rounded,
    schema::{ArticleName, EscalationCode, LanguageCode, WordingCode},
};

/// The whole reply: what `POST /v1/answers` returns and `loket ask --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AnswerReply {
    /// `ans_` and a ULID.
    pub id: String,
    /// What became of the question.
    pub outcome: Outcome,
    /// Language of the reply.
    #[schemars(with = "LanguageCode")]
    pub language: Language,
    /// The sentences as running text; empty without sentences.
    pub text: String,
    /// Checked sentences in reading order.
    pub sentences: Vec<Sentence>,
    /// Articles the sentences cite, in order of first citation.
    pub sources: Vec<Source>,
    /// Articles that come closest to a question no article was found to answer, best first: to read on, never an answer.
    /// Empty unless `reason` is `no_evidence` or `unsupported`, and where none comes close.
    #[schemars(length(max = 3))]
    pub related: Vec<Source>,
    /// Parts of the question that go to a person though the rest is answered; empty when all of it is, or none.
    pub unanswered: Vec<String>,
    /// Probability that the best evidence answers the question.
    pub confidence: f64,
    /// Why a person takes over; `None` unless escalated.
    #[schemars(with = "Option<EscalationCode>")]
    pub reason: Option<&'static str>,
    /// Meanings to choose from; empty unless the outcome is `clarify`.
    pub clarifications: Vec<Clarification>,
    /// The ways to a person, whatever the outcome.
    pub contact: Contact,
    /// Topics of the evidence, most relevant first.
    pub topics: Vec<String>,
    /// `generated` or `extractive`; `None` without sentences.
    #[schemars(with = "Option<WordingCode>")]
    pub wording: Option<&'static str>,
    /// Id of the answer whose sentences these are, when they come from memory.
    pub reused_from: Option<String>,
    /// Generation of the index that was read.
    pub generation: String,
    /// Models that were used.
    pub models: Models,
    /// How long it took.
    pub timings_ms: Timings,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every sentence is borne out by what it cites.
    Answered,
    /// The customer chooses among meanings.
    Clarify,
    /// A person takes over.
    Escalated,
}

impl Outcome {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Clarify => "clarify",
            Self::Escalated => "escalated",
        }
    }
}

/// One checked sentence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Sentence {
    /// Plain text.
    pub text: String,
    /// Whether it starts a line of its own.
    pub starts_line: bool,
    /// Probability that its citations bear it out.
    pub support: f64,
    /// Whether it rests on an article in another language than the reply's.
    pub translated: bool,
    /// What bears it out.
    pub citations: Vec<Citation>,
}

/// What bears a sentence out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Citation {
    /// A place in an article.
    Article {
        /// The article.
        #[schemars(with = "ArticleName")]
        article: ArticleId,
        /// Its title.
        title: String,
        /// Its public address.
        url: Option<String>,
        /// Language of the version quoted.
        #[schemars(with = "LanguageCode")]
        language: Language,
        /// Headings above the quote, outermost first.
        section: Vec<String>,
        /// First byte of the quote in the article file.
        start: usize,
        /// Byte after its last.
        end: usize,
        /// Exactly those bytes.
        quote: String,
    },
    /// A fact of the subject the client sent.
    Fact {
        /// Where it stands in the request: `subject.facts.payout.expected_on`.
        path: String,
        /// What stands there.
        value: serde_json::Value,
    },
}

/// An article: one an answer rests on, or one that comes close to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Source {
    /// The article.
    #[schemars(with = "ArticleName")]
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// Language of the version used.
    #[schemars(with = "LanguageCode")]
    pub language: Language,
}

/// A meaning the question may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Clarification {
    /// What to show.
    pub text: String,
    /// The article that answers it.
    #[schemars(with = "ArticleName")]
    pub article: ArticleId,
}

/// Models behind a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Models {
    /// The encoder; empty when none was needed.
    pub embedder: String,
    /// The writer, if one worded the answer.
    pub writer: Option<String>,
}

/// How long the parts took from receipt of the question, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timings {
    /// Spent waiting for the answering thread; part of the others.
    pub queue: u64,
    /// Until hits were ranked.
    pub search: u64,
    /// Until the first checked sentence; `None` without sentences.
    pub first_sentence: Option<u64>,
    /// Until the reply was complete.
    pub total: u64,
}

impl AnswerReply {
    /// The twin of `answer`, which had waited `queued` before it was begun.
    pub fn new(answer: &Answer, contact: &support::Contact, queued: Duration) -> Self {
        let (outcome, reason, clarifications) = match &answer.outcome {
            answer::Outcome::Answered => (Outcome::Answered, None, Vec::new()),
            answer::Outcome::Clarify(meanings) => {
                let meanings = meanings.iter().map(|meaning| Clarification {
                    text: meaning.text.clone(),
                    article: meaning.article.clone(),
                });
                (Outcome::Clarify, None, meanings.collect())
            }
            answer::Outcome::Escalated(reason) => {
                (Outcome::Escalated, Some(reason.code()), Vec::new())
            }
        };
        let timings = &answer.timings;
        Self {
            id: answer.id.clone(),
            outcome,
            language: answer.language,
            text: answer.text(),
            sentences: answer.sentences.iter().map(Sentence::from).collect(),
            sources: answer.sources.iter().map(Source::from).collect(),
            related: answer.related.iter().map(Source::from).collect(),
            unanswered: answer.unanswered.clone(),
            confidence: rounded(answer.confidence),
            reason,
            clarifications,
            contact: Contact::from(contact),
            topics: answer.topics.clone(),
            wording: answer.wording.map(|wording| match wording {
                Wording::Generated => "generated",
                Wording::Extractive => "extractive",
            }),
            reused_from: answer.reused_from.clone(),
            generation: answer.generation.clone(),
            models: Models {
                embedder: answer.encoder.clone(),
                writer: answer.writer.clone(),
            },
            timings_ms: Timings {
                queue: milliseconds(queued),
                search: milliseconds(queued + timings.search),
                first_sentence: timings
                    .first_sentence
                    .map(|first| milliseconds(queued + first)),
                total: milliseconds(queued + timings.total),
            },
        }
    }
}

/// Plans the ways to a person for the asker of `question`, who got `answer`; `availability` is what teams tell of the
/// moment.
pub fn contact_for(
    answer: &Answer,
    question: &answer::Question,
    config: &SupportConfig,
    availability: Arc<Availability>,
) -> support::Contact {
    // Also when the customer asked for a person at once: who helps with a threat is not who helps with a parcel.
    let sensitive = answer.policy.is_some_and(answer::Policy::is_sensitive);
    let request = ContactRequest {
        audience: question.audience.clone(),
        topics: answer.topics.clone(),
        sensitive,
        availability,
        ..ContactRequest::new(answer.language, question.at)
    };
    support::plan(&request, config)
}

impl From<&answer::Sentence> for Sentence {
    fn from(sentence: &answer::Sentence) -> Self {
        Self {
            text: sentence.text.clone(),
            starts_line: sentence.starts_line,
            support: rounded(sentence.support),
            translated: sentence.translated,
            citations: sentence.citations.iter().map(Citation::from).collect(),
        }
    }
}

impl From<&answer::Citation> for Citation {
    fn from(citation: &answer::Citation) -> Self {
        let citation = match citation {
            answer::Citation::Article(citation) => citation,
            answer::Citation::Fact(fact) => {
                return Self::Fact {
                    path: fact.path.clone(),
                    value: fact.value.clone(),
                };
            }
        };
        Self::Article {
            article: citation.article.clone(),
            title: citation.title.clone(),
            url: citation.url.clone(),
            language: citation.language,
            section: citation.section.clone(),
            start: citation.range.start,
            end: citation.range.end,
            quote: citation.quote.clone(),
        }
    }
}

impl From<&answer::Source> for Source {
    fn from(source: &answer::Source) -> Self {
        Self {
            article: source.article.clone(),
            title: source.title.clone(),
            url: source.url.clone(),
            language: source.language,
        }
    }
}
