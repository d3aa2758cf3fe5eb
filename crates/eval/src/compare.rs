//! Comparison of two runs, question by question.
//!
//! Runs of the same questions differ by what changed and not by which questions were drawn, so the interval is
//! that of the paired differences, which is far narrower than those of the runs.

use std::collections::{BTreeMap, HashMap};

use corpus::Language;
use serde::{Deserialize, Serialize};

use crate::{
    metrics::{Interval, mean_interval_of, ndcg_at, reciprocal_rank, success_at},
    question_set::Expectation,
    retrieval::{Method, RetrievalReport},
    run::OutcomeKind,
};

/// A run as it was written by `loket eval run --json`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Retrieval(RetrievalReport),
    Answers(AnswerReport),
}

/// What of a [`crate::RunReport`] is compared.
#[derive(Debug, Deserialize)]
struct AnswerReport {
    questions: Vec<AskedQuestion>,
}

#[derive(Debug, Deserialize)]
struct AskedQuestion {
    id: String,
    language: Language,
    rank: Option<usize>,
    answerable: bool,
    expected: Option<Expectation>,
    outcome: OutcomeKind,
}

/// Why two runs cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A text is no report.
    #[error("`{name}` is no report of `loket eval run`; write one with `--json {name}`")]
    NotAReport {
        /// The report's name.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// One ranked articles, the other asked for answers.
    #[error("one report is of `--mode retrieval` and the other is not; compare runs of one mode")]
    Kinds,
    /// No question is in both.
    #[error("the reports have no question in common")]
    Nothing,
}

/// One figure of one language in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedFigure {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// The figure's name: `S@1`, `outcomes`, …
    pub figure: &'static str,
    /// Mean in the first run, over the questions in both.
    pub before: f64,
    /// Mean in the second.
    pub after: f64,
    /// What the second gained: of 95 % for all languages together, of 99.5 % for one of them, since there are
    /// many.
    pub gain: Interval,
    /// Questions that did better in the second run.
    pub n_better: usize,
    /// Questions that did worse.
    pub n_worse: usize,
}

impl ComparedFigure {
    /// Whether the second run is worse beyond chance.
    pub fn is_regression(&self) -> bool {
        self.gain.n > 0 && self.gain.high < 0.0
    }
}

/// Two runs compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// All languages together, then each.
    pub figures: Vec<ComparedFigure>,
    /// Questions in both.
    pub n_common: usize,
    /// Questions in one of them only, which count for nothing.
    pub n_alone: usize,
    /// Ids of questions that lost their first right article or their expected outcome.
    pub lost: Vec<String>,
    /// Ids of those that won it.
    pub won: Vec<String>,
}

/// What one question came to: figures by name, from 0 to 1; the first is what [`Comparison::lost`] goes by.
type Figures = Vec<(&'static str, Option<f64>)>;

/// Compares two reports, each a name and a text; the first is the older.
///
/// # Errors
/// [`CompareError`].
pub fn compare(before: (&str, &str), after: (&str, &str)) -> Result<Comparison, CompareError> {
    let read = |(name, text): (&str, &str)| {
        serde_json::from_str::<Written>(text).map_err(|source| CompareError::NotAReport {
            name: name.to_owned(),
            source,
        })
    };
    let (before, after) = match (read(before)?, read(after)?) {
        (Written::Retrieval(a), Written::Retrieval(b)) => (ranked(a), ranked(b)),
        (Written::Answers(a), Written::Answers(b)) => (asked(a), asked(b)),
        _ => return Err(CompareError::Kinds),
    };
    let n_before = before.len();
    let mut known: HashMap<String, Figures> = before
        .into_iter()
        .map(|(id, _, figures)| (id, figures))
        .collect();
    let n_after = after.len();
    let mut pairs: BTreeMap<&str, Vec<(Figures, Figures)>> = BTreeMap::new();
    let mut comparison = Comparison {
        figures: Vec::new(),
        n_common: 0,
        n_alone: 0,
        lost: Vec::new(),
        won: Vec::new(),
    };
    for (id, language, now) in after {
        let Some(then) = known.remove(&id) else {
            continue;
        };
        comparison.n_common += 1;
        if let (Some((_, Some(then))), Some((_, Some(now)))) = (then.first(), now.first()) {
            if now < then {
                comparison.lost.push(id);
            } else if now > then {
                comparison.won.push(id);
            }
        }
        for row in ["all", language.code()] {
            let pair = (then.clone(), now.clone());
            pairs.entry(row).or_default().push(pair);
        }
    }
    if comparison.n_common == 0 {
        return Err(CompareError::Nothing);
    }
    comparison.n_alone = n_before + n_after - 2 * comparison.n_common;
    comparison.figures = pairs
        .iter()
        .flat_map(|(language, pairs)| rows(language, pairs))
        .collect();
    Ok(comparison)
}

fn ranked(report: RetrievalReport) -> Vec<(String, Language, Figures)> {
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
            let figures = figures(ranks, question.n_relevant);
            (question.id, question.language, figures)
        })
        .collect()
}

fn asked(report: AnswerReport) -> Vec<(String, Language, Figures)> {
    let questions = report.questions.into_iter();
    questions
        .map(|question| {
            let met = question
                .expected
                .map(|expected| f64::from(u8::from(question.outcome.meets(expected))));
            let within = |k| question.answerable.then(|| success_at(k, question.rank));
            let figures = vec![("outcomes", met), ("S@1", within(1)), ("S@3", within(3))];
            (question.id, question.language, figures)
        })
        .collect()
}

/// Resamples outside the interval, per thousand: of all languages together and of one.
const OUTSIDE: (usize, usize) = (50, 5);

fn rows(language: &str, pairs: &[(Figures, Figures)]) -> Vec<ComparedFigure> {
    let n_figures = pairs.first().map_or(0, |(then, _)| then.len());
    let row = |place: usize| {
        let values: Vec<(f64, f64)> = pairs
            .iter()
            .filter_map(|(then, now)| Some((then[place].1?, now[place].1?)))
            .collect();
        let gains: Vec<f64> = values.iter().map(|(then, now)| now - then).collect();
        let n = values.len().max(1) as f64;
        let outside = if language == "all" {
            OUTSIDE.0
        } else {
            OUTSIDE.1
        };
        ComparedFigure {
            language: language.to_owned(),
            figure: pairs[0].0[place].0,
            before: values.iter().map(|(then, _)| then).sum::<f64>() / n,
            after: values.iter().map(|(_, now)| now).sum::<f64>() / n,
            gain: mean_interval_of(&gains, outside),
            n_better: gains.iter().filter(|gain| **gain > 0.0).count(),
            n_worse: gains.iter().filter(|gain| **gain < 0.0).count(),
        }
    };
    (0..n_figures).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report in which question `i` has its right article first when `is_right`.
    fn report(n: usize, is_right: impl Fn(usize) -> bool) -> String {
        let question = |i: usize| {
            let ranks = if is_right(i) { "[1]" } else { "[]" };
            format!(r#"{{"id":"{i}","language":"nl","n_relevant":1,"ranks":{{"loket":{ranks}}}}}"#)
        };
        let questions: Vec<String> = (0..n).map(question).collect();
        format!(
            r#"{{"generation":"g","encoder":"e","rows":[],"questions":[{}]}}"#,
            questions.join(",")
        )
    }

    fn compared(before: &str, after: &str) -> Comparison {
        compare(("a.json", before), ("b.json", after)).expect("reports")
    }

    #[test]
    fn a_loss_beyond_chance_is_a_regression_and_chance_is_not() {
        let before = report(200, |i| i % 2 == 0);
        let same = compared(&before, &before);
        assert!(same.figures.iter().all(|figure| !figure.is_regression()));
        assert_eq!((same.n_common, same.n_alone), (200, 0));

        // As many won as lost.
        let other = compared(&before, &report(200, |i| (i / 2) % 2 == 0));
        assert!(other.figures.iter().all(|figure| !figure.is_regression()));
        assert_eq!((other.lost.len(), other.won.len()), (50, 50));

        let worse = compared(&before, &report(200, |i| i % 2 == 0 && i % 5 != 0));
        let first = &worse.figures[0];
        assert_eq!((first.language.as_str(), first.figure), ("all", "S@1"));
        assert!((first.before - 0.5).abs() < 1e-9 && (first.after - 0.4).abs() < 1e-9);
        assert!(first.is_regression());
        assert_eq!((first.n_better, first.n_worse), (0, 20));
        assert_eq!(worse.lost.len(), 20);
    }

    #[test]
    fn questions_of_one_run_count_for_nothing() {
        let comparison = compared(&report(10, |_| true), &report(30, |i| i < 10));
        assert_eq!((comparison.n_common, comparison.n_alone), (10, 20));
        assert!((comparison.figures[0].after - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_report_is_named() {
        let report = report(1, |_| true);
        let error = compare(("a.json", &report), ("b.json", "{}")).expect_err("no report");
        assert_eq!(
            error.to_string(),
            "`b.json` is no report of `loket eval run`; write one with `--json b.json`"
        );
        let answers = r#"{"questions":[{"id":"1","language":"nl","rank":null,"answerable":true,"expected":null,"outcome":"answered"}]}"#;
        let error = compare(("a.json", &report), ("b.json", answers)).expect_err("another mode");
        assert!(matches!(error, CompareError::Kinds));
    }
}
