//! Terms: the dictionary of a generation in memory, and the weights of BM25 as the database and a query have them.
//!
//! A score of BM25 is a sum over terms and places of `idf · (k₁ + 1) · weight` and a part that depends on the passage alone,
//! `tf / (tf + k₁ (1 − b + b · length / mean length))`. The passage's part lies in the database, the rest comes with the
//! query, so that a score is the product of two sparse vectors. Both are computed as tantivy does, with its coarse lengths.

use std::collections::BTreeMap;

use corpus::Language;
use tantivy::{fieldnorm::FieldNormReader, tokenizer::TokenizerManager};

use crate::{
    bytes::{push_length, read_length},
    lexical::{
        LexicalConfig, SegmentTerms,
        asked::{AskedTerm, Vocabulary},
        dictionary::Dictionary,
        tokenizers,
    },
};

/// tantivy's k₁ and b.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The terms of one language.
#[derive(Debug, Default)]
pub(super) struct LanguageTerms {
    /// Sorted.
    texts: Vec<String>,
    /// How many titles, headings and bodies hold each.
    n_with: Vec<[u32; 3]>,
    /// Terms in all titles, headings and bodies.
    total_lengths: [u64; 3],
    n_passages: u64,
    /// Number of its first term in the generation.
    first: u32,
    vocabulary: Vocabulary,
}

/// The terms of all languages.
pub(super) struct Terms {
    tokenizers: TokenizerManager,
    languages: [LanguageTerms; 9],
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms")
            .field("n_terms", &self.n_terms())
            .finish_non_exhaustive()
    }
}

/// The terms of segments, added up.
#[derive(Debug, Default)]
pub(super) struct Counted {
    terms: [BTreeMap<String, [u32; 3]>; 9],
}

impl Counted {
    pub(super) fn add(&mut self, segment: &SegmentTerms) {
        for term in &segment.terms {
            let own = &mut self.terms[term.language.index()];
            let n = u32::try_from(term.places.len()).unwrap_or(u32::MAX);
            if let Some(n_with) = own.get_mut(&term.text) {
                n_with[term.place] += n;
            } else {
                let mut n_with = [0; 3];
                n_with[term.place] = n;
                own.insert(term.text.clone(), n_with);
            }
        }
    }

    /// The dictionary of these terms, in passages of which there are `n_passages` by language.
    pub(super) fn into_terms(self, total_lengths: [[u64; 3]; 9], n_passages: [u64; 9]) -> Terms {
        let mut languages: [LanguageTerms; 9] = Default::default();
        for (i, terms) in self.terms.into_iter().enumerate() {
            let (texts, n_with) = terms.into_iter().unzip();
            languages[i] = LanguageTerms {
                texts,
                n_with,
                total_lengths: total_lengths[i],
                n_passages: n_passages[i],
                ..LanguageTerms::default()
            };
        }
        Terms::new(languages)
    }
}

impl Terms {
    fn new(mut languages: [LanguageTerms; 9]) -> Self {
        let mut first = 0;
        for language in Language::ALL {
            let own = &mut languages[language.index()];
            own.first = first;
            first += u32::try_from(own.texts.len()).unwrap_or(u32::MAX);
            let of_titles_and_bodies = own
                .texts
                .iter()
                .zip(&own.n_with)
                .map(|(text, n_with)| (text.clone(), n_with[0].max(n_with[2])));
            let vocabulary = of_titles_and_bodies.filter(|(_, n)| *n > 0).collect();
            own.vocabulary = Vocabulary::new(vocabulary, language);
        }
        Self {
            tokenizers: tokenizers(),
            languages,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for language in &self.languages {
            bytes.extend(language.n_passages.to_le_bytes());
            bytes.extend(language.total_lengths.iter().flat_map(|n| n.to_le_bytes()));
            push_length(&mut bytes, language.texts.len());
            for (text, n_with) in language.texts.iter().zip(&language.n_with) {
                push_length(&mut bytes, text.len());
                bytes.extend_from_slice(text.as_bytes());
                bytes.extend(n_with.iter().flat_map(|n| n.to_le_bytes()));
            }
        }
        bytes
    }

    /// Reads what [`Terms::encode`] writes; `None` when it is something else.
    pub(super) fn open(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut languages: [LanguageTerms; 9] = Default::default();
        for language in &mut languages {
            language.n_passages = read_length(&mut rest)? as u64;
            for total in &mut language.total_lengths {
                *total = read_length(&mut rest)? as u64;
            }
            for _ in 0..read_length(&mut rest)? {
                let length = read_length(&mut rest)?;
                let text = std::str::from_utf8(rest.split_off(..length)?).ok()?;
                language.texts.push(text.to_owned());
                let (numbers, _) = rest.split_off(..12)?.as_chunks::<4>();
                let n_with = [numbers[0], numbers[1], numbers[2]].map(u32::from_le_bytes);
                language.n_with.push(n_with);
            }
        }
        rest.is_empty().then(|| Self::new(languages))
    }

    /// Terms of all languages together.
    pub(super) fn n_terms(&self) -> u32 {
        let last = &self.languages[8];
        let n = u32::try_from(last.texts.len()).unwrap_or(u32::MAX);
        last.first.saturating_add(n)
    }

    /// Length of the sparse vectors: three places a term.
    pub(super) fn n_weights(&self) -> u32 {
        self.n_terms().saturating_mul(3).max(3)
    }

    /// The number of a term in the generation, and how many titles, headings and bodies hold it.
    pub(super) fn find(&self, term: &str, language: Language) -> Option<(u32, [u32; 3])> {
        let own = &self.languages[language.index()];
        let place = own
            .texts
            .binary_search_by(|known| known.as_str().cmp(term))
            .ok()?;
        let number = own.first + u32::try_from(place).ok()?;
        Some((number, own.n_with[place]))
    }

    /// The mean lengths tantivy counts with.
    fn averages(&self, language: Language) -> [f32; 3] {
        let own = &self.languages[language.index()];
        own.total_lengths
            .map(|total| total as f32 / own.n_passages as f32)
    }

    /// What a count is divided by, beside itself, in a place of each length.
    pub(super) fn norms(&self, language: Language, place: usize) -> [f32; 256] {
        let average = self.averages(language)[place];
        let mut norms = [0.0; 256];
        for (norm, length) in norms.iter_mut().zip(0..=u8::MAX) {
            *norm = self::norm(length, average);
        }
        norms
    }

    /// The part of a score that depends on the passage: of a term that stands `count` times in a place of a length.
    pub(super) fn saturated(
        &self,
        language: Language,
        place: usize,
        length: u8,
        count: u32,
    ) -> f32 {
        let average = self.averages(language)[place];
        count as f32 / (count as f32 + norm(length, average))
    }

    /// What is asked of the database for `asked` terms.
    pub(super) fn query(
        &self,
        asked: &[AskedTerm],
        language: Language,
        config: &LexicalConfig,
    ) -> TermQuery {
        let n_passages = self.languages[language.index()].n_passages;
        let mut terms: BTreeMap<u32, AskedNumber> = BTreeMap::new();
        for (text, share) in asked.iter().flat_map(|term| &term.variants) {
            let Some((number, n_with)) = self.find(text, language) else {
                continue;
            };
            let own = terms.entry(number).or_default();
            own.n_with = n_with;
            for ((weight, n), place) in config
                .weights()
                .into_iter()
                .zip(n_with)
                .zip(&mut own.weights)
            {
                let n = u64::from(n).min(n_passages);
                let ratio = ((n_passages - n) as f32 + 0.5) / (n as f32 + 0.5);
                // Only where it stands: a place no passage has it in adds nothing.
                if n > 0 {
                    *place += (1.0 + ratio).ln() * (1.0 + K1) * (weight * share);
                }
            }
        }
        TermQuery { terms }
    }
}

fn norm(length: u8, average: f32) -> f32 {
    let length = FieldNormReader::id_to_fieldnorm(length) as f32;
    K1 * (1.0 - B + B * length / average)
}

/// A term of the generation that is asked for.
#[derive(Debug, Clone, Copy, Default)]
struct AskedNumber {
    /// What it counts in title, headings and body.
    weights: [f32; 3],
    /// Passages that hold it in each.
    n_with: [u32; 3],
}

/// A list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AskedList {
    /// Its place in the sparse vectors, which is its name.
    pub(super) number: u32,
    /// 0 for titles, 1 for headings, 2 for bodies.
    pub(super) place: usize,
    pub(super) weight: f32,
    /// Passages in it.
    pub(super) n: u32,
}

/// What is asked of the database, by number of term.
#[derive(Debug, Clone, Default)]
pub(super) struct TermQuery {
    terms: BTreeMap<u32, AskedNumber>,
}

impl TermQuery {
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Each term's weights with their places in the sparse vectors.
    fn places(&self) -> impl Iterator<Item = (&AskedNumber, AskedList)> {
        self.terms.iter().flat_map(|(number, term)| {
            let places = (0..3)
                .zip(3 * number..)
                .map(move |(place, number)| AskedList {
                    number,
                    place,
                    weight: term.weights[place],
                    n: term.n_with[place],
                });
            let places = places.filter(|own| own.weight > 0.0);
            places.map(move |own| (term, own))
        })
    }

    /// The weights, by place in the sparse vectors.
    pub(super) fn weights(&self) -> Vec<(u32, f32)> {
        let weights = self.places().map(|(_, own)| (own.number, own.weight));
        weights.collect()
    }

    /// The terms that are not among the `is_common`.
    pub(super) fn rare(&self, is_common: impl Fn([u32; 3]) -> bool) -> Vec<i32> {
        let rare = self.terms.iter().filter(|(_, own)| !is_common(own.n_with));
        rare.map(|(number, _)| number.cast_signed()).collect()
    }

    /// The lists of those that are.
    pub(super) fn lists(&self, is_common: impl Fn([u32; 3]) -> bool) -> Vec<AskedList> {
        let common = self.places().filter(|(term, _)| is_common(term.n_with));
        common.map(|(_, own)| own).collect()
    }
}

impl Dictionary for Terms {
    fn tokenizers(&self) -> &TokenizerManager {
        &self.tokenizers
    }

    fn n_passages_in(&self, language: Language) -> u64 {
        self.languages[language.index()].n_passages
    }

    fn total_lengths(&self, language: Language) -> [u64; 3] {
        self.languages[language.index()].total_lengths
    }

    fn n_with(&self, term: &str, language: Language) -> u64 {
        let found = self.find(term, language);
        found.map_or(0, |(_, n_with)| u64::from(n_with[0].max(n_with[2])))
    }

    fn vocabulary(&self, language: Language) -> &Vocabulary {
        &self.languages[language.index()].vocabulary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::SegmentTerm;

    /// A dictionary of English bodies: each term with the number of passages, of 100, that hold it once.
    fn terms(known: &[(&str, u32)]) -> Terms {
        let term = |(text, n): &(&str, u32)| SegmentTerm {
            language: Language::En,
            place: 2,
            text: (*text).to_owned(),
            places: (0..*n).map(|doc| (doc, 1)).collect(),
        };
        let mut counted = Counted::default();
        counted.add(&SegmentTerms {
            lengths: Vec::new(),
            terms: known.iter().map(term).collect(),
        });
        let (mut lengths, mut n_passages) = ([[0; 3]; 9], [0; 9]);
        lengths[Language::En.index()] = [0, 0, 1_000];
        n_passages[Language::En.index()] = 100;
        counted.into_terms(lengths, n_passages)
    }

    fn asked(terms: &[&str]) -> Vec<AskedTerm> {
        let asked = |text: &&str| AskedTerm {
            text: (*text).to_owned(),
            variants: vec![((*text).to_owned(), 1.0)],
            weight: 1.0,
        };
        terms.iter().map(asked).collect()
    }

    #[test]
    fn the_dictionary_comes_back_from_its_bytes() {
        let known = terms(&[("fee", 9), ("tax", 40), ("über", 1)]);
        let bytes = known.encode();
        let read = Terms::open(&bytes).expect("the same");
        assert_eq!(read.encode(), bytes);
        assert_eq!(read.find("tax", Language::En), Some((1, [0, 0, 40])));
        assert_eq!(read.find("tax", Language::Nl), None);
        assert_eq!((read.n_terms(), read.n_weights()), (3, 9));
        assert_eq!(read.n_with("fee", Language::En), 9);
        for cut in [0, 8, 40, bytes.len() - 1] {
            assert!(Terms::open(&bytes[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn rare_terms_are_searched_there_and_common_ones_here() {
        let known = terms(&[("fee", 9), ("tax", 40), ("you", 90)]);
        let query = known.query(
            &asked(&["you", "fee", "tax", "none"]),
            Language::En,
            &LexicalConfig::default(),
        );
        let weight = |n: f32| (1.0 + (100.0 - n + 0.5) / (n + 0.5)).ln() * (1.0 + K1);
        let body = LexicalConfig::default().body;
        for (most, rare, common) in [
            (8, vec![], vec![(2, 9), (5, 40), (8, 90)]),
            (9, vec![0], vec![(5, 40), (8, 90)]),
            (89, vec![0, 1], vec![(8, 90)]),
            (90, vec![0, 1, 2], vec![]),
        ] {
            let is_common = |n_with: [u32; 3]| n_with[2] > most;
            assert_eq!(query.rare(is_common), rare, "{most}");
            let lists = query.lists(is_common);
            let told: Vec<_> = lists.iter().map(|own| (own.number, own.n)).collect();
            assert_eq!(told, common, "{most}");
            for own in lists {
                let expected = body * weight(own.n as f32);
                assert!(own.place == 2 && (own.weight - expected).abs() < 1e-4);
            }
        }
        assert_eq!(query.weights().len(), 3);
        // However often it stands there, a term adds less than its weight.
        assert!(known.saturated(Language::En, 2, 0, u32::MAX) <= 1.0);
        assert!(known.saturated(Language::En, 2, 10, 2) > known.saturated(Language::En, 2, 10, 1));
        // On both sides it is the same number.
        let norm = known.norms(Language::En, 2)[10];
        assert_eq!(
            known.saturated(Language::En, 2, 10, 2).to_bits(),
            (2.0 / (2.0 + norm)).to_bits()
        );
    }
}
