//! Results to figures: by language, by outcome, by time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::result::{OutcomeKind, QuestionResult};
use crate::{
    metrics::{Interval, mean_interval, quantile, reciprocal_rank, success_at},
    question_set::Expectation,
};

/// Figures of one language, or of all together. Every figure has an interval of 95 % ([`mean_interval`]) and the number
/// of questions it is a mean of.
#[derive(Debug, Clone, Serialize)]
pub struct LanguageRow {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// Number of questions.
    pub n: usize,
    /// Of answerable questions: a relevant article is first.
    pub success_at_1: Interval,
    /// Of answerable questions: a relevant article is among the first three.
    pub success_at_3: Interval,
    /// Of answerable questions: mean reciprocal rank.
    pub mrr: Interval,
    /// Of questions with an expectation: it was met.
    pub as_expected: Interval,
    /// Of questions expected answered: they were.
    pub answered: Interval,
    /// Of questions expected to be asked back: they were.
    pub clarified: Interval,
    /// Of questions expected to go to a person: they did.
    pub to_person: Interval,
    /// Of questions nothing answers: they were answered anyway.
    pub answered_anyway: Interval,
    /// Of answered questions with gold texts: the reply holds one.
    pub holds_gold: Interval,
    /// Of answered questions: every citation is of a relevant article.
    pub cites_relevant: Interval,
    /// Of answered questions of which sections are judged: one of those is cited.
    pub cites_section: Interval,
    /// Of replies with sentences: written in the question's language.
    pub in_language: Interval,
    /// Of questions that expect a way to a person: it is recommended.
    pub routed: Interval,
    /// Median and 95th percentile of the whole answer, in milliseconds.
    pub total_ms: (f64, f64),
}

impl LanguageRow {
    /// Names of the figures, as floors name them.
    pub const FIGURES: [&'static str; 12] = [
        "success_at_1",
        "success_at_3",
        "mrr",
        "as_expected",
        "answered",
        "clarified",
        "to_person",
        "holds_gold",
        "cites_relevant",
        "cites_section",
        "in_language",
        "routed",
    ];

    /// The figure of a name of [`LanguageRow::FIGURES`].
    pub fn figure(&self, name: &str) -> Option<Interval> {
        Some(match name {
            "success_at_1" => self.success_at_1,
            "success_at_3" => self.success_at_3,
            "mrr" => self.mrr,
            "as_expected" => self.as_expected,
            "answered" => self.answered,
            "clarified" => self.clarified,
            "to_person" => self.to_person,
            "holds_gold" => self.holds_gold,
            "cites_relevant" => self.cites_relevant,
            "cites_section" => self.cites_section,
            "in_language" => self.in_language,
            "routed" => self.routed,
            _ => return None,
        })
    }
}

/// Questions of one expectation that came to one outcome for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfusionCell {
    /// What should have become of them.
    pub expected: Expectation,
    /// What did.
    pub outcome: OutcomeKind,
    /// Why they were escalated.
    pub reason: Option<String>,
    /// How many there are.
    pub n: usize,
}

/// How long one part of answering took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Questions that count.
    pub n: usize,
    /// Half of them took no longer.
    pub median: f64,
    /// 95 in 100 took no longer.
    pub p95: f64,
    /// 99 in 100 took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Times {
    fn of(mut ms: Vec<f64>) -> Self {
        Self {
            n: ms.len(),
            median: quantile(&mut ms, 0.5),
            p95: quantile(&mut ms, 0.95),
            p99: quantile(&mut ms, 0.99),
            max: quantile(&mut ms, 1.0),
        }
    }
}

/// How long answers took, one question at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Until articles were ranked.
    pub search: Times,
    /// Until the first checked sentence, of replies with sentences.
    pub first_sentence: Times,
    /// Until the reply was complete.
    pub total: Times,
}

pub(super) fn latency(results: &[&QuestionResult]) -> Latency {
    let times = |part: &dyn Fn(&QuestionResult) -> Option<f64>| {
        Times::of(results.iter().filter_map(|result| part(result)).collect())
    };
    Latency {
        search: times(&|result| Some(result.ms.0)),
        first_sentence: times(&|result| result.ms.1),
        total: times(&|result| Some(result.ms.2)),
    }
}

/// All languages together, then each in alphabetic order.
pub(super) fn rows(results: &[&QuestionResult]) -> Vec<LanguageRow> {
    let mut by_language: BTreeMap<&'static str, Vec<&QuestionResult>> = BTreeMap::new();
    for result in results {
        by_language
            .entry(result.language.code())
            .or_default()
            .push(result);
    }
    let all = std::iter::once(("all", results.to_vec()));
    all.chain(by_language)
        .map(|(language, results)| row(language, &results))
        .collect()
}

/// Counts of questions with an expectation, in order of expectation, outcome and reason.
pub(super) fn confusion(results: &[&QuestionResult]) -> Vec<ConfusionCell> {
    let mut counts: BTreeMap<(Expectation, OutcomeKind, Option<&str>), usize> = BTreeMap::new();
    for result in results {
        if let Some(expected) = result.expected {
            let cell = (expected, result.outcome, result.reason.as_deref());
            *counts.entry(cell).or_default() += 1;
        }
    }
    let cells = counts.into_iter();
    cells
        .map(|((expected, outcome, reason), n)| ConfusionCell {
            expected,
            outcome,
            reason: reason.map(str::to_owned),
            n,
        })
        .collect()
}

fn row(language: &str, results: &[&QuestionResult]) -> LanguageRow {
    let over = |keep: &dyn Fn(&QuestionResult) -> Option<f64>| {
        let values: Vec<f64> = results.iter().filter_map(|result| keep(result)).collect();
        mean_interval(&values)
    };
    let flag = |value: bool| if value { 1.0 } else { 0.0 };
    let retrieval =
        |figure: &dyn Fn(Option<usize>) -> f64| over(&|r| r.answerable.then(|| figure(r.rank)));
    let met = |expected: Expectation| {
        over(&|r| (r.expected == Some(expected)).then(|| flag(r.outcome.meets(expected))))
    };
    let answered = |judgment: &dyn Fn(&QuestionResult) -> Option<bool>| {
        over(&|r| judgment(r).filter(|_| r.is_answered()).map(flag))
    };
    let mut totals: Vec<f64> = results.iter().map(|r| r.ms.2).collect();
    LanguageRow {
        language: language.to_owned(),
        n: results.len(),
        success_at_1: retrieval(&|rank| success_at(1, rank)),
        success_at_3: retrieval(&|rank| success_at(3, rank)),
        mrr: retrieval(&reciprocal_rank),
        as_expected: over(&|r| r.as_expected().map(flag)),
        answered: met(Expectation::Answered),
        clarified: met(Expectation::Clarify),
        to_person: met(Expectation::Escalated),
        answered_anyway: over(&|r| {
            (!r.answerable && r.expected == Some(Expectation::Escalated))
                .then(|| flag(r.is_answered()))
        }),
        holds_gold: answered(&|r| r.holds_gold),
        cites_relevant: answered(&|r| r.cites_relevant),
        cites_section: answered(&|r| r.cites_section),
        in_language: over(&|r| r.in_language().map(flag)),
        routed: over(&|r| r.routed.map(flag)),
        total_ms: (
            quantile(&mut totals.clone(), 0.5),
            quantile(&mut totals, 0.95),
        ),
    }
}
