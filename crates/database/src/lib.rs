//! Connections to PostgreSQL: how they are made, when they are lost, and who among many processes does what.
//!
//! [`DatabaseConfig`] → [`Database`] → its pools. Beside them: [`retry`] for what may be run twice, [`Lease`] for what only one
//! process may do, [`Listener`] for what others tell, [`migrate`] for tables. Nothing here knows what is stored: tables and
//! queries belong to the crates that keep something.
//!
//! One deployment is one schema of one database. Every connection searches it first, and locks, channels and migrations carry
//! its name, so that several deployments share a server without seeing each other.

mod config;
mod connect;
mod error;
mod lease;
mod listen;
mod migrate;
mod retry;
pub mod scratch;

pub use config::{DatabaseConfig, ServerUrl};
pub use connect::Database;
pub use error::DatabaseError;
pub use lease::Lease;
pub use listen::{Heard, Listener, notify};
pub use migrate::{Component, migrate, version};
pub use retry::{Transient, retry};

#[cfg(test)]
mod tests;
