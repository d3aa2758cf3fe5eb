//! The encoder as its callers see it, on the tiny model.

use crate::encoder::{Encoder, TextKind};
use crate::tiny;

const TEXTS: [&str; 7] = [
    "How do I reset my password?",
    "",
    "Wachtwoord vergeten? Klik op “Opnieuw instellen”.",
    "重置密码",
    "Hasło można zmienić w ustawieniach konta w każdej chwili.",
    " \n\t ",
    "a",
];

#[track_caller]
fn check_same(a: &[f32], b: &[f32]) {
    let cosine: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.999_9, "{cosine}");
}

#[test]
fn vectors_have_length_one() {
    let encoder = tiny::encoder(1);
    let vectors = encoder.encode(&TEXTS, TextKind::Passage).unwrap();
    assert_eq!((vectors.len(), vectors.dimensions), (TEXTS.len(), 64));
    for index in 0..vectors.len() {
        let square: f32 = vectors.row(index).iter().map(|v| v * v).sum();
        assert!((square - 1.0).abs() < 1e-5, "{square}");
    }
}

#[test]
fn nothing_gives_nothing() {
    let vectors = tiny::encoder(1).encode(&[], TextKind::Query).unwrap();
    assert!(vectors.is_empty());
    assert_eq!(vectors.len(), 0);
}

#[test]
fn a_batch_is_its_texts() {
    let encoder = tiny::encoder(1);
    let long = TEXTS.join(" ").repeat(3);
    let texts: Vec<&str> = TEXTS
        .iter()
        .copied()
        .chain([long.as_str()])
        .cycle()
        .take(60)
        .collect();
    let batch = encoder.encode(&texts, TextKind::Passage).unwrap();
    for (index, text) in texts.iter().enumerate() {
        let alone = encoder.encode(&[text], TextKind::Passage).unwrap();
        check_same(batch.row(index), alone.row(0));
    }
}

#[test]
fn questions_are_not_passages() {
    let encoder = tiny::encoder(1);
    let question = encoder.encode(&TEXTS[..1], TextKind::Query).unwrap();
    let passage = encoder.encode(&TEXTS[..1], TextKind::Passage).unwrap();
    assert_ne!(question, passage);
}

#[test]
fn long_texts_are_cut_at_a_token() {
    let encoder = tiny::encoder(1);
    let text = "zq ".repeat(2_000);
    let longer = format!("{text} and something else");
    assert!(encoder.count_tokens(&text, TextKind::Passage).unwrap() > 2_000);
    let [a, b] = [&text, &longer].map(|text| encoder.encode(&[text], TextKind::Passage).unwrap());
    assert_eq!(a, b);
}

#[test]
fn ranges_cover_every_visible_character() {
    let encoder = tiny::encoder(1);
    for text in TEXTS {
        let ranges = encoder.token_ranges(text).unwrap();
        for (at, character) in text.char_indices() {
            let is_covered = ranges.iter().any(|range| range.contains(&at));
            assert!(is_covered || character.is_whitespace(), "{at} of {text}");
        }
        assert!(ranges.iter().all(|range| text.get(range.clone()).is_some()));
    }
}

#[test]
fn token_vectors_leave_the_prefix_out() {
    let encoder = tiny::encoder(1);
    let detailed = encoder
        .encode_with_tokens(&TEXTS, TextKind::Passage)
        .unwrap();
    assert_eq!(
        detailed.texts,
        encoder.encode(&TEXTS, TextKind::Passage).unwrap()
    );
    let tokens = detailed.tokens.expect("an E5 has vectors of tokens");
    for (text, tokens) in TEXTS.iter().zip(&tokens) {
        assert_eq!(tokens.ranges.len(), tokens.vectors.len());
        assert_eq!(tokens.ranges.is_empty(), text.trim().is_empty());
        for range in &tokens.ranges {
            assert!(!text[range.clone()].is_empty());
        }
    }
}
