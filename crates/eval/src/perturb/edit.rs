//! Editing a sentence at a word: where a phrase stands, and what the sentence is with another in its place.

use std::ops::Range;

use corpus::Language;

use super::{random::Random, words::Swap};

/// Every place where `phrase` stands in `text`, whatever its case, as whole words where the language has them.
pub fn places(text: &str, phrase: &str, language: Language) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.char_indices() {
        let Some(end) = matched(&text[start..], phrase) else {
            continue;
        };
        let range = start..start + end;
        if !language.separates_words() || is_whole(text, &range) {
            found.push(range);
        }
    }
    found
}

/// How many bytes at the start of `text` say `phrase`; apostrophes of both shapes are one.
fn matched(text: &str, phrase: &str) -> Option<usize> {
    let mut wanted = phrase.chars();
    for (at, character) in text.char_indices() {
        let Some(next) = wanted.next() else {
            return Some(at);
        };
        let character = if character == '’' { '\'' } else { character };
        if !character.to_lowercase().eq(next.to_lowercase()) {
            return None;
        }
    }
    wanted.next().is_none().then_some(text.len())
}

fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let is_joined = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@' | '/');
    let starts = text[range.clone()].starts_with(char::is_alphanumeric);
    let ends = text[range.clone()].ends_with(char::is_alphanumeric);
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    let goes_on = |c: char| is_joined(c) || c == '\'';
    !(starts && before.is_some_and(is_joined) || ends && after.is_some_and(goes_on))
}

/// `text` with `by` in the place of `range`, in the case of what stood there, and without a doubled space.
pub fn replaced(text: &str, range: &Range<usize>, by: &str) -> String {
    let old = &text[range.clone()];
    let is_capitalised = old.chars().next().is_some_and(char::is_uppercase);
    let mut edited = text[..range.start].to_owned();
    let mut rest = &text[range.end..];
    if by.is_empty() {
        rest = rest.trim_start();
        if rest.starts_with(['.', ',', ';', ':', '?', '!', ')']) {
            edited.truncate(edited.trim_end().len());
        }
        if is_capitalised {
            return edited + &capitalised(rest);
        }
    } else if is_capitalised {
        edited.push_str(&capitalised(by));
    } else {
        edited.push_str(by);
    }
    edited.push_str(rest);
    edited
}

/// `text` with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// One of the swaps that fit, made at one of its places; `both_ways` also replaces right by left.
pub fn swap(
    text: &str,
    language: Language,
    swaps: &[Swap],
    both_ways: bool,
    random: &mut Random,
) -> Option<String> {
    let mut fitting: Vec<(Range<usize>, &str)> = Vec::new();
    for (left, right) in swaps {
        fitting.extend(
            places(text, left, language)
                .into_iter()
                .map(|place| (place, *right)),
        );
        if both_ways {
            fitting.extend(
                places(text, right, language)
                    .into_iter()
                    .map(|place| (place, *left)),
            );
        }
    }
    // "can" inside "cannot", 前 inside 之前: the longest phrase at a place is what stands there.
    let covered = |range: &Range<usize>| {
        fitting.iter().any(|(other, _)| {
            other.start <= range.start && other.end >= range.end && other.len() > range.len()
        })
    };
    let fitting: Vec<&(Range<usize>, &str)> = fitting
        .iter()
        .filter(|(range, _)| !covered(range))
        .collect();
    let (range, by) = random.choose(&fitting)?;
    Some(replaced(text, range, by)).filter(|edited| edited != text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, language: Language, swap: Swap, edited: Option<&str>) {
        let found = super::swap(text, language, &[swap], false, &mut Random::new(1, text));
        assert_eq!(found.as_deref(), edited, "{text}");
    }

    #[test]
    fn whole_words_are_swapped_in_their_case() {
        check(
            "You can pay.",
            Language::En,
            ("can", "must"),
            Some("You must pay."),
        );
        check(
            "Can you pay?",
            Language::En,
            ("can", "must"),
            Some("Must you pay?"),
        );
        check("The canal", Language::En, ("can", "must"), None);
        check(
            "It can’t be.",
            Language::En,
            ("can't", "can"),
            Some("It can be."),
        );
        check("It can't be.", Language::En, ("can", "must"), None);
        check(
            "Das geht nicht.",
            Language::De,
            ("nicht", ""),
            Some("Das geht."),
        );
        check(
            "No puede salir.",
            Language::Es,
            ("no", ""),
            Some("Puede salir."),
        );
        check(
            "Up to 5 files.",
            Language::En,
            ("up to", ""),
            Some("5 files."),
        );
        check(
            "您可以付款。",
            Language::Zh,
            ("可以", "必须"),
            Some("您必须付款。"),
        );
    }

    #[test]
    fn the_longer_phrase_stands_at_a_place() {
        let swaps = [("前", "后"), ("之前", "之后")];
        let edited = swap(
            "三天之前",
            Language::Zh,
            &swaps,
            true,
            &mut Random::new(3, ""),
        );
        assert_eq!(edited.as_deref(), Some("三天之后"));
    }
}
