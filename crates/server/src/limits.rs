//! How much one caller may ask for in a minute.
//!
//! A token bucket for each share: it holds a minute's requests and fills evenly. Kept as the instant at which the bucket
//! will be full again (GCRA), one number a share. The table is bounded: when it is full, newcomers share one bucket until
//! others have been idle for long enough to be forgotten.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A minute.
const WINDOW: Duration = Duration::from_mins(1);

/// Buckets that are kept.
const MOST_BUCKETS: usize = 50_000;

/// Time between two looks for idle buckets when the table is full.
const CLEAN_EVERY: Duration = Duration::from_secs(1);

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Share(pub(crate) u64);

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Hand-offs.
    HandOff,
    /// Everything else.
    Other,
}

/// The share of newcomers when the table is full.
const NEWCOMERS: Share = Share(0);

/// Buckets of all callers.
#[derive(Debug)]
pub(crate) struct Limits {
    buckets: Mutex<Buckets>,
    most: usize,
}

#[derive(Debug)]
struct Buckets {
    full_at: HashMap<(Share, Class), Instant>,
    cleaned: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::with_room_for(MOST_BUCKETS)
    }
}

impl Limits {
    fn with_room_for(most: usize) -> Self {
        Self {
            buckets: Mutex::new(Buckets {
                full_at: HashMap::new(),
                cleaned: None,
            }),
            most,
        }
    }

    /// Takes one of `per_minute` requests from a share. 0 is no limit.
    ///
    /// # Errors
    /// In how many seconds, at least 1, there is one again.
    pub(crate) fn take(&self, share: Share, class: Class, per_minute: u32) -> Result<(), u64> {
        self.take_at(share, class, per_minute, Instant::now())
    }

    fn take_at(
        &self,
        share: Share,
        class: Class,
        per_minute: u32,
        now: Instant,
    ) -> Result<(), u64> {
        if per_minute == 0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = (share, class);
        if buckets.full_at.len() >= self.most && !buckets.full_at.contains_key(&bucket) {
            buckets.clean(now);
            if buckets.full_at.len() >= self.most {
                bucket = (NEWCOMERS, class);
            }
        }
        let one = WINDOW / per_minute;
        let full_at = buckets
            .full_at
            .get(&bucket)
            .copied()
            .unwrap_or(now)
            .max(now);
        let missing = full_at + one - now;
        if let Some(wait) = missing.checked_sub(WINDOW).filter(|wait| !wait.is_zero()) {
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        buckets.full_at.insert(bucket, full_at + one);
        Ok(())
    }
}

impl Buckets {
    /// Forgets who would get a full bucket again anyway.
    fn clean(&mut self, now: Instant) {
        let is_due = self.cleaned.is_none_or(|last| now - last >= CLEAN_EVERY);
        if is_due {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.cleaned = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Share = Share(1);
    const B: Share = Share(2);

    #[test]
    fn a_minutes_requests_at_once_then_one_by_one() {
        let limits = Limits::default();
        let start = Instant::now();
        let take = |share, class, second| {
            limits.take_at(share, class, 6, start + Duration::from_secs(second))
        };
        for _ in 0..6 {
            assert_eq!(take(A, Class::Other, 0), Ok(()));
        }
        assert_eq!(take(A, Class::Other, 0), Err(10));
        assert_eq!(take(A, Class::Other, 3), Err(7));
        // Others, and hand-offs, are not concerned.
        assert_eq!(take(B, Class::Other, 0), Ok(()));
        assert_eq!(take(A, Class::HandOff, 0), Ok(()));
        assert_eq!(take(A, Class::Other, 10), Ok(()));
        assert_eq!(take(A, Class::Other, 10), Err(10));
        for _ in 0..6 {
            assert_eq!(take(A, Class::Other, 200), Ok(()));
        }
        assert_eq!(take(A, Class::Other, 200), Err(10));
    }

    #[test]
    fn the_wait_is_at_least_a_second_and_zero_is_no_limit() {
        let limits = Limits::default();
        let now = Instant::now();
        for _ in 0..600 {
            assert_eq!(limits.take_at(A, Class::Other, 600, now), Ok(()));
        }
        assert_eq!(limits.take_at(A, Class::Other, 600, now), Err(1));
        for _ in 0..10_000 {
            assert_eq!(limits.take_at(B, Class::Other, 0, now), Ok(()));
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let limits = Limits::with_room_for(10);
        let start = Instant::now();
        for number in 1..=10 {
            assert_eq!(
                limits.take_at(Share(number), Class::Other, 1, start),
                Ok(())
            );
        }
        // Two newcomers share what is left, and those who were there first are not pushed out.
        assert_eq!(limits.take_at(Share(11), Class::Other, 1, start), Ok(()));
        assert_eq!(limits.take_at(Share(12), Class::Other, 1, start), Err(60));
        assert_eq!(limits.take_at(Share(3), Class::Other, 1, start), Err(60));
        assert!(limits.buckets.lock().unwrap().full_at.len() <= 11);
        let later = start + Duration::from_secs(61);
        assert_eq!(limits.take_at(Share(13), Class::Other, 1, later), Ok(()));
        assert_eq!(limits.buckets.lock().unwrap().full_at.len(), 1);
    }
}
