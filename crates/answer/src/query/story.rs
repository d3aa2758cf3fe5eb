//! Story: a long message reduced to the sentences that ask, and those that say what it is about.
//!
//! Short messages are read whole, but for the chatter. In a long one, sentences that ask stay; around them the
//! sentences with the most information stay, until there are enough words. Order is the customer's own.

use corpus::{Language, sentence::sentences};

use super::{
    chatter, clean,
    forms::{self, is_question},
    tokens::{n_words, tokens},
};

/// Words up to which a message is read whole.
const MAX_WHOLE_WORDS: usize = 45;

/// Words a long message is reduced to, about.
const ENOUGH_WORDS: usize = 32;

/// Words of a name under a leave-taking, at most.
const MAX_SIGNATURE_WORDS: usize = 8;

/// The sentences of a message that retrieval reads, without chatter; all of the message when nothing would be left.
///
/// `information` tells how much a text says in the articles' words: 0 for none.
pub(super) fn told(
    message: &str,
    language: Language,
    information: &dyn Fn(&str) -> f32,
) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    'lines: for line in message.lines() {
        let line = clean(line);
        for range in sentences(&line, language) {
            let sentence = line[range].trim();
            // A name may follow, and nothing that asks.
            if !kept.is_empty() && chatter::takes_leave(sentence, language) {
                let rest = after(message, sentence);
                if n_words(&tokens(rest)) <= MAX_SIGNATURE_WORDS && !rest.contains(['?', '？']) {
                    break 'lines;
                }
            }
            let core = chatter::without(sentence, language);
            if !core.is_empty() {
                let core = chatter::without_references(core, &|word| information(word) > 0.0);
                if core.chars().any(char::is_alphanumeric) {
                    kept.push(core);
                }
            }
        }
    }
    if kept.is_empty() {
        return vec![clean(message)];
    }
    reduce(kept, language, information)
}

/// What follows `sentence` in `message`; all of it when it cannot be found, since cleaning changed it.
fn after<'a>(message: &'a str, sentence: &str) -> &'a str {
    message
        .rfind(sentence)
        .map_or(message, |start| &message[start + sentence.len()..])
}

fn reduce(kept: Vec<String>, language: Language, information: &dyn Fn(&str) -> f32) -> Vec<String> {
    let words: Vec<usize> = kept
        .iter()
        .map(|sentence| n_words(&tokens(sentence)))
        .collect();
    if words.iter().sum::<usize>() <= MAX_WHOLE_WORDS {
        return kept;
    }
    let worth: Vec<f32> = kept.iter().map(|sentence| information(sentence)).collect();
    if worth.iter().all(|worth| *worth <= 0.0) {
        // No article knows its words, so nothing tells its sentences apart.
        return kept;
    }
    let mut taken: Vec<bool> = kept
        .iter()
        .map(|sentence| is_question(sentence) || forms::asks(sentence, language))
        .collect();
    let mut n_taken: usize = (0..kept.len())
        .filter(|i| taken[*i])
        .map(|i| words[i])
        .sum();
    let mut by_worth: Vec<usize> = (0..kept.len()).filter(|i| !taken[*i]).collect();
    // Words, not sentences, dilute a query, so a long sentence must say more.
    let density = |i: usize| worth[i] / (words[i] as f32 + 4.0);
    by_worth.sort_by(|a, b| density(*b).total_cmp(&density(*a)).then(a.cmp(b)));
    for i in by_worth {
        if n_taken >= ENOUGH_WORDS || worth[i] <= 0.0 {
            break;
        }
        taken[i] = true;
        n_taken += words[i];
    }
    let sentences = kept.into_iter().zip(taken);
    sentences
        .filter_map(|(sentence, taken)| taken.then_some(sentence))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, language: Language, expected: &[&str]) {
        let words = ["payout", "refund", "broken", "verified", "uitbetaling"];
        let information = |text: &str| {
            let lower = text.to_lowercase();
            words.iter().filter(|word| lower.contains(**word)).count() as f32
        };
        assert_eq!(told(message, language, &information), expected);
    }

    #[test]
    fn short_messages_lose_their_chatter_only() {
        check(
            "Hi,\n\nMy parcel is broken. What now?\n\nKind regards,\nMargaret Smith",
            Language::En,
            &["My parcel is broken.", "What now?"],
        );
        check(
            "Hoi!\nWanneer komt mijn uitbetaling?\nGroetjes Jan",
            Language::Nl,
            &["Wanneer komt mijn uitbetaling?"],
        );
        check(
            "Hello there, I hope you are well. Thank you!",
            Language::En,
            &["Hello there, I hope you are well. Thank you!"],
        );
        check("Thanks", Language::En, &["Thanks"]);
    }

    #[test]
    fn a_long_story_keeps_what_asks_and_what_says_most() {
        let story = "Hi team! Last Saturday my wife and I drove all the way to my brother for his birthday and the \
            weather was lovely the whole weekend long. When we came home on Monday there was a letter of the bank on \
            the mat. My bank account has been verified since spring. The neighbours had fed the cat and watered all \
            the plants, so that was a relief after such a long drive. Why is my payout still not there? Best wishes, Bob";
        check(
            story,
            Language::En,
            &[
                "When we came home on Monday there was a letter of the bank on the mat.",
                "My bank account has been verified since spring.",
                "Why is my payout still not there?",
            ],
        );
    }

    #[test]
    fn nothing_is_reduced_to_nothing() {
        let story = "Aaa bbb ccc ddd. ".repeat(30);
        assert_eq!(told(&story, Language::En, &|_| 0.0).len(), 30);
    }
}
