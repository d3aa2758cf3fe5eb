//! Writing to the store: one write at a time, and what a failing or a full disk asks for.
//!
//! **A failing disk.** After an I/O error nobody knows what of the file is on the disk, and asking the system to sync
//! once more proves nothing: it may have dropped the pages it could not write. So the store is suspect from then on.
//! It takes nothing until [`Embedded::mend`] has read it through, written to it, and moved the journal into the file.
//!
//! **A full disk.** Some space is kept beside the file. The first hand-off that finds no room has it given up. Then
//! records (receipts, feedback, unanswered questions) are refused, hand-offs are taken while there is more left than the deliveries of those
//! accepted before may need, and deliveries are written to the last. [`Embedded::refill`] keeps space again.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::{Embedded, schema};
use crate::store::{StoreError, StoreHealth};

/// Size of the space kept, in bytes: above a thousand hand-offs with the journal they pass through.
pub(in crate::store) const RESERVE_BYTES: u64 = 16 << 20;

/// Space that hand-offs leave to deliveries once the reserve is given up, in bytes: a journal of full length.
const DELIVERY_BYTES: u64 = 4 << 20;

/// What a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Accepting a hand-off.
    Handoff,
    /// Delivering what was accepted, and deleting what is old.
    Delivery,
    /// Receipts, feedback and unanswered questions, which can be done without.
    Record,
}

/// What the writers of a store share.
#[derive(Debug, Default)]
pub(super) struct Writing {
    turn: Mutex<()>,
    is_suspect: AtomicBool,
    is_short: AtomicBool,
}

/// The right to write until it is ended or dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    store: &'a Embedded,
    /// In front of the guard: it goes back before the next turn begins.
    pub(super) connection: PoolConnection<Sqlite>,
    _guard: MutexGuard<'a, ()>,
}

impl Turn<'_> {
    /// Ends the turn. An error is judged before anyone else may write, and costs the connection: after a full disk
    /// `SQLite` has ended the transaction by itself, which sqlx does not know, so it could begin none any more.
    pub(in crate::store) fn end<T>(
        mut self,
        done: Result<T, sqlx::Error>,
    ) -> Result<T, StoreError> {
        done.map_err(|error| {
            self.connection.close_on_drop();
            self.store.failed(error)
        })
    }
}

impl Embedded {
    /// Waits for the right to write.
    pub(super) async fn turn(&self, purpose: Purpose) -> Result<Turn<'_>, StoreError> {
        let guard = self.writing.turn.lock().await;
        if self.writing.is_suspect.load(Ordering::SeqCst) {
            return Err(StoreError::Suspect {
                path: self.path.clone(),
            });
        }
        if self.writing.is_short.load(Ordering::SeqCst) {
            let has_room = match purpose {
                Purpose::Delivery => true,
                Purpose::Handoff => available(&self.path) > DELIVERY_BYTES,
                Purpose::Record => false,
            };
            if !has_room {
                return Err(StoreError::full(&self.path));
            }
        }
        let connection = self.write.acquire().await;
        Ok(Turn {
            store: self,
            connection: connection.map_err(|error| self.failed(error))?,
            _guard: guard,
        })
    }

    /// Sorts an error, and remembers one that puts the file in doubt.
    pub(in crate::store) fn failed(&self, error: sqlx::Error) -> StoreError {
        let error = StoreError::of(&self.path, error);
        if matches!(error, StoreError::Io { .. } | StoreError::Damaged { .. }) {
            self.suspect();
        }
        error
    }

    pub(in crate::store) fn suspect(&self) {
        if !self.writing.is_suspect.swap(true, Ordering::SeqCst) {
            tracing::error!(
                path = %self.path.display(),
                "the disk of the state store failed: nothing is accepted until it is read through and written again"
            );
        }
    }

    /// Whether the store takes what it is given, as far as is known: nothing is tried.
    pub(in crate::store) fn health(&self) -> StoreHealth {
        if self.writing.is_suspect.load(Ordering::SeqCst) {
            StoreHealth::Suspect
        } else if self.writing.is_short.load(Ordering::SeqCst) {
            StoreHealth::Full
        } else {
            StoreHealth::Sound
        }
    }

    /// Tries a write that is synced, as an accepted hand-off is. A store that is suspect is mended.
    ///
    /// # Errors
    /// [`StoreError`]; after an I/O error the store is suspect.
    pub(in crate::store) async fn probe(&self) -> Result<(), StoreError> {
        if self.health() == StoreHealth::Suspect {
            return self.mend().await;
        }
        let mut turn = self.turn(Purpose::Delivery).await?;
        let done = write_mark(&mut turn.connection).await;
        turn.end(done)
    }

    /// Opens a suspect file anew, reads it through, writes to it, and moves the journal into it; if all of that
    /// succeeds, the store is sound again. Does nothing to one that is not suspect.
    ///
    /// # Errors
    /// [`StoreError`]; then it stays suspect.
    pub(in crate::store) async fn mend(&self) -> Result<(), StoreError> {
        let _guard = self.writing.turn.lock().await;
        if !self.writing.is_suspect.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mend = async {
            // What a descriptor that saw the error says of the file is worth nothing.
            let _ = self.write.acquire().await?.close().await;
            let mut connection = self.write.acquire().await?;
            let verdict: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
                .fetch_one(&mut *connection)
                .await?;
            if verdict != "ok" {
                return Err(sqlx::Error::Protocol(verdict));
            }
            write_mark(&mut connection).await?;
            if !checkpoint(&mut connection).await? {
                return Err(sqlx::Error::Protocol(
                    "the journal is in use by another process".to_owned(),
                ));
            }
            Ok(())
        };
        let mended = mend.await;
        mended.map_err(|error| StoreError::of(&self.path, error))?;
        self.writing.is_suspect.store(false, Ordering::SeqCst);
        tracing::warn!("the state store is whole and can be written: hand-offs are accepted again");
        Ok(())
    }

    /// Makes room for a write that found none; says whether it is worth another try.
    pub(in crate::store) async fn make_room(&self) -> bool {
        if self.give_reserve() {
            tracing::error!(
                "the disk is full: hand-offs take the space kept for them, receipts and feedback are refused"
            );
            return true;
        }
        // What the journal holds may have its place in the file by now, and then it begins anew.
        let Ok(mut turn) = self.turn(Purpose::Delivery).await else {
            return false;
        };
        let moved = checkpoint(&mut turn.connection).await;
        turn.end(moved).unwrap_or(false)
    }

    /// Gives up the space kept for hand-offs; says whether there was any.
    pub(in crate::store) fn give_reserve(&self) -> bool {
        let given = fs_err::remove_file(&self.reserve).is_ok();
        if given {
            self.writing.is_short.store(true, Ordering::SeqCst);
        }
        given
    }

    /// Keeps space for hand-offs again, once there is enough for it and for others. Returns whether the disk has room.
    pub(in crate::store) fn refill(&self) -> bool {
        if !self.writing.is_short.load(Ordering::SeqCst) {
            return true;
        }
        if !keep_reserve(&self.reserve) {
            return false;
        }
        self.writing.is_short.store(false, Ordering::SeqCst);
        tracing::warn!("the disk of the state store has room again");
        true
    }
}

/// Bytes left for this user on the disk of `path`; as many as there can be when the system does not say.
fn available(path: &Path) -> u64 {
    let directory = path.parent().unwrap_or(path);
    rustix::fs::statvfs(directory)
        .map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Writing {
    pub(in crate::store) fn new(is_short: bool) -> Arc<Self> {
        Arc::new(Self {
            is_short: AtomicBool::new(is_short),
            ..Self::default()
        })
    }
}

/// A commit that changes nothing but is written and synced like any other.
async fn write_mark(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(schema::mark()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the journal into the file, so that it begins anew; false when a reader or another process keeps it.
async fn checkpoint(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(RESTART)")
        .fetch_one(connection)
        .await?;
    Ok(busy == 0)
}

/// Moves the journal into the file and cuts it to nothing, unless a reader or another process keeps it.
pub(super) async fn empty_journal(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Keeps space for hand-offs; says whether it could. A disk that has none to spare is no reason to serve nobody.
pub(super) fn keep_reserve(path: &Path) -> bool {
    if path
        .metadata()
        .is_ok_and(|file| file.len() == RESERVE_BYTES)
    {
        return true;
    }
    // Taking the last of a full disk, if only for a moment, would fail the writes it is for.
    if available(path) < RESERVE_BYTES + 2 * DELIVERY_BYTES {
        tracing::warn!("the disk is too full to keep space for hand-offs on it");
        return false;
    }
    let written = fill(path);
    if let Err(error) = &written {
        tracing::warn!(
            error = error as &dyn std::error::Error,
            "no space can be kept for hand-offs"
        );
        // Half of it would only make the disk full sooner.
        let _ = fs_err::remove_file(path);
    }
    written.is_ok()
}

/// Fills a file with what no file system can press together.
fn fill(path: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let mut noise = blake3::Hasher::new().finalize_xof();
    let mut piece = vec![0_u8; 1 << 20];
    let mut file = fs_err::File::create(path)?;
    for _ in 0..RESERVE_BYTES / piece.len() as u64 {
        noise.fill(&mut piece);
        file.write_all(&piece)?;
    }
    // Space that is only promised can be refused later.
    file.sync_all()
}
