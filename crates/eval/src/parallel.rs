//! Many questions at once, with the result of one after the other.

use std::{
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Does `work` for every item, `jobs` at a time; the results are in the order of the items, whatever the order they
/// were done in. `on_done` sees each as soon as it is done, on the caller's thread.
///
/// # Errors
/// The first of `work` or `on_done`; nothing is begun after it.
pub(crate) fn in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
    on_done: &mut dyn FnMut(&R) -> Result<(), E>,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut failure = None;
    thread::scope(|scope| {
        // Bounded, so that nobody runs ahead of what is kept of the results.
        let (done, finished) = mpsc::sync_channel(jobs.get());
        for _ in 0..jobs.get().min(items.len()) {
            let done = done.clone();
            let (next, is_over, work) = (&next, &is_over, &work);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else {
                        return;
                    };
                    if done.send((place, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        for (place, result) in finished {
            let result = result.and_then(|result| on_done(&result).map(|()| result));
            match result {
                Ok(result) => results[place] = Some(result),
                Err(error) => {
                    is_over.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(results.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).expect("not 0")
    }

    #[test]
    fn results_are_in_order_whatever_the_jobs() {
        let items: Vec<u64> = (0..200).collect();
        // The first take the longest.
        let work = |item: &u64| {
            let spun = (0..(200 - item) * 500).fold(0_u64, |sum, i| sum.wrapping_add(i ^ sum));
            Ok::<_, ()>(item * 2 + u64::from(spun == 1))
        };
        for n in [1, 2, 7, 500] {
            let mut n_done = 0;
            let results = in_order(&items, jobs(n), work, &mut |_| {
                n_done += 1;
                Ok(())
            });
            let expected: Vec<u64> = items.iter().map(|item| item * 2).collect();
            assert_eq!(results, Ok(expected), "{n} jobs");
            assert_eq!(n_done, 200);
        }
    }

    #[test]
    fn a_failure_ends_it() {
        let items: Vec<usize> = (0..10_000).collect();
        let begun = AtomicUsize::new(0);
        let work = |item: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item == 3 { Err("no") } else { Ok(()) }
        };
        assert_eq!(in_order(&items, jobs(1), work, &mut |()| Ok(())), Err("no"));
        assert!(begun.load(Ordering::Relaxed) < 20);
        let refused = in_order(&items, jobs(2), |_| Ok(()), &mut |()| Err("full"));
        assert_eq!(refused, Err("full"));
    }
}
