//! Whether the service can do its work: what `/readyz` says, check by check.
//!
//! A check is cheap but for that of the store, which tries a synced write; what that came to counts for a moment, so
//! that whoever asks often costs the disk nothing.

use std::time::{Duration, Instant};

use answer::Engine;
use inference::{Role, remote::BreakerState};
use schemars::JsonSchema;
use serde::Serialize;
use support::{Store, StoreHealth};
use tokio::sync::Mutex;

use crate::{AppState, queue::WorkQueue};

/// How long the outcome of a write to the store counts.
const FRESH: Duration = Duration::from_secs(2);

/// How long a write to the store may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much longer than its deadline a job may take before its thread counts as stuck.
const GRACE: Duration = Duration::from_secs(2);

/// How one part of the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It works.
    Ok,
    /// It works less well; the service is ready all the same.
    Degraded,
    /// It does not work; the service is not ready.
    Failed,
}

/// One part of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Check {
    /// `index`, `encoder`, `writer`, `store`, `answer_worker`, `search_worker` or `outbox`; `settings` where those of a help center are wrong.
    name: &'static str,
    /// How it is.
    state: State,
    /// What to do about it; absent when it is ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

impl Check {
    const fn ok(name: &'static str) -> Self {
        Self {
            name,
            state: State::Ok,
            remedy: None,
        }
    }

    const fn new(name: &'static str, state: State, remedy: &'static str) -> Self {
        Self {
            name,
            state,
            remedy: Some(remedy),
        }
    }

    /// One that failed, and what to do about it.
    pub(crate) const fn failed(name: &'static str, remedy: &'static str) -> Self {
        Self::new(name, State::Failed, remedy)
    }

    fn of(name: &'static str, is_ok: bool, remedy: &'static str) -> Self {
        if is_ok {
            Self::ok(name)
        } else {
            Self::new(name, State::Failed, remedy)
        }
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the service is not ready because of it.
    pub(crate) fn is_failed(&self) -> bool {
        self.state == State::Failed
    }
}

/// What the last write to the store came to.
#[derive(Debug, Default)]
pub(crate) struct Probe(Mutex<Option<(Instant, bool)>>);

impl Probe {
    /// Whether the store can be written, by a write of the last moments.
    async fn is_writable(&self, store: &Store) -> bool {
        let mut last = self.0.lock().await;
        if let Some((at, done)) = *last
            && at.elapsed() < FRESH
        {
            return done;
        }
        let done = matches!(
            tokio::time::timeout(PATIENCE, store.probe()).await,
            Ok(Ok(()))
        );
        *last = Some((Instant::now(), done));
        done
    }
}

/// Looks at every part.
pub(crate) async fn checks(state: &AppState) -> Vec<Check> {
    let engine = state.engine();
    let loaded = engine.is_some();
    let writer = engine.as_ref().and_then(|engine| engine.writer_id());
    let mut checks = vec![
        Check::of(
            "index",
            loaded,
            "run `loket index`; the log says why no index is loaded",
        ),
        if is_failing(engine.as_deref(), Role::Encoder) {
            Check::new(
                "encoder",
                // Not failed: every node has the same endpoint, and people must be reachable through one of them.
                State::Degraded,
                "the encoder's endpoint keeps failing, so every question goes to a person; the log says why",
            )
        } else {
            Check::of(
                "encoder",
                loaded,
                "run `loket models pull`; the encoder is loaded with the index",
            )
        },
        match (loaded, writer) {
            (true, Some(_)) if is_failing(engine.as_deref(), Role::Writer) => Check::new(
                "writer",
                State::Degraded,
                "the writer's endpoint keeps failing and is left alone for a moment, its fallback answers; the log says why",
            ),
            (true, Some(_)) => Check::ok("writer"),
            _ => Check::new(
                "writer",
                State::Degraded,
                "answers are in the articles' own words; run `loket models pull` for a writer",
            ),
        },
        store(state).await,
        worker("answer_worker", state.answers()),
        worker("search_worker", state.searches()),
    ];
    if let Some(is_delivering) = state.is_delivering() {
        checks.push(Check::of(
            "outbox",
            is_delivering,
            "hand-offs are stored but not delivered; restart the service",
        ));
    }
    checks
}

/// Whether the model of `role` is behind an endpoint that failed again and again and has not succeeded since.
fn is_failing(engine: Option<&Engine>, role: Role) -> bool {
    let remote = engine.map(Engine::remote).unwrap_or_default();
    let mut of_role = remote.iter().filter(|(of, _)| *of == role);
    of_role.any(|(_, status)| status.breaker != BreakerState::Closed)
}

async fn store(state: &AppState) -> Check {
    let Some(store) = state.store() else {
        return Check::new(
            "store",
            State::Failed,
            "the state store could not be opened, so no hand-off is accepted; the log says why",
        );
    };
    // What a real write found counts at once.
    if store.health() != StoreHealth::Suspect && state.probe().is_writable(store).await {
        return if store.health() == StoreHealth::Full {
            Check::new(
                "store",
                State::Degraded,
                "the disk is full and hand-offs take the space kept for them; free some space",
            )
        } else {
            Check::ok("store")
        };
    }
    Check::new(
        "store",
        State::Failed,
        "the state store cannot be written, so no hand-off is accepted; check its disk or PostgreSQL, the log says more",
    )
}

fn worker(name: &'static str, queue: &WorkQueue) -> Check {
    Check::of(
        name,
        queue.is_alive(GRACE),
        "its thread died or hangs, so every question goes to a person; restart the service",
    )
}
