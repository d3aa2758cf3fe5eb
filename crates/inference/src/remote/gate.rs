//! What stands before every request: the breaker, the retry budget and the counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::breaker::{Breaker, BreakerOptions};
use super::budget::Budget;
use super::counts::Counts;
use super::{BreakerState, RemoteError};
use crate::writer::{CancelFlag, Finish};

/// Wait before a repetition that the endpoint names no time for.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest wait before a repetition; what wants more is given up.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Longest time an endpoint can have us stay away.
const LONGEST_HOLD: Duration = Duration::from_mins(1);
/// How often a wait looks at the cancel flag.
const LOOK: Duration = Duration::from_millis(10);

/// Why a request gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The caller stopped it, or its deadline did.
    Stopped(Finish),
    /// The endpoint failed; `begun` when some of the reply was passed on already.
    Remote { error: RemoteError, begun: bool },
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self::Remote {
            error,
            begun: false,
        }
    }
}

/// The gate of one endpoint.
#[derive(Debug)]
pub(super) struct Gate {
    breaker: Mutex<Breaker>,
    budget: Mutex<Budget>,
    /// Set when the endpoint came back after it was left alone.
    came_back: AtomicBool,
    pub(super) counts: Counts,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(super) fn new(options: BreakerOptions) -> Self {
        Self {
            breaker: Mutex::new(Breaker::new(options)),
            budget: Mutex::default(),
            came_back: AtomicBool::new(false),
            counts: Counts::default(),
        }
    }

    pub(super) fn state(&self) -> BreakerState {
        lock(&self.breaker).state(Instant::now())
    }

    /// Whether the endpoint came back since this was asked last.
    pub(super) fn has_come_back(&self) -> bool {
        self.came_back.swap(false, Ordering::Relaxed)
    }

    /// Makes `attempt`, and once more when it failed in a way that passes before anything of it was passed on.
    pub(super) fn call<T>(
        &self,
        cancel: &CancelFlag,
        deadline: Instant,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        lock(&self.budget).earn();
        let mut is_repetition = false;
        loop {
            let failure = match self.once(&mut attempt) {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let Failure::Remote {
                error,
                begun: false,
            } = &failure
            else {
                return Err(failure);
            };
            let pause = error.retry_after().unwrap_or(PAUSE);
            let has_time = pause <= LONGEST_PAUSE && Instant::now() + pause < deadline;
            if is_repetition || !error.is_passing() || !has_time || !lock(&self.budget).spend() {
                return Err(failure);
            }
            is_repetition = true;
            self.counts.retry();
            if !rest(pause, cancel) {
                return Err(Failure::Stopped(Finish::Cancelled));
            }
        }
    }

    fn once<T>(&self, attempt: &mut impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
        if !lock(&self.breaker).enter(Instant::now()) {
            self.counts.error(&RemoteError::Open);
            return Err(RemoteError::Open.into());
        }
        let done = attempt();
        let now = Instant::now();
        let mut breaker = lock(&self.breaker);
        match &done {
            Ok(_) => {
                self.counts.end("ok");
                if breaker.succeeded() {
                    self.came_back.store(true, Ordering::Relaxed);
                }
            }
            Err(Failure::Stopped(finish)) => {
                self.counts.end(match finish {
                    Finish::Deadline => "deadline",
                    _ => "cancelled",
                });
                breaker.left();
            }
            Err(Failure::Remote { error, .. }) => {
                self.counts.error(error);
                if error.is_of_endpoint() {
                    breaker.failed(now);
                } else {
                    breaker.left();
                }
                // A pause that is too long for this request keeps the next ones away too.
                if let Some(after) = error.retry_after().filter(|after| *after > LONGEST_PAUSE) {
                    breaker.hold(now + after.min(LONGEST_HOLD));
                }
            }
        }
        done
    }
}

/// Waits; false when the flag was raised meanwhile.
fn rest(pause: Duration, cancel: &CancelFlag) -> bool {
    let end = Instant::now() + pause;
    while !cancel.is_cancelled() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(LOOK));
    }
    false
}
