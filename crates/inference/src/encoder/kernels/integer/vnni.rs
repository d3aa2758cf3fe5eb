//! Integer products by AVX-512 VNNI: one instruction multiplies and adds four columns of 16 rows.

use std::arch::x86_64::{
    __m512, __m512i, _mm512_abs_ps, _mm512_add_epi32, _mm512_add_ps, _mm512_cvtepi32_epi8,
    _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_max_ps,
    _mm512_mul_ps, _mm512_reduce_add_epi32, _mm512_reduce_max_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps,
};

use super::{LANES, PANEL, QuantisedBlock, Step, Tile, check_sizes};

/// Tokens handled together: with 2 x 4 sums and the 16 registers of a block's weights, the register file is
/// full.
const TOKENS: usize = 4;

impl Step<'_> {
    /// Does it.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(in crate::encoder::kernels) fn run_vnni(self) {
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
    let bias = bias.as_chunks::<PANEL>().0;
    let output = output.as_chunks_mut::<PANEL>().0;
    let blocks = check_sizes(weights, bias, activations, tokens, output);
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
