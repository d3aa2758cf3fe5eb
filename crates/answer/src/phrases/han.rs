//! Patterns of Chinese text, matched character by character, since it has no spaces between words.

use std::ops::Range;

use super::AGES;

/// Characters `..` stands for, at most.
const GAP: usize = 8;

/// Literals with gaps between them.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    AnyOf(Vec<Vec<char>>),
    Age,
    Gap,
    Start,
    End,
}

impl Pattern {
    /// Reads `我要..投诉/起诉`; `None` when it seeks nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        for (position, part) in text.split("..").enumerate() {
            if position > 0 {
                pieces.push(Piece::Gap);
            }
            for (position, part) in part.split("#age").enumerate() {
                if position > 0 {
                    pieces.push(Piece::Age);
                }
                let (part, starts) = part
                    .strip_prefix('^')
                    .map_or((part, false), |part| (part, true));
                let (part, ends) = part
                    .strip_suffix('$')
                    .map_or((part, false), |part| (part, true));
                if starts {
                    pieces.push(Piece::Start);
                }
                if !part.is_empty() {
                    let any_of = part.split('/').map(|literal| literal.chars().collect());
                    pieces.push(Piece::AnyOf(any_of.collect()));
                }
                if ends {
                    pieces.push(Piece::End);
                }
            }
        }
        let seeks = pieces.iter().any(|piece| matches!(piece, Piece::AnyOf(_)));
        seeks.then_some(Self(pieces))
    }

    /// The leftmost place of the pattern.
    pub(super) fn find(&self, text: &[char]) -> Option<Range<usize>> {
        (0..text.len()).find_map(|start| Some(start..end_of(&self.0, text, start)?))
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '…')
}

fn end_of(pieces: &[Piece], text: &[char], at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else {
        return Some(at);
    };
    match piece {
        Piece::AnyOf(literals) => literals
            .iter()
            .filter(|literal| text[at..].starts_with(literal))
            .find_map(|literal| end_of(rest, text, at + literal.len())),
        Piece::Age => {
            let digits: String = text[at..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .collect();
            let is_age = digits.parse().is_ok_and(|age: u32| AGES.contains(&age));
            is_age
                .then(|| end_of(rest, text, at + digits.len()))
                .flatten()
        }
        Piece::Gap => {
            let room = text[at..]
                .iter()
                .take(GAP)
                .take_while(|c| !is_break(**c))
                .count();
            (0..=room).find_map(|skipped| end_of(rest, text, at + skipped))
        }
        Piece::Start => (at == 0).then(|| end_of(rest, text, at)).flatten(),
        Piece::End => text[at..]
            .iter()
            .all(|c| !c.is_alphanumeric())
            .then(|| end_of(rest, text, at))
            .flatten(),
    }
}
