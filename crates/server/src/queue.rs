//! A thread with a bounded queue in front of it, or several.
//!
//! Inference is CPU work of seconds: it must not run on the threads that serve connections, and two answers
//! at once would only make both late. So one thread works through a queue whose length is a setting, more of them only where
//! they wait for a model elsewhere, and whoever finds it full is told so at once. Callers that are told apart take turns, and none may fill the queue
//! alone: who asks much waits for itself.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::{finish::panic_text, limits::Share};

/// When a refused client may come back, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// The queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Threads that run jobs: those of one caller in the order they came, one of each caller in turn.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    length: usize,
}

/// Jobs that wait.
#[derive(Default)]
struct Waiting {
    jobs: HashMap<Option<Share>, VecDeque<Job>>,
    /// Callers with jobs, the next one first, each once.
    turns: VecDeque<Option<Share>>,
    n_jobs: usize,
    closed: bool,
    /// When the job that each thread runs was begun.
    running_since: Vec<Option<Instant>>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("n_jobs", &self.n_jobs)
            .field("n_callers", &self.turns.len())
            .finish_non_exhaustive()
    }
}

impl Waiting {
    fn push(&mut self, of: Option<Share>, job: Job) {
        let jobs = self.jobs.entry(of).or_default();
        if jobs.is_empty() {
            self.turns.push_back(of);
        }
        jobs.push_back(job);
        self.n_jobs += 1;
    }

    fn pop(&mut self) -> Option<Job> {
        let of = self.turns.pop_front()?;
        let jobs = self.jobs.get_mut(&of)?;
        let job = jobs.pop_front()?;
        if jobs.is_empty() {
            self.jobs.remove(&of);
        } else {
            self.turns.push_back(of);
        }
        self.n_jobs -= 1;
        Some(job)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while the lock is held; jobs run outside it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkQueue {
    /// Starts one thread. It ends when the queue is dropped and empty.
    ///
    /// # Panics
    /// When the system refuses a thread, which at start is better than a service that cannot answer.
    pub(crate) fn start(name: &str, length: NonZeroUsize) -> Self {
        Self::with_threads(name, length, NonZeroUsize::MIN)
    }

    /// Starts several, as [`WorkQueue::start`] does one.
    ///
    /// # Panics
    /// As there.
    pub(crate) fn with_threads(name: &str, length: NonZeroUsize, n_threads: NonZeroUsize) -> Self {
        let n_threads = n_threads.get();
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Waiting {
                running_since: vec![None; n_threads],
                ..Waiting::default()
            }),
            changed: Condvar::new(),
            length: length.get(),
        });
        let start = |number| {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&shared, number))
                .expect("the system gives a thread at start")
        };
        let threads = (0..n_threads).map(start).collect();
        Self { shared, threads }
    }

    /// Adds a job of the caller `of`, unless the queue is full or, as far as callers are told apart, this one has three
    /// quarters of it. A job that panics is dropped with all it holds; those after it run.
    pub(crate) fn submit(
        &self,
        of: Option<Share>,
        job: impl FnOnce() + Send + 'static,
    ) -> Result<(), Full> {
        let mut waiting = self.shared.lock();
        let own = waiting.jobs.get(&of).map_or(0, VecDeque::len);
        let length = self.shared.length;
        let most_of_one = match of {
            Some(_) => (length * 3 / 4).max(1),
            None => length,
        };
        if waiting.n_jobs >= length || own >= most_of_one {
            return Err(Full);
        }
        waiting.push(of, Box::new(job));
        drop(waiting);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Jobs that may wait.
    pub(crate) fn length(&self) -> usize {
        self.shared.length
    }

    /// Whether every thread lives and its job has not run for `longest`.
    pub(crate) fn is_alive(&self, longest: Duration) -> bool {
        let waiting = self.shared.lock();
        let mut running = waiting.running_since.iter().flatten();
        running.all(|since| since.elapsed() < longest)
            && !self.threads.iter().any(thread::JoinHandle::is_finished)
    }

    /// Whether no job runs or waits.
    pub(crate) fn is_idle(&self) -> bool {
        let waiting = self.shared.lock();
        waiting.n_jobs == 0 && waiting.running_since.iter().all(Option::is_none)
    }

    /// Jobs that wait now; at most the length of the queue.
    pub(crate) fn n_waiting(&self) -> usize {
        self.shared.lock().n_jobs
    }
}

impl Drop for WorkQueue {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

fn work(shared: &Shared, number: usize) {
    loop {
        let mut waiting = shared.lock();
        waiting.running_since[number] = None;
        let job = loop {
            if let Some(job) = waiting.pop() {
                break job;
            }
            if waiting.closed {
                return;
            }
            waiting = shared
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        };
        waiting.running_since[number] = Some(Instant::now());
        drop(waiting);
        // Nothing of a job that panicked is used again but what the engine guards with locks it recovers.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(job)) {
            tracing::error!(panic = panic_text(&*payload), "a job panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn queue(length: usize) -> WorkQueue {
        WorkQueue::start("test", NonZeroUsize::new(length).unwrap())
    }

    /// A queue whose thread waits until the returned sender is dropped or used.
    fn held(length: usize) -> (WorkQueue, Sender<()>) {
        let queue = queue(length);
        let (open, gate) = channel::<()>();
        let (started, has_started) = channel();
        queue
            .submit(None, move || {
                started.send(()).unwrap();
                let _ = gate.recv();
            })
            .unwrap();
        has_started.recv().unwrap();
        (queue, open)
    }

    #[test]
    fn a_full_queue_refuses_and_recovers() {
        let (queue, open) = held(2);
        let (done, results) = channel();
        for number in [1, 2] {
            let done = done.clone();
            queue
                .submit(None, move || done.send(number).unwrap())
                .unwrap();
        }
        assert_eq!(queue.n_waiting(), 2);
        assert!(!queue.is_idle());
        assert_eq!(queue.submit(None, || ()), Err(Full));
        assert_eq!(queue.submit(Some(Share(1)), || ()), Err(Full));
        open.send(()).unwrap();
        assert_eq!([results.recv(), results.recv()], [Ok(1), Ok(2)]);
        queue.submit(None, move || done.send(3).unwrap()).unwrap();
        assert_eq!(results.recv(), Ok(3));
    }

    #[test]
    fn a_panic_costs_one_job() {
        let queue = queue(4);
        let (done, results) = channel();
        let lost = done.clone();
        queue
            .submit(None, move || {
                let _held = lost;
                panic!("on purpose");
            })
            .unwrap();
        queue.submit(None, move || done.send(1).unwrap()).unwrap();
        assert_eq!(results.recv(), Ok(1));
        // Both senders are gone: the panicking job's was dropped with it.
        assert!(results.recv().is_err());
    }

    #[test]
    fn callers_take_turns_and_none_fills_the_queue() {
        let (queue, open) = held(8);
        let (done, results): (_, Receiver<(u64, u32)>) = channel();
        let submit = |caller, number| {
            let done = done.clone();
            queue.submit(Some(Share(caller)), move || {
                done.send((caller, number)).unwrap();
            })
        };
        for number in 0..6 {
            assert_eq!(submit(1, number), Ok(()));
        }
        for number in 6..300 {
            assert_eq!(submit(1, number), Err(Full));
        }
        assert_eq!(submit(2, 0), Ok(()));
        assert_eq!(submit(3, 0), Ok(()));
        assert_eq!(submit(2, 1), Err(Full));
        drop(open);
        drop(done);
        let order: Vec<_> = results.iter().take(8).collect();
        assert_eq!(
            order,
            [
                (1, 0),
                (2, 0),
                (3, 0),
                (1, 1),
                (1, 2),
                (1, 3),
                (1, 4),
                (1, 5)
            ]
        );
    }

    #[test]
    fn several_threads_work_at_once_and_all_end() {
        let two = NonZeroUsize::new(2).unwrap();
        let queue = WorkQueue::with_threads("test", two, two);
        let (here, there) = (Arc::new(std::sync::Barrier::new(2)), channel());
        let (done, results) = there;
        for number in [1, 2] {
            let (here, done) = (Arc::clone(&here), done.clone());
            // Each waits for the other: one thread alone would wait for ever.
            let job = move || {
                here.wait();
                done.send(number).unwrap();
            };
            // The first may still be taking its place in the queue.
            while queue.submit(None, job.clone()).is_err() {
                thread::yield_now();
            }
        }
        drop(done);
        let mut numbers: Vec<i32> = results.iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2]);
        assert!(queue.is_alive(Duration::from_mins(1)));
    }

    #[test]
    fn the_thread_ends_with_the_queue_and_runs_what_waits() {
        let (queue, open) = held(2);
        let (done, results) = channel();
        queue.submit(None, move || done.send(1).unwrap()).unwrap();
        drop(queue);
        drop(open);
        assert_eq!(results.recv(), Ok(1));
        assert!(results.recv().is_err());
    }
}
