//! The HTTP service: a thin layer over the answer engine and the contact planner.
//!
//! connection → request → [`finish`](self) → [`access`](self) → route → [`dto`] → engine, in a thread of its own → [`dto`] →
//! reply.
//!
//! Promises of this layer: every failure is a problem document with a stable `type` and the request's id;
//! every reply to a question holds the ways to a person, also when there is no index, no room or no time;
//! inference never runs on the threads that serve connections; overload costs quick refusals, not memory;
//! a reader gets a whole reply from one generation, which is swapped without a pause.
//!
//! Not here: models, index formats, prompts, opening hours.

mod access;
mod ahead;
pub mod config;
pub mod dto;
mod keys;
pub mod problem;
pub mod provider;
pub mod reload;
pub mod serve;
pub mod state;
pub mod words;

mod brief;
mod extract;
mod finish;
mod health;
mod layers;
mod limits;
mod listen;
mod machine;
mod metrics;
mod openapi;
mod outbox;
mod questions;
mod queue;
mod receipts;
mod routes;
mod tenants;
mod tokens;
mod unique;

pub use access::{Access, AccessError};
pub use config::ServerConfig;
pub use keys::{KeyFile, KeyFileError, KeyRecord, KeyState, NewKey, Revoked, Scope};
pub use machine::Machine;
pub use problem::{Problem, ProblemKind};
pub use provider::{Provider, serve_models};
pub use reload::{LoadError, Loader, ReloadError};
pub use routes::router;
pub use serve::{ServeError, check_address, check_tenants, serve, serve_all};
pub use state::AppState;
pub use tenants::{Deployment, FailedTenant, InvalidTenantName, Tenant, TenantName};
pub use tokens::SecretError;

#[cfg(test)]
mod tests;
