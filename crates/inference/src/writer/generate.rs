//! The loop that writes: prompt, then token after token until something ends the text.

use std::ops::ControlFlow;
use std::time::Instant;

use super::draft::Drafter;
use super::error::WriteError;
use super::output::{OnText, Output};
use super::repetition::is_loop;
use super::request::{Finish, Timings, WriteRequest, Written};
use super::sampling::Sampler;
use super::session::{Limits, PromptTokens, Session};
use super::vocabulary::Vocabulary;

/// One text in the making.
#[derive(Debug)]
struct Run<'a> {
    request: &'a WriteRequest,
    limits: Limits<'a>,
    session: &'a mut Session,
    vocabulary: &'a Vocabulary,
    output: Output<'a>,
    sampler: Sampler,
    drafter: Option<Drafter>,
    /// Prompt and everything written.
    context: Vec<u32>,
    written: Written,
}

/// Writes the answer to `prompt`, which is not empty.
pub(super) fn generate(
    request: &WriteRequest,
    prompt: PromptTokens,
    limits: Limits<'_>,
    session: &mut Session,
    vocabulary: &Vocabulary,
    on_text: OnText<'_>,
) -> Result<Written, WriteError> {
    let started = Instant::now();
    // One position must be left for the answer.
    let n_prompt_tokens = prompt.ids.len();
    if n_prompt_tokens >= session.n_positions() {
        return Err(WriteError::TooLong {
            n_prompt_tokens,
            limit_tokens: session.n_positions(),
        });
    }
    let sampler = Sampler::new(request.sampling);
    let mut run = Run {
        written: Written {
            finish: Finish::Length,
            text: String::new(),
            n_prompt_tokens,
            n_cached_tokens: 0,
            n_tokens: 0,
            n_drafted_tokens: 0,
            n_accepted_tokens: 0,
            timings: Timings::default(),
            by: None,
        },
        request,
        limits,
        session,
        vocabulary,
        output: Output::new(&request.stop),
        drafter: (request.drafting && sampler.is_greedy()).then(Drafter::new),
        sampler,
        context: Vec::new(),
    };
    let finish = run.write(prompt, started, on_text)?;
    let (text, flow) = match finish {
        Finish::Caller => (run.output.sent(), ControlFlow::Continue(())),
        _ => run.output.finish(on_text),
    };
    let mut written = run.written;
    // A caller that wants no more with the very last piece still has the whole text.
    written.finish = match flow {
        ControlFlow::Break(()) if !finish.is_complete() => Finish::Caller,
        _ => finish,
    };
    written.text = text;
    written.timings.decode = started.elapsed().saturating_sub(written.timings.prefill);
    Ok(written)
}

impl Run<'_> {
    fn write(
        &mut self,
        tokens: PromptTokens,
        started: Instant,
        on_text: OnText<'_>,
    ) -> Result<Finish, WriteError> {
        if self.request.max_tokens == 0 {
            return Ok(Finish::Length);
        }
        let prompt = self.session.prefill(&tokens, self.limits)?;
        self.written.timings.prefill = started.elapsed();
        let prompt = match prompt {
            Ok(prompt) => prompt,
            Err(finish) => return Ok(finish),
        };
        self.written.n_cached_tokens = prompt.n_cached_tokens;
        self.context = tokens.ids;
        let mut next = self.sampler.next(&prompt.logits)?;
        loop {
            // `next` is chosen but not read; everything else of the context is.
            if let Some(finish) = self.take(next, on_text) {
                return Ok(finish);
            }
            match self.advance(on_text)? {
                Ok(token) => next = token,
                Err(finish) => return Ok(finish),
            }
        }
    }

    /// Adds a token to the text. Some reason when the text ends with it.
    fn take(&mut self, token: u32, on_text: OnText<'_>) -> Option<Finish> {
        self.written.n_tokens += 1;
        if self.vocabulary.ends_turn(token) {
            return Some(Finish::EndOfText);
        }
        self.context.push(token);
        let is_stopped = self.output.push(self.vocabulary.bytes(token));
        if is_stopped {
            return Some(Finish::Stop);
        }
        if self.output.send(on_text).is_break() {
            return Some(Finish::Caller);
        }
        if self.written.n_tokens >= self.request.max_tokens
            || self.context.len() >= self.session.n_positions()
        {
            return Some(Finish::Length);
        }
        let written = &self.context[self.written.n_prompt_tokens..];
        if self.request.ends_loops && is_loop(written) {
            return Some(Finish::Loop);
        }
        // Several tokens may come of one pass.
        self.limits.reached()
    }

    /// Reads the last token, and with it those guessed to follow. Takes the guesses that are right and gives
    /// the token after them.
    fn advance(&mut self, on_text: OnText<'_>) -> Result<Result<u32, Finish>, WriteError> {
        let n_read = self.session.read().len();
        let n_left = (self.request.max_tokens - self.written.n_tokens)
            .min(self.session.n_positions() - self.context.len());
        let mut ids = self.context[n_read..].to_vec();
        if let Some(drafter) = &mut self.drafter {
            ids.extend_from_slice(drafter.guess(&self.context, n_left.saturating_sub(1)));
        }
        let n_guessed = ids.len() - 1;
        let logits = match self.session.extend(&ids, ids.len(), self.limits)? {
            Ok(logits) => logits,
            Err(finish) => return Ok(Err(finish)),
        };
        let mut scores = logits.chunks_exact(self.session.n_scores());
        let mut n_accepted = 0;
        self.written.n_drafted_tokens += n_guessed;
        let result = loop {
            let Some(scores) = scores.next() else {
                return Err(WriteError::NotANumber);
            };
            let token = self.sampler.next(scores)?;
            if ids.get(n_accepted + 1) != Some(&token) {
                break Ok(token);
            }
            n_accepted += 1;
            if let Some(finish) = self.take(token, on_text) {
                break Err(finish);
            }
        };
        self.written.n_accepted_tokens += n_accepted;
        if let Some(drafter) = &mut self.drafter {
            drafter.learn(n_guessed, n_accepted);
        }
        self.session.truncate(n_read + 1 + n_accepted);
        Ok(result)
    }
}
