//! Products by AVX-512 VNNI: one instruction multiplies and adds four columns of 16 rows.

use core::arch::x86_64::{
    __m256i, __m512, __m512i, _mm512_and_si512, _mm512_cvtepi32_ps, _mm512_cvtph_ps,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_mul_ps, _mm512_or_si512,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_slli_epi16, _mm512_srli_epi16,
};

use super::InputBlock;
use crate::writer::tiles::{ByteCell, CELL_ROWS, NibbleCell, SixBitCell};

#[target_feature(enable = "avx512f,f16c")]
#[inline]
fn halves(bits: [u16; CELL_ROWS]) -> __m512 {
    _mm512_cvtph_ps(bytemuck::cast::<[u16; CELL_ROWS], __m256i>(bits))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn bytes(bytes: [u8; 64]) -> __m512i {
    bytemuck::cast(bytes)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store<const N: usize>(sums: [__m512; N], output: &mut [f32]) {
    for (sum, output) in sums.into_iter().zip(output.chunks_exact_mut(CELL_ROWS)) {
        output.copy_from_slice(&bytemuck::cast::<__m512, [f32; CELL_ROWS]>(sum));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,f16c")]
pub(super) fn nibble<const N: usize>(
    cells: &[NibbleCell],
    inputs: &[InputBlock],
    output: &mut [f32],
) {
    let mask = _mm512_set1_epi8(15);
    let mut sums = [_mm512_setzero_ps(); N];
    let rows: [&[InputBlock]; N] =
        std::array::from_fn(|row| &inputs[row * cells.len()..(row + 1) * cells.len()]);
    for (index, cell) in cells.iter().enumerate() {
        let mut products = [_mm512_setzero_si512(); N];
        for (group, quants) in cell.quants.iter().enumerate() {
            let both = bytes(*quants);
            let low = _mm512_and_si512(both, mask);
            let high = _mm512_and_si512(_mm512_srli_epi16(both, 4), mask);
            for (product, row) in products.iter_mut().zip(rows) {
                let input = &row[index].quants;
                *product = _mm512_dpbusd_epi32(*product, low, _mm512_set1_epi32(input[2 * group]));
                *product =
                    _mm512_dpbusd_epi32(*product, high, _mm512_set1_epi32(input[2 * group + 1]));
            }
        }
        let scales = halves(cell.scales);
        let minimums = halves(cell.minimums);
        for ((sum, product), row) in sums.iter_mut().zip(products).zip(rows) {
            let input = &row[index];
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(input.scale));
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(product), scale, *sum);
            *sum = _mm512_fnmadd_ps(minimums, _mm512_set1_ps(input.scaled_sum), *sum);
        }
    }
    store(sums, output);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,f16c")]
pub(super) fn six_bit<const N: usize>(
    cells: &[SixBitCell],
    inputs: &[InputBlock],
    output: &mut [f32],
) {
    let low_mask = _mm512_set1_epi8(15);
    let high_mask = _mm512_set1_epi8(0x30);
    let mut sums = [_mm512_setzero_ps(); N];
    let rows: [&[InputBlock]; N] =
        std::array::from_fn(|row| &inputs[row * cells.len()..(row + 1) * cells.len()]);
    for (index, cell) in cells.iter().enumerate() {
        for half in 0..2 {
            let first = bytes(cell.low[2 * half]);
            let second = bytes(cell.low[2 * half + 1]);
            let high = bytes(cell.high[half]);
            let low = [
                _mm512_and_si512(first, low_mask),
                _mm512_and_si512(_mm512_srli_epi16(first, 4), low_mask),
                _mm512_and_si512(second, low_mask),
                _mm512_and_si512(_mm512_srli_epi16(second, 4), low_mask),
            ];
            let high = [
                _mm512_and_si512(_mm512_slli_epi16(high, 4), high_mask),
                _mm512_and_si512(_mm512_slli_epi16(high, 2), high_mask),
                _mm512_and_si512(high, high_mask),
                _mm512_and_si512(_mm512_srli_epi16(high, 2), high_mask),
            ];
            let weights: [__m512i; 4] =
                std::array::from_fn(|group| _mm512_or_si512(low[group], high[group]));
            let scales = halves(cell.scales[half]);
            for (sum, row) in sums.iter_mut().zip(rows) {
                let input = &row[index];
                // Starting from -32 times the inputs' sum takes the weights' offset off.
                let mut product = _mm512_set1_epi32(-32 * input.sums[half]);
                for (group, weights) in weights.into_iter().enumerate() {
                    let inputs = _mm512_set1_epi32(input.quants[4 * half + group]);
                    product = _mm512_dpbusd_epi32(product, weights, inputs);
                }
                let scale = _mm512_mul_ps(scales, _mm512_set1_ps(input.scale));
                *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(product), scale, *sum);
            }
        }
    }
    store(sums, output);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni,f16c")]
pub(super) fn byte<const N: usize>(cells: &[ByteCell], inputs: &[InputBlock], output: &mut [f32]) {
    let mut sums = [_mm512_setzero_ps(); N];
    let rows: [&[InputBlock]; N] =
        std::array::from_fn(|row| &inputs[row * cells.len()..(row + 1) * cells.len()]);
    for (index, cell) in cells.iter().enumerate() {
        let mut products: [__m512i; N] = std::array::from_fn(|row| {
            let [first, second] = rows[row][index].sums;
            _mm512_set1_epi32(-128 * (first + second))
        });
        for (group, quants) in cell.quants.iter().enumerate() {
            let weights = bytes(*quants);
            for (product, row) in products.iter_mut().zip(rows) {
                let inputs = _mm512_set1_epi32(row[index].quants[group]);
                *product = _mm512_dpbusd_epi32(*product, weights, inputs);
            }
        }
        let scales = halves(cell.scales);
        for ((sum, product), row) in sums.iter_mut().zip(products).zip(rows) {
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(row[index].scale));
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(product), scale, *sum);
        }
    }
    store(sums, output);
}
