//! Files that are cut, changed or made of nonsense.

use super::*;
use crate::encoder::{EncodeError, Encoder, TextKind};
use crate::tiny::{encoder_spec, packed_file};

fn load(bytes: &[u8], processor: Processor) -> Result<E5, LoadError> {
    let path = Path::new("tiny.bin");
    from_bytes(bytes, path, "tiny".to_owned(), &encoder_spec(), processor)
}

#[track_caller]
fn check_refused(change: impl Fn(&mut Vec<u8>), expected: &str) {
    let mut bytes = packed_file(1);
    change(&mut bytes);
    match load(&bytes, Processor::detect()) {
        Err(LoadError::Packed { problem, .. }) => {
            assert!(problem.to_string().contains(expected), "{problem}");
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("accepted"),
    }
}

/// Overwrites four bytes.
fn put(at: usize, value: u32) -> impl Fn(&mut Vec<u8>) {
    move |bytes| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes())
}

/// Where the header of the file names the parts.
const WIDTH: usize = 8;
const LAYERS: usize = 12;
const HEADS: usize = 16;
const INNER: usize = 20;
const WORDS: usize = 24;
const EPSILON: usize = 36;
const BLOCK: usize = 40;
const PIECES: usize = 44;
const BEGIN: usize = 48;
const UNKNOWN: usize = 60;
const TEXT_BYTES: usize = 64;
const BOUNDS: usize = 72;

#[test]
fn the_header_is_checked() {
    check_refused(put(0, 0), "magic number");
    check_refused(put(4, 2), "version at byte 4 is 2");
    check_refused(put(WIDTH, 48), "32");
    check_refused(put(WIDTH, u32::MAX), "width at byte 8 is negative");
    check_refused(put(LAYERS, 3), "tensor l2.q.w is missing");
    check_refused(put(LAYERS, 0), "no layers");
    check_refused(put(HEADS, 0), "heads");
    check_refused(put(HEADS, 4), "32");
    check_refused(put(INNER, 96), "elements instead of");
    check_refused(put(WORDS, 1), "word vectors");
    check_refused(put(WORDS, i32::MAX.cast_unsigned()), "elements instead of");
    check_refused(put(EPSILON, f32::NAN.to_bits()), "epsilon");
    check_refused(put(BLOCK, 64), "quantisation block");
}

#[test]
fn the_vocabulary_is_checked() {
    check_refused(put(PIECES, 0), "pieces");
    check_refused(put(PIECES, i32::MAX.cast_unsigned()), "word vectors");
    check_refused(put(BEGIN, 100_000), "begin token");
    check_refused(put(UNKNOWN, u32::MAX), "unknown token");
    check_refused(put(TEXT_BYTES + 4, 1), "text of the pieces");
    check_refused(put(BOUNDS + 4, u32::MAX), "is not a piece");
    check_refused(put(BOUNDS + 4, 1_000_000), "is not a piece");
    let pieces = u32::from_le_bytes(packed_file(1)[PIECES..][..4].try_into().unwrap()) as usize;
    let scores = BOUNDS + 4 * (pieces + 1);
    check_refused(put(scores + 4, f32::NAN.to_bits()), "score at byte");
    check_refused(put(scores, f32::NEG_INFINITY.to_bits()), "holds -inf");
    check_refused(put(scores + 4 * pieces, u32::MAX), "UTF-8");
}

/// Where `name` stands in the directory.
fn directory_entry(bytes: &[u8], name: &str) -> usize {
    bytes
        .windows(name.len())
        .rposition(|window| window == name.as_bytes())
        .unwrap()
}

#[test]
fn the_directory_is_checked() {
    let bytes = packed_file(1);
    let entry = directory_entry(&bytes, "l1.fo.w");
    let numbers = entry + "l1.fo.w".len();
    check_refused(|bytes| bytes[entry] = b'x', "tensor l1.fo.w is missing");
    check_refused(|bytes| bytes[entry + 1] = b'0', "listed twice");
    check_refused(|bytes| bytes[entry] = 0xff, "UTF-8");
    check_refused(|bytes| bytes[numbers] = 0, "has kind 0");
    check_refused(|bytes| bytes[numbers] = 9, "has kind 9");
    check_refused(put(numbers + 1, 7), "7 elements");
    check_refused(put(numbers + 5, 0xffff_fff0), "l1.fo.w at byte");
    check_refused(put(numbers + 9, u32::MAX), "l1.fo.w at byte");
    check_refused(|bytes| bytes.truncate(bytes.len() - 1), "255 are left");
}

#[test]
fn weights_are_numbers() {
    let bytes = packed_file(1);
    let offset = |name: &str| {
        let at = directory_entry(&bytes, name) + name.len() + 5;
        usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
    };
    let (norm, scale) = (offset("l0.aln.w"), offset("l1.fi.w"));
    check_refused(put(norm + 8, f32::NAN.to_bits()), "l0.aln.w at byte");
    check_refused(put(norm, f32::INFINITY.to_bits()), "holds inf");
    check_refused(put(norm, 1e30_f32.to_bits()), "holds 1000000");
    check_refused(put(scale, 0x7e00), "holds NaN");
    check_refused(put(scale + 18, 0x7c00), "l1.fi.w at byte");
}

/// What an encoder makes of anything: unit vectors, or the one error that damaged weights may lead to.
#[track_caller]
fn check_usable(encoder: &E5) {
    match encoder.encode(&["A text.", "", "中文"], TextKind::Passage) {
        Ok(vectors) => assert!(vectors.values.iter().all(|value| value.is_finite())),
        Err(EncodeError::NotFinite) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_cut_is_an_error() {
    let bytes = packed_file(2);
    let header = directory_entry(&bytes, "emb.word");
    let cuts = (0..400)
        .chain((400..bytes.len() - 1).step_by(997))
        .chain(header..header + 40)
        .chain([bytes.len() - 1]);
    for cut in cuts {
        let result = load(&bytes[..cut], Processor::detect());
        assert!(
            matches!(result, Err(LoadError::Packed { .. })),
            "cut at {cut}"
        );
    }
}

#[test]
fn changed_bytes_never_panic() {
    let bytes = packed_file(2);
    let directory = directory_entry(&bytes, "emb.word");
    let end = directory_entry(&bytes, "l1.oln.b") + 40;
    let places = (0..PIECES + 200)
        .chain((200..directory).step_by(211))
        .chain((directory..end).step_by(5))
        .chain((end..bytes.len()).step_by(4_999));
    for at in places {
        for value in [0x00, 0x7f, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            match load(&changed, Processor::detect()) {
                Ok(encoder) => check_usable(&encoder),
                Err(LoadError::Packed { .. } | LoadError::MaxTokens { .. }) => {}
                Err(error) => panic!("byte {at} as {value}: {error}"),
            }
        }
    }
}

#[test]
fn other_processors_agree() {
    let bytes = packed_file(3);
    let texts = [
        "Reset your password.",
        "Één vraag over facturen?",
        "中文",
        "",
    ];
    let all: Vec<Vec<f32>> = Processor::variants()
        .into_iter()
        .map(|processor| {
            let encoder = load(&bytes, processor).unwrap();
            encoder.encode(&texts, TextKind::Query).unwrap().values
        })
        .collect();
    for other in &all[1..] {
        for (a, b) in all[0].chunks(64).zip(other.chunks(64)) {
            let cosine: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            assert!(cosine > 0.999, "{cosine}");
        }
    }
}
