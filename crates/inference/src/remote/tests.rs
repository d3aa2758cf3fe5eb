//! Endpoints on real sockets that behave, and that do not.

mod embeddings;
mod endpoint;
mod hedging;
mod ill;
mod standing_in;
mod writing;

use std::ops::ControlFlow;

use super::{ApiKey, Family, RemoteWriter, WriterConfig, WriterEngine};
use crate::writer::{CancelFlag, Message, Role, WriteError, WriteRequest, Writer, Written};

/// Settings for the endpoint at `url`, with little patience.
fn config(url: &str) -> WriterConfig {
    WriterConfig {
        engine: WriterEngine::Openai,
        url: url.to_owned(),
        model: "m".to_owned(),
        family: Family::Openai,
        connect_timeout_ms: 1_000,
        first_token_timeout_ms: 400,
        token_timeout_ms: 300,
        breaker_failures: 100,
        ..WriterConfig::default()
    }
}

fn writer(url: &str) -> RemoteWriter {
    RemoteWriter::new(&config(url), ApiKey::from("sk-canary"))
}

fn request() -> WriteRequest {
    WriteRequest::new(
        vec![
            Message::new(Role::System, "Be brief."),
            Message::new(Role::User, "How long?"),
        ],
        50,
    )
}

/// Writes, and gives the pieces that were passed on beside what came of it.
fn write(
    writer: &dyn Writer,
    request: &WriteRequest,
) -> (Result<Written, WriteError>, Vec<String>) {
    let mut pieces = Vec::new();
    let written = writer.generate(request, &CancelFlag::new(), &mut |text| {
        pieces.push(text.to_owned());
        ControlFlow::Continue(())
    });
    (written, pieces)
}

/// The code of a remote error.
#[track_caller]
fn code_of<T: std::fmt::Debug>(result: Result<T, WriteError>) -> &'static str {
    match result {
        Err(WriteError::Remote(error)) => error.code(),
        other => panic!("no remote error: {other:?}"),
    }
}
