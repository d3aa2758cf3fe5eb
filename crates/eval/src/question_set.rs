//! Question sets: one JSON object a line, with the articles that answer it and what should happen.
//!
//! text → [`QuestionSet::read`] → [`QuestionSet::check`] against an index → a run. A set that is wrong anywhere is
//! refused with every fault at once, each with its line and what to write instead: a judgment that silently counts for
//! nothing is worse than none.

use answer::{Question, Subject};
use corpus::Language;
use indexer::Snapshot;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod faults;
mod judgments;
#[cfg(test)]
mod tests;

pub(crate) use faults::nearest;
pub use faults::{Faults, QuestionFault, QuestionSetError};

/// A question with its judgment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedQuestion {
    /// Unique in the set.
    pub id: String,
    /// As a customer types it.
    pub question: String,
    /// Its language; found from the text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// See [`Question::audience`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// See [`Question::region`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The instant it is asked; the time of the run when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What the customer asked before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversation: Vec<String>,
    /// The order or object it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<serde_json::Value>,
    /// `article-id` or `article-id#anchor`; any of them answers it. Empty when nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relevant: Vec<String>,
    /// Texts a right reply holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// What should become of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
    /// The queue a request for a person should end in, by the recommended way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The way that should be recommended: `email`, `chat` or `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Articles whose advice should be given before a person is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_you_contact: Vec<String>,
    /// Whether it was proposed by a program from the article's own text. Such questions flatter and are reported apart.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synthetic: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form serde calls it in"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl JudgedQuestion {
    /// The question as the engine takes it, asked at its own instant or else at `now`.
    pub fn to_question(&self, now: Timestamp, mode: answer::Mode) -> Question {
        Question {
            language: self.language,
            audience: self.audience.clone(),
            region: self.region.clone(),
            mode,
            conversation: self.conversation.iter().map(|text| turn(text)).collect(),
            // One that cannot be read was refused with the file.
            subject: self
                .subject
                .as_ref()
                .and_then(|json| Subject::read(json).ok()),
            personal: self.subject.is_some(),
            ..Question::new(&*self.question, self.at.unwrap_or(now))
        }
    }

    /// Ids of the relevant articles, without anchors.
    pub fn relevant_articles(&self) -> impl Iterator<Item = &str> {
        self.relevant.iter().map(|judged| split(judged).0)
    }

    /// Whether the article `id` answers it, wherever in it.
    pub fn is_relevant(&self, id: &str) -> bool {
        self.relevant_articles().any(|relevant| relevant == id)
    }

    /// Whether the section `anchor` of the article `id` answers it: any section of an article that is judged as a whole.
    pub fn is_relevant_section(&self, id: &str, anchor: &str) -> bool {
        self.relevant.iter().any(|judged| {
            let (article, section) = split(judged);
            article == id && section.is_none_or(|section| section == anchor)
        })
    }

    /// Whether a judgment says more than the article.
    pub fn names_sections(&self) -> bool {
        self.relevant.iter().any(|judged| split(judged).1.is_some())
    }
}

/// Article and anchor of a judgment.
fn split(judged: &str) -> (&str, Option<&str>) {
    match judged.split_once('#') {
        Some((article, anchor)) => (article, Some(anchor)),
        None => (judged, None),
    }
}

fn turn(text: &str) -> answer::Turn {
    answer::Turn {
        speaker: answer::Speaker::Customer,
        text: text.to_owned(),
    }
}

/// What should become of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expectation {
    /// A checked answer.
    Answered,
    /// A choice between meanings.
    Clarify,
    /// A person.
    Escalated,
}

impl Expectation {
    /// Its name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Clarify => "clarify",
            Self::Escalated => "escalated",
        }
    }
}

/// The questions of a file, with the lines they stand on.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionSet {
    questions: Vec<JudgedQuestion>,
    /// Line of each question, from 1.
    lines: Vec<usize>,
}

impl QuestionSet {
    /// Reads a question file. Blank lines are skipped.
    ///
    /// # Errors
    /// [`QuestionSetError`] with all that is wrong, up to [`Faults::MOST`].
    pub fn read(text: &str) -> Result<Self, QuestionSetError> {
        judgments::read(text)
    }

    /// Checks that every article and section a judgment names is in the index, in any language.
    ///
    /// # Errors
    /// [`QuestionSetError::Faults`].
    pub fn check(&self, snapshot: &Snapshot) -> Result<(), QuestionSetError> {
        judgments::check(self, snapshot)
    }

    /// The questions, in the order of the file.
    pub fn questions(&self) -> &[JudgedQuestion] {
        &self.questions
    }

    /// The questions alone.
    pub fn into_questions(self) -> Vec<JudgedQuestion> {
        self.questions
    }

    /// Names what is asked and how it is judged, whatever the order of the lines and the spacing within: two sets that
    /// differ in any question or judgment have another. 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut sorted: Vec<&JudgedQuestion> = self.questions.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let mut hasher = blake3::Hasher::new();
        for question in sorted {
            // Texts, flags and dates all have a form in JSON.
            hasher.update(&serde_json::to_vec(question).unwrap_or_default());
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

/// Reads the questions of a file, for those who need no lines; see [`QuestionSet::read`].
///
/// # Errors
/// [`QuestionSetError`].
pub fn read(text: &str) -> Result<Vec<JudgedQuestion>, QuestionSetError> {
    QuestionSet::read(text).map(QuestionSet::into_questions)
}
