//! A text cut into words that know where they stand.

use std::ops::Range;

use corpus::language::detect::is_han;

/// One word, or one Chinese character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    /// In lower case.
    pub(super) word: String,
}

/// The words of `text`, in order; Chinese characters each stand alone.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut goes_on = false;
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        if !character.is_alphanumeric() {
            goes_on = false;
            continue;
        }
        let lower = character.to_lowercase();
        match tokens.last_mut() {
            Some(token) if goes_on && !is_han(character) => {
                token.range.end = end;
                token.word.extend(lower);
            }
            _ => tokens.push(Token {
                range: start..end,
                word: lower.collect(),
            }),
        }
        goes_on = !is_han(character);
    }
    tokens
}

/// How many tokens an entry of a word list takes at the start of `tokens`; `None` when it does not stand there.
/// An entry is words between spaces, the last of which may end in `*`, or Chinese characters.
pub(super) fn match_start(tokens: &[Token], entry: &str) -> Option<usize> {
    let mut n_tokens = 0;
    for part in entry.split(' ') {
        if part.chars().any(is_han) {
            for character in part.chars() {
                let token = tokens.get(n_tokens)?;
                if !token.word.starts_with(character) {
                    return None;
                }
                n_tokens += 1;
            }
            continue;
        }
        let token = tokens.get(n_tokens)?;
        let matches = match part.strip_suffix('*') {
            Some(beginning) => token.word.starts_with(beginning),
            None => token.word == part,
        };
        if !matches {
            return None;
        }
        n_tokens += 1;
    }
    Some(n_tokens)
}

/// The longest match at the start of `tokens`.
pub(super) fn longest_start(tokens: &[Token], entries: &[&str]) -> Option<usize> {
    entries
        .iter()
        .filter_map(|entry| match_start(tokens, entry))
        .max()
}

/// The longest match that ends where `tokens` end.
pub(super) fn longest_end(tokens: &[Token], entries: &[&str]) -> Option<usize> {
    (0..tokens.len()).find_map(|start| {
        let rest = &tokens[start..];
        let length = longest_start(rest, entries)?;
        (length == rest.len()).then_some(length)
    })
}

/// Whether an entry stands anywhere.
pub(super) fn stands_in(tokens: &[Token], entries: &[&str]) -> bool {
    (0..tokens.len()).any(|start| longest_start(&tokens[start..], entries).is_some())
}

/// How many words `tokens` are worth: two Chinese characters are about one.
pub(super) fn n_words(tokens: &[Token]) -> usize {
    let n_han = tokens
        .iter()
        .filter(|token| token.word.chars().any(is_han))
        .count();
    tokens.len() - n_han + n_han.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_their_place() {
        let found = tokens("J’ai 2 colis。你好");
        let words: Vec<&str> = found.iter().map(|token| &*token.word).collect();
        assert_eq!(words, ["j", "ai", "2", "colis", "你", "好"]);
        assert_eq!(&"J’ai 2 colis"[found[3].range.clone()], "colis");
        assert_eq!(n_words(&found), 5);
    }

    #[test]
    fn entries_match_whole_words() {
        let found = tokens("thanks in advance for your help");
        assert_eq!(
            longest_start(&found, &["thanks", "thanks in advance"]),
            Some(3)
        );
        assert_eq!(longest_start(&found, &["thank"]), None);
        assert_eq!(longest_start(&found, &["thank*"]), Some(1));
        assert_eq!(longest_end(&found, &["help", "for your help"]), Some(3));
        assert!(stands_in(&tokens("请问怎么退款"), &["怎么"]));
    }
}
