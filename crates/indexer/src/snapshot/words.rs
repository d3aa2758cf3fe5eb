//! Words: every form of a word the articles of a language use.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use corpus::Language;

/// The word forms of each language, as hashes; made when first asked for, some 10 ms a megabyte of articles.
#[derive(Debug, Default)]
pub(super) struct Words {
    state: RandomState,
    by_language: [OnceLock<HashSet<u64>>; 9],
}

impl Words {
    /// Whether `word`, in lower case, is among the words of `sources`, which are all articles in `language`.
    pub(super) fn contain<'a>(
        &self,
        word: &str,
        language: Language,
        sources: impl Iterator<Item = &'a str>,
    ) -> bool {
        let known = self.by_language[language.index()].get_or_init(|| {
            sources
                .flat_map(words_of)
                .map(|word| self.state.hash_one(word))
                .collect()
        });
        known.contains(&self.state.hash_one(word))
    }
}

/// The words of a text in lower case: runs of letters and digits.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
