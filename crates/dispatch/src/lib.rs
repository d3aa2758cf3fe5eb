//! Hand-offs to the systems of a team.
use std::time::Duration;
use support::{Destination, Packet};
/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// ok
    Delivered {
        /// id
        remote_id: Option<String>,
    },
    /// failed
    Failed {
        /// why
        why: String,
        /// when
        retry: Retry,
    },
}
/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// later
    Later,
    /// after
    After(Duration),
    /// never
    Never,
}
/// Sends.
pub fn send(_: &Destination, _: &Packet) -> Attempt {
    Attempt::Failed {
        why: String::new(),
        retry: Retry::Later,
    }
}
