//! Evidence: the statements an answer is allowed to rest on.
//!
//! hits → **evidence** → draft, check. Takes the best passages of the best articles apart into statements,
//! scores each against the question, and keeps the fewest that answer within a token budget: list items keep
//! their lead-in and their siblings, order is the file's own. Invariants: a piece is one statement, word for
//! word as indexed, with its byte range; no piece occurs twice; too little is a small [`Evidence`], not an
//! error.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use corpus::{ByteRange, StatementKind};
use indexer::{ArticleOrdinal, Bodies, PassageOrdinal, Snapshot};
use inference::Encoder;

use crate::{
    engine::EngineError,
    retrieve::{Candidate, Sought},
};

mod alike;
mod leaning;
mod select;
pub mod signals;
mod statements;

pub(crate) use leaning::leans;

pub use alike::Reader;
pub use signals::{StatementSignals, StatementWeights};
pub use statements::Statements;
pub(crate) use statements::{MAX_LAYOUTS, StatementKey};

/// A list or table of at most this many statements is said whole; its lead-in counts as one.
pub(crate) const SHORT_LIST: usize = 6;

/// Passages of one article that are taken apart.
pub(crate) const PASSAGES_PER_ARTICLE: usize = 4;

/// An article further than this below the best one, in units of the ranking's score, is no evidence.
const MAX_GAP: f32 = 2.0;

/// One statement an answer may rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The article version.
    pub article: ArticleOrdinal,
    /// The passage.
    pub passage: PassageOrdinal,
    /// What it is.
    pub kind: StatementKind,
    /// Its text.
    pub text: String,
    /// Its bytes in the article file.
    pub range: ByteRange,
    /// Whether its first word points back to the statement before it.
    pub leans: bool,
    /// Which run of siblings it belongs to (one list, one table); equal for items that follow each other.
    pub run: usize,
    /// What speaks for it as the answer.
    pub signals: StatementSignals,
    /// How well it answers: the log-odds of its signals against other statements of the same question.
    pub score: f32,
    /// Its length, in tokens of the encoder.
    pub n_tokens: usize,
    /// Its unit-length vector, read under its heading.
    pub vector: Arc<[f32]>,
}

impl Piece {
    /// Whether it says something. A question an article puts to its reader claims nothing, however well it
    /// matches the customer's.
    pub fn is_claim(&self) -> bool {
        !self.text.ends_with(['?', '？'])
    }

    /// Whether most of it is a link to another article: it leads to an answer and is none.
    pub fn leads_elsewhere(&self) -> bool {
        self.signals.own < 0.5
    }

    /// Whether this piece stands right behind `other` in an article.
    pub fn follows(&self, other: &Self) -> bool {
        const MOST_BYTES_BETWEEN: usize = 4;
        self.passage == other.passage
            && self.range.start >= other.range.end
            && self.range.start - other.range.end <= MOST_BYTES_BETWEEN
    }
}

/// The statements an answer may rest on, best article first, each article in file order.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Pairs of pieces, by index, that contradict each other and of which neither is known to hold.
    pub disputes: Vec<(usize, usize)>,
    /// The files of the articles they are of: what is cited is cut from them.
    pub sources: HashMap<ArticleOrdinal, String>,
}

impl Evidence {
    /// What answers best of it, within `tokens` of the encoder.
    #[must_use]
    pub fn within(self, tokens: usize) -> Self {
        let order = self.articles();
        let mut kept = select::select(self.pieces, &self.disputes, &order, tokens);
        kept.sources = self.sources;
        let articles = kept.articles();
        kept.sources.retain(|article, _| articles.contains(article));
        kept
    }

    /// What stands right before the piece `index` and is understood together with it, in order: a sentence, or a short
    /// list with its lead-in.
    pub fn right_before(&self, index: usize) -> Vec<usize> {
        let Some(before) = index.checked_sub(1) else {
            return Vec::new();
        };
        if !self.pieces[index].follows(&self.pieces[before]) {
            return Vec::new();
        }
        let list = self.short_list(before);
        if list.is_empty() { vec![before] } else { list }
    }

    /// The pieces of the list the item `index` is of, with its lead-in; empty when it is no item, the list has no lead-in,
    /// or it is long.
    pub fn short_list(&self, index: usize) -> Vec<usize> {
        let piece = &self.pieces[index];
        let list = |i: &usize| self.pieces[*i].run == piece.run;
        let list: Vec<usize> = (0..self.pieces.len()).filter(list).collect();
        let has_lead_in = list
            .iter()
            .any(|i| self.pieces[*i].kind == StatementKind::LeadIn);
        if piece.kind == StatementKind::ListItem && has_lead_in && list.len() <= SHORT_LIST {
            list
        } else {
            Vec::new()
        }
    }

    /// Index of the best-scoring piece.
    pub fn best(&self) -> Option<usize> {
        (0..self.pieces.len()).max_by(|a, b| {
            self.pieces[*a]
                .score
                .total_cmp(&self.pieces[*b].score)
                .then(b.cmp(a))
        })
    }

    /// The pieces that stand against the piece `index`.
    pub fn against(&self, index: usize) -> impl Iterator<Item = usize> {
        self.disputes.iter().filter_map(move |&(a, b)| match index {
            _ if a == index => Some(b),
            _ if b == index => Some(a),
            _ => None,
        })
    }

    /// The file of an article the pieces are of; empty of any other.
    pub fn source(&self, article: ArticleOrdinal) -> &str {
        self.sources.get(&article).map_or("", String::as_str)
    }

    /// Articles in order of appearance, each once.
    pub fn articles(&self) -> Vec<ArticleOrdinal> {
        let mut articles = Vec::new();
        for piece in &self.pieces {
            if !articles.contains(&piece.article) {
                articles.push(piece.article);
            }
        }
        articles
    }
}

/// How much evidence is gathered.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Most articles.
    pub max_articles: usize,
    /// Most tokens, counted by the encoder.
    pub tokens: usize,
}

/// What the question wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// How to do something: steps answer best.
    pub steps: bool,
    /// How much, how long, when: a figure answers.
    pub figure: bool,
}

/// What a question is held against statements by.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The question as it was compared with passages.
    pub sought: &'a Sought,
    /// What it wants to be told.
    pub wanted: Wanted,
    /// What each signal is worth.
    pub weights: &'a StatementWeights,
    /// For whom the answer is.
    pub reader: Reader<'a>,
}

/// Gathers the evidence for a question from the best of `candidates`.
///
/// # Errors
/// [`EngineError`] when articles cannot be reached, or statements not encoded.
pub fn gather(
    snapshot: &Snapshot,
    encoder: &dyn Encoder,
    statements: &Statements,
    asked: Asked<'_>,
    candidates: &[Candidate],
    budget: Budget,
) -> Result<Evidence, EngineError> {
    let chosen = within_reach(candidates, budget.max_articles);
    let mut pieces = take_apart(snapshot, encoder, statements, asked, &chosen)?;
    let disputes = alike::reconcile(snapshot, &mut pieces, asked.reader);
    let order: Vec<ArticleOrdinal> = chosen.iter().map(|c| c.article).collect();
    let mut evidence = select::select(pieces, &disputes, &order, budget.tokens);
    for article in evidence.articles() {
        let source = snapshot.source(article)?.into_owned();
        evidence.sources.insert(article, source);
    }
    Ok(evidence)
}

/// The candidates an answer may rest on.
pub(crate) fn within_reach(candidates: &[Candidate], max_articles: usize) -> Vec<&Candidate> {
    let top = candidates.first().map_or(0.0, |candidate| candidate.score);
    candidates
        .iter()
        .take(max_articles)
        .filter(|candidate| candidate.score >= top - MAX_GAP)
        .collect()
}

/// The statements of the best passages of `chosen` that may answer, scored, each passage in file order. Of long passages
/// those are left out that have no chance, before anything is encoded for them.
///
/// # Errors
/// [`EngineError`] when articles cannot be reached, or statements not encoded.
pub(crate) fn take_apart(
    snapshot: &Snapshot,
    encoder: &dyn Encoder,
    statements: &Statements,
    asked: Asked<'_>,
    chosen: &[&Candidate],
) -> Result<Vec<Piece>, EngineError> {
    let articles = || chosen.iter().map(|candidate| candidate.article);
    snapshot.fetch(articles(), Bodies::Texts)?;
    let top = chosen.first().map_or(0.0, |candidate| candidate.score);
    let mut pieces = Vec::new();
    let mut keys = Vec::new();
    let mut run = 0;
    for candidate in chosen {
        for ranked in candidate.passages.iter().take(PASSAGES_PER_ARTICLE) {
            let ordinal = ranked.passage;
            let passage = snapshot.passage(ordinal)?;
            let language = snapshot.article(candidate.article).language;
            let layout = statements.layout(snapshot, encoder, ordinal)?;
            let below = candidate.score - top;
            let signals = signals::of(snapshot, asked, ordinal, &passage, &layout, below)?;
            let mut previous = None;
            for (index, statement) in passage.statements.into_iter().enumerate() {
                if statement.kind == StatementKind::Heading {
                    previous = None;
                    continue;
                }
                if !continues(previous, statement.kind) {
                    run += 1;
                }
                previous = Some(statement.kind);
                keys.push((ordinal, index));
                pieces.push(Piece {
                    article: candidate.article,
                    passage: ordinal,
                    kind: statement.kind,
                    leans: leans(&statement.text, language),
                    text: statement.text,
                    range: statement.range,
                    run,
                    n_tokens: layout.n_tokens[index],
                    score: asked.weights.score(&signals[index]),
                    signals: signals[index],
                    vector: Arc::default(),
                });
            }
            run += 1;
        }
    }
    let may_answer = with_a_chance(&pieces);
    let mut flags = may_answer.iter();
    pieces.retain(|_| flags.next().copied().unwrap_or(false));
    let mut flags = may_answer.iter();
    keys.retain(|_| flags.next().copied().unwrap_or(false));
    let vectors = statements.vectors(snapshot, encoder, &keys)?;
    for (piece, vector) in pieces.iter_mut().zip(vectors) {
        let written = snapshot.article(piece.article).language;
        let near = snapshot.nearness_of(&vector, written, asked.sought.aim());
        piece.signals.nearness = asked.sought.standardised(near, written);
        piece.score = asked.weights.score(&piece.signals);
        piece.vector = vector;
    }
    Ok(pieces)
}

/// Statements that are encoded, besides those that belong to the same list or table.
const WITH_A_CHANCE: usize = 24;

/// Most siblings that come with a statement.
const MAX_SIBLINGS: usize = 12;

/// Which pieces are worth encoding: the best so far, with their siblings where these are few.
fn with_a_chance(pieces: &[Piece]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by(|a, b| pieces[*b].score.total_cmp(&pieces[*a].score).then(a.cmp(b)));
    order.truncate(WITH_A_CHANCE);
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    for piece in pieces {
        *sizes.entry(piece.run).or_default() += 1;
    }
    let runs: HashSet<usize> = order
        .iter()
        .map(|i| pieces[*i].run)
        .filter(|run| sizes[run] <= MAX_SIBLINGS)
        .collect();
    let mut flags = vec![false; pieces.len()];
    for index in order {
        flags[index] = true;
    }
    for (flag, piece) in flags.iter_mut().zip(pieces) {
        *flag |= runs.contains(&piece.run);
    }
    flags
}

/// Whether a statement belongs to the run its predecessor is in.
fn continues(previous: Option<StatementKind>, kind: StatementKind) -> bool {
    use StatementKind::{LeadIn, ListItem, Step, TableRow};
    match (previous, kind) {
        (Some(LeadIn), ListItem | Step | TableRow) => true,
        (Some(before), now) => before == now && matches!(now, ListItem | Step | TableRow),
        (None, _) => false,
    }
}
