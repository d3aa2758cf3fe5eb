//! Products of [`Tiles`](super::tiles::Tiles) with 8-bit inputs, by AVX-512 VNNI or AVX2.
//!
//! Both give the same integers from the same tiles.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vnni;

use super::simd::{InstructionSet, vectorized};
use super::tiles::CELL_COLUMNS;
#[cfg(target_arch = "x86_64")]
use super::tiles::{CELL_ROWS, Tiles};

/// Whether this machine runs these kernels.
pub(super) fn are_available() -> bool {
    InstructionSet::detected() != InstructionSet::Portable
}

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

/// Runs a kernel over the inputs, as many at a time as registers hold: at most 8.
#[cfg(target_arch = "x86_64")]
macro_rules! by_inputs {
    ($module:ident :: $kernel:ident, $most:literal, $cells:expr, $inputs:expr, $n_cells:expr, $output:expr) => {{
        let weights = $cells;
        let mut inputs = $inputs;
        let mut output = &mut *$output;
        while !inputs.is_empty() {
            let n_inputs = (inputs.len() / $n_cells).min($most);
            let (now, later) = inputs.split_at(n_inputs * $n_cells);
            let (output_now, output_later) = output.split_at_mut(n_inputs * CELL_ROWS);
            match n_inputs {
                8 => $module::$kernel::<8>(weights, now, output_now),
                7 => $module::$kernel::<7>(weights, now, output_now),
                6 => $module::$kernel::<6>(weights, now, output_now),
                5 => $module::$kernel::<5>(weights, now, output_now),
                4 => $module::$kernel::<4>(weights, now, output_now),
                3 => $module::$kernel::<3>(weights, now, output_now),
                2 => $module::$kernel::<2>(weights, now, output_now),
                _ => $module::$kernel::<1>(weights, now, output_now),
            }
            inputs = later;
            output = output_later;
        }
    }};
}

/// Multiplies band `band` of 16 rows of `tiles` with `inputs`, each `n_cells` blocks long, into `output`,
/// `[n_inputs, 16]`.
///
/// `instructions` are those [`InstructionSet::detected`] gives, or on a machine with AVX-512 also AVX2.
///
/// # Panics
/// When the instruction set has no kernels.
#[cfg(target_arch = "x86_64")]
pub(super) fn multiply(
    instructions: InstructionSet,
    tiles: &Tiles,
    band: usize,
    inputs: &[InputBlock],
    n_cells: usize,
    output: &mut [f32],
) {
    let cells = band * n_cells..(band + 1) * n_cells;
    #[expect(
        unsafe_code,
        reason = "the instruction set was detected on this machine"
    )]
    match instructions {
        // SAFETY: `Avx512` was detected, whose features include those enabled on these functions.
        InstructionSet::Avx512 => unsafe {
            match tiles {
                Tiles::Nibble(all) => {
                    by_inputs!(vnni::nibble, 8, &all[cells], inputs, n_cells, output);
                }
                Tiles::SixBit(all) => {
                    by_inputs!(vnni::six_bit, 8, &all[cells], inputs, n_cells, output);
                }
                Tiles::Byte(all) => {
                    by_inputs!(vnni::byte, 8, &all[cells], inputs, n_cells, output);
                }
            }
        },
        // SAFETY: `Avx2` was detected, or `Avx512`, whose features include it.
        InstructionSet::Avx2 => unsafe {
            match tiles {
                Tiles::Nibble(all) => {
                    by_inputs!(avx2::nibble, 4, &all[cells], inputs, n_cells, output);
                }
                Tiles::SixBit(all) => {
                    by_inputs!(avx2::six_bit, 4, &all[cells], inputs, n_cells, output);
                }
                Tiles::Byte(all) => {
                    by_inputs!(avx2::byte, 4, &all[cells], inputs, n_cells, output);
                }
            }
        },
        InstructionSet::Portable => panic!("tiles are multiplied by vector instructions only"),
    }
}
