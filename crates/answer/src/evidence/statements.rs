//! Statements of passages as the encoder sees them, made when first needed or ahead of it, and kept from one generation to
//! the next: an edit changes few of them.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use indexer::{PassageOrdinal, SearchError, Snapshot};
use inference::{EncodeError, Encoder, TextKind};

use crate::engine::EngineError;

/// A statement: its passage and its place there, from 0.
pub(crate) type StatementKey = (PassageOrdinal, usize);

/// BLAKE3 of what the encoder reads of a statement, cut to 16 bytes: what a vector is the same for in every generation.
type ReadingKey = [u8; 16];

/// The statements of one passage in tokens, in order.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The token rows of each in its passage; see [`Snapshot::statement_rows`].
    pub(crate) rows: Vec<Range<usize>>,
    /// Tokens of each on its own.
    pub(crate) n_tokens: Vec<usize>,
}

/// What was made of statements before.
#[derive(Debug, Default)]
pub struct Statements {
    layouts: Mutex<HashMap<PassageOrdinal, Arc<Layout>>>,
    vectors: Mutex<HashMap<StatementKey, Arc<[f32]>>>,
    /// The same vectors, by what was read.
    readings: Mutex<HashMap<ReadingKey, Arc<[f32]>>>,
}

/// Passages whose layout is kept: some 10 MB at most.
pub(crate) const MAX_LAYOUTS: usize = 16_000;

/// Statements whose vectors are kept: some 200 MB at most.
const MAX_VECTORS: usize = 120_000;

impl Statements {
    /// The statements of a passage in tokens.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) fn layout(
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
    pub(crate) fn vectors(
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
        let names: Vec<ReadingKey> = texts.iter().map(|text| name(text)).collect();
        let mut read: Vec<Option<Arc<[f32]>>> = {
            let readings = lock(&self.readings);
            names
                .iter()
                .map(|name| readings.get(name).cloned())
                .collect()
        };
        let unread: Vec<usize> = (0..texts.len()).filter(|i| read[*i].is_none()).collect();
        let views: Vec<&str> = unread.iter().map(|i| &*texts[*i]).collect();
        let encoded = encoder.encode(&views, TextKind::Passage)?;
        let mut readings = lock(&self.readings);
        if readings.len() + unread.len() > MAX_VECTORS {
            readings.clear();
        }
        for (row, &i) in unread.iter().enumerate() {
            let vector: Arc<[f32]> = encoded.row(row).into();
            readings.insert(names[i], Arc::clone(&vector));
            read[i] = Some(vector);
        }
        drop(readings);
        let mut vectors = lock(&self.vectors);
        if vectors.len() + missing.len() > MAX_VECTORS {
            vectors.clear();
        }
        for (vector, &i) in read.into_iter().flatten().zip(&missing) {
            vectors.insert(keys[i], Arc::clone(&vector));
            found[i] = Some(vector);
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Takes over what another generation's statements were read as.
    pub(crate) fn take_over(&self, others: &Self) {
        let known = lock(&others.readings).clone();
        lock(&self.readings).extend(known);
    }

    /// How many readings have a vector.
    pub(crate) fn n_read(&self) -> usize {
        lock(&self.readings).len()
    }
}

/// Names a reading.
fn name(reading: &str) -> ReadingKey {
    let mut name = ReadingKey::default();
    name.copy_from_slice(&blake3::hash(reading.as_bytes()).as_bytes()[..16]);
    name
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A statement under its nearest heading, since "Mon–Fri 09:00–18:00" alone means little.
fn reading(snapshot: &Snapshot, (ordinal, index): StatementKey) -> Result<String, SearchError> {
    let article = snapshot.article(snapshot.article_of(ordinal));
    let passage = snapshot.passage(ordinal)?;
    let heading = article
        .sections
        .get(passage.section)
        .and_then(|section| section.heading_path.last())
        .unwrap_or(&article.title);
    Ok(format!("{heading}: {}", passage.statements[index].text))
}
