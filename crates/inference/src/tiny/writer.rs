//! A decoder of a few random layers, in a real GGUF file.
//!
//! What it writes means nothing, but it is the same for the same seed, and header, tokenizer, chat template,
//! quantised kernels and cache are the real ones. Its tensors have several types on purpose.

use std::io;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::writer::vocabulary::byte_symbols;

/// A multiple of 256, which the types in blocks of 256 need.
const WIDTH: usize = 256;
const CONTEXT_TOKENS: u32 = 512;
/// Positions a layer with a window sees: less than a block of the cache, and no divisor of one.
const WINDOW_TOKENS: usize = 24;

/// Pairs of symbols that become one token, in order; `Ġ` stands for a space.
const MERGES: &[(&str, &str)] = &[
    ("t", "h"),
    ("th", "e"),
    ("Ġ", "the"),
    ("e", "n"),
    ("d", "e"),
    ("Ġ", "de"),
    ("e", "r"),
    ("i", "n"),
    ("a", "n"),
    ("Ġ", "a"),
];
const CONTROL: &[&str] = &["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const CHAT_TEMPLATE: &str = "{% for message in messages %}\
    {{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const GEMMA_CONTROL: &[&str] = &["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"];
/// Like Gemma's own: instructions open the first turn of the user, turns alternate, texts are trimmed.
const GEMMA_TEMPLATE: &str = "{{ bos_token }}{% set rest = messages %}{% set first = '' %}\
    {% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\\n\\n' %}\
    {% set rest = messages[1:] %}{% endif %}\
    {% for message in rest %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns must alternate') }}\
    {% endif %}\
    {{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\\n' }}\
    {{ first if loop.first else '' }}{{ message['content'] | trim }}{{ '<end_of_turn>\\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}";

/// What one family's model looks like.
#[expect(clippy::struct_excessive_bools, reason = "switches of a family")]
struct Shape {
    n_layers: usize,
    n_heads: usize,
    n_kv_heads: usize,
    head_width: usize,
    has_bias: bool,
    has_head_norm: bool,
    has_post_norm: bool,
    /// An output matrix and factors of the rotation of its own.
    has_output: bool,
}

impl Shape {
    fn of(architecture: &str) -> Self {
        let plain = Self {
            n_layers: 2,
            n_heads: 4,
            n_kv_heads: 2,
            head_width: WIDTH / 4,
            has_bias: false,
            has_head_norm: false,
            has_post_norm: false,
            has_output: false,
        };
        match architecture {
            "qwen2" => Self {
                has_bias: true,
                ..plain
            },
            "qwen3" => Self {
                head_width: 32,
                has_head_norm: true,
                ..plain
            },
            // Seven layers: one that sees everything between those with a window.
            "gemma3" => Self {
                n_layers: 7,
                n_kv_heads: 1,
                has_head_norm: true,
                has_post_norm: true,
                ..plain
            },
            _ => Self {
                has_output: true,
                ..plain
            },
        }
    }
}

/// Writes a random decoder of `architecture` (`qwen2`, `qwen3`, `gemma3`, or `llama` for any other name) to a
/// GGUF file in `dir`; the same seed gives the same file. A megabyte or two, a context of 512 tokens, and a
/// vocabulary of the 256 bytes, a few merges and the family's turn markers: `<|endoftext|>`, `<|im_start|>` and
/// `<|im_end|>`, or Gemma's. The name stands in the file as given, so that one that is not supported can be
/// tried.
///
/// # Errors
/// When the file cannot be written.
pub fn writer_file(dir: &Path, architecture: &str, seed: u64) -> io::Result<PathBuf> {
    let path = dir.join(format!("tiny-{architecture}-{seed}.gguf"));
    write(path, architecture, seed, CONTEXT_TOKENS)
}

/// [`writer_file`] with room for `context_tokens`, in a file of its own: 512 bytes are less than instructions and
/// evidence for a tokenizer of bytes.
///
/// # Errors
/// When the file cannot be written.
pub fn roomy_writer_file(
    dir: &Path,
    architecture: &str,
    seed: u64,
    context_tokens: u32,
) -> io::Result<PathBuf> {
    let path = dir.join(format!("tiny-{architecture}-{seed}-{context_tokens}.gguf"));
    write(path, architecture, seed, context_tokens)
}

fn write(path: PathBuf, architecture: &str, seed: u64, context_tokens: u32) -> io::Result<PathBuf> {
    let shape = Shape::of(architecture);
    let mut metadata = metadata(architecture, &shape, context_tokens);
    let n_tokens = if architecture == "gemma3" {
        pieces(&mut metadata)
    } else {
        byte_pairs(&mut metadata, architecture)
    };
    let tensors = tensors(&shape, n_tokens, seed).map_err(io::Error::other)?;
    let metadata: Vec<_> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let mut file = io::Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).map_err(io::Error::other)?;
    fs_err::write(&path, file.into_inner())?;
    Ok(path)
}

type Metadata = Vec<(String, Value)>;

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn size(size: usize) -> Value {
    Value::U32(u32::try_from(size).unwrap_or(u32::MAX))
}

fn metadata(architecture: &str, shape: &Shape, context_tokens: u32) -> Metadata {
    let of_model = |key: &str| format!("{architecture}.{key}");
    let mut metadata = vec![
        ("general.architecture".to_owned(), text(architecture)),
        (of_model("block_count"), size(shape.n_layers)),
        (of_model("context_length"), Value::U32(context_tokens)),
        (of_model("embedding_length"), size(WIDTH)),
        (of_model("feed_forward_length"), size(WIDTH)),
        (of_model("attention.head_count"), size(shape.n_heads)),
        (of_model("attention.head_count_kv"), size(shape.n_kv_heads)),
        (
            of_model("attention.layer_norm_rms_epsilon"),
            Value::F32(1e-6),
        ),
        (of_model("rope.freq_base"), Value::F32(10_000.0)),
    ];
    if shape.head_width != WIDTH / shape.n_heads {
        metadata.push((of_model("attention.key_length"), size(shape.head_width)));
        metadata.push((of_model("attention.value_length"), size(shape.head_width)));
    }
    if architecture == "gemma3" {
        metadata.retain(|(key, _)| !key.ends_with("rope.freq_base"));
        metadata.extend([
            (of_model("rope.freq_base"), Value::F32(1_000_000.0)),
            (of_model("rope.scaling.type"), text("linear")),
            (of_model("rope.scaling.factor"), Value::F32(8.0)),
            (of_model("attention.sliding_window"), size(WINDOW_TOKENS)),
        ]);
    }
    metadata
}

/// Adds a byte-level tokenizer; gives the number of its tokens.
fn byte_pairs(metadata: &mut Metadata, architecture: &str) -> usize {
    let bytes = byte_symbols().map(|(symbol, _)| symbol.to_string());
    let merged = MERGES.iter().map(|(left, right)| format!("{left}{right}"));
    let control = CONTROL.iter().map(ToString::to_string);
    let tokens: Vec<String> = bytes.chain(merged).chain(control).collect();
    let (n_tokens, n_plain) = (tokens.len(), tokens.len() - CONTROL.len());
    let kinds = (0..n_tokens).map(|id| Value::I32(if id < n_plain { 1 } else { 3 }));
    let merges = MERGES
        .iter()
        .map(|(left, right)| text(&format!("{left} {right}")));
    let pre = if architecture.starts_with("qwen") {
        "qwen2"
    } else {
        "smollm"
    };
    let of_tokenizer = |key: &str| format!("tokenizer.ggml.{key}");
    metadata.extend([
        (of_tokenizer("model"), text("gpt2")),
        (of_tokenizer("pre"), text(pre)),
        (of_tokenizer("token_type"), Value::Array(kinds.collect())),
        (of_tokenizer("merges"), Value::Array(merges.collect())),
        (of_tokenizer("bos_token_id"), size(n_plain)),
        (of_tokenizer("eos_token_id"), size(n_plain + 2)),
        (of_tokenizer("add_bos_token"), Value::Bool(false)),
        ("tokenizer.chat_template".to_owned(), text(CHAT_TEMPLATE)),
        (
            of_tokenizer("tokens"),
            Value::Array(tokens.into_iter().map(Value::String).collect()),
        ),
    ]);
    n_tokens
}

/// Adds a tokenizer of pieces with scores; gives the number of its tokens.
fn pieces(metadata: &mut Metadata) -> usize {
    let mut tokens: Vec<(String, i32)> = Vec::new();
    for byte in 0..=255_u8 {
        tokens.push((format!("<0x{byte:02X}>"), 6));
    }
    for (left, right) in MERGES {
        tokens.push((format!("{left}{right}").replace('Ġ', "\u{2581}"), 1));
    }
    for character in ('a'..='z').chain("\u{2581}.,?<>|_\n".chars()) {
        tokens.push((character.to_string(), 1));
    }
    tokens.push(("\n\n".to_owned(), 4));
    let n_plain = tokens.len();
    for marker in GEMMA_CONTROL {
        // Converters have taken the first marker of a turn for an ordinary token.
        let kind = if *marker == "<start_of_turn>" { 4 } else { 3 };
        tokens.push(((*marker).to_owned(), kind));
    }
    let n_tokens = tokens.len();
    let scores = (0..n_tokens).map(|id| Value::F32(-(id as f32)));
    let of_tokenizer = |key: &str| format!("tokenizer.ggml.{key}");
    let (tokens, kinds): (Vec<Value>, Vec<Value>) = tokens
        .into_iter()
        .map(|(token, kind)| (Value::String(token), Value::I32(kind)))
        .unzip();
    metadata.extend([
        (of_tokenizer("model"), text("llama")),
        (of_tokenizer("scores"), Value::Array(scores.collect())),
        (of_tokenizer("token_type"), Value::Array(kinds)),
        (of_tokenizer("tokens"), Value::Array(tokens)),
        (of_tokenizer("bos_token_id"), size(n_plain)),
        (of_tokenizer("eos_token_id"), size(n_plain + 1)),
        (of_tokenizer("add_bos_token"), Value::Bool(true)),
        (of_tokenizer("add_space_prefix"), Value::Bool(false)),
        ("tokenizer.chat_template".to_owned(), text(GEMMA_TEMPLATE)),
    ]);
    n_tokens
}

fn tensors(
    shape: &Shape,
    n_tokens: usize,
    seed: u64,
) -> candle_core::Result<Vec<(String, QTensor)>> {
    let mut random = Random(seed);
    let mut tensors = Vec::new();
    let mut matrix = |name: String, rows: usize, columns: usize, dtype: GgmlDType| {
        // Variance 1 / columns keeps activations of the size of their inputs.
        let bound = (3.0 / columns as f32).sqrt();
        let values: Vec<f32> = (0..rows * columns).map(|_| bound * random.next()).collect();
        let matrix = Tensor::from_vec(values, (rows, columns), &Device::Cpu)?;
        tensors.push((name, QTensor::quantize(&matrix, dtype)?));
        candle_core::Result::Ok(())
    };
    let query_width = shape.n_heads * shape.head_width;
    let kv_width = shape.n_kv_heads * shape.head_width;
    // Most score with the embedding itself, as small models do.
    matrix(
        "token_embd.weight".to_owned(),
        n_tokens,
        WIDTH,
        GgmlDType::Q8_0,
    )?;
    for layer in 0..shape.n_layers {
        let name = |suffix: &str| format!("blk.{layer}.{suffix}.weight");
        matrix(name("attn_q"), query_width, WIDTH, GgmlDType::Q8_0)?;
        matrix(name("attn_k"), kv_width, WIDTH, GgmlDType::Q4_0)?;
        matrix(name("attn_v"), kv_width, WIDTH, GgmlDType::Q6K)?;
        matrix(name("attn_output"), WIDTH, query_width, GgmlDType::Q4_1)?;
        matrix(name("ffn_gate"), WIDTH, WIDTH, GgmlDType::Q4K)?;
        matrix(name("ffn_up"), WIDTH, WIDTH, GgmlDType::Q4K)?;
        matrix(name("ffn_down"), WIDTH, WIDTH, GgmlDType::Q5_0)?;
    }
    if shape.has_output {
        matrix("output.weight".to_owned(), n_tokens, WIDTH, GgmlDType::Q6K)?;
    }
    let mut vector = |name: String, length: usize, middle: f32, spread: f32| {
        let values: Vec<f32> = (0..length)
            .map(|_| spread.mul_add(random.next(), middle))
            .collect();
        let vector = Tensor::from_vec(values, length, &Device::Cpu)?;
        tensors.push((name, QTensor::quantize(&vector, GgmlDType::F32)?));
        candle_core::Result::Ok(())
    };
    vector("output_norm.weight".to_owned(), WIDTH, 4.0, 1.0)?;
    if shape.has_output {
        vector(
            "rope_freqs.weight".to_owned(),
            shape.head_width / 2,
            4.0,
            3.0,
        )?;
    }
    for layer in 0..shape.n_layers {
        let name = |suffix: &str| format!("blk.{layer}.{suffix}");
        vector(name("attn_norm.weight"), WIDTH, 1.0, 0.5)?;
        vector(name("ffn_norm.weight"), WIDTH, 1.0, 0.5)?;
        if shape.has_bias {
            vector(name("attn_q.bias"), query_width, 0.1, 0.5)?;
            vector(name("attn_k.bias"), kv_width, 0.1, 0.5)?;
            vector(name("attn_v.bias"), kv_width, 0.1, 0.5)?;
        }
        if shape.has_head_norm {
            vector(name("attn_q_norm.weight"), shape.head_width, 1.0, 0.5)?;
            vector(name("attn_k_norm.weight"), shape.head_width, 1.0, 0.5)?;
        }
        if shape.has_post_norm {
            vector(name("post_attention_norm.weight"), WIDTH, 1.0, 0.5)?;
            vector(name("post_ffw_norm.weight"), WIDTH, 1.0, 0.5)?;
        }
    }
    Ok(tensors)
}

/// `SplitMix64` (doi:10.1145/2660193.2660195): the same numbers on every machine and in every version.
struct Random(u64);

impl Random {
    /// The next number in `[-1, 1)`.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}
