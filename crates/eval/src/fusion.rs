//! Fusion fitted: what each signal of an article is worth, from judged candidates of several collections.
//!
//! questions → candidates with their signals → **weights**, by a conditional logit ([`crate::logit`]).

use answer::{
    engine::Retrieved,
    retrieve::{Candidate, FusionWeights, Signals},
};
use corpus::Language;
use indexer::Snapshot;
use serde::{Deserialize, Serialize};

use crate::logit::{self, Choice};

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

/// Fits weights on `collections`; `before` are those in use.
pub fn fit(collections: &[Vec<JudgedCandidates>], before: &FusionWeights) -> FusionReport {
    let choices: Vec<Vec<Choice<N>>> = collections
        .iter()
        .map(|questions| questions.iter().map(choice).collect())
        .collect();
    let all: Vec<&[Choice<N>]> = choices.iter().map(Vec::as_slice).collect();
    let fit = |collections: &[&[Choice<N>]]| Signals::from_values(logit::maximise(collections));
    let fitted = fit(&all);
    let figures = (0..collections.len()).map(|held_out| {
        let mut others = all.clone();
        let own = others.remove(held_out);
        let without = fit(&others);
        [&before.article, &fitted, &without].map(|weights| logit::success(own, &weights.values()))
    });
    FusionReport {
        collections: figures.collect(),
        weights: FusionWeights {
            article: fitted,
            ..*before
        },
    }
}

const N: usize = Signals::NAMES.len();

fn choice(question: &JudgedCandidates) -> Choice<N> {
    Choice {
        rows: question
            .candidates
            .iter()
            .map(|candidate| candidate.signals.values())
            .collect(),
        is_right: question.candidates.iter().map(|c| c.relevant).collect(),
    }
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
