//! The outbox at work: takes hand-offs from the store and delivers them, each destination by itself.
//!
//! One task a destination, so that one that hangs holds up no other. A task leases what is due, tries it on a thread that
//! may block, and records what came of it; a process that dies in between leaves a lease that runs out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dispatch::{Attempt, Retry};
use jiff::{SignedDuration, Timestamp};
use support::{Destination, Leased, Settled, Store, StoreConfig, StoreHealth, schedule};
use tokio::{
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::MissedTickBehavior,
};
use tracing::Instrument as _;

use crate::metrics::{AttemptResult, Metrics};

/// How long a try may take before another may begin; above what a sender allows itself.
const LEASE: Duration = Duration::from_mins(1);

/// Tries to one destination at the same time.
const AT_ONCE: u32 = 4;

/// Longest time between looks: another process (`loket handoff retry`) cannot wake this one.
const LOOK: Duration = Duration::from_secs(5);

/// Time between deletions of what is old.
const CLEANING: Duration = Duration::from_hours(1);

/// Time between looks at the store itself: whether its disk failed, is full, or its clock was set back.
const CARE: Duration = Duration::from_secs(2);

/// A retry comes up to this share later, in percent, so that those of one outage do not come at once.
const JITTER_PERCENT: u64 = 10;

/// The tasks that deliver.
#[derive(Debug)]
pub(crate) struct Outbox {
    wake: Arc<Notify>,
    tasks: Vec<JoinHandle<()>>,
}

impl Outbox {
    /// Starts a task for each destination, one that deletes what is old, and one that cares for the store. They end with
    /// the runtime.
    pub(crate) fn start(
        store: &Store,
        destinations: &BTreeMap<String, Destination>,
        keep: &StoreConfig,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let wake = Arc::new(Notify::new());
        let mut tasks = Vec::new();
        for (name, destination) in destinations {
            let deliver = deliver(
                store.clone(),
                name.clone(),
                Arc::new(destination.clone()),
                Arc::clone(&wake),
                Arc::clone(metrics),
            );
            tasks.push(tokio::spawn(deliver.in_current_span()));
        }
        let clean = clean(store.clone(), keep.clone());
        tasks.push(tokio::spawn(clean.in_current_span()));
        let care = care(store.clone(), Arc::clone(&wake));
        tasks.push(tokio::spawn(care.in_current_span()));
        Self { wake, tasks }
    }

    /// Whether all its tasks run.
    pub(crate) fn is_running(&self) -> bool {
        self.tasks.iter().all(|task| !task.is_finished())
    }

    /// Has every destination look for what is due.
    pub(crate) fn wake(&self) {
        self.wake.notify_waiters();
    }
}

async fn deliver(
    store: Store,
    name: String,
    destination: Arc<Destination>,
    wake: Arc<Notify>,
    metrics: Arc<Metrics>,
) {
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
                    let attempt = attempt(
                        store.clone(),
                        name.clone(),
                        Arc::clone(&destination),
                        lease,
                        Arc::clone(&metrics),
                    );
                    tries.spawn(attempt.in_current_span());
                }
                tries.join_all().await;
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    destination = name,
                    "the outbox cannot be read"
                );
                // A store that was mended is told at once.
                tokio::select! {
                    () = woken => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        }
    }
}

/// One try, and what came of it.
async fn attempt(
    store: Store,
    name: String,
    destination: Arc<Destination>,
    lease: Leased,
    metrics: Arc<Metrics>,
) {
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
            metrics.attempt(&name, AttemptResult::Delivered);
            tracing::info!(id, destination = name, "delivered a hand-off");
        }
        Settled::Again { why, .. } => {
            metrics.attempt(&name, AttemptResult::Again);
            tracing::warn!(
                id,
                destination = name,
                why,
                "a hand-off is tried again later"
            );
        }
        Settled::Dead { why } => {
            metrics.attempt(&name, AttemptResult::Dead);
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
                    let jitter = pause.mul_f64(jitter() * JITTER_PERCENT as f64 / 100.0);
                    // What the destination asked for is kept as it is: it knows when it has room.
                    let pause = (pause + jitter).max(asked);
                    let pause = SignedDuration::try_from(pause).unwrap_or_default();
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

/// Mends a store whose disk failed, keeps space for hand-offs again when there is some, and keeps the times between
/// tries when the clock was set back.
async fn care(store: Store, wake: Arc<Notify>) {
    let mut ticks = tokio::time::interval(CARE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_told = false;
    loop {
        ticks.tick().await;
        if store.health() == StoreHealth::Suspect {
            match store.mend().await {
                Ok(()) => {
                    is_told = false;
                    wake.notify_waiters();
                }
                Err(error) if !is_told => {
                    is_told = true;
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the state store is not whole yet; it is looked at again and again"
                    );
                }
                Err(_) => {}
            }
            continue;
        }
        let own = store.clone();
        // It writes a file when there is room again.
        let _ = tokio::task::spawn_blocking(move || own.refill()).await;
        match store
            .keep_intervals(Timestamp::now().as_millisecond())
            .await
        {
            Ok(0) => {}
            Ok(n) => {
                tracing::warn!(n, "the clock was set back: deliveries keep their intervals");
                wake.notify_waiters();
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the times of deliveries could not be looked at"
            ),
        }
    }
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
        check(failed(Retry::After(Duration::from_mins(1))), 1, 60..=60);
        check(failed(Retry::After(Duration::from_secs(7))), 2, 300..=330);
        check(failed(Retry::Later), 9, 86_400..=95_040);
        let now = Timestamp::now();
        let dead = Settled::Dead { why: "503".into() };
        assert_eq!(settled(failed(Retry::Later), 10, now), dead);
        assert_eq!(settled(failed(Retry::Never), 1, now), dead);
    }
}
