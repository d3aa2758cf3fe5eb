//! Sentence segmentation in the nine languages.

use std::ops::Range;

use crate::Language;

/// Longest stretch that is cut into sentences at once. Cutting looks for the other half of every quotation mark, so its
/// time grows with the square of the length, and a file of quotation marks would take minutes.
const MAX_STRETCH_BYTES: usize = 4_000;

/// Byte ranges of the sentences of `text`, in order, without surrounding white space.
///
/// Ranges do not overlap and leave out only white space. Empty or blank text has no sentence. Knows the
/// abbreviations of each language (`z. B.`, `p. ej.`, `np.`) and Chinese full stops.
pub fn sentences(text: &str, language: Language) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let stretch = &text[at..at + stretch_bytes(&text[at..])];
        for boundary in sentencex::get_sentence_boundaries(language.code(), stretch) {
            let raw = stretch
                .get(boundary.start_byte..boundary.end_byte)
                .unwrap_or_default();
            let start = at + boundary.start_byte + (raw.len() - raw.trim_start().len());
            let end = start + raw.trim().len();
            if start < end {
                ranges.push(start..end);
            }
        }
        at += stretch.len();
    }
    ranges
}

/// Length of the stretch `text` starts with: all of it, or up to the last space that fits; never 0 but for no text.
fn stretch_bytes(text: &str) -> usize {
    if text.len() <= MAX_STRETCH_BYTES {
        return text.len();
    }
    let mut end = MAX_STRETCH_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let after_space = text[..end]
        .rfind(char::is_whitespace)
        .map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    after_space.unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_spaces_and_lose_nothing() {
        let text = "Pay within 3 days. ".repeat(1_000);
        let found = sentences(&text, Language::En);
        let whole = found
            .iter()
            .filter(|range| &text[(*range).clone()] == "Pay within 3 days.");
        // A sentence across the end of a stretch comes in two.
        assert!(whole.count() >= 1_000 - text.len() / MAX_STRETCH_BYTES - 1);
        let said: usize = found.iter().map(ExactSizeIterator::len).sum();
        let spaces = text.chars().filter(|c| c.is_whitespace()).count();
        assert!(said >= text.len() - spaces, "{said} of {}", text.len());
        assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn stretches_end_at_characters() {
        assert_eq!(stretch_bytes(""), 0);
        assert_eq!(stretch_bytes("a b"), 3);
        assert_eq!(stretch_bytes(&"付".repeat(2_000)), 3_999);
        assert_eq!(stretch_bytes(&format!("a {}", "b".repeat(5_000))), 2);
    }
}
