//! Dictionary: the words of each language's articles, and what is asked of them before anything is searched.
//!
//! How a question is read depends on this alone, so every engine that has a dictionary of the same articles reads a
//! question alike.

use corpus::Language;
use tantivy::tokenizer::TokenizerManager;

use super::{
    asked::{AskedTerm, Readings, Vocabulary},
    tokenizer_name,
};

/// Most distinct terms of a question that are searched; the rarest are kept.
const MAX_QUERY_TERMS: usize = 64;

/// The words of a generation, by language.
pub(crate) trait Dictionary {
    /// The analyzers.
    fn tokenizers(&self) -> &TokenizerManager;

    /// Number of passages in `language`.
    fn n_passages_in(&self, language: Language) -> u64;

    /// Number of terms in all passages of `language`, by place.
    fn total_lengths(&self, language: Language) -> [u64; 3];

    /// Number of passages whose title or body holds `term`, whichever are more.
    fn n_with(&self, term: &str, language: Language) -> u64;

    /// The terms of titles and bodies.
    fn vocabulary(&self, language: Language) -> &Vocabulary;

    /// Distinct terms of `text` by the analyzer of `language`, in order of first occurrence.
    fn terms(&self, text: &str, language: Language) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let mut terms = Vec::new();
        if let Some(mut analyzer) = self.tokenizers().get(&tokenizer_name(language)) {
            analyzer.token_stream(text).process(&mut |token| {
                if seen.insert(token.text.clone()) {
                    terms.push(token.text.clone());
                }
            });
        }
        terms
    }

    /// Inverse document frequency as BM25 has it, `ln(1 + (N - n + 0.5) / (n + 0.5))`, where `N` counts the
    /// passages of `language` and `n` those whose title or body holds `term`, whichever are more.
    fn inverse_document_frequency(&self, term: &str, language: Language) -> f32 {
        let n_with = self.n_with(term, language);
        let n_all = self.n_passages_in(language).max(n_with);
        let ratio = ((n_all - n_with) as f32 + 0.5) / (n_with as f32 + 0.5);
        ratio.ln_1p()
    }

    /// How much the passages of `language` use the words of `text`: the mean over its terms of 0 for one they do
    /// not have, ½ for one that is in a single passage and up to 1 for one that is in all.
    fn familiarity(&self, text: &str, language: Language) -> f32 {
        let terms = self.terms(text, language);
        let unknown = self.inverse_document_frequency("", language);
        let use_of = |term: &String| {
            let rarity = self.inverse_document_frequency(term, language) / unknown;
            if rarity < 1.0 {
                1.0 - rarity / 2.0
            } else {
                0.0
            }
        };
        terms.iter().map(use_of).sum::<f32>() / terms.len().max(1) as f32
    }

    /// Mean number of terms of a passage in `language`: title, headings, body; at least 1 each.
    fn mean_lengths(&self, language: Language) -> [f32; 3] {
        let n = self.n_passages_in(language).max(1) as f32;
        self.total_lengths(language)
            .map(|total| (total as f32 / n).max(1.0))
    }

    /// The terms of `text` by the analyzer of `language`, with what stands for each; at most
    /// [`MAX_QUERY_TERMS`], in order of first occurrence. Of more, those that tell most apart.
    fn ask(&self, text: &str, language: Language, readings: Readings) -> Vec<AskedTerm> {
        if self.n_passages_in(language) == 0 {
            return Vec::new();
        }
        let vocabulary = self.vocabulary(language);
        let mut terms = self.terms(text, language);
        if terms.len() > MAX_QUERY_TERMS {
            let mut weighted: Vec<(usize, f32)> = terms
                .iter()
                .map(|term| self.inverse_document_frequency(term, language))
                .enumerate()
                .collect();
            let rarest = self.inverse_document_frequency("", language);
            weighted.retain(|(_, weight)| *weight < rarest);
            weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            weighted.truncate(MAX_QUERY_TERMS);
            weighted.sort_unstable_by_key(|(place, _)| *place);
            terms = weighted
                .into_iter()
                .map(|(place, _)| std::mem::take(&mut terms[place]))
                .collect();
        }
        terms
            .into_iter()
            .map(|text| {
                let variants = vocabulary.variants(&text, language, readings);
                // A misspelt word tells apart what the word it stands for does.
                let known = variants.first().map_or(&text, |(variant, _)| variant);
                AskedTerm {
                    weight: self.inverse_document_frequency(known, language),
                    variants,
                    text,
                }
            })
            .collect()
    }
}
