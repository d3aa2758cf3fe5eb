//! The reply to a request for a text, piece by piece.
//!
//! It is opened up to its first token, which is when a server is known to write: until then another request may take its
//! place, and whoever reads on need not be the thread that asked.

use ureq::BodyReader;

use super::RemoteError;
use super::chat::{Reply, Usage};
use super::gate::Failure;
use super::sse::Events;
use super::wire::{Watch, Wire};
use crate::writer::Finish;

/// Longest reply that is read whole.
pub(super) const LONGEST_REPLY: usize = 1024 * 1024;

/// What an event says.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    /// It has a token, if only one of what a model says to itself.
    pub(super) is_alive: bool,
    pub(super) usage: Option<Usage>,
}

#[derive(Debug)]
pub(super) enum Next {
    Piece(Piece),
    /// Nothing comes any more.
    End(Finish),
}

/// A reply that has begun.
pub(super) struct Stream {
    /// None of one that was read whole.
    events: Option<Events<BodyReader<'static>>>,
    first: Option<Next>,
    /// The reason to end that was told.
    finish: Option<Finish>,
}

impl Stream {
    /// Asks with `body` and waits for the first token, or for the end of a text without one.
    pub(super) fn open(wire: &Wire, body: &[u8], watch: &Watch) -> Result<Self, Failure> {
        let reply = wire.post("/chat/completions", body, watch)?;
        match reply.content_type.as_str() {
            "text/event-stream" => {}
            // It does not stream; what it says counts all the same.
            "application/json" => return Self::whole(reply.json(LONGEST_REPLY, watch)?),
            _ => {
                return Err(
                    RemoteError::Malformed("a reply that is neither events nor JSON").into(),
                );
            }
        }
        let mut stream = Self {
            events: Some(Events::new(reply.body)),
            first: None,
            finish: None,
        };
        let mut usage = None;
        loop {
            let mut next = stream.read(watch)?;
            if let Next::Piece(piece) = &mut next {
                piece.usage = piece.usage.or(usage);
                usage = piece.usage;
                if !piece.is_alive && stream.finish.is_none() {
                    continue;
                }
            }
            stream.first = Some(next);
            return Ok(stream);
        }
    }

    fn whole(reply: Reply) -> Result<Self, Failure> {
        let choice = reply.choices.into_iter().next();
        let choice = choice.ok_or(RemoteError::Malformed("a reply without a choice"))?;
        let text = choice.message.and_then(|said| said.content);
        Ok(Self {
            events: None,
            first: Some(Next::Piece(Piece {
                text: text.unwrap_or_default(),
                is_alive: true,
                usage: reply.usage,
            })),
            finish: Some(finish_of(choice.finish_reason.as_deref())),
        })
    }

    /// What comes next.
    pub(super) fn next(&mut self, watch: &Watch) -> Result<Next, Failure> {
        match self.first.take() {
            Some(first) => Ok(first),
            None => self.read(watch),
        }
    }

    fn read(&mut self, watch: &Watch) -> Result<Next, Failure> {
        let data = match &mut self.events {
            Some(events) => events.next(watch)?,
            None => None,
        };
        let data = match (data, self.finish) {
            (Some(data), _) if data != "[DONE]" => data,
            (Some(_), finish) => return Ok(Next::End(finish.unwrap_or(Finish::EndOfText))),
            // Some leave out the last line; a reason to end is an end.
            (None, Some(finish)) => return Ok(Next::End(finish)),
            (None, None) => return Err(RemoteError::Broken.into()),
        };
        let event: Reply = serde_json::from_str(&data)
            .map_err(|_| RemoteError::Malformed("an event that is no piece of a reply"))?;
        if event.error.is_some() {
            return Err(RemoteError::Failed { status: 200 }.into());
        }
        let mut piece = Piece {
            usage: event.usage,
            ..Piece::default()
        };
        if let Some(choice) = event.choices.into_iter().next() {
            let said = choice.delta.unwrap_or_default();
            let is_some = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.is_empty());
            piece.is_alive = is_some(&said.content) || is_some(&said.reasoning_content);
            piece.text = said.content.unwrap_or_default();
            if let Some(reason) = choice.finish_reason {
                self.finish = Some(finish_of(Some(&reason)));
            }
        }
        Ok(Next::Piece(piece))
    }
}

/// What a reason to end means. One we do not know has not ended where the model wanted to.
fn finish_of(reason: Option<&str>) -> Finish {
    match reason {
        Some("stop" | "eos" | "eos_token") => Finish::EndOfText,
        _ => Finish::Length,
    }
}
