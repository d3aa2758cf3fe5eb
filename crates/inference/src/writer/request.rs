//! What a writer is asked and what it gives back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Who speaks in a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions that frame the conversation.
    System,
    /// The customer, or the engine on the customer's behalf.
    User,
    /// The model's own earlier turn.
    Assistant,
}

impl Role {
    /// The name chat templates know the role by.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation. Its text is data: whatever it says, it yields no control token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, plain text.
    pub text: String,
}

impl Message {
    /// A message of `role` saying `text`.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
        }
    }
}

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// The likeliest token; ties go to the lower id. The same request gives the same text.
    Greedy,
    /// Drawn from the likeliest tokens that together hold probability `p`, after dividing logits by
    /// `temperature`. The same seed gives the same text.
    TopP {
        /// Above 0; 1 leaves the model's distribution. Values of 0 and below, or not finite, are greedy.
        temperature: f32,
        /// In `(0, 1]`; 1 keeps every token.
        p: f32,
        /// Seed of the draw.
        seed: u64,
    },
}

/// A text to write.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteRequest {
    /// The conversation so far, oldest first; the writer's turn comes next.
    pub messages: Vec<Message>,
    /// What the writer's turn begins with: it is read, not written, and no part of the text. Data, as messages are.
    pub begin: String,
    /// Most tokens to write. The context limit may end the text earlier.
    pub max_tokens: usize,
    /// How tokens are chosen. Default [`Sampling::Greedy`].
    pub sampling: Sampling,
    /// Texts that end the answer; they are not part of it. Empty strings are ignored.
    pub stop: Vec<String>,
    /// When to give up. Checked after every token and before every layer of every pass.
    pub deadline: Option<Instant>,
    /// Whether tokens may be guessed from the context and verified several at a time, when greedy. The text
    /// is the same up to rounding (to the last bit on x86 with AVX-512 VNNI); it only arrives sooner when it
    /// copies from the prompt. Default true.
    pub drafting: bool,
    /// Whether a text that says the same 12 tokens for the third time is ended, as small models get caught in
    /// loops. Default true.
    pub ends_loops: bool,
}

impl WriteRequest {
    /// A greedy request without stop strings, penalty or deadline.
    pub fn new(messages: Vec<Message>, max_tokens: usize) -> Self {
        Self {
            messages,
            begin: String::new(),
            max_tokens,
            sampling: Sampling::Greedy,
            stop: Vec::new(),
            deadline: None,
            drafting: true,
            ends_loops: true,
        }
    }
}

impl Default for WriteRequest {
    /// No message yet, at most 256 tokens, greedy.
    fn default() -> Self {
        Self::new(Vec::new(), 256)
    }
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finish {
    /// The model ended its turn.
    EndOfText,
    /// A stop string was met.
    Stop,
    /// `max_tokens` or the context limit was reached.
    Length,
    /// The [`CancelFlag`] was raised.
    Cancelled,
    /// The deadline passed.
    Deadline,
    /// The receiver of the text asked for no more.
    Caller,
    /// The model repeated itself.
    Loop,
}

impl Finish {
    /// Whether the text ended where the model or a stop string ended it, rather than being cut off.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::EndOfText | Self::Stop)
    }
}

/// Where the time went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Reading the prompt, from the request to the first token.
    pub prefill: Duration,
    /// Everything after it.
    pub decode: Duration,
}

/// A written text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Why the text ended.
    pub finish: Finish,
    /// The whole text: exactly what was streamed.
    pub text: String,
    /// Tokens of the prompt, template included.
    pub n_prompt_tokens: usize,
    /// Of those, tokens whose keys and values were still cached from an earlier request.
    pub n_cached_tokens: usize,
    /// Tokens written, the one that ended the turn included.
    pub n_tokens: usize,
    /// Tokens guessed from the context.
    pub n_drafted_tokens: usize,
    /// Guessed tokens that were what the model would have written.
    pub n_accepted_tokens: usize,
    /// Where the time went.
    pub timings: Timings,
    /// Who wrote it, where that was another than the writer that was asked: one that stood in, in whole or from some
    /// word on.
    pub by: Option<String>,
}

/// Stops a running [`Writer::generate`](super::Writer::generate) from another thread, within one token.
///
/// Clones share one flag; once raised it stays raised.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
