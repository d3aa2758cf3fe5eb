//! The HTTP service: a thin layer over the answer engine and the contact planner.
//!
//! request → [`finish`](self) → route → [`dto`] → engine, in a thread of its own → [`dto`] → reply.
//!
//! Promises of this layer: every failure is a problem document with a stable `type` and the request's id;
//! every reply to a question holds the ways to a person, also when there is no index, no room or no time;
//! inference never runs on the threads that serve connections; overload costs quick refusals, not memory;
//! a reader gets a whole reply from one generation, which is swapped without a pause.
//!
//! Not here: models, index formats, prompts, opening hours.

pub mod config;
pub mod dto;
pub mod problem;
pub mod reload;
pub mod serve;
pub mod state;

mod extract;
mod finish;
mod outbox;
mod queue;
mod receipts;
mod routes;

pub use config::ServerConfig;
pub use problem::{Problem, ProblemKind};
pub use reload::{LoadError, Loader, ReloadError};
pub use routes::router;
pub use serve::{ServeError, check_address, serve};
pub use state::AppState;

#[cfg(test)]
mod tests;
