//! Codes: error codes, model numbers, numbers of forms and notices, which name one thing exactly.
//!
//! To the encoder `AADSTS50011` and `AADSTS50012` are nearly the same, and to a customer they are two different troubles. So an
//! article that holds a code of the question goes before those that are merely like it, where only few hold it.

use std::collections::HashMap;

use corpus::Language;
use indexer::{ArticleOrdinal, PassageOrdinal, Snapshot};

use super::{Candidate, FusionWeights, Matches, QuestionTerms, Sought};

/// Articles that hold a code at most; one that more hold is the name of something everybody writes about.
const MOST_HOLDERS: usize = 8;

/// Least length of a code of letters and digits, in characters.
const MIN_MIXED: usize = 5;

/// Least length of a code of digits alone; shorter ones are years and amounts.
const MIN_DIGITS: usize = 6;

/// Least parts of a code of numbers with dots between them.
const MIN_PARTS: usize = 3;

/// Gives each candidate the share of the question's codes it holds, and its passages what holding them is worth.
pub(super) fn prefer(
    snapshot: &Snapshot,
    sought: &Sought,
    weights: &FusionWeights,
    matches: &Matches,
    candidates: &mut [Candidate],
) {
    let codes: Vec<Codes<'_>> = sought.terms.iter().map(Codes::of).collect();
    if codes.iter().all(|codes| codes.asked.is_empty()) {
        return;
    }
    let held: Vec<Vec<Held<'_>>> = candidates
        .iter()
        .map(|candidate| held(snapshot, &codes, matches, candidate.article))
        .collect();
    let mut n_holders: HashMap<&str, usize> = HashMap::new();
    for code in held.iter().flatten() {
        *n_holders.entry(code.text).or_default() += 1;
    }
    n_holders.retain(|_, n| *n <= MOST_HOLDERS);
    if n_holders.is_empty() {
        return;
    }
    let share = 1.0 / n_holders.len() as f32;
    for (candidate, held) in candidates.iter_mut().zip(&held) {
        for code in held.iter().filter(|code| n_holders.contains_key(code.text)) {
            candidate.codes += share;
            for ranked in &mut candidate.passages {
                if code.passages.contains(&ranked.passage) {
                    ranked.score += weights.codes * share;
                }
            }
        }
        candidate
            .passages
            .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    }
}

/// A code of the question in one article.
struct Held<'a> {
    text: &'a str,
    passages: Vec<PassageOrdinal>,
}

/// The codes of the question as read by the rules of one language: their places among its terms, and themselves.
struct Codes<'a> {
    language: Language,
    asked: Vec<(usize, &'a str)>,
}

impl<'a> Codes<'a> {
    fn of(terms: &'a QuestionTerms) -> Self {
        let texts = terms.asked().iter().map(|term| term.text.as_str());
        Self {
            language: terms.language(),
            asked: texts
                .enumerate()
                .filter(|(_, text)| is_code(text))
                .collect(),
        }
    }
}

fn held<'a>(
    snapshot: &Snapshot,
    codes: &[Codes<'a>],
    matches: &Matches,
    article: ArticleOrdinal,
) -> Vec<Held<'a>> {
    let language = snapshot.article(article).language;
    let codes = codes.iter().find(|codes| codes.language == language);
    let asked = codes.map_or(&[][..], |codes| &codes.asked);
    asked
        .iter()
        .map(|&(place, text)| Held {
            text,
            passages: snapshot
                .passages_of(article)
                .filter(|passage| {
                    let counts = matches.get(passage).map(|found| found.counts[place]);
                    counts.is_some_and(|counts| counts.iter().sum::<f32>() > 0.0)
                })
                .collect(),
        })
        .filter(|held| !held.passages.is_empty())
        .collect()
}

/// Whether a term, as the analyzer gives it, is a code: letters with digits behind them (`0x8004de40`, not `1980s` or `250gb`),
/// many digits, or numbers with dots between them that are no amount (`5.7.501`, not `1.000.000`).
fn is_code(term: &str) -> bool {
    let parts: Vec<&str> = term
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let is_number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let is_long = |part: &&str| {
        let n = part.chars().count();
        if is_number(part) {
            return n >= MIN_DIGITS;
        }
        let n_digits = part.chars().filter(char::is_ascii_digit).count();
        let after_letter = part.trim_start_matches(|c: char| c.is_ascii_digit());
        n >= MIN_MIXED && n_digits >= 2 && after_letter.contains(|c: char| c.is_ascii_digit())
    };
    let is_dotted = parts.len() >= MIN_PARTS
        && parts.iter().all(|part| is_number(part))
        && !parts[1..].iter().all(|part| part.len() == 3);
    is_dotted || parts.iter().any(is_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(term: &str, expected: bool) {
        assert_eq!(is_code(term), expected, "{term}");
    }

    #[test]
    fn codes_are_told_from_figures_and_words() {
        for code in [
            "aadsts50011",
            "0x8004de40",
            "255d1aef",
            "kb4549949",
            "186626",
            "cs007",
            "5.7.501",
            "ts-1000423",
        ] {
            check(code, true);
        }
        for other in [
            "1980s",
            "250gb",
            "1080p",
            "18th-century",
            "2-step",
            "10.000",
            "1.000.000",
            "2026",
            "14-day",
            "mp3",
            "covid",
            "imap4",
            "3,5",
            "",
        ] {
            check(other, false);
        }
    }
}
