//! A reply: what one version of the articles answers, without what differs from run to run.

use answer::{Answer, Outcome};
use corpus::Language;
use serde::{Deserialize, Serialize};

use crate::run::OutcomeKind;

/// An article a reply rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReplySource {
    /// Its id.
    pub article: String,
    /// Language of the version.
    pub language: Language,
    /// Its title.
    pub title: String,
}

impl ReplySource {
    /// What tells it from others, whatever its title.
    pub fn key(&self) -> (String, Language) {
        (self.article.clone(), self.language)
    }
}

/// What became of one question on one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// What became of it.
    pub outcome: OutcomeKind,
    /// Why it was escalated.
    pub reason: Option<String>,
    /// Language of the reply.
    pub language: Language,
    /// Its sentences, or what it offers to choose from.
    pub sentences: Vec<String>,
    /// The articles it rests on, in order of first citation.
    pub sources: Vec<ReplySource>,
    /// Parts of the question that go to a person.
    pub unanswered: Vec<String>,
    /// Probability that the evidence answers the question, 0 to 1.
    pub confidence: f32,
}

impl From<&Answer> for Reply {
    fn from(answer: &Answer) -> Self {
        let (outcome, reason) = match &answer.outcome {
            Outcome::Answered => (OutcomeKind::Answered, None),
            Outcome::Clarify(_) => (OutcomeKind::Clarify, None),
            Outcome::Escalated(reason) => (OutcomeKind::Escalated, Some(reason.code().to_owned())),
        };
        let sentences = match &answer.outcome {
            Outcome::Clarify(meanings) => meanings
                .iter()
                .map(|meaning| meaning.text.clone())
                .collect(),
            _ => answer
                .sentences
                .iter()
                .map(|sentence| sentence.text.clone())
                .collect(),
        };
        let sources = answer.sources.iter().map(|source| ReplySource {
            article: source.article.as_str().to_owned(),
            language: source.language,
            title: source.title.clone(),
        });
        Self {
            outcome,
            reason,
            language: answer.language,
            sentences,
            sources: sources.collect(),
            unanswered: answer.unanswered.clone(),
            confidence: answer.confidence,
        }
    }
}

impl Reply {
    /// Whether the customer gets an answer.
    pub fn is_answered(&self) -> bool {
        self.outcome == OutcomeKind::Answered
    }

    /// Whether it rests on the article version `key`.
    pub fn cites(&self, key: &(String, Language)) -> bool {
        self.sources.iter().any(|source| source.key() == *key)
    }

    /// What became of it, in a word: `answered`, `clarify`, or why it goes to a person.
    pub fn ending(&self) -> &str {
        match self.outcome {
            OutcomeKind::Answered => "answered",
            OutcomeKind::Clarify => "clarify",
            OutcomeKind::Escalated => self.reason.as_deref().unwrap_or("escalated"),
        }
    }
}
