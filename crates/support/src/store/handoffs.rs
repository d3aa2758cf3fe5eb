//! Hand-offs as the state store tells of them: accepted in one transaction, delivered at least once.
//!
//! accept → lease → settle. A delivery that is due is leased for a while to whoever tries it; if that process dies, the
//! lease runs out and the next one tries again, under the same id. Nothing here deletes what was not delivered.

use crate::Packet;

/// How long a key of a request is remembered, in milliseconds.
pub(super) const KEY_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is tried, or waits for its next try.
    Queued,
    /// The destination has it.
    Delivered,
    /// Every try failed; a person must act.
    Dead,
}

impl DeliveryState {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    pub(super) fn of(code: &str) -> Self {
        match code {
            "delivered" => Self::Delivered,
            "dead" => Self::Dead,
            // The table holds no other; one more try is the safe reading.
            _ => Self::Queued,
        }
    }
}

/// One destination of a hand-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its name.
    pub destination: String,
    /// What became of it.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next, in milliseconds since 1970; of a settled one when it was due last.
    pub due_at_ms: i64,
    /// The destination's own id.
    pub remote_id: Option<String>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// A hand-off with its deliveries.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredHandoff {
    /// What is delivered.
    pub packet: Packet,
    /// Its destinations, by name; none when there were none when it was accepted.
    pub deliveries: Vec<Delivery>,
}

impl StoredHandoff {
    /// What became of it: dead as soon as one delivery is, delivered when all are.
    pub fn state(&self) -> DeliveryState {
        let is = |state| {
            self.deliveries
                .iter()
                .any(|delivery| delivery.state == state)
        };
        if is(DeliveryState::Dead) {
            DeliveryState::Dead
        } else if self.deliveries.is_empty() || is(DeliveryState::Queued) {
            DeliveryState::Queued
        } else {
            DeliveryState::Delivered
        }
    }
}

/// The key a client gave a request, so that one sent twice makes one hand-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who gave it: keys of one client are nothing to another.
    pub scope: String,
    /// The key.
    pub key: String,
    /// BLAKE3 of the request's body, in hex.
    pub body_hash: String,
}

impl IdempotencyKey {
    /// The key of a request with `body`.
    pub fn new(scope: impl Into<String>, key: impl Into<String>, body: &[u8]) -> Self {
        Self {
            scope: scope.into(),
            key: key.into(),
            body_hash: blake3::hash(body).to_hex().to_string(),
        }
    }
}

/// What became of a request for a hand-off.
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// It is on the disk.
    New,
    /// The same request came before; this is what it made.
    Before(Box<StoredHandoff>),
    /// The key was given to another request.
    KeyReused,
}

/// A delivery to be tried now.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// The hand-off.
    pub packet: Packet,
    /// Tries before this one.
    pub attempts: u32,
    /// Names the lease, for [`super::Store::settle`].
    pub leased_till_ms: i64,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The destination has it.
    Delivered {
        /// The destination's own id.
        remote_id: Option<String>,
    },
    /// It failed and is tried again.
    Again {
        /// When, in milliseconds since 1970.
        due_at_ms: i64,
        /// Why it failed.
        why: String,
    },
    /// It failed for good.
    Dead {
        /// Why it failed.
        why: String,
    },
}
