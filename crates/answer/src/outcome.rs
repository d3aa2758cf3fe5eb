//! What becomes of a question: a checked answer, a choice to make, or a person.

use std::{fmt, time::Duration};

use corpus::{ArticleId, ByteRange, Language};

use crate::policy::Policy;

/// The reply to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `ans_` and a ULID.
    pub id: String,
    /// What became of the question.
    pub outcome: Outcome,
    /// The language of the reply.
    pub language: Language,
    /// Checked sentences in reading order. Never empty when answered; holds exact quotes when escalated for
    /// a sensitive topic; otherwise empty.
    pub sentences: Vec<Sentence>,
    /// Articles the sentences cite, in order of first citation.
    pub sources: Vec<Source>,
    /// Articles that come closest to a question no article was found to answer, best first, at most
    /// [`Answer::MAX_RELATED`]: to read on, never an answer. Empty unless escalated with
    /// [`EscalationReason::NoEvidence`] or [`EscalationReason::Unsupported`], of several needs in one message, and below
    /// [`crate::AnswerConfig::related_confidence`].
    pub related: Vec<Source>,
    /// Articles ranked first for the question, best first, at most [`Answer::MAX_NEAREST`], whether or not they answer it;
    /// empty when nothing was searched for, and of several needs in one message.
    pub nearest: Vec<ArticleId>,
    /// Parts of the question that go to a person though the rest is answered, in the customer's words; empty when
    /// all of it is answered, or none.
    pub unanswered: Vec<String>,
    /// Probability that the best evidence of the articles answers the question, 0 to 1; of several parts, the lowest
    /// of those answered.
    pub confidence: f32,
    /// How the sentences were worded; `None` without sentences.
    pub wording: Option<Wording>,
    /// Topics for routing to a team, most relevant first: the sensitive topic of the question, then those of the
    /// evidence.
    pub topics: Vec<String>,
    /// The rule that sent the question to a person, if one did.
    pub policy: Option<Policy>,
    /// Id of the answer whose sentences these are, when they come from the memory of answers.
    pub reused_from: Option<String>,
    /// Generation of the index that was read.
    pub generation: String,
    /// Encoder that was used.
    pub encoder: String,
    /// Writer that worded the answer, if one did.
    pub writer: Option<String>,
    /// Hash of the settings it was made with; empty when no engine made it. See [`crate::AnswerConfig::hash`].
    pub config: String,
    /// How long each part took.
    pub timings: Timings,
}

impl Answer {
    /// Most articles in [`Answer::nearest`].
    pub const MAX_NEAREST: usize = 3;

    /// Most articles in [`Answer::related`].
    pub const MAX_RELATED: usize = 3;

    /// The whole reply as running text: sentences joined by spaces, steps and table rows on lines of their
    /// own.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for sentence in &self.sentences {
            text.push_str(joint(&text, sentence.starts_line, self.language));
            text.push_str(&sentence.text);
        }
        text
    }
}

/// What stands between `before` and the sentence after it.
pub(crate) const fn joint(before: &str, starts_line: bool, language: Language) -> &'static str {
    match (before.is_empty(), starts_line, language) {
        (true, _, _) | (false, false, Language::Zh) => "",
        (false, true, _) => "\n",
        (false, false, _) => " ",
    }
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Every sentence is borne out by an article.
    Answered,
    /// The question may mean several things; the customer chooses.
    Clarify(Vec<Clarification>),
    /// A person takes over.
    Escalated(EscalationReason),
}

/// A meaning the question may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clarification {
    /// What to show: an article's title in the customer's language where it exists.
    pub text: String,
    /// The article that answers it.
    pub article: ArticleId,
}

/// Why a person takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EscalationReason {
    /// No article answers the question.
    NoEvidence,
    /// An answer was drafted, but no sentence of it survived checking.
    Unsupported,
    /// A person decides on such matters; the article is quoted.
    SensitiveTopic,
    /// The customer asks for a person.
    Requested,
    /// The question is in a language Loket does not answer in.
    UnsupportedLanguage,
    /// Too many questions at once, or no time left.
    Overloaded,
    /// Something failed.
    Error,
}

impl EscalationReason {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoEvidence => "no_evidence",
            Self::Unsupported => "unsupported",
            Self::SensitiveTopic => "sensitive_topic",
            Self::Requested => "requested",
            Self::UnsupportedLanguage => "unsupported_language",
            Self::Overloaded => "overloaded",
            Self::Error => "error",
        }
    }
}

/// One checked sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The sentence, plain text.
    pub text: String,
    /// Whether it starts a line of its own (a step, a list item, a table row).
    pub starts_line: bool,
    /// Probability that its citations bear it out, 0 to 1; 1 for an exact quote.
    pub support: f32,
    /// Whether it rests on an article in another language than the reply's: said in the customer's words after
    /// checking, or quoted as it stands.
    pub translated: bool,
    /// What bears it out; never empty.
    pub citations: Vec<Citation>,
}

/// What bears a sentence out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation {
    /// A place in an article.
    Article(ArticleCitation),
    /// A fact of the subject the caller sent.
    Fact(FactCitation),
}

impl Citation {
    /// The place in an article, if it is one.
    pub const fn article(&self) -> Option<&ArticleCitation> {
        match self {
            Self::Article(citation) => Some(citation),
            Self::Fact(_) => None,
        }
    }
}

/// The exact place in an article that bears a sentence out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleCitation {
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// Language of the version quoted.
    pub language: Language,
    /// Headings above the quote, outermost first.
    pub section: Vec<String>,
    /// Bytes of the article file.
    pub range: ByteRange,
    /// Exactly those bytes.
    pub quote: String,
}

/// A fact of the subject that bears a sentence out.
#[derive(Clone, PartialEq, Eq)]
pub struct FactCitation {
    /// Where it stands: `subject.facts.payout.expected_on`.
    pub path: String,
    /// What stands there, as it was sent, with clean text.
    pub value: serde_json::Value,
}

// What a customer's order holds must not end up in a log by way of `{:?}`.
impl fmt::Debug for FactCitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactCitation").finish_non_exhaustive()
    }
}

/// An article to name: one an answer rests on, or one that comes close to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// Language of the version used.
    pub language: Language,
}

/// How sentences were worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// By the writer, and checked.
    Generated,
    /// As the articles say it.
    Extractive,
}

/// How long the parts of an answer took, from receipt of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Until hits were ranked.
    pub search: Duration,
    /// Until the first checked sentence left; `None` without sentences.
    pub first_sentence: Option<Duration>,
    /// Until the reply was complete.
    pub total: Duration,
}
