//! Calibration: fits the confidence model on judged questions.
//!
//! Logistic regression with a quadratic penalty, by Newton's method (iteratively reweighted least squares;
//! Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd edition, section 4.4.1).

use answer::confidence::{Calibration, Features};
use serde::Serialize;

use crate::linear;

/// Features of one question with whether its best evidence answers it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// What the engine saw.
    pub features: Features,
    /// Whether the top article is one that answers the question.
    pub answers: bool,
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
}

/// Share of wrong examples above [`CalibrationReport::sure`].
pub const MAX_WRONG_AMONG_SURE: f64 = 0.1;

/// Fewer examples than this above a threshold say nothing of it.
const LEAST_SURE: usize = 20;

/// Penalty on squared weights; the intercept is free.
const PENALTY: f64 = 1.0;
const DIMENSIONS: usize = Features::NAMES.len() + 1;
type Vector = [f64; DIMENSIONS];

/// Fits a model; `before` is the one in use, `max_false_refusals` (0 to 1) sets the threshold.
pub fn fit(
    examples: &[Example],
    before: &Calibration,
    max_false_refusals: f64,
) -> CalibrationReport {
    let calibration = model(before, examples);
    let held_out: Vec<(f64, f64, bool)> = (0..10)
        .flat_map(|fold| {
            let (test, train): (Vec<_>, Vec<_>) = examples
                .iter()
                .enumerate()
                .partition(|(i, _)| i % 10 == fold);
            let train: Vec<Example> = train.into_iter().map(|(_, e)| *e).collect();
            let model = model(before, &train);
            test.into_iter()
                .map(|(_, e)| {
                    let probability = model.probability(&e.features);
                    let unread = model.probability(&unread(e.features));
                    (f64::from(probability), f64::from(unread), e.answers)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let sure = sure(
        held_out
            .iter()
            .map(|(_, unread, answers)| (*unread, *answers)),
    );
    let held_out: Vec<(f64, bool)> = held_out
        .iter()
        .map(|(p, _, answers)| (*p, *answers))
        .collect();
    let old: Vec<(f64, bool)> = examples
        .iter()
        .map(|e| (f64::from(before.probability(&e.features)), e.answers))
        .collect();
    let mut right: Vec<f64> = held_out
        .iter()
        .filter(|(_, answers)| *answers)
        .map(|(p, _)| *p)
        .collect();
    let threshold = crate::metrics::quantile(&mut right, max_false_refusals);
    let wrong: Vec<f64> = held_out
        .iter()
        .filter(|(_, answers)| !*answers)
        .map(|(p, _)| *p)
        .collect();
    let answered_anyway =
        wrong.iter().filter(|p| **p >= threshold).count() as f64 / wrong.len().max(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a probability needs no more than f32"
    )]
    let (threshold, sure) = (threshold as f32, sure as f32);
    CalibrationReport {
        calibration,
        auroc_before: auroc(&old),
        auroc_after: auroc(&held_out),
        threshold,
        sure,
        answered_anyway,
        n: examples.len(),
    }
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

/// `features` as they are before the writer reads.
const fn unread(features: Features) -> Features {
    Features {
        read: 0.0,
        reading: 0.0,
        ..features
    }
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

fn maximise(examples: &[Example]) -> Vector {
    let rows: Vec<(Vector, f64)> = examples
        .iter()
        .map(|example| {
            let mut x = [1.0; DIMENSIONS];
            for (slot, value) in x[1..].iter_mut().zip(example.features.values()) {
                *slot = f64::from(value);
            }
            (x, if example.answers { 1.0 } else { 0.0 })
        })
        .collect();
    let mut w = [0.0; DIMENSIONS];
    for _ in 0..50 {
        let mut gradient = vec![0.0; DIMENSIONS];
        let mut hessian = vec![vec![0.0; DIMENSIONS]; DIMENSIONS];
        for i in 0..DIMENSIONS {
            // A trace of penalty on the intercept keeps the system solvable for one-sided data.
            let penalty = if i == 0 { 1e-3 } else { PENALTY };
            gradient[i] = -penalty * w[i];
            hessian[i][i] = penalty;
        }
        for (x, y) in &rows {
            let z: f64 = x.iter().zip(&w).map(|(a, b)| a * b).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            for i in 0..DIMENSIONS {
                gradient[i] += (y - p) * x[i];
                for j in 0..DIMENSIONS {
                    hessian[i][j] += p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        let step = linear::solve(hessian, gradient);
        for (weight, change) in w.iter_mut().zip(&step) {
            *weight += change;
        }
        if step.iter().all(|change| change.abs() < 1e-8) {
            break;
        }
    }
    w
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weights of order one need no more than f32"
)]
fn to_calibration(w: &Vector) -> Calibration {
    let [intercept, rest @ ..] = w.map(|weight| weight as f32);
    let [
        nearness,
        versions,
        lead,
        statement,
        coverage,
        words,
        unknown,
        agreement,
        cross_lingual,
        length,
        read,
        reading,
    ] = rest;
    Calibration {
        intercept,
        weights: Features {
            nearness,
            versions,
            lead,
            statement,
            coverage,
            words,
            unknown,
            agreement,
            cross_lingual,
            length,
            read,
            reading,
        },
    }
}

/// The model of `examples`, with the weights of `before` for what none of them tells of: without a writer nothing is
/// known of its verdicts.
///
/// What the writer read is fitted on top of the rest, which is fitted as if nobody had read: the engine decides by the
/// rest alone whom to ask.
fn model(before: &Calibration, examples: &[Example]) -> Calibration {
    let as_unread: Vec<Example> = examples
        .iter()
        .map(|example| Example {
            features: unread(example.features),
            ..*example
        })
        .collect();
    let mut fitted = to_calibration(&maximise(&as_unread));
    fitted.weights.read = before.weights.read;
    fitted.weights.reading = before.weights.reading;
    let read: Vec<&Example> = examples
        .iter()
        .filter(|example| example.features.read > 0.0)
        .collect();
    if !read.is_empty() {
        let [shift, reading] = on_top(&fitted, &read);
        fitted.weights.read = shift;
        fitted.weights.reading = reading;
    }
    fitted
}

/// Newton's method for the two weights of a reading, given the log-odds of everything else.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights of order one need no more than f32"
)]
fn on_top(rest: &Calibration, examples: &[&Example]) -> [f32; 2] {
    let rows: Vec<(f64, f64, f64)> = examples
        .iter()
        .map(|example| {
            let chance =
                f64::from(rest.probability(&unread(example.features))).clamp(1e-6, 1.0 - 1e-6);
            let answers = if example.answers { 1.0 } else { 0.0 };
            (
                (chance / (1.0 - chance)).ln(),
                f64::from(example.features.reading),
                answers,
            )
        })
        .collect();
    let mut w = [0.0; 2];
    for _ in 0..50 {
        let mut gradient = vec![-1e-3 * w[0], -PENALTY * w[1]];
        let mut hessian = vec![vec![1e-3, 0.0], vec![0.0, PENALTY]];
        for (offset, reading, answers) in &rows {
            let x = [1.0, *reading];
            let p = 1.0 / (1.0 + (-(offset + w[0] + w[1] * reading)).exp());
            for i in 0..2 {
                gradient[i] += (answers - p) * x[i];
                for j in 0..2 {
                    hessian[i][j] += p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        let step = linear::solve(hessian, gradient);
        for (weight, change) in w.iter_mut().zip(&step) {
            *weight += change;
        }
        if step.iter().all(|change| change.abs() < 1e-8) {
            break;
        }
    }
    w.map(|weight| weight as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_examples_do_not_tell_stays() {
        let before = Calibration::default();
        let example = |i: u8, read: f32| Example {
            features: Features {
                coverage: f32::from(i % 10) / 10.0,
                read,
                reading: read * f32::from(i % 3),
                ..Features::default()
            },
            answers: i.is_multiple_of(2),
        };
        let unread: Vec<Example> = (0..60).map(|i| example(i, 0.0)).collect();
        let fitted = fit(&unread, &before, 0.1).calibration.weights;
        assert!((fitted.reading - before.weights.reading).abs() < f32::EPSILON);
        let read: Vec<Example> = (0..60).map(|i| example(i, 1.0)).collect();
        let fitted = fit(&read, &before, 0.1).calibration.weights;
        assert!((fitted.reading - before.weights.reading).abs() > 0.1);
    }

    #[test]
    fn the_sure_are_as_many_as_are_nearly_all_right() {
        let scored = |n_right: usize, n_wrong: usize| {
            (0..n_right + n_wrong).map(move |i| (1.0 - i as f64 / 1000.0, i < n_right))
        };
        // 45 right before 5 wrong: all 50; with 6 wrong, 50 again, since the 51st would be the sixth.
        assert!((sure(scored(45, 5)) - 0.0).abs() < 1e-9);
        assert!((sure(scored(45, 60)) - 0.95).abs() < 1e-9);
        assert!((sure(scored(15, 0)) - 1.0).abs() < 1e-9, "too few");
        assert!((sure(scored(0, 50)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_telling_feature_gets_its_weight() {
        let examples: Vec<Example> = (0..200_u16)
            .map(|i| {
                let coverage = f32::from(i % 10) / 10.0;
                let noise = i % 7 == 0;
                Example {
                    features: Features {
                        coverage,
                        length: f32::from(i % 3) - 1.0,
                        ..Features::default()
                    },
                    answers: (coverage > 0.45) != noise,
                }
            })
            .collect();
        let flat = Calibration {
            intercept: 0.0,
            weights: Features::default(),
        };
        let report = fit(&examples, &flat, 0.1);
        assert!((report.auroc_before - 0.5).abs() < 1e-9);
        assert!(report.auroc_after > 0.75, "{}", report.auroc_after);
        assert!(
            report.calibration.weights.coverage > 2.0,
            "{:?}",
            report.calibration
        );
        assert!(
            report.calibration.weights.length.abs() < 0.3,
            "{:?}",
            report.calibration
        );
    }

    #[test]
    fn auroc_counts_ties_half() {
        assert!((auroc(&[(0.9, true), (0.1, false)]) - 1.0).abs() < 1e-9);
        assert!((auroc(&[(0.5, true), (0.5, false)]) - 0.5).abs() < 1e-9);
        assert!((auroc(&[(0.5, true)]) - 0.5).abs() < 1e-9);
    }
}
