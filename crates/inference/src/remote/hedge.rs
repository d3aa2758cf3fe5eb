//! Hedging: a request that is late is sent once more, and the first answer is taken.
//!
//! Off unless the settings say after what time. Without it a request stays on the thread that asks. With it each of the two
//! has a thread of its own, because one that waits for a connection cannot be told to stop; the caller's thread watches
//! over both. Guarantees: what comes out is of one request and holds nothing of the other, whose connection is closed within
//! a slice of the transport; nobody waits longer than for the first request alone; a call that fails fails as its first
//! request did. Whether a second one may be sent at all is the gate's to say ([`Spare`]).

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::gate::{Failure, Spare};
use super::wire::{Limits, Watch};
use crate::writer::CancelFlag;

/// Longest wait without a look at the caller's watch.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Second,
}

/// What `ask` gives, on this thread; when that takes longer than `after`, what the first of two requests gives.
pub(super) fn first_of<T: Send + 'static>(
    after: Option<Duration>,
    spare: &Spare<'_>,
    watch: &Watch,
    ask: impl Fn(&Watch) -> Result<T, Failure> + Send + Sync + 'static,
) -> Result<T, Failure> {
    // A repetition is the second request of its call already.
    let Some(after) = after.filter(|_| !spare.is_used()) else {
        return ask(watch);
    };
    let late_at = Instant::now() + after;
    let mut race = Race::new(ask);
    if !race.start(Place::First, watch) {
        return (race.ask)(watch);
    }
    let mut n_running = 1;
    let mut is_decided = false;
    let mut of_first = None;
    loop {
        let until_late = late_at.saturating_duration_since(Instant::now());
        let look = if is_decided {
            LOOK
        } else {
            until_late.min(LOOK)
        };
        match race.told.recv_timeout(look) {
            Ok((place, Ok(answer))) => {
                if place == Place::Second {
                    spare.gate.counts.hedge_won();
                }
                return Ok(answer);
            }
            Ok((place, Err(failure))) => {
                n_running -= 1;
                // A pause that is asked for counts, also when the other request needs none.
                spare.gate.heed(&failure);
                if n_running == 0 {
                    return Err(of_first.unwrap_or(failure));
                }
                if place == Place::First {
                    of_first = Some(failure);
                }
            }
            Err(_) => {}
        }
        match watch.stopped() {
            Some(stopped @ Failure::Stopped(_)) => return Err(stopped),
            Some(late) => return Err(of_first.unwrap_or(late)),
            None => {}
        }
        if !is_decided && Instant::now() >= late_at {
            is_decided = true;
            // It needs as long as the first was given; with less left it would be work for nothing.
            let has_time = watch.until_deadline() >= after;
            if has_time && spare.hedge() && race.start(Place::Second, watch) {
                n_running += 1;
                spare.gate.counts.hedge();
            }
        }
    }
}

type Told<T> = (Place, Result<T, Failure>);

/// Requests on threads of their own. When it goes, all that still run are stopped.
struct Race<T, A> {
    ask: Arc<A>,
    tell: Sender<Told<T>>,
    told: Receiver<Told<T>>,
    flags: Vec<CancelFlag>,
}

impl<T, A> Race<T, A>
where
    T: Send + 'static,
    A: Fn(&Watch) -> Result<T, Failure> + Send + Sync + 'static,
{
    fn new(ask: A) -> Self {
        let (tell, told) = mpsc::channel();
        Self {
            ask: Arc::new(ask),
            tell,
            told,
            flags: Vec::new(),
        }
    }

    /// Sends a request within the bounds of `watch`. False when the system has no thread for it.
    fn start(&mut self, place: Place, watch: &Watch) -> bool {
        let flag = CancelFlag::new();
        let limits: Limits = watch.limits(&flag);
        let (ask, tell) = (Arc::clone(&self.ask), self.tell.clone());
        let started = thread::Builder::new()
            .name("endpoint".to_owned())
            .spawn(move || {
                let done = {
                    let watch = Watch::over(limits);
                    ask(&watch)
                };
                // Nobody takes it when the other was first; then it is dropped here, and its connection with it.
                let _ = tell.send((place, done));
            });
        self.flags.push(flag);
        started.is_ok()
    }
}

impl<T, A> Drop for Race<T, A> {
    fn drop(&mut self) {
        for flag in &self.flags {
            flag.cancel();
        }
    }
}
