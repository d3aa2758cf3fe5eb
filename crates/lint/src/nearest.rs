//! What someone may have meant: the nearest of some words.

/// The nearest of `candidates` to `word` that is at most `limit` edits away; the first of equals.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let limit = best.map_or(limit, |(distance, _)| distance.saturating_sub(1));
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        if letters.len().abs_diff(word.len()) > limit {
            continue;
        }
        let distance = distance(&word, &letters);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edits that still look like a slip in a word of this many letters.
pub(crate) const fn slips(n_letters: usize) -> usize {
    match n_letters {
        0..=3 => 0,
        4..=5 => 1,
        6..=15 => 2,
        _ => n_letters / 6,
    }
}

/// Letters to insert, drop, replace or swap with their neighbour to make `a` of `b`.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    // Three rows of the table suffice: a swap looks back two.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &left) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, &right) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(left != right);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left == b[j - 1] && a[i - 1] == right {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expected: usize) {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        assert_eq!(distance(&letters(a), &letters(b)), expected);
        assert_eq!(distance(&letters(b), &letters(a)), expected);
    }

    #[test]
    fn distances_count_slips() {
        check("", "", 0);
        check("", "abc", 3);
        check("langauge", "language", 1);
        check("audiance", "audience", 1);
        check("valid_form", "valid_from", 1);
        check("topic", "topics", 1);
        check("kitten", "sitting", 3);
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["payout", "payouts", "fees"];
        assert_eq!(nearest("Payuot", known, 2), Some("payout"));
        assert_eq!(nearest("payoutz", known, 2), Some("payout"));
        assert_eq!(nearest("feed", known, slips(4)), Some("fees"));
        assert_eq!(nearest("returns", known, slips(7)), None);
    }
}
