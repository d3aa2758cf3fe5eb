//! Words with letters of another script that look like the ones a reader takes them for.

use corpus::ByteRange;
use unicode_security::skeleton;

use crate::show::code_point;

/// A word that is not what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Bytes of the line.
    pub(super) range: ByteRange,
    text: &'a str,
    /// As a reader takes it.
    pub(super) plain: String,
    /// The first letter that only looks right.
    letter: char,
}

impl Word<'_> {
    pub(super) fn message(&self) -> String {
        let script = if is_greek(self.letter) {
            "Greek"
        } else {
            "Cyrillic"
        };
        format!(
            "the word `{}` has the {script} letter `{}` ({}), which only looks like a Latin one",
            self.text,
            self.letter,
            code_point(self.letter)
        )
    }
}

/// The words of `line` that mix Latin letters with look-alikes, or consist of look-alikes in a Latin line.
pub(super) fn words(line: &str) -> Vec<Word<'_>> {
    if !line.chars().any(is_foreign) {
        return Vec::new();
    }
    let all: Vec<ByteRange> = ranges(line);
    let text_of = |range: &ByteRange| range.slice(line).unwrap_or_default();
    let is_plainly_foreign = |word: &str| {
        word.chars().any(is_foreign) && plain(word).is_none() && !word.chars().any(is_latin)
    };
    // Look-alikes alone make up real words too, in a line with other words of their script.
    let has_foreign_words = all.iter().map(text_of).any(is_plainly_foreign);
    let odd = |range: &ByteRange| {
        let text = text_of(range);
        let letter = text
            .chars()
            .find(|c| is_foreign(*c) && looks_latin(*c).is_some())?;
        let is_mixed = text.chars().any(is_latin);
        let is_disguised = !has_foreign_words && text.chars().count() >= 3;
        let plain = if is_mixed {
            partly_plain(text)
        } else {
            plain(text)?
        };
        (is_mixed || is_disguised).then_some(Word {
            range: *range,
            text,
            plain,
            letter,
        })
    };
    all.iter().filter_map(odd).collect()
}

fn ranges(line: &str) -> Vec<ByteRange> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (start, c.is_alphabetic()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push(ByteRange::new(from, at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The word in Latin letters, if every letter looks like one.
fn plain(word: &str) -> Option<String> {
    word.chars().map(looks_latin).collect()
}

fn partly_plain(word: &str) -> String {
    word.chars().map(|c| looks_latin(c).unwrap_or(c)).collect()
}

/// The ASCII letter a letter cannot be told from.
fn looks_latin(c: char) -> Option<char> {
    if !is_foreign(c) {
        return c.is_ascii_alphabetic().then_some(c);
    }
    let text = c.to_string();
    let mut like = skeleton(&text);
    let first = like.next().filter(char::is_ascii_alphabetic)?;
    if like.next().is_some() {
        return None;
    }
    // Skeletons fold `l`, `I` and `1`; upper and lower case are told apart here.
    Some(match first {
        'l' if c.is_uppercase() => 'I',
        first if c.is_uppercase() => first.to_ascii_uppercase(),
        first => first,
    })
}

const fn is_foreign(c: char) -> bool {
    is_greek(c) || matches!(c, '\u{400}'..='\u{52F}')
}

const fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3FF}')
}

const fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{C0}'..='\u{24F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[(&str, &str)]) {
        let words = words(line);
        let found: Vec<(&str, &str)> = words
            .iter()
            .map(|word| (word.text, word.plain.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn mixed_and_disguised_words_are_found() {
        check("Your p\u{430}yout is sent", &[("p\u{430}yout", "payout")]);
        check(
            "Use \u{420}ay\u{420}al",
            &[("\u{420}ay\u{420}al", "PayPal")],
        );
        check(
            "A \u{441}\u{43E}\u{440}\u{443} of it",
            &[("\u{441}\u{43E}\u{440}\u{443}", "copy")],
        );
        check("Zeldh\u{3BF}f", &[("Zeldh\u{3BF}f", "Zeldhof")]);
        check("K\u{43E}sten für Käufer", &[("K\u{43E}sten", "Kosten")]);
    }

    #[test]
    fn other_scripts_have_their_own_words() {
        check("Русский, Українська and Ελληνικά", &[]);
        check("Я живу там, а он нет", &[]);
        check("The resistor has 10 kΩ and 3 μF, at an angle of π", &[]);
        check("Windows版 und Größe", &[]);
        check("α and β, or β-version", &[]);
    }
}
