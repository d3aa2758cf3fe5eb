//! A run: every question of a set through the engine, and what came of it, by language.
//!
//! set → [`ask`] question by question, several at once → [`result`] → [`figures`], [`crate::risk`],
//! [`crate::reliability`] → [`RunReport`]. What was finished before ([`crate::journal`]) is not asked again. The report
//! is the same however many questions were asked at once and however often the run was interrupted, but for times.

use std::{collections::HashMap, num::NonZeroUsize};

use answer::{Engine, EscalationReason, Mode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    metrics, parallel,
    question_set::{Expectation, JudgedQuestion, QuestionSet},
    reliability::{self, Reliability},
    risk::{self, Judged, RiskReport},
};

mod ask;
mod figures;
mod result;

pub use ask::Router;
pub use figures::{ConfusionCell, LanguageRow, Latency, Times};
pub use result::{Cited, EVIDENCE, Fault, OutcomeKind, QuestionResult, Route, Said};

/// What was run, so that another can repeat it and no one compares it with something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Hash of the questions and judgments; see [`QuestionSet::hash`].
    pub set: String,
    /// The questions' file, as it was named; empty when nobody said.
    pub questions: String,
    /// Questions in the set.
    pub n: usize,
    /// Of them those a program proposed.
    pub n_synthetic: usize,
    /// Hash of the settings answers were made with; see [`answer::AnswerConfig::hash`].
    pub config: String,
    /// `auto`, `generated`, `extractive` or `retrieval`.
    pub mode: String,
    /// When it was begun; questions without an instant of their own were asked as if then.
    pub started: Timestamp,
    /// Questions asked at once.
    pub jobs: usize,
    /// Seed of the resamples intervals come from.
    pub seed: u64,
    /// The command; empty when nobody said.
    pub command: String,
}

impl RunFacts {
    /// What is known of a run over `set` before it is begun.
    pub fn new(
        set: &QuestionSet,
        mode: &str,
        config: String,
        started: Timestamp,
        jobs: NonZeroUsize,
    ) -> Self {
        let questions = set.questions().iter();
        Self {
            set: set.hash(),
            questions: String::new(),
            n: set.questions().len(),
            n_synthetic: questions.filter(|question| question.synthetic).count(),
            config,
            mode: mode.to_owned(),
            started,
            jobs: jobs.get(),
            seed: metrics::SEED,
            command: String::new(),
        }
    }
}

/// A whole run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// Generation that was asked.
    pub generation: String,
    /// Encoder.
    pub encoder: String,
    /// Writer, when answers were worded by one.
    pub writer: Option<String>,
    /// What was run.
    pub run: RunFacts,
    /// All languages together, then each in alphabetic order; without synthetic questions.
    pub rows: Vec<LanguageRow>,
    /// The same of synthetic questions; empty without any.
    pub synthetic: Vec<LanguageRow>,
    /// How far confidence can be relied on, without synthetic questions, as is all that follows.
    pub risk: RiskReport,
    /// How well confidence agrees with how often the first article is right.
    pub reliability: Reliability,
    /// Expectations by outcome and reason.
    pub confusion: Vec<ConfusionCell>,
    /// How long answers took; `None` when several questions were asked at once, since each then waits for others.
    pub latency: Option<Latency>,
    /// Every question, in the order of the set.
    pub questions: Vec<QuestionResult>,
}

impl RunReport {
    /// What confidence is judged by: a question for a person says nothing of the articles, and one without a judgment
    /// nothing at all.
    pub(crate) fn judged(&self) -> Vec<Judged> {
        judged(&genuine(&self.questions))
    }
}

/// How a run is made.
pub struct RunOptions<'a> {
    /// How answers may be worded.
    pub mode: Mode,
    /// Questions asked at once. More than one measures no latency.
    pub jobs: NonZeroUsize,
    /// The instant of questions that name none.
    pub now: Timestamp,
    /// What is asked no more, in any order.
    pub finished: Vec<QuestionResult>,
    /// The way to a person that a reply recommends.
    pub route: &'a Router<'a>,
    /// What was run.
    pub facts: RunFacts,
}

impl std::fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOptions")
            .field("facts", &self.facts)
            .field("n_finished", &self.finished.len())
            .finish_non_exhaustive()
    }
}

/// Runs a set that passed [`QuestionSet::check`]; `on_done` sees every question as soon as it is answered, in no order.
///
/// # Errors
/// The first of `on_done`, after which nothing is asked.
pub fn run<E: Send>(
    engine: &Engine,
    set: &QuestionSet,
    options: RunOptions<'_>,
    on_done: &mut dyn FnMut(&QuestionResult) -> Result<(), E>,
) -> Result<RunReport, E> {
    let RunOptions {
        mode,
        jobs,
        now,
        finished,
        route,
        facts,
    } = options;
    let finished = finished
        .into_iter()
        .map(|result| (result.id.clone(), result));
    let mut results: HashMap<String, QuestionResult> = finished.collect();
    let left: Vec<&JudgedQuestion> = set
        .questions()
        .iter()
        .filter(|question| !results.contains_key(&question.id))
        .collect();
    let work = |question: &&JudgedQuestion| Ok(ask::ask(engine, question, mode, now, route));
    let asked = parallel::in_order(&left, jobs, work, on_done)?;
    results.extend(asked.into_iter().map(|result| (result.id.clone(), result)));
    let in_order = set.questions().iter();
    let results = in_order.filter_map(|question| results.remove(&question.id));
    Ok(report(engine, mode, facts, results.collect()))
}

fn report(
    engine: &Engine,
    mode: Mode,
    facts: RunFacts,
    questions: Vec<QuestionResult>,
) -> RunReport {
    let genuine = genuine(&questions);
    let synthetic: Vec<&QuestionResult> = questions.iter().filter(|r| r.synthetic).collect();
    let judged = judged(&genuine);
    RunReport {
        generation: engine.snapshot().generation().to_owned(),
        encoder: engine.encoder_id().to_owned(),
        writer: engine
            .writer_id()
            .map(str::to_owned)
            .filter(|_| mode != Mode::Extractive),
        rows: figures::rows(&genuine),
        synthetic: if synthetic.is_empty() {
            Vec::new()
        } else {
            figures::rows(&synthetic)
        },
        risk: risk::risk(&judged),
        reliability: reliability::of_judged(&judged),
        confusion: figures::confusion(&genuine),
        latency: (facts.jobs == 1).then(|| figures::latency(&genuine)),
        run: facts,
        questions,
    }
}

/// The questions a person wrote.
fn genuine(results: &[QuestionResult]) -> Vec<&QuestionResult> {
    results.iter().filter(|result| !result.synthetic).collect()
}

fn judged(results: &[&QuestionResult]) -> Vec<Judged> {
    let requested = EscalationReason::Requested.code();
    results
        .iter()
        .filter(|result| result.reason.as_deref() != Some(requested))
        .filter(|result| result.answerable || result.expected == Some(Expectation::Escalated))
        .map(|result| Judged {
            confidence: f64::from(result.confidence),
            is_answerable: result.answerable,
            is_right: result.rank == Some(1),
        })
        .collect()
}

/// Whether `text` holds `gold`, whatever the case and white space.
pub(crate) fn holds(text: &str, gold: &str) -> bool {
    let fold = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
    fold(text).contains(&fold(gold))
}

#[cfg(test)]
mod tests;
