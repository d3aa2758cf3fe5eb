//! The suite itself: evidence for questions, sentences made from it, each put to the check.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use answer::{
    Engine, EngineError, Mode, Question,
    check::{Fault, Features},
    evidence::{Evidence, Piece},
};
use corpus::{ArticleId, Language, StatementKind, language::detect};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Collection, Fold, Kind, Sample, falsify, names, random::Random, reword, versions::Versions,
};

/// How much of the suite is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Decides every choice.
    pub seed: u64,
    /// Most sentences of one kind in one language, with evidence in it and with evidence in another, each.
    pub per_kind: usize,
    /// Questions asked of each collection in one language.
    pub questions: usize,
    /// Languages of the sentences; empty for all.
    pub languages: Vec<Language>,
    /// One half of the articles; `None` for both.
    pub fold: Option<Fold>,
}

/// A collection with an engine over it.
#[derive(Debug)]
pub struct Indexed {
    /// What was indexed.
    pub collection: Collection,
    /// The engine that answers from it.
    pub engine: Engine,
}

/// A sentence with its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The sentence.
    #[serde(flatten)]
    pub sample: Sample,
    /// Whether it was let through.
    pub is_supported: bool,
    /// What decided against it.
    pub why: Option<Fault>,
    /// Everything that was found wrong with it, meaning aside.
    pub faults: Vec<Fault>,
    /// What was measured of its meaning; `None` for one that stands in the evidence word for word.
    pub features: Option<Features>,
    /// The pieces it would cite, when it was let through.
    pub cited: Vec<String>,
}

impl Checked {
    /// Whether the evidence is in another language.
    pub fn is_cross_lingual(&self) -> bool {
        self.sample.language != self.sample.evidence_language
    }
}

/// Evidence gathered for one question.
struct Case<'a> {
    indexed: &'a Indexed,
    question: &'a str,
    evidence: Evidence,
    /// Of each piece: whether sentences are made of it. Telling its language takes a while, so once is enough.
    fit: Vec<bool>,
    /// Of each piece: its words.
    parts: Vec<BTreeSet<String>>,
}

/// Statements made of one piece of a case, not yet limited in number.
struct Made {
    case: usize,
    sample: Sample,
}

/// Makes the suite from `indexed` and checks every sentence of it. `on_progress` is told how many steps are
/// done and how many there are.
///
/// # Errors
/// [`EngineError`] when an index or the encoder fails.
pub fn run(
    indexed: &[Indexed],
    options: &Options,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<(Vec<Checked>, Vec<f64>), EngineError> {
    let cases = gather(indexed, options, on_progress)?;
    let mut made = Vec::new();
    let mut versions = Versions::default();
    let pools = name_pools(&cases);
    for (at, case) in cases.iter().enumerate() {
        make(
            at,
            case,
            &cases,
            indexed,
            &pools,
            options,
            &mut versions,
            &mut made,
        )?;
        on_progress(at, cases.len());
    }
    let made = limited(made, options);
    let mut checked = Vec::new();
    let mut took_ms = Vec::new();
    let n = made.len();
    for (at, Made { case, sample }) in made.into_iter().enumerate() {
        on_progress(at, n);
        let case = &cases[case];
        let started = Instant::now();
        let assessed = case.indexed.engine.assess(
            &sample.text,
            sample.language,
            case.question,
            &case.evidence,
        )?;
        took_ms.push(started.elapsed().as_secs_f64() * 1000.0);
        let pieces = assessed.verdict.pieces().to_vec();
        checked.push(Checked {
            sample,
            is_supported: assessed.verdict.is_supported(),
            why: assessed.verdict.fault(),
            faults: assessed.faults,
            features: assessed.features,
            cited: pieces
                .iter()
                .map(|index| case.evidence.pieces[*index].text.clone())
                .collect(),
        });
    }
    Ok((checked, took_ms))
}

/// Asks the questions of every collection.
fn gather<'a>(
    indexed: &'a [Indexed],
    options: &Options,
    on_progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Case<'a>>, EngineError> {
    let mut cases = Vec::new();
    for (at, indexed) in indexed.iter().enumerate() {
        on_progress(at, options.questions);
        let collection = &indexed.collection;
        let asked = collection.articles.iter().zip(&collection.questions);
        let asked = asked.filter(|(article, _)| {
            options
                .fold
                .is_none_or(|fold| Fold::of(&article.id) == fold)
        });
        for (_, question) in asked.take(options.questions) {
            let put = Question {
                language: Some(collection.language),
                mode: Mode::Extractive,
                ..Question::new(question.as_str(), Timestamp::UNIX_EPOCH)
            };
            let evidence = indexed.engine.evidence(&put)?;
            if !evidence.pieces.is_empty() {
                let pieces = &evidence.pieces;
                let fit = pieces
                    .iter()
                    .map(|piece| is_fit(piece, collection.language))
                    .collect();
                let parts = pieces.iter().map(|piece| parts(&piece.text)).collect();
                cases.push(Case {
                    indexed,
                    question,
                    evidence,
                    fit,
                    parts,
                });
            }
        }
    }
    Ok(cases)
}

/// Names by collection and language. German nouns count when another language writes them as names.
fn name_pools(cases: &[Case<'_>]) -> HashMap<(String, Language), Vec<String>> {
    let mut found: BTreeMap<(String, Language), BTreeSet<String>> = BTreeMap::new();
    for case in cases {
        let key = (
            case.indexed.collection.name.clone(),
            case.indexed.collection.language,
        );
        let pool = found.entry(key.clone()).or_default();
        for piece in &case.evidence.pieces {
            pool.extend(
                names::names(&piece.text, key.1)
                    .into_iter()
                    .map(|range| piece.text[range].to_owned()),
            );
        }
    }
    let elsewhere: BTreeSet<String> = found
        .iter()
        .filter(|((_, language), _)| *language != Language::De)
        .flat_map(|(_, pool)| pool.iter().cloned())
        .collect();
    found
        .into_iter()
        .map(|(key, pool)| {
            let kept = |name: &String| key.1 != Language::De || elsewhere.contains(name);
            let pool = pool.into_iter().filter(kept).collect();
            (key, pool)
        })
        .collect()
}

/// Whether sentences are made of `piece`: a claim of some length in the language it is said to be in.
fn is_fit(piece: &Piece, language: Language) -> bool {
    let kind_fits = matches!(
        piece.kind,
        StatementKind::Sentence | StatementKind::ListItem | StatementKind::Step
    );
    kind_fits
        && piece.is_claim()
        && !piece.text.ends_with([':', '：'])
        && is_sentence(&piece.text, language)
}

pub(super) fn is_sentence(text: &str, language: Language) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let (least, most) = if language.separates_words() {
        (25, 320)
    } else {
        (10, 120)
    };
    (least..=most).contains(&letters)
        && detect::detect(text)
            .is_none_or(|found| found.language == language || found.confidence < 0.6)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of a run, with all that it draws on"
)]
fn make(
    at: usize,
    case: &Case<'_>,
    cases: &[Case<'_>],
    indexed: &[Indexed],
    pools: &HashMap<(String, Language), Vec<String>>,
    options: &Options,
    versions: &mut Versions,
    made: &mut Vec<Made>,
) -> Result<(), EngineError> {
    let collection = &case.indexed.collection;
    let language = collection.language;
    let snapshot = case.indexed.engine.snapshot();
    let mut random = Random::new(
        options.seed,
        &format!("{}{language}{}", collection.name, case.question),
    );
    let fit = case
        .evidence
        .pieces
        .iter()
        .zip(&case.fit)
        .filter(|(_, fit)| **fit);
    let mut origins: Vec<&Piece> = fit.map(|(piece, _)| piece).collect();
    random.shuffle(&mut origins);
    origins.truncate(5);
    let said: Vec<&str> = case
        .evidence
        .pieces
        .iter()
        .map(|piece| piece.text.as_str())
        .collect();
    let said = said.join("\n");
    let no_names = Vec::new();
    for origin in origins {
        let article = snapshot.article(origin.article).id.as_str().to_owned();
        let mut add = |kind: Kind, sentence_language: Language, text: String| {
            made.push(Made {
                case: at,
                sample: Sample {
                    collection: collection.name.clone(),
                    article: article.clone(),
                    kind,
                    language: sentence_language,
                    evidence_language: language,
                    text,
                    origin: origin.text.clone(),
                },
            });
        };
        let names = pools
            .get(&(collection.name.clone(), language))
            .unwrap_or(&no_names);
        let material = falsify::Material {
            names,
            evidence: &said,
        };
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_edit()) {
            let edited = if kind.is_true() {
                reword::reword(kind, &origin.text, language, &mut random)
            } else {
                falsify::falsify(kind, &origin.text, language, material, &mut random)
            };
            if let Some(text) = edited {
                add(kind, language, text);
            }
        }
        for (kind, text) in combined(origin, case, &mut random) {
            add(kind, language, text);
        }
        for (kind, text) in of_others(origin, case, cases, &mut random) {
            add(kind, language, text);
        }
        let Some((sentence_language, text)) =
            versions.of(case.indexed, indexed, origin, &mut random)?
        else {
            continue;
        };
        let names = pools
            .get(&(collection.name.clone(), sentence_language))
            .unwrap_or(&no_names);
        let material = falsify::Material {
            names,
            evidence: &said,
        };
        for kind in Kind::ALL
            .into_iter()
            .filter(|kind| kind.is_edit() && !kind.is_true())
        {
            if let Some(edited) =
                falsify::falsify(kind, &text, sentence_language, material, &mut random)
            {
                add(kind, sentence_language, edited);
            }
        }
        add(Kind::Translation, sentence_language, text);
        let far = of_others_in(sentence_language, case, cases, &mut random);
        if let Some(text) = far {
            add(Kind::OtherArticle, sentence_language, text);
        }
    }
    Ok(())
}

/// The statement joined with the next of its article, or with the lead-in of its list.
fn combined(origin: &Piece, case: &Case<'_>, random: &mut Random) -> Vec<(Kind, String)> {
    let language = case.indexed.collection.language;
    let evidence = &case.evidence;
    let mut sentences = Vec::new();
    let next = evidence
        .pieces
        .iter()
        .zip(&case.fit)
        .filter(|(_, fit)| **fit)
        .map(|(piece, _)| piece)
        .find(|piece| piece.article == origin.article && piece.range.start > origin.range.start);
    if let Some(next) = next
        && origin.kind == StatementKind::Sentence
        && next.kind == StatementKind::Sentence
    {
        sentences.push((
            Kind::Joined,
            reword::joined(&origin.text, &next.text, language, random),
        ));
    }
    let lead_in = evidence.pieces.iter().find(|piece| {
        piece.article == origin.article
            && piece.run == origin.run
            && piece.kind == StatementKind::LeadIn
    });
    if let Some(lead_in) = lead_in {
        sentences.push((
            Kind::ItemUnderLeadIn,
            reword::item_under(&lead_in.text, &origin.text, language),
        ));
    }
    sentences
}

/// Sentences of articles the evidence does not come from: one by chance, and the most similar one.
fn of_others(
    origin: &Piece,
    case: &Case<'_>,
    cases: &[Case<'_>],
    random: &mut Random,
) -> Vec<(Kind, String)> {
    let language = case.indexed.collection.language;
    let others = foreign(case, cases, language);
    let mut sentences = Vec::new();
    if let Some(piece) = random.choose(&others) {
        sentences.push((Kind::OtherArticle, piece.text.clone()));
    }
    let similar = others
        .iter()
        .max_by(|a, b| dot(&a.vector, &origin.vector).total_cmp(&dot(&b.vector, &origin.vector)));
    if let Some(piece) = similar {
        sentences.push((Kind::SimilarArticle, piece.text.clone()));
    }
    sentences
}

fn of_others_in(
    language: Language,
    case: &Case<'_>,
    cases: &[Case<'_>],
    random: &mut Random,
) -> Option<String> {
    let others = foreign(case, cases, language);
    random.choose(&others).map(|piece| piece.text.clone())
}

/// Pieces of other cases of the collection in `language` that nothing in this case says, too.
fn foreign<'c>(case: &Case<'_>, cases: &'c [Case<'_>], language: Language) -> Vec<&'c Piece> {
    let id_of = |case: &Case<'_>, piece: &Piece| {
        case.indexed
            .engine
            .snapshot()
            .article(piece.article)
            .id
            .clone()
    };
    let own: BTreeSet<ArticleId> = case
        .evidence
        .pieces
        .iter()
        .map(|piece| id_of(case, piece))
        .collect();
    let mut found = Vec::new();
    let others = cases.iter().filter(|other| {
        other.indexed.collection.name == case.indexed.collection.name
            && other.indexed.collection.language == language
    });
    for other in others {
        for ((piece, fit), said) in other
            .evidence
            .pieces
            .iter()
            .zip(&other.fit)
            .zip(&other.parts)
        {
            // Help articles repeat each other; what the evidence says as well would be no false sentence.
            let is_said = || {
                case.parts.iter().any(|known| {
                    let shared = said.intersection(known).count();
                    shared * 10 >= said.len() * 6
                })
            };
            if *fit && !own.contains(&id_of(other, piece)) && !is_said() {
                found.push(piece);
            }
        }
    }
    found
}

/// The words of a text, or pairs of characters where it has none.
fn parts(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    if lower.chars().any(detect::is_han) {
        let characters: Vec<char> = lower.chars().filter(|c| c.is_alphanumeric()).collect();
        return characters
            .windows(2)
            .map(|pair| pair.iter().collect())
            .collect();
    }
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// At most so many of each kind in each language, by chance.
fn limited(mut made: Vec<Made>, options: &Options) -> Vec<Made> {
    Random::new(options.seed, "limit").shuffle(&mut made);
    let mut n_of: HashMap<(Language, bool, Kind), usize> = HashMap::new();
    let mut seen = BTreeSet::new();
    made.retain(|Made { case, sample }| {
        let wanted = options.languages.is_empty() || options.languages.contains(&sample.language);
        if !wanted || !seen.insert((*case, sample.kind.is_true(), sample.text.clone())) {
            return false;
        }
        let cross = sample.language != sample.evidence_language;
        let n = n_of
            .entry((sample.language, cross, sample.kind))
            .or_default();
        *n += 1;
        *n <= options.per_kind
    });
    made
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
