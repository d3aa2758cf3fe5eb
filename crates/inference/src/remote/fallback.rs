//! A remote writer with what stands in for it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use super::{RemoteError, RemoteStatus, RemoteWriter};
use crate::writer::{CancelFlag, Message, WriteError, WriteRequest, Writer, Written};

/// Asks the endpoint, and when that fails the writer in this process, which goes on where the endpoint broke off. Without
/// one the failure is the caller's, who has the articles' own words.
pub struct FallbackWriter {
    remote: RemoteWriter,
    local: Option<Arc<dyn Writer>>,
}

impl fmt::Debug for FallbackWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackWriter")
            .field("remote", &self.remote)
            .field("local", &self.local.as_ref().map(|local| local.id()))
            .finish()
    }
}

impl FallbackWriter {
    /// `remote`, with `local` standing in.
    pub fn new(remote: RemoteWriter, local: Option<Arc<dyn Writer>>) -> Self {
        Self { remote, local }
    }

    /// Who stands in for an endpoint that failed with `error`; counts it.
    fn stands_in(&self, error: RemoteError) -> Result<&dyn Writer, WriteError> {
        self.remote.count_fallback(self.local.is_some());
        match &self.local {
            Some(local) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "the writer's endpoint failed, the local writer stands in"
                );
                Ok(&**local)
            }
            None => Err(error.into()),
        }
    }
}

impl Writer for FallbackWriter {
    fn id(&self) -> &str {
        self.remote.id()
    }

    fn context_tokens(&self) -> usize {
        let local = self.local.as_ref().map(|local| local.context_tokens());
        let remote = self.remote.context_tokens();
        local.map_or(remote, |local| local.min(remote))
    }

    /// Of both: the one that stands in must not begin with nothing read.
    fn warm_up(&self, messages: &[Message], cancel: &CancelFlag) -> Result<usize, WriteError> {
        let remote = self.remote.warm_up(messages, cancel);
        match &self.local {
            Some(local) => local.warm_up(messages, cancel),
            None => remote,
        }
    }

    fn generate(
        &self,
        request: &WriteRequest,
        cancel: &CancelFlag,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, WriteError> {
        let mut so_far = String::new();
        let mut n_pieces = 0;
        let written = self.remote.generate(request, cancel, &mut |text| {
            so_far.push_str(text);
            n_pieces += 1;
            on_text(text)
        });
        let error = match written {
            Err(WriteError::Remote(error)) => error,
            written => return written,
        };
        let local = self.stands_in(error)?;
        // It reads what was sent already as the beginning of its own turn.
        let mut begin = request.begin.clone();
        let ends_word = begin.ends_with(|c: char| !c.is_whitespace());
        if ends_word && so_far.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            begin.push(' ');
        }
        begin.push_str(&so_far);
        let rest = WriteRequest {
            begin,
            max_tokens: request.max_tokens.saturating_sub(n_pieces),
            ..request.clone()
        };
        let mut written = local.generate(&rest, cancel, on_text)?;
        written.by = Some(if so_far.is_empty() {
            local.id().to_owned()
        } else {
            format!("{}+{}", self.id(), local.id())
        });
        written.text.insert_str(0, &so_far);
        Ok(written)
    }

    fn choose(
        &self,
        messages: &[Message],
        options: &[&str],
        cancel: &CancelFlag,
        deadline: Option<Instant>,
    ) -> Result<Vec<f32>, WriteError> {
        match self.remote.choose(messages, options, cancel, deadline) {
            Err(WriteError::Remote(error)) => {
                let local = self.local.as_ref().ok_or(error)?;
                local.choose(messages, options, cancel, deadline)
            }
            chosen => chosen,
        }
    }

    fn remote(&self) -> Option<RemoteStatus> {
        self.remote.remote()
    }
}
