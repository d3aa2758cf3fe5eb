//! From a file to PostgreSQL: everything, in one transaction, or nothing.
//!
//! The file is locked for writing meanwhile, and left as it is. A copy that is cut off has changed nothing and is made again.

use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::{Engine, Store, StoreError, embedded::Embedded, postgres::Postgres};

/// Rows that travel together.
const BATCH: i64 = 500;

/// One table: what a row is made of, in the file and there.
struct Table {
    name: &'static str,
    /// Names and values for `json_object` of `SQLite`.
    row: &'static str,
    columns: &'static str,
}

/// In an order in which no row names one that is not there yet. Numbers of rows are given anew, in the same order.
const TABLES: [Table; 6] = [
    Table {
        name: "receipts",
        row: "'answer', answer, 'made_at_ms', made_at_ms, 'body', body",
        columns: "answer, made_at_ms, body",
    },
    Table {
        name: "handoffs",
        row: "'id', id, 'made_at_ms', made_at_ms, 'queue', queue, 'packet', packet, 'owner', owner",
        columns: "id, made_at_ms, queue, packet, owner",
    },
    Table {
        name: "deliveries",
        // Whoever held a lease is gone.
        row: "'handoff', handoff, 'destination', destination, 'state', state, 'attempts', attempts, \
              'due_at_ms', due_at_ms, 'due_set_at_ms', due_set_at_ms, 'leased_till_ms', 0, 'remote_id', remote_id, \
              'last_error', last_error, 'settled_at_ms', settled_at_ms",
        columns: "handoff, destination, state, attempts, due_at_ms, due_set_at_ms, leased_till_ms, remote_id, \
                  last_error, settled_at_ms",
    },
    Table {
        name: "idempotency_keys",
        row: "'scope', scope, 'key', key, 'body_hash', body_hash, 'handoff', handoff, 'made_at_ms', made_at_ms",
        columns: "scope, key, body_hash, handoff, made_at_ms",
    },
    Table {
        name: "feedback",
        row: "'made_at_ms', made_at_ms, 'answer', answer, 'article', article, 'helpful', helpful, \
              'comment', comment",
        columns: "made_at_ms, answer, article, helpful, comment",
    },
    Table {
        name: "unanswered",
        row: "'day', day, 'why', why, 'question', question, 'topic', topic, \
              'language', language, 'audience', audience, 'region', region, 'confidence', confidence, \
              'nearest', nearest, 'generation', generation, 'n', n",
        columns: "day, why, question, topic, language, audience, region, confidence, nearest, generation, n",
    },
];

/// Why a store could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// It goes from a file to PostgreSQL only.
    #[error("a state store is copied from a file to PostgreSQL, not the other way")]
    Direction,
    /// There is something already.
    #[error(
        "the table `{table}` on PostgreSQL is not empty; copy into a new schema (`postgres.schema`), or delete what is there"
    )]
    NotEmpty {
        /// The table.
        table: &'static str,
    },
    /// Not all rows came.
    #[error("of {expected} rows of `{table}` {found} came")]
    Count {
        /// The table.
        table: &'static str,
        /// Rows in the file.
        expected: i64,
        /// Rows there.
        found: i64,
    },
    /// One of the two stores failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Copies all rows of this file to `target` on PostgreSQL, which must hold none, in one transaction; says how many of each
    /// table.
    ///
    /// # Errors
    /// [`CopyError`]; nothing was copied then.
    pub async fn copy_to(&self, target: &Self) -> Result<Vec<(&'static str, u64)>, CopyError> {
        let (Engine::Embedded(from), Engine::Postgres(to)) = (&self.0, &target.0) else {
            return Err(CopyError::Direction);
        };
        from.copy(to).await
    }
}

impl Embedded {
    async fn copy(&self, to: &Postgres) -> Result<Vec<(&'static str, u64)>, CopyError> {
        let here = |error| StoreError::of(self.path(), error);
        let there = |error: sqlx::Error| to.copy_failed(error);
        let mut source = self.write.acquire().await.map_err(here)?;
        // Nothing is written between the first table and the last.
        let mut source = source.begin_with("BEGIN IMMEDIATE").await.map_err(here)?;
        let mut target = to.for_copy().await?;
        let mut target = target.begin().await.map_err(there)?;
        sqlx::raw_sql(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
             LOCK TABLE receipts, handoffs, deliveries, idempotency_keys, feedback, unanswered IN EXCLUSIVE MODE",
        )
        .execute(&mut *target)
        .await
        .map_err(there)?;
        for table in &TABLES {
            if count_there(&mut target, table).await.map_err(there)? > 0 {
                return Err(CopyError::NotEmpty { table: table.name });
            }
        }
        let mut copied = Vec::new();
        for table in &TABLES {
            let mut last = i64::MIN;
            loop {
                let (rows, upto) = batch(&mut source, table, last).await.map_err(here)?;
                let Some(upto) = upto else { break };
                put(&mut target, table, &rows).await.map_err(there)?;
                last = upto;
            }
            let query = format!("SELECT count(*) FROM {}", table.name);
            let expected: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .fetch_one(&mut *source)
                .await
                .map_err(here)?;
            let found = count_there(&mut target, table).await.map_err(there)?;
            if found != expected {
                return Err(CopyError::Count {
                    table: table.name,
                    expected,
                    found,
                });
            }
            copied.push((table.name, u64::try_from(found).unwrap_or_default()));
        }
        target.commit().await.map_err(there)?;
        source.rollback().await.map_err(here)?;
        Ok(copied)
    }
}

async fn count_there(connection: &mut PgConnection, table: &Table) -> Result<i64, sqlx::Error> {
    let query = format!("SELECT count(*) FROM {}", table.name);
    sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .fetch_one(connection)
        .await
}

/// The rows after the one numbered `last`, as a JSON array, and the number of the last of them; `None` when there are none.
async fn batch(
    connection: &mut SqliteConnection,
    table: &Table,
    last: i64,
) -> Result<(String, Option<i64>), sqlx::Error> {
    let query = format!(
        "SELECT json_group_array(json(row)), max(number) FROM \
         (SELECT json_object({}) AS row, rowid AS number FROM {} WHERE rowid > ? ORDER BY rowid LIMIT ?)",
        table.row, table.name
    );
    sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(last)
        .bind(BATCH)
        .fetch_one(connection)
        .await
}

async fn put(connection: &mut PgConnection, table: &Table, rows: &str) -> Result<(), sqlx::Error> {
    let (name, columns) = (table.name, table.columns);
    let query = format!(
        "INSERT INTO {name} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{name}, $1::text::json)"
    );
    sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(without_zero(rows))
        .execute(connection)
        .await
        .map(drop)
}

/// JSON in which no text holds the character 0, which PostgreSQL knows none of; U+FFFD stands for it, as in what is stored there.
fn without_zero(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        rest = if let Some(rest) = escape.strip_prefix("\\u0000") {
            clean.push('\u{FFFD}');
            rest
        } else {
            // An escaped backslash begins no other escape.
            let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
            clean.push_str(&escape[..length]);
            &escape[length..]
        };
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(without_zero(json), expected);
    }

    #[test]
    fn only_the_character_zero_is_replaced() {
        check(r#"["a\u0000b"]"#, "[\"a\u{FFFD}b\"]");
        // A backslash that is escaped begins nothing.
        check(r#"["a\\u0000b"]"#, r#"["a\\u0000b"]"#);
        check(r#"["\\\u0000"]"#, "[\"\\\\\u{FFFD}\"]");
        check(r#"["\"é\n"]"#, r#"["\"é\n"]"#);
    }
}
