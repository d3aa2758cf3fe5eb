//! Terms of texts that are in no index.

use corpus::Language;
use tantivy::tokenizer::TextAnalyzer;

use super::analyzer::analyzer;

/// Cuts texts of one language into the terms they would be indexed by: stemmed, without stop words, accents folded.
pub struct Terms {
    analyzer: TextAnalyzer,
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms").finish_non_exhaustive()
    }
}

impl Terms {
    /// For texts in `language`.
    pub fn of(language: Language) -> Self {
        Self {
            analyzer: analyzer(language),
        }
    }

    /// The terms of `text`, each as often as it stands there, in order; none of a text without words.
    pub fn read(&mut self, text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        self.analyzer
            .token_stream(text)
            .process(&mut |token| terms.push(token.text.clone()));
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_counts_as_often_as_it_stands_there() {
        let mut terms = Terms::of(Language::En);
        assert_eq!(
            terms.read("The seller's fees, and fees of sellers."),
            ["seller", "fee", "fee", "seller"]
        );
        assert_eq!(terms.read("…"), Vec::<String>::new());
    }
}
