//! Check: holds each drafted sentence against the evidence.
//!
//! draft → **check** → sentences with citations. A sentence passes when every quantity and every name in it
//! stands in the statements it cites, when it negates as they do, and when its meaning is close to theirs.
//! One that fails is replaced by the article's own words where those answer the question, and dropped
//! otherwise. Fails closed: what cannot be compared is not supported.

use std::collections::HashSet;

use corpus::Language;
use indexer::Snapshot;

use crate::evidence::{Evidence, Piece};

pub mod names;
pub mod polarity;
pub mod quantity;

/// Most statements one sentence may cite.
const MAX_CITED: usize = 3;

/// A drafted sentence, ready to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Drafted<'a> {
    /// The sentence.
    pub text: &'a str,
    /// Its language.
    pub language: Language,
    /// Its unit-length vector, encoded as a passage.
    pub vector: &'a [f32],
    /// The question it answers; its words may recur in the answer, its figures and names may not.
    pub question: &'a str,
}

/// The outcome of checking one sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The evidence bears it out.
    Supported {
        /// Probability that it does, 0 to 1.
        support: f32,
        /// Indexes of the pieces that bear it out, best first.
        pieces: Vec<usize>,
    },
    /// The evidence does not bear it out.
    Unsupported {
        /// What is wrong with it.
        why: Fault,
        /// The closest piece, for a repair with the article's own words.
        closest: Option<usize>,
    },
}

/// What is wrong with a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing to hold it against.
    NoEvidence,
    /// It states a number, amount, date or time the evidence does not.
    Quantity,
    /// It states a name, link or address the evidence does not.
    Name,
    /// It negates what the evidence affirms, or the reverse.
    Negation,
    /// Its meaning is not the evidence's.
    Meaning,
}

/// Checks `drafted` against `evidence`; it is supported from `min_support` on.
pub fn check(
    snapshot: &Snapshot,
    evidence: &Evidence,
    drafted: Drafted<'_>,
    min_support: f32,
) -> Verdict {
    let scores: Vec<f32> = evidence
        .pieces
        .iter()
        .map(|piece| likeness(snapshot, piece, drafted))
        .collect();
    let mut order: Vec<usize> = (0..evidence.pieces.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    let Some(&closest) = order.first() else {
        return Verdict::Unsupported {
            why: Fault::NoEvidence,
            closest: None,
        };
    };
    let unsupported = |why| Verdict::Unsupported {
        why,
        closest: Some(closest),
    };
    let cited = match bearers(evidence, &order, drafted.text) {
        Ok(cited) => cited,
        Err(fault) => return unsupported(fault),
    };
    let texts = cited_text(snapshot, evidence, &cited);
    if !names::unknown_names(drafted.text, drafted.language, &texts.with_headings).is_empty() {
        return unsupported(Fault::Name);
    }
    let article_language = |index: usize| snapshot.article(evidence.pieces[index].article).language;
    let agrees = cited.iter().any(|&index| {
        let piece = &evidence.pieces[index];
        polarity::agree(
            (drafted.text, drafted.language),
            (&piece.text, article_language(index)),
        )
    });
    if !agrees {
        return unsupported(Fault::Negation);
    }
    let similarity = cited
        .iter()
        .map(|&index| dot(&evidence.pieces[index].vector, drafted.vector))
        .fold(f32::MIN, f32::max);
    let support = if article_language(closest) == drafted.language {
        let known = format!("{}\n{}", texts.with_headings, drafted.question);
        let covered = covered_share(snapshot, drafted.text, &known, drafted.language);
        logistic(30.0 * (similarity - 0.87) + 6.0 * (covered - 0.5))
    } else {
        logistic(40.0 * (similarity - 0.83))
    };
    if support >= min_support {
        Verdict::Supported {
            support,
            pieces: cited,
        }
    } else {
        unsupported(Fault::Meaning)
    }
}

/// The fewest pieces, closest first, that together state every quantity of `sentence`.
fn bearers(evidence: &Evidence, order: &[usize], sentence: &str) -> Result<Vec<usize>, Fault> {
    let mut missing = quantity::quantities(sentence);
    let mut cited = Vec::new();
    for &index in order {
        let stated = quantity::quantities(&evidence.pieces[index].text);
        let before = missing.len();
        missing.retain(|needed| !stated.iter().any(|found| needed.agrees_with(found)));
        if cited.is_empty() || missing.len() < before {
            cited.push(index);
        }
        if missing.is_empty() {
            return Ok(cited);
        }
        if cited.len() == MAX_CITED {
            break;
        }
    }
    Err(Fault::Quantity)
}

struct CitedText {
    with_headings: String,
}

fn cited_text(snapshot: &Snapshot, evidence: &Evidence, cited: &[usize]) -> CitedText {
    let mut with_headings = String::new();
    for &index in cited {
        let piece = &evidence.pieces[index];
        let article = snapshot.article(piece.article);
        let section = snapshot.passage(piece.passage).section;
        with_headings.push_str(&article.title);
        with_headings.push('\n');
        if let Some(section) = article.sections.get(section) {
            with_headings.push_str(&section.heading_path.join("\n"));
            with_headings.push('\n');
        }
        // Siblings of the same list and its lead-in say what an item is about.
        for sibling in evidence
            .pieces
            .iter()
            .filter(|other| other.run == piece.run)
        {
            with_headings.push_str(&sibling.text);
            with_headings.push('\n');
        }
    }
    CitedText { with_headings }
}

/// How much a piece looks like the source of a sentence: cosine, and shared words where both are in one
/// language.
fn likeness(snapshot: &Snapshot, piece: &Piece, drafted: Drafted<'_>) -> f32 {
    let similarity = dot(&piece.vector, drafted.vector);
    if snapshot.article(piece.article).language == drafted.language {
        similarity + 0.15 * covered_share(snapshot, drafted.text, &piece.text, drafted.language)
    } else {
        similarity
    }
}

/// Share of the distinct terms of `text` that `known` holds, weighted by inverse document frequency.
fn covered_share(snapshot: &Snapshot, text: &str, known: &str, language: Language) -> f32 {
    let held: HashSet<String> = snapshot.terms(known, language).into_iter().collect();
    let terms: HashSet<String> = snapshot.terms(text, language).into_iter().collect();
    let (mut covered, mut total) = (0.0, 0.0);
    for term in terms {
        let weight = snapshot
            .inverse_document_frequency(&term, language)
            .max(0.1);
        total += weight;
        if held.contains(&term) {
            covered += weight;
        }
    }
    if total > 0.0 { covered / total } else { 0.0 }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
