//! The encoder on the real weights against the engine the packed file was made for.
//!
//! `reference/e5_small_q4.json` holds what that engine makes of 45 sentences in nine languages, and
//! `reference/make_fixture.py` is how it came about. Needs `--features models` and the weights in
//! `LOKET_MODELS_DIR` or `~/.cache/loket/models`; fails when they are not there.
#![cfg(feature = "models")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use inference::encoder::{E5, E5Spec, load, load_packed};
use inference::{Catalogue, Encoder, ModelStore, Role, StoreOptions, TextKind};
use serde::Deserialize;

#[derive(Deserialize)]
struct Entry {
    language: String,
    text: String,
    kind: String,
    tokens: usize,
    vector: Vec<f32>,
}

impl Entry {
    fn kind(&self) -> TextKind {
        if self.kind == "query" {
            TextKind::Query
        } else {
            TextKind::Passage
        }
    }
}

fn reference() -> Vec<Entry> {
    serde_json::from_str(include_str!("reference/e5_small_q4.json")).unwrap()
}

fn models_dir() -> PathBuf {
    std::env::var_os("LOKET_MODELS_DIR").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/loket/models"),
        PathBuf::from,
    )
}

fn default_encoder() -> E5 {
    let catalogue = Catalogue::shipped();
    let entry = catalogue.default_for(Role::Encoder).unwrap();
    let path = models_dir().join(&entry.id).join(&entry.files[0].name);
    let spec = E5Spec {
        query_prefix: entry.query_prefix.clone(),
        passage_prefix: entry.passage_prefix.clone(),
        max_tokens: entry.max_tokens,
    };
    load_packed(&path, entry.id.clone(), &spec).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn tokens_and_vectors_agree_with_the_reference() {
    let encoder = default_encoder();
    let entries = reference();
    assert_eq!(entries.len(), 45);
    for entry in &entries {
        let (text, kind) = (entry.text.as_str(), entry.kind());
        let count = encoder.count_tokens(text, kind).unwrap();
        assert_eq!(count, entry.tokens, "{}: {text}", entry.language);
        let vector = encoder.encode(&[text], kind).unwrap();
        let cosine = cosine(vector.row(0), &entry.vector);
        assert!(cosine > 0.998, "{}: {cosine} {text}", entry.language);
    }
}

#[test]
fn a_batch_is_its_texts() {
    let encoder = default_encoder();
    let entries = reference();
    let texts: Vec<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
    let batch = encoder.encode(&texts, TextKind::Passage).unwrap();
    for (index, text) in texts.iter().enumerate() {
        let alone = encoder.encode(&[text], TextKind::Passage).unwrap();
        assert!(cosine(batch.row(index), alone.row(0)) > 0.999_9, "{text}");
    }
}

#[test]
fn the_catalogue_entry_loads() {
    let catalogue = Catalogue::shipped();
    let entry = catalogue.default_for(Role::Encoder).unwrap();
    let store = ModelStore::new(models_dir(), StoreOptions::default());
    let encoder = load(entry, &store.open(entry).unwrap()).unwrap();
    assert_eq!(encoder.id(), "multilingual-e5-small-q4@1571fc9827503943");
    assert_eq!((encoder.dimensions(), encoder.max_tokens()), (384, 512));
    let texts = [
        "Waar vind ik mijn factuur?",
        "Where is my invoice?",
        "The cat sleeps.",
    ];
    let vectors = encoder.encode(&texts, TextKind::Passage).unwrap();
    let close = cosine(vectors.row(0), vectors.row(1));
    assert!(close > cosine(vectors.row(0), vectors.row(2)));
}
