//! Confidence: the probability that the best evidence answers the question.
//!
//! hits, evidence → **confidence** → answer or person. A logistic model over features that do not depend on
//! a retriever's scale; its weights are fitted on question sets that include questions without an answer,
//! and travel in the configuration.

use serde::{Deserialize, Serialize};

/// What is known about a question and its best evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Features {
    /// Nearness of the best article's best passage, in standard deviations above the background, minus 3.
    pub nearness: f32,
    /// The same, mean over its language versions.
    pub versions: f32,
    /// Lead of the best article over the fifth, in units of the ranking's score
    /// ([`crate::retrieve::Candidate::score`]) without what codes are worth in it; 0 and up.
    pub lead: f32,
    /// Score of the best single statement, minus 3; see [`crate::evidence::Piece::score`].
    pub statement: f32,
    /// Share of the question's information the best article holds, 0 to 1.
    pub coverage: f32,
    /// BM25F of the best article's best passage, 0 to 1; see [`crate::retrieve::Signals::passage_words`].
    pub words: f32,
    /// Share of it in words no article of that language holds, 0 to 1, times four over the number of terms for
    /// questions of more than four: in a short question such a word is the subject ("do you take Bitcoin"),
    /// in a long one it is a way of talking.
    pub unknown: f32,
    /// 1 when the dense and the lexical side name the same best article.
    pub agreement: f32,
    /// 1 when the best article is in another language than the question.
    pub cross_lingual: f32,
    /// Natural logarithm of the number of question terms plus one, minus 1.5.
    pub length: f32,
    /// 1 when the writer was asked whether the evidence states the answer, else 0.
    pub read: f32,
    /// Natural logarithm of the probability of its "Yes" over that of its "No"; 0 when it was not asked.
    pub reading: f32,
}

impl Features {
    /// Names of the features, in the order of [`Features::values`].
    pub const NAMES: [&'static str; 12] = [
        "nearness",
        "versions",
        "lead",
        "statement",
        "coverage",
        "words",
        "unknown",
        "agreement",
        "cross_lingual",
        "length",
        "read",
        "reading",
    ];

    /// The features as a vector.
    pub const fn values(&self) -> [f32; 12] {
        [
            self.nearness,
            self.versions,
            self.lead,
            self.statement,
            self.coverage,
            self.words,
            self.unknown,
            self.agreement,
            self.cross_lingual,
            self.length,
            self.read,
            self.reading,
        ]
    }
}

/// A fitted logistic model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Log-odds when every feature is 0.
    pub intercept: f32,
    /// Log-odds per unit of each feature.
    pub weights: Features,
}

/// Fitted with `loket eval calibrate` on the questions of the sample help center, of which it tells those whose best
/// article is right from the others with an area under the ROC curve of 0.79; 0.88 for questions of CLAP NQ that a near
/// passage does and does not answer. Set by hand beside the fit, and the whole scaled to probabilities again:
/// `unknown`, since the set has few short questions without an answer; `statement` and `coverage`, of which the set
/// says little and CLAP NQ much; `nearness`, `words` and `agreement` 0, which the fit plays off against signals they
/// go with. `reading` and `read` were fitted beside the rest to 105 of the questions, whose evidence the 1.5B writer read.
impl Default for Calibration {
    fn default() -> Self {
        Self {
            intercept: -1.05,
            weights: Features {
                nearness: 0.0,
                versions: 1.0,
                lead: 0.42,
                statement: 0.34,
                coverage: 0.84,
                words: 0.0,
                unknown: -1.8,
                agreement: 0.0,
                cross_lingual: -1.1,
                length: 0.42,
                read: -1.8,
                reading: 1.5,
            },
        }
    }
}

impl Calibration {
    /// Probability, 0 to 1, that the evidence described by `features` answers its question.
    pub fn probability(&self, features: &Features) -> f32 {
        let log_odds: f32 = self.intercept
            + self
                .weights
                .values()
                .iter()
                .zip(features.values())
                .map(|(w, x)| w * x)
                .sum::<f32>();
        1.0 / (1.0 + (-log_odds).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_evidence_is_more_probable() {
        let calibration = Calibration::default();
        let weak = Features {
            unknown: 0.8,
            ..Features::default()
        };
        let strong = Features {
            versions: 1.0,
            lead: 2.0,
            coverage: 0.9,
            statement: 0.5,
            ..Features::default()
        };
        assert!(calibration.probability(&weak) < 0.5);
        assert!(calibration.probability(&strong) > 0.5);
    }
}
