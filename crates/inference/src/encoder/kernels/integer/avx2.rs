//! Integer products by AVX2, for processors without VNNI.
//!
//! `vpmaddubsw` multiplies unsigned bytes with signed ones and adds neighbours into 16 bits. A weight is at most
//! 15 and an activation at most 127 in size, so the eight sums of a block stay within 8 · 2 · 15 · 127 = 30,480
//! and never saturate: the integers are those of the other instruction set.

use std::arch::x86_64::{
    __m256, __m256i, _mm_cvtsi128_si32, _mm_cvtss_f32, _mm_max_ps, _mm_max_ss, _mm_movehdup_ps,
    _mm_movehl_ps, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps, _mm256_andnot_ps,
    _mm256_castps256_ps128, _mm256_castsi256_si128, _mm256_cvtepi32_ps, _mm256_cvtps_epi32,
    _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_hadd_epi32, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_ps, _mm256_mul_ps, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute2x128_si256, _mm256_permutevar8x32_epi32, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_setzero_si256,
};

use super::{LANES, PANEL, QuantisedBlock, Step, Tile, check_sizes};

/// Tokens handled together.
const TOKENS: usize = 4;

impl Step<'_> {
    /// Does it.
    #[target_feature(enable = "avx2,fma")]
    pub(in crate::encoder::kernels) fn run_avx2(self) {
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
#[target_feature(enable = "avx2,fma")]
fn quantise(input: &[f32], output: &mut [QuantisedBlock]) {
    let (blocks, rest) = input.as_chunks::<PANEL>();
    assert!(rest.is_empty() && blocks.len() == output.len());
    let sign = _mm256_set1_ps(-0.0);
    // Packing works within halves of a register; this puts the quads back in order.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (values, block) in blocks.iter().zip(output) {
        let values: [__m256; 4] = bytemuck::cast(*values);
        let sizes = values.map(|value| _mm256_andnot_ps(sign, value));
        let largest = largest_of(_mm256_max_ps(
            _mm256_max_ps(sizes[0], sizes[1]),
            _mm256_max_ps(sizes[2], sizes[3]),
        ));
        // One over a subnormal number is infinite.
        let inverse = _mm256_set1_ps(if largest > f32::MIN_POSITIVE * 128.0 {
            127.0 / largest
        } else {
            0.0
        });
        let whole = values.map(|value| _mm256_cvtps_epi32(_mm256_mul_ps(value, inverse)));
        let bytes = _mm256_packs_epi16(
            _mm256_packs_epi32(whole[0], whole[1]),
            _mm256_packs_epi32(whole[2], whole[3]),
        );
        block.quads = bytemuck::cast(_mm256_permutevar8x32_epi32(bytes, order));
        block.scale = largest / 127.0;
        block.start = -8
            * sum_of(_mm256_add_epi32(
                _mm256_add_epi32(whole[0], whole[1]),
                _mm256_add_epi32(whole[2], whole[3]),
            ));
    }
}

#[target_feature(enable = "avx2,fma")]
fn largest_of(values: __m256) -> f32 {
    let four = _mm_max_ps(
        _mm256_castps256_ps128(values),
        _mm256_extractf128_ps::<1>(values),
    );
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
}

#[target_feature(enable = "avx2,fma")]
fn sum_of(values: __m256i) -> i32 {
    let halves = _mm256_add_epi32(values, _mm256_permute2x128_si256::<1>(values, values));
    let pairs = _mm256_hadd_epi32(halves, halves);
    _mm_cvtsi128_si32(_mm256_castsi256_si128(_mm256_hadd_epi32(pairs, pairs)))
}

#[target_feature(enable = "avx2,fma")]
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
    let bias = bias.as_chunks::<PANEL>().0;
    let output = output.as_chunks_mut::<PANEL>().0;
    let blocks = check_sizes(weights, bias, activations, tokens, output);
    for (panel, (output, bias)) in output.chunks_exact_mut(tokens).zip(bias).enumerate() {
        let per_panel = blocks * (PANEL / LANES);
        let weights = &weights[panel * per_panel..][..per_panel];
        for half in 0..PANEL / LANES {
            let mut first = 0;
            while first + TOKENS <= tokens {
                accumulate::<TOKENS>(weights, half, bias, activations, tokens, first, output);
                first += TOKENS;
            }
            match tokens - first {
                1 => accumulate::<1>(weights, half, bias, activations, tokens, first, output),
                2 => accumulate::<2>(weights, half, bias, activations, tokens, first, output),
                3 => accumulate::<3>(weights, half, bias, activations, tokens, first, output),
                _ => {}
            }
        }
    }
}

/// The 16 output rows of one tile for `N` tokens from `first` on.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn accumulate<const N: usize>(
    weights: &[Tile],
    half: usize,
    bias: &[f32; PANEL],
    activations: &[QuantisedBlock],
    tokens: usize,
    first: usize,
    output: &mut [[f32; PANEL]],
) {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for (tiles, activations) in weights
        .as_chunks::<2>()
        .0
        .iter()
        .zip(activations.chunks_exact(tokens))
    {
        let tile = &tiles[half];
        let mut pairs = [[_mm256_setzero_si256(); 2]; N];
        for (quad, rows) in tile.quads.iter().enumerate() {
            let rows: [__m256i; 2] = bytemuck::cast(*rows);
            for (pairs, block) in pairs.iter_mut().zip(&activations[first..first + N]) {
                let values = _mm256_set1_epi32(block.quads[quad]);
                for (pair, rows) in pairs.iter_mut().zip(rows) {
                    *pair = _mm256_add_epi16(*pair, _mm256_maddubs_epi16(rows, values));
                }
            }
        }
        let scales: [__m256; 2] = bytemuck::cast(tile.scales);
        for ((sums, pairs), block) in sums
            .iter_mut()
            .zip(pairs)
            .zip(&activations[first..first + N])
        {
            let start = _mm256_set1_epi32(block.start);
            let scale = _mm256_set1_ps(block.scale);
            for ((sum, pair), scales) in sums.iter_mut().zip(pairs).zip(scales) {
                let whole = _mm256_add_epi32(_mm256_madd_epi16(pair, ones), start);
                *sum = _mm256_fmadd_ps(
                    _mm256_cvtepi32_ps(whole),
                    _mm256_mul_ps(scales, scale),
                    *sum,
                );
            }
        }
    }
    let bias: [[__m256; 2]; 2] = bytemuck::cast(*bias);
    for (sums, output) in sums.into_iter().zip(&mut output[first..first + N]) {
        let output = &mut output.as_chunks_mut::<LANES>().0[half];
        *output = bytemuck::cast([
            _mm256_add_ps(sums[0], bias[half][0]),
            _mm256_add_ps(sums[1], bias[half][1]),
        ]);
    }
}
