//! Products by AVX2, for machines without VNNI.
//!
//! `vpmaddubsw` multiplies unsigned bytes with signed ones and adds neighbours into 16 bits, which saturate. An
//! input is at most 127 in size, so eight such sums of 4-bit weights (8 · 2 · 15 · 127 = 30,480), two of 6-bit
//! weights (2 · 2 · 63 · 127 = 32,004) and one of 8-bit weights (2 · 128 · 127 = 32,512) stay below 32,767; then
//! they are widened. A register holds half of a cell's rows, and the two halves are done one after the other.

use core::arch::x86_64::{
    __m128i, __m256, __m256i, _mm256_abs_epi8, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_sign_epi8, _mm256_slli_epi16, _mm256_srli_epi16, _mm256_xor_si256,
};

use super::InputBlock;
use crate::writer::tiles::{ByteCell, CELL_ROWS, NibbleCell, SixBitCell};

/// Rows of a register.
const ROWS: usize = CELL_ROWS / 2;

/// Half of a cell's half-precision numbers.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn numbers(bits: &[u16; CELL_ROWS], half: usize) -> __m256 {
    let bits = bits.as_chunks::<ROWS>().0[half];
    _mm256_cvtph_ps(bytemuck::cast::<[u16; ROWS], __m128i>(bits))
}

/// Half of a cell's bytes of a group.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn bytes(bytes: &[u8; 64], half: usize) -> __m256i {
    bytemuck::cast(bytes.as_chunks::<32>().0[half])
}

#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn store<const N: usize>(sums: [__m256; N], half: usize, output: &mut [f32]) {
    for (sum, output) in sums.into_iter().zip(output.chunks_exact_mut(CELL_ROWS)) {
        output[half * ROWS..][..ROWS].copy_from_slice(&bytemuck::cast::<__m256, [f32; ROWS]>(sum));
    }
}

#[inline]
fn rows_of<const N: usize>(inputs: &[InputBlock], n_cells: usize) -> [&[InputBlock]; N] {
    std::array::from_fn(|row| &inputs[row * n_cells..(row + 1) * n_cells])
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn nibble<const N: usize>(
    cells: &[NibbleCell],
    inputs: &[InputBlock],
    output: &mut [f32],
) {
    let mask = _mm256_set1_epi8(15);
    let ones = _mm256_set1_epi16(1);
    let rows: [&[InputBlock]; N] = rows_of(inputs, cells.len());
    for half in 0..2 {
        let mut sums = [_mm256_setzero_ps(); N];
        for (index, cell) in cells.iter().enumerate() {
            let mut pairs = [_mm256_setzero_si256(); N];
            for (group, quants) in cell.quants.iter().enumerate() {
                let both = bytes(quants, half);
                let low = _mm256_and_si256(both, mask);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(both), mask);
                for (pair, row) in pairs.iter_mut().zip(rows) {
                    let input = &row[index].quants;
                    let low = _mm256_maddubs_epi16(low, _mm256_set1_epi32(input[2 * group]));
                    let high = _mm256_maddubs_epi16(high, _mm256_set1_epi32(input[2 * group + 1]));
                    *pair = _mm256_add_epi16(*pair, _mm256_add_epi16(low, high));
                }
            }
            let scales = numbers(&cell.scales, half);
            let minimums = numbers(&cell.minimums, half);
            for ((sum, pair), row) in sums.iter_mut().zip(pairs).zip(rows) {
                let input = &row[index];
                let product = _mm256_cvtepi32_ps(_mm256_madd_epi16(pair, ones));
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(input.scale));
                *sum = _mm256_fmadd_ps(product, scale, *sum);
                *sum = _mm256_fnmadd_ps(minimums, _mm256_set1_ps(input.scaled_sum), *sum);
            }
        }
        store(sums, half, output);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn six_bit<const N: usize>(
    cells: &[SixBitCell],
    inputs: &[InputBlock],
    output: &mut [f32],
) {
    let low_mask = _mm256_set1_epi8(15);
    let high_mask = _mm256_set1_epi8(0x30);
    let ones = _mm256_set1_epi16(1);
    let rows: [&[InputBlock]; N] = rows_of(inputs, cells.len());
    for half in 0..2 {
        let mut sums = [_mm256_setzero_ps(); N];
        for (index, cell) in cells.iter().enumerate() {
            for part in 0..2 {
                let first = bytes(&cell.low[2 * part], half);
                let second = bytes(&cell.low[2 * part + 1], half);
                let high = bytes(&cell.high[part], half);
                let low = [
                    _mm256_and_si256(first, low_mask),
                    _mm256_and_si256(_mm256_srli_epi16::<4>(first), low_mask),
                    _mm256_and_si256(second, low_mask),
                    _mm256_and_si256(_mm256_srli_epi16::<4>(second), low_mask),
                ];
                let high = [
                    _mm256_and_si256(_mm256_slli_epi16::<4>(high), high_mask),
                    _mm256_and_si256(_mm256_slli_epi16::<2>(high), high_mask),
                    _mm256_and_si256(high, high_mask),
                    _mm256_and_si256(_mm256_srli_epi16::<2>(high), high_mask),
                ];
                let weights: [__m256i; 4] =
                    std::array::from_fn(|group| _mm256_or_si256(low[group], high[group]));
                let scales = numbers(&cell.scales[part], half);
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let input = &row[index];
                    // Starting from -32 times the inputs' sum takes the weights' offset off.
                    let mut product = _mm256_set1_epi32(-32 * input.sums[part]);
                    for two in 0..2 {
                        let pair = |group: usize| {
                            let inputs = _mm256_set1_epi32(input.quants[4 * part + group]);
                            _mm256_maddubs_epi16(weights[group], inputs)
                        };
                        let pairs = _mm256_add_epi16(pair(2 * two), pair(2 * two + 1));
                        product = _mm256_add_epi32(product, _mm256_madd_epi16(pairs, ones));
                    }
                    let scale = _mm256_mul_ps(scales, _mm256_set1_ps(input.scale));
                    *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(product), scale, *sum);
                }
            }
        }
        store(sums, half, output);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn byte<const N: usize>(cells: &[ByteCell], inputs: &[InputBlock], output: &mut [f32]) {
    let offset = _mm256_set1_epi8(-128);
    let ones = _mm256_set1_epi16(1);
    let rows: [&[InputBlock]; N] = rows_of(inputs, cells.len());
    for half in 0..2 {
        let mut sums = [_mm256_setzero_ps(); N];
        for (index, cell) in cells.iter().enumerate() {
            let mut products = [_mm256_setzero_si256(); N];
            for (group, quants) in cell.quants.iter().enumerate() {
                // Signed weights; the instruction takes their size, and the input their sign.
                let weights = _mm256_xor_si256(bytes(quants, half), offset);
                let sizes = _mm256_abs_epi8(weights);
                for (product, row) in products.iter_mut().zip(rows) {
                    let inputs = _mm256_set1_epi32(row[index].quants[group]);
                    let pairs = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(inputs, weights));
                    *product = _mm256_add_epi32(*product, _mm256_madd_epi16(pairs, ones));
                }
            }
            let scales = numbers(&cell.scales, half);
            for ((sum, product), row) in sums.iter_mut().zip(products).zip(rows) {
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(row[index].scale));
                *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(product), scale, *sum);
            }
        }
        store(sums, half, output);
    }
}
