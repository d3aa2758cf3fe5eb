//! The JSON of the interface: what is read and what is written, field by field.
//!
//! These types are twins of the engine's own. They stand apart so that the engine can be changed without
//! changing the interface; the command line prints the same ones.

pub mod answer;
pub mod article;
pub mod chat;
pub mod contact;
pub mod escalation;
pub mod mcp;
pub mod request;
pub(crate) mod schema;
pub mod search;
pub mod token;

pub use answer::{
    AnswerReply, Citation, Clarification, Models, Outcome, Sentence, Source, Timings, contact_for,
};
pub use article::Article;
pub use contact::{Advice, AvailabilityRequest, Contact, ContactOption};
pub use escalation::{
    Consent, DeliveryStatus, Escalation, EscalationRequest, EscalationStatus, FeedbackRequest,
};
pub use request::{
    AnswerRequest, ArticleQuery, ContactQuery, Customer, InvalidLanguageTag, LanguageTag, Role,
    SearchRequest, Turn,
};
pub use search::{Hit, SearchReply, SearchTimings};
pub use token::{Session, SessionSubject, Token, TokenRequest};

use std::time::Duration;

/// Whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Four decimals: what is behind them means nothing to a reader and makes replies long.
pub(crate) fn rounded(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}
