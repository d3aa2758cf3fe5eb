//! Circuit breaker: an endpoint that keeps failing is left alone, then tried with one request.
//!
//! Whoever waits for an answer should not wait for an endpoint that is known to be down. The clock is the caller's.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BreakerOptions {
    /// Failures within `window` that open it.
    pub(super) failures: usize,
    pub(super) window: Duration,
    /// How long it stays open before one request is let through.
    pub(super) open: Duration,
}

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// One request passes; what becomes of it decides.
    HalfOpen,
    /// None passes.
    Open,
}

impl BreakerState {
    /// A word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

/// The breaker of one endpoint.
#[derive(Debug)]
pub(super) struct Breaker {
    options: BreakerOptions,
    failed_at: VecDeque<Instant>,
    open_until: Option<Instant>,
    is_probed: bool,
    /// Nothing passes before this, because the endpoint asked for it.
    held_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(options: BreakerOptions) -> Self {
        Self {
            options,
            failed_at: VecDeque::new(),
            open_until: None,
            is_probed: false,
            held_until: None,
        }
    }

    /// How it stands at `now`.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        let is_held = self.held_until.is_some_and(|until| now < until);
        match self.open_until {
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
            None if is_held => BreakerState::Open,
            None => BreakerState::Closed,
        }
    }

    /// Lets a request through, or does not. Each that is let through is followed by one of [`Breaker::succeeded`],
    /// [`Breaker::failed`] and [`Breaker::left`].
    pub(super) fn enter(&mut self, now: Instant) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => !std::mem::replace(&mut self.is_probed, true),
        }
    }

    /// A request succeeded. True when that closed the breaker.
    pub(super) fn succeeded(&mut self) -> bool {
        self.failed_at.clear();
        self.is_probed = false;
        self.open_until.take().is_some()
    }

    /// A request failed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failed_at.push_back(now);
        while let Some(first) = self.failed_at.front()
            && now.saturating_duration_since(*first) > self.options.window
        {
            self.failed_at.pop_front();
        }
        let was_probe = self.open_until.is_some() && std::mem::take(&mut self.is_probed);
        if was_probe || self.failed_at.len() >= self.options.failures {
            self.open_until = Some(now + self.options.open);
        }
    }

    /// A request told nothing about the endpoint.
    pub(super) fn left(&mut self) {
        self.is_probed = false;
    }

    /// Lets nothing through until `until`.
    pub(super) fn hold(&mut self, until: Instant) {
        self.held_until = Some(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: BreakerOptions = BreakerOptions {
        failures: 3,
        window: Duration::from_secs(10),
        open: Duration::from_secs(5),
    };

    #[test]
    fn it_opens_after_failures_in_a_window_and_lets_one_probe_decide() {
        let mut breaker = Breaker::new(OPTIONS);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        // Too far apart to count together.
        for second in [0, 6, 12] {
            assert!(breaker.enter(at(second)));
            breaker.failed(at(second));
        }
        assert_eq!(breaker.state(at(12)), BreakerState::Closed);
        breaker.failed(at(13));
        assert_eq!(breaker.state(at(13)), BreakerState::Open);
        assert!(!breaker.enter(at(17)));
        assert_eq!(breaker.state(at(18)), BreakerState::HalfOpen);
        assert!(breaker.enter(at(18)));
        assert!(!breaker.enter(at(18)), "one probe at a time");
        breaker.failed(at(19));
        assert!(!breaker.enter(at(23)));
        // A probe that told nothing makes room for the next.
        assert!(breaker.enter(at(24)));
        breaker.left();
        assert!(breaker.enter(at(24)));
        assert!(breaker.succeeded());
        assert_eq!(breaker.state(at(24)), BreakerState::Closed);
        assert!(!breaker.succeeded());
    }

    #[test]
    fn success_forgets_failures_and_an_endpoint_may_ask_for_a_pause() {
        let mut breaker = Breaker::new(OPTIONS);
        let now = Instant::now();
        for _ in 0..2 {
            breaker.failed(now);
        }
        breaker.succeeded();
        breaker.failed(now);
        assert!(breaker.enter(now));
        breaker.hold(now + Duration::from_secs(2));
        assert!(!breaker.enter(now + Duration::from_secs(1)));
        assert!(breaker.enter(now + Duration::from_secs(2)));
    }
}
