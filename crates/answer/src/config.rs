//! How widely to look, how much to read, how sure to be.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::{
    confidence::Calibration, evidence::StatementWeights, memory::MemoryConfig,
    retrieve::FusionWeights,
};

/// Settings of the answer engine (`[answer]` in `loket.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerConfig {
    /// Passages asked of each retriever before fusion. Default 200.
    pub hits_per_retriever: NonZeroUsize,
    /// Whether retrieval reads questions as they are typed: with their greetings, as one question, and without the
    /// conversation before them. For comparison only. Default false.
    pub question_as_typed: bool,
    /// What each signal of an article is worth in its ranking; see [`crate::retrieve::signals`].
    pub fusion: FusionWeights,
    /// What each signal of a statement is worth as evidence; see [`crate::evidence::signals`].
    pub statements: StatementWeights,
    /// Articles that may become evidence. Default 3.
    pub max_articles: NonZeroUsize,
    /// Evidence an answer is made from, in encoder tokens. Default 200.
    pub evidence_budget_tokens: NonZeroUsize,
    /// The part of it that is kept where the writer reads it before anything is said, in encoder tokens: every fifty take a
    /// small machine a third of a second. Default 150.
    pub reading_budget_tokens: NonZeroUsize,
    /// Most statements of an extractive answer, steps of one list counting together. Default 4.
    pub max_sentences: NonZeroUsize,
    /// Confidence below which a question is escalated with `no_evidence`. Default 0.43.
    pub min_confidence: Probability,
    /// Confidence below which a question that is escalated for want of an answer is told no articles that come close
    /// (`related`); 1 for never. Default 0.18, from which on 55 of 100 such lists of the sample hold the right article.
    pub related_confidence: Probability,
    /// Confidence above which an answer begins with an article's own words instead of waiting for the writer; 1 for
    /// never. Default 0.7, above which 9 of 10 questions of the sample have the right article first.
    pub sure_confidence: Probability,
    /// Support below which a drafted sentence is not sent.
    pub min_support: Probability,
    /// Longest answer of the writer, in tokens. Default 160.
    pub max_answer_tokens: NonZeroUsize,
    /// Time the writer has, in milliseconds, before exact sentences stand in for it. Default 12,000.
    pub writer_deadline_ms: u64,
    /// The fitted model behind `confidence`; `loket eval calibrate` writes it.
    pub calibration: Calibration,
    /// How answers are remembered.
    pub memory: MemoryConfig,
}

impl AnswerConfig {
    /// Names these settings: two that differ in any value have another hash. 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        // Settings are numbers and names, which all have a form in JSON.
        let text = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&text).to_hex()[..16].to_owned()
    }
}

impl Default for AnswerConfig {
    fn default() -> Self {
        Self {
            hits_per_retriever: nonzero(200),
            question_as_typed: false,
            fusion: FusionWeights::default(),
            statements: StatementWeights::default(),
            max_articles: nonzero(3),
            evidence_budget_tokens: nonzero(200),
            reading_budget_tokens: nonzero(150),
            max_sentences: nonzero(4),
            min_confidence: Probability(0.43),
            related_confidence: Probability(0.18),
            sure_confidence: Probability(0.7),
            min_support: Probability(0.5),
            max_answer_tokens: nonzero(160),
            writer_deadline_ms: 12_000,
            calibration: Calibration::default(),
            memory: MemoryConfig::default(),
        }
    }
}

const fn nonzero(value: usize) -> NonZeroUsize {
    match NonZeroUsize::new(value) {
        Some(value) => value,
        None => NonZeroUsize::MIN,
    }
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Probability(f32);

/// A number that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a number from 0 to 1")]
pub struct InvalidProbability(pub f32);

impl Probability {
    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Probability {
    type Error = InvalidProbability;

    fn try_from(value: f32) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(InvalidProbability(value))
        }
    }
}

impl From<Probability> for f32 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_counts_in_the_hash() {
        let hash = AnswerConfig::default().hash();
        assert_eq!(hash.len(), 16);
        assert_eq!(hash, AnswerConfig::default().hash());
        let other = AnswerConfig {
            max_sentences: nonzero(5),
            ..AnswerConfig::default()
        };
        assert_ne!(hash, other.hash());
    }

    #[test]
    fn a_probability_lies_between_zero_and_one() {
        for value in [0.0, 0.5, 1.0] {
            assert!(Probability::try_from(value).is_ok(), "{value}");
        }
        for value in [-0.1, 1.1, f32::NAN] {
            assert!(Probability::try_from(value).is_err(), "{value}");
        }
    }
}
