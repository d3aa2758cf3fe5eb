//! What became of requests, for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{BreakerState, RemoteError};

/// What a request may come to beside an error.
const ENDS: [&str; 3] = ["ok", "cancelled", "deadline"];

/// How things stand with an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteStatus {
    /// The model that is asked for.
    pub model: String,
    /// Whether requests are let through.
    pub breaker: BreakerState,
    /// Requests by what they came to: `ok`, `cancelled`, `deadline` or a [`RemoteError::code`]. Repeated ones count again; one
    /// and its hedge count once.
    pub requests: Vec<(&'static str, u64)>,
    /// Requests that were repetitions.
    pub retries: u64,
    /// Second requests that were sent because the first was late.
    pub hedges: u64,
    /// Those of them that answered first.
    pub hedges_won: u64,
    /// Texts the endpoint did not give, by what stood in: `local` or `extractive`.
    pub fallbacks: [(&'static str, u64); 2],
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    ends: [AtomicU64; ENDS.len()],
    errors: [AtomicU64; RemoteError::CODES.len()],
    retries: AtomicU64,
    hedges: AtomicU64,
    hedges_won: AtomicU64,
    local: AtomicU64,
    extractive: AtomicU64,
}

impl Counts {
    /// Counts a request that ended as `end`, one of `ok`, `cancelled` and `deadline`.
    pub(super) fn end(&self, end: &str) {
        if let Some(place) = ENDS.iter().position(|name| *name == end) {
            self.ends[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn error(&self, error: &RemoteError) {
        let code = error.code();
        if let Some(place) = RemoteError::CODES.iter().position(|name| *name == code) {
            self.errors[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hedge(&self) {
        self.hedges.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hedge_won(&self) {
        self.hedges_won.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a text that had to come from elsewhere.
    pub(super) fn fallback(&self, is_local: bool) {
        let of = if is_local {
            &self.local
        } else {
            &self.extractive
        };
        of.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn status(&self, model: &str, breaker: BreakerState) -> RemoteStatus {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let ends = ENDS.iter().zip(&self.ends);
        let errors = RemoteError::CODES.iter().zip(&self.errors);
        RemoteStatus {
            model: model.to_owned(),
            breaker,
            requests: ends
                .chain(errors)
                .map(|(name, n)| (*name, read(n)))
                .collect(),
            retries: read(&self.retries),
            hedges: read(&self.hedges),
            hedges_won: read(&self.hedges_won),
            fallbacks: [
                ("local", read(&self.local)),
                ("extractive", read(&self.extractive)),
            ],
        }
    }
}
