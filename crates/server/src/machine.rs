//! What the help centers of one process have in common: the threads that work for them, and the turns they take at what
//! only one at a time should do.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use corpus::language::detect;
use tokio::sync::Semaphore;

use crate::queue::Workers;

/// How long who ends a turn stands back, so that who waits for one has begun it.
const MAKE_WAY: Duration = Duration::from_millis(1);

/// Threads that answer and search, and turns. Clones share everything.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The threads that answer.
    pub(crate) answers: Workers,
    /// The thread that searches.
    pub(crate) searches: Workers,
    /// Loading: an index may have to be built, which takes all there is of the processor and of memory.
    pub(crate) loads: Arc<Semaphore>,
    /// Reading ahead.
    pub(crate) ahead: Turns,
}

impl Machine {
    /// Starts `answer_threads` to answer and one to search.
    ///
    /// # Panics
    /// When the system refuses a thread.
    pub fn start(answer_threads: NonZeroUsize) -> Self {
        // Replies that need no engine are worded in the question's language, so it must be found fast. Not in a
        // queue, where it would take the place of a customer's search.
        thread::spawn(detect::warm_up);
        Self {
            answers: Workers::start("answer", answer_threads),
            searches: Workers::start("search", NonZeroUsize::MIN),
            loads: Arc::new(Semaphore::new(1)),
            ahead: Turns::default(),
        }
    }
}

/// Turns at a work that threads do in small pieces, one piece at a time. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    work: Mutex<()>,
    n_waiting: AtomicUsize,
}

impl Turns {
    /// Waits for a turn, which lasts until what is returned is dropped.
    pub(crate) fn take(&self) -> MutexGuard<'_, ()> {
        self.0.n_waiting.fetch_add(1, Ordering::Relaxed);
        // It guards nothing that a panic could leave half done.
        let turn = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.n_waiting.fetch_sub(1, Ordering::Relaxed);
        turn
    }

    /// Lets who waits begin. To be called between two turns: a lock alone would go to who just had it.
    pub(crate) fn make_way(&self) {
        if self.0.n_waiting.load(Ordering::Relaxed) > 0 {
            thread::sleep(MAKE_WAY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_work_are_done_one_at_a_time_and_in_turn() {
        let turns = Turns::default();
        let order = Mutex::new(Vec::new());
        let first = turns.take();
        thread::scope(|scope| {
            for name in ["a", "b"] {
                let (turns, order) = (turns.clone(), &order);
                scope.spawn(move || {
                    for _ in 0..20 {
                        turns.make_way();
                        let turn = turns.take();
                        order.lock().unwrap().push(name);
                        // A piece that takes its time.
                        thread::sleep(Duration::from_millis(2));
                        drop(turn);
                    }
                });
            }
            while turns.0.n_waiting.load(Ordering::Relaxed) < 2 {
                thread::yield_now();
            }
            drop(first);
        });
        let order = order.into_inner().unwrap();
        // Neither is done before the other has had a good part of its turns.
        let a_in_first_half = order[..20].iter().filter(|name| **name == "a").count();
        assert!((4..=16).contains(&a_in_first_half), "{order:?}");
    }
}
