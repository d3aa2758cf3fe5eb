//! Keys and values of the tokens read so far.

use half::f16;

/// Keys and values of every layer, for a prefix of some text.
///
/// The cache can be cut back to a shorter prefix ([`KvCache::truncate`]) and copied ([`Clone`]: only what is
/// filled), so that texts with a common beginning share the work of reading it. Rows are appended in position
/// order; keys are stored after rotation. Half precision: a quarter of a percent of a score, half the memory.
#[derive(Debug, Clone)]
pub(super) struct KvCache {
    layers: Vec<LayerCache>,
    n_tokens: usize,
}

/// Keys and values of one layer, a run of `[n_tokens, head_width]` rows for each key-value head.
#[derive(Debug, Clone)]
pub(super) struct LayerCache {
    pub(super) keys: Vec<Vec<f16>>,
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

    /// Forgets all but the first `n_tokens`; does nothing when there are no more than that.
    pub(super) fn truncate(&mut self, n_tokens: usize) {
        self.n_tokens = self.n_tokens.min(n_tokens);
        for layer in &mut self.layers {
            let length = self.n_tokens * layer.head_width;
            for rows in layer.keys.iter_mut().chain(&mut layer.values) {
                rows.truncate(length);
            }
        }
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
    /// Appends the rows of new tokens: `[n_tokens, n_heads * head_width]` each.
    pub(super) fn append(&mut self, keys: &[f32], values: &[f32]) {
        let n_heads = self.keys.len();
        for (cache, rows) in [(&mut self.keys, keys), (&mut self.values, values)] {
            for row in rows.chunks_exact(n_heads * self.head_width) {
                for (head, row) in cache.iter_mut().zip(row.chunks_exact(self.head_width)) {
                    head.extend(row.iter().map(|value| f16::from_f32(*value)));
                }
            }
        }
    }
}
