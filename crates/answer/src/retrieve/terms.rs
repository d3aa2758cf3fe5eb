//! Terms: the question's words with what each tells apart.

use std::collections::HashSet;

use corpus::Language;
use indexer::{AskedTerm, Readings, Snapshot};

/// The question's terms, read by the rules of one language.
#[derive(Debug, Clone)]
pub struct QuestionTerms {
    language: Language,
    asked: Vec<AskedTerm>,
    total: f32,
}

impl QuestionTerms {
    /// Analyses `text` as the index analyses articles of `language`.
    pub fn new(snapshot: &Snapshot, text: &str, language: Language, readings: Readings) -> Self {
        let asked = snapshot.ask(text, language, readings);
        let total = asked.iter().map(|term| term.weight).sum();
        Self {
            language,
            asked,
            total,
        }
    }

    /// Share of the question's information that `text` holds, 0 to 1; 0 without terms.
    pub fn coverage(&self, snapshot: &Snapshot, text: &str) -> f32 {
        let held: HashSet<String> = snapshot.terms(text, self.language).into_iter().collect();
        self.share(|i| {
            self.asked[i]
                .variants
                .iter()
                .filter(|(variant, _)| held.contains(variant))
                .map(|(_, share)| *share)
                .fold(0.0, f32::max)
        })
    }

    /// Share of the question's information in words nothing in the language's articles stands for, 0 to 1.
    pub fn unknown(&self) -> f32 {
        self.share(|i| f32::from(u8::from(self.asked[i].variants.is_empty())))
    }

    /// The mean of `value`, from 0 to 1 for the term at each place, weighted by what each term tells apart; 0
    /// without terms.
    pub fn share(&self, value: impl Fn(usize) -> f32) -> f32 {
        let terms = self.asked.iter().enumerate();
        let sum: f32 = terms.map(|(i, term)| term.weight * value(i)).sum();
        if self.total > 0.0 {
            sum / self.total
        } else {
            0.0
        }
    }

    /// The language by whose rules they are read.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The terms, in order of first occurrence.
    pub fn asked(&self) -> &[AskedTerm] {
        &self.asked
    }

    /// Number of distinct terms.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// Whether nothing but stop words was asked.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }
}
