//! When two questions are the same, and when they are near.
//!
//! Every word counts unless it is on a short list of words that ask nothing: "when is my payout" and "where is
//! my payout" differ in a stop word, and so do "with" and "without". So words are compared one by one and in
//! order; an encoder alone would hold too much for equal.

use unicode_normalization::UnicodeNormalization;

use crate::{phrases::fold, query::clean};

/// Words that ask nothing: politeness and articles, in nine languages, but for those that are a word with a meaning
/// in another one, such as "die" and "dag".
const SILENT: [&str; 54] = [
    "please",
    "pls",
    "plz",
    "hi",
    "hello",
    "hey",
    "thanks",
    "thx",
    "the",
    "hallo",
    "hoi",
    "aub",
    "alstublieft",
    "alsjeblieft",
    "svp",
    "bedankt",
    "graag",
    "het",
    "een",
    "bitte",
    "danke",
    "der",
    "das",
    "ein",
    "eine",
    "einen",
    "bonjour",
    "salut",
    "merci",
    "le",
    "la",
    "les",
    "un",
    "une",
    "hola",
    "gracias",
    "el",
    "una",
    "ciao",
    "buongiorno",
    "grazie",
    "il",
    "gli",
    "olá",
    "obrigado",
    "obrigada",
    "uma",
    "cześć",
    "witam",
    "proszę",
    "dziękuję",
    "dzięki",
    "ok",
    "okay",
];

/// The same in Chinese, where words are not separated; taken out wherever they stand.
const SILENT_HAN: [&str; 8] = ["请问", "您好", "你好", "谢谢", "麻烦", "一下", "呢", "啊"];

/// Letters from which on a word with one wrong letter is still that word.
const MIN_LETTERS: usize = 6;

/// The words of a question that ask something, in lower case and without punctuation.
pub fn words(question: &str) -> String {
    let mut lower = clean(question).to_lowercase();
    for silent in SILENT_HAN {
        if lower.contains(silent) {
            lower = lower.replace(silent, "");
        }
    }
    let folded: String = lower
        .nfkc()
        .map(|c| {
            if c.is_alphanumeric() || is_telling(c) {
                c
            } else {
                ' '
            }
        })
        .collect();
    // A number keeps its signs and its decimals: "2.50" is not "250", and "-5" is not "5".
    let kept: Vec<&str> = folded
        .split_whitespace()
        .map(|word| word.trim_matches(|c| matches!(c, '.' | ',' | ':' | '/')))
        .filter(|word| !word.is_empty() && !SILENT.contains(word))
        .collect();
    kept.join(" ")
}

/// Signs that change what a number or an amount means.
const fn is_telling(character: char) -> bool {
    matches!(
        character,
        '.' | ',' | ':' | '/' | '%' | '€' | '$' | '£' | '+' | '-' | '#' | '@'
    )
}

/// Whether two questions, as [`words`] gives them, differ in nothing but accents, typing errors and inflection.
pub fn are_near(one: &str, other: &str) -> bool {
    let (mut ones, mut others) = (one.split(' '), other.split(' '));
    loop {
        match (ones.next(), others.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let (a, b) = (fold(a), fold(b));
                if a != b && !is_misspelt(&a, &b) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Whether one letter more, less, other, or swapped makes one long word of the other; digits are never wrong.
fn is_misspelt(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let is_word =
        |word: &[char]| word.len() >= MIN_LETTERS && word.iter().all(char::is_ascii_alphabetic);
    if !is_word(&a) || !is_word(&b) || a.len().abs_diff(b.len()) > 1 || is_opposite(one, other) {
        return false;
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    // A wrong beginning makes another word: "unpaid" and "inpaid" may be one, "refund" and "defund" are not.
    if same == 0 {
        return false;
    }
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal => {
            let swapped = a.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..];
            swapped || a.get(1..) == b.get(1..)
        }
    }
}

/// Words a letter apart that ask for different things.
fn is_opposite(one: &str, other: &str) -> bool {
    const PAIRS: [(&str, &str); 14] = [
        ("import", "export"),
        ("imported", "exported"),
        ("verkoper", "verkopen"),
        ("verkopers", "verkopen"),
        ("betaald", "betaalt"),
        ("inkopen", "verkopen"),
        ("verkaufe", "verkaufer"),
        ("kaufer", "kaufen"),
        ("vendeur", "vendeurs"),
        ("comprado", "comprador"),
        ("vendedor", "vendedora"),
        ("listing", "lifting"),
        ("costing", "posting"),
        ("bidding", "binding"),
    ];
    PAIRS
        .iter()
        .any(|pair| *pair == (one, other) || *pair == (other, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, same: bool, near: bool) {
        let (one, other) = (words(one), words(other));
        assert_eq!(one == other, same, "{one} / {other}");
        assert_eq!(are_near(&one, &other), near, "{one} / {other}");
    }

    #[test]
    fn case_punctuation_and_politeness_ask_nothing() {
        check(
            "When do I get my money?",
            "when do i get my MONEY",
            true,
            true,
        );
        check(
            "Hello, when do I get my money please??",
            "When do I get my money?",
            true,
            true,
        );
        check("请问怎么付款呢？", "怎么付款", true, true);
    }

    #[test]
    fn typing_errors_and_missing_accents_are_near() {
        check("Où est mon colis ?", "ou est mon colis", false, true);
        check("Jak zapłacić?", "jak zaplacic", false, true);
        check(
            "how do I cancel my oder",
            "how do I cancel my order",
            false,
            false,
        );
        check(
            "when will my parcel arrive",
            "when will my parcle arrive",
            false,
            true,
        );
        check(
            "wanneer wordt mijn uitbetaling gedaan",
            "wanneer wordt mijn uitbetalin gedaan",
            false,
            true,
        );
    }

    #[test]
    fn what_asks_for_something_else_is_another_question() {
        check("when is my payout", "where is my payout", false, false);
        check(
            "can I pay with PayPal",
            "can I pay without PayPal",
            false,
            false,
        );
        check(
            "can the buyer cancel on the seller",
            "can the seller cancel on the buyer",
            false,
            false,
        );
        check("a parcel of 5 kilo", "a parcel of 15 kilo", false, false);
        check("is 2.50 the fee", "is 250 the fee", false, false);
        check("can I cancel", "can't I cancel", false, false);
        check("can I import wine", "can I export wine", false, false);
        check("fees in 2026", "fees in 2027", false, false);
        check("怎么付款", "怎么退款", false, false);
        check("", "anything", false, false);
    }
}
