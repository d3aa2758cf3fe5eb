//! Check: holds each drafted sentence against the evidence.
//!
//! draft → **check** → sentences with citations. First the pieces that bear the sentence are found: the fewest, each
//! bearing something the others do not. Every number, name, link and address of the sentence must stand in them, and
//! its small words (not, must, up to, only, before …) must be theirs; then its meaning must be, by a calibrated score
//! ([`meaning`]). One that fails is replaced by the article's own words where those answer the question, and dropped
//! otherwise. Fails closed: what cannot be compared is not supported.

use std::collections::HashSet;

use corpus::{Language, StatementKind};
use indexer::{Aim, Snapshot};
use inference::{EncodeError, Encoder, TextKind};

use crate::evidence::{Evidence, Piece};

pub use meaning::Features;

pub mod address;
pub mod agreement;
pub mod marks;
pub mod meaning;
pub mod names;
pub mod polarity;
pub mod quantity;

/// Most statements one sentence may cite.
const MAX_CITED: usize = 3;

/// A piece is cited beside a better one only when the sentence takes up this share of it.
const MIN_TAKEN_UP: f32 = 0.5;

/// A piece in another language is cited beside a better one only when its cosine is no further below.
const MAX_COSINE_GAP: f32 = 0.03;

/// A piece this close to the best one, in standard deviations, may stand in for a sentence that failed its check.
const REPAIR_GAP: f32 = 0.8;

/// A drafted sentence, ready to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Drafted<'a> {
    /// The sentence.
    pub text: &'a str,
    /// Its language.
    pub language: Language,
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
        /// Indexes of the pieces that bear it out, best first; never empty.
        pieces: Vec<usize>,
    },
    /// The evidence does not bear it out, but says something on the question that takes its place.
    Repaired {
        /// What is wrong with it.
        why: Fault,
        /// Index of the piece to quote instead.
        piece: usize,
    },
    /// The evidence does not bear it out and has nothing to put in its place.
    Dropped {
        /// What is wrong with it.
        why: Fault,
    },
}

impl Verdict {
    /// Whether the sentence may be sent as it is.
    pub const fn is_supported(&self) -> bool {
        matches!(self, Self::Supported { .. })
    }

    /// What is wrong with the sentence; `None` for a supported one.
    pub const fn fault(&self) -> Option<Fault> {
        match self {
            Self::Supported { .. } => None,
            Self::Repaired { why, .. } | Self::Dropped { why } => Some(*why),
        }
    }

    /// The pieces that bear the sentence out; empty for one that is not supported.
    pub fn pieces(&self) -> &[usize] {
        match self {
            Self::Supported { pieces, .. } => pieces,
            Self::Repaired { .. } | Self::Dropped { .. } => &[],
        }
    }
}

/// A verdict with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The verdict.
    pub verdict: Verdict,
    /// Everything that is wrong with the sentence, meaning aside; the first of it decided.
    pub faults: Vec<Fault>,
    /// What was measured of its meaning; `None` where there was no need to.
    pub features: Option<Features>,
}

/// What is wrong with a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// There is nothing to hold it against.
    NoEvidence,
    /// It states a number, amount, date or time the evidence does not.
    Quantity,
    /// It states a name the evidence does not.
    Name,
    /// It uses a word neither the question nor any article has.
    Word,
    /// It gives a link, an e-mail address or a telephone number the cited article does not.
    Address,
    /// It negates what the evidence affirms, or the reverse.
    Negation,
    /// It obliges, recommends or permits what the evidence does not, or not as strongly.
    Modality,
    /// It bounds a number the evidence bounds otherwise.
    Limit,
    /// It says only, always or all where the evidence does not.
    Scope,
    /// It says one side of a pair, such as before and after, where the evidence says the other.
    Opposite,
    /// Its meaning is not the evidence's.
    Meaning,
}

/// Checks `drafted` against `evidence`; it is supported from `min_support` on. Encodes the sentence, and what it would
/// cite, once: milliseconds.
///
/// # Errors
/// [`EncodeError`].
pub fn assess(
    snapshot: &Snapshot,
    encoder: &dyn Encoder,
    evidence: &Evidence,
    drafted: Drafted<'_>,
    min_support: f32,
) -> Result<Assessment, EncodeError> {
    if evidence.pieces.is_empty() {
        return Ok(Assessment {
            verdict: Verdict::Dropped {
                why: Fault::NoEvidence,
            },
            faults: vec![Fault::NoEvidence],
            features: None,
        });
    }
    if let Some(piece) = verbatim(evidence, drafted.text) {
        return Ok(Assessment {
            verdict: Verdict::Supported {
                support: 1.0,
                pieces: vec![piece],
            },
            faults: Vec::new(),
            features: None,
        });
    }
    let encoded = encoder.encode_with_tokens(&[drafted.text], TextKind::Passage)?;
    let vector = encoded.texts.row(0);
    let likeness: Vec<f32> = evidence
        .pieces
        .iter()
        .map(|piece| likeness(snapshot, piece, drafted, vector))
        .collect();
    let mut order: Vec<usize> = (0..evidence.pieces.len()).collect();
    order.sort_by(|a, b| likeness[*b].total_cmp(&likeness[*a]).then(a.cmp(b)));
    let closest = order[0];
    let unsupported = |why| instead(snapshot, evidence, drafted.language, closest, why);
    let (cited, unstated) = bearers(snapshot, evidence, &order, drafted, vector);
    let mut faults: Vec<Fault> = unstated.into_iter().collect();
    faults.extend(stated(snapshot, evidence, &cited, drafted));
    let sentence_tokens = encoded.tokens.as_ref().and_then(|tokens| tokens.first());
    let mut features = Features {
        cosine: dot(&evidence.pieces[closest].vector, vector),
        unknown_name: 1.0,
        ..Features::default()
    };
    measure_terms(snapshot, evidence, &cited, drafted, vector, &mut features);
    if let Some(tokens) = sentence_tokens {
        let texts: Vec<&str> = cited
            .iter()
            .map(|index| evidence.pieces[*index].text.as_str())
            .collect();
        let theirs = encoder.encode_with_tokens(&texts, TextKind::Passage)?;
        let theirs = theirs.tokens.unwrap_or_default();
        let n_cited: usize = theirs.iter().map(|tokens| tokens.ranges.len()).sum();
        let names = names::unknown_names(
            drafted.text,
            drafted.language,
            &known(snapshot, evidence, &cited),
        );
        let found = meaning::interaction(drafted.text, tokens, &theirs, &names);
        features.interaction = found.mean;
        features.worst_token = found.worst;
        features.unknown_name = found.names;
        let ratio = tokens.ranges.len().max(1) as f32 / n_cited.max(1) as f32;
        features.length = ratio.ln();
    }
    let support = meaning::support(&features);
    let verdict = match faults.first() {
        Some(why) => unsupported(*why),
        // Written so that a number that is none supports nothing.
        None if support >= min_support => Verdict::Supported {
            support,
            pieces: cited,
        },
        None => unsupported(Fault::Meaning),
    };
    Ok(Assessment {
        verdict,
        faults,
        features: Some(features),
    })
}

/// The piece that says `sentence` word for word, but for case, quotation marks and the final stop.
fn verbatim(evidence: &Evidence, sentence: &str) -> Option<usize> {
    let plain = |text: &str| -> String {
        text.trim_end_matches(['.', '。', '!', '！', ' '])
            .chars()
            .map(|c| match c {
                '’' | '‘' | '"' | '“' | '”' | '„' | '«' | '»' => '\'',
                other => other,
            })
            .flat_map(char::to_lowercase)
            .collect()
    };
    let wanted = plain(sentence);
    evidence
        .pieces
        .iter()
        .position(|piece| piece.is_claim() && plain(&piece.text) == wanted)
}

/// What takes the place of a sentence that is not borne out.
fn instead(
    snapshot: &Snapshot,
    evidence: &Evidence,
    language: Language,
    closest: usize,
    why: Fault,
) -> Verdict {
    let best = evidence
        .best()
        .map_or(0.0, |index| evidence.pieces[index].score);
    let piece = &evidence.pieces[closest];
    let is_fit = piece.is_claim()
        && piece.score >= best - REPAIR_GAP
        && snapshot.article(piece.article).language == language;
    if is_fit {
        Verdict::Repaired {
            why,
            piece: closest,
        }
    } else {
        Verdict::Dropped { why }
    }
}

fn language_of(snapshot: &Snapshot, piece: &Piece) -> Language {
    snapshot.article(piece.article).language
}

/// The fewest pieces, likeliest first, that together state what `drafted` states, and what they leave unstated.
fn bearers(
    snapshot: &Snapshot,
    evidence: &Evidence,
    order: &[usize],
    drafted: Drafted<'_>,
    vector: &[f32],
) -> (Vec<usize>, Option<Fault>) {
    let text_words = agreement::content(drafted.text, drafted.language);
    let first = order[0];
    let first_cosine = dot(&evidence.pieces[first].vector, vector);
    let mut missing = quantity::quantities(drafted.text);
    let mut unsaid = text_words.clone();
    let mut cited: Vec<usize> = Vec::new();
    for &index in order {
        let piece = &evidence.pieces[index];
        let stated = quantity::quantities(&piece.text);
        let is_there =
            |needed: &quantity::Quantity| stated.iter().any(|found| needed.agrees_with(found));
        let bears_quantity = missing.iter().any(is_there);
        let is_same_language = language_of(snapshot, piece) == drafted.language;
        let words = agreement::content(&piece.text, drafted.language);
        let n_new = unsaid
            .iter()
            .filter(|word| agreement::share(std::slice::from_ref(word), &words) > 0.0)
            .count();
        let is_fit = if index == first || is_within(&piece.text, drafted.text) {
            true
        } else if is_same_language {
            let leads_in =
                piece.kind == StatementKind::LeadIn && piece.run == evidence.pieces[first].run;
            let taken_up = agreement::share(&words, &text_words);
            let n_least = unsaid.len().div_ceil(4).max(2);
            let bears = bears_quantity || n_new >= n_least;
            bears && (taken_up >= MIN_TAKEN_UP || leads_in && n_new > 0)
        } else {
            bears_quantity && dot(&piece.vector, vector) >= first_cosine - MAX_COSINE_GAP
        };
        if is_fit {
            cited.push(index);
            missing.retain(|needed| !is_there(needed));
            if is_same_language {
                unsaid.retain(|word| agreement::share(std::slice::from_ref(word), &words) == 0.0);
            }
        }
        if cited.len() == MAX_CITED {
            break;
        }
    }
    let titles = context(snapshot, evidence, &cited);
    let titled = quantity::quantities(&titles);
    // "In Windows 11" may come from a title; an amount or a deadline may not.
    missing.retain(|needed| {
        needed.unit.is_some() || !titled.iter().any(|found| needed.agrees_with(found))
    });
    let fault = (!missing.is_empty()).then_some(Fault::Quantity);
    (cited, fault)
}

/// Whether `sentence` says `piece` word for word and more beside it.
fn is_within(piece: &str, sentence: &str) -> bool {
    let plain = piece
        .trim_end_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 6 && sentence.to_lowercase().contains(&plain)
}

/// Titles and headings above the cited pieces, and the lead-ins of their lists.
fn context(snapshot: &Snapshot, evidence: &Evidence, cited: &[usize]) -> String {
    let mut context = String::new();
    for &index in cited {
        let piece = &evidence.pieces[index];
        let article = snapshot.article(piece.article);
        context.push_str(&article.title);
        context.push('\n');
        let section = snapshot.section_of(piece.passage);
        if let Some(section) = article.sections.get(section) {
            context.push_str(&section.heading_path.join("\n"));
            context.push('\n');
        }
        let leads_in =
            |other: &&Piece| other.run == piece.run && other.kind == StatementKind::LeadIn;
        for lead_in in evidence.pieces.iter().filter(leads_in) {
            context.push_str(&lead_in.text);
            context.push('\n');
        }
    }
    context
}

/// What a sentence states that the cited pieces do not: addresses, names, small words.
fn stated(
    snapshot: &Snapshot,
    evidence: &Evidence,
    cited: &[usize],
    drafted: Drafted<'_>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let source: String = cited
        .iter()
        .map(|index| evidence.source(evidence.pieces[*index].article))
        .collect::<Vec<_>>()
        .join("\n");
    if address::unknown_address(drafted.text, &source).is_some() {
        faults.push(Fault::Address);
    }
    let titles = context(snapshot, evidence, cited);
    let pieces: Vec<(&str, Language)> = cited
        .iter()
        .map(|index| &evidence.pieces[*index])
        .map(|piece| (piece.text.as_str(), language_of(snapshot, piece)))
        .collect();
    let known = known(snapshot, evidence, cited);
    let is_translated = pieces
        .iter()
        .any(|(_, language)| *language != drafted.language);
    // A translation changes names as it changes words; how well they fit is then for the score to say.
    let has_unknown = if is_translated {
        let sentence = (drafted.text, drafted.language);
        !names::unknown_codes(drafted.text, drafted.language, &known).is_empty()
            || pieces
                .iter()
                .all(|piece| names::is_exchanged(sentence, *piece, &titles))
    } else {
        !names::unknown_names(drafted.text, drafted.language, &known).is_empty()
    };
    if has_unknown {
        faults.push(Fault::Name);
    }
    if !is_translated && strange_word(snapshot, drafted).is_some() {
        faults.push(Fault::Word);
    }
    faults.extend(agreement::disagreement(
        (drafted.text, drafted.language),
        &pieces,
        &titles,
    ));
    faults
}

/// A word of at least this many letters that nobody used before is strange.
const MIN_LETTERS_OF_STRANGE: usize = 5;

/// A word of `drafted`, in lower case, that stands neither in the question nor in any article of its language. Small
/// writers make up words ("przywrotny"), and one that stands in no article is not the help center's even where it exists.
/// Words the other checks know are theirs to judge.
fn strange_word(snapshot: &Snapshot, drafted: Drafted<'_>) -> Option<String> {
    let language = drafted.language;
    if !language.separates_words() {
        return None;
    }
    let asked = drafted.question.to_lowercase();
    agreement::without_marks(drafted.text, language)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= MIN_LETTERS_OF_STRANGE)
        .filter(|word| word.chars().all(char::is_alphabetic))
        .find(|word| {
            !snapshot.uses_word(word, language)
                && !asked.contains(*word)
                && !quantity::is_quantity_word(word)
                && !snapshot.terms(word, language).is_empty()
        })
        .map(str::to_owned)
}

/// What the cited pieces say, with what stands above them.
fn known(snapshot: &Snapshot, evidence: &Evidence, cited: &[usize]) -> String {
    let mut known = context(snapshot, evidence, cited);
    for index in cited {
        known.push_str(&evidence.pieces[*index].text);
        known.push('\n');
    }
    known
}

/// Rarity of a term no article holds, about which others are measured.
fn rarity(snapshot: &Snapshot, term: &str, language: Language) -> f32 {
    // A word no article can hold is the rarest there is.
    let rarest = snapshot
        .inverse_document_frequency("\u{FFFF}", language)
        .max(0.1);
    (snapshot.inverse_document_frequency(term, language) / rarest).clamp(0.0, 1.0)
}

fn measure_terms(
    snapshot: &Snapshot,
    evidence: &Evidence,
    cited: &[usize],
    drafted: Drafted<'_>,
    vector: &[f32],
    features: &mut Features,
) {
    let language = language_of(snapshot, &evidence.pieces[cited[0]]);
    features.cross_lingual = f32::from(u8::from(language != drafted.language));
    if let Some(background) = snapshot.background(&Aim::plain(vector.to_vec()), language) {
        features.nearness = (features.cosine - background.mean) / background.spread.max(1e-6);
    }
    if language != drafted.language {
        return;
    }
    let known = known(snapshot, evidence, cited);
    // Chinese is cut into words by what stands beside them, so its marks are taken out as terms.
    let terms: Vec<String> = if language.separates_words() {
        snapshot.terms(&agreement::without_marks(drafted.text, language), language)
    } else {
        let mut terms = snapshot.terms(drafted.text, language);
        terms.retain(|term| !agreement::without_marks(term, language).is_empty());
        terms
    };
    let answered = format!("{known}{}", drafted.question);
    features.coverage = covered_share(snapshot, &terms, &answered, language);
    let held: HashSet<String> = snapshot.terms(&known, language).into_iter().collect();
    features.rarest_unknown = terms
        .iter()
        .filter(|term| !held.contains(*term))
        .map(|term| rarity(snapshot, term, language))
        .fold(0.0, f32::max);
}

/// How much a piece looks like the source of a sentence: cosine, and shared words where both are in one
/// language.
fn likeness(snapshot: &Snapshot, piece: &Piece, drafted: Drafted<'_>, vector: &[f32]) -> f32 {
    let similarity = dot(&piece.vector, vector);
    if language_of(snapshot, piece) == drafted.language {
        let terms = snapshot.terms(drafted.text, drafted.language);
        similarity + 0.3 * covered_share(snapshot, &terms, &piece.text, drafted.language)
    } else {
        similarity
    }
}

/// Share of `terms`, which are distinct, that `known` holds, weighted by inverse document frequency.
fn covered_share(snapshot: &Snapshot, terms: &[String], known: &str, language: Language) -> f32 {
    let held: HashSet<String> = snapshot.terms(known, language).into_iter().collect();
    let (mut covered, mut total) = (0.0, 0.0);
    for term in terms {
        let weight = snapshot.inverse_document_frequency(term, language).max(0.1);
        total += weight;
        if held.contains(term) {
            covered += weight;
        }
    }
    if total > 0.0 { covered / total } else { 0.0 }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
