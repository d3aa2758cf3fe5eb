//! Fusion: one order from signals of both sides.
//!
//! A weighted sum of [`Signals`], fitted on judged questions (`docs/adr/0010-openings.md`). No retriever's score is
//! compared with another's: nearness is in standard deviations above the question's own background, words are
//! shares of the question's information. The lexical side is heard in proportion to what it found: an article
//! of another language, or one that shares only common words, gains little from it, so a weak lexical side
//! cannot pull a good dense ranking down the way rank fusion lets it.

use serde::{Deserialize, Serialize};

use super::{Candidate, Signals};

/// What each signal is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FusionWeights {
    /// Weight of each signal of an article.
    pub article: Signals,
    /// Inside an article: what a passage full of the question's words is worth, in standard deviations of
    /// nearness.
    pub passage_words: f32,
    /// Inside an article: what a standard deviation of interaction is worth, likewise.
    pub passage_interaction: f32,
    /// What it is worth to hold the question's codes, of an article and inside it. Not fitted: judged questions hardly have
    /// any. Set so that an article that holds none, and is as like the question as can be, stands behind.
    pub codes: f32,
}

/// Found by a random search near the fit of `loket eval fit`, over the questions of the sample help center, the titles of an
/// English, a Dutch and a Chinese help center, encyclopaedia questions in English, and French titles over Chinese articles.
/// Not all count the same: the first most, since it alone has titles, versions and customers' own words. Figures and
/// shares in `docs/adr/0010-openings.md`.
impl Default for FusionWeights {
    fn default() -> Self {
        Self {
            article: Signals {
                whole: 0.25,
                versions: 0.125,
                best_version: 0.49,
                article_words: 3.9,
                coverage: 4.9,
                dense_place: 0.23,
                interaction: 0.465,
                interaction_whole: 0.37,
                lead: 0.04,
                lead_interaction: 0.1,
                lead_words: 1.0,
                interaction_place: 0.4,
                ..Signals::default()
            },
            passage_words: 3.0,
            passage_interaction: 0.5,
            codes: 8.0,
        }
    }
}

/// Scores and sorts candidates, best first; ties by article ordinal.
pub fn order(candidates: &mut [Candidate], weights: &FusionWeights) {
    for candidate in candidates.iter_mut() {
        let signals: f32 = candidate
            .signals
            .values()
            .iter()
            .zip(weights.article.values())
            .map(|(signal, weight)| signal * weight)
            .sum();
        candidate.score = signals + weights.codes * candidate.codes;
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
}
