//! Beginnings of earlier prompts, kept so that they need not be read again.
//!
//! What a prompt always begins with (its instructions) is kept as long as there is room for it; what else was
//! read makes way for it, the least recently used first. Not here: how a beginning is read.

use super::kv_cache::KvCache;

/// Kept beginnings within a budget of bytes.
#[derive(Debug)]
pub(super) struct Prefixes {
    kept: Vec<Kept>,
    budget_bytes: usize,
    n_uses: u64,
}

#[derive(Debug)]
struct Kept {
    tokens: Vec<u32>,
    cache: KvCache,
    last_use: u64,
    is_fixed: bool,
}

impl Prefixes {
    pub(super) fn new(budget_bytes: usize) -> Self {
        Self {
            kept: Vec::new(),
            budget_bytes,
            n_uses: 0,
        }
    }

    /// Tokens at the beginning of `prompt` that some kept text shares.
    pub(super) fn n_shared(&self, prompt: &[u32]) -> usize {
        let shared = self.kept.iter().map(|kept| n_shared(&kept.tokens, prompt));
        shared.max().unwrap_or(0)
    }

    /// A cache of the first [`Prefixes::n_shared`] tokens of `prompt`; `None` when that is none.
    pub(super) fn fork(&mut self, prompt: &[u32]) -> Option<KvCache> {
        let shared = self.n_shared(prompt);
        let use_number = self.next_use();
        let found = self.kept.iter_mut().filter(|_| shared > 0);
        // A text that is kept for its own sake is as good and stays fresh.
        let found = found.filter(|kept| n_shared(&kept.tokens, prompt) == shared);
        let kept = found.max_by_key(|kept| kept.is_fixed)?;
        kept.last_use = use_number;
        Some(kept.cache.fork(shared))
    }

    /// Whether exactly `tokens` are kept as something prompts always begin with.
    pub(super) fn is_fixed(&self, tokens: &[u32]) -> bool {
        let mut kept = self.kept.iter();
        kept.any(|kept| kept.is_fixed && kept.tokens == tokens)
    }

    /// Keeps `cache`, which holds `tokens`, if the budget allows. `is_fixed` says that prompts always begin
    /// with it.
    pub(super) fn keep(&mut self, tokens: Vec<u32>, cache: KvCache, is_fixed: bool) {
        if cache.n_bytes() > self.budget_bytes || is_fixed && self.is_fixed(&tokens) {
            return;
        }
        let mut kept = self.kept.iter();
        if !is_fixed && kept.any(|kept| kept.tokens.starts_with(&tokens)) {
            return;
        }
        let last_use = self.next_use();
        // The longer of two texts that begin alike serves for both.
        self.kept
            .retain(|kept| kept.is_fixed || !tokens.starts_with(&kept.tokens));
        self.kept.push(Kept {
            tokens,
            cache,
            last_use,
            is_fixed,
        });
        while self.n_bytes() > self.budget_bytes {
            let kept = self.kept.iter().enumerate();
            let stalest = kept.min_by_key(|(_, kept)| (kept.is_fixed, kept.last_use));
            let Some((index, _)) = stalest else { break };
            self.kept.swap_remove(index);
        }
    }

    fn n_bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.cache.n_bytes()).sum()
    }

    fn next_use(&mut self) -> u64 {
        self.n_uses += 1;
        self.n_uses
    }
}

/// Tokens two texts share at the beginning.
pub(super) fn n_shared(left: &[u32], right: &[u32]) -> usize {
    let pairs = left.iter().zip(right);
    pairs.take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::{KvCache, Prefixes};

    /// A cache of one layer, one head and one value a token: 66 bytes for one token, 2 more for each other.
    fn cache(n_tokens: usize) -> KvCache {
        let mut cache = KvCache::new(1, 1, 1);
        let row: Vec<f32> = (0..n_tokens).map(|token| token as f32).collect();
        cache.layer(0).append(&row, &row);
        cache.advance(n_tokens);
        cache.fork(n_tokens)
    }

    fn keep(prefixes: &mut Prefixes, tokens: &[u32], is_fixed: bool) {
        prefixes.keep(tokens.to_vec(), cache(tokens.len()), is_fixed);
    }

    /// How many tokens of `prompt` are held, by the count and by the copy.
    #[track_caller]
    fn check(prefixes: &mut Prefixes, prompt: &[u32], expected: usize) {
        assert_eq!(prefixes.n_shared(prompt), expected, "{prompt:?}");
        let cache = prefixes.fork(prompt);
        assert_eq!(cache.map_or(0, |cache| cache.n_tokens()), expected);
    }

    #[test]
    fn the_longest_beginning_is_found() {
        let mut prefixes = Prefixes::new(10_000);
        check(&mut prefixes, &[1, 2], 0);
        keep(&mut prefixes, &[1, 2, 3], false);
        keep(&mut prefixes, &[1, 2, 4, 5], false);
        check(&mut prefixes, &[1, 2, 4, 6], 3);
        check(&mut prefixes, &[1, 2, 3, 4], 3);
        check(&mut prefixes, &[1, 9], 1);
        check(&mut prefixes, &[9], 0);
        // The longer text takes the place of its beginning.
        keep(&mut prefixes, &[1, 2, 3, 4], false);
        assert_eq!(prefixes.kept.len(), 2);
    }

    #[test]
    fn the_budget_holds_and_what_is_fixed_goes_last() {
        // Room for three texts of one token.
        let mut prefixes = Prefixes::new(3 * 66);
        keep(&mut prefixes, &[1], true);
        keep(&mut prefixes, &[2], false);
        keep(&mut prefixes, &[3], false);
        check(&mut prefixes, &[2], 1);
        keep(&mut prefixes, &[4], false);
        assert!(prefixes.n_bytes() <= 3 * 66);
        check(&mut prefixes, &[3], 0);
        check(&mut prefixes, &[2], 1);
        check(&mut prefixes, &[1], 1);
        for fixed in 5..8 {
            keep(&mut prefixes, &[fixed], true);
        }
        check(&mut prefixes, &[2], 0);
        check(&mut prefixes, &[1], 0);
        check(&mut prefixes, &[7], 1);
        // The same again changes nothing, and what can never fit is not kept.
        keep(&mut prefixes, &[7], true);
        assert_eq!(prefixes.kept.len(), 3);
        keep(&mut prefixes, &[8; 400], true);
        check(&mut prefixes, &[8], 0);
        check(&mut prefixes, &[7], 1);
    }
}
