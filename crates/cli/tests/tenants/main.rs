//! The real binary with several help centers: what one holds no other shows, and what one suffers no other feels.
//!
//! Each has words of its own in its articles, its settings and what its customers say, which must turn up nowhere else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/settings.rs"]
mod settings;

mod access;
mod faults;
mod isolation;
mod metrics;
mod postgres;
mod rig;
mod routing;
