//! The tiny packed encoder, written out in the hub's layout, is the same encoder.

use super::*;
use crate::encoder::{Encoder, TextKind};
use crate::tiny;

const SEED: u64 = 5;
const WIDTH: usize = 64;
const INNER: usize = 128;

/// Name and shape in the hub's layout of a tensor of the packed one.
fn hub_name(name: &str, elements: usize) -> (String, Vec<usize>) {
    let (layer, part) = match name.split_once('.') {
        Some(("emb", part)) => (None, part),
        Some((layer, part)) => (layer.strip_prefix('l'), part),
        None => (None, name),
    };
    let (part, kind) = part.split_once('.').unwrap_or((part, "w"));
    let kind = if kind == "w" { "weight" } else { "bias" };
    let part = match part {
        "word" => "embeddings.word_embeddings",
        "pos" => "embeddings.position_embeddings",
        "type" => "embeddings.token_type_embeddings",
        "ln" => "embeddings.LayerNorm",
        "q" => "attention.self.query",
        "k" => "attention.self.key",
        "v" => "attention.self.value",
        "ao" => "attention.output.dense",
        "aln" => "attention.output.LayerNorm",
        "fi" => "intermediate.dense",
        "fo" => "output.dense",
        "oln" => "output.LayerNorm",
        other => panic!("{other}"),
    };
    let columns = if part == "output.dense" { INNER } else { WIDTH };
    let shape = if part.ends_with("Norm") || kind == "bias" {
        vec![elements]
    } else {
        vec![elements / columns, columns]
    };
    match layer {
        Some(layer) => (format!("encoder.layer.{layer}.{part}.{kind}"), shape),
        None => (format!("{part}.{kind}"), shape),
    }
}

struct Files {
    dir: tempfile::TempDir,
    tensors: HashMap<String, Tensor>,
    config: serde_json::Value,
}

impl Files {
    fn new() -> Self {
        let tensors = tiny::full_tensors(SEED).into_iter().map(|(name, values)| {
            let (name, shape) = hub_name(&name, values.len());
            let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
            (name, tensor)
        });
        Self {
            dir: tempfile::tempdir().unwrap(),
            tensors: tensors.collect(),
            config: serde_json::json!({
                "model_type": "bert",
                "hidden_size": WIDTH,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "intermediate_size": INNER,
                "layer_norm_eps": 1e-12,
                "vocab_size": tiny::pieces().len(),
                "max_position_embeddings": 512,
                "type_vocab_size": 2,
                "pad_token_id": 1,
            }),
        }
    }

    fn load(&self) -> Result<E5, LoadError> {
        let path = |name: &str| self.dir.path().join(name);
        let (weights, config) = (path("model.safetensors"), path("config.json"));
        let tokenizer = path("tokenizer.json");
        candle_core::safetensors::save(&self.tensors, &weights).unwrap();
        fs_err::write(&config, self.config.to_string()).unwrap();
        let json = serde_json::json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": [],
            "normalizer": null,
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "\u{2581}",
                "prepend_scheme": "always",
                "split": true,
            },
            "post_processor": null,
            "decoder": null,
            "model": {
                "type": "Unigram",
                "unk_id": 3,
                "vocab": tiny::pieces(),
                "byte_fallback": false,
            },
        });
        fs_err::write(&tokenizer, json.to_string()).unwrap();
        let spec = tiny::encoder_spec();
        load_safetensors(&weights, &config, &tokenizer, "tiny".to_owned(), &spec)
    }
}

#[track_caller]
fn check_like_packed(encoder: &E5) {
    let packed = tiny::encoder(SEED);
    for text in ["how do i reset it?", "facturen per maand", "é", ""] {
        let a = encoder.encode(&[text], TextKind::Passage).unwrap();
        let b = packed.encode(&[text], TextKind::Passage).unwrap();
        let cosine: f32 = a.row(0).iter().zip(b.row(0)).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.999, "{text}: {cosine}");
        assert_eq!(
            encoder.token_ranges(text).unwrap(),
            packed.token_ranges(text).unwrap()
        );
    }
}

#[test]
fn it_is_the_packed_encoder() {
    check_like_packed(&Files::new().load().unwrap());
}

#[test]
fn half_precision_and_prefixed_names_are_read() {
    let mut files = Files::new();
    files.tensors = files
        .tensors
        .into_iter()
        .map(|(name, tensor)| (format!("bert.{name}"), tensor.to_dtype(DType::F16).unwrap()))
        .collect();
    check_like_packed(&files.load().unwrap());
}

#[test]
fn roberta_counts_positions_from_behind_the_padding() {
    let mut files = Files::new();
    let name = "embeddings.position_embeddings.weight";
    let padding = Tensor::full(9.0_f32, (2, WIDTH), &Device::Cpu).unwrap();
    let shifted = Tensor::cat(&[&padding, &files.tensors[name]], 0).unwrap();
    files.tensors.insert(name.to_owned(), shifted);
    files.config["model_type"] = "xlm-roberta".into();
    files.config["max_position_embeddings"] = 514.into();
    check_like_packed(&files.load().unwrap());
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Files), expected: &str) {
    let mut files = Files::new();
    change(&mut files);
    let error = files.load().expect_err("refused").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let norm = "encoder.layer.1.output.LayerNorm.bias";
    check_refused(|files| drop(files.tensors.remove(norm)), "is missing");
    check_refused(
        |files| {
            let nan = Tensor::full(f32::NAN, WIDTH, &Device::Cpu).unwrap();
            files.tensors.insert(norm.to_owned(), nan);
        },
        "not a finite number",
    );
    check_refused(
        |files| files.config["intermediate_size"] = 64.into(),
        "instead of [64, 64]",
    );
    check_refused(
        |files| files.config["hidden_size"] = 60.into(),
        "multiple of 32",
    );
    check_refused(
        |files| files.config["model_type"] = "t5".into(),
        "`t5` network",
    );
    check_refused(|files| files.config["hidden_act"] = "relu".into(), "`relu`");
    check_refused(
        |files| files.config["hidden_size"] = "x".into(),
        "config.json",
    );
    check_refused(
        |files| files.config["max_position_embeddings"] = 256.into(),
        "256 positions",
    );
    check_refused(
        |files| files.config["vocab_size"] = 10.into(),
        "word_embeddings",
    );
}
