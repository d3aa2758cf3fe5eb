//! Softmax attention of one head over sequences that lie one after another.

use pulp::{Simd, WithSimd};

use super::PANEL;
use super::pointwise::exp;

/// Score of a padding key; its exponential is below the rounding of any sum.
const MASKED: f32 = -1e30;
/// Vectors of sums per query in the inner loops.
const WIDE: usize = 2;

/// `softmax(query · key / sqrt(width)) · value` of one head, each sequence on its own.
///
/// Each matrix is `[panels of the head, tokens, 32]`.
#[derive(Debug)]
pub(in crate::encoder) struct Attend<'a> {
    pub(in crate::encoder) query: &'a [f32],
    pub(in crate::encoder) key: &'a [f32],
    pub(in crate::encoder) value: &'a [f32],
    pub(in crate::encoder) output: &'a mut [f32],
    pub(in crate::encoder) tokens: usize,
    /// First token of each sequence, and the number of tokens at the end.
    pub(in crate::encoder) bounds: &'a [usize],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many queries together as leave their sums in registers.
        if S::REGISTER_COUNT >= 32 {
            self.run::<S, 8>(simd);
        } else {
            self.run::<S, 4>(simd);
        }
    }
}

impl Attend<'_> {
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, simd: S) {
        let (query, _) = self.query.as_chunks::<PANEL>();
        let (key, _) = self.key.as_chunks::<PANEL>();
        let (value, _) = self.value.as_chunks::<PANEL>();
        let (output, _) = self.output.as_chunks_mut::<PANEL>();
        let (tokens, bounds) = (self.tokens, self.bounds);
        let panels = query.len() / tokens.max(1);
        assert!(
            [query.len(), key.len(), value.len(), output.len()] == [panels * tokens; 4]
                && bounds.is_sorted()
                && bounds.last().is_none_or(|end| *end <= tokens)
        );
        let scale = 1.0 / ((panels * PANEL) as f32).sqrt();
        let longest = bounds.windows(2).map(|b| b[1] - b[0]).max().unwrap_or(0);
        let groups = longest.div_ceil(PANEL);
        // `[group of 32 keys][dimension of the head][key]`: a step over dimensions walks memory in order.
        let mut transposed = vec![[0.0_f32; PANEL]; groups * panels * PANEL];
        let mut queries = vec![[[0.0_f32; PANEL]; ROWS]; panels];
        let mut scores = vec![[[0.0_f32; PANEL]; ROWS]; groups];
        for bound in bounds.windows(2) {
            let (start, length) = (bound[0], bound[1] - bound[0]);
            let groups = length.div_ceil(PANEL);
            let keys = &mut transposed[..groups * panels * PANEL];
            let scores = &mut scores[..groups];
            transpose(key, tokens, start, length, keys);
            for first in (start..start + length).step_by(ROWS) {
                let rows = ROWS.min(start + length - first);
                for (panel, queries) in queries.iter_mut().enumerate() {
                    for (row, query_row) in queries.iter_mut().enumerate() {
                        // Rows beyond the sequence repeat its last one, so that the block has a fixed size.
                        *query_row = query[panel * tokens + first + row.min(rows - 1)];
                    }
                }
                for (scores, keys) in scores.iter_mut().zip(keys.chunks_exact(panels * PANEL)) {
                    score(simd, &queries, keys, scores);
                }
                let mut inverses = [0.0_f32; ROWS];
                for (row, inverse) in inverses.iter_mut().enumerate() {
                    *inverse = soften(simd, scores, row, length, scale);
                }
                for panel in 0..panels {
                    let mut sums = [[0.0_f32; PANEL]; ROWS];
                    let values = &value[panel * tokens + start..][..length];
                    weigh(simd, scores, values, &inverses, &mut sums);
                    output[panel * tokens + first..][..rows].copy_from_slice(&sums[..rows]);
                }
            }
        }
    }
}

/// Arranges the keys of one sequence as `[group of 32 keys][dimension][key]`, padded with zeros.
#[inline(always)]
fn transpose(
    key: &[[f32; PANEL]],
    tokens: usize,
    start: usize,
    length: usize,
    target: &mut [[f32; PANEL]],
) {
    let groups = length.div_ceil(PANEL);
    let panels = target.len() / (groups * PANEL).max(1);
    for group in 0..groups {
        let columns = PANEL.min(length - group * PANEL);
        for panel in 0..panels {
            let target = &mut target[(group * panels + panel) * PANEL..][..PANEL];
            let source = &key[panel * tokens + start + group * PANEL..][..columns];
            for (lane, target) in target.iter_mut().enumerate() {
                for (target, source) in target.iter_mut().zip(source) {
                    *target = source[lane];
                }
                target[columns..].fill(0.0);
            }
        }
    }
}

/// Products of a block of queries with 32 keys.
#[inline(always)]
fn score<S: Simd, const ROWS: usize>(
    simd: S,
    queries: &[[[f32; PANEL]; ROWS]],
    keys: &[[f32; PANEL]],
    scores: &mut [[f32; PANEL]; ROWS],
) {
    let step = WIDE * S::F32_LANES;
    for column in (0..PANEL).step_by(step) {
        let mut sums = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        for (queries, keys) in queries.iter().zip(keys.chunks_exact(PANEL)) {
            for (lane, keys) in keys.iter().enumerate() {
                let (keys, _) = S::as_simd_f32s(&keys[column..column + step]);
                for (sums, query) in sums.iter_mut().zip(queries) {
                    let query = simd.splat_f32s(query[lane]);
                    for wide in 0..WIDE {
                        sums[wide] = simd.mul_add_e_f32s(query, keys[wide], sums[wide]);
                    }
                }
            }
        }
        for (scores, sums) in scores.iter_mut().zip(sums) {
            S::as_mut_simd_f32s(&mut scores[column..column + step])
                .0
                .copy_from_slice(&sums);
        }
    }
}

/// Replaces the first `length` scores of a row by `exp(scale * (score - largest))`, the rest by nothing worth
/// adding, and returns one over their sum.
#[inline(always)]
fn soften<S: Simd, const ROWS: usize>(
    simd: S,
    scores: &mut [[[f32; PANEL]; ROWS]],
    row: usize,
    length: usize,
    scale: f32,
) -> f32 {
    let mut largest = simd.splat_f32s(MASKED);
    for (group, scores) in scores.iter_mut().enumerate() {
        let used = PANEL.min(length - group * PANEL);
        scores[row][used..].fill(MASKED);
        for score in S::as_simd_f32s(&scores[row]).0 {
            largest = simd.max_f32s(largest, *score);
        }
    }
    let shift = simd.splat_f32s(-scale * simd.reduce_max_f32s(largest));
    let scale = simd.splat_f32s(scale);
    let mut sums = simd.splat_f32s(0.0);
    for scores in scores {
        for score in S::as_mut_simd_f32s(&mut scores[row]).0 {
            *score = exp(simd, simd.mul_add_e_f32s(*score, scale, shift));
            sums = simd.add_f32s(sums, *score);
        }
    }
    1.0 / simd.reduce_sum_f32s(sums)
}

/// Sums of `values` weighed by a block of rows of scores, times `inverses`.
#[inline(always)]
fn weigh<S: Simd, const ROWS: usize>(
    simd: S,
    scores: &[[[f32; PANEL]; ROWS]],
    values: &[[f32; PANEL]],
    inverses: &[f32; ROWS],
    output: &mut [[f32; PANEL]; ROWS],
) {
    let step = WIDE * S::F32_LANES;
    for column in (0..PANEL).step_by(step) {
        let mut sums = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        for (scores, values) in scores.iter().zip(values.chunks(PANEL)) {
            for (key, values) in values.iter().enumerate() {
                let (values, _) = S::as_simd_f32s(&values[column..column + step]);
                for (sums, scores) in sums.iter_mut().zip(scores) {
                    let score = simd.splat_f32s(scores[key]);
                    for wide in 0..WIDE {
                        sums[wide] = simd.mul_add_e_f32s(score, values[wide], sums[wide]);
                    }
                }
            }
        }
        for ((output, sums), inverse) in output.iter_mut().zip(sums).zip(inverses) {
            let inverse = simd.splat_f32s(*inverse);
            let (output, _) = S::as_mut_simd_f32s(&mut output[column..column + step]);
            for (output, sum) in output.iter_mut().zip(sums) {
                *output = simd.mul_f32s(sum, inverse);
            }
        }
    }
}
