//! The outbox at work: takes hand-offs from the store and delivers them, each destination by itself.
//!
//! One task a destination, so that one that hangs holds up no other. A task leases what is due, tries it on a thread that
//! may block, and records what came of it; a process that dies in between leaves a lease that runs out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dispatch::{Attempt, Retry};
use jiff::{SignedDuration, Timestamp};
use support::{Destination, Leased, Settled, Store, StoreConfig, schedule};
use tokio::{sync::Notify, task::JoinSet, time::MissedTickBehavior};

/// How long a try may take before another may begin; above what a sender allows itself.
const LEASE: Duration = Duration::from_mins(1);

/// Tries to one destination at the same time.
const AT_ONCE: u32 = 4;

/// Longest time between looks: another process (`loket handoff retry`) cannot wake this one.
const LOOK: Duration = Duration::from_secs(5);

/// Time between deletions of what is old.
const CLEANING: Duration = Duration::from_hours(1);

/// A retry comes up to this share later, in percent, so that those of one outage do not come at once.
const JITTER_PERCENT: u64 = 10;

/// The tasks that deliver.
#[derive(Debug)]
pub(crate) struct Outbox {
    wake: Arc<Notify>,
}

impl Outbox {
    /// Starts a task for each destination, and one that deletes what is old. They end with the runtime.
    pub(crate) fn start(
        store: &Store,
        destinations: &BTreeMap<String, Destination>,
        keep: &StoreConfig,
    ) -> Self {
        let wake = Arc::new(Notify::new());
        for (name, destination) in destinations {
            tokio::spawn(deliver(
                store.clone(),
                name.clone(),
                Arc::new(destination.clone()),
                Arc::clone(&wake),
            ));
        }
        tokio::spawn(clean(store.clone(), keep.clone()));
        Self { wake }
    }

    /// Has every destination look for what is due.
    pub(crate) fn wake(&self) {
        self.wake.notify_waiters();
    }
}

async fn deliver(store: Store, name: String, destination: Arc<Destination>, wake: Arc<Notify>) {
    loop {
        // Asked for before the store is looked at, so that no call comes between.
        let woken = wake.notified();
        let now = Timestamp::now().as_millisecond();
        let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        match store.lease(&name, now, lease, AT_ONCE).await {
            Ok(leased) if leased.is_empty() => {
                let pause = match store.next_due(&name).await {
                    Ok(Some(due)) => {
                        Duration::from_millis(due.saturating_sub(now).max(1).unsigned_abs())
                    }
                    Ok(None) | Err(_) => LOOK,
                };
                tokio::select! {
                    () = woken => {}
                    () = tokio::time::sleep(pause.min(LOOK)) => {}
                }
            }
            Ok(leased) => {
                let mut tries = JoinSet::new();
                for lease in leased {
                    tries.spawn(attempt(
                        store.clone(),
                        name.clone(),
                        Arc::clone(&destination),
                        lease,
                    ));
                }
                tries.join_all().await;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    destination = name,
                    "the outbox cannot be read"
                );
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// One try, and what came of it.
async fn attempt(store: Store, name: String, destination: Arc<Destination>, lease: Leased) {
    let id = lease.packet.id.clone();
    let packet = lease.packet.clone();
    let attempt = tokio::task::spawn_blocking(move || dispatch::send(&destination, &packet)).await;
    let attempt = attempt.unwrap_or_else(|_| Attempt::Failed {
        why: "the sender failed because of a defect".to_owned(),
        retry: Retry::Later,
    });
    let now = Timestamp::now();
    let settled = settled(attempt, lease.attempts + 1, now);
    match &settled {
        Settled::Delivered { .. } => {
            tracing::info!(id, destination = name, "delivered a hand-off");
        }
        Settled::Again { why, .. } => {
            tracing::warn!(
                id,
                destination = name,
                why,
                "a hand-off is tried again later"
            );
        }
        Settled::Dead { why } => {
            tracing::error!(
                id,
                destination = name,
                why,
                "a hand-off is dead until someone acts: `loket handoff retry`"
            );
        }
    }
    let stored = store
        .settle(&id, &name, &lease, &settled, now.as_millisecond())
        .await;
    if let Err(error) = stored {
        // The lease runs out and it is tried again: the destination knows it by its id.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            id,
            "what came of a delivery could not be stored"
        );
    }
}

/// What a try means, the `attempts`-th.
fn settled(attempt: Attempt, attempts: u32, now: Timestamp) -> Settled {
    match attempt {
        Attempt::Delivered { remote_id } => Settled::Delivered { remote_id },
        Attempt::Failed {
            why,
            retry: Retry::Never,
        } => Settled::Dead { why },
        Attempt::Failed { why, retry } => {
            let asked = match retry {
                Retry::After(pause) => pause,
                Retry::Later | Retry::Never => Duration::ZERO,
            };
            match schedule::pause_after(attempts) {
                Some(pause) => {
                    let pause = pause.max(asked);
                    let jitter = pause.mul_f64(jitter() * JITTER_PERCENT as f64 / 100.0);
                    let pause = SignedDuration::try_from(pause + jitter).unwrap_or_default();
                    Settled::Again {
                        due_at_ms: (now + pause).as_millisecond(),
                        why,
                    }
                }
                None => Settled::Dead { why },
            }
        }
    }
}

/// A number from 0 to 1.
fn jitter() -> f64 {
    let random = ulid::Ulid::generate().random() & 0xFFFF;
    f64::from(u32::try_from(random).unwrap_or_default()) / 65_535.0
}

async fn clean(store: Store, keep: StoreConfig) {
    let mut ticks = tokio::time::interval(CLEANING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = Timestamp::now();
        let before = |days: u32| {
            let age = SignedDuration::from_hours(24 * i64::from(days));
            now.checked_sub(age)
                .map_or(i64::MIN, Timestamp::as_millisecond)
        };
        let handoffs = store
            .delete_handoffs(before(keep.handoffs_days), now.as_millisecond())
            .await;
        let feedback = store.delete_feedback(before(keep.feedback_days)).await;
        for (what, deleted) in [("hand-offs", handoffs), ("feedback", feedback)] {
            match deleted {
                Ok(0) => {}
                Ok(n) => tracing::info!(n, what, "deleted what is old"),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    what,
                    "what is old could not be deleted"
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(retry: Retry) -> Attempt {
        Attempt::Failed {
            why: "503".to_owned(),
            retry,
        }
    }

    #[track_caller]
    fn check(attempt: Attempt, attempts: u32, seconds: std::ops::RangeInclusive<i64>) {
        let now = Timestamp::now();
        match settled(attempt, attempts, now) {
            Settled::Again { due_at_ms, .. } => {
                let pause = (due_at_ms - now.as_millisecond()) / 1_000;
                assert!(seconds.contains(&pause), "{pause}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn failures_are_tried_again_until_they_are_dead() {
        check(failed(Retry::Later), 1, 5..=6);
        check(failed(Retry::Later), 2, 300..=330);
        check(failed(Retry::After(Duration::from_mins(1))), 1, 60..=66);
        check(failed(Retry::Later), 9, 86_400..=95_040);
        let now = Timestamp::now();
        let dead = Settled::Dead { why: "503".into() };
        assert_eq!(settled(failed(Retry::Later), 10, now), dead);
        assert_eq!(settled(failed(Retry::Never), 1, now), dead);
    }
}
