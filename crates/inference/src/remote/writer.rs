//! A writer behind an endpoint.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::chat::{Dialect, Reply, chances, family_of};
use super::gate::{Failure, Gate};
use super::sse::Events;
use super::thoughts::Thoughts;
use super::wire::{Watch, Wire};
use super::{ApiKey, Family, RemoteError, RemoteStatus, WriterConfig};
use crate::writer::{
    CancelFlag, Finish, Message, Output, Timings, WriteError, WriteRequest, Writer, Written,
};

/// Time a text has when the request names none.
const LONGEST: Duration = Duration::from_mins(5);
/// Longest reply that is read whole.
const LONGEST_REPLY: usize = 1024 * 1024;
/// More bytes a token than any text has: a server that sends more does not mind `max_tokens`.
const MOST_BYTES_A_TOKEN: usize = 64;

/// Has texts written by an endpoint that speaks OpenAI's `/v1/chat/completions`.
///
/// Callers on several threads do not wait for each other. Nothing of a text is believed because it came from there.
#[derive(Debug)]
pub struct RemoteWriter {
    id: String,
    wire: Wire,
    dialect: Dialect,
    configured: Family,
    family: OnceLock<Family>,
    gate: Gate,
    context_tokens: usize,
    first_token: Duration,
    next_token: Duration,
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
            wire: Wire::new(
                &config.url,
                key,
                Duration::from_millis(config.connect_timeout_ms),
            ),
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

    /// One request for a text. Whatever was passed on stands, also when it fails.
    fn attempt(
        &self,
        request: &WriteRequest,
        run: &mut Run<'_>,
        cancel: &CancelFlag,
        deadline: Instant,
    ) -> Result<Finish, Failure> {
        let mut watch = Watch::begin(cancel, deadline, self.first_token);
        let family = self.family(&watch)?;
        let body = self.dialect.completion(request, family);
        let reply = self.wire.post("/chat/completions", &body, &watch)?;
        match reply.content_type.as_str() {
            "text/event-stream" => {}
            // It does not stream; what it says counts all the same.
            "application/json" => {
                let reply: Reply = reply.json(LONGEST_REPLY, &watch)?;
                let choice = reply.choices.into_iter().next();
                let choice = choice.ok_or(RemoteError::Malformed("a reply without a choice"))?;
                run.usage(reply.usage);
                let text = choice
                    .message
                    .and_then(|said| said.content)
                    .unwrap_or_default();
                let ended = run.take(&text);
                return Ok(ended.unwrap_or_else(|| finish_of(choice.finish_reason.as_deref())));
            }
            _ => {
                return Err(
                    RemoteError::Malformed("a reply that is neither events nor JSON").into(),
                );
            }
        }
        let mut events = Events::new(reply.body);
        let mut finish = None;
        while let Some(data) = events.next(&watch)? {
            if data == "[DONE]" {
                return Ok(finish.unwrap_or(Finish::EndOfText));
            }
            let event: Reply = serde_json::from_str(&data)
                .map_err(|_| RemoteError::Malformed("an event that is no piece of a reply"))?;
            if event.error.is_some() {
                return Err(RemoteError::Failed { status: 200 }.into());
            }
            run.usage(event.usage);
            let Some(choice) = event.choices.into_iter().next() else {
                continue;
            };
            let said = choice.delta.unwrap_or_default();
            let is_alive = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.is_empty());
            if is_alive(&said.content) || is_alive(&said.reasoning_content) {
                watch.expect_next(self.next_token);
            }
            if let Some(ended) = said.content.and_then(|text| run.take(&text)) {
                return Ok(ended);
            }
            if let Some(reason) = choice.finish_reason {
                finish = Some(finish_of(Some(&reason)));
            }
        }
        // Some leave out the last line; a reason to end is an end.
        finish.ok_or_else(|| RemoteError::Broken.into())
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

/// What a reason to end means. One we do not know has not ended where the model wanted to.
fn finish_of(reason: Option<&str>) -> Finish {
    match reason {
        Some("stop" | "eos" | "eos_token") => Finish::EndOfText,
        _ => Finish::Length,
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
        let found = self.gate.call(cancel, deadline, || {
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
        let ended = self.gate.call(cancel, deadline, || {
            let ended = self.attempt(request, &mut run, cancel, deadline);
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
        let chosen = self.gate.call(cancel, deadline, || {
            let watch = Watch::begin(cancel, deadline, self.first_token);
            let family = self.family(&watch)?;
            let body = self.dialect.choice(messages, options, family);
            let reply = self.wire.post("/chat/completions", &body, &watch)?;
            let reply: Reply = reply.json(LONGEST_REPLY, &watch)?;
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
