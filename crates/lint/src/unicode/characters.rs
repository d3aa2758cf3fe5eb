//! Which characters of a line are odd, and why.

use unicode_security::mixed_script::AugmentedScriptSet;

use crate::show::{is_private_use, is_zero_width};

/// Most letters of the region in a flag.
const MAX_REGION_LETTERS: usize = 6;

/// What is odd about a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Without width, inside a word.
    Inside,
    /// Without width, beside a word.
    Edge,
    /// Turns the direction text is shown in.
    Direction,
    /// Tags and variation selectors without anything to vary: a text nobody sees.
    Tag,
    /// A control character.
    Control,
    /// What is left of a character that was lost.
    Lost,
    /// Has a shape only in one font.
    PrivateUse,
    /// Has no meaning yet.
    Unassigned,
    /// A letter made for formulas.
    Formula,
    /// More marks on one letter than any language uses.
    Marks,
}

impl Oddity {
    pub(super) const ALL: [Self; 10] = [
        Self::Inside,
        Self::Edge,
        Self::Direction,
        Self::Tag,
        Self::Control,
        Self::Lost,
        Self::PrivateUse,
        Self::Unassigned,
        Self::Formula,
        Self::Marks,
    ];

    pub(super) const fn name(self, count: usize) -> &'static str {
        match (self, count) {
            (Self::Inside, 1) => "an invisible character inside a word",
            (Self::Inside, _) => "invisible characters inside words",
            (Self::Edge, 1) => "an invisible character",
            (Self::Edge, _) => "invisible characters",
            (Self::Direction, 1) => "a character that turns the direction of text",
            (Self::Direction, _) => "characters that turn the direction of text",
            (Self::Tag, _) => "a text in characters nobody sees",
            (Self::Control, 1) => "a control character",
            (Self::Control, _) => "control characters",
            (Self::Lost, 1) => "a character that was lost in conversion",
            (Self::Lost, _) => "characters that were lost in conversion",
            (Self::PrivateUse, 1) => "a character only some fonts can show",
            (Self::PrivateUse, _) => "characters only some fonts can show",
            (Self::Unassigned, 1) => "a code point without a character",
            (Self::Unassigned, _) => "code points without characters",
            (Self::Formula, _) => "letters made for formulas",
            (Self::Marks, _) => "piled-up accents",
        }
    }

    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::Inside => "remove it: a search for the word does not find it",
            Self::Edge => "remove it",
            Self::Direction => "remove it: readers see another text than programs",
            Self::Tag => "remove it, and find out where the text was copied from",
            Self::Control | Self::Unassigned => "remove it, or write what was meant",
            Self::Lost => "write the character that stood there",
            Self::PrivateUse => "write what it shows, or use an image",
            Self::Formula => "write plain letters, and use `**` or `_` for weight and slant",
            Self::Marks => "write the plain letter",
        }
    }
}

/// The odd characters of `line` with their offsets, in order.
pub(super) fn odd(line: &str, is_first_line: bool) -> Vec<(usize, char, Oddity)> {
    let characters: Vec<(usize, char)> = line.char_indices().collect();
    let turns = line.chars().any(is_from_the_right);
    let mut found = Vec::new();
    for (position, &(at, c)) in characters.iter().enumerate() {
        if c.is_ascii() && !c.is_ascii_control() {
            continue;
        }
        let before = position.checked_sub(1).map(|i| characters[i].1);
        let after = characters.get(position + 1).map(|&(_, c)| c);
        // A byte order mark may open a file.
        if is_first_line && at == 0 && c == '\u{FEFF}' {
            continue;
        }
        let oddity = match c {
            '\t' => None,
            '\u{AD}' => is_scattered(&characters, position).then_some(Oddity::Inside),
            '\u{200D}' if joins_emoji(before, after) || joins_letters(before) => None,
            '\u{200C}' if joins_letters(before) => None,
            '\u{200E}' | '\u{200F}' | '\u{61C}' if turns => None,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Oddity::Direction),
            '\u{FE00}'..='\u{FE0F}' => {
                let varies = before.is_some_and(|b| {
                    !b.is_ascii_alphabetic() && !b.is_whitespace() && !is_selector(b)
                });
                (!varies).then_some(Oddity::Tag)
            }
            '\u{E0100}'..='\u{E01EF}' => (!before.is_some_and(is_han)).then_some(Oddity::Tag),
            '\u{E0000}'..='\u{E007F}' => (!in_flag(&characters[..position])).then_some(Oddity::Tag),
            '\u{2028}' | '\u{2029}' => Some(Oddity::Control),
            c if c.is_control() => Some(Oddity::Control),
            c if is_zero_width(c) => {
                let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let is_inside =
                    is_letter(before) && is_letter(after) && !before.is_some_and(is_han);
                Some(if is_inside {
                    Oddity::Inside
                } else {
                    Oddity::Edge
                })
            }
            '\u{FFFD}' => Some(Oddity::Lost),
            c if is_private_use(c) => Some(Oddity::PrivateUse),
            '\u{1D400}'..='\u{1D7FF}' => Some(Oddity::Formula),
            c if is_mark(c) => is_piled_up(&characters[..position]).then_some(Oddity::Marks),
            c if is_unassigned(c) => Some(Oddity::Unassigned),
            _ => None,
        };
        found.extend(oddity.map(|oddity| (at, c, oddity)));
    }
    found
}

/// What tags or variation selectors spell, one byte each; `None` when that is no text.
pub(super) fn spelled(characters: &[(usize, char)]) -> Option<String> {
    let byte = |c: char| match c {
        '\u{E0020}'..='\u{E007E}' => u8::try_from(u32::from(c) - 0xE0000).ok(),
        '\u{FE00}'..='\u{FE0F}' => u8::try_from(u32::from(c) - 0xFE00).ok(),
        '\u{E0100}'..='\u{E01EF}' => u8::try_from(u32::from(c) - 0xE0100 + 16).ok(),
        _ => None,
    };
    let bytes: Vec<u8> = characters.iter().filter_map(|&(_, c)| byte(c)).collect();
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains(char::is_alphanumeric))
}

/// A soft hyphen that parts single letters cuts no word; it hides one.
fn is_scattered(characters: &[(usize, char)], position: usize) -> bool {
    let is_soft = |i: Option<usize>| {
        i.and_then(|i| characters.get(i))
            .is_some_and(|&(_, c)| c == '\u{AD}')
    };
    is_soft(position.checked_sub(2))
        || is_soft(position.checked_sub(1))
        || is_soft(Some(position + 1))
        || is_soft(Some(position + 2))
}

fn joins_emoji(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| is_emoji(c) || c == '\u{FE0F}') && after.is_some_and(is_emoji)
}

const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Scripts in which joiners shape letters: Arabic to Thaana, and those of India and its neighbours.
fn joins_letters(before: Option<char>) -> bool {
    before.is_some_and(
        |c| matches!(c, '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{1780}'..='\u{18AF}'),
    )
}

const fn is_from_the_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{61B}' | '\u{61D}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether the tags before this one belong to a flag: 🏴 with the letters of a region.
fn in_flag(before: &[(usize, char)]) -> bool {
    let base = before
        .iter()
        .rev()
        .map(|&(_, c)| c)
        .take(MAX_REGION_LETTERS + 1)
        .enumerate()
        .find(|(_, c)| !matches!(c, '\u{E0020}'..='\u{E007F}'));
    base.is_some_and(|(_, c)| c == '\u{1F3F4}')
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Whether three marks stand before this one already.
fn is_piled_up(before: &[(usize, char)]) -> bool {
    before.len() >= 3 && before.iter().rev().take(3).all(|&(_, c)| is_mark(c))
}

/// Without a script of its own or a common one. New emoji are left alone: tables are older than keyboards.
fn is_unassigned(c: char) -> bool {
    !is_emoji(c) && AugmentedScriptSet::for_char(c).base.is_empty()
}
