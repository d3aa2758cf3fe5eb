//! The table of architectures and the numbers a file gives for one.

use super::gguf::{GgufError, GgufFile, Value};

/// How a head's values are paired for rotation (arXiv:2104.09864).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairing {
    /// Value `i` with value `i + half`.
    Halves,
    /// Value `2i` with value `2i + 1`.
    Neighbours,
}

/// What gates the feed-forward layer (arXiv:2002.05202).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// `x * sigmoid(x)`.
    Silu,
    /// The Gaussian error linear unit in its approximation by `tanh` (arXiv:1606.08415).
    Gelu,
}

/// What a family with windows does where the file does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WindowDefaults {
    /// Of so many layers in a row the last sees everything, the others a window.
    period: usize,
    /// Base of the rotation in layers with a window.
    rope_base: f64,
}

/// What distinguishes one family of decoders from another. A family is supported when these switches
/// describe it; one that needs more (soft caps, other norms, experts) needs a new switch first.
#[derive(Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a table of switches")]
pub(super) struct Architecture {
    /// As `general.architecture` names it.
    pub(super) name: &'static str,
    /// Whether queries, keys and values have biases.
    pub(super) has_attention_bias: bool,
    /// Whether each head's queries and keys are normalised before rotation.
    pub(super) has_head_norm: bool,
    /// Whether what attention and feed-forward layer give is normalised before it is added.
    pub(super) has_post_norm: bool,
    /// Whether embeddings are multiplied by the square root of their length.
    pub(super) scales_embedding: bool,
    /// How values are paired for rotation.
    pub(super) pairing: Pairing,
    /// What gates the feed-forward layer.
    pub(super) activation: Activation,
    /// Whether most layers see a window of the last positions only.
    window: Option<WindowDefaults>,
    /// Models of so many layers scale queries by `width / n_heads` instead of the length of a head; their
    /// files do not say so.
    n_layers_scaled_by_width: Option<usize>,
}

/// Qwen2 and 2.5; the other families are told by what they do otherwise.
const QWEN2: Architecture = Architecture {
    name: "qwen2",
    has_attention_bias: true,
    has_head_norm: false,
    has_post_norm: false,
    scales_embedding: false,
    pairing: Pairing::Halves,
    activation: Activation::Silu,
    window: None,
    n_layers_scaled_by_width: None,
};

/// Supported families: Qwen2 and 2.5, Qwen3, Llama with its many descendants (`SmolLM2` among them), and the
/// text part of Gemma 3 (arXiv:2503.19786).
const SUPPORTED: &[Architecture] = &[
    QWEN2,
    Architecture {
        name: "qwen3",
        has_attention_bias: false,
        has_head_norm: true,
        ..QWEN2
    },
    Architecture {
        name: "llama",
        has_attention_bias: false,
        pairing: Pairing::Neighbours,
        ..QWEN2
    },
    Architecture {
        name: "gemma3",
        has_attention_bias: false,
        has_head_norm: true,
        has_post_norm: true,
        scales_embedding: true,
        activation: Activation::Gelu,
        window: Some(WindowDefaults {
            period: 6,
            rope_base: 10_000.0,
        }),
        // The one of 27 billion parameters.
        n_layers_scaled_by_width: Some(62),
        ..QWEN2
    },
];

impl Architecture {
    /// The family called `name`, if it is supported.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        SUPPORTED
            .iter()
            .find(|architecture| architecture.name == name)
    }

    /// Names of all supported families, separated by commas.
    pub(super) fn names() -> String {
        let names: Vec<_> = SUPPORTED.iter().map(|family| family.name).collect();
        names.join(", ")
    }
}

/// The numbers of one model.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) architecture: &'static Architecture,
    /// Length of a token's vector.
    pub(super) width: usize,
    pub(super) n_layers: usize,
    pub(super) n_heads: usize,
    /// Key-value heads, each shared by `n_heads / n_kv_heads` heads.
    pub(super) n_kv_heads: usize,
    pub(super) head_width: usize,
    pub(super) feed_forward_width: usize,
    pub(super) n_tokens: usize,
    /// Positions the model was trained for.
    pub(super) context_length: usize,
    pub(super) norm_epsilon: f32,
    pub(super) rope_base: f64,
    /// Positions are divided by this before rotation, but in layers with a window.
    pub(super) rope_divisor: f64,
    /// Factor of the products of queries and keys.
    pub(super) attention_scale: f32,
    pub(super) window: Option<Window>,
}

/// The layers that see a part of what was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Positions such a layer sees, its own included.
    pub(super) n_positions: usize,
    /// Base of the rotation in such layers.
    pub(super) rope_base: f64,
    period: usize,
}

impl Window {
    /// Whether layer `index` is one of those.
    pub(super) fn covers(self, index: usize) -> bool {
        index % self.period + 1 < self.period
    }
}

/// Why the numbers of a file were refused.
#[derive(Debug)]
pub(super) enum ConfigError {
    File(GgufError),
    Unsupported(String),
}

impl From<GgufError> for ConfigError {
    fn from(error: GgufError) -> Self {
        Self::File(error)
    }
}

impl Config {
    /// Reads and checks the numbers of `file`. Bounds are far above any model that fits this engine.
    pub(super) fn read(
        file: &GgufFile,
        architecture: &'static Architecture,
    ) -> Result<Self, ConfigError> {
        let name = architecture.name;
        let size = |key: &str, most: usize| file.required_size(&format!("{name}.{key}"), most);
        let width = size("embedding_length", 1 << 16)?;
        let n_heads = size("attention.head_count", 1 << 10)?;
        let n_kv_heads = match file.size(&format!("{name}.attention.head_count_kv"))? {
            None => n_heads,
            Some(_) => size("attention.head_count_kv", n_heads)?,
        };
        let head_width = match file.size(&format!("{name}.attention.key_length"))? {
            None => width / n_heads,
            Some(_) => size("attention.key_length", 1 << 10)?,
        };
        let Some(token_embedding) = file.tensors.get("token_embd.weight") else {
            return damaged("tensor `token_embd.weight` is missing");
        };
        let n_tokens = match *token_embedding.dimensions.as_slice() {
            [n_tokens, columns] if columns == width && n_tokens <= 1 << 22 => n_tokens,
            _ => return damaged("tensor `token_embd.weight` does not fit the embedding length"),
        };
        if !n_heads.is_multiple_of(n_kv_heads) || head_width == 0 || !head_width.is_multiple_of(2) {
            return damaged(format!(
                "{n_heads} heads of width {head_width} cannot share {n_kv_heads} keys"
            ));
        }
        let value_width = file.size(&format!("{name}.attention.value_length"))?;
        if value_width.is_some_and(|value_width| value_width != head_width) {
            return unsupported("values and keys of different lengths");
        }
        let rotated = file.size(&format!("{name}.rope.dimension_count"))?;
        if rotated.is_some_and(|rotated| rotated != head_width) {
            return unsupported("rotation of a part of each head");
        }
        let scaling = file.text(&format!("{name}.rope.scaling.type"))?;
        let rope_divisor = match scaling {
            None | Some("none") => 1.0,
            Some("linear") => file
                .number(&format!("{name}.rope.scaling.factor"))?
                .unwrap_or(1.0),
            Some(_) => return unsupported("position scaling"),
        };
        if file
            .size(&format!("{name}.expert_count"))?
            .is_some_and(|n| n > 0)
        {
            return unsupported("a mixture of experts");
        }
        let number = |key: &str| file.number(&format!("{name}.{key}"));
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if number(key)?.is_some_and(|cap| cap > 0.0) {
                return unsupported("soft caps");
            }
        }
        let norm_epsilon = number("attention.layer_norm_rms_epsilon")?.unwrap_or(1e-6);
        let rope_base = number("rope.freq_base")?.unwrap_or(10_000.0);
        if !(0.0..1.0).contains(&norm_epsilon) || rope_base < 1.0 || rope_divisor < 1.0 {
            return damaged("its normalisation or rotation constants are out of range");
        }
        #[expect(clippy::cast_possible_truncation, reason = "within [0, 1)")]
        let norm_epsilon = norm_epsilon as f32;
        let n_layers = size("block_count", 1 << 10)?;
        let scaled_width = if architecture.n_layers_scaled_by_width == Some(n_layers) {
            width / n_heads
        } else {
            head_width
        };
        Ok(Self {
            architecture,
            width,
            n_layers,
            n_heads,
            n_kv_heads,
            head_width,
            feed_forward_width: size("feed_forward_length", 1 << 20)?,
            n_tokens,
            context_length: size("context_length", 1 << 30)?,
            norm_epsilon,
            rope_base,
            rope_divisor,
            attention_scale: 1.0 / (scaled_width as f32).sqrt(),
            window: read_window(file, architecture)?,
        })
    }
}

/// The windows of a family that has them; none where the file gives no length.
fn read_window(
    file: &GgufFile,
    architecture: &Architecture,
) -> Result<Option<Window>, ConfigError> {
    let (Some(defaults), name) = (architecture.window, architecture.name) else {
        return Ok(None);
    };
    let length = file.size(&format!("{name}.attention.sliding_window"))?;
    let Some(n_positions) = length.filter(|length| *length > 0) else {
        return Ok(None);
    };
    let pattern = format!("{name}.attention.sliding_window_pattern");
    if file.metadata.get(&pattern) == Some(&Value::Skipped) {
        return unsupported("windows without a period");
    }
    let period = file.size(&pattern)?.unwrap_or(defaults.period);
    let rope_base = file
        .number(&format!("{name}.rope.freq_base_swa"))?
        .unwrap_or(defaults.rope_base);
    if period == 0 || rope_base < 1.0 {
        return damaged("its windows are out of range");
    }
    Ok(Some(Window {
        n_positions,
        rope_base,
        period,
    }))
}

fn damaged<T>(problem: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::File(GgufError::Damaged(problem.into())))
}

fn unsupported<T>(feature: &str) -> Result<T, ConfigError> {
    Err(ConfigError::Unsupported(feature.to_owned()))
}
