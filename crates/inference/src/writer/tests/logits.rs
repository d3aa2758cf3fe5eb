//! Scores of the fast decoder against those of the plain one.

use super::file;
use super::plain::{Fault, Plain};
use crate::writer::architecture::{Architecture, Config};
use crate::writer::gguf::GgufFile;
use crate::writer::model::Model;

/// How far scores may be from the plain ones: the length of the difference by the length of the scores, at the
/// worst position. Inputs are rounded to 8 bits before every product, and keys, values and scales to half
/// precision, in weights that were never trained to bear it.
const TOLERANCE: f32 = 0.05;

/// More than a window, more than a pass of the writer, and no multiple of a block.
const N_TOKENS: u32 = 90;

fn ids(seed: u32) -> Vec<u32> {
    (0..N_TOKENS)
        .map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed * 97) >> 7) % 250)
        .collect()
}

/// Scores of every position, reading `steps` tokens at a time.
fn fast(model: &Model, ids: &[u32], steps: &[usize]) -> Vec<Vec<f32>> {
    let mut cache = model.new_cache();
    let mut rest = ids;
    let mut steps = steps.iter().copied().cycle();
    let mut all = Vec::new();
    while !rest.is_empty() {
        let n_now = steps.next().expect("steps").min(rest.len());
        let (now, later) = rest.split_at(n_now);
        let logits = model.forward(now, &mut cache, n_now, &|| false);
        let logits = logits.expect("scores").expect("nothing stops it");
        all.extend(logits.chunks(model.n_tokens()).map(<[f32]>::to_vec));
        rest = later;
    }
    all
}

/// The largest relative difference of any position.
fn difference(left: &[Vec<f32>], right: &[Vec<f32>]) -> f32 {
    assert_eq!(left.len(), right.len());
    let relative = left.iter().zip(right).map(|(left, right)| {
        let square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>();
        let apart = square(&mut left.iter().zip(right).map(|(l, r)| l - r));
        (apart / square(&mut right.iter().copied())).sqrt()
    });
    relative.fold(0.0, f32::max)
}

/// The family's scores are the plain ones however the text is read, and none of `faults` would pass.
#[track_caller]
fn check(family: &str, faults: &[Fault]) {
    for seed in 0..2 {
        let (_dir, path) = file(family, u64::from(seed) + 11);
        let mut gguf = GgufFile::open(&path).expect("a GGUF file");
        let architecture = Architecture::find(family).expect("a family");
        let config = Config::read(&gguf, architecture).expect("its numbers");
        let model = Model::read(&mut gguf, config, 512).expect("its weights");
        let plain = Plain::read(&path);
        let ids = ids(seed);
        let expected = plain.logits(&ids, Fault::None);
        for steps in [&[usize::MAX][..], &[1], &[64], &[33, 1, 7]] {
            let apart = difference(&fast(&model, &ids, steps), &expected);
            assert!(apart < TOLERANCE, "{family}, {steps:?}: {apart}");
        }
        for fault in faults {
            let apart = difference(&plain.logits(&ids, *fault), &expected);
            assert!(apart > 2.0 * TOLERANCE, "{family}, {fault:?}: {apart}");
        }
    }
}

#[test]
fn qwen2_is_as_its_plain_decoder() {
    use Fault::{NoBias, OtherActivation, OtherKeyHead, RopeBase, RopePairing};
    check(
        "qwen2",
        &[RopePairing, RopeBase, NoBias, OtherActivation, OtherKeyHead],
    );
}

#[test]
fn qwen3_is_as_its_plain_decoder() {
    use Fault::{NoHeadNorm, OtherKeyHead, RopeBase, RopePairing};
    check("qwen3", &[RopePairing, RopeBase, NoHeadNorm, OtherKeyHead]);
}

#[test]
fn llama_is_as_its_plain_decoder() {
    use Fault::{NoRopeFactors, OtherKeyHead, RopeBase, RopePairing};
    check(
        "llama",
        &[RopePairing, RopeBase, NoRopeFactors, OtherKeyHead],
    );
}

#[test]
fn gemma3_is_as_its_plain_decoder() {
    use Fault::{
        NoAttentionPostNorm, NoEmbeddingScale, NoFeedForwardPostNorm, NoHeadNorm, NoRopeDivisor,
        NoWindow, OtherActivation, RopeBase, RopePairing, WindowEverywhere, WindowOneLonger,
        WindowRopeBase,
    };
    check(
        "gemma3",
        &[
            RopePairing,
            RopeBase,
            NoRopeDivisor,
            NoHeadNorm,
            NoAttentionPostNorm,
            NoFeedForwardPostNorm,
            NoEmbeddingScale,
            OtherActivation,
            NoWindow,
            WindowOneLonger,
            WindowEverywhere,
            WindowRopeBase,
        ],
    );
}
