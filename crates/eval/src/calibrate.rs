//! Calibration: fits the confidence model on judged questions, and the thresholds it is used with.
//!
//! examples → **model** → thresholds → before and after. What is told of the fitted model is told of questions it was
//! not fitted on: ten folds, and within the other nine again ten, from which the threshold is taken (nested
//! cross-validation; Varma and Simon, BMC Bioinformatics 7, 2006). Tested on its own examples every fit looks better
//! than it is.

use answer::confidence::{Calibration, Features};
use serde::Serialize;

use crate::{metrics::quantile, reliability::reliability};

mod model;
#[cfg(test)]
mod tests;

use model::{model, unread};

/// Features of one question with whether its best evidence answers it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// What the engine saw.
    pub features: Features,
    /// Whether the top article is one that answers the question.
    pub answers: bool,
}

/// What a model does to questions, with a threshold below which none is answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Area under the ROC curve; see [`auroc`].
    pub auroc: f64,
    /// Share of the questions with the right article first that are refused.
    pub false_refusals: f64,
    /// Share of the others that are answered anyway.
    pub answered_anyway: f64,
    /// Expected calibration error, 0 to 1; see [`crate::reliability`].
    pub expected_error: f64,
    /// Brier score, 0 to 1.
    pub brier: f64,
    /// Number of questions.
    pub n: usize,
}

impl Quality {
    /// Of questions with their probability, the threshold it is held against, and whether they are right.
    fn of(scored: &[(f64, f64, bool)]) -> Self {
        let probabilities: Vec<(f64, bool)> = scored
            .iter()
            .map(|(probability, _, right)| (*probability, *right))
            .collect();
        let share = |is_right: bool, is_answered: bool| {
            let counted = || scored.iter().filter(|(_, _, right)| *right == is_right);
            let n = counted()
                .filter(|(probability, threshold, _)| (probability >= threshold) == is_answered)
                .count();
            n as f64 / counted().count().max(1) as f64
        };
        let reliability = reliability(&probabilities);
        Self {
            auroc: auroc(&probabilities),
            false_refusals: share(true, false),
            answered_anyway: share(false, true),
            expected_error: reliability.expected_error,
            brier: reliability.brier,
            n: scored.len(),
        }
    }
}

/// What a fit did.
#[derive(Debug, Clone, Serialize)]
pub struct CalibrationReport {
    /// The fitted model.
    pub calibration: Calibration,
    /// Area under the ROC curve of the model the engine ran with.
    pub auroc_before: f64,
    /// Area under the ROC curve of the fitted model, by ten-fold cross-validation.
    pub auroc_after: f64,
    /// Threshold at which at most `max_false_refusals` of the answerable questions are refused.
    pub threshold: f32,
    /// Confidence without the writer's reading above which at most [`MAX_WRONG_AMONG_SURE`] are wrong; 1 where there is
    /// none.
    pub sure: f32,
    /// Share of unanswerable questions that would be answered at the threshold.
    pub answered_anyway: f64,
    /// Number of examples.
    pub n: usize,
    /// The model and the threshold in use, on these questions.
    pub before: Quality,
    /// The fitted ones, each question by a model and a threshold that were fitted without it.
    pub after: Quality,
}

/// Share of wrong examples above [`CalibrationReport::sure`].
pub const MAX_WRONG_AMONG_SURE: f64 = 0.1;

/// Fewer examples than this above a threshold say nothing of it.
const LEAST_SURE: usize = 20;

/// Folds of cross-validation.
const FOLDS: usize = 10;

/// Fits a model; `before` and `threshold_before` are those in use, `max_false_refusals` (0 to 1) sets the new threshold.
pub fn fit(
    examples: &[Example],
    before: &Calibration,
    threshold_before: f32,
    max_false_refusals: f64,
) -> CalibrationReport {
    let held_out: Vec<(f64, f64, bool)> = held_out(examples, before, |model, e| {
        let unread = model.probability(&unread(e.features));
        (
            f64::from(model.probability(&e.features)),
            f64::from(unread),
            e.answers,
        )
    });
    let sure = sure(
        held_out
            .iter()
            .map(|(_, unread, answers)| (*unread, *answers)),
    );
    let held_out: Vec<(f64, bool)> = held_out
        .iter()
        .map(|(p, _, answers)| (*p, *answers))
        .collect();
    let threshold = threshold_of(&held_out, max_false_refusals);
    let at_threshold: Vec<(f64, f64, bool)> = held_out
        .iter()
        .map(|(probability, right)| (*probability, threshold, *right))
        .collect();
    let used: Vec<(f64, f64, bool)> = examples
        .iter()
        .map(|e| {
            let probability = before.probability(&e.features);
            (
                f64::from(probability),
                f64::from(threshold_before),
                e.answers,
            )
        })
        .collect();
    let before_fit = Quality::of(&used);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a probability needs no more than f32"
    )]
    let (narrow_threshold, sure) = (threshold as f32, sure as f32);
    CalibrationReport {
        calibration: model(before, examples),
        auroc_before: before_fit.auroc,
        auroc_after: auroc(&held_out),
        threshold: narrow_threshold,
        sure,
        answered_anyway: Quality::of(&at_threshold).answered_anyway,
        n: examples.len(),
        before: before_fit,
        after: Quality::of(&nested(examples, before, max_false_refusals)),
    }
}

/// Examples in and outside of a fold. Every tenth goes into one, so that files sorted by language or by outcome are mixed.
fn fold(examples: &[Example], fold: usize) -> (Vec<Example>, Vec<Example>) {
    let (mut test, mut train) = (Vec::new(), Vec::new());
    for (place, example) in examples.iter().enumerate() {
        let side = if place % FOLDS == fold {
            &mut test
        } else {
            &mut train
        };
        side.push(*example);
    }
    (test, train)
}

/// What `judge` makes of every example, with a model that was fitted without it.
fn held_out<T>(
    examples: &[Example],
    before: &Calibration,
    judge: impl Fn(&Calibration, &Example) -> T,
) -> Vec<T> {
    (0..FOLDS)
        .flat_map(|place| {
            let (test, train) = fold(examples, place);
            let model = model(before, &train);
            let judged = test.iter().map(|example| judge(&model, example));
            judged.collect::<Vec<T>>()
        })
        .collect()
}

/// Every example with a probability and a threshold that know nothing of it.
fn nested(
    examples: &[Example],
    before: &Calibration,
    max_false_refusals: f64,
) -> Vec<(f64, f64, bool)> {
    let scored =
        |model: &Calibration, e: &Example| (f64::from(model.probability(&e.features)), e.answers);
    (0..FOLDS)
        .flat_map(|place| {
            let (test, train) = fold(examples, place);
            let threshold = threshold_of(&held_out(&train, before, scored), max_false_refusals);
            let model = model(before, &train);
            let judged = test.iter().map(|example| {
                let (probability, right) = scored(&model, example);
                (probability, threshold, right)
            });
            judged.collect::<Vec<_>>()
        })
        .collect()
}

/// The highest threshold at which no more than `max_false_refusals` of the right ones are refused.
fn threshold_of(scored: &[(f64, bool)], max_false_refusals: f64) -> f64 {
    let right = scored.iter().filter(|(_, right)| *right);
    let mut right: Vec<f64> = right.map(|(probability, _)| *probability).collect();
    quantile(&mut right, max_false_refusals)
}

/// The lowest threshold above which enough examples lie, at most [`MAX_WRONG_AMONG_SURE`] of them wrong.
fn sure(scored: impl Iterator<Item = (f64, bool)>) -> f64 {
    let mut scored: Vec<(f64, bool)> = scored.collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut lowest, mut n_wrong) = (1.0, 0.0);
    for (index, (_, answers)) in scored.iter().enumerate() {
        n_wrong += if *answers { 0.0 } else { 1.0 };
        let n_above = index + 1;
        let below = scored
            .get(n_above)
            .map_or(0.0, |(probability, _)| *probability);
        if n_above >= LEAST_SURE && n_wrong <= MAX_WRONG_AMONG_SURE * n_above as f64 {
            lowest = below;
        }
    }
    lowest
}

/// Area under the ROC curve: how often a right example scores above a wrong one, ties counting half
/// (Hanley and `McNeil`, Radiology 143, 1982). 0.5 when either kind is absent.
pub fn auroc(scored: &[(f64, bool)]) -> f64 {
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (right, _) in scored.iter().filter(|(_, answers)| *answers) {
        for (wrong, _) in scored.iter().filter(|(_, answers)| !*answers) {
            pairs += 1.0;
            wins += match right.total_cmp(wrong) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    if pairs > 0.0 { wins / pairs } else { 0.5 }
}
