//! Tokens of a text whose tokenizer is elsewhere.
//!
//! Passages are cut by tokens, so something has to count them. With the model's `tokenizer.json` they are counted as the
//! model does; without it they are estimated, and rather too many than too few: a passage that comes out shorter costs a
//! little recall, one that the model silently cuts loses its end.

use std::ops::Range;
use std::path::Path;

use super::RemoteError;
use crate::encoder::EncodeError;

/// Letters of one estimated token. Sentence pieces of nine European languages have four to five on average.
const LETTERS: usize = 4;

/// Counts tokens.
pub(super) enum TokenCounter {
    /// As the model does.
    Exact(Box<tokenizers::Tokenizer>),
    /// By letters.
    Estimate,
}

impl std::fmt::Debug for TokenCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Exact(_) => "TokenCounter::Exact",
            Self::Estimate => "TokenCounter::Estimate",
        })
    }
}

impl TokenCounter {
    /// From a `tokenizer.json`, or an estimate without one.
    pub(super) fn new(path: Option<&Path>) -> Result<Self, RemoteError> {
        let Some(path) = path else {
            return Ok(Self::Estimate);
        };
        let file = |problem: String| RemoteError::File {
            path: path.to_owned(),
            problem,
        };
        let bytes = fs_err::read(path).map_err(|error| file(error.to_string()))?;
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(bytes)
            .map_err(|error| file(format!("it is no `tokenizer.json`: {error}")))?;
        // All of a text is counted, whatever the model cuts.
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| file(error.to_string()))?;
        Ok(Self::Exact(Box::new(tokenizer)))
    }

    /// Byte ranges of the tokens of `text`, ascending.
    pub(super) fn ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        match self {
            Self::Exact(tokenizer) => {
                let encoding = tokenizer
                    .encode(text, false)
                    .map_err(EncodeError::Tokenize)?;
                let offsets = encoding.get_offsets().iter();
                Ok(offsets.map(|(start, end)| *start..*end).collect())
            }
            Self::Estimate => Ok(estimate(text)),
        }
    }
}

/// Words in pieces of four letters, every other sign and every letter of a script without spaces by itself.
fn estimate(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut letters = 0;
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        if character.is_whitespace() {
            letters = 0;
            continue;
        }
        // Beyond the alphabets of Europe a letter is a syllable or more.
        let is_letter = character.is_alphanumeric() && character < '\u{0590}';
        match ranges.last_mut() {
            Some(last) if is_letter && (1..LETTERS).contains(&letters) => {
                last.end = end;
                letters += 1;
            }
            _ => {
                ranges.push(start..end);
                letters = usize::from(is_letter);
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let pieces: Vec<&str> = estimate(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(pieces, expected);
    }

    #[test]
    fn tokens_are_estimated_from_letters() {
        check("", &[]);
        check("You pay €7.95.", &["You", "pay", "€", "7", ".", "95", "."]);
        check("Rückgabefrist", &["Rück", "gabe", "fris", "t"]);
        check("请在4天内", &["请", "在", "4", "天", "内"]);
        check("a  b\nc", &["a", "b", "c"]);
        // A letter that begins right behind a sign begins a token.
        check("x-yz", &["x", "-", "yz"]);
    }

    #[test]
    fn a_file_that_is_no_tokenizer_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokenizer.json");
        for content in [None, Some("{}"), Some("not JSON")] {
            if let Some(content) = content {
                fs_err::write(&path, content).unwrap();
            }
            let error = TokenCounter::new(Some(&path)).unwrap_err();
            assert!(error.to_string().contains("tokenizer.json"), "{error}");
        }
    }
}
