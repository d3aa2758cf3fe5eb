//! What came of one question, as reports tell it and journals keep it.

use answer::{Answer, Citation, Outcome, evidence::Piece};
use corpus::Language;
use indexer::Snapshot;
use serde::{Deserialize, Serialize};

use crate::question_set::{Expectation, JudgedQuestion};

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// A checked answer.
    Answered,
    /// A choice between meanings.
    Clarify,
    /// A person.
    Escalated,
}

impl OutcomeKind {
    /// Whether it is what was expected.
    pub const fn meets(self, expected: Expectation) -> bool {
        matches!(
            (expected, self),
            (Expectation::Answered, Self::Answered)
                | (Expectation::Clarify, Self::Clarify)
                | (Expectation::Escalated, Self::Escalated)
        )
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Clarify => "clarify",
            Self::Escalated => "escalated",
        }
    }
}

/// What is wrong with what came of a question, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Answered, though a person or a choice was expected.
    AnsweredAnyway,
    /// Not answered, though an answer was expected.
    Refused,
    /// Neither answered nor what was expected: a choice in place of a person, or the other way round.
    OtherOutcome,
    /// A sentence cites an article that is not relevant.
    WrongCitation,
    /// No sentence cites a section that was judged to answer it.
    WrongSection,
    /// The reply holds none of the gold texts.
    GoldMissing,
    /// The reply is in another language than the question.
    WrongLanguage,
    /// The recommended way to a person, its queue or the advice before it is not the expected one.
    Misrouted,
    /// No relevant article is among the first three.
    NotFound,
}

impl Fault {
    /// All of them, the worst first.
    pub const ALL: [Self; 9] = [
        Self::AnsweredAnyway,
        Self::Refused,
        Self::OtherOutcome,
        Self::WrongCitation,
        Self::WrongSection,
        Self::GoldMissing,
        Self::WrongLanguage,
        Self::Misrouted,
        Self::NotFound,
    ];

    /// Its words in reports for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AnsweredAnyway => "answered anyway",
            Self::Refused => "refused in vain",
            Self::OtherOutcome => "another outcome",
            Self::WrongCitation => "wrong article cited",
            Self::WrongSection => "wrong section cited",
            Self::GoldMissing => "gold text missing",
            Self::WrongLanguage => "wrong language",
            Self::Misrouted => "misrouted",
            Self::NotFound => "article not in first three",
        }
    }
}

/// A sentence of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Its text.
    pub text: String,
    /// What bears it out.
    pub cites: Vec<Cited>,
}

/// A place a sentence cites, or that evidence was taken from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    /// The article's id, or the path of a fact.
    pub article: String,
    /// The anchor of the section, empty for an article's opening and for a fact.
    pub anchor: String,
    /// Language of the version; `None` for a fact.
    pub language: Option<Language>,
    /// Title of the article; empty for a fact.
    pub title: String,
    /// The words cited.
    pub quote: String,
}

impl Cited {
    fn of(citation: &Citation, snapshot: &Snapshot) -> Self {
        match citation {
            Citation::Article(cited) => Self {
                article: cited.article.as_str().to_owned(),
                anchor: anchor_at(snapshot, cited),
                language: Some(cited.language),
                title: cited.title.clone(),
                quote: cited.quote.clone(),
            },
            Citation::Fact(fact) => Self {
                article: fact.path.clone(),
                anchor: String::new(),
                language: None,
                title: String::new(),
                quote: fact.value.to_string(),
            },
        }
    }

    /// Where `piece` was taken from.
    pub(super) fn piece(piece: &Piece, snapshot: &Snapshot) -> Self {
        let article = snapshot.article(piece.article);
        Self {
            article: article.id.as_str().to_owned(),
            anchor: section_at(article, piece.range.start),
            language: Some(article.language),
            title: article.title.clone(),
            quote: piece.text.clone(),
        }
    }
}

fn anchor_at(snapshot: &Snapshot, cited: &answer::ArticleCitation) -> String {
    let article = snapshot.find(&cited.article, cited.language);
    article.map_or_else(String::new, |article| {
        section_at(snapshot.article(article), cited.range.start)
    })
}

/// The anchor of the section the byte `place` of an article's file stands in.
fn section_at(article: &corpus::Article, place: usize) -> String {
    let sections = article.sections.iter();
    let before = sections.take_while(|section| section.range.start <= place);
    before.last().map_or_else(String::new, |s| s.anchor.clone())
}

/// The way to a person a reply recommends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Route {
    /// The recommended way: `email`, `chat` or `phone`.
    pub method: String,
    /// The queue a request by that way ends in.
    pub queue: String,
    /// Articles whose advice is given before.
    pub before_you_contact: Vec<String>,
}

impl Route {
    /// Whether it is what `judged` expects; `None` when that expects nothing of it.
    pub(super) fn meets(&self, judged: &JudgedQuestion) -> Option<bool> {
        let expects = judged.queue.is_some()
            || judged.method.is_some()
            || !judged.before_you_contact.is_empty();
        expects.then(|| {
            let advised = &judged.before_you_contact;
            judged
                .queue
                .as_ref()
                .is_none_or(|queue| *queue == self.queue)
                && judged
                    .method
                    .as_ref()
                    .is_none_or(|method| *method == self.method)
                && advised
                    .iter()
                    .all(|id| self.before_you_contact.contains(id))
        })
    }
}

/// One question's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionResult {
    /// The question's id.
    pub id: String,
    /// The question.
    pub question: String,
    /// Language it counts under: the file's, else the detected one.
    pub language: Language,
    /// Language of the reply.
    pub reply_language: Language,
    /// Rank of the first relevant article, from 1; `None` when not ranked or nothing is relevant.
    pub rank: Option<usize>,
    /// First three articles ranked.
    pub top: Vec<String>,
    /// Whether any article answers it.
    pub answerable: bool,
    /// What should have become of it.
    pub expected: Option<Expectation>,
    /// What did.
    pub outcome: OutcomeKind,
    /// Why it was escalated.
    pub reason: Option<String>,
    /// The reply.
    pub text: String,
    /// Whether every citation's article is relevant; `None` without citations or judgments.
    pub cites_relevant: Option<bool>,
    /// Whether a sentence cites a section that was judged; `None` without citations or judgments of sections.
    pub cites_section: Option<bool>,
    /// Whether the reply holds one of the gold texts; `None` without a reply or gold.
    pub holds_gold: Option<bool>,
    /// Probability the engine gave its evidence.
    pub confidence: f32,
    /// Milliseconds until hits were ranked, until the first sentence, and in all.
    pub ms: (f64, Option<f64>, f64),
    /// Features of the best evidence, for calibration.
    pub features: answer::confidence::Features,
    /// The judgment: what is relevant.
    pub relevant: Vec<String>,
    /// The judgment: texts a right reply holds.
    pub gold: Vec<String>,
    /// The reply sentence by sentence.
    pub sentences: Vec<Said>,
    /// The best statements of the evidence, best first; at most [`EVIDENCE`].
    pub evidence: Vec<Cited>,
    /// The way to a person it recommends.
    pub route: Route,
    /// Whether that is the expected one; `None` when nothing was expected of it.
    pub routed: Option<bool>,
    /// Whether a program proposed it; see [`JudgedQuestion::synthetic`].
    pub synthetic: bool,
    /// What is wrong with it, the worst first.
    pub faults: Vec<Fault>,
}

/// Statements of the evidence a result shows.
pub const EVIDENCE: usize = 4;

impl QuestionResult {
    /// Whether the outcome is the expected one; `None` when none was stated.
    pub fn as_expected(&self) -> Option<bool> {
        self.expected.map(|expected| self.outcome.meets(expected))
    }

    /// Whether it was answered.
    pub fn is_answered(&self) -> bool {
        self.outcome == OutcomeKind::Answered
    }

    /// Whether the reply has a text in the question's language; `None` without a reply.
    pub fn in_language(&self) -> Option<bool> {
        (!self.text.is_empty()).then_some(self.reply_language == self.language)
    }

    /// What is wrong with it by its other fields, the worst first.
    pub(super) fn find_faults(&self) -> Vec<Fault> {
        let is = |fault| match fault {
            Fault::AnsweredAnyway => self.as_expected() == Some(false) && self.is_answered(),
            Fault::Refused => self.expected == Some(Expectation::Answered) && !self.is_answered(),
            Fault::OtherOutcome => {
                self.as_expected() == Some(false)
                    && !self.is_answered()
                    && self.expected != Some(Expectation::Answered)
            }
            Fault::WrongCitation => self.is_answered() && self.cites_relevant == Some(false),
            Fault::WrongSection => self.is_answered() && self.cites_section == Some(false),
            Fault::GoldMissing => self.is_answered() && self.holds_gold == Some(false),
            Fault::WrongLanguage => self.in_language() == Some(false),
            Fault::Misrouted => self.routed == Some(false),
            Fault::NotFound => self.answerable && self.rank.is_none_or(|rank| rank > 3),
        };
        Fault::ALL.into_iter().filter(|fault| is(*fault)).collect()
    }
}

/// Outcome and reason of a reply.
pub(super) fn outcome_of(reply: &Answer) -> (OutcomeKind, Option<String>) {
    match &reply.outcome {
        Outcome::Answered => (OutcomeKind::Answered, None),
        Outcome::Clarify(_) => (OutcomeKind::Clarify, None),
        Outcome::Escalated(reason) => (OutcomeKind::Escalated, Some(reason.code().to_owned())),
    }
}

/// The sentences of a reply with the places they cite.
pub(super) fn sentences_of(reply: &Answer, snapshot: &Snapshot) -> Vec<Said> {
    let said = reply.sentences.iter().map(|sentence| Said {
        text: sentence.text.clone(),
        cites: sentence
            .citations
            .iter()
            .map(|citation| Cited::of(citation, snapshot))
            .collect(),
    });
    said.collect()
}
