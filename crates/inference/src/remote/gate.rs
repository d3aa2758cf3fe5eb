//! What stands before every request: the breaker, the retry budget and the counts.

use std::cell::Cell;
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

/// The one request that a call may make beside its first: a repetition after it, or a hedge while it is late. Either is
/// paid for out of the budget.
#[derive(Debug)]
pub(super) struct Spare<'a> {
    pub(super) gate: &'a Gate,
    is_used: Cell<bool>,
}

impl Spare<'_> {
    /// Whether the call made it already.
    pub(super) fn is_used(&self) -> bool {
        self.is_used.get()
    }

    /// Whether a request may be made beside one that is still waited for; takes what that costs. Not to an endpoint that is
    /// left alone by now, nor to one that a single request is to try.
    pub(super) fn hedge(&self) -> bool {
        self.gate.state() == BreakerState::Closed && self.take()
    }

    fn take(&self) -> bool {
        let may = !self.is_used() && lock(&self.gate.budget).spend();
        if may {
            self.is_used.set(true);
        }
        may
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

    /// Makes `attempt`, and once more when it failed in a way that passes before anything of it was passed on, unless it used
    /// its [`Spare`] itself. However many requests an attempt makes, it has one outcome.
    pub(super) fn call<T>(
        &self,
        cancel: &CancelFlag,
        deadline: Instant,
        mut attempt: impl FnMut(&Spare<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        lock(&self.budget).earn();
        let spare = Spare {
            gate: self,
            is_used: Cell::new(false),
        };
        loop {
            let failure = match self.once(|| attempt(&spare)) {
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
            if !error.is_passing() || !has_time || !spare.take() {
                return Err(failure);
            }
            self.counts.retry();
            if !rest(pause, cancel) {
                return Err(Failure::Stopped(Finish::Cancelled));
            }
        }
    }

    fn once<T>(&self, attempt: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
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
            }
        }
        drop(breaker);
        if let Err(failure) = &done {
            self.heed(failure);
        }
        done
    }

    /// Keeps the next requests away as long as a failed one was told to wait, when that was too long to wait for.
    pub(super) fn heed(&self, failure: &Failure) {
        if let Failure::Remote { error, .. } = failure
            && let Some(after) = error.retry_after().filter(|after| *after > LONGEST_PAUSE)
        {
            lock(&self.breaker).hold(Instant::now() + after.min(LONGEST_HOLD));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spare_request_is_made_once_and_not_to_an_endpoint_that_is_left_alone() {
        let gate = Gate::new(BreakerOptions {
            failures: 1,
            window: Duration::from_mins(1),
            open: Duration::from_mins(1),
        });
        let deadline = Instant::now() + Duration::from_mins(1);
        let call = |attempt: &dyn Fn(&Spare<'_>) -> Result<(), Failure>| {
            gate.call(&CancelFlag::new(), deadline, attempt)
        };
        call(&|spare| {
            assert!(spare.hedge());
            assert!(!spare.hedge(), "one for each call");
            Ok(())
        })
        .expect("fine");
        // Another call finds meanwhile that the endpoint is ill.
        call(&|spare| {
            let _ = gate.call(&CancelFlag::new(), deadline, |_| {
                Err::<(), _>(RemoteError::NotFound.into())
            });
            assert_eq!(gate.state(), BreakerState::Open);
            assert!(!spare.hedge());
            Ok(())
        })
        .expect("fine");
    }
}
