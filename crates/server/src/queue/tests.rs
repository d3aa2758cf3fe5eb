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
    let queue = Workers::start("test", two).queue(two, Duration::ZERO);
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

/// Whether a queue that is flooded makes another wait.
#[test]
fn queues_that_share_threads_take_turns_and_each_has_its_own_room() {
    let (noisy, open) = held(64);
    let quiet = noisy
        .workers
        .queue(NonZeroUsize::new(2).unwrap(), Duration::ZERO);
    let (done, results) = channel();
    let submit = |queue: &WorkQueue, name: &'static str| {
        let done = done.clone();
        queue.submit(None, move || done.send(name).unwrap())
    };
    for _ in 0..64 {
        assert_eq!(submit(&noisy, "noisy"), Ok(()));
    }
    assert_eq!(submit(&noisy, "noisy"), Err(Full));
    assert_eq!(submit(&quiet, "quiet"), Ok(()));
    assert_eq!(submit(&quiet, "quiet"), Ok(()));
    assert_eq!(submit(&quiet, "quiet"), Err(Full));
    assert_eq!([noisy.n_waiting(), quiet.n_waiting()], [64, 2]);
    open.send(()).unwrap();
    let order: Vec<&str> = results.iter().take(66).collect();
    // The one that was served last stands back at once, and then they take turns.
    assert_eq!(order[..4], ["quiet", "noisy", "quiet", "noisy"]);
    assert_eq!(order.iter().filter(|name| **name == "noisy").count(), 64);
}

#[test]
fn a_queue_that_ends_leaves_the_threads_to_the_others() {
    let (first, open) = held(2);
    let second = first
        .workers
        .queue(NonZeroUsize::new(2).unwrap(), Duration::ZERO);
    let (done, results) = channel();
    let late = done.clone();
    first.submit(None, move || done.send(1).unwrap()).unwrap();
    drop(first);
    drop(open);
    assert_eq!(results.recv(), Ok(1));
    second.submit(None, move || late.send(2).unwrap()).unwrap();
    assert_eq!(results.recv(), Ok(2));
}
