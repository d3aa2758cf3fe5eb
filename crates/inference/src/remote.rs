//! Models elsewhere: a writer and an encoder behind an endpoint that someone else runs.
//!
//! request → [`Gate`](gate) (breaker, retry budget) → wire (HTTP, one thread, may be stopped at any byte) → text or vectors.
//! Any server that speaks OpenAI's `/v1/chat/completions` and `/v1/embeddings` will do; where servers differ, [`Family`]
//! says how.
//!
//! Guarantees: whatever comes back is text or finite vectors of one length, bounded in size, or a [`RemoteError`]; nothing
//! that was sent or received is in an error; a call ends by its deadline, and within a fraction of a second when it is
//! cancelled; a request is repeated, or sent a second time because it is late ([`hedge`]), only before its first token, once,
//! and rarely. A redirect is not followed. Not here: whether a text may be believed. What a remote writer says goes through the same check as what a local one says.

mod breaker;
mod budget;
mod chat;
mod config;
mod counts;
mod encoder;
mod error;
mod estimate;
mod fallback;
mod gate;
mod hedge;
mod key;
mod sse;
mod stream;
mod thoughts;
mod wire;
mod writer;

#[cfg(test)]
mod tests;

pub use breaker::BreakerState;
pub use config::{
    EncoderConfig, EncoderEngine, Fallback, Family, InvalidEndpoint, WriterConfig, WriterEngine,
};
pub use counts::RemoteStatus;
pub use encoder::RemoteEncoder;
pub use error::{RemoteError, Waited};
pub use fallback::FallbackWriter;
pub use key::{ApiKey, KeyError};
pub use writer::RemoteWriter;
