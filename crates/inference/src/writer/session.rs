//! The model with what it has read: the part of a prompt that the last request shared is not read again.

use std::time::Instant;

use super::error::WriteError;
use super::kv_cache::KvCache;
use super::model::Model;
use super::request::{CancelFlag, Finish};

/// Tokens of a prompt read in one pass: enough that reading the weights does not show, few enough that the
/// activations of a pass stay in the second cache.
const PASS_TOKENS: usize = 64;

/// When to stop early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<'a> {
    pub(super) cancel: &'a CancelFlag,
    pub(super) deadline: Option<Instant>,
}

impl Limits<'_> {
    /// Why to stop now, if so.
    pub(super) fn reached(self) -> Option<Finish> {
        if self.cancel.is_cancelled() {
            return Some(Finish::Cancelled);
        }
        let is_late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        is_late.then_some(Finish::Deadline)
    }
}

/// Either a result, or why there is none yet.
pub(super) type Reached<T> = Result<T, Finish>;

/// A model and the tokens its cache holds.
#[derive(Debug)]
pub(super) struct Session {
    model: Model,
    cache: KvCache,
    /// The tokens in the cache.
    read: Vec<u32>,
}

/// A prompt that was read to its end.
#[derive(Debug)]
pub(super) struct Prompt {
    /// Scores of the token after it.
    pub(super) logits: Vec<f32>,
    /// Tokens that did not have to be read.
    pub(super) n_cached_tokens: usize,
}

impl Session {
    pub(super) fn new(model: Model) -> Self {
        Self {
            cache: model.new_cache(),
            model,
            read: Vec::new(),
        }
    }

    /// Tokens the context holds.
    pub(super) fn n_positions(&self) -> usize {
        self.model.n_positions()
    }

    /// Number of scores a position gets.
    pub(super) fn n_scores(&self) -> usize {
        self.model.n_tokens()
    }

    /// Everything read so far.
    pub(super) fn read(&self) -> &[u32] {
        &self.read
    }

    /// Makes the cache hold exactly `prompt`, which is not empty, reading what it does not hold yet. When a
    /// limit is reached on the way, what was read is kept for the next attempt.
    pub(super) fn prefill(
        &mut self,
        prompt: &[u32],
        limits: Limits<'_>,
    ) -> Result<Reached<Prompt>, WriteError> {
        if prompt.len() > self.n_positions() {
            return Err(WriteError::TooLong {
                n_prompt_tokens: prompt.len(),
                limit_tokens: self.n_positions(),
            });
        }
        let same = self
            .read
            .iter()
            .zip(prompt)
            .take_while(|(read, id)| read == id);
        // The last token is always read again: its scores were not kept.
        let n_cached_tokens = same.count().min(prompt.len() - 1);
        self.truncate(n_cached_tokens);
        let (before, last) = prompt.split_at(prompt.len() - 1);
        let rest = &before[n_cached_tokens..];
        // The last token joins the last pass where there is room.
        let n_joined = rest.len() % PASS_TOKENS;
        for ids in rest[..rest.len() - n_joined].chunks(PASS_TOKENS) {
            if let Err(finish) = self.extend(ids, 0, limits)? {
                return Ok(Err(finish));
            }
        }
        let ids = [&rest[rest.len() - n_joined..], last].concat();
        Ok(self.extend(&ids, 1, limits)?.map(|logits| Prompt {
            logits,
            n_cached_tokens,
        }))
    }

    /// Reads `ids` and gives the scores of the tokens after the last `n_scored` of them.
    pub(super) fn extend(
        &mut self,
        ids: &[u32],
        n_scored: usize,
        limits: Limits<'_>,
    ) -> Result<Reached<Vec<f32>>, WriteError> {
        let is_stopped = || limits.reached().is_some();
        // What a failed pass left behind is taken back before the next one.
        self.cache.truncate(self.read.len());
        match self
            .model
            .forward(ids, &mut self.cache, n_scored, &is_stopped)?
        {
            Some(logits) => {
                self.read.extend_from_slice(ids);
                Ok(Ok(logits))
            }
            None => Ok(Err(limits.reached().unwrap_or(Finish::Cancelled))),
        }
    }

    /// Forgets all but the first `n_tokens`.
    pub(super) fn truncate(&mut self, n_tokens: usize) {
        self.read.truncate(n_tokens);
        self.cache.truncate(n_tokens);
    }
}
