//! How many hand-offs there are, for who watches the service.

/// Hand-offs by state, as [`super::StoredHandoff::state`] tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandoffCounts {
    /// They are tried, wait for their next try, or have no destination.
    pub queued: u64,
    /// Every destination has them.
    pub delivered: u64,
    /// A person must act.
    pub dead: u64,
    /// When the oldest that is not delivered everywhere was made, in milliseconds since 1970; `None` without one.
    pub oldest_undelivered_ms: Option<i64>,
}
