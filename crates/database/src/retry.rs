//! What may be run twice is run again when a server goes away in the middle of it.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{Duration, Instant},
};

use crate::DatabaseError;

/// The first pause; the next ones are twice as long each.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// An error that tells whether the same may succeed in a moment.
pub trait Transient {
    /// Whether it may.
    fn is_transient(&self) -> bool;
}

impl Transient for DatabaseError {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }
}

/// Runs `attempt` until it succeeds, fails for good, or `within` is over; then the last error stands. The pauses grow and are
/// drawn at random, so that those who lost a server together do not come back together.
///
/// Only for what may happen twice: after a lost connection nobody knows whether a commit was carried out.
///
/// # Errors
/// The last one of `attempt`.
pub async fn retry<T, E, F>(within: Duration, mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    E: Transient,
    F: Future<Output = Result<T, E>>,
{
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let wait = jittered(pause);
        if !error.is_transient() || start.elapsed() + wait >= within {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// From half of `pause` to all of it.
pub(crate) fn jittered(pause: Duration) -> Duration {
    // Every state is made with other keys.
    let random = RandomState::new().build_hasher().finish() & 0xFFFF;
    let share = 0.5 + random as f64 / f64::from(0xFFFF_u16) / 2.0;
    pause.mul_f64(share)
}
