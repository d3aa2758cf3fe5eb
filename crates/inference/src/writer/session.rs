//! The model with what it has read: what an earlier prompt began with is not read again.

use std::time::Instant;

use super::error::WriteError;
use super::kv_cache::KvCache;
use super::model::Model;
use super::prefixes::{Prefixes, n_shared};
use super::request::{CancelFlag, Finish};

/// Tokens of a prompt read in one pass: enough that reading the weights does not show, few enough that the
/// activations of a pass stay in the second cache.
const PASS_TOKENS: usize = 64;

/// Tokens that take longer to read again than to keep.
const WORTH_KEEPING: usize = 16;

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

/// A model, the tokens its cache holds, and beginnings of what it read before.
#[derive(Debug)]
pub(super) struct Session {
    model: Model,
    cache: KvCache,
    /// The tokens in the cache.
    read: Vec<u32>,
    prefixes: Prefixes,
}

/// The tokens of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromptTokens {
    pub(super) ids: Vec<u32>,
    /// So many of them are what prompts with the same instructions begin with.
    pub(super) n_fixed: usize,
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
    /// Keeps beginnings of prompts within `prefix_bytes`.
    pub(super) fn new(model: Model, prefix_bytes: usize) -> Self {
        Self {
            cache: model.new_cache(),
            model,
            read: Vec::new(),
            prefixes: Prefixes::new(prefix_bytes),
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

    /// Whether exactly `ids` are kept as what prompts begin with.
    pub(super) fn holds_fixed(&self, ids: &[u32]) -> bool {
        self.prefixes.is_fixed(ids)
    }

    /// Everything read so far.
    pub(super) fn read(&self) -> &[u32] {
        &self.read
    }

    /// Makes the cache hold exactly `prompt`, which is not empty, reading what is not held yet. When a limit is
    /// reached on the way, what was read is kept for the next attempt.
    pub(super) fn prefill(
        &mut self,
        prompt: &PromptTokens,
        limits: Limits<'_>,
    ) -> Result<Reached<Prompt>, WriteError> {
        let ids = &prompt.ids;
        if ids.len() > self.n_positions() {
            return Err(WriteError::TooLong {
                n_prompt_tokens: ids.len(),
                limit_tokens: self.n_positions(),
            });
        }
        // The last token is always read again: its scores were not kept.
        let n_cached_tokens = self.go_back(&ids[..ids.len() - 1]);
        let result = self.read_rest(&ids[n_cached_tokens..], limits);
        let fixed = &ids[..prompt.n_fixed];
        if !fixed.is_empty() && self.read.starts_with(fixed) && !self.prefixes.is_fixed(fixed) {
            let cache = self.cache.fork(fixed.len());
            self.prefixes.keep(fixed.to_vec(), cache, true);
        }
        Ok(result?.map(|logits| Prompt {
            logits,
            n_cached_tokens,
        }))
    }

    /// Makes the cache hold as much of the beginning of `text` as was ever read and kept, and nothing else.
    /// Gives the number of its tokens.
    fn go_back(&mut self, text: &[u32]) -> usize {
        let n_own = n_shared(&self.read, text);
        let n_lost = self.read.len() - n_own;
        let n_kept = self.prefixes.n_shared(text);
        if n_lost < WORTH_KEEPING && n_kept <= n_own {
            self.truncate(n_own);
            return n_own;
        }
        let next = if n_kept > n_own {
            self.prefixes.fork(text)
        } else {
            None
        };
        let next = next.unwrap_or_else(|| self.cache.fork(n_own));
        let n_next = next.n_tokens();
        let mut before = std::mem::replace(&mut self.cache, next);
        let read = std::mem::replace(&mut self.read, text[..n_next].to_vec());
        if n_lost >= WORTH_KEEPING {
            // What an interrupted pass left half done is no part of it.
            before.truncate(read.len());
            self.prefixes.keep(read, before, false);
        }
        n_next
    }

    /// Reads the rest of a prompt and gives the scores of the token after it.
    fn read_rest(
        &mut self,
        rest: &[u32],
        limits: Limits<'_>,
    ) -> Result<Reached<Vec<f32>>, WriteError> {
        // The last token joins the last pass where there is room.
        let n_passes = (rest.len() - 1) / PASS_TOKENS;
        let (whole, last) = rest.split_at(n_passes * PASS_TOKENS);
        for ids in whole.chunks(PASS_TOKENS) {
            if let Err(finish) = self.extend(ids, 0, limits)? {
                return Ok(Err(finish));
            }
        }
        self.extend(last, 1, limits)
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
