//! The customer's own decisive sentences, for a summary that says nothing the customer did not.

use std::ops::Range;

use corpus::{Language, sentence::sentences};

/// Most sentences.
const MAX_SENTENCES: usize = 3;

/// Longest summary, in characters. One sentence that is longer is cut at a word and marked.
const MAX_CHARS: usize = 300;

/// The sentences of `texts`, oldest first, that say most of the matter, in their order and word for word.
///
/// Decisive is what asks (a question mark), what names something (a digit: a number, a date, an amount), and what was said
/// last. Empty without a text.
pub fn decisive(texts: &[&str], language: Language) -> String {
    let mut found: Vec<(usize, usize, Range<usize>)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        for range in sentences(text, language) {
            let is_last = index + 1 == texts.len();
            let worth = worth(&text[range.clone()], is_last);
            // What was said twice is told once.
            let is_new = found
                .iter()
                .all(|(_, other, known)| texts[*other][known.clone()] != text[range.clone()]);
            if is_new {
                found.push((worth, index, range));
            }
        }
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    // Of two that say as much, the later one.
    order.sort_by_key(|&at| std::cmp::Reverse((found[at].0, at)));
    let mut chosen: Vec<usize> = Vec::new();
    let mut n_chars = 0;
    for at in order {
        let (_, index, range) = &found[at];
        let length = texts[*index][range.clone()].chars().count() + 1;
        if chosen.len() == MAX_SENTENCES || (!chosen.is_empty() && n_chars + length > MAX_CHARS) {
            continue;
        }
        n_chars += length;
        chosen.push(at);
    }
    chosen.sort_unstable();
    let joint = if language.separates_words() { " " } else { "" };
    let parts: Vec<String> = chosen
        .into_iter()
        .map(|at| shortened(&texts[found[at].1][found[at].2.clone()]))
        .collect();
    parts.join(joint)
}

fn worth(sentence: &str, is_last: bool) -> usize {
    let asks = sentence.contains(['?', '？']);
    let names = sentence.chars().any(|c| c.is_ascii_digit());
    // A greeting or a thank-you is short.
    let says = sentence.chars().filter(|c| c.is_alphabetic()).count() >= 12
        || sentence.chars().filter(|c| *c >= '\u{3000}').count() >= 5;
    3 * usize::from(says) + 2 * usize::from(asks) + 2 * usize::from(is_last) + usize::from(names)
}

fn shortened(sentence: &str) -> String {
    let one_line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= MAX_CHARS {
        return one_line;
    }
    let cut: String = one_line.chars().take(MAX_CHARS - 1).collect();
    let end = cut.rfind(' ').filter(|end| *end > cut.len() / 2);
    format!("{}…", &cut[..end.unwrap_or(cut.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], language: Language, expected: &str) {
        assert_eq!(decisive(texts, language), expected);
    }

    #[test]
    fn what_is_asked_and_named_is_kept_in_order() {
        check(
            &["Where is my parcel? It was sent on Monday."],
            Language::En,
            "Where is my parcel? It was sent on Monday.",
        );
        check(
            &[
                "Hello. I bought a watch, order 4711.",
                "Thanks. It arrived with a broken glass. What can I do now? Bye.",
            ],
            Language::En,
            "I bought a watch, order 4711. It arrived with a broken glass. What can I do now?",
        );
        check(
            &["你好。我上周付款了。包裹在哪里？"],
            Language::Zh,
            "你好。我上周付款了。包裹在哪里？",
        );
        check(&[], Language::En, "");
        check(&["  "], Language::En, "");
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        let text = "When do I get my money?";
        check(&[text, text], Language::En, text);
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_word() {
        let long = "word ".repeat(100);
        let text = decisive(&[&long], Language::En);
        assert!(text.chars().count() <= MAX_CHARS, "{text}");
        assert!(text.ends_with("word…"), "{text}");
    }

    #[test]
    fn every_sentence_is_the_customers() {
        let texts = [
            "Ik heb op 3 november verkocht. De koper zegt dat hij niets kreeg.",
            "Wanneer krijg ik mijn geld? Dank je!",
        ];
        let text = decisive(&texts, Language::Nl);
        for range in sentences(&text, Language::Nl) {
            let sentence = &text[range];
            assert!(texts.iter().any(|own| own.contains(sentence)), "{sentence}");
        }
        assert!(text.contains("Wanneer krijg ik mijn geld?"), "{text}");
    }
}
