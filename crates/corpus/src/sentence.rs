//! Sentence segmentation in the nine languages.

use std::ops::Range;

use crate::Language;

/// Byte ranges of the sentences of `text`, in order, without surrounding white space.
///
/// Ranges do not overlap and leave out only white space. Empty or blank text has no sentence. Knows the
/// abbreviations of each language (`z. B.`, `p. ej.`, `np.`) and Chinese full stops.
pub fn sentences(text: &str, language: Language) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for boundary in sentencex::get_sentence_boundaries(language.code(), text) {
        let raw = text
            .get(boundary.start_byte..boundary.end_byte)
            .unwrap_or_default();
        let start = boundary.start_byte + (raw.len() - raw.trim_start().len());
        let end = start + raw.trim().len();
        if start < end {
            ranges.push(start..end);
        }
    }
    ranges
}
