//! Products of 4-bit weights with 8-bit activations by AVX-512 VNNI.
//!
//! A weight row is cut into blocks of 32 with a scale each (GGML's `Q4_0`), an activation row likewise
//! ([`QuantisedBlock`]), and a product is the sum over blocks of both scales times an integer dot product; so
//! it equals the product of the dequantised values up to the rounding of activations to 8 bits. One lane of a
//! register holds one output row, so nothing is ever summed across lanes.

use std::arch::x86_64::{
    __m512, __m512i, _mm512_abs_ps, _mm512_add_epi32, _mm512_add_ps, _mm512_cvtepi32_epi8,
    _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_max_ps,
    _mm512_mul_ps, _mm512_reduce_add_epi32, _mm512_reduce_max_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps,
};

use super::PANEL;

/// Output rows in one register.
const LANES: usize = 16;
/// Tokens handled together: with 2 x 4 sums and the 16 registers of a block's weights, the register file is
/// full.
const TOKENS: usize = 4;

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

impl Step<'_> {
    /// Does it.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn run(self) {
        match self {
            Self::Quantise { input, output } => quantise(input, output),
            Self::Multiply {
                weights,
                bias,
                activations,
                tokens,
                output,
            } => multiply(weights, bias, activations, tokens, output),
        }
    }
}

/// Symmetric quantisation with the scale `max |x| / 127` per block, as GGML's `Q8_0`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn quantise(input: &[f32], output: &mut [QuantisedBlock]) {
    let (blocks, rest) = input.as_chunks::<PANEL>();
    assert!(rest.is_empty() && blocks.len() == output.len());
    for (values, block) in blocks.iter().zip(output) {
        let [low, high]: [__m512; 2] = bytemuck::cast(*values);
        let largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high)));
        // One over a subnormal number is infinite.
        let inverse = _mm512_set1_ps(if largest > f32::MIN_POSITIVE * 128.0 {
            127.0 / largest
        } else {
            0.0
        });
        let low = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
        let high = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
        block.quads = bytemuck::cast([_mm512_cvtepi32_epi8(low), _mm512_cvtepi32_epi8(high)]);
        block.scale = largest / 127.0;
        block.start = -8 * _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
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

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn multiply(
    weights: &[Tile],
    bias: &[f32],
    activations: &[QuantisedBlock],
    tokens: usize,
    output: &mut [f32],
) {
    if tokens == 0 {
        return;
    }
    let blocks = activations.len() / tokens;
    let bias = bias.as_chunks::<PANEL>().0;
    let output = output.as_chunks_mut::<PANEL>().0;
    assert!(
        activations.len() == blocks * tokens
            && output.len() == bias.len() * tokens
            && weights.len() == bias.len() * blocks * (PANEL / LANES)
    );
    for (panel, (output, bias)) in output.chunks_exact_mut(tokens).zip(bias).enumerate() {
        let per_panel = blocks * (PANEL / LANES);
        let weights = &weights[panel * per_panel..][..per_panel];
        let mut first = 0;
        while first + TOKENS <= tokens {
            accumulate::<TOKENS>(weights, bias, activations, tokens, first, output);
            first += TOKENS;
        }
        match tokens - first {
            1 => accumulate::<1>(weights, bias, activations, tokens, first, output),
            2 => accumulate::<2>(weights, bias, activations, tokens, first, output),
            3 => accumulate::<3>(weights, bias, activations, tokens, first, output),
            _ => {}
        }
    }
}

/// One panel of output rows for `N` tokens from `first` on.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn accumulate<const N: usize>(
    weights: &[Tile],
    bias: &[f32; PANEL],
    activations: &[QuantisedBlock],
    tokens: usize,
    first: usize,
    output: &mut [[f32; PANEL]],
) {
    let mut sums = [[_mm512_setzero_ps(); 2]; N];
    for (tiles, activations) in weights
        .as_chunks::<2>()
        .0
        .iter()
        .zip(activations.chunks_exact(tokens))
    {
        let [low, high] = tiles;
        let low_quads: [__m512i; PANEL / 4] = low.quads.map(bytemuck::cast);
        let high_quads: [__m512i; PANEL / 4] = high.quads.map(bytemuck::cast);
        let low_scales: __m512 = bytemuck::cast(low.scales);
        let high_scales: __m512 = bytemuck::cast(high.scales);
        for (sums, block) in sums.iter_mut().zip(&activations[first..first + N]) {
            let mut low_sum = _mm512_set1_epi32(block.start);
            let mut high_sum = low_sum;
            for quad in 0..PANEL / 4 {
                let values = _mm512_set1_epi32(block.quads[quad]);
                low_sum = _mm512_dpbusd_epi32(low_sum, low_quads[quad], values);
                high_sum = _mm512_dpbusd_epi32(high_sum, high_quads[quad], values);
            }
            let scale = _mm512_set1_ps(block.scale);
            sums[0] = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(low_sum),
                _mm512_mul_ps(low_scales, scale),
                sums[0],
            );
            sums[1] = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(high_sum),
                _mm512_mul_ps(high_scales, scale),
                sums[1],
            );
        }
    }
    let bias: [__m512; 2] = bytemuck::cast(*bias);
    for (sums, output) in sums.into_iter().zip(&mut output[first..first + N]) {
        *output = bytemuck::cast([
            _mm512_add_ps(sums[0], bias[0]),
            _mm512_add_ps(sums[1], bias[1]),
        ]);
    }
}
