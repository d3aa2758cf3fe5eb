//! Names in running text, as far as they can be told without a dictionary.

use std::ops::Range;

use corpus::Language;

/// Places that are named often, in Chinese, which marks no names.
const CHINESE_PLACES: [&str; 14] = [
    "美国", "中国", "英国", "法国", "德国", "日本", "上海", "北京", "香港", "广州", "台湾", "欧洲",
    "印度", "加州",
];

/// Names in `text`: capitalised words within a sentence, joined where they follow each other; in Chinese, words in
/// Latin letters and well-known places. In German every noun is among them.
pub fn names(text: &str, language: Language) -> Vec<Range<usize>> {
    if language == Language::Zh {
        return chinese(text);
    }
    let mut names: Vec<Range<usize>> = Vec::new();
    let mut starts_sentence = true;
    for (start, word) in words(text) {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let offset = word.find(core).unwrap_or(0);
        let range = start + offset..start + offset + core.len();
        let is_capitalised = core.chars().next().is_some_and(char::is_uppercase);
        let is_plain =
            core.chars().all(|c| c.is_alphabetic() || c == '-') && core.chars().count() >= 3;
        if is_capitalised && is_plain && !starts_sentence {
            match names.last_mut() {
                Some(last) if text[last.end..range.start] == *" " && language != Language::De => {
                    last.end = range.end;
                }
                _ => names.push(range),
            }
        }
        starts_sentence = word.ends_with(['.', ':', '?', '!', '>', '»', '”', '"', '“'])
            || !core.chars().any(char::is_alphabetic);
    }
    names
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn chinese(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = CHINESE_PLACES
        .iter()
        .flat_map(|place| text.match_indices(place))
        .map(|(start, place)| start..start + place.len())
        .collect();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), '。')]) {
        match (character.is_ascii_alphabetic(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if at - from >= 3 {
                    found.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    found.sort_by_key(|range| range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, language: Language, expected: &[&str]) {
        let found: Vec<&str> = names(text, language)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn names_stand_out() {
        check(
            "The Amazon lies near San Juan, they say.",
            Language::En,
            &["Amazon", "San Juan"],
        );
        check("Hij woont in Utrecht.", Language::Nl, &["Utrecht"]);
        check("在美国使用Outlook发送", Language::Zh, &["美国", "Outlook"]);
        check("Done. Then open it.", Language::En, &[]);
    }
}
