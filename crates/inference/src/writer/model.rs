//! The decoder: token ids to scores of the next token.
//!
//! ids → embedding → layers (attention over the [`KvCache`], gated feed-forward) → **logits**. One pass may
//! read many tokens and score any number of the last ones, which is what verifying drafted tokens needs. Not
//! here: which token is taken, what is cached from one request to the next.

use super::architecture::Config;
use super::attention::{Shape, attend};
use super::embedding::Embedding;
use super::gguf::{GgufError, GgufFile};
use super::kv_cache::KvCache;
use super::linear::{Inputs, Linear};
use super::parallel::for_each_chunk;
use super::rope::Rope;
use super::simd::{add, rms_norm, silu_times};

/// A loaded decoder.
#[derive(Debug)]
pub(super) struct Model {
    config: Config,
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    output: Linear,
    rope: Rope,
    n_positions: usize,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Vec<f32>,
    query: Projection,
    key: Projection,
    value: Projection,
    attention_output: Linear,
    feed_forward_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// One of the three projections of attention, with what some families add to it.
#[derive(Debug)]
struct Projection {
    weights: Linear,
    bias: Option<Vec<f32>>,
    head_norm: Option<Vec<f32>>,
}

impl Model {
    /// Loads the weights of `file` for texts of at most `most_positions` tokens.
    pub(super) fn read(
        file: &mut GgufFile,
        config: Config,
        most_positions: usize,
    ) -> Result<Self, GgufError> {
        let (width, n_tokens) = (config.width, config.n_tokens);
        let embedding = Embedding::read(file, "token_embd.weight", n_tokens, width)?;
        let mut layers = Vec::new();
        for index in 0..config.n_layers {
            layers.push(Layer::read(file, &config, &format!("blk.{index}"))?);
        }
        // Small models score with the embedding itself and bring no matrix of their own.
        let output = if file.tensors.contains_key("output.weight") {
            "output.weight"
        } else {
            "token_embd.weight"
        };
        let factors = if file.tensors.contains_key("rope_freqs.weight") {
            Some(file.vector("rope_freqs.weight", config.head_width / 2)?)
        } else {
            None
        };
        let n_positions = config.context_length.min(most_positions);
        Ok(Self {
            embedding,
            layers,
            norm: file.vector("output_norm.weight", width)?,
            output: Linear::read(file, output, n_tokens, width)?,
            rope: Rope::new(
                config.architecture.pairing,
                config.head_width,
                config.rope_base,
                factors.as_deref(),
                n_positions,
            ),
            n_positions,
            config,
        })
    }

    /// Tokens the context holds.
    pub(super) fn n_positions(&self) -> usize {
        self.n_positions
    }

    /// Number of scores a position gets.
    pub(super) fn n_tokens(&self) -> usize {
        self.config.n_tokens
    }

    /// A cache that fits this model.
    pub(super) fn new_cache(&self) -> KvCache {
        KvCache::new(
            self.config.n_layers,
            self.config.n_kv_heads,
            self.config.head_width,
        )
    }

    /// Reads `ids` after what `cache` holds and gives the scores of the token after each of the last
    /// `n_scored`, `[n_scored, n_tokens]`; `None` when `is_stopped` became true on the way, with the cache as
    /// it was. The cache must have room for `ids` below [`Model::n_positions`].
    pub(super) fn forward(
        &self,
        ids: &[u32],
        cache: &mut KvCache,
        n_scored: usize,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<f32>>, candle_core::Error> {
        let first = cache.n_tokens();
        let width = self.config.width;
        let mut hidden = self.embedding.rows(ids)?;
        for (index, layer) in self.layers.iter().enumerate() {
            if is_stopped() {
                cache.truncate(first);
                return Ok(None);
            }
            layer.forward(self, &mut hidden, cache, index)?;
        }
        cache.advance(ids.len());
        if n_scored == 0 {
            return Ok(Some(Vec::new()));
        }
        let last = &hidden[(ids.len() - n_scored) * width..];
        let mut normed = vec![0.0; last.len()];
        rms_norm(last, &self.norm, self.config.norm_epsilon, &mut normed);
        let logits = self.output.forward(&Inputs::new(&normed, width))?;
        Ok(Some(logits))
    }
}

impl Layer {
    fn read(file: &mut GgufFile, config: &Config, prefix: &str) -> Result<Self, GgufError> {
        let width = config.width;
        let query_width = config.n_heads * config.head_width;
        let key_width = config.n_kv_heads * config.head_width;
        let inner = config.feed_forward_width;
        let name = |suffix: &str| format!("{prefix}.{suffix}.weight");
        Ok(Self {
            attention_norm: file.vector(&name("attn_norm"), width)?,
            query: Projection::read(file, config, prefix, "attn_q", query_width)?,
            key: Projection::read(file, config, prefix, "attn_k", key_width)?,
            value: Projection::read(file, config, prefix, "attn_v", key_width)?,
            attention_output: Linear::read(file, &name("attn_output"), width, query_width)?,
            feed_forward_norm: file.vector(&name("ffn_norm"), width)?,
            gate: Linear::read(file, &name("ffn_gate"), inner, width)?,
            up: Linear::read(file, &name("ffn_up"), inner, width)?,
            down: Linear::read(file, &name("ffn_down"), width, inner)?,
        })
    }

    fn forward(
        &self,
        model: &Model,
        hidden: &mut [f32],
        cache: &mut KvCache,
        index: usize,
    ) -> Result<(), candle_core::Error> {
        let config = &model.config;
        let (width, epsilon) = (config.width, config.norm_epsilon);
        let first = cache.n_tokens();
        let mut normed = vec![0.0; hidden.len()];
        rms_norm(hidden, &self.attention_norm, epsilon, &mut normed);
        let inputs = Inputs::new(&normed, width);
        let mut queries = self.query.forward(&inputs, epsilon)?;
        let mut keys = self.key.forward(&inputs, epsilon)?;
        let values = self.value.forward(&inputs, epsilon)?;
        for (rows, n_heads) in [
            (&mut queries, config.n_heads),
            (&mut keys, config.n_kv_heads),
        ] {
            let rows = rows.chunks_exact_mut(n_heads * config.head_width);
            for (position, row) in (first..).zip(rows) {
                model.rope.rotate(row, position);
            }
        }
        let layer_cache = cache.layer(index);
        layer_cache.append(&keys, &values);
        let shape = Shape {
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            head_width: config.head_width,
        };
        let attended = attend(&queries, layer_cache, shape);
        let inputs = Inputs::new(&attended, config.n_heads * config.head_width);
        add(hidden, &self.attention_output.forward(&inputs)?);

        rms_norm(hidden, &self.feed_forward_norm, epsilon, &mut normed);
        let inputs = Inputs::new(&normed, width);
        let mut gate = self.gate.forward(&inputs)?;
        let up = self.up.forward(&inputs)?;
        let inner = config.feed_forward_width;
        for_each_chunk(&mut gate, inner, |row, gate| {
            silu_times(gate, &up[row * inner..][..inner]);
        });
        let inputs = Inputs::new(&gate, inner);
        add(hidden, &self.down.forward(&inputs)?);
        Ok(())
    }
}

impl Projection {
    fn read(
        file: &mut GgufFile,
        config: &Config,
        prefix: &str,
        name: &str,
        n_outputs: usize,
    ) -> Result<Self, GgufError> {
        let architecture = config.architecture;
        let weights = Linear::read(
            file,
            &format!("{prefix}.{name}.weight"),
            n_outputs,
            config.width,
        )?;
        let bias = if architecture.has_attention_bias {
            Some(file.vector(&format!("{prefix}.{name}.bias"), n_outputs)?)
        } else {
            None
        };
        let head_norm = if architecture.has_head_norm && name != "attn_v" {
            Some(file.vector(&format!("{prefix}.{name}_norm.weight"), config.head_width)?)
        } else {
            None
        };
        Ok(Self {
            weights,
            bias,
            head_norm,
        })
    }

    fn forward(&self, inputs: &Inputs<'_>, epsilon: f32) -> Result<Vec<f32>, candle_core::Error> {
        let mut rows = self.weights.forward(inputs)?;
        if let Some(bias) = &self.bias {
            for row in rows.chunks_exact_mut(bias.len()) {
                add(row, bias);
            }
        }
        if let Some(weight) = &self.head_norm {
            let plain = rows.clone();
            rms_norm(&plain, weight, epsilon, &mut rows);
        }
        Ok(rows)
    }
}
