//! Phrases: word patterns in nine languages, read from a table.
//!
//! Used where a rule must be readable, testable and never argue: [`crate::policy`] and
//! [`crate::query::person`]. A table is a text of sections, each with patterns by language; a pattern under
//! `xx!` is an exception, whose words are taken out of the text before the section's patterns are tried; an
//! exception of one word counts for its own language only:
//!
//! ```text
//! [fraud]
//! en  = scam* | con man/men
//! en! = anti fraud
//! ```
//!
//! A pattern is a row of words. `word*`, `*word` and `*word*` match the start, the end and any part of a word,
//! `a/b` either, `a?` may be missing, `~word` forgives a typing error, `..` stands for up to four words and
//! `...` for up to nine, `#age` for a number from 5 to 17, `^` and `$` for the ends of the text. Nothing reaches
//! over the end of a sentence. Accents may be missing in the text, except in a short word that stands alone.
//! Where a pattern holds a Chinese character it is matched by characters, and `..` is up to eight of them.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use corpus::language::detect::is_han;
use unicode_normalization::UnicodeNormalization;

mod han;

/// A word that stands alone matches without its accents from this many letters on: "sąd" is not "sad".
const MIN_LETTERS_WITHOUT_ACCENTS: usize = 5;

/// Words `..` and `...` stand for, at most.
const GAPS: [(&str, usize); 2] = [("..", 4), ("...", 9)];

/// Ages `#age` stands for.
const AGES: std::ops::RangeInclusive<u32> = 5..=17;

/// A text as patterns read it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    words: Vec<Word>,
    characters: Vec<char>,
    /// Beginnings of the words; most patterns need one that a text does not have.
    beginnings: Beginnings,
    has_han: bool,
}

/// A word, or the end of a sentence, which is an empty word.
#[derive(Debug, Clone, Default)]
struct Word {
    exact: String,
    folded: String,
}

impl Text {
    /// Splits `text` into lower-case words.
    pub(crate) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let mut words: Vec<Word> = Vec::new();
        let mut word = String::new();
        let mut previous = ' ';
        let mut characters = lower.chars().peekable();
        while let Some(character) = characters.next() {
            if character.is_alphanumeric() {
                word.push(character);
            } else {
                push(&mut words, &mut word);
                let is_in_number =
                    previous.is_numeric() && characters.peek().is_some_and(|c| c.is_numeric());
                let ends = matches!(character, '.' | '!' | '?' | ';' | '…' | '\n');
                if ends && !is_in_number && words.last().is_some_and(|last| !last.is_break()) {
                    words.push(Word::default());
                }
            }
            previous = character;
        }
        push(&mut words, &mut word);
        if words.last().is_some_and(Word::is_break) {
            words.pop();
        }
        let beginnings = words.iter().fold(Beginnings::NONE, |all, word| {
            all.and(Beginnings::of(&word.exact))
                .and(Beginnings::of(&word.folded))
        });
        Self {
            words,
            characters: lower.chars().filter(|c| !c.is_whitespace()).collect(),
            beginnings,
            has_han: lower.chars().any(is_han),
        }
    }
}

/// A set of first two letters, as a filter: it may hold more than was put in, never less.
#[derive(Debug, Clone, Copy)]
struct Beginnings(u128);

impl Beginnings {
    const NONE: Self = Self(0);
    const ALL: Self = Self(u128::MAX);

    fn of(word: &str) -> Self {
        let mut letters = word.chars().map(u32::from);
        let first = letters.next().unwrap_or_default();
        let second = letters.next().unwrap_or_default();
        let hash = first.wrapping_mul(31).wrapping_add(second.wrapping_mul(7));
        Self(1 << (hash % 128))
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

fn push(words: &mut Vec<Word>, word: &mut String) {
    if !word.is_empty() {
        let folded = fold(word);
        words.push(Word {
            exact: std::mem::take(word),
            folded,
        });
    }
}

impl Word {
    /// What stands where an exception stood: a word no pattern has.
    fn cut() -> Self {
        Self {
            exact: "\0".to_owned(),
            folded: "\0".to_owned(),
        }
    }

    const fn is_break(&self) -> bool {
        self.exact.is_empty()
    }
}

/// `word` without accents.
pub(crate) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    for character in word.nfd() {
        match character {
            'ł' => folded.push('l'),
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            '\u{300}'..='\u{36F}' => {}
            other => folded.push(other),
        }
    }
    folded
}

/// The patterns of a table, by section, in the order of the table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    sections: Vec<(String, Section)>,
}

/// The patterns of one section.
#[derive(Debug, Default)]
pub(crate) struct Section {
    by_language: BTreeMap<String, Lexicon>,
    /// Exceptions of more than one word, of all languages.
    exceptions: Vec<Pattern>,
}

/// The patterns of one section and language.
#[derive(Debug, Default)]
struct Lexicon {
    wanted: Vec<Pattern>,
    /// Exceptions of one word: "faux" is a material in one language and a forgery in another.
    exceptions: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Words {
        pieces: Vec<Piece>,
        /// For each word that may not be missing, how it may begin.
        needed: Vec<Beginnings>,
    },
    Han(han::Pattern),
}

#[derive(Debug)]
enum Piece {
    Word { any_of: Vec<Form>, optional: bool },
    Gap(usize),
    Start,
    End,
}

#[derive(Debug)]
enum Form {
    Whole(Spelling),
    Prefix(Spelling),
    Suffix(Spelling),
    Within(Spelling),
    Misspelt(Spelling),
    Age,
}

#[derive(Debug)]
struct Spelling {
    exact: String,
    /// Empty where accents may not be missing.
    folded: String,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// The first line that is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut table = Self::default();
        for (number, line) in text.lines().enumerate() {
            let wrong = |problem: &str| format!("line {}: {problem}", number + 1);
            let line = line.trim();
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                table.sections.push((name.to_owned(), Section::default()));
                continue;
            }
            let (_, section) = table
                .sections
                .last_mut()
                .ok_or_else(|| wrong("no section"))?;
            let (key, patterns) = line.split_once(" = ").ok_or_else(|| wrong("no patterns"))?;
            let key = key.trim();
            let (language, excepts) = match key.strip_suffix('!') {
                Some(language) => (language, true),
                None => (key, false),
            };
            let lexicon = section.by_language.entry(language.to_owned()).or_default();
            for pattern in patterns.split(" | ") {
                let pattern =
                    Pattern::parse(pattern.trim()).ok_or_else(|| wrong("an empty pattern"))?;
                match (excepts, pattern.is_one_word()) {
                    (true, true) => lexicon.exceptions.push(pattern),
                    (true, false) => section.exceptions.push(pattern),
                    (false, _) => lexicon.wanted.push(pattern),
                }
            }
        }
        Ok(table)
    }

    /// Names of the sections a pattern of which occurs in `text`, in the order of the table.
    pub(crate) fn found<'t>(&'t self, text: &'t Text) -> impl Iterator<Item = &'t str> {
        self.sections
            .iter()
            .filter(|(_, section)| section.is_in(text))
            .map(|(name, _)| name.as_str())
    }

    /// The sections with their names.
    #[cfg(test)]
    pub(crate) fn sections(&self) -> impl Iterator<Item = (&str, &Section)> {
        self.sections.iter().map(|(name, s)| (name.as_str(), s))
    }
}

impl Section {
    /// How many patterns there are by language.
    #[cfg(test)]
    pub(crate) fn languages(&self) -> impl Iterator<Item = (&str, usize)> {
        let languages = self.by_language.iter();
        languages.map(|(key, lexicon)| (key.as_str(), lexicon.wanted.len()))
    }

    fn is_in(&self, text: &Text) -> bool {
        let lexicons = || self.by_language.values();
        // Exceptions cost as much as what they are exceptions to, and nearly all texts need none.
        if !lexicons().any(|lexicon| lexicon.is_in(text)) {
            return false;
        }
        let rest = without(Cow::Borrowed(text), &self.exceptions);
        lexicons().any(|lexicon| lexicon.is_in(&without(Cow::Borrowed(&rest), &lexicon.exceptions)))
    }
}

impl Lexicon {
    fn is_in(&self, text: &Text) -> bool {
        self.wanted.iter().any(|pattern| pattern.is_in(text))
    }
}

/// `text` without every place one of `exceptions` occurs at.
fn without<'t>(mut text: Cow<'t, Text>, exceptions: &[Pattern]) -> Cow<'t, Text> {
    for exception in exceptions {
        while let Some(rest) = exception.cut_from(&text) {
            text = Cow::Owned(rest);
        }
    }
    text
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text.chars().any(is_han) {
            return han::Pattern::parse(text).map(Self::Han);
        }
        let n_words = text.split(' ').filter(|word| is_word(word)).count();
        let pieces: Vec<Piece> = text
            .split(' ')
            .map(|word| Piece::parse(word, n_words == 1))
            .collect();
        let needed: Vec<Beginnings> = pieces.iter().filter_map(Piece::needs).collect();
        (!needed.is_empty()).then_some(Self::Words { pieces, needed })
    }

    fn is_one_word(&self) -> bool {
        matches!(self, Self::Words { pieces, .. } if pieces.len() == 1)
    }

    fn is_in(&self, text: &Text) -> bool {
        match self {
            Self::Words { pieces, needed } => {
                needed.iter().all(|one| one.meets(text.beginnings))
                    && find(pieces, &text.words).is_some()
            }
            Self::Han(pattern) => text.has_han && pattern.find(&text.characters).is_some(),
        }
    }

    /// `text` without the first place the pattern occurs at; `None` when there is none.
    fn cut_from(&self, text: &Text) -> Option<Text> {
        let mut rest = text.clone();
        match self {
            Self::Words { pieces, .. } => {
                let range = find(pieces, &text.words)?;
                rest.words.splice(range, [Word::cut()]);
            }
            Self::Han(pattern) => {
                let range = pattern.find(&text.characters)?;
                rest.characters.splice(range, ['\0']);
            }
        }
        Some(rest)
    }
}

fn is_word(word: &str) -> bool {
    !matches!(word, ".." | "..." | "^" | "$")
}

/// The leftmost place of `pieces` in `words`.
fn find(pieces: &[Piece], words: &[Word]) -> Option<Range<usize>> {
    (0..words.len()).find_map(|start| Some(start..end_of(pieces, words, start)?))
}

/// Where a match of `pieces` that starts at word `at` ends.
fn end_of(pieces: &[Piece], words: &[Word], at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else {
        return Some(at);
    };
    match piece {
        Piece::Word { any_of, optional } => {
            let matches = words
                .get(at)
                .is_some_and(|word| any_of.iter().any(|form| form.matches(word)));
            let taken = if matches {
                end_of(rest, words, at + 1)
            } else {
                None
            };
            taken.or_else(|| optional.then(|| end_of(rest, words, at)).flatten())
        }
        Piece::Gap(most) => {
            let room = words[at..]
                .iter()
                .take(*most)
                .take_while(|word| !word.is_break())
                .count();
            (0..=room).find_map(|skipped| end_of(rest, words, at + skipped))
        }
        Piece::Start => (at == 0).then(|| end_of(rest, words, at)).flatten(),
        Piece::End => (at == words.len())
            .then(|| end_of(rest, words, at))
            .flatten(),
    }
}

impl Piece {
    /// How the word it stands for may begin; `None` when no word has to be there.
    fn needs(&self) -> Option<Beginnings> {
        let Self::Word {
            any_of,
            optional: false,
        } = self
        else {
            return None;
        };
        let begin = |form: &Form| match form {
            Form::Whole(sought) | Form::Prefix(sought) if sought.exact.chars().count() > 1 => {
                Beginnings::of(&sought.exact).and(Beginnings::of(&sought.folded))
            }
            _ => Beginnings::ALL,
        };
        let begins = any_of.iter().map(begin);
        Some(begins.fold(Beginnings::NONE, Beginnings::and))
    }

    fn parse(text: &str, alone: bool) -> Self {
        if let Some((_, most)) = GAPS.iter().find(|(gap, _)| *gap == text) {
            return Self::Gap(*most);
        }
        match text {
            "^" => return Self::Start,
            "$" => return Self::End,
            _ => {}
        }
        let (text, optional) = match text.strip_suffix('?') {
            Some(text) => (text, true),
            None => (text, false),
        };
        Self::Word {
            any_of: text
                .split('/')
                .map(|form| Form::parse(form, alone))
                .collect(),
            optional,
        }
    }
}

impl Form {
    fn parse(text: &str, alone: bool) -> Self {
        if text == "#age" {
            return Self::Age;
        }
        if let Some(word) = text.strip_prefix('~') {
            return Self::Misspelt(Spelling::new(word, alone));
        }
        match (text.strip_prefix('*'), text.strip_suffix('*')) {
            (Some(_), Some(_)) => Self::Within(Spelling::new(text.trim_matches('*'), alone)),
            (Some(end), None) => Self::Suffix(Spelling::new(end, alone)),
            (None, Some(start)) => Self::Prefix(Spelling::new(start, alone)),
            (None, None) => Self::Whole(Spelling::new(text, alone)),
        }
    }

    fn matches(&self, word: &Word) -> bool {
        match self {
            Self::Whole(sought) => sought.is(word, |word, sought| word == sought),
            Self::Prefix(sought) => sought.is(word, |word, sought| word.starts_with(sought)),
            Self::Suffix(sought) => sought.is(word, |word, sought| word.ends_with(sought)),
            Self::Within(sought) => sought.is(word, |word, sought| word.contains(sought)),
            Self::Misspelt(sought) => sought.is(word, is_close),
            Self::Age => {
                // "14" and "14jährige", but no "14th" of a month and no "14cm".
                let digits = word.exact.trim_end_matches(char::is_alphabetic);
                let unit = word.exact[digits.len()..].chars().count();
                (unit == 0 || unit > 3) && digits.parse().is_ok_and(|age: u32| AGES.contains(&age))
            }
        }
    }
}

impl Spelling {
    fn new(exact: &str, alone: bool) -> Self {
        let mut folded = fold(exact);
        if alone && folded.chars().count() < MIN_LETTERS_WITHOUT_ACCENTS {
            folded.clear();
        }
        Self {
            exact: exact.to_owned(),
            folded,
        }
    }

    fn is(&self, word: &Word, compare: fn(&str, &str) -> bool) -> bool {
        if word.is_break() {
            return false;
        }
        compare(&word.exact, &self.exact)
            || !self.folded.is_empty() && compare(&word.folded, &self.folded)
    }
}

/// Whether one letter more, less, other or swapped with its neighbour makes `typed` of `meant`, the first letter
/// aside. Short words are one such step from too many others.
fn is_close(typed: &str, meant: &str) -> bool {
    if typed == meant {
        return true;
    }
    let (typed, meant): (Vec<char>, Vec<char>) = (typed.chars().collect(), meant.chars().collect());
    if meant.len() < 5 || typed.first() != meant.first() || typed.len().abs_diff(meant.len()) > 1 {
        return false;
    }
    let same = typed.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    let tail = |slice: &[char], n: usize| slice.get(n..).unwrap_or_default().to_vec();
    match typed.len().cmp(&meant.len()) {
        std::cmp::Ordering::Less => typed == tail(meant, 1),
        std::cmp::Ordering::Greater => tail(typed, 1) == meant,
        std::cmp::Ordering::Equal => {
            let swapped = typed.len() > 1 && typed[0] == meant[1] && typed[1] == meant[0];
            tail(typed, 1) == tail(meant, 1) || swapped && tail(typed, 2) == tail(meant, 2)
        }
    }
}

#[cfg(test)]
mod tests;
