//! Coverage: how much of a question's information a text holds.

use std::collections::HashSet;

use corpus::Language;
use indexer::Snapshot;

/// The question's terms with what each is worth.
#[derive(Debug, Clone)]
pub struct QuestionTerms {
    language: Language,
    /// Distinct analysed terms with their inverse document frequency.
    terms: Vec<(String, f32)>,
    total: f32,
}

impl QuestionTerms {
    /// Analyses `text` as the index analyses articles of `language`.
    pub fn new(snapshot: &Snapshot, text: &str, language: Language) -> Self {
        let mut seen = HashSet::new();
        let terms: Vec<(String, f32)> = snapshot
            .terms(text, language)
            .into_iter()
            .filter(|term| seen.insert(term.clone()))
            .map(|term| {
                let weight = snapshot
                    .inverse_document_frequency(&term, language)
                    .max(0.0);
                (term, weight)
            })
            .collect();
        let total = terms.iter().map(|(_, weight)| weight).sum();
        Self {
            language,
            terms,
            total,
        }
    }

    /// Share of the question's inverse document frequency that `text` holds, 0 to 1; 0 without terms.
    pub fn coverage(&self, snapshot: &Snapshot, text: &str) -> f32 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let held: HashSet<String> = snapshot.terms(text, self.language).into_iter().collect();
        let covered: f32 = self
            .terms
            .iter()
            .filter(|(term, _)| held.contains(term))
            .map(|(_, weight)| weight)
            .sum();
        covered / self.total
    }

    /// Share of the question's information in terms no article of the language holds, 0 to 1.
    pub fn unknown(&self, snapshot: &Snapshot) -> f32 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let rarest = snapshot.inverse_document_frequency("\u{0}", self.language);
        let unknown: f32 = self
            .terms
            .iter()
            .filter(|(_, weight)| *weight >= rarest)
            .map(|(_, weight)| weight)
            .sum();
        unknown / self.total
    }

    /// Number of distinct terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether nothing but stop words was asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}
