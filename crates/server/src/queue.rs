//! Threads with bounded queues in front of them: one thread and one queue, or several.
//!
//! Inference is CPU work of seconds: it must not run on the threads that serve connections, and two answers
//! at once would only make both late. So one thread works through a queue whose length is a setting, more of them only where
//! they wait for a model elsewhere, and whoever finds it full is told so at once. Callers that are told apart take turns, and none may fill the queue
//! alone: who asks much waits for itself.
//!
//! Help centers of one process share the threads, since the machine has no more of it for many than for one, and each has
//! a queue of its own. The queue that was served longest ago is served next: a flood at one costs the others the job that
//! runs, and nothing more.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
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

/// Threads that run the jobs of their queues. Clones share them; they end when the last clone and the last queue is dropped
/// and nothing waits.
#[derive(Debug, Clone)]
pub(crate) struct Workers(Arc<Threads>);

#[derive(Debug)]
struct Threads {
    shared: Arc<Shared>,
    handles: Vec<thread::JoinHandle<()>>,
}

/// A queue in front of threads that run its jobs: those of one caller in the order they came, one of each caller in turn.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    workers: Workers,
    /// Which of the queues in front of them.
    number: usize,
    length: usize,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

/// Jobs that wait, and what runs.
#[derive(Default)]
struct Waiting {
    lines: Vec<Line>,
    /// Queues with jobs, the one that was served longest ago first: when that was, and its number.
    turns: BTreeSet<(u64, usize)>,
    /// Jobs that were begun.
    n_begun: u64,
    closed: bool,
    /// When the job that each thread runs was begun.
    running_since: Vec<Option<Instant>>,
    /// The longest time a job of any queue may take.
    longest: Duration,
}

/// Jobs of one queue that wait.
#[derive(Default)]
struct Line {
    jobs: HashMap<Option<Share>, VecDeque<Job>>,
    /// Callers with jobs, the next one first, each once.
    turns: VecDeque<Option<Share>>,
    n_jobs: usize,
    /// How many jobs of all queues had been begun when it was served last.
    served: u64,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_jobs: usize = self.lines.iter().map(|line| line.n_jobs).sum();
        f.debug_struct("Waiting")
            .field("n_jobs", &n_jobs)
            .field("n_queues", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Line {
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

impl Waiting {
    fn pop(&mut self) -> Option<Job> {
        let (_, number) = self.turns.pop_first()?;
        self.n_begun += 1;
        let line = self.lines.get_mut(number)?;
        line.served = self.n_begun;
        let job = line.pop();
        if line.n_jobs > 0 {
            self.turns.insert((line.served, number));
        }
        job
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while the lock is held; jobs run outside it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workers {
    /// Starts `n_threads` with no queue in front of them yet.
    ///
    /// # Panics
    /// When the system refuses a thread, which at start is better than a service that cannot answer.
    pub(crate) fn start(name: &str, n_threads: NonZeroUsize) -> Self {
        let n_threads = n_threads.get();
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Waiting {
                running_since: vec![None; n_threads],
                ..Waiting::default()
            }),
            changed: Condvar::new(),
        });
        let start = |number| {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&shared, number))
                .expect("the system gives a thread at start")
        };
        let handles = (0..n_threads).map(start).collect();
        Self(Arc::new(Threads { shared, handles }))
    }

    /// Another queue in front of these threads, for `length` jobs that take no longer than `longest`.
    pub(crate) fn queue(&self, length: NonZeroUsize, longest: Duration) -> WorkQueue {
        let mut waiting = self.0.shared.lock();
        waiting.lines.push(Line::default());
        waiting.longest = waiting.longest.max(longest);
        WorkQueue {
            workers: self.clone(),
            number: waiting.lines.len() - 1,
            length: length.get(),
        }
    }
}

impl WorkQueue {
    /// One queue in front of one thread.
    ///
    /// # Panics
    /// As [`Workers::start`].
    pub(crate) fn start(name: &str, length: NonZeroUsize) -> Self {
        Workers::start(name, NonZeroUsize::MIN).queue(length, Duration::ZERO)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.workers.0.shared.lock()
    }

    /// Adds a job of the caller `of`, unless the queue is full or, as far as callers are told apart, this one has three
    /// quarters of it. A job that panics is dropped with all it holds; those after it run. What a job logs is logged where
    /// it was submitted.
    pub(crate) fn submit(
        &self,
        of: Option<Share>,
        job: impl FnOnce() + Send + 'static,
    ) -> Result<(), Full> {
        let mut waiting = self.lock();
        let most_of_one = match of {
            Some(_) => (self.length * 3 / 4).max(1),
            None => self.length,
        };
        let line = waiting.lines.get_mut(self.number).ok_or(Full)?;
        let own = line.jobs.get(&of).map_or(0, VecDeque::len);
        if line.n_jobs >= self.length || own >= most_of_one {
            return Err(Full);
        }
        let span = tracing::Span::current();
        line.push(of, Box::new(move || span.in_scope(job)));
        let turn = (line.served, self.number);
        waiting.turns.insert(turn);
        drop(waiting);
        self.workers.0.shared.changed.notify_one();
        Ok(())
    }

    /// Jobs that may wait.
    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    /// Whether every thread lives and its job has not run for longer than it may, and `grace` beyond that.
    pub(crate) fn is_alive(&self, grace: Duration) -> bool {
        let waiting = self.lock();
        let longest = waiting.longest + grace;
        let mut running = waiting.running_since.iter().flatten();
        let handles = &self.workers.0.handles;
        running.all(|since| since.elapsed() < longest)
            && !handles.iter().any(thread::JoinHandle::is_finished)
    }

    /// Whether the threads run no job and none waits, of any queue.
    pub(crate) fn is_idle(&self) -> bool {
        let waiting = self.lock();
        waiting.turns.is_empty() && waiting.running_since.iter().all(Option::is_none)
    }

    /// Jobs that wait now; at most the length of the queue.
    pub(crate) fn n_waiting(&self) -> usize {
        let waiting = self.lock();
        waiting.lines.get(self.number).map_or(0, |line| line.n_jobs)
    }
}

impl Drop for Threads {
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
mod tests;
