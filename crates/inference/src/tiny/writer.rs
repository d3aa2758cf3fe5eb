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
const N_LAYERS: usize = 2;
const N_HEADS: usize = 4;
const N_KV_HEADS: usize = 2;
const HEAD_WIDTH: usize = WIDTH / N_HEADS;
const CONTEXT_TOKENS: u32 = 512;

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

/// Writes a random decoder of `architecture` (`qwen2`, or `llama` for any other name) to a GGUF file in
/// `dir`; the same seed gives the same file. About one megabyte, a context of 512 tokens, and a vocabulary of
/// the 256 bytes, a few merges and the control tokens `<|endoftext|>`, `<|im_start|>` and `<|im_end|>`.
/// The name stands in the file as given, so that one that is not supported can be tried.
///
/// # Errors
/// When the file cannot be written.
pub fn writer_file(dir: &Path, architecture: &str, seed: u64) -> io::Result<PathBuf> {
    let path = dir.join(format!("tiny-{architecture}-{seed}.gguf"));
    let tokens = tokens();
    let tensors = tensors(architecture, tokens.len(), seed).map_err(io::Error::other)?;
    let metadata = metadata(architecture, tokens);
    let metadata: Vec<_> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let mut file = io::Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).map_err(io::Error::other)?;
    fs_err::write(&path, file.into_inner())?;
    Ok(path)
}

fn tokens() -> Vec<String> {
    let bytes = byte_symbols().map(|(symbol, _)| symbol.to_string());
    let merged = MERGES.iter().map(|(left, right)| format!("{left}{right}"));
    let control = CONTROL.iter().map(ToString::to_string);
    bytes.chain(merged).chain(control).collect()
}

fn metadata(architecture: &str, tokens: Vec<String>) -> Vec<(String, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let size = |size: usize| Value::U32(u32::try_from(size).unwrap_or(u32::MAX));
    let n_plain = tokens.len() - CONTROL.len();
    let kinds = (0..tokens.len()).map(|id| Value::I32(if id < n_plain { 1 } else { 3 }));
    let merges = MERGES
        .iter()
        .map(|(left, right)| text(&format!("{left} {right}")));
    let pre = if architecture == "qwen2" {
        "qwen2"
    } else {
        "smollm"
    };
    let of_model = |key: &str| format!("{architecture}.{key}");
    vec![
        ("general.architecture".to_owned(), text(architecture)),
        (of_model("block_count"), size(N_LAYERS)),
        (of_model("context_length"), Value::U32(CONTEXT_TOKENS)),
        (of_model("embedding_length"), size(WIDTH)),
        (of_model("feed_forward_length"), size(WIDTH)),
        (of_model("attention.head_count"), size(N_HEADS)),
        (of_model("attention.head_count_kv"), size(N_KV_HEADS)),
        (
            of_model("attention.layer_norm_rms_epsilon"),
            Value::F32(1e-6),
        ),
        (of_model("rope.freq_base"), Value::F32(10_000.0)),
        ("tokenizer.ggml.model".to_owned(), text("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), text(pre)),
        (
            "tokenizer.ggml.token_type".to_owned(),
            Value::Array(kinds.collect()),
        ),
        (
            "tokenizer.ggml.merges".to_owned(),
            Value::Array(merges.collect()),
        ),
        ("tokenizer.ggml.bos_token_id".to_owned(), size(n_plain)),
        ("tokenizer.ggml.eos_token_id".to_owned(), size(n_plain + 2)),
        (
            "tokenizer.ggml.add_bos_token".to_owned(),
            Value::Bool(false),
        ),
        ("tokenizer.chat_template".to_owned(), text(CHAT_TEMPLATE)),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array(tokens.into_iter().map(Value::String).collect()),
        ),
    ]
}

fn tensors(
    architecture: &str,
    n_tokens: usize,
    seed: u64,
) -> candle_core::Result<Vec<(String, QTensor)>> {
    let mut random = Random(seed);
    let mut tensors = Vec::new();
    let mut matrix = |name: String, rows: usize, dtype: GgmlDType| {
        // Variance 1 / columns keeps activations of the size of their inputs.
        let bound = (3.0 / WIDTH as f32).sqrt();
        let values: Vec<f32> = (0..rows * WIDTH).map(|_| bound * random.next()).collect();
        let matrix = Tensor::from_vec(values, (rows, WIDTH), &Device::Cpu)?;
        tensors.push((name, QTensor::quantize(&matrix, dtype)?));
        candle_core::Result::Ok(())
    };
    let kv_width = N_KV_HEADS * HEAD_WIDTH;
    // Scores from the embedding itself, as small models do.
    matrix("token_embd.weight".to_owned(), n_tokens, GgmlDType::Q8_0)?;
    for layer in 0..N_LAYERS {
        let name = |suffix: &str| format!("blk.{layer}.{suffix}.weight");
        matrix(name("attn_q"), WIDTH, GgmlDType::Q8_0)?;
        matrix(name("attn_k"), kv_width, GgmlDType::Q4_0)?;
        matrix(name("attn_v"), kv_width, GgmlDType::Q6K)?;
        matrix(name("attn_output"), WIDTH, GgmlDType::Q4_1)?;
        matrix(name("ffn_gate"), WIDTH, GgmlDType::Q4K)?;
        matrix(name("ffn_up"), WIDTH, GgmlDType::Q4K)?;
        matrix(name("ffn_down"), WIDTH, GgmlDType::Q5_0)?;
    }
    let mut vector = |name: String, length: usize, value: f32| {
        let vector = Tensor::full(value, length, &Device::Cpu)?;
        tensors.push((name, QTensor::quantize(&vector, GgmlDType::F32)?));
        candle_core::Result::Ok(())
    };
    vector("output_norm.weight".to_owned(), WIDTH, 4.0)?;
    for layer in 0..N_LAYERS {
        vector(format!("blk.{layer}.attn_norm.weight"), WIDTH, 1.0)?;
        vector(format!("blk.{layer}.ffn_norm.weight"), WIDTH, 1.0)?;
        if architecture == "qwen2" {
            for (name, length) in [
                ("attn_q", WIDTH),
                ("attn_k", kv_width),
                ("attn_v", kv_width),
            ] {
                vector(format!("blk.{layer}.{name}.bias"), length, 0.1)?;
            }
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
