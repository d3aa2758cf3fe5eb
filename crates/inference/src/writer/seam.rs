//! The seam: what a writer is to whoever asks it, wherever it runs.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::session::Limits;
use super::{CancelFlag, GgufWriter, LoadError, Message, WriteError, WriteRequest, Written};
use crate::remote::RemoteStatus;

/// Turns messages into text. Blocks; safe to call from several threads, which take turns where there is one model.
pub trait Writer: Send + Sync {
    /// Names the writer in answers and receipts: `<catalogue id>@<digits of the weights' hash>`, or
    /// `<model>@<host>` of an endpoint.
    fn id(&self) -> &str;

    /// Tokens that prompt and answer may have together.
    fn context_tokens(&self) -> usize;

    /// Reads ahead what conversations that begin with the system messages of `messages` begin with. Gives the number of
    /// tokens read; zero where there is nothing to gain.
    ///
    /// # Errors
    /// [`WriteError`], after which it is read when it is first needed.
    fn warm_up(&self, messages: &[Message], cancel: &CancelFlag) -> Result<usize, WriteError>;

    /// Writes the next turn of a conversation. `on_text` gets the text in pieces of whole characters as it is written;
    /// [`ControlFlow::Break`] ends it. Being cancelled or late is not an error but a
    /// [`Finish`](super::Finish).
    ///
    /// # Errors
    /// [`WriteError`]; what `on_text` got before stands.
    fn generate(
        &self,
        request: &WriteRequest,
        cancel: &CancelFlag,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, WriteError>;

    /// Natural logarithms of the probabilities with which the next turn begins with each of `options`, in their order.
    ///
    /// # Errors
    /// [`WriteError`]; [`WriteError::Cancelled`] also when `deadline` passes, and
    /// [`RemoteError::NoLogProbabilities`](crate::remote::RemoteError) from an endpoint that tells none.
    fn choose(
        &self,
        messages: &[Message],
        options: &[&str],
        cancel: &CancelFlag,
        deadline: Option<Instant>,
    ) -> Result<Vec<f32>, WriteError>;

    /// How things stand with an endpoint; `None` of a writer in this process.
    fn remote(&self) -> Option<RemoteStatus> {
        None
    }
}

/// A [`GgufWriter`] for many callers, one at a time.
#[derive(Debug)]
pub struct LocalWriter {
    id: String,
    context_tokens: usize,
    writer: Mutex<GgufWriter>,
}

impl LocalWriter {
    /// [`GgufWriter::load`].
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(path: &Path, id: String) -> Result<Self, LoadError> {
        GgufWriter::load(path, id).map(Self::from)
    }

    fn lock(&self) -> MutexGuard<'_, GgufWriter> {
        // Every request sets up what it needs of the session, so one that panicked leaves nothing the next one trusts.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<GgufWriter> for LocalWriter {
    fn from(writer: GgufWriter) -> Self {
        Self {
            id: writer.id().to_owned(),
            context_tokens: writer.context_tokens(),
            writer: Mutex::new(writer),
        }
    }
}

impl Writer for LocalWriter {
    fn id(&self) -> &str {
        &self.id
    }

    fn context_tokens(&self) -> usize {
        self.context_tokens
    }

    fn warm_up(&self, messages: &[Message], cancel: &CancelFlag) -> Result<usize, WriteError> {
        self.lock().warm_up(messages, cancel)
    }

    fn generate(
        &self,
        request: &WriteRequest,
        cancel: &CancelFlag,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, WriteError> {
        self.lock().generate(request, cancel, on_text)
    }

    fn choose(
        &self,
        messages: &[Message],
        options: &[&str],
        cancel: &CancelFlag,
        deadline: Option<Instant>,
    ) -> Result<Vec<f32>, WriteError> {
        let limits = Limits { cancel, deadline };
        self.lock().choose_within(messages, options, limits)
    }
}
