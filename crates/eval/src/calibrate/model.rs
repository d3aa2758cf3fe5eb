//! The fit itself: logistic regression with a quadratic penalty, by Newton's method (iteratively reweighted least squares;
//! Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd edition, section 4.4.1).

use answer::confidence::{Calibration, Features};

use super::Example;
use crate::linear;

/// Penalty on squared weights; the intercept is free.
const PENALTY: f64 = 1.0;
const DIMENSIONS: usize = Features::NAMES.len() + 1;
type Vector = [f64; DIMENSIONS];

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
pub(super) fn model(before: &Calibration, examples: &[Example]) -> Calibration {
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

/// `features` as they are before the writer reads.
pub(super) const fn unread(features: Features) -> Features {
    Features {
        read: 0.0,
        reading: 0.0,
        ..features
    }
}
