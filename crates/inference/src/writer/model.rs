//! The decoder: token ids to scores of the next token.
//!
//! ids → embedding → layers (attention over the [`KvCache`], gated feed-forward) → **logits**. One pass may
//! read many tokens and score any number of the last ones, which is what verifying drafted tokens needs. Not
//! here: which token is taken, what is cached from one request to the next.

use super::architecture::{Activation, Config};
use super::attention::{Shape, attend};
use super::embedding::Embedding;
use super::gguf::{GgufError, GgufFile};
use super::kv_cache::KvCache;
use super::linear::{Inputs, Linear};
use super::parallel::for_each_chunk_of;
use super::rope::Rope;
use super::simd::{add, gelu_times, rms_norm, scale, silu_times};

/// A loaded decoder.
#[derive(Debug)]
pub(super) struct Model {
    config: Config,
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    output: Linear,
    /// For layers that see everything.
    rope: Rope,
    /// For layers with a window, where the family has them.
    window_rope: Option<Rope>,
    n_positions: usize,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Vec<f32>,
    query: Projection,
    key: Projection,
    value: Projection,
    attention_output: Linear,
    attention_post_norm: Option<Vec<f32>>,
    feed_forward_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
    feed_forward_post_norm: Option<Vec<f32>>,
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
        let rope = |base_and_divisor, factors| {
            let pairing = config.architecture.pairing;
            Rope::new(
                pairing,
                config.head_width,
                base_and_divisor,
                factors,
                n_positions,
            )
        };
        Ok(Self {
            embedding,
            layers,
            norm: file.vector("output_norm.weight", width)?,
            output: Linear::read(file, output, n_tokens, width)?,
            rope: rope((config.rope_base, config.rope_divisor), factors.as_deref()),
            window_rope: config
                .window
                .map(|window| rope((window.rope_base, 1.0), None)),
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
        if self.config.architecture.scales_embedding {
            scale(&mut hidden, (width as f32).sqrt());
        }
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
        let mut post_norm = |suffix: &str| {
            let is_there = config.architecture.has_post_norm;
            is_there
                .then(|| file.vector(&name(suffix), width))
                .transpose()
        };
        Ok(Self {
            attention_post_norm: post_norm("post_attention_norm")?,
            feed_forward_post_norm: post_norm("post_ffw_norm")?,
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
        let window = config.window.filter(|window| window.covers(index));
        let rope = window.and(model.window_rope.as_ref());
        let rope = rope.unwrap_or(&model.rope);
        for (rows, n_heads) in [
            (&mut queries, config.n_heads),
            (&mut keys, config.n_kv_heads),
        ] {
            let rows = rows.chunks_exact_mut(n_heads * config.head_width);
            for (position, row) in (first..).zip(rows) {
                rope.rotate(row, position);
            }
        }
        let layer_cache = cache.layer(index);
        layer_cache.append(&keys, &values);
        let shape = Shape {
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            head_width: config.head_width,
            scale: config.attention_scale,
            window: window.map_or(usize::MAX, |window| window.n_positions),
        };
        let attended = attend(&queries, layer_cache, shape);
        let inputs = Inputs::new(&attended, config.n_heads * config.head_width);
        let attended = self.attention_output.forward(&inputs)?;
        add_normed(
            hidden,
            &attended,
            self.attention_post_norm.as_deref(),
            epsilon,
        );

        rms_norm(hidden, &self.feed_forward_norm, epsilon, &mut normed);
        let inputs = Inputs::new(&normed, width);
        let mut gate = self.gate.forward(&inputs)?;
        let up = self.up.forward(&inputs)?;
        let inner = config.feed_forward_width;
        // An exponential costs as much as some products.
        let n_products = 8 * gate.len();
        for_each_chunk_of(n_products, &mut gate, inner, |row, gate| {
            let up = &up[row * inner..][..inner];
            match config.architecture.activation {
                Activation::Silu => silu_times(gate, up),
                Activation::Gelu => gelu_times(gate, up),
            }
        });
        let inputs = Inputs::new(&gate, inner);
        let down = self.down.forward(&inputs)?;
        add_normed(
            hidden,
            &down,
            self.feed_forward_post_norm.as_deref(),
            epsilon,
        );
        Ok(())
    }
}

/// Adds `rows` to `hidden`, after normalising them where the family does.
fn add_normed(hidden: &mut [f32], rows: &[f32], norm: Option<&[f32]>, epsilon: f32) {
    let Some(norm) = norm else {
        return add(hidden, rows);
    };
    let mut normed = vec![0.0; rows.len()];
    rms_norm(rows, norm, epsilon, &mut normed);
    add(hidden, &normed);
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
