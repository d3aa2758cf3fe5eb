//! Reports as `loket eval run --json` wrote them, by whichever version, and what of them is compared.

use corpus::Language;
use serde::{Deserialize, Serialize};

use super::CompareError;
use crate::{
    metrics::{ndcg_at, reciprocal_rank, success_at},
    question_set::Expectation,
    retrieval::{Method, RetrievalReport},
    run::{OutcomeKind, RunFacts},
};

/// A run as it was written.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Retrieval(RetrievalReport),
    Answers(AnswerReport),
}

/// What of a [`crate::RunReport`] is compared. Fields that came later may be missing.
#[derive(Debug, Deserialize)]
struct AnswerReport {
    #[serde(default)]
    run: Option<RunFacts>,
    questions: Vec<AskedQuestion>,
}

#[derive(Debug, Deserialize)]
struct AskedQuestion {
    id: String,
    language: Language,
    rank: Option<usize>,
    answerable: bool,
    expected: Option<Expectation>,
    #[serde(default)]
    question: String,
    #[serde(default)]
    cites_relevant: Option<bool>,
    #[serde(default)]
    holds_gold: Option<bool>,
    #[serde(flatten)]
    reply: ReplyThen,
}

/// What came of a question in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyThen {
    /// What became of it.
    pub outcome: OutcomeKind,
    /// Why it was escalated.
    #[serde(default)]
    pub reason: Option<String>,
    /// The reply.
    #[serde(default)]
    pub text: String,
    /// Probability the engine gave its evidence.
    #[serde(default)]
    pub confidence: f32,
}

/// What one question came to: figures by name, from 0 to 1; the first is what [`super::Comparison::lost`] goes by.
pub(super) type Figures = Vec<(&'static str, Option<f64>)>;

/// Of questions nothing answers: the engine answered. The one figure that is better when it falls.
const ANSWERED_ANYWAY: &str = "answered anyway";

/// What going from `then` to `now` gains by the figure `name`; less than 0 when it is a loss.
pub(super) fn gain(name: &str, then: f64, now: f64) -> f64 {
    if name == ANSWERED_ANYWAY {
        then - now
    } else {
        now - then
    }
}

/// A report, read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) is_retrieval: bool,
    /// The hash of its questions; `None` when it does not say.
    pub(super) set: Option<String>,
    /// The file of its questions; empty when it does not say.
    file: String,
    pub(super) questions: Vec<ReadQuestion>,
}

/// One question of it.
#[derive(Debug)]
pub(super) struct ReadQuestion {
    pub(super) id: String,
    pub(super) language: Language,
    pub(super) question: String,
    pub(super) figures: Figures,
    pub(super) reply: Option<ReplyThen>,
}

impl Read {
    fn new(run: Option<RunFacts>, is_retrieval: bool, questions: Vec<ReadQuestion>) -> Self {
        let (set, file) = run.map_or_else(Default::default, |run| (Some(run.set), run.questions));
        Self {
            is_retrieval,
            set,
            file,
            questions,
        }
    }

    /// Its questions as a message names them.
    pub(super) fn set_words(&self) -> String {
        let n = self.questions.len();
        let file = if self.file.is_empty() {
            String::new()
        } else {
            format!(" of `{}`", self.file)
        };
        match &self.set {
            Some(set) => format!("the {n} questions{file} with hash {set}"),
            None => format!("{n} questions it does not name"),
        }
    }
}

/// Reads a report, given by its name and its text.
pub(super) fn read((name, text): (&str, &str)) -> Result<Read, CompareError> {
    let written =
        serde_json::from_str::<Written>(text).map_err(|source| CompareError::NotAReport {
            name: name.to_owned(),
            source,
        })?;
    Ok(match written {
        Written::Retrieval(report) => {
            let run = report.run.clone();
            Read::new(run, true, ranked(report))
        }
        Written::Answers(report) => Read::new(report.run, false, asked(report.questions)),
    })
}

fn ranked(report: RetrievalReport) -> Vec<ReadQuestion> {
    let figures = |ranks: &[usize], n_relevant| {
        let first = ranks.first().copied();
        vec![
            ("S@1", Some(success_at(1, first))),
            ("S@3", Some(success_at(3, first))),
            ("S@5", Some(success_at(5, first))),
            (
                "MRR@10",
                Some(reciprocal_rank(first.filter(|rank| *rank <= 10))),
            ),
            ("nDCG@10", Some(ndcg_at(10, ranks, n_relevant))),
        ]
    };
    let questions = report.questions.into_iter();
    questions
        .map(|question| {
            let ranks = question.ranks.get(&Method::Loket);
            let ranks = ranks.map_or(&[][..], Vec::as_slice);
            ReadQuestion {
                figures: figures(ranks, question.n_relevant),
                id: question.id,
                language: question.language,
                question: String::new(),
                reply: None,
            }
        })
        .collect()
}

fn asked(questions: Vec<AskedQuestion>) -> Vec<ReadQuestion> {
    let flag = |value: bool| f64::from(u8::from(value));
    questions
        .into_iter()
        .map(|question| {
            let outcome = question.reply.outcome;
            let met = question
                .expected
                .map(|expected| flag(outcome.meets(expected)));
            let met_of = |kind| met.filter(|_| question.expected == Some(kind));
            let anyway = met_of(Expectation::Escalated)
                .filter(|_| !question.answerable)
                .map(|_| flag(outcome == OutcomeKind::Answered));
            let within = |k| question.answerable.then(|| success_at(k, question.rank));
            // What is said is judged where something is said.
            let said = |judgment: Option<bool>| {
                judgment
                    .filter(|_| outcome == OutcomeKind::Answered)
                    .map(flag)
            };
            ReadQuestion {
                figures: vec![
                    ("outcomes", met),
                    ("answered", met_of(Expectation::Answered)),
                    ("to a person", met_of(Expectation::Escalated)),
                    (ANSWERED_ANYWAY, anyway),
                    ("S@1", within(1)),
                    ("S@3", within(3)),
                    ("citations", said(question.cites_relevant)),
                    ("gold text", said(question.holds_gold)),
                ],
                id: question.id,
                language: question.language,
                question: question.question,
                reply: Some(question.reply),
            }
        })
        .collect()
}
