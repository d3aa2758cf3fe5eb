//! Products of 4-bit weights with 8-bit activations by integer instructions.
//!
//! A weight row is cut into blocks of 32 with a scale each (GGML's `Q4_0`), an activation row likewise
//! ([`QuantisedBlock`]), and a product is the sum over blocks of both scales times an integer dot product; so
//! it equals the product of the dequantised values up to the rounding of activations to 8 bits. One lane of a
//! register holds one output row, so nothing is ever summed across lanes. Both instruction sets read one
//! arrangement of the weights ([`Tile`]) and give the same integers.

use super::PANEL;

pub(super) mod avx2;
pub(super) mod vnni;

/// Output rows of a tile: the lanes of the widest register.
const LANES: usize = 16;

/// 32 activations of one token as 8-bit integers with a common scale.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::encoder) struct QuantisedBlock {
    /// Four consecutive signed bytes each, first in the lowest byte: what one lane multiplies.
    quads: [i32; PANEL / 4],
    /// An activation is its byte times this.
    scale: f32,
    /// `-8 * sum of the bytes`: weights are stored as `0..=15` for `-8..=7`, and a sum that starts here comes
    /// out right.
    start: i32,
}

/// A part of a product for one thread.
#[derive(Debug)]
pub(in crate::encoder) enum Step<'a> {
    /// `output[i]` becomes the quantised form of the `i`-th 32 values of `input`.
    Quantise {
        input: &'a [f32],
        output: &'a mut [QuantisedBlock],
    },
    /// `output = weights · activations + bias`, in panels.
    Multiply {
        /// `[rows / 32][k / 32][2]`
        weights: &'a [Tile],
        /// `[rows]`
        bias: &'a [f32],
        /// `[k / 32, tokens]`
        activations: &'a [QuantisedBlock],
        tokens: usize,
        /// `[rows / 32, tokens, 32]`
        output: &'a mut [f32],
    },
}

/// Integer instructions a processor may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instructions {
    /// AVX-512 with VNNI.
    Vnni,
    /// AVX2 with FMA.
    Avx2,
}

impl Instructions {
    /// The best this processor has.
    pub(super) fn detect() -> Option<Self> {
        let has_vnni = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match (has_vnni, has_avx2) {
            (true, _) => Some(Self::Vnni),
            (false, true) => Some(Self::Avx2),
            (false, false) => None,
        }
    }
}

/// One block of 32 weights of 16 consecutive output rows.
///
/// A matrix `[rows, k]` is stored as tiles in the order `[rows / 32][k / 32][2]`.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(in crate::encoder) struct Tile {
    /// Weight of lane `r` at column `4 g + i` is `quads[g][4 r + i] - 8`, times `scales[r]`.
    quads: [[u8; 4 * LANES]; PANEL / 4],
    scales: [f32; LANES],
}

/// Arranges a matrix for [`Step::Multiply`].
///
/// `scale(row, block)` and `nibbles(row, block)` describe 32 weights each: values `(nibble - 8) * scale`.
pub(in crate::encoder) fn pack(
    rows: usize,
    blocks: usize,
    scale: impl Fn(usize, usize) -> f32,
    nibbles: impl Fn(usize, usize) -> [u8; PANEL],
) -> Vec<Tile> {
    let mut tiles = Vec::with_capacity(rows.div_ceil(LANES) * blocks);
    for panel in 0..rows / PANEL {
        for block in 0..blocks {
            for half in 0..PANEL / LANES {
                let mut tile = Tile {
                    quads: [[0; 4 * LANES]; PANEL / 4],
                    scales: [0.0; LANES],
                };
                for lane in 0..LANES {
                    let row = panel * PANEL + half * LANES + lane;
                    tile.scales[lane] = scale(row, block);
                    let weights = nibbles(row, block);
                    for (quad, weights) in tile.quads.iter_mut().zip(weights.as_chunks::<4>().0) {
                        quad[4 * lane..4 * lane + 4].copy_from_slice(weights);
                    }
                }
                tiles.push(tile);
            }
        }
    }
    tiles
}

/// Sizes of a product, checked against the slices.
///
/// # Panics
/// When the slices do not have the documented lengths.
fn check_sizes(
    weights: &[Tile],
    bias: &[[f32; PANEL]],
    activations: &[QuantisedBlock],
    tokens: usize,
    output: &[[f32; PANEL]],
) -> usize {
    let blocks = activations.len() / tokens;
    assert!(
        activations.len() == blocks * tokens
            && output.len() == bias.len() * tokens
            && weights.len() == bias.len() * blocks * (PANEL / LANES)
    );
    blocks
}
