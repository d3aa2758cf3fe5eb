//! Fusion: one order from two retrievers whose scores are different quantities.
//!
//! The dense side speaks in standard deviations above the question's own background, the lexical side in the
//! share of the question's information an article holds, weighted by inverse document frequency. Both are
//! free of their retriever's scale. The lexical side is heard in proportion to what it found: an article of
//! another language, or one that matches only common words, gains nothing from it, so a weak lexical side
//! cannot pull a good dense ranking down the way rank fusion lets it.

use super::Candidate;

/// What full coverage of the question is worth inside one article, in cosine.
pub(super) const PASSAGE_COVERAGE: f32 = 0.03;

/// Scores and sorts candidates, best first; ties by article ordinal.
///
/// score = (similarity − background) / spread + weight · coverage².
/// Squaring keeps partial matches of common words quiet.
pub fn order(candidates: &mut [Candidate], background: f32, spread: f32, lexical_weight: f32) {
    for candidate in candidates.iter_mut() {
        candidate.score = (candidate.similarity - background) / spread
            + lexical_weight * candidate.coverage.powi(2);
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article.cmp(&b.article)));
}
