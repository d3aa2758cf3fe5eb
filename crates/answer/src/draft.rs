//! Draft: the first wording of an answer.
//!
//! evidence → **draft** → check. Two ways lead here: the writer words the evidence ([`generated`]), or the
//! evidence speaks for itself ([`extractive`]). A generated draft is never sent as it is.

pub mod extractive;
pub mod generated;
