//! Restore: a generation of the database as a working copy on this machine, for a build to go on from.

use std::collections::HashMap;

use database::DatabaseError;
use sqlx::Row as _;

use super::{
    Postgres,
    bodies::{Numbers, Texts, TokenRows},
    cache::BodyKey,
    engine::read_head,
    head, runtime,
};
use crate::{
    error::{BuildError, Damage},
    format::ArticleRecord,
    snapshot::Frame,
    store::{BuildLock, IndexStore},
    write::restore::{RestoredArticle, restore},
};

impl Postgres {
    /// Makes the working copy of a generation in `store` and points it there.
    ///
    /// # Errors
    /// [`BuildError`].
    pub(crate) fn restore(
        &self,
        store: &IndexStore,
        lock: &BuildLock,
        id: &str,
    ) -> Result<(), BuildError> {
        const GONE: BuildError =
            BuildError::Restore(Damage::Content("the generation that serves is not there"));
        let pool = self.database().pool();
        let read = runtime().block_on(read_head(pool, id))?;
        let stored = read.ok_or(GONE)?;
        let (frame, head) = head::read(stored.bytes).map_err(BuildError::Restore)?;
        let keys = head::keys(&frame, &head.articles);
        let mut first = 0;
        let mut shards = head.shards.iter().map(|n| {
            let own = first..first + n;
            first = own.end;
            self.articles(&frame, &head.articles[own.clone()], &keys[own])
        });
        restore(store, lock, &frame, &mut shards)
    }

    fn articles(
        &self,
        frame: &Frame,
        records: &[ArticleRecord],
        keys: &[BodyKey],
    ) -> Result<Vec<RestoredArticle>, BuildError> {
        let slices: Vec<&[u8]> = keys.iter().map(<[u8; 32]>::as_slice).collect();
        let rows = runtime().block_on(async {
            let mut connection = self.patient_connection(0).await?;
            let rows = sqlx::query(
                "SELECT key, source, passages, vectors, tokens, terms FROM index_bodies WHERE key = ANY($1)",
            )
            .bind(slices)
            .fetch_all(&mut connection)
            .await?;
            Ok::<_, DatabaseError>(rows)
        })?;
        let mut by_key = HashMap::with_capacity(rows.len());
        for row in &rows {
            let key: Vec<u8> = row.try_get(0).map_err(DatabaseError::from)?;
            by_key.insert(key, row);
        }
        let article = |(record, key): (&ArticleRecord, &BodyKey)| {
            let row = by_key
                .get(key.as_slice())
                .ok_or(BuildError::Restore(Damage::Content(
                    "the database has no body of an article",
                )))?;
            let n = record.n_passages as usize;
            let bytes = |at: usize| row.try_get::<Vec<u8>, _>(at).map_err(DatabaseError::from);
            let text = |at: usize| row.try_get::<String, _>(at).map_err(DatabaseError::from);
            let dimensions = frame.manifest.dimensions;
            let numbers = Numbers::read(bytes(3)?, bytes(5)?, dimensions, n);
            let numbers = numbers.map_err(BuildError::Restore)?;
            let tokens = TokenRows::read(bytes(4)?, &frame.reduction, n);
            let tokens = tokens.map_err(BuildError::Restore)?;
            let texts = Texts::read(text(1)?, &text(2)?, n).map_err(BuildError::Restore)?;
            Ok(RestoredArticle {
                record: record.clone(),
                source: texts.source,
                passages: texts.passages,
                vectors: (0..n).map(|passage| numbers.stored(passage)).collect(),
                tokens: tokens.tokens,
            })
        };
        records.iter().zip(keys).map(article).collect()
    }
}
