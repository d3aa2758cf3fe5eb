//! What an editor should know before an article is live.

mod finding;
mod rule;

pub use finding::{Finding, Place, Severity};
pub use rule::Rule;
