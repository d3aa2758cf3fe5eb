//! Statements of passages as the encoder sees them, made when first needed and kept while a generation is served.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use indexer::{PassageOrdinal, SearchError, Snapshot};
use inference::{EncodeError, Encoder, TextKind};

use crate::engine::EngineError;

/// A statement: its passage and its place there, from 0.
pub(super) type StatementKey = (PassageOrdinal, usize);

/// The statements of one passage in tokens, in order.
#[derive(Debug)]
pub(super) struct Layout {
    /// The token rows of each in its passage; see [`Snapshot::statement_rows`].
    pub(super) rows: Vec<Range<usize>>,
    /// Tokens of each on its own.
    pub(super) n_tokens: Vec<usize>,
}

/// What was made of statements before.
#[derive(Debug, Default)]
pub struct Statements {
    layouts: Mutex<HashMap<PassageOrdinal, Arc<Layout>>>,
    vectors: Mutex<HashMap<StatementKey, Arc<[f32]>>>,
}

/// Passages whose layout is kept: some 10 MB at most.
const MAX_LAYOUTS: usize = 16_000;

/// Statements whose vectors are kept: some 200 MB at most.
const MAX_VECTORS: usize = 120_000;

impl Statements {
    /// The statements of a passage in tokens.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(super) fn layout(
        &self,
        snapshot: &Snapshot,
        encoder: &dyn Encoder,
        passage: PassageOrdinal,
    ) -> Result<Arc<Layout>, EngineError> {
        let known = lock(&self.layouts).get(&passage).cloned();
        if let Some(layout) = known {
            return Ok(layout);
        }
        let statements = snapshot.passage(passage)?.statements;
        let n_tokens = statements
            .iter()
            .map(|statement| Ok(encoder.token_ranges(&statement.text)?.len()))
            .collect::<Result<_, EncodeError>>()?;
        let layout = Arc::new(Layout {
            rows: snapshot.statement_rows(passage, encoder)??,
            n_tokens,
        });
        let mut layouts = lock(&self.layouts);
        if layouts.len() >= MAX_LAYOUTS {
            layouts.clear();
        }
        layouts.insert(passage, Arc::clone(&layout));
        Ok(layout)
    }

    /// The unit-length vector of each statement, read under its nearest heading; encodes what is missing in one batch.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(super) fn vectors(
        &self,
        snapshot: &Snapshot,
        encoder: &dyn Encoder,
        keys: &[StatementKey],
    ) -> Result<Vec<Arc<[f32]>>, EngineError> {
        let mut found: Vec<Option<Arc<[f32]>>> = {
            let vectors = lock(&self.vectors);
            keys.iter().map(|key| vectors.get(key).cloned()).collect()
        };
        let missing: Vec<usize> = (0..keys.len()).filter(|i| found[*i].is_none()).collect();
        let texts: Vec<String> = missing
            .iter()
            .map(|i| reading(snapshot, keys[*i]))
            .collect::<Result<_, _>>()?;
        let views: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encoded = encoder.encode(&views, TextKind::Passage)?;
        let mut vectors = lock(&self.vectors);
        if vectors.len() + missing.len() > MAX_VECTORS {
            vectors.clear();
        }
        for (row, &i) in missing.iter().enumerate() {
            let vector: Arc<[f32]> = encoded.row(row).into();
            vectors.insert(keys[i], Arc::clone(&vector));
            found[i] = Some(vector);
        }
        Ok(found.into_iter().flatten().collect())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A statement under its nearest heading, since "Mon–Fri 09:00–18:00" alone means little.
fn reading(
    snapshot: &Snapshot,
    (ordinal, index): StatementKey,
) -> Result<String, SearchError> {
    let article = snapshot.article(snapshot.article_of(ordinal));
    let passage = snapshot.passage(ordinal)?;
    let heading = article
        .sections
        .get(passage.section)
        .and_then(|section| section.heading_path.last())
        .unwrap_or(&article.title);
    Ok(format!("{heading}: {}", passage.statements[index].text))
}
