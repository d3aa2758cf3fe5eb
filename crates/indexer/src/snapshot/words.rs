//! Words: every form of a word the articles of a language use.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use corpus::Language;

use super::Snapshot;

/// The word forms of each language, as hashes; made when first asked for, some 10 ms a megabyte of articles.
#[derive(Debug, Default)]
pub(super) struct Words {
    state: RandomState,
    by_language: [OnceLock<HashSet<u64>>; 9],
}

impl Snapshot {
    /// Whether the articles in `language` use exactly the word `word`, in whatever case. A word is a run of letters and
    /// digits.
    pub fn uses_word(&self, word: &str, language: Language) -> bool {
        let words = &self.words;
        let hash = |word: &str| words.state.hash_one(word.to_lowercase());
        let known = words.by_language[language.index()].get_or_init(|| {
            let articles = self.articles().filter(|(_, a)| a.language == language);
            articles
                .flat_map(|(article, _)| self.source(article).split(|c: char| !c.is_alphanumeric()))
                .filter(|word| !word.is_empty())
                .map(hash)
                .collect()
        });
        known.contains(&hash(word))
    }
}
