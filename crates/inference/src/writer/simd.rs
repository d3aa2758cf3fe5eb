//! One function body, compiled for the vector units the machine turns out to have.
//!
//! The bodies are plain loops; the compiler vectorises them once per instruction set and the version that
//! fits is chosen at run time, so one portable binary uses wide registers where they exist.

use std::ops::Range;
use std::sync::OnceLock;

const SQRT_2_OVER_PI: f32 = 0.797_884_6;

/// Instruction sets the loops are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InstructionSet {
    /// AVX-512 with VNNI, what the integer kernels of [`super::tiles`] need.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Whatever the target guarantees.
    Portable,
}

impl InstructionSet {
    /// The best one this machine has.
    pub(super) fn detected() -> Self {
        static DETECTED: OnceLock<InstructionSet> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            {
                let avx2 = is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("f16c");
                if avx2
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
                {
                    return Self::Avx512;
                }
                if avx2 {
                    return Self::Avx2;
                }
            }
            Self::Portable
        })
    }
}

/// Defines a function whose body is compiled for every [`InstructionSet`].
macro_rules! vectorized {
    ($(#[$attribute:meta])* $visible:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        $visible fn $name($($argument: $kind),*) {
            #[inline(always)]
            fn portable($($argument: $kind),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            fn avx2($($argument: $kind),*) {
                portable($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
            fn avx512($($argument: $kind),*) {
                portable($($argument),*);
            }

            match $crate::writer::simd::InstructionSet::detected() {
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "the instruction set was detected on this machine")]
                // SAFETY: `detected` returns `Avx512` only where every enabled feature was found.
                $crate::writer::simd::InstructionSet::Avx512 => unsafe { avx512($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "the instruction set was detected on this machine")]
                // SAFETY: `detected` returns `Avx2` only where every enabled feature was found.
                $crate::writer::simd::InstructionSet::Avx2 => unsafe { avx2($($argument),*) },
                $crate::writer::simd::InstructionSet::Portable => portable($($argument),*),
            }
        }
    };
}
pub(super) use vectorized;

/// Sum of the products of two equally long slices. The order of additions depends on the length alone.
#[inline(always)]
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    const LANES: usize = 32;
    let mut sums = [0.0_f32; LANES];
    let (left_lanes, left_rest) = left.as_chunks::<LANES>();
    let (right_lanes, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left_lanes.iter().zip(right_lanes) {
        for lane in 0..LANES {
            sums[lane] = left[lane].mul_add(right[lane], sums[lane]);
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(l, r)| l * r).sum();
    sums[0] + rest
}

/// e to the power of `x`, within 2 units in the last place on `[-87, 88]`, 0 below and infinite above.
///
/// Cody and Waite's range reduction with the polynomial of Cephes' `expf`: branch-free, so that loops over it
/// vectorise, which the library function prevents.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "only an inlined body takes its caller's instruction set"
)]
pub(super) fn exp(x: f32) -> f32 {
    let clamped = x.clamp(-87.3, 88.7);
    let power = (clamped * std::f32::consts::LOG2_E).round_ties_even();
    let rest = power.mul_add(-0.693_359_4, clamped);
    let rest = power.mul_add(2.121_944_4e-4, rest);
    let mut sum = 1.987_569_2e-4_f32;
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        sum = sum.mul_add(rest, coefficient);
    }
    let sum = sum.mul_add(rest * rest, rest) + 1.0;
    #[expect(clippy::cast_possible_truncation, reason = "clamped to [-126, 128]")]
    let exponent = power as i32;
    // Two halves, because 2^128 itself is no f32.
    let half = exponent >> 1;
    let two_to = |power: i32| f32::from_bits((power + 127).cast_unsigned() << 23);
    let result = sum * two_to(half) * two_to(exponent - half);
    if x < -87.3 {
        0.0
    } else if x > 88.7 {
        f32::INFINITY
    } else {
        result
    }
}

vectorized! {
    /// Root-mean-square normalisation (arXiv:1910.07467) of each row of `input`, `[n_rows, weight.len()]`.
    pub(super) fn rms_norm(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
        let width = weight.len();
        for (input, output) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let scale = 1.0 / (dot(input, input) / width as f32 + epsilon).sqrt();
            for ((output, input), weight) in output.iter_mut().zip(input).zip(weight) {
                *output = input * scale * weight;
            }
        }
    }
}

vectorized! {
    /// `gate = silu(gate) * up`, the gated activation of `SwiGLU` (arXiv:2002.05202).
    pub(super) fn silu_times(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = *gate / (1.0 + exp(-*gate)) * up;
        }
    }
}

vectorized! {
    /// `gate = gelu(gate) * up`, the gated activation of `GeGLU` with the approximation by `tanh`, which is
    /// written as a sigmoid of twice its argument.
    pub(super) fn gelu_times(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            let x = *gate;
            let twice = 2.0 * SQRT_2_OVER_PI * x * (0.044_715 * x).mul_add(x, 1.0);
            *gate = x / (1.0 + exp(-twice)) * up;
        }
    }
}

vectorized! {
    /// Multiplies `values` by `factor`.
    pub(super) fn scale(values: &mut [f32], factor: f32) {
        for value in values.iter_mut() {
            *value *= factor;
        }
    }
}

/// Columns of one [`multiply_add`].
const LANES: usize = 32;

/// `output += left * right` for 32 columns: `left` is `[n, depth]` with rows `left_stride` apart, `right`
/// `[depth, 32]` with rows `right_stride` apart, `output` `[n, 32]` with rows `output_stride` apart, where
/// `n` is the number of rows of `output` that begin. Sums run over the depth in order, row by row alone.
pub(super) fn multiply_add(
    left: &[f32],
    left_stride: usize,
    depth: usize,
    right: &[f32],
    right_stride: usize,
    output: &mut [f32],
    output_stride: usize,
) {
    let strides = [left_stride, depth, right_stride, output_stride];
    multiply_add_rows(left, right, output, &strides);
}

vectorized! {
    fn multiply_add_rows(left: &[f32], right: &[f32], output: &mut [f32], strides: &[usize; 4]) {
        let n_rows = output.len().div_ceil(strides[3]);
        let mut row = 0;
        while row < n_rows {
            let left = &left[row * strides[0]..];
            let output = &mut output[row * strides[3]..];
            row += match n_rows - row {
                1 => multiply_add_few::<1>(left, right, output, strides),
                2 | 3 => multiply_add_few::<2>(left, right, output, strides),
                _ => multiply_add_few::<4>(left, right, output, strides),
            };
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "only an inlined body takes its caller's instruction set"
)]
fn multiply_add_few<const N: usize>(
    left: &[f32],
    right: &[f32],
    output: &mut [f32],
    &[left_stride, depth, right_stride, output_stride]: &[usize; 4],
) -> usize {
    let mut sums = [[0.0_f32; LANES]; N];
    for (row, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&output[row * output_stride..][..LANES]);
    }
    let left: [&[f32]; N] = std::array::from_fn(|row| &left[row * left_stride..][..depth]);
    for (index, right) in right.chunks(right_stride).take(depth).enumerate() {
        let Some(right) = right.first_chunk::<LANES>() else {
            break;
        };
        for (sums, left) in sums.iter_mut().zip(left) {
            for (sum, right) in sums.iter_mut().zip(right) {
                *sum = left[index].mul_add(*right, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        output[row * output_stride..][..LANES].copy_from_slice(sums);
    }
    N
}

vectorized! {
    fn softmax_in_place(scores: &mut [f32]) {
        let mut largest = f32::NEG_INFINITY;
        for score in scores.iter() {
            largest = largest.max(*score);
        }
        for score in scores.iter_mut() {
            *score = exp(*score - largest);
        }
        let mut sums = [0.0_f32; LANES];
        for part in scores.chunks(LANES) {
            for (sum, score) in sums.iter_mut().zip(part) {
                *sum += score;
            }
        }
        let inverse = 1.0 / sums.iter().sum::<f32>();
        for score in scores.iter_mut() {
            *score *= inverse;
        }
    }
}

/// Turns those of `scores` that are `seen` into weights that sum to 1, and the others into 0.
pub(super) fn softmax(scores: &mut [f32], seen: Range<usize>) {
    scores[..seen.start].fill(0.0);
    scores[seen.end..].fill(0.0);
    softmax_in_place(&mut scores[seen]);
}

vectorized! {
    /// Adds `addend` to `sum`.
    pub(super) fn add(sum: &mut [f32], addend: &[f32]) {
        for (sum, addend) in sum.iter_mut().zip(addend) {
            *sum += addend;
        }
    }
}
