//! A thread with a bounded queue in front of it.
//!
//! Inference is CPU work of seconds: it must not run on the threads that serve connections, and two answers
//! at once would only make both late. So one thread works through a queue whose length is a setting, and
//! whoever finds it full is told so at once.

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use crate::finish::panic_text;

/// When a refused client may come back, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// The queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// One thread that runs jobs in the order they came.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    jobs: SyncSender<Job>,
}

impl WorkQueue {
    /// Starts the thread. It ends when the queue is dropped and empty.
    ///
    /// # Panics
    /// When the system refuses a thread, which at start is better than a service that cannot answer.
    pub(crate) fn start(name: &str, length: NonZeroUsize) -> Self {
        let (jobs, waiting) = sync_channel::<Job>(length.get());
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&waiting))
            .expect("the system gives a thread at start");
        Self { jobs }
    }

    /// Adds a job, unless the queue is full. A job that panics is dropped with all it holds; those after it run.
    pub(crate) fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        match self.jobs.try_send(Box::new(job)) {
            Ok(()) => Ok(()),
            // The thread outlives its queue, so a closed one cannot be; refusing is right all the same.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }
}

fn work(waiting: &Receiver<Job>) {
    for job in waiting {
        // Nothing of a job that panicked is used again but what the engine guards with locks it recovers.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(job)) {
            tracing::error!(panic = panic_text(&*payload), "a job panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn queue(length: usize) -> WorkQueue {
        WorkQueue::start("test", NonZeroUsize::new(length).unwrap())
    }

    #[test]
    fn a_full_queue_refuses_and_recovers() {
        let queue = queue(2);
        let (open, gate) = channel::<()>();
        let (started, has_started) = channel();
        let (done, results) = channel();
        queue
            .submit(move || {
                started.send(()).unwrap();
                gate.recv().unwrap();
            })
            .unwrap();
        has_started.recv().unwrap();
        for number in [1, 2] {
            let done = done.clone();
            queue.submit(move || done.send(number).unwrap()).unwrap();
        }
        assert_eq!(queue.submit(|| ()), Err(Full));
        open.send(()).unwrap();
        assert_eq!([results.recv(), results.recv()], [Ok(1), Ok(2)]);
        queue.submit(move || done.send(3).unwrap()).unwrap();
        assert_eq!(results.recv(), Ok(3));
    }

    #[test]
    fn a_panic_costs_one_job() {
        let queue = queue(4);
        let (done, results) = channel();
        let lost = done.clone();
        queue
            .submit(move || {
                let _held = lost;
                panic!("on purpose");
            })
            .unwrap();
        queue.submit(move || done.send(1).unwrap()).unwrap();
        assert_eq!(results.recv(), Ok(1));
        // Both senders are gone: the panicking job's was dropped with it.
        assert!(results.recv().is_err());
    }
}
