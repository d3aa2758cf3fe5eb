//! The state store: what must outlive the process.
//!
//! Receipts of answers, hand-offs to people, feedback and the questions no article answered lie here. What [`Store`]
//! reports as stored is on a disk. Two engines do it, and the same tests run over both: one file of this machine
//! (`embedded`), or PostgreSQL, on which any number of processes work side by side (`postgres`). Callers do not know which.
//!
//! Only this module knows SQL. It runs on the caller's tokio runtime.

use std::path::Path;

use database::Database;

mod copy;
mod counts;
mod embedded;
mod error;
mod feedback;
mod handoffs;
mod postgres;
mod unanswered;

pub use copy::CopyError;
pub use counts::HandoffCounts;
pub use error::StoreError;
pub use feedback::{Feedback, Judged};
pub use handoffs::{
    Accepted, Delivery, DeliveryState, IdempotencyKey, Leased, Settled, StoredHandoff,
};
pub use postgres::{Charge, Shared};
pub use unanswered::Unanswered;

use embedded::Embedded;
use postgres::Postgres;

use crate::Packet;

/// One receipt as it is stored: what it says is the caller's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Id of the answer, unique.
    pub answer: String,
    /// When the answer was given, in milliseconds since 1970.
    pub made_at_ms: i64,
    /// The receipt, as text.
    pub body: String,
}

/// Whether the store takes what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreHealth {
    /// It does.
    Sound,
    /// The disk is full. Hand-offs are taken while the space kept for them lasts, receipts and feedback are not.
    Full,
    /// The disk failed, or PostgreSQL is away. Nothing is taken before [`Store::mend`] succeeds.
    Suspect,
}

/// The open state store. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store(Engine);

#[derive(Debug, Clone)]
enum Engine {
    Embedded(Embedded),
    Postgres(Postgres),
}

/// Runs the same call on whichever engine there is.
macro_rules! on {
    ($store:ident, $engine:ident => $call:expr) => {
        match &$store.0 {
            Engine::Embedded($engine) => $call,
            Engine::Postgres($engine) => $call,
        }
    };
}

impl Store {
    /// Opens the file below `data_dir`, makes it when there is none, and brings its schema up to date. On a full disk the
    /// space kept for hand-offs is given up for it.
    ///
    /// # Errors
    /// [`StoreError`]. A file with a newer schema, or one that is no state store, is left as it is.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let embedded = Embedded::open(data_dir).await?;
        Ok(Self(Engine::Embedded(embedded)))
    }

    /// Works in `database` and brings its tables up to date. Its connections should be the store's own: a hand-off must not
    /// wait for those that search.
    ///
    /// # Errors
    /// [`StoreError`]. Tables of a newer program are left as they are.
    pub async fn connect(database: &Database) -> Result<Self, StoreError> {
        let postgres = Postgres::connect(database).await?;
        Ok(Self(Engine::Postgres(postgres)))
    }

    /// Whether there is a file below `data_dir`: opening would make one.
    pub fn exists(data_dir: &Path) -> bool {
        data_dir.join(embedded::FILE).is_file()
    }

    /// What the processes on one database share beside the store; `None` for a store of one machine.
    pub fn shared(&self) -> Option<&Shared> {
        match &self.0 {
            Engine::Embedded(_) => None,
            Engine::Postgres(postgres) => Some(postgres.shared()),
        }
    }

    /// Stores receipts, all or none. On success they are on the disk; a receipt with a known id replaces nothing
    /// and is an error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_receipts(&self, receipts: &[StoredReceipt]) -> Result<(), StoreError> {
        on!(self, engine => engine.put_receipts(receipts).await)
    }

    /// The receipt of an answer; `None` when there is none or its time is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receipt(&self, answer: &str) -> Result<Option<StoredReceipt>, StoreError> {
        on!(self, engine => engine.receipt(answer).await)
    }

    /// How many receipts there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn n_receipts(&self) -> Result<u64, StoreError> {
        on!(self, engine => engine.n_receipts().await)
    }

    /// Deletes receipts made before `before_ms`, in milliseconds since 1970, and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_receipts(&self, before_ms: i64) -> Result<u64, StoreError> {
        on!(self, engine => engine.delete_receipts(before_ms).await)
    }

    /// Accepts a hand-off for `destinations`, in one transaction that is on the disk when this returns [`Accepted::New`].
    ///
    /// # Errors
    /// [`StoreError`]; nothing of it is stored then, but for [`StoreError::Away`], after which nobody knows.
    pub async fn accept(
        &self,
        packet: &Packet,
        destinations: &[&str],
        key: Option<&IdempotencyKey>,
    ) -> Result<Accepted, StoreError> {
        self.accept_from(None, packet, destinations, key).await
    }

    /// The same, of `owner`: a name that [`Store::owner_of`] gives back.
    ///
    /// # Errors
    /// As [`Store::accept`].
    pub async fn accept_from(
        &self,
        owner: Option<&str>,
        packet: &Packet,
        destinations: &[&str],
        key: Option<&IdempotencyKey>,
    ) -> Result<Accepted, StoreError> {
        on!(self, engine => engine.accept_from(owner, packet, destinations, key).await)
    }

    /// Who made a hand-off; `None` when there is none of this id, or it was accepted without an owner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owner_of(&self, id: &str) -> Result<Option<String>, StoreError> {
        on!(self, engine => engine.owner_of(id).await)
    }

    /// A hand-off; `None` when there is none of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn handoff(&self, id: &str) -> Result<Option<StoredHandoff>, StoreError> {
        on!(self, engine => engine.handoff(id).await)
    }

    /// The newest hand-offs, at most `limit`; only those in `state` where one is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn handoffs(
        &self,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<StoredHandoff>, StoreError> {
        on!(self, engine => engine.handoffs(state, limit).await)
    }

    /// Counts the hand-offs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_handoffs(&self) -> Result<HandoffCounts, StoreError> {
        on!(self, engine => engine.count_handoffs().await)
    }

    /// Leases up to `limit` deliveries to `destination` that are due at `now_ms`, for `lease_ms`, oldest first. What another
    /// process is leasing at the moment is passed over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease(
        &self,
        destination: &str,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        on!(self, engine => engine.lease(destination, now_ms, lease_ms, limit).await)
    }

    /// Takes note of a clock that was set back: a delivery whose due time was set later than `now_ms` waits as long from
    /// now as it was to wait from then. Says how many those are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_intervals(&self, now_ms: i64) -> Result<u64, StoreError> {
        on!(self, engine => engine.keep_intervals(now_ms).await)
    }

    /// Ends all leases of a process that is gone, for a service that starts alone on a file; where another runs beside it,
    /// some deliveries come twice, under one id. On PostgreSQL others are at work, and leases run out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_leases(&self) -> Result<(), StoreError> {
        match &self.0 {
            Engine::Embedded(engine) => engine.release_leases().await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// When the next delivery to `destination` is due, in milliseconds since 1970; `None` when none waits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_due(&self, destination: &str) -> Result<Option<i64>, StoreError> {
        on!(self, engine => engine.next_due(destination).await)
    }

    /// Records what came of a leased try. Whoever's lease ran out and was given to another changes nothing, unless it
    /// was delivered, which stays true.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle(
        &self,
        id: &str,
        destination: &str,
        lease: &Leased,
        settled: &Settled,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        on!(self, engine => engine.settle(id, destination, lease, settled, now_ms).await)
    }

    /// Makes what is not delivered of a hand-off due at once, with all its tries before it, to `destinations` as well
    /// when it was never sent there; with `again` what was delivered too. Says how many deliveries that are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry(
        &self,
        id: &str,
        destinations: &[&str],
        again: bool,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        on!(self, engine => engine.retry(id, destinations, again, now_ms).await)
    }

    /// Deletes hand-offs that were delivered everywhere and made before `before_ms`, and old keys of requests.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_handoffs(&self, before_ms: i64, now_ms: i64) -> Result<u64, StoreError> {
        on!(self, engine => engine.delete_handoffs(before_ms, now_ms).await)
    }

    /// Stores a judgment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_feedback(&self, feedback: &Feedback) -> Result<(), StoreError> {
        on!(self, engine => engine.put_feedback(feedback).await)
    }

    /// Whether an answer helped, by the last judgment of it; `None` without one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn was_helpful(&self, answer: &str) -> Result<Option<bool>, StoreError> {
        on!(self, engine => engine.was_helpful(answer).await)
    }

    /// How many judgments there are: those that say it helped, and the others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn n_feedback(&self) -> Result<[u64; 2], StoreError> {
        on!(self, engine => engine.n_feedback().await)
    }

    /// Deletes judgments made before `before_ms` and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_feedback(&self, before_ms: i64) -> Result<u64, StoreError> {
        on!(self, engine => engine.delete_feedback(before_ms).await)
    }

    /// Stores questions, all or none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_unanswered(&self, questions: &[Unanswered]) -> Result<(), StoreError> {
        on!(self, engine => engine.put_unanswered(questions).await)
    }

    /// The questions of `from_day` (days since 1970-01-01) and later, in the order they came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unanswered(&self, from_day: i32) -> Result<Vec<Unanswered>, StoreError> {
        on!(self, engine => engine.unanswered(from_day).await)
    }

    /// Deletes the questions of days before `before_day` (days since 1970-01-01) and says how many. In a file nothing of
    /// them is left; PostgreSQL clears away what is deleted a while later.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_unanswered(&self, before_day: i32) -> Result<u64, StoreError> {
        on!(self, engine => engine.delete_unanswered(before_day).await)
    }

    /// Whether the store takes what it is given, as far as is known: nothing is tried.
    pub fn health(&self) -> StoreHealth {
        on!(self, engine => engine.health())
    }

    /// Tries a write that is synced, as an accepted hand-off is. A store that is suspect is mended.
    ///
    /// # Errors
    /// [`StoreError`]; after an I/O error the store is suspect.
    pub async fn probe(&self) -> Result<(), StoreError> {
        on!(self, engine => engine.probe().await)
    }

    /// Makes a suspect store sound again: a file is opened anew, read through and written; PostgreSQL is written. Does
    /// nothing to one that is not suspect.
    ///
    /// # Errors
    /// [`StoreError`]; then it stays suspect.
    pub async fn mend(&self) -> Result<(), StoreError> {
        on!(self, engine => engine.mend().await)
    }

    /// Keeps space for hand-offs again, once there is enough for it and for others. Returns whether the disk has room. The
    /// disk of PostgreSQL is its own affair.
    pub fn refill(&self) -> bool {
        match &self.0 {
            Engine::Embedded(engine) => engine.refill(),
            Engine::Postgres(_) => true,
        }
    }

    /// Waits for running reads and writes and closes all connections.
    pub async fn close(&self) {
        on!(self, engine => engine.close().await);
    }
}

#[cfg(test)]
mod tests;
