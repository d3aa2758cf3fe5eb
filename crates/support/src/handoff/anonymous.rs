//! A question without who asked it: what may be kept for those who write the articles.
//!
//! By rule, so a name that is only a word to the rules stays; how little is kept beside the text, and for how long, makes
//! up for that (`docs/operations.md`).

use serde_json::Value;

use super::{clean, redact};

/// What stands where something was taken out that the caller sent with the question.
const KNOWN: &str = "[known]";
const LINK: &str = "[link]";
const NAME: &str = "[name]";
const NUMBER: &str = "[number]";

/// Most characters that are kept.
const MAX_CHARS: usize = 500;

/// Shortest text of `known` that is looked for, in bytes: a shorter one is part of too many words. Two characters of
/// Chinese, which a name may be, are six.
const MIN_KNOWN_BYTES: usize = 3;

/// `text` on one line, without what [`redact`] takes out, what stands in `known` (whatever the case of ASCII letters), links,
/// names of accounts (`@someone`), numbers of five digits or more, and words that mix letters with three digits or more, as
/// numbers of orders and parcels do. Amounts, dates, years and measures stay. At most 500 characters.
pub fn anonymous(text: &str, known: &[&str]) -> String {
    // Before what is known: a name taken out of an e-mail address would leave the rest of it.
    let mut text = redact(&clean(text));
    let mut known: Vec<&str> = known
        .iter()
        .map(|known| known.trim())
        .filter(|known| known.len() >= MIN_KNOWN_BYTES)
        .collect();
    // A part of a longer one must not break it up.
    known.sort_by_key(|known| std::cmp::Reverse(known.len()));
    for known in known {
        text = without(&text, known);
    }
    let words: Vec<String> = text.split_whitespace().map(plain_word).collect();
    let text = words.join(" ");
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => text[..end].trim_end().to_owned(),
        None => text,
    }
}

/// What a caller sent beside a question that may stand in it too, for [`anonymous`]: the id of the customer and, of the
/// `subject`, texts and numbers, whole and in words that begin with a capital, as names do. Codes such as `delivered` are
/// words of any question.
pub fn known_texts(customer: Option<&str>, subject: Option<&Value>) -> Vec<String> {
    let mut known: Vec<String> = customer.map(str::to_owned).into_iter().collect();
    let mut waiting: Vec<&Value> = subject.into_iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => waiting.extend(fields.values()),
            Value::Number(number) => known.push(number.to_string()),
            Value::String(text) if !is_code(text) => {
                let words = text.split(|c: char| !c.is_alphanumeric());
                let names = words.filter(|word| word.starts_with(char::is_uppercase));
                known.extend(names.map(str::to_owned));
                known.push(text.clone());
            }
            Value::String(_) | Value::Bool(_) | Value::Null => {}
        }
    }
    known
}

fn is_code(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// `text` with `known` taken out wherever it stands as a word.
fn without(text: &str, known: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = find(rest, known) {
        let end = start + known.len();
        let before = rest[..start]
            .chars()
            .next_back()
            .or(left.chars().next_back());
        let is_word = !continues(before, known.chars().next())
            && !continues(known.chars().next_back(), rest[end..].chars().next());
        left.push_str(&rest[..start]);
        left.push_str(if is_word { KNOWN } else { &rest[start..end] });
        rest = &rest[end..];
    }
    left.push_str(rest);
    left
}

fn find(text: &str, known: &str) -> Option<usize> {
    let is_here = |at: &usize| {
        text.get(*at..at + known.len())
            .is_some_and(|piece| piece.eq_ignore_ascii_case(known))
    };
    (0..text.len()).find(is_here)
}

/// Whether two neighbours are of one word, in writing that has spaces between words.
fn continues(one: Option<char>, next: Option<char>) -> bool {
    let is_spaced = |c: char| (c.is_alphanumeric() || c == '_') && c < '\u{2E80}';
    one.is_some_and(is_spaced) && next.is_some_and(is_spaced)
}

/// A word between spaces, with what tells who is meant taken out.
fn plain_word(word: &str) -> String {
    if word.contains("://") || word.to_ascii_lowercase().starts_with("www.") {
        return LINK.to_owned();
    }
    let name = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
    if let Some(name) = name.strip_prefix('@')
        && name.starts_with(|c: char| c.is_alphanumeric() || c == '[')
    {
        return NAME.to_owned();
    }
    let mut plain = String::with_capacity(word.len());
    let mut rest = word;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '#');
    while let Some(start) = rest.find(is_part) {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        plain.push_str(if is_number(part) { NUMBER } else { part });
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// Whether ASCII letters and digits look like the number of something.
fn is_number(part: &str) -> bool {
    let n_digits = part.bytes().filter(u8::is_ascii_digit).count();
    let n_letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    // "2026-11-25", and "500gb" or "2000w".
    let is_date = n_digits == 8 && n_letters == 0 && part.matches('-').count() == 2;
    let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_measure = n_letters <= 2 && n_digits <= 4 && digits.len() == n_digits;
    if is_date || is_measure {
        return false;
    }
    n_digits >= 5 || n_digits >= 3 && n_letters > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let known = ["c-19", "Jan de Vries", "Jan", "o-77", "李明", "1250.00 EUR"];
        assert_eq!(anonymous(text, &known), expected);
    }

    #[test]
    fn who_asked_goes() {
        check(
            "Where is my money,\njan.devries@voorbeeld.nl or +31 6 1234 5678?",
            "Where is my money, [email] or [phone]?",
        );
        check("I am jan de vries (C-19)", "I am [known] ([known])");
        check("jan@voorbeeld.nl", "[email]");
        check("我是李明，钱在哪里？", "我是[known]，钱在哪里？");
        check("January has 31 days", "January has 31 days");
        check(
            "order 12345678, parcel 3SABCD0123456789",
            "order [number], parcel [number]",
        );
        check("#A12-B34 and zq0012abcdefqz", "[number] and [number]");
        check("订单12345号", "订单[number]号");
        check("see https://shop.example/o?token=abc.", "see [link]");
        check("www.shop.example/me and @jan_1967!", "[link] and [name]");
        check("You owe me 1250.00 EUR", "You owe me [known]");
        check("a\u{202E}b\u{0007}", "ab");
    }

    #[test]
    fn what_the_caller_knows_goes() {
        let subject = serde_json::json!({"kind": "order", "id": "o-77", "facts": {
            "status": "delivered", "to": {"name": "Jan de Vries"}, "weight": 1250, "signed": true}});
        let mut known = known_texts(Some("c-19"), Some(&subject));
        known.sort();
        assert_eq!(
            known,
            ["1250", "Jan", "Jan de Vries", "Vries", "c-19", "o-77"]
        );
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let asked = "My order o-77 of 1250 grams to Vries is delivered, Jan says";
        assert_eq!(
            anonymous(asked, &known),
            "My order [known] of [known] grams to [known] is delivered, [known] says"
        );
        assert!(known_texts(None, None).is_empty());
    }

    #[test]
    fn what_the_question_is_about_stays() {
        for text in [
            "An Omega of 1967 for € 1.250,00, sold on 2026-11-25",
            "500gb or 100cm, a 2000w lamp, A4",
            "within 14 days, 09:00-18:00",
            "Czy mogę zwrócić zegarek? 可以退货吗？",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_story_is_cut_at_a_character() {
        let long = anonymous(&"语".repeat(2_000), &[]);
        assert_eq!(long.chars().count(), MAX_CHARS);
    }
}
