//! Products of [`Tiles`](super::tiles::Tiles) with 8-bit inputs on AVX-512 VNNI.

use super::simd::vectorized;
use super::tiles::CELL_COLUMNS;

/// 32 inputs as 8-bit integers.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(super) struct InputBlock {
    /// Four signed bytes in each.
    pub(super) quants: [i32; 8],
    /// Sums of the first and second 16 integers.
    pub(super) sums: [i32; 2],
    /// What one integer step is worth.
    pub(super) scale: f32,
    /// `scale * (sums[0] + sums[1])`.
    pub(super) scaled_sum: f32,
}

vectorized! {
    /// Rounds `input`, whose length is a multiple of 32, to 127 steps either side of zero for each 32 values.
    pub(super) fn quantize(input: &[f32], output: &mut [InputBlock]) {
        for (input, output) in input.chunks_exact(CELL_COLUMNS).zip(output) {
            let mut largest = 0.0_f32;
            for value in input {
                largest = largest.max(value.abs());
            }
            let scale = largest / 127.0;
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            let mut integers = [0_i32; CELL_COLUMNS];
            for (integer, value) in integers.iter_mut().zip(input) {
                #[expect(clippy::cast_possible_truncation, reason = "within [-127, 127]")]
                let rounded = (value * inverse).round_ties_even() as i32;
                *integer = rounded;
            }
            let (first, second) = integers.split_at(CELL_COLUMNS / 2);
            output.sums = [first.iter().sum(), second.iter().sum()];
            output.scale = scale;
            output.scaled_sum = scale * (output.sums[0] + output.sums[1]) as f32;
            for (packed, four) in output.quants.iter_mut().zip(integers.as_chunks::<4>().0) {
                *packed = four[0] & 255 | (four[1] & 255) << 8 | (four[2] & 255) << 16 | four[3] << 24;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use vnni::multiply;

#[cfg(target_arch = "x86_64")]
mod vnni {
    use core::arch::x86_64::{
        __m256i, __m512, __m512i, _mm512_and_si512, _mm512_cvtepi32_ps, _mm512_cvtph_ps,
        _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_mul_ps, _mm512_or_si512,
        _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_setzero_si512, _mm512_slli_epi16, _mm512_srli_epi16,
    };

    use super::InputBlock;
    use crate::writer::tiles::{ByteCell, CELL_ROWS, NibbleCell, SixBitCell, Tiles};

    /// Multiplies band `band` of 16 rows of `tiles` with `inputs`, each `n_cells` blocks long, into
    /// `output`, `[n_inputs, 16]`.
    ///
    /// Must only be called where [`InstructionSet::Avx512`](super::super::simd::InstructionSet) was detected.
    pub(in crate::writer) fn multiply(
        tiles: &Tiles,
        band: usize,
        inputs: &[InputBlock],
        n_cells: usize,
        output: &mut [f32],
    ) {
        debug_assert_eq!(
            super::super::simd::InstructionSet::detected(),
            super::super::simd::InstructionSet::Avx512
        );
        let cells = band * n_cells..(band + 1) * n_cells;
        #[expect(
            unsafe_code,
            reason = "matrices are held in tiles only where this instruction set was detected"
        )]
        // SAFETY: `Linear` builds tiles only after `InstructionSet::detected` returned `Avx512`, whose
        // features include those enabled on these functions.
        unsafe {
            match tiles {
                Tiles::Nibble(all) => by_inputs!(nibble, &all[cells], inputs, n_cells, output),
                Tiles::SixBit(all) => by_inputs!(six_bit, &all[cells], inputs, n_cells, output),
                Tiles::Byte(all) => by_inputs!(byte, &all[cells], inputs, n_cells, output),
            }
        }
    }

    /// Runs a kernel over the inputs, as many at a time as registers hold.
    macro_rules! by_inputs {
        ($kernel:ident, $cells:expr, $inputs:expr, $n_cells:expr, $output:expr) => {{
            let weights = $cells;
            let mut inputs = $inputs;
            let mut output = &mut *$output;
            while !inputs.is_empty() {
                let n_inputs = (inputs.len() / $n_cells).min(8);
                let (now, later) = inputs.split_at(n_inputs * $n_cells);
                let (output_now, output_later) = output.split_at_mut(n_inputs * CELL_ROWS);
                match n_inputs {
                    8 => $kernel::<8>(weights, now, output_now),
                    7 => $kernel::<7>(weights, now, output_now),
                    6 => $kernel::<6>(weights, now, output_now),
                    5 => $kernel::<5>(weights, now, output_now),
                    4 => $kernel::<4>(weights, now, output_now),
                    3 => $kernel::<3>(weights, now, output_now),
                    2 => $kernel::<2>(weights, now, output_now),
                    _ => $kernel::<1>(weights, now, output_now),
                }
                inputs = later;
                output = output_later;
            }
        }};
    }
    use by_inputs;

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
    fn nibble<const N: usize>(cells: &[NibbleCell], inputs: &[InputBlock], output: &mut [f32]) {
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
                    *product =
                        _mm512_dpbusd_epi32(*product, low, _mm512_set1_epi32(input[2 * group]));
                    *product = _mm512_dpbusd_epi32(
                        *product,
                        high,
                        _mm512_set1_epi32(input[2 * group + 1]),
                    );
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
    fn six_bit<const N: usize>(cells: &[SixBitCell], inputs: &[InputBlock], output: &mut [f32]) {
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
    fn byte<const N: usize>(cells: &[ByteCell], inputs: &[InputBlock], output: &mut [f32]) {
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
}
