//! Evidence: the statements an answer is allowed to rest on.
//!
//! hits → **evidence** → draft, check. Takes the best passages of the best articles apart into statements,
//! scores each against the question, and keeps the fewest that answer within a token budget: list items keep
//! their lead-in and their siblings, order is the file's own. Invariants: a piece is one statement, word for
//! word as indexed, with its byte range; no piece occurs twice; too little is a small [`Evidence`], not an
//! error.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use corpus::{ByteRange, StatementKind};
use indexer::{ArticleOrdinal, PassageOrdinal, Snapshot};
use inference::{Embeddings, EncodeError, Encoder, TextKind};

use crate::retrieve::{Candidate, Sought};

/// Passages of one article that are taken apart.
const PASSAGES_PER_ARTICLE: usize = 2;

/// What full coverage of the question by one statement is worth, in standard deviations of nearness.
const STATEMENT_COVERAGE: f32 = 1.5;

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
    /// Which run of siblings it belongs to (one list, one table); equal for items that follow each other.
    pub run: usize,
    /// How well it fits the question: nearness, in standard deviations above that of passages at large, plus a
    /// share for matched terms.
    pub score: f32,
    /// Its unit-length vector, read under its heading.
    pub vector: Vec<f32>,
}

impl Piece {
    /// Whether it says something. A question an article puts to its reader claims nothing, however well it
    /// matches the customer's.
    pub fn is_claim(&self) -> bool {
        !self.text.ends_with(['?', '？'])
    }
}

/// The statements an answer may rest on, best article first, each article in file order.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Whether it is asked how to do something, so that steps answer best.
    pub wants_steps: bool,
}

/// What being a step is worth to a question that asks how, in standard deviations of nearness: "Choose Withdraw bid"
/// says less of what it answers than a sentence does.
const STEP: f32 = 1.5;

impl Evidence {
    /// How well a piece answers: its score, and more for a step where it is asked how.
    pub fn worth(&self, piece: &Piece) -> f32 {
        worth(piece, self.wants_steps)
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

fn worth(piece: &Piece, wants_steps: bool) -> f32 {
    if wants_steps && piece.kind == StatementKind::Step {
        piece.score + STEP
    } else {
        piece.score
    }
}

/// Vectors of statements, made when first needed and kept while the generation is served.
#[derive(Debug, Default)]
pub struct StatementVectors {
    by_passage: Mutex<HashMap<PassageOrdinal, Arc<Embeddings>>>,
}

/// Passages whose statement vectors are kept: at about ten statements each some 250 MB at most.
const MAX_CACHED_PASSAGES: usize = 16_000;

impl StatementVectors {
    /// Vectors of the statements of `passages`, in order; encodes what is missing in one batch.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn of(
        &self,
        snapshot: &Snapshot,
        encoder: &dyn Encoder,
        passages: &[PassageOrdinal],
    ) -> Result<Vec<Arc<Embeddings>>, EncodeError> {
        let mut found: Vec<Option<Arc<Embeddings>>> = {
            let cache = self
                .by_passage
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            passages
                .iter()
                .map(|passage| cache.get(passage).cloned())
                .collect()
        };
        let missing: Vec<usize> = (0..passages.len())
            .filter(|i| found[*i].is_none())
            .collect();
        let mut texts = Vec::new();
        let mut counts = Vec::new();
        for &i in &missing {
            let lines = readings(snapshot, passages[i]);
            counts.push(lines.len());
            texts.extend(lines);
        }
        let views: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encoded = encoder.encode(&views, TextKind::Passage)?;
        let mut row = 0;
        let mut cache = self
            .by_passage
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if cache.len() + missing.len() > MAX_CACHED_PASSAGES {
            cache.clear();
        }
        for (&i, &count) in missing.iter().zip(&counts) {
            let dimensions = encoder.dimensions();
            let values = encoded.values[row * dimensions..(row + count) * dimensions].to_vec();
            let vectors = Arc::new(Embeddings { dimensions, values });
            row += count;
            cache.insert(passages[i], Arc::clone(&vectors));
            found[i] = Some(vectors);
        }
        Ok(found.into_iter().flatten().collect())
    }
}

/// Each statement under its nearest heading, since "Mon–Fri 09:00–18:00" alone means little.
fn readings(snapshot: &Snapshot, ordinal: PassageOrdinal) -> Vec<String> {
    let article = snapshot.article(snapshot.article_of(ordinal));
    let passage = snapshot.passage(ordinal);
    let heading = article
        .sections
        .get(passage.section)
        .and_then(|section| section.heading_path.last())
        .unwrap_or(&article.title);
    passage
        .statements
        .iter()
        .map(|statement| format!("{heading}: {}", statement.text))
        .collect()
}

/// How much evidence is gathered.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Most articles.
    pub max_articles: usize,
    /// Most tokens, counted by the encoder.
    pub tokens: usize,
}

/// Gathers the evidence for a question; `wants_steps` when it asks how to do something.
///
/// # Errors
/// [`EncodeError`] when statements cannot be encoded.
pub fn gather(
    snapshot: &Snapshot,
    encoder: &dyn Encoder,
    vectors: &StatementVectors,
    sought: &Sought,
    candidates: &[Candidate],
    wants_steps: bool,
    budget: Budget,
) -> Result<Evidence, EncodeError> {
    let Some(top) = candidates.first() else {
        return Ok(Evidence::default());
    };
    let chosen: Vec<_> = candidates
        .iter()
        .take(budget.max_articles)
        .filter(|candidate| candidate.score >= top.score - MAX_GAP)
        .collect();
    let passages: Vec<PassageOrdinal> = chosen
        .iter()
        .flat_map(|candidate| candidate.passages.iter().take(PASSAGES_PER_ARTICLE))
        .map(|ranked| ranked.passage)
        .collect();
    let encoded = vectors.of(snapshot, encoder, &passages)?;
    let mut pieces = Vec::new();
    let mut run = 0;
    for (&ordinal, rows) in passages.iter().zip(&encoded) {
        let article = snapshot.article_of(ordinal);
        let written = snapshot.article(article).language;
        let passage = snapshot.passage(ordinal);
        let mut previous = None;
        for (index, statement) in passage.statements.iter().enumerate() {
            if statement.kind == StatementKind::Heading {
                previous = None;
                continue;
            }
            if !continues(previous, statement.kind) {
                run += 1;
            }
            previous = Some(statement.kind);
            let vector = rows.row(index).to_vec();
            let near = snapshot.nearness_of(&vector, written, sought.aim());
            let covered = if written == sought.language() {
                let terms = sought.terms_in(written);
                terms.map_or(0.0, |terms| terms.coverage(snapshot, &statement.text))
            } else {
                0.0
            };
            pieces.push(Piece {
                article,
                passage: ordinal,
                kind: statement.kind,
                text: statement.text.clone(),
                range: statement.range,
                run,
                score: sought.standardised(near, written) + STATEMENT_COVERAGE * covered,
                vector,
            });
        }
        run += 1;
    }
    select(
        encoder,
        pieces,
        &chosen.iter().map(|c| c.article).collect::<Vec<_>>(),
        wants_steps,
        budget.tokens,
    )
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

/// Runs longer than this share of the budget, in percent, are not taken whole.
const MAX_RUN_PERCENT: usize = 60;

fn select(
    encoder: &dyn Encoder,
    pieces: Vec<Piece>,
    order: &[ArticleOrdinal],
    wants_steps: bool,
    budget_tokens: usize,
) -> Result<Evidence, EncodeError> {
    let costs: Vec<usize> = pieces
        .iter()
        .map(|piece| {
            encoder
                .token_ranges(&piece.text)
                .map(|ranges| ranges.len() + 2)
        })
        .collect::<Result<_, _>>()?;
    let mut by_score: Vec<usize> = (0..pieces.len()).collect();
    let worth = |i: usize| worth(&pieces[i], wants_steps);
    by_score.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
    let mut taken = vec![false; pieces.len()];
    let mut left = budget_tokens;
    for index in by_score {
        if taken[index] {
            continue;
        }
        let run: Vec<usize> = (0..pieces.len())
            .filter(|i| pieces[*i].run == pieces[index].run && !taken[*i])
            .collect();
        let run_cost: usize = run.iter().map(|i| costs[*i]).sum();
        let whole = run_cost <= left.min(budget_tokens * MAX_RUN_PERCENT / 100);
        let group = if whole { run } else { vec![index] };
        let cost: usize = group.iter().map(|i| costs[*i]).sum();
        if cost > left {
            continue;
        }
        left -= cost;
        for i in group {
            taken[i] = true;
        }
    }
    let mut kept: Vec<Piece> = pieces
        .into_iter()
        .zip(taken)
        .filter_map(|(piece, taken)| taken.then_some(piece))
        .collect();
    kept.sort_by_key(|piece| {
        let place = order
            .iter()
            .position(|article| *article == piece.article)
            .unwrap_or(usize::MAX);
        (place, piece.range.start)
    });
    Ok(Evidence {
        pieces: kept,
        wants_steps,
    })
}
