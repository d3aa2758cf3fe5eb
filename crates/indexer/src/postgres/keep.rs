//! Keep: the generations there are, going back to the one before, and removing those that nobody needs.

use std::time::{Duration, Instant};

use database::{DatabaseError, Lease};
use jiff::Timestamp;
use sqlx::{
    Connection as _, PgConnection, Postgres as Sql, Row as _, Transaction, postgres::PgRow,
};

use super::{
    CHANNEL, Postgres, hold, publish::execute_everywhere, runtime, safe, statements, wait,
};
use crate::{
    error::RollbackError,
    store::kept::{Kept, KeptContents, RolledBack},
};

/// How long a purge waits for nodes to let go of what is removed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Time between two looks whether they have.
const LOOK: Duration = Duration::from_millis(200);

/// A complete generation as its row tells.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    number: i32,
    before: Option<String>,
    built_at_ms: f64,
    n_articles: i64,
    n_passages: i64,
    n_bytes: i64,
}

/// The complete generations, newest first.
async fn rows(connection: &mut PgConnection) -> Result<Vec<Row>, DatabaseError> {
    let query = "SELECT id, number, before, extract(epoch FROM built_at)::float8 * 1000 AS built_at_ms, \
                 n_articles, n_passages, n_bytes FROM index_generations WHERE complete ORDER BY number DESC";
    let rows = sqlx::query(query).fetch_all(connection).await?;
    let read = |row: &PgRow| -> Result<Row, sqlx::Error> {
        Ok(Row {
            id: row.try_get("id")?,
            number: row.try_get("number")?,
            before: row.try_get("before")?,
            built_at_ms: row.try_get("built_at_ms")?,
            n_articles: row.try_get("n_articles")?,
            n_passages: row.try_get("n_passages")?,
            n_bytes: row.try_get("n_bytes")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Points to `id` and gives what was pointed to.
pub(super) async fn swap(
    transaction: &mut Transaction<'_, Sql>,
    id: &str,
) -> Result<Option<String>, DatabaseError> {
    let current = sqlx::query_scalar("SELECT generation FROM index_current FOR UPDATE")
        .fetch_optional(&mut **transaction)
        .await?;
    sqlx::query(
        "INSERT INTO index_current (generation) VALUES ($1) \
         ON CONFLICT (one) DO UPDATE SET generation = excluded.generation",
    )
    .bind(id)
    .execute(&mut **transaction)
    .await?;
    Ok(current)
}

/// Removes what builds that died left behind. Only for who has the right to build.
pub(super) async fn clear_unfinished(
    postgres: &Postgres,
    connection: &mut PgConnection,
) -> Result<(), DatabaseError> {
    let unfinished: Vec<(String, i32)> =
        sqlx::query_as("SELECT id, number FROM index_generations WHERE NOT complete")
            .fetch_all(&mut *connection)
            .await?;
    for (id, number) in unfinished {
        remove(postgres, connection, &id, number).await?;
    }
    Ok(())
}

async fn remove(
    postgres: &Postgres,
    connection: &mut PgConnection,
    id: &str,
    number: i32,
) -> Result<(), DatabaseError> {
    let servers: Vec<String> =
        sqlx::query_scalar("SELECT data_servers FROM index_generations WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *connection)
            .await?;
    let statements = statements::remove(&postgres.tables(number), &servers);
    let mut transaction = connection.begin().await?;
    execute_everywhere(&mut transaction, statements).await?;
    sqlx::query("DELETE FROM index_generations WHERE id = $1")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes the bodies of articles that are in no generation.
async fn remove_bodies(
    postgres: &Postgres,
    connection: &mut PgConnection,
    for_good: bool,
) -> Result<(), DatabaseError> {
    let kept = rows(connection).await?;
    let is_elsewhere = kept.iter().map(|row| {
        let tables = postgres.tables(row.number);
        format!(" AND NOT EXISTS (SELECT FROM {tables}articles a WHERE a.key = b.key)")
    });
    let statement = format!(
        "DELETE FROM index_bodies b WHERE true{}",
        is_elsewhere.collect::<String>()
    );
    sqlx::raw_sql(safe(statement))
        .execute(&mut *connection)
        .await?;
    if for_good {
        // A row that is deleted is on the disk until its page is cleaned.
        sqlx::raw_sql("VACUUM index_bodies")
            .execute(&mut *connection)
            .await?;
        sqlx::raw_sql("VACUUM index_heads")
            .execute(connection)
            .await?;
    }
    Ok(())
}

impl Postgres {
    /// The generations that are kept, newest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(crate) fn kept(&self) -> Result<Vec<Kept>, DatabaseError> {
        let Some(current) = self.read_current()? else {
            return Ok(Vec::new());
        };
        let database = self.database().clone();
        let rows = wait(async move {
            let mut connection = database.connect_once().await?;
            rows(&mut connection).await
        })?;
        let before = before(&rows, &current).map(|row| row.id.clone());
        let size = |n: i64| usize::try_from(n).unwrap_or_default();
        Ok(rows
            .into_iter()
            .map(|row| Kept {
                serves: row.id == current,
                is_before: before.as_ref() == Some(&row.id),
                contents: Ok(KeptContents {
                    built_at: timestamp(row.built_at_ms),
                    n_articles: size(row.n_articles),
                    n_passages: size(row.n_passages),
                    n_bytes: u64::try_from(row.n_bytes).unwrap_or_default(),
                }),
                id: row.id,
            })
            .collect())
    }

    /// Makes the generation before the one that serves the one that serves.
    ///
    /// # Errors
    /// [`RollbackError`]; what served before serves still.
    pub(crate) fn roll_back(&self, _: &Lease, from: String) -> Result<RolledBack, RollbackError> {
        let done = runtime().block_on(async {
            let mut connection = self.database().connect_once().await?;
            let rows = rows(&mut connection).await?;
            let Some(to) = before(&rows, &from).map(|row| row.id.clone()) else {
                return Ok(None);
            };
            let mut transaction = connection.begin().await?;
            swap(&mut transaction, &to).await?;
            database::notify(&mut *transaction, self.database(), CHANNEL, &to).await?;
            transaction.commit().await?;
            Ok(Some(to))
        });
        match done.map_err(|error: DatabaseError| RollbackError::Open(error.into()))? {
            Some(to) => {
                self.heard_here(&to);
                Ok(RolledBack { from, to })
            }
            None => Err(RollbackError::NoneBefore { current: from }),
        }
    }

    /// Removes all generations but the one that serves, the one that served before it, and those that a node still reads.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(crate) fn remove_old(&self, _: &Lease) -> Result<(), DatabaseError> {
        let Some(current) = self.read_current()? else {
            return Ok(());
        };
        runtime().block_on(async {
            let mut connection = self.patient_connection(0).await?;
            let rows = rows(&mut connection).await?;
            let before = before(&rows, &current).map(|row| row.id.clone());
            for row in rows
                .iter()
                .filter(|row| row.id != current && Some(&row.id) != before.as_ref())
            {
                if hold::is_free(&mut connection, self.database(), &row.id).await? {
                    remove(self, &mut connection, &row.id, row.number).await?;
                }
            }
            remove_bodies(self, &mut connection, false).await
        })
    }

    /// Removes every generation but the one that serves, with every article that is in no other; waits some seconds for
    /// nodes to go on from what is removed. Gives the names of what was removed.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(crate) fn purge(&self, _: &Lease) -> Result<Vec<String>, DatabaseError> {
        let Some(current) = self.read_current()? else {
            return Ok(Vec::new());
        };
        runtime().block_on(async {
            let mut connection = self.patient_connection(0).await?;
            clear_unfinished(self, &mut connection).await?;
            let mut removed = Vec::new();
            let start = Instant::now();
            for row in rows(&mut connection).await? {
                if row.id == current {
                    continue;
                }
                while !hold::is_free(&mut connection, self.database(), &row.id).await?
                    && start.elapsed() < PATIENCE
                {
                    tokio::time::sleep(LOOK).await;
                }
                remove(self, &mut connection, &row.id, row.number).await?;
                removed.push(row.id);
            }
            remove_bodies(self, &mut connection, true).await?;
            removed.reverse();
            Ok(removed)
        })
    }
}

/// The generation that served when `current` was built, if it is there still.
fn before<'a>(rows: &'a [Row], current: &str) -> Option<&'a Row> {
    let current = rows.iter().find(|row| row.id == current)?;
    let before = current.before.as_ref()?;
    rows.iter().find(|row| row.id == *before)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit, and what does not becomes 1970"
)]
fn timestamp(ms: f64) -> Timestamp {
    Timestamp::from_millisecond(ms as i64).unwrap_or_default()
}
