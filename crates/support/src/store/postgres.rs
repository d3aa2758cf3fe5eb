//! The state store on PostgreSQL, for any number of processes side by side.
//!
//! What is reported as stored was committed with `synchronous_commit` on. Nothing is kept of what the server holds: any
//! process can be killed at any moment.
//!
//! **A server that is away.** After a lost connection a read is tried again for a moment, and so is a write that changes nothing
//! the second time; a hand-off is one, by its id. If that does not help, the store is suspect: everything is refused at
//! once, so that a customer waits for nothing, until [`Postgres::mend`] has written to the server again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use database::{Database, DatabaseError, migrate, retry};
use sqlx::{Connection as _, PgPool, Row as _};

use super::{StoreError, StoreHealth, StoredReceipt};

mod feedback;
mod handoffs;
mod shared;
mod unanswered;

pub use shared::{Charge, Shared};

/// Each brings the tables from the version of its position to the next one. One that was released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("postgres/0001.sql")];

/// How long what may be run twice is run again: a connection that was cut is replaced at once, a server that starts again
/// takes longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The store on a database. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Postgres {
    database: Database,
    is_suspect: Arc<AtomicBool>,
    shared: Shared,
}

impl Postgres {
    pub(super) async fn connect(database: &Database) -> Result<Self, StoreError> {
        migrate(database, "store", &MIGRATIONS)
            .await
            .map_err(|source| StoreError::Database { source })?;
        let is_suspect = Arc::new(AtomicBool::new(false));
        Ok(Self {
            database: database.clone(),
            shared: Shared::new(database.clone(), Arc::clone(&is_suspect)),
            is_suspect,
        })
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Runs what changes nothing the second time, again after a lost connection.
    async fn repeat<T, F>(&self, work: impl Fn(PgPool) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        self.expect_server()?;
        let run = || self.database.timed(work(self.database.pool().clone()));
        retry(PATIENCE, run)
            .await
            .map_err(|error| self.failed(error))
    }

    /// Runs what must not happen twice.
    async fn once<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        self.expect_server()?;
        let done = self.database.timed(work).await;
        done.map_err(|error| self.failed(error))
    }

    fn expect_server(&self) -> Result<(), StoreError> {
        if self.is_suspect.load(Ordering::SeqCst) {
            return Err(StoreError::Away { source: None });
        }
        Ok(())
    }

    /// Sorts an error, and remembers a server that is away.
    fn failed(&self, source: DatabaseError) -> StoreError {
        if !source.is_outage() {
            return StoreError::Database { source };
        }
        if !self.is_suspect.swap(true, Ordering::SeqCst) {
            tracing::error!(
                error = &source as &dyn std::error::Error,
                "PostgreSQL is away: nothing is accepted until it can be written again"
            );
        }
        StoreError::Away {
            source: Some(source),
        }
    }

    pub(super) fn health(&self) -> StoreHealth {
        if self.is_suspect.load(Ordering::SeqCst) {
            StoreHealth::Suspect
        } else {
            StoreHealth::Sound
        }
    }

    pub(super) async fn probe(&self) -> Result<(), StoreError> {
        if self.health() == StoreHealth::Suspect {
            return self.mend().await;
        }
        self.once(mark(self.database.pool())).await
    }

    pub(super) async fn mend(&self) -> Result<(), StoreError> {
        if self.health() == StoreHealth::Sound {
            return Ok(());
        }
        let away = |source| StoreError::Away {
            source: Some(source),
        };
        // A connection of its own tells at once that nobody is there; the pool would wait for somebody.
        let connection = self.database.connect_once().await.map_err(away)?;
        connection.close().await.ok();
        self.database
            .timed(mark(self.database.pool()))
            .await
            .map_err(away)?;
        if self.is_suspect.swap(false, Ordering::SeqCst) {
            tracing::warn!("PostgreSQL can be written: hand-offs are accepted again");
        }
        Ok(())
    }

    pub(super) async fn put_receipts(&self, receipts: &[StoredReceipt]) -> Result<(), StoreError> {
        let answers: Vec<&str> = receipts.iter().map(|one| &*one.answer).collect();
        let times: Vec<i64> = receipts.iter().map(|one| one.made_at_ms).collect();
        let bodies: Vec<String> = receipts.iter().map(|one| storable(&one.body)).collect();
        let (answers, times, bodies) = (&answers, &times, &bodies);
        let is_first = AtomicBool::new(true);
        let is_first = &is_first;
        self.repeat(|pool| async move {
            // What is known after a lost connection is what was stored before it.
            let query = if is_first.swap(false, Ordering::Relaxed) {
                "INSERT INTO receipts (answer, made_at_ms, body) \
                 SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])"
            } else {
                "INSERT INTO receipts (answer, made_at_ms, body) \
                 SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING"
            };
            sqlx::query(query)
                .bind(answers)
                .bind(times)
                .bind(bodies)
                .execute(&pool)
                .await
                .map(drop)
        })
        .await
    }

    pub(super) async fn receipt(&self, answer: &str) -> Result<Option<StoredReceipt>, StoreError> {
        self.repeat(|pool| async move {
            let row = sqlx::query("SELECT made_at_ms, body FROM receipts WHERE answer = $1")
                .bind(storable(answer))
                .fetch_optional(&pool)
                .await?;
            row.map(|row| {
                Ok(StoredReceipt {
                    answer: answer.to_owned(),
                    made_at_ms: row.try_get(0)?,
                    body: row.try_get(1)?,
                })
            })
            .transpose()
        })
        .await
    }

    pub(super) async fn n_receipts(&self) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            let n: i64 = sqlx::query_scalar("SELECT count(*) FROM receipts")
                .fetch_one(&pool)
                .await?;
            Ok(whole(n))
        })
        .await
    }

    pub(super) async fn delete_receipts(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            let deleted = sqlx::query("DELETE FROM receipts WHERE made_at_ms < $1")
                .bind(before_ms)
                .execute(&pool)
                .await?;
            Ok(deleted.rows_affected())
        })
        .await
    }

    /// A connection of its own, for as long as a copy takes.
    pub(super) async fn for_copy(&self) -> Result<sqlx::PgConnection, StoreError> {
        self.database
            .connect_once()
            .await
            .map_err(|error| self.failed(error))
    }

    pub(super) fn copy_failed(&self, error: sqlx::Error) -> StoreError {
        self.failed(error.into())
    }

    pub(super) async fn close(&self) {
        self.database.close().await;
    }
}

/// A commit that is written and synced like that of a hand-off.
async fn mark(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO probe (id, at_ms) VALUES (1, extract(epoch FROM clock_timestamp()) * 1000) \
         ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms",
    )
    .execute(pool)
    .await
    .map(drop)
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// A text as PostgreSQL takes it: it knows no character 0.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
