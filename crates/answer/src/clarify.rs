//! Clarify: a question too short to tell which of several articles it means.
//!
//! "Refund" is no question yet. When a word or two stand in the titles or headings of several articles and none of
//! them leads, the customer chooses. Whoever types a title, which is what choosing sends, means that article.

use corpus::Language;
use indexer::Snapshot;

use crate::{
    outcome::Clarification,
    query::Query,
    retrieve::{Candidate, QuestionTerms, Sought},
};

/// Most words of a question that may be too short.
const MAX_WORDS: usize = 3;

/// The same in Chinese, in letters.
const MAX_CHINESE_LETTERS: usize = 4;

/// Most terms left of them without stop words.
const MAX_TERMS: usize = 2;

/// Meanings offered; a list longer than this is no help.
const MAX_MEANINGS: usize = 4;

/// An article this far ahead of the next, in units of the ranking's score, is what is meant.
const CLEAR_LEAD: f32 = 1.3;

/// A share that is all but for rounding.
const WHOLE: f32 = 0.99;

/// The articles a question may mean, best first; empty when it is clear enough.
pub(crate) fn meanings(
    snapshot: &Snapshot,
    query: &Query,
    sought: &Sought,
    candidates: &[Candidate],
) -> Vec<Clarification> {
    let n_terms = sought
        .terms_in(query.language)
        .map_or(0, QuestionTerms::len);
    if n_terms == 0 || n_terms > MAX_TERMS || !is_short(query) {
        return Vec::new();
    }
    let Some(top) = candidates.first() else {
        return Vec::new();
    };
    let is_about = |candidate: &&Candidate| {
        candidate.signals.title_coverage >= WHOLE && candidate.score >= top.score - CLEAR_LEAD
    };
    let meant: Vec<&Candidate> = candidates.iter().filter(is_about).collect();
    if meant.len() < 2 || meant.iter().any(|c| c.signals.title_match >= WHOLE) {
        return Vec::new();
    }
    let meant = meant.into_iter().take(MAX_MEANINGS);
    meant
        .map(|candidate| {
            let article = snapshot.article(candidate.article);
            Clarification {
                text: article.title.clone(),
                article: article.id.clone(),
            }
        })
        .collect()
}

fn is_short(query: &Query) -> bool {
    // With an earlier question in front it says what it means.
    !query.is_follow_up
        && if query.language == Language::Zh {
            let letters = query.retrieval_text.chars().filter(|c| c.is_alphanumeric());
            letters.count() <= MAX_CHINESE_LETTERS
        } else {
            query.retrieval_text.split_whitespace().count() <= MAX_WORDS
        }
}
