//! The tables, and how an older file is brought to them.
//!
//! `user_version` counts the migrations a file has seen; `application_id` says that it is ours. A migration is
//! never changed once released: the next one is added to the end.

use std::path::Path;

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool,
    sqlite::SqliteConnectOptions,
};

use crate::store::StoreError;

/// "LOKE", in the header of the file.
const APPLICATION_ID: i64 = 0x4C4F_4B45;

/// Each brings a file from the schema of its position to the next one.
const MIGRATIONS: [&str; 6] = [
    include_str!("0001_receipts.sql"),
    include_str!("0002_handoffs.sql"),
    include_str!("0003_due_set_at.sql"),
    include_str!("0004_owners.sql"),
    include_str!("0005_feedback_by_answer.sql"),
    include_str!("0006_unanswered.sql"),
];

#[expect(
    clippy::cast_possible_wrap,
    reason = "there are never that many migrations"
)]
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Checks, without writing, that an existing file is ours and not newer than this program.
pub(super) async fn check(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::of(path, error);
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = options.connect().await.map_err(failed)?;
    let found = look(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    judge(path, found).map(|_| ())
}

/// Brings the file to the newest schema, in one transaction.
pub(super) async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::of(path, error);
    let mut connection = pool.acquire().await.map_err(failed)?;
    // The lock is taken first: two processes that start together must not both migrate.
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(failed)?;
    let found = look(&mut transaction).await.map_err(failed)?;
    let version = judge(path, found)?;
    for migration in &MIGRATIONS[version..] {
        sqlx::raw_sql(*migration)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    if version < MIGRATIONS.len() {
        let marks = format!("PRAGMA application_id = {APPLICATION_ID}; {}", mark());
        sqlx::raw_sql(sqlx::AssertSqlSafe(marks))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

/// Writes the schema of this program into the header; of an open store that is what stands there already.
pub(super) fn mark() -> String {
    format!("PRAGMA user_version = {KNOWN}")
}

/// What the header of a file says.
#[derive(Debug, Clone, Copy)]
struct Header {
    application: i64,
    version: i64,
    has_tables: bool,
}

async fn look(connection: &mut SqliteConnection) -> Result<Header, sqlx::Error> {
    let application = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await?;
    let version = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *connection)
        .await?;
    let n_tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await?;
    Ok(Header {
        application,
        version,
        has_tables: n_tables > 0,
    })
}

/// How many migrations a file has seen.
fn judge(path: &Path, header: Header) -> Result<usize, StoreError> {
    let is_empty = header.application == 0 && header.version == 0 && !header.has_tables;
    if !is_empty && header.application != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
        });
    }
    match usize::try_from(header.version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(StoreError::Newer {
            path: path.to_owned(),
            found: header.version,
            known: KNOWN,
        }),
    }
}
