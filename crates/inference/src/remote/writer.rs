//! A writer behind an endpoint.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::chat::{Dialect, Reply, chances, family_of};
use super::gate::{Failure, Gate, Spare};
use super::hedge;
use super::stream::{LONGEST_REPLY, Next, Stream};
use super::thoughts::Thoughts;
use super::wire::{Watch, Wire};
use super::{ApiKey, Family, RemoteError, RemoteStatus, WriterConfig};
use crate::writer::{
    CancelFlag, Finish, Message, Output, Timings, WriteError, WriteRequest, Writer, Written,
};

/// Time a text has when the request names none.
const LONGEST: Duration = Duration::from_mins(5);
/// More bytes a token than any text has: a server that sends more does not mind `max_tokens`.
const MOST_BYTES_A_TOKEN: usize = 64;

/// Has texts written by an endpoint that speaks OpenAI's `/v1/chat/completions`.
///
/// Callers on several threads do not wait for each other. Nothing of a text is believed because it came from there.
#[derive(Debug)]
pub struct RemoteWriter {
    id: String,
    wire: Arc<Wire>,
    dialect: Dialect,
    configured: Family,
    family: OnceLock<Family>,
    gate: Gate,
    context_tokens: usize,
    first_token: Duration,
    next_token: Duration,
    hedge_after: Option<Duration>,
    /// The endpoint was asked for probabilities and gave none.
    tells_no_chances: AtomicBool,
}

impl RemoteWriter {
    /// A writer as `config` says, with `key`. Connects to nothing yet.
    pub fn new(config: &WriterConfig, key: ApiKey) -> Self {
        let extra = serde_json::to_value(&config.extra);
        let extra = match extra {
            Ok(Value::Object(extra)) => extra,
            _ => Map::new(),
        };
        Self {
            // Not where it is: this stands in replies.
            id: format!("{}@remote", config.model),
            wire: Arc::new(Wire::new(
                &config.url,
                key,
                Duration::from_millis(config.connect_timeout_ms),
            )),
            dialect: Dialect {
                model: config.model.clone(),
                extra,
            },
            configured: config.family,
            family: OnceLock::new(),
            gate: Gate::new(config.breaker()),
            context_tokens: config.context_tokens,
            first_token: Duration::from_millis(config.first_token_timeout_ms),
            next_token: Duration::from_millis(config.token_timeout_ms),
            hedge_after: config.hedge_after(),
            tells_no_chances: AtomicBool::new(false),
        }
    }

    /// Counts a text that had to come from elsewhere.
    pub(super) fn count_fallback(&self, is_local: bool) {
        self.gate.counts.fallback(is_local);
    }

    /// Which server it is; asked once.
    fn family(&self, watch: &Watch) -> Result<Family, Failure> {
        if self.configured != Family::Auto {
            return Ok(self.configured);
        }
        if let Some(family) = self.family.get() {
            return Ok(*family);
        }
        let listed = self.wire.get("/models", watch);
        let family = match listed.and_then(|reply| reply.json::<Value>(LONGEST_REPLY, watch)) {
            Ok(models) => family_of(&models),
            // One that lists no models can still write.
            Err(Failure::Remote {
                error:
                    RemoteError::NotFound
                    | RemoteError::Refused { .. }
                    | RemoteError::Malformed(_)
                    | RemoteError::TooLarge { .. },
                ..
            }) => Family::Openai,
            Err(failure) => return Err(failure),
        };
        tracing::info!(?family, "the writer's endpoint was recognised");
        Ok(*self.family.get_or_init(|| family))
    }

    /// One request for a text, or the first of two. Whatever was passed on stands, also when it fails.
    fn attempt(
        &self,
        request: &WriteRequest,
        run: &mut Run<'_>,
        spare: &Spare<'_>,
        cancel: &CancelFlag,
        deadline: Instant,
    ) -> Result<Finish, Failure> {
        let mut watch = Watch::begin(cancel, deadline, self.first_token);
        let family = self.family(&watch)?;
        let body = self.dialect.completion(request, family);
        let wire = Arc::clone(&self.wire);
        let mut stream = hedge::first_of(self.hedge_after, spare, &watch, move |watch| {
            Stream::open(&wire, &body, watch)
        })?;
        // Of one stream from here on; the other is closed.
        loop {
            // Pieces that came together are given without a look at the wire.
            if cancel.is_cancelled() {
                return Err(Failure::Stopped(Finish::Cancelled));
            }
            let piece = match stream.next(&watch)? {
                Next::Piece(piece) => piece,
                Next::End(finish) => return Ok(finish),
            };
            run.usage(piece.usage);
            if piece.is_alive {
                watch.expect_next(self.next_token);
            }
            if let Some(ended) = run.take(&piece.text) {
                return Ok(ended);
            }
        }
    }
}

/// A text as it comes.
struct Run<'a> {
    output: Output<'a>,
    thoughts: Thoughts,
    /// What the reply was begun with, and what came that may be that again: some servers send it back.
    begin: &'a str,
    held: String,
    on_text: &'a mut dyn FnMut(&str) -> ControlFlow<()>,
    max_tokens: usize,
    started: Instant,
    first_at: Option<Instant>,
    /// Pieces, each a token or more.
    n_pieces: usize,
    n_bytes: usize,
    usage: super::chat::Usage,
}

impl Run<'_> {
    fn usage(&mut self, usage: Option<super::chat::Usage>) {
        if let Some(usage) = usage {
            self.usage = usage;
        }
    }

    /// Takes a piece and passes on what it completes. Some reason when the text ends with it.
    fn take(&mut self, piece: &str) -> Option<Finish> {
        if piece.is_empty() {
            return None;
        }
        self.first_at.get_or_insert_with(Instant::now);
        self.n_pieces += 1;
        self.n_bytes += piece.len();
        let answer = self.without_begin(piece);
        let answer = self.thoughts.push(&answer);
        let is_stopped = self.output.push(answer.as_bytes());
        if is_stopped {
            return Some(Finish::Stop);
        }
        if self.output.send(self.on_text).is_break() {
            return Some(Finish::Caller);
        }
        let most_bytes = self.max_tokens.saturating_mul(MOST_BYTES_A_TOKEN);
        (self.n_pieces > self.max_tokens || self.n_bytes > most_bytes).then_some(Finish::Length)
    }

    /// What of the text up to and with `piece` is not what the reply was begun with.
    fn without_begin(&mut self, piece: &str) -> String {
        if self.begin.is_empty() {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        if let Some(rest) = self.held.strip_prefix(self.begin) {
            let rest = rest.to_owned();
            self.begin = "";
            self.held.clear();
            return rest;
        }
        if self.begin.starts_with(&self.held) {
            return String::new();
        }
        self.begin = "";
        std::mem::take(&mut self.held)
    }

    fn end(mut self, finish: Finish) -> Written {
        let held = std::mem::take(&mut self.held);
        let held = self.thoughts.push(&held);
        self.output.push(held.as_bytes());
        let rest = std::mem::take(&mut self.thoughts).finish();
        self.output.push(rest.as_bytes());
        let (text, flow) = match finish {
            Finish::Caller => (self.output.sent(), ControlFlow::Continue(())),
            _ => self.output.finish(self.on_text),
        };
        let finish = match flow {
            ControlFlow::Break(()) if !finish.is_complete() => Finish::Caller,
            _ => finish,
        };
        let first_at = self.first_at.unwrap_or_else(Instant::now);
        let prefill = first_at.saturating_duration_since(self.started);
        Written {
            finish,
            text,
            n_prompt_tokens: self.usage.prompt_tokens,
            n_cached_tokens: 0,
            n_tokens: self.usage.completion_tokens.max(self.n_pieces),
            n_drafted_tokens: 0,
            n_accepted_tokens: 0,
            timings: Timings {
                prefill,
                decode: self.started.elapsed().saturating_sub(prefill),
            },
            by: None,
        }
    }
}

impl Writer for RemoteWriter {
    fn id(&self) -> &str {
        &self.id
    }

    fn context_tokens(&self) -> usize {
        self.context_tokens
    }

    /// Finds out which server it is; what it keeps of prompts is its own business.
    fn warm_up(&self, _: &[Message], cancel: &CancelFlag) -> Result<usize, WriteError> {
        let deadline = Instant::now() + self.first_token;
        let found = self.gate.call(cancel, deadline, |_| {
            let watch = Watch::begin(cancel, deadline, self.first_token);
            self.family(&watch)
        });
        match found {
            Ok(_) => Ok(0),
            Err(Failure::Remote { error, .. }) => Err(error.into()),
            Err(Failure::Stopped(_)) => Err(WriteError::Cancelled),
        }
    }

    fn generate(
        &self,
        request: &WriteRequest,
        cancel: &CancelFlag,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, WriteError> {
        if request.messages.is_empty() {
            return Err(WriteError::Empty);
        }
        let started = Instant::now();
        let deadline = request.deadline.unwrap_or(started + LONGEST);
        let mut run = Run {
            output: Output::new(&request.stop),
            thoughts: Thoughts::default(),
            begin: &request.begin,
            held: String::new(),
            on_text,
            max_tokens: request.max_tokens,
            started,
            first_at: None,
            n_pieces: 0,
            n_bytes: 0,
            usage: super::chat::Usage::default(),
        };
        if request.max_tokens == 0 {
            return Ok(run.end(Finish::Length));
        }
        let ended = self.gate.call(cancel, deadline, |spare| {
            let ended = self.attempt(request, &mut run, spare, cancel, deadline);
            ended.map_err(|failure| match failure {
                Failure::Remote { error, .. } => Failure::Remote {
                    error,
                    begun: run.n_pieces > 0,
                },
                Failure::Stopped(finish) => Failure::Stopped(finish),
            })
        });
        let written = match ended {
            Ok(finish) | Err(Failure::Stopped(finish)) => run.end(finish),
            Err(Failure::Remote { error, .. }) => return Err(error.into()),
        };
        tracing::debug!(
            finish = ?written.finish,
            n_tokens = written.n_tokens,
            prefill = ?written.timings.prefill,
            decode = ?written.timings.decode,
            "a text was written elsewhere"
        );
        Ok(written)
    }

    fn choose(
        &self,
        messages: &[Message],
        options: &[&str],
        cancel: &CancelFlag,
        deadline: Option<Instant>,
    ) -> Result<Vec<f32>, WriteError> {
        if messages.is_empty() {
            return Err(WriteError::Empty);
        }
        if self.tells_no_chances.load(Ordering::Relaxed) {
            return Err(RemoteError::NoLogProbabilities.into());
        }
        let deadline = deadline.unwrap_or_else(|| Instant::now() + LONGEST);
        let chosen = self.gate.call(cancel, deadline, |spare| {
            let watch = Watch::begin(cancel, deadline, self.first_token);
            let family = self.family(&watch)?;
            let body = self.dialect.choice(messages, options, family);
            let wire = Arc::clone(&self.wire);
            let reply = hedge::first_of(self.hedge_after, spare, &watch, move |watch| {
                let reply = wire.post("/chat/completions", &body, watch)?;
                reply.json::<Reply>(LONGEST_REPLY, watch)
            })?;
            Ok(chances(&reply, options)?)
        });
        match chosen {
            Ok(chances) => Ok(chances),
            Err(Failure::Stopped(_)) => Err(WriteError::Cancelled),
            Err(Failure::Remote { error, .. }) => {
                if matches!(error, RemoteError::NoLogProbabilities) {
                    self.tells_no_chances.store(true, Ordering::Relaxed);
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "the writer is not asked again how sure it is");
                }
                Err(error.into())
            }
        }
    }

    fn remote(&self) -> Option<RemoteStatus> {
        Some(
            self.gate
                .counts
                .status(&self.dialect.model, self.gate.state()),
        )
    }
}
