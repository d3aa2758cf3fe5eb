//! What the processes on one database share beside the store: what teams tell of the moment, and how much callers asked for.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use database::{Database, DatabaseError, Heard, Listener, retry};
use jiff::Timestamp;
use sqlx::Row as _;

use super::{PATIENCE, storable};
use crate::{Availability, Live, Method, store::StoreError};

/// Tells that a team told something.
const CHANNEL: &str = "availability";

/// How long a request waits for the count of all processes.
const LIMIT_PATIENCE: Duration = Duration::from_millis(150);

/// After a count that failed, how long none is tried.
const LIMIT_PAUSE: Duration = Duration::from_secs(1);

/// Without a word, how long until availability is read all the same.
const READ_AGAIN: Duration = Duration::from_secs(30);

/// A minute, in microseconds.
const WINDOW_US: i64 = 60_000_000;

/// One request of a share, to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charge {
    /// Whose requests are counted together.
    pub share: u64,
    /// What is counted apart.
    pub class: u8,
    /// Requests a minute; above 0.
    pub per_minute: u32,
}

/// What is shared. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Shared {
    database: Database,
    is_suspect: Arc<AtomicBool>,
    paused_till: Arc<Mutex<Option<Instant>>>,
}

impl Shared {
    pub(super) fn new(database: Database, is_suspect: Arc<AtomicBool>) -> Self {
        Self {
            database,
            is_suspect,
            paused_till: Arc::default(),
        }
    }

    /// What teams told that holds at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn availability(&self, now: Timestamp) -> Result<Availability, StoreError> {
        let rows = self
            .database
            .timed(
                sqlx::query(
                    "SELECT team, method, available, wait_minutes, until_ms FROM availability WHERE until_ms > $1",
                )
                .bind(now.as_millisecond())
                .fetch_all(self.database.pool()),
            )
            .await
            .map_err(failed)?;
        let mut known = Availability::default();
        for row in rows {
            let read = || -> Result<_, sqlx::Error> {
                let method: &str = row.try_get(1)?;
                let wait: Option<i64> = row.try_get(3)?;
                let until = Timestamp::from_millisecond(row.try_get(4)?);
                Ok((
                    row.try_get::<String, _>(0)?,
                    Method::ALL.into_iter().find(|one| one.code() == method),
                    row.try_get::<bool, _>(2)?,
                    wait.and_then(|minutes| u32::try_from(minutes).ok()),
                    until.ok(),
                ))
            };
            let (team, method, available, wait_minutes, until) =
                read().map_err(|error| failed(error.into()))?;
            // A channel of a later version is not ours to tell of.
            if let (Some(method), Some(until)) = (method, until) {
                let live = Live {
                    available,
                    wait_minutes,
                    until,
                };
                known.set(&team, method, live, now);
            }
        }
        Ok(known)
    }

    /// Takes in what a team tells of a channel, and tells the other processes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tell(&self, team: &str, method: Method, live: Live) -> Result<(), StoreError> {
        let tell = || async {
            let mut transaction = self.database.pool().begin().await?;
            sqlx::query(
                "INSERT INTO availability (team, method, available, wait_minutes, until_ms) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (team, method) DO UPDATE SET available = excluded.available, \
                 wait_minutes = excluded.wait_minutes, until_ms = excluded.until_ms",
            )
            .bind(storable(team))
            .bind(method.code())
            .bind(live.available)
            .bind(live.wait_minutes.map(i64::from))
            .bind(live.until.as_millisecond())
            .execute(&mut *transaction)
            .await?;
            database::notify(&mut *transaction, &self.database, CHANNEL, "").await?;
            transaction.commit().await?;
            Ok(())
        };
        let timed = || async {
            let longest = self.database.config().statement_timeout();
            let told: Result<_, DatabaseError> = tokio::time::timeout(longest, tell())
                .await
                .unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()));
            told
        };
        retry(PATIENCE, timed).await.map_err(failed)
    }

    /// Calls `take` with what teams told, now and whenever that changes. Ends never; what cannot be read leaves what was
    /// known, which expires by itself.
    pub async fn watch_availability(&self, take: impl Fn(Availability)) {
        let mut listener = Listener::new(&self.database, &[CHANNEL]).await;
        loop {
            match self.availability(Timestamp::now()).await {
                Ok(known) => take(known),
                Err(error) => tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "what teams tell cannot be read"
                ),
            }
            match tokio::time::timeout(READ_AGAIN, listener.next()).await {
                Ok(Heard::Told { .. } | Heard::Missed) | Err(_) => {}
            }
        }
    }

    /// Counts a request against the limits of all processes, in one round trip. In how many seconds, at least 1, there is
    /// one again; `None` when there is one now, and when that cannot be known in time: whoever asks has counted for
    /// itself before, and a customer is not turned away because a server is slow.
    pub async fn charge(&self, charges: &[Charge]) -> Option<u64> {
        let is_paused = {
            let till = self.paused_till.lock();
            till.unwrap_or_else(PoisonError::into_inner)
                .is_some_and(|till| Instant::now() < till)
        };
        if charges.is_empty() || is_paused || self.is_suspect.load(Ordering::SeqCst) {
            return None;
        }
        let counted = tokio::time::timeout(LIMIT_PATIENCE, self.count(charges)).await;
        if let Ok(Ok(wait)) = counted {
            return wait;
        }
        let till = Instant::now() + LIMIT_PAUSE;
        *self
            .paused_till
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(till);
        None
    }

    async fn count(&self, charges: &[Charge]) -> Result<Option<u64>, sqlx::Error> {
        let mut charges = charges.to_vec();
        // Rows are locked in one order by all.
        charges.sort_unstable();
        charges.dedup_by_key(|charge| (charge.share, charge.class));
        let one_us = |charge: &Charge| WINDOW_US / i64::from(charge.per_minute.max(1));
        let shares: Vec<i64> = charges.iter().map(|one| one.share.cast_signed()).collect();
        let classes: Vec<i16> = charges.iter().map(|one| i16::from(one.class)).collect();
        let ones: Vec<i64> = charges.iter().map(one_us).collect();
        // A bucket is kept as the instant it is full again; a request moves that on, unless it would be over a minute off.
        let rows = sqlx::query(
            "WITH clock AS (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now_us) \
             INSERT INTO request_limits AS bucket (share, class, full_at_us, is_taken) \
             SELECT share, class, now_us + one_us, true \
             FROM clock, unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS charge (share, class, one_us) \
             ON CONFLICT (share, class) DO UPDATE SET \
             is_taken = greatest(bucket.full_at_us + excluded.full_at_us - (SELECT now_us FROM clock), excluded.full_at_us) \
             <= (SELECT now_us FROM clock) + $4, \
             full_at_us = CASE WHEN \
             greatest(bucket.full_at_us + excluded.full_at_us - (SELECT now_us FROM clock), excluded.full_at_us) \
             <= (SELECT now_us FROM clock) + $4 \
             THEN greatest(bucket.full_at_us + excluded.full_at_us - (SELECT now_us FROM clock), excluded.full_at_us) \
             ELSE bucket.full_at_us END \
             RETURNING share, class, is_taken, full_at_us - (SELECT now_us FROM clock)",
        )
        .bind(shares)
        .bind(classes)
        .bind(ones)
        .bind(WINDOW_US)
        .fetch_all(self.database.pool())
        .await?;
        let mut wait = None;
        for row in rows {
            if row.try_get::<bool, _>(2)? {
                continue;
            }
            let share: i64 = row.try_get(0)?;
            let class: i16 = row.try_get(1)?;
            let of = charges
                .iter()
                .find(|one| one.share.cast_signed() == share && i16::from(one.class) == class);
            let left_us = row.try_get::<i64, _>(3)? + of.map_or(0, one_us) - WINDOW_US;
            let seconds = u64::try_from(left_us)
                .unwrap_or_default()
                .div_ceil(1_000_000);
            wait = wait.max(Some(seconds.max(1)));
        }
        Ok(wait)
    }

    /// Forgets whose bucket is full again, and what teams told that holds no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clean(&self, now: Timestamp) -> Result<(), StoreError> {
        let clean = async {
            sqlx::query(
                "DELETE FROM request_limits WHERE full_at_us < extract(epoch FROM now()) * 1000000",
            )
            .execute(self.database.pool())
            .await?;
            sqlx::query("DELETE FROM availability WHERE until_ms < $1")
                .bind(now.as_millisecond())
                .execute(self.database.pool())
                .await
                .map(drop)
        };
        self.database.timed(clean).await.map_err(failed)
    }
}

fn failed(source: DatabaseError) -> StoreError {
    if source.is_outage() {
        StoreError::Away {
            source: Some(source),
        }
    } else {
        StoreError::Database { source }
    }
}
