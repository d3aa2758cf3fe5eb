//! The state store in one `SQLite` file, for one machine.
//!
//! What is reported as stored is on the disk: every commit is synced (`synchronous=FULL`), and so is the directory when
//! the file is made. All writes go through one connection, so that they queue here instead of failing there;
//! reads have connections of their own and wait for no write. What a full or a failing disk asks for is in `writing`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection as _, Row as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{StoreError, StoredReceipt};

mod counts;
mod feedback;
mod handoffs;
mod schema;
mod unanswered;
pub(super) mod writing;

use writing::{Purpose, Writing, keep_reserve};

/// Where the file lies below the data directory.
pub(super) const FILE: &str = "state/loket.db";

/// Space kept beside the file, given up for hand-offs when the disk is full.
pub(super) const RESERVE: &str = "state/reserve";

/// How long a write waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Connections that read at the same time.
const READERS: u32 = 4;

/// The open file. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    path: PathBuf,
    reserve: PathBuf,
    pub(super) write: SqlitePool,
    pub(super) read: SqlitePool,
    writing: Arc<Writing>,
}

impl Embedded {
    /// Opens the store below `data_dir`, makes it when there is none, and brings its schema up to date. On a full disk the
    /// space kept for hand-offs is given up for it.
    ///
    /// # Errors
    /// [`StoreError`]. A file with a newer schema, or one that is no state store, is left as it is.
    pub(in crate::store) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let reserve = data_dir.join(RESERVE);
        match Self::open_once(data_dir, &reserve, false).await {
            // Without room some files of `SQLite` fail with an I/O error instead.
            Err(StoreError::Full { .. } | StoreError::Io { .. })
                if fs_err::remove_file(&reserve).is_ok() =>
            {
                tracing::error!(
                    "the disk is full: the state store takes the space kept for hand-offs"
                );
                Self::open_once(data_dir, &reserve, true).await
            }
            opened => opened,
        }
    }

    async fn open_once(
        data_dir: &Path,
        reserve: &Path,
        is_short: bool,
    ) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        let is_new = make_directory(&path, data_dir)?;
        let failed = |error| StoreError::of(&path, error);
        if !is_new {
            // Looked at before anything is set, since setting the journal mode writes.
            schema::check(&path).await?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted because its time is over must be gone.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        schema::migrate(&write, &path).await?;
        if is_new {
            sync_directories(&path, data_dir)?;
        }
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.create_if_missing(false).read_only(true));
        let is_short = is_short || !keep_reserve(reserve);
        Ok(Self {
            path,
            reserve: reserve.to_owned(),
            write,
            read,
            writing: Writing::new(is_short),
        })
    }

    /// The file.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::store) async fn put_receipts(
        &self,
        receipts: &[StoredReceipt],
    ) -> Result<(), StoreError> {
        let mut turn = self.turn(Purpose::Record).await?;
        let put = async {
            let mut transaction = turn.connection.begin().await?;
            for receipt in receipts {
                sqlx::query("INSERT INTO receipts (answer, made_at_ms, body) VALUES (?, ?, ?)")
                    .bind(&receipt.answer)
                    .bind(receipt.made_at_ms)
                    .bind(&receipt.body)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        let put = put.await;
        turn.end(put)
    }

    pub(in crate::store) async fn receipt(
        &self,
        answer: &str,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        let row = sqlx::query("SELECT made_at_ms, body FROM receipts WHERE answer = ?")
            .bind(answer)
            .fetch_optional(&self.read)
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| {
            Ok(StoredReceipt {
                answer: answer.to_owned(),
                made_at_ms: row.try_get(0)?,
                body: row.try_get(1)?,
            })
        })
        .transpose()
        .map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn n_receipts(&self) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar("SELECT count(*) FROM receipts")
            .fetch_one(&self.read)
            .await
            .map_err(|error| self.failed(error))?;
        Ok(u64::try_from(n).unwrap_or_default())
    }

    pub(in crate::store) async fn delete_receipts(
        &self,
        before_ms: i64,
    ) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let deleted = sqlx::query("DELETE FROM receipts WHERE made_at_ms < ?")
            .bind(before_ms)
            .execute(&mut *turn.connection)
            .await;
        Ok(turn.end(deleted)?.rows_affected())
    }

    pub(in crate::store) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// Makes the directory of the file, for its owner only; says whether there is no file yet.
fn make_directory(path: &Path, data_dir: &Path) -> Result<bool, StoreError> {
    let directory = path.parent().unwrap_or(data_dir);
    let make = || -> std::io::Result<bool> {
        if !directory.is_dir() {
            fs_err::create_dir_all(directory)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs_err::set_permissions(directory, PermissionsExt::from_mode(0o700))?;
            }
        }
        Ok(!path.exists())
    };
    make().map_err(|source| StoreError::Directory { source })
}

/// Waits until the names of a new file and of its directory are on the disk: a synced file without a name is lost.
fn sync_directories(path: &Path, data_dir: &Path) -> Result<(), StoreError> {
    let directory = path.parent().unwrap_or(data_dir);
    let sync = |directory: &Path| fs_err::File::open(directory)?.sync_all();
    sync(directory)
        .and_then(|()| sync(data_dir))
        .map_err(|source| StoreError::Directory { source })
}
