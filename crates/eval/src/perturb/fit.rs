//! The models of meaning fitted: logistic regression over what was measured of the suite's sentences.

use answer::check::{
    Features,
    meaning::{Model, N_FEATURES},
};

use super::Checked;
use crate::{linear, metrics::quantile};

const DIMENSIONS: usize = N_FEATURES + 1;

/// Penalty on the squared weights of standardised measures: the suite has few paraphrases, and without it one
/// measure would decide alone.
const PENALTY: f64 = 3.0;

/// Fits the model for evidence in the sentence's language, or in another, on the sentences that got as far as their
/// meaning; the odds are moved so that `max_lost` (0 to 1) of the true ones among them lie below one half. `None`
/// when there are fewer than 20 true or 20 false ones.
pub fn fit(sentences: &[Checked], cross_lingual: bool, max_lost: f64) -> Option<Model> {
    let examples: Vec<(&Features, bool)> = sentences
        .iter()
        .filter(|checked| checked.faults.is_empty())
        .filter_map(|checked| Some((checked.features.as_ref()?, checked.sample.kind.is_true())))
        .filter(|(features, _)| (features.cross_lingual > 0.5) == cross_lingual)
        .collect();
    let n_true = examples.iter().filter(|(_, is_true)| *is_true).count();
    if n_true < 20 || examples.len() - n_true < 20 {
        return None;
    }
    let rows: Vec<([f64; N_FEATURES], bool)> = examples
        .iter()
        .map(|(features, is_true)| (features.values().map(f64::from), *is_true))
        .collect();
    let (means, spreads) = moments(&rows);
    let weights = maximise(&rows, &means, &spreads, n_true);
    let plain: Vec<f64> = (0..N_FEATURES)
        .map(|i| weights[i + 1] / spreads[i])
        .collect();
    let shift: f64 = (0..N_FEATURES).map(|i| plain[i] * means[i]).sum();
    let intercept = weights[0] - shift;
    let odds = |row: &[f64; N_FEATURES]| -> f64 {
        intercept
            + row
                .iter()
                .zip(&plain)
                .map(|(value, weight)| value * weight)
                .sum::<f64>()
    };
    let mut of_true: Vec<f64> = rows
        .iter()
        .filter(|(_, is_true)| *is_true)
        .map(|(row, _)| odds(row))
        .collect();
    let least = quantile(&mut of_true, max_lost);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights of order ten need no more than f32"
    )]
    let narrowed = |value: f64| value as f32;
    let mut model = Model {
        intercept: narrowed(intercept - least + 1e-3),
        weights: [0.0; N_FEATURES],
    };
    for (slot, weight) in model.weights.iter_mut().zip(&plain) {
        *slot = narrowed(*weight);
    }
    Some(model)
}

fn moments(rows: &[([f64; N_FEATURES], bool)]) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len() as f64;
    let mean = |i: usize| rows.iter().map(|(row, _)| row[i]).sum::<f64>() / n;
    let means: Vec<f64> = (0..N_FEATURES).map(mean).collect();
    let spread = |i: usize| {
        let variance = rows
            .iter()
            .map(|(row, _)| (row[i] - means[i]).powi(2))
            .sum::<f64>()
            / n;
        // A measure that does not vary, such as the words shared across languages, gets no weight.
        if variance > 1e-9 {
            variance.sqrt()
        } else {
            1e6
        }
    };
    let spreads = (0..N_FEATURES).map(spread).collect();
    (means, spreads)
}

/// Newton's method on the penalised likelihood; true and false sentences count the same on the whole.
fn maximise(
    rows: &[([f64; N_FEATURES], bool)],
    means: &[f64],
    spreads: &[f64],
    n_true: usize,
) -> Vec<f64> {
    let mut w = vec![0.0; DIMENSIONS];
    let share = |is_true: bool| {
        let n = if is_true { n_true } else { rows.len() - n_true };
        rows.len() as f64 / (2.0 * n as f64)
    };
    for _ in 0..60 {
        let mut gradient = vec![0.0; DIMENSIONS];
        let mut hessian = vec![vec![0.0; DIMENSIONS]; DIMENSIONS];
        for i in 0..DIMENSIONS {
            let penalty = if i == 0 { 1e-3 } else { PENALTY };
            gradient[i] = -penalty * w[i];
            hessian[i][i] = penalty;
        }
        for (row, is_true) in rows {
            let mut x = [1.0; DIMENSIONS];
            for i in 0..N_FEATURES {
                x[i + 1] = (row[i] - means[i]) / spreads[i];
            }
            let z: f64 = x.iter().zip(&w).map(|(a, b)| a * b).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            let weight = share(*is_true);
            for i in 0..DIMENSIONS {
                gradient[i] += weight * (f64::from(u8::from(*is_true)) - p) * x[i];
                for j in 0..DIMENSIONS {
                    hessian[i][j] += weight * p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        let step = linear::solve(hessian, gradient);
        for (weight, change) in w.iter_mut().zip(&step) {
            *weight += change;
        }
        if step.iter().all(|change| change.abs() < 1e-7) {
            break;
        }
    }
    w
}

#[cfg(test)]
mod tests {
    use corpus::Language;

    use super::*;
    use crate::perturb::{Kind, Sample};

    fn checked(coverage: f32, is_true: bool) -> Checked {
        Checked {
            sample: Sample {
                collection: String::new(),
                article: String::new(),
                kind: if is_true { Kind::Joined } else { Kind::Name },
                language: Language::En,
                evidence_language: Language::En,
                text: String::new(),
                origin: String::new(),
            },
            is_supported: false,
            why: None,
            faults: Vec::new(),
            features: Some(Features {
                coverage,
                ..Features::default()
            }),
            cited: Vec::new(),
        }
    }

    #[test]
    fn few_true_sentences_lie_below_one_half() {
        let sentences: Vec<Checked> = (0..200_u8)
            .map(|i| {
                checked(
                    f32::from(i % 100) / 200.0 + if i < 100 { 0.5 } else { 0.2 },
                    i < 100,
                )
            })
            .collect();
        let model = fit(&sentences, false, 0.05).expect("there are enough");
        assert!(model.weights[2] > 1.0, "{model:?}");
        let n_lost = sentences
            .iter()
            .filter(|c| c.sample.kind.is_true())
            .filter(|c| model.probability(&c.features.expect("measured")) < 0.5)
            .count();
        assert!((3..=5).contains(&n_lost), "{n_lost}");
        assert_eq!(fit(&sentences, true, 0.05), None);
    }
}
