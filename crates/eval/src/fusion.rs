//! Fusion fitted: what each signal of an article is worth, from judged candidates of several collections.
//!
//! questions → candidates with their signals → **weights**. A conditional logit: among the candidates of one
//! question, the probability of each grows with its weighted signals, and the weights make the relevant ones
//! most probable (`McFadden`, 1974; as a ranking loss: Cao et al., ICML 2007, "Learning to Rank: From Pairwise
//! Approach to Listwise Approach", with top-one probabilities). Every collection counts the same, however many
//! questions it has.

use answer::{
    engine::Retrieved,
    retrieve::{Candidate, FusionWeights, Signals},
};
use corpus::Language;
use indexer::Snapshot;
use serde::{Deserialize, Serialize};

/// One candidate article.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgedCandidate {
    /// Whether it is relevant.
    pub relevant: bool,
    /// What speaks for it.
    pub signals: Signals,
}

/// The candidates of one question, in the order they were ranked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedCandidates {
    /// The question's id.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// The first [`DEPTH`] candidates, and every relevant one behind them.
    pub candidates: Vec<JudgedCandidate>,
}

/// Candidates kept for each question.
pub const DEPTH: usize = 40;

impl JudgedCandidates {
    /// What was retrieved for the question `id`, judged by which articles are relevant.
    pub fn new(
        id: &str,
        snapshot: &Snapshot,
        retrieved: &Retrieved,
        is_relevant: impl Fn(&str) -> bool,
    ) -> Self {
        let judge = |candidate: &Candidate| JudgedCandidate {
            relevant: is_relevant(snapshot.article(candidate.article).id.as_str()),
            signals: candidate.signals,
        };
        let judged = retrieved.candidates.iter().map(judge).enumerate();
        Self {
            id: id.to_owned(),
            language: retrieved.query.language,
            candidates: judged
                .filter(|(place, candidate)| *place < DEPTH || candidate.relevant)
                .map(|(_, candidate)| candidate)
                .collect(),
        }
    }
}

/// A fit and how well it ranks.
#[derive(Debug, Clone, Serialize)]
pub struct FusionReport {
    /// The fitted weights.
    pub weights: FusionWeights,
    /// For each collection, in the order given: share of questions whose first candidate is relevant, with the
    /// weights in use, with weights fitted on all collections, and with weights fitted on the others only.
    pub collections: Vec<[f64; 3]>,
}

/// Penalty on squared weights, per standard deviation of their signal, against one question's likelihood.
const PENALTY: f64 = 0.002;

const DIMENSIONS: usize = Signals::NAMES.len();

/// Fits weights on `collections`; `before` are those in use.
pub fn fit(collections: &[Vec<JudgedCandidates>], before: &FusionWeights) -> FusionReport {
    let all: Vec<&[JudgedCandidates]> = collections.iter().map(Vec::as_slice).collect();
    let fitted = maximise(&all);
    let figures = (0..collections.len()).map(|held_out| {
        let mut others = all.clone();
        let own = others.remove(held_out);
        let without = maximise(&others);
        [&before.article, &fitted, &without].map(|weights| success(own, weights))
    });
    FusionReport {
        collections: figures.collect(),
        weights: FusionWeights {
            article: fitted,
            ..*before
        },
    }
}

/// Share of questions whose best candidate by `weights` is relevant.
fn success(questions: &[JudgedCandidates], weights: &Signals) -> f64 {
    let worth = |candidate: &JudgedCandidate| -> f32 {
        let pairs = candidate.signals.values().into_iter().zip(weights.values());
        pairs.map(|(signal, weight)| signal * weight).sum()
    };
    let n_right = questions
        .iter()
        .filter(|question| {
            let best = question
                .candidates
                .iter()
                .max_by(|a, b| worth(a).total_cmp(&worth(b)));
            best.is_some_and(|candidate| candidate.relevant)
        })
        .count();
    n_right as f64 / questions.len().max(1) as f64
}

/// Projected gradient ascent on the penalised conditional likelihood, which is concave, with a step that grows
/// while it helps. No weight is negative: more of what speaks for an article never speaks against it, which
/// also keeps signals that go together from being played off against each other. Signals are scaled to unit
/// spread, so that the penalty means the same for each.
fn maximise(collections: &[&[JudgedCandidates]]) -> Signals {
    let scales = spreads(collections);
    let mut w = [0.0; DIMENSIONS];
    let (mut likelihood, mut gradient) = climb(collections, &scales, &w);
    let mut step = 1.0;
    while step > 1e-6 {
        let next: [f64; DIMENSIONS] = std::array::from_fn(|i| (w[i] + step * gradient[i]).max(0.0));
        let (reached, slope) = climb(collections, &scales, &next);
        let gained = reached - likelihood;
        if gained > 0.0 {
            (w, likelihood, gradient) = (next, reached, slope);
            step *= 1.5;
            if gained < 1e-8 {
                break;
            }
        } else {
            step /= 2.0;
        }
    }
    let mut values = [0.0; DIMENSIONS];
    for ((value, weight), scale) in values.iter_mut().zip(w).zip(scales) {
        *value = narrow(weight / scale);
    }
    Signals::from_values(values)
}

/// The penalised log-likelihood at `w`, every collection counting the same, and its gradient.
fn climb(
    collections: &[&[JudgedCandidates]],
    scales: &[f64; DIMENSIONS],
    w: &[f64; DIMENSIONS],
) -> (f64, [f64; DIMENSIONS]) {
    let mut likelihood = -PENALTY / 2.0 * w.iter().map(|weight| weight * weight).sum::<f64>();
    let mut gradient = w.map(|weight| -PENALTY * weight);
    for questions in collections {
        let share = 1.0 / (questions.len().max(1) * collections.len()) as f64;
        for question in *questions {
            likelihood += share * add_question(question, scales, w, share, &mut gradient);
        }
    }
    (likelihood, gradient)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weights of order one need no more than f32"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Standard deviation of each signal over all candidates; 1 for one that never varies.
fn spreads(collections: &[&[JudgedCandidates]]) -> [f64; DIMENSIONS] {
    let (mut n, mut sum, mut squares) = (0.0, [0.0; DIMENSIONS], [0.0; DIMENSIONS]);
    let candidates = collections
        .iter()
        .copied()
        .flatten()
        .flat_map(|q| &q.candidates);
    for candidate in candidates {
        n += 1.0;
        for (i, value) in candidate.signals.values().into_iter().enumerate() {
            sum[i] += f64::from(value);
            squares[i] += f64::from(value).powi(2);
        }
    }
    std::array::from_fn(|i| {
        let variance = squares[i] / f64::max(n, 1.0) - (sum[i] / f64::max(n, 1.0)).powi(2);
        if variance > 1e-9 {
            variance.sqrt()
        } else {
            1.0
        }
    })
}

/// One question's log-likelihood; adds `share` of its gradient.
fn add_question(
    question: &JudgedCandidates,
    scales: &[f64; DIMENSIONS],
    w: &[f64; DIMENSIONS],
    share: f64,
    gradient: &mut [f64; DIMENSIONS],
) -> f64 {
    let n_relevant = question.candidates.iter().filter(|c| c.relevant).count();
    if n_relevant == 0 || n_relevant == question.candidates.len() {
        return 0.0;
    }
    let rows: Vec<[f64; DIMENSIONS]> = question
        .candidates
        .iter()
        .map(|candidate| {
            let values = candidate.signals.values();
            std::array::from_fn(|i| f64::from(values[i]) / scales[i])
        })
        .collect();
    let worth: Vec<f64> = rows
        .iter()
        .map(|row| row.iter().zip(w).map(|(x, w)| x * w).sum())
        .collect();
    let highest = worth.iter().copied().fold(f64::MIN, f64::max);
    let total: f64 = worth.iter().map(|z| (z - highest).exp()).sum();
    let mut likelihood = 0.0;
    for ((row, worth), candidate) in rows.iter().zip(&worth).zip(&question.candidates) {
        let log_share = worth - highest - total.ln();
        let target = if candidate.relevant {
            1.0 / n_relevant as f64
        } else {
            0.0
        };
        likelihood += target * log_share;
        for (slope, x) in gradient.iter_mut().zip(row) {
            *slope += share * (target - log_share.exp()) * x;
        }
    }
    likelihood
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signal_that_tells_relevant_articles_apart_gets_the_weight() {
        let questions: Vec<JudgedCandidates> = (0..60_u8)
            .map(|q| JudgedCandidates {
                id: q.to_string(),
                language: Language::En,
                candidates: (0..5_u8)
                    .map(|c| JudgedCandidate {
                        relevant: c == q % 5,
                        signals: Signals {
                            // Right in five of six questions; the other signal is noise.
                            nearness: f32::from(u8::from(c == (q + u8::from(q % 6 == 0)) % 5)),
                            coverage: f32::from(q.wrapping_mul(31).wrapping_add(c * 7) % 10) / 10.0,
                            ..Signals::default()
                        },
                    })
                    .collect(),
            })
            .collect();
        let report = fit(&[questions.clone(), questions], &FusionWeights::default());
        let weights = report.weights.article;
        assert!(weights.nearness > 1.5, "{weights:?}");
        assert!(weights.coverage.abs() < 0.5, "{weights:?}");
        assert!(report.collections.iter().all(|[_, all, others]| {
            (all - 5.0 / 6.0).abs() < 1e-9 && (others - 5.0 / 6.0).abs() < 1e-9
        }));
    }
}
