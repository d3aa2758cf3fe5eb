//! Keys and values of the tokens read so far.
//!
//! A cache can be cut back to a shorter beginning, so that texts that begin alike share the work of reading it,
//! and copied in part, so that several texts go on from one beginning.

use half::f16;

/// Positions whose keys are stored together, dimension by dimension.
pub(super) const BLOCK: usize = 32;

/// Keys and values of every layer, for the beginning of some text.
///
/// Keys are stored after rotation. Half precision: it costs a quarter of a percent of a score and halves the
/// memory.
#[derive(Debug)]
pub(super) struct KvCache {
    layers: Vec<LayerCache>,
    n_tokens: usize,
}

/// Keys and values of one layer, separately for each key-value head.
#[derive(Debug, Clone)]
pub(super) struct LayerCache {
    /// Blocks of `[head_width, BLOCK]`: attention multiplies one query with many keys at a time, which is
    /// fastest when one dimension of many keys lies together. What lies beyond the last token is arbitrary.
    pub(super) keys: Vec<Vec<f16>>,
    /// `[n_tokens, head_width]`.
    pub(super) values: Vec<Vec<f16>>,
    head_width: usize,
}

impl KvCache {
    pub(super) fn new(n_layers: usize, n_heads: usize, head_width: usize) -> Self {
        let layer = LayerCache {
            keys: vec![Vec::new(); n_heads],
            values: vec![Vec::new(); n_heads],
            head_width,
        };
        Self {
            layers: vec![layer; n_layers],
            n_tokens: 0,
        }
    }

    /// Tokens whose keys and values every layer holds.
    pub(super) fn n_tokens(&self) -> usize {
        self.n_tokens
    }

    /// Forgets all but the first `n_tokens`, and whatever an interrupted pass left half done.
    pub(super) fn truncate(&mut self, n_tokens: usize) {
        self.n_tokens = self.n_tokens.min(n_tokens);
        for layer in &mut self.layers {
            layer.truncate(self.n_tokens);
        }
    }

    /// A cache of its own that holds the first `n_tokens`, or all where there are fewer.
    pub(super) fn fork(&self, n_tokens: usize) -> Self {
        let n_tokens = n_tokens.min(self.n_tokens);
        let layers = self.layers.iter().map(|layer| layer.fork(n_tokens));
        Self {
            layers: layers.collect(),
            n_tokens,
        }
    }

    /// Memory it takes.
    pub(super) fn n_bytes(&self) -> usize {
        let layers = self
            .layers
            .iter()
            .flat_map(|layer| [&layer.keys, &layer.values]);
        let n_values: usize = layers.flatten().map(Vec::capacity).sum();
        n_values * size_of::<f16>()
    }

    /// Layer `index`, to which exactly one row for each new token is appended before [`KvCache::advance`].
    pub(super) fn layer(&mut self, index: usize) -> &mut LayerCache {
        &mut self.layers[index]
    }

    /// Declares `n_tokens` more tokens complete in every layer.
    pub(super) fn advance(&mut self, n_tokens: usize) {
        self.n_tokens += n_tokens;
    }
}

impl LayerCache {
    /// Tokens this layer holds.
    pub(super) fn n_tokens(&self) -> usize {
        self.values[0].len() / self.head_width
    }

    /// Appends the rows of new tokens: `[n_tokens, n_heads * head_width]` each.
    pub(super) fn append(&mut self, keys: &[f32], values: &[f32]) {
        let width = self.keys.len() * self.head_width;
        let first = self.n_tokens();
        for (head, cache) in self.values.iter_mut().enumerate() {
            for row in values.chunks_exact(width) {
                let row = &row[head * self.head_width..][..self.head_width];
                cache.extend(row.iter().map(|value| f16::from_f32(*value)));
            }
        }
        for (head, cache) in self.keys.iter_mut().enumerate() {
            for (position, row) in (first..).zip(keys.chunks_exact(width)) {
                let row = &row[head * self.head_width..][..self.head_width];
                let block = position / BLOCK * BLOCK * self.head_width;
                if cache.len() <= block {
                    cache.resize(block + BLOCK * self.head_width, f16::ZERO);
                }
                let lanes = cache[block + position % BLOCK..].iter_mut().step_by(BLOCK);
                for (stored, value) in lanes.zip(row) {
                    *stored = f16::from_f32(*value);
                }
            }
        }
    }

    fn fork(&self, n_tokens: usize) -> Self {
        let n_keys = n_tokens.div_ceil(BLOCK) * BLOCK * self.head_width;
        let n_values = n_tokens * self.head_width;
        Self {
            keys: self
                .keys
                .iter()
                .map(|keys| keys[..n_keys].to_vec())
                .collect(),
            values: self
                .values
                .iter()
                .map(|values| values[..n_values].to_vec())
                .collect(),
            head_width: self.head_width,
        }
    }

    fn truncate(&mut self, n_tokens: usize) {
        for keys in &mut self.keys {
            keys.truncate(n_tokens.div_ceil(BLOCK) * BLOCK * self.head_width);
        }
        for values in &mut self.values {
            values.truncate(n_tokens * self.head_width);
        }
    }
}
