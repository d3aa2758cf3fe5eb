//! What is asked of the lexical side: the question's terms, each with the spellings that stand in for it.
//!
//! Three things keep a customer's word from matching the article's: a typing error, a compound written as one
//! word (`Verkaufsgebühr` for `Gebühr`, `bezorgadres` for `adres`), and a form the stemmer misses. All are
//! settled when a question is asked, against the words the articles do have, so nothing of it is stored and
//! common words are not flooded: a word the articles know stands for itself, and a stand-in counts less.

use std::sync::{LazyLock, OnceLock};

use corpus::Language;
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};
use tantivy::{Searcher, schema::Field};

/// A term of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedTerm {
    /// The term as the analyzer gives it.
    pub text: String,
    /// Terms of the index that stand for it, with how much a match with each counts, 0 to 1; the term itself
    /// first where the index has it.
    pub variants: Vec<(String, f32)>,
    /// What it tells apart: its inverse document frequency, or that of what stands for it; for a word nothing
    /// stands for, that of the rarest word.
    pub weight: f32,
}

/// How a question's words are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readings {
    /// Only as they are spelt: for a language the question is not in, where a word that is merely like another is
    /// seldom the same.
    AsSpelt,
    /// Also as the word a typing error stands for, and as compounds and their parts.
    Lenient,
}

/// Terms of one language in the index, with the number of passages that hold each; sorted.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    terms: Vec<(String, u32)>,
    /// Places in `terms`, sorted by the terms read from their ends, for languages that write compounds as one word.
    by_ending: Vec<u32>,
}

/// Vocabularies of the nine languages, each read when first needed.
#[derive(Debug, Default)]
pub(super) struct Vocabularies([OnceLock<Vocabulary>; 9]);

impl Vocabularies {
    /// The vocabulary of `language`, whose bodies and titles are in `fields`.
    pub(super) fn of(
        &self,
        searcher: &Searcher,
        fields: [Field; 2],
        language: Language,
    ) -> &Vocabulary {
        self.0[language.index()].get_or_init(|| {
            Vocabulary::read(searcher, fields, language).unwrap_or_else(|error| {
                // Without it questions are read as they are spelt.
                tracing::warn!(%language, error = &error as &dyn std::error::Error, "the vocabulary cannot be read");
                Vocabulary::default()
            })
        })
    }
}

/// Least length, in characters, of a word that may be a typing error; shorter ones have too many neighbours.
const MIN_MISSPELT: usize = 5;

/// From this length on two edits are allowed instead of one.
const MIN_TWICE_MISSPELT: usize = 8;

/// What a match with a word one edit away counts; each further edit multiplies by it again.
const PER_EDIT: f32 = 0.7;

/// Stand-ins for one misspelt word.
const MAX_SPELLINGS: usize = 3;

/// Least length, in characters, of a part of a compound; shorter ones are endings.
const MIN_PART: usize = 4;

/// What a match with a compound, or with a part of one, counts.
const COMPOUND: f32 = 0.5;

/// Compounds that stand in for one word, and parts for one compound.
const MAX_COMPOUNDS: usize = 12;

static EDITS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [1, 2].map(|edits| LevenshteinAutomatonBuilder::new(edits, true)));

impl Vocabulary {
    fn read(searcher: &Searcher, fields: [Field; 2], language: Language) -> tantivy::Result<Self> {
        let mut terms: Vec<(String, u32)> = Vec::new();
        for field in fields {
            let mut own: Vec<(String, u32)> = Vec::new();
            for segment in searcher.segment_readers() {
                let index = segment.inverted_index(field)?;
                let mut stream = index.terms().stream()?;
                while stream.advance() {
                    if let Ok(term) = std::str::from_utf8(stream.key()) {
                        own.push((term.to_owned(), stream.value().doc_freq));
                    }
                }
            }
            terms.extend(merged(own, |a, b| a + b));
        }
        let terms = merged(terms, u32::max);
        Ok(Self::new(terms, language))
    }

    /// A vocabulary of `terms`, which are sorted and each there once.
    pub(crate) fn new(terms: Vec<(String, u32)>, language: Language) -> Self {
        let mut by_ending = Vec::new();
        if joins_words(language) {
            by_ending = (0..u32::try_from(terms.len()).unwrap_or(u32::MAX)).collect();
            by_ending.sort_by(|a, b| {
                let reading = |place: &u32| terms[*place as usize].0.bytes().rev();
                reading(a).cmp(reading(b))
            });
        }
        Self { terms, by_ending }
    }

    /// Whether a term is in it.
    fn contains(&self, term: &str) -> bool {
        self.terms
            .binary_search_by(|(known, _)| known.as_str().cmp(term))
            .is_ok()
    }

    /// The terms that start with `prefix`.
    fn starting_with(&self, prefix: &str) -> &[(String, u32)] {
        let from = self
            .terms
            .partition_point(|(term, _)| term.as_str() < prefix);
        let rest = &self.terms[from..];
        &rest[..rest.partition_point(|(term, _)| term.starts_with(prefix))]
    }

    /// The terms that end with `ending`.
    fn ending_with(&self, ending: &str) -> impl Iterator<Item = &(String, u32)> {
        let term = |place: &u32| &self.terms[*place as usize];
        let from = self
            .by_ending
            .partition_point(|place| term(place).0.bytes().rev().lt(ending.bytes().rev()));
        let rest = &self.by_ending[from..];
        let n = rest.partition_point(|place| term(place).0.ends_with(ending));
        rest[..n].iter().map(term)
    }

    /// The term itself, where there is such a word, and what `readings` of it there are.
    pub(super) fn variants(
        &self,
        term: &str,
        language: Language,
        readings: Readings,
    ) -> Vec<(String, f32)> {
        let is_known = self.contains(term);
        let mut variants = Vec::new();
        if is_known {
            variants.push((term.to_owned(), 1.0));
        }
        if readings == Readings::AsSpelt
            || !term.chars().all(char::is_alphabetic)
            || !language.separates_words()
        {
            return variants;
        }
        if joins_words(language) {
            variants.extend(self.compounds(term));
            if !is_known {
                variants.extend(self.parts(term));
            }
        }
        if variants.is_empty() {
            variants = self.spellings(term);
        }
        variants
    }

    /// The nearest terms, by edits (a swap of neighbours is one), then by how common they are.
    fn spellings(&self, term: &str) -> Vec<(String, f32)> {
        let n_chars = term.chars().count();
        if n_chars < MIN_MISSPELT {
            return Vec::new();
        }
        // The first letter is seldom the wrong one, and "what" is no misspelt "chat".
        let first = term.chars().next().map_or(0, char::len_utf8);
        let automaton = EDITS[usize::from(n_chars >= MIN_TWICE_MISSPELT)].build_dfa(term);
        let mut near: Vec<(u8, std::cmp::Reverse<u32>, &str)> = self
            .starting_with(&term[..first])
            .iter()
            .filter_map(|(known, n)| match automaton.eval(known) {
                Distance::Exact(edits) => Some((edits, std::cmp::Reverse(*n), known.as_str())),
                Distance::AtLeast(_) => None,
            })
            .filter(|(_, _, known)| known.chars().all(char::is_alphabetic))
            .collect();
        near.sort_unstable();
        let fewest = near.first().map_or(0, |(edits, _, _)| *edits);
        near.into_iter()
            .take_while(|(edits, _, _)| *edits == fewest)
            .take(MAX_SPELLINGS)
            .map(|(edits, _, known)| (known.to_owned(), PER_EDIT.powi(i32::from(edits))))
            .collect()
    }

    /// Compounds of the index that begin or end with `term` and whose other part is a word, too.
    fn compounds(&self, term: &str) -> Vec<(String, f32)> {
        if term.chars().count() < MIN_PART {
            return Vec::new();
        }
        let mut found: Vec<(std::cmp::Reverse<u32>, &str)> = Vec::new();
        for (known, n) in self.starting_with(term) {
            let rest = &known[term.len()..];
            if self.is_part(rest) || without_link(rest).is_some_and(|rest| self.is_part(rest)) {
                found.push((std::cmp::Reverse(*n), known));
            }
        }
        for (known, n) in self.ending_with(term) {
            if let Some(rest) = known.strip_suffix(term)
                && (self.is_part(rest) || with_link_off(rest).any(|rest| self.is_part(rest)))
            {
                found.push((std::cmp::Reverse(*n), known));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .take(MAX_COMPOUNDS)
            .map(|(_, known)| (known.to_owned(), COMPOUND))
            .collect()
    }

    /// The words a compound is made of, for a compound no article has.
    fn parts(&self, term: &str) -> Vec<(String, f32)> {
        let cuts = term.char_indices().map(|(at, _)| at);
        for at in cuts.skip(MIN_PART) {
            let (head, tail) = term.split_at(at);
            let heads = std::iter::once(head).chain(with_link_off(head));
            let head = heads.into_iter().find(|head| self.is_part(head));
            if let Some(head) = head.filter(|_| self.is_part(tail)) {
                return vec![(head.to_owned(), COMPOUND), (tail.to_owned(), COMPOUND)];
            }
        }
        Vec::new()
    }

    fn is_part(&self, word: &str) -> bool {
        word.chars().count() >= MIN_PART && self.contains(word)
    }
}

/// The terms sorted and each there once, with the numbers of equal ones joined by `join`.
fn merged(mut terms: Vec<(String, u32)>, join: fn(u32, u32) -> u32) -> Vec<(String, u32)> {
    terms.sort_unstable();
    terms.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 = join(kept.1, next.1);
        }
        is_same
    });
    terms
}

/// Whether a language writes compounds as one word.
const fn joins_words(language: Language) -> bool {
    matches!(language, Language::De | Language::Nl)
}

/// Sounds that join the parts of German and Dutch compounds.
const LINKS: [&str; 5] = ["s", "n", "en", "es", "er"];

fn without_link(rest: &str) -> Option<&str> {
    LINKS.iter().find_map(|link| rest.strip_prefix(link))
}

fn with_link_off(head: &str) -> impl Iterator<Item = &str> {
    LINKS.iter().filter_map(|link| head.strip_suffix(link))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(terms: &[(&str, u32)], language: Language) -> Vocabulary {
        let mut terms: Vec<(String, u32)> =
            terms.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect();
        terms.sort_unstable();
        Vocabulary::new(terms, language)
    }

    #[track_caller]
    fn check(terms: &[(&str, u32)], asked: &str, language: Language, expected: &[&str]) {
        let variants = vocabulary(terms, language).variants(asked, language, Readings::Lenient);
        let texts: Vec<&str> = variants.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, expected, "{asked}");
    }

    #[test]
    fn a_misspelt_word_stands_for_its_neighbour() {
        let known = [("refund", 9), ("round", 40), ("payment", 3)];
        check(&known, "refund", Language::En, &["refund"]);
        check(&known, "refudn", Language::En, &["refund"]);
        check(&known, "paymnet", Language::En, &["payment"]);
        check(&known, "paiymnet", Language::En, &["payment"]);
        // Too short to be sure, and nothing near.
        check(&known, "refn", Language::En, &[]);
        check(&known, "sound", Language::En, &[]);
        check(&known, "bitcoin", Language::En, &[]);
        check(&known, "2fa4", Language::En, &[]);
    }

    #[test]
    fn compounds_and_their_parts_stand_for_each_other() {
        let known = [
            ("adres", 5),
            ("bezorg", 4),
            ("bezorgadres", 2),
            ("adressant", 1),
        ];
        check(&known, "adres", Language::Nl, &["adres", "bezorgadres"]);
        let known = [("verkauf", 5), ("gebuhr", 4)];
        check(
            &known,
            "verkaufsgebuhr",
            Language::De,
            &["verkauf", "gebuhr"],
        );
        // Only where compounds are written as one word.
        check(&known, "verkaufsgebuhr", Language::Fr, &[]);
    }
}
