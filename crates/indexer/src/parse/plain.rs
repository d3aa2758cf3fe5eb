//! Plain text that remembers where in the file it came from.
//!
//! Inline Markdown goes in event by event; out comes one line of clean text whose every byte can be led back
//! to bytes of the article file. Nothing invisible gets through: control, zero-width, bidirectional and tag
//! characters are left out, white space is folded, composed and decomposed accents become one (NFC).

use std::ops::Range;

use corpus::ByteRange;
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

/// Combining marks kept on one base character; real languages use at most two or three.
const MAX_MARKS: usize = 3;

/// A line of plain text with the source of each part.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlainText {
    text: String,
    runs: Vec<Run>,
}

/// A stretch of plain text that came from one stretch of the file.
#[derive(Debug, Clone, Copy)]
struct Run {
    plain: usize,
    n_bytes: usize,
    source: ByteRange,
    /// Whether byte `i` of the plain text is byte `i` of the source; otherwise the run is one unit.
    linear: bool,
}

impl Run {
    const fn plain_end(&self) -> usize {
        self.plain + self.n_bytes
    }
}

impl PlainText {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Adds text that stands in the file at `range`, either literally or as an escape or entity.
    pub(crate) fn push(&mut self, text: &str, range: ByteRange, file: &str) {
        if range.slice(file) == Some(text) {
            self.push_literal(text, range.start);
        } else {
            self.push_unit(text, range);
        }
    }

    /// Adds text that is one with its source: a code span, an entity, a table header put before a cell.
    pub(crate) fn push_unit(&mut self, text: &str, range: ByteRange) {
        let start = self.text.len();
        for character in text.nfc() {
            if character.is_whitespace() {
                self.fold_space();
            } else if !is_invisible(character) {
                self.text.push(character);
            }
        }
        self.add_run(start, range, false);
    }

    /// Adds one space for white space (a line end, a tag) at `range`.
    pub(crate) fn push_space(&mut self, range: ByteRange) {
        let start = self.text.len();
        self.fold_space();
        self.add_run(start, range, false);
    }

    /// Adds a line of code as it is, tabs and line ends included.
    pub(crate) fn push_code(&mut self, text: &str, range: ByteRange, file: &str) {
        if range.slice(file) == Some(text) && !text.chars().any(is_invisible_in_code) {
            let start = self.text.len();
            self.text.push_str(text);
            self.add_run(start, range, true);
        } else {
            let start = self.text.len();
            self.text
                .extend(text.chars().filter(|c| !is_invisible_in_code(*c)));
            self.add_run(start, range, false);
        }
    }

    /// Adds a stretch of another text, with its sources.
    pub(crate) fn append(&mut self, other: &Self, range: Range<usize>) {
        for run in &other.runs {
            let start = run.plain.max(range.start);
            let end = run.plain_end().min(range.end);
            if start >= end {
                continue;
            }
            let source = if run.linear {
                let offset = run.source.start + (start - run.plain);
                ByteRange::new(offset, offset + (end - start))
            } else {
                run.source
            };
            let at = self.text.len();
            self.text
                .push_str(other.text.get(start..end).unwrap_or_default());
            self.add_run(at, source, run.linear);
        }
    }

    /// Where in the file the plain bytes `plain` came from. `None` for an empty range.
    pub(crate) fn source(&self, plain: Range<usize>) -> Option<ByteRange> {
        if plain.is_empty() {
            return None;
        }
        let first = self.run_at(plain.start)?;
        let last = self.run_at(plain.end - 1)?;
        let start = if first.linear {
            first.source.start + (plain.start - first.plain)
        } else {
            first.source.start
        };
        let end = if last.linear {
            last.source.start + (plain.end - last.plain)
        } else {
            last.source.end
        };
        Some(ByteRange::new(start, end))
    }

    /// The nearest place at or before `plain` where the text may be cut without cutting a unit.
    pub(crate) fn cut_before(&self, plain: usize) -> usize {
        match self.run_at(plain) {
            Some(run) if !run.linear => run.plain,
            _ => floor_boundary(&self.text, plain),
        }
    }

    /// The nearest place at or after `plain` where the text may be cut without cutting a unit.
    pub(crate) fn cut_after(&self, plain: usize) -> usize {
        match self.run_at(plain) {
            Some(run) if !run.linear && run.plain < plain => run.plain_end(),
            _ => {
                let mut cut = plain.min(self.text.len());
                while !self.text.is_char_boundary(cut) {
                    cut += 1;
                }
                cut
            }
        }
    }

    /// Whether cutting between `left` and `right` (plain offsets) would cut a unit.
    pub(crate) fn is_unit_across(&self, left: usize, right: usize) -> bool {
        self.run_at(left)
            .is_some_and(|run| !run.linear && run.plain <= left && right < run.plain_end())
    }

    fn push_literal(&mut self, text: &str, source_start: usize) {
        let is_plain = text.is_ascii() || matches!(is_nfc_quick(text.chars()), IsNormalized::Yes);
        let mut characters = text.char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            let source = source_start + offset;
            let start = self.text.len();
            if character.is_whitespace() {
                self.fold_space();
                let range = ByteRange::new(source, source + character.len_utf8());
                // A folded space keeps its length only if it was one byte.
                self.add_run(start, range, character.len_utf8() == 1);
                continue;
            }
            if is_plain {
                if !is_invisible(character) {
                    self.text.push(character);
                    let range = ByteRange::new(source, source + character.len_utf8());
                    self.add_run(start, range, true);
                }
                continue;
            }
            let mut end = source + character.len_utf8();
            let mut cluster = String::from(character);
            while let Some((next, mark)) = characters.peek().copied()
                && canonical_combining_class(mark) != 0
            {
                if cluster.chars().count() <= MAX_MARKS {
                    cluster.push(mark);
                }
                end = source_start + next + mark.len_utf8();
                characters.next();
            }
            self.text
                .extend(cluster.nfc().filter(|c| !is_invisible(*c)));
            let range = ByteRange::new(source, end);
            let linear = range.len() == self.text.len() - start && cluster.is_ascii();
            self.add_run(start, range, linear);
        }
    }

    fn fold_space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    fn add_run(&mut self, start: usize, source: ByteRange, linear: bool) {
        let n_bytes = self.text.len() - start;
        if n_bytes == 0 {
            return;
        }
        if linear
            && let Some(last) = self.runs.last_mut()
            && last.linear
            && last.source.end == source.start
            && last.plain_end() == start
        {
            last.n_bytes += n_bytes;
            last.source.end = source.end;
            return;
        }
        self.runs.push(Run {
            plain: start,
            n_bytes,
            source,
            linear,
        });
    }

    fn run_at(&self, plain: usize) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.plain <= plain);
        let run = self.runs.get(after.checked_sub(1)?)?;
        (plain < run.plain_end()).then_some(run)
    }
}

/// Removes what a reader cannot see and folds white space: for titles and other text without a place.
pub(crate) fn clean(text: &str) -> String {
    let mut plain = PlainText::default();
    plain.push_unit(text, ByteRange::new(0, 0));
    plain.text.truncate(plain.text.trim_end().len());
    plain.text
}

/// Whether a character must not reach the encoder, a prompt or a log: controls, zero-width and joining
/// characters, bidirectional marks and overrides, variation selectors, tag characters, private-use noise.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

fn is_invisible_in_code(character: char) -> bool {
    !matches!(character, '\n' | '\t') && is_invisible(character)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str) {
        let mut plain = PlainText::default();
        plain.push(file, ByteRange::new(0, file.len()), file);
        assert_eq!(plain.text().trim_end(), text);
    }

    #[test]
    fn invisible_characters_never_get_through() {
        check("pay\u{200B}ment", "payment");
        check("\u{202E}tnemyap\u{202C}", "tnemyap");
        check("a\u{E0041}\u{E007F}b", "ab");
        check("❤\u{FE0F} ok", "❤ ok");
        check("نمی\u{200C}خواهم", "نمیخواهم");
        check("a\u{0}b\u{1b}[31m", "ab[31m");
    }

    #[test]
    fn white_space_is_folded() {
        check("a \t\u{a0}\u{3000}b", "a b");
        check("  a", "a");
    }

    #[test]
    fn composed_and_decomposed_accents_are_one() {
        check("cafe\u{301} ok", "café ok");
        check(
            "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            "é\u{301}\u{301}",
        );
    }

    #[test]
    fn every_stretch_leads_back_to_its_source() {
        let file = "x cafe\u{301}  au\u{200B} lait 🙂.";
        let mut plain = PlainText::default();
        plain.push(file, ByteRange::new(0, file.len()), file);
        for (needle, source) in [
            ("café", "cafe\u{301}"),
            ("au", "au"),
            ("lait 🙂.", "lait 🙂."),
            ("café au", "cafe\u{301}  au"),
        ] {
            let at = plain.text().find(needle).expect(needle);
            let range = plain.source(at..at + needle.len()).expect(needle);
            assert_eq!(range.slice(file), Some(source));
        }
    }
}
