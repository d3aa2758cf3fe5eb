//! From a question to a checked answer, a choice, or a person.
//!
//! question → [`query`] → [`retrieve`] → [`confidence`] → [`evidence`] → [`draft`] → [`check`] → outcome.
//!
//! Trust comes from the order of these steps, not from the writer's good will. Whether a question can be
//! answered is decided from the evidence before anything is worded; the writer reads only the evidence; each
//! of its sentences is then held against the articles, and what they do not bear out is replaced by their
//! own words or dropped. The crate is synchronous and does no I/O.

pub mod check;
mod clarify;
pub mod confidence;
pub mod config;
pub mod draft;
pub mod engine;
pub mod evidence;
pub mod memory;
pub mod outcome;
mod phrases;
pub mod policy;
pub mod prompt;
pub mod query;
pub mod question;
pub mod receipt;
pub mod retrieve;
pub mod search;
pub mod subject;

pub use config::{AnswerConfig, InvalidProbability, Probability};
pub use engine::{Cancel, Engine, EngineError, Event, Grounds};
pub use memory::MemoryConfig;
pub use outcome::{
    Answer, ArticleCitation, Citation, Clarification, EscalationReason, FactCitation, Outcome,
    Sentence, Source, Timings, Wording,
};
pub use policy::{Policy, SensitiveTopic};
pub use question::{Mode, Question, Speaker, Turn};
pub use receipt::Receipt;
pub use search::{SearchHit, SearchReply, SearchRequest};
pub use subject::{InvalidSubject, Subject};
