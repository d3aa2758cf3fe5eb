//! Causal attention of new tokens over everything cached.

use half::slice::HalfFloatSliceExt;

use super::kv_cache::{BLOCK, LayerCache};
use super::parallel::for_each_chunk_of;
use super::simd::{multiply_add, softmax};

/// New tokens that share one widening of the cache to single precision.
const ROWS: usize = 8;

/// The shape of one layer's attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) n_heads: usize,
    pub(super) n_kv_heads: usize,
    pub(super) head_width: usize,
    /// Factor of the products of queries and keys.
    pub(super) scale: f32,
    /// Positions a query sees at most, its own included.
    pub(super) window: usize,
}

/// Attention of rotated `queries`, `[n_rows, n_heads * head_width]`, over `cache`, whose last `n_rows` tokens
/// are the queries' own: row `i` sees the cache up to and with its own position, or as much of it as the
/// window leaves. The result has the shape of
/// `queries`; a row of it does not depend on the other rows, to the last bit.
pub(super) fn attend(queries: &[f32], cache: &LayerCache, shape: Shape) -> Vec<f32> {
    let width = shape.n_heads * shape.head_width;
    let group = width / shape.n_kv_heads;
    let n_rows = queries.len() / width;
    let n_before = cache.n_tokens() - n_rows;
    // A unit of work is one key-value head and a few rows; units lie side by side so that each is written
    // by one thread.
    let units_per_head = n_rows.div_ceil(ROWS);
    let mut by_unit = vec![0.0; shape.n_kv_heads * units_per_head * ROWS * group];
    let n_products = 2 * queries.len() * cache.n_tokens();
    for_each_chunk_of(n_products, &mut by_unit, ROWS * group, |unit, output| {
        let (kv_head, first_row) = (unit / units_per_head, unit % units_per_head * ROWS);
        let rows = first_row..n_rows.min(first_row + ROWS);
        let n_own = rows.len() * group;
        let mut own = Vec::with_capacity(n_own);
        for row in rows {
            let row = &queries[row * width + kv_head * group..][..group];
            own.extend(row.iter().map(|value| value * shape.scale));
        }
        let task = Task {
            queries: &own,
            keys: &cache.keys[kv_head],
            values: &cache.values[kv_head],
            head_width: shape.head_width,
            heads_per_row: shape.n_heads / shape.n_kv_heads,
            n_seen: n_before + first_row + 1,
            window: shape.window,
        };
        task.run(&mut output[..n_own]);
    });
    let mut output = vec![0.0; queries.len()];
    for (row, output) in output.chunks_exact_mut(width).enumerate() {
        for (kv_head, output) in output.chunks_exact_mut(group).enumerate() {
            let start = (kv_head * units_per_head * ROWS + row) * group;
            output.copy_from_slice(&by_unit[start..start + group]);
        }
    }
    output
}

/// A few rows of queries that share a key-value head.
#[derive(Debug)]
struct Task<'a> {
    /// `[n_rows * heads_per_row, head_width]`, scaled.
    queries: &'a [f32],
    keys: &'a [half::f16],
    values: &'a [half::f16],
    head_width: usize,
    heads_per_row: usize,
    /// Positions the first row sees; each further row sees one more.
    n_seen: usize,
    window: usize,
}

impl Task<'_> {
    fn run(&self, output: &mut [f32]) {
        let head_width = self.head_width;
        let n_queries = self.queries.len() / head_width;
        let n_positions = self.n_seen + n_queries / self.heads_per_row - 1;
        // Blocks before the first row's window are seen by no row.
        let n_skipped = self.n_seen.saturating_sub(self.window) / BLOCK;
        let n_blocks = n_positions.div_ceil(BLOCK) - n_skipped;
        let n_scores = n_blocks * BLOCK;
        let mut scores = vec![0.0; n_queries * n_scores];
        let mut wide = vec![0.0; head_width * BLOCK];
        for (block, keys) in self
            .keys
            .chunks_exact(head_width * BLOCK)
            .skip(n_skipped)
            .take(n_blocks)
            .enumerate()
        {
            keys.convert_to_f32_slice(&mut wide);
            let scores = &mut scores[block * BLOCK..];
            multiply_add(
                self.queries,
                head_width,
                head_width,
                &wide,
                BLOCK,
                scores,
                n_scores,
            );
        }
        for (query, scores) in scores.chunks_exact_mut(n_scores).enumerate() {
            // Positions not seen get weight 0, which leaves a sum unchanged to the last bit.
            let n_seen = self.n_seen + query / self.heads_per_row;
            let first = n_seen.saturating_sub(self.window);
            softmax(
                scores,
                first - n_skipped * BLOCK..n_seen - n_skipped * BLOCK,
            );
        }

        // Values are padded to whole lanes of the product.
        let padded = head_width.next_multiple_of(BLOCK);
        let mut wide = vec![0.0; padded * BLOCK];
        let mut sums = vec![0.0; n_queries * padded];
        for (block, values) in self
            .values
            .chunks(head_width * BLOCK)
            .skip(n_skipped)
            .take(n_blocks)
            .enumerate()
        {
            for (wide, row) in wide
                .chunks_exact_mut(padded)
                .zip(values.chunks_exact(head_width))
            {
                row.convert_to_f32_slice(&mut wide[..head_width]);
            }
            let n_rows = values.len() / head_width;
            for column in (0..padded).step_by(BLOCK) {
                let weights = &scores[block * BLOCK..];
                let sums = &mut sums[column..];
                multiply_add(
                    weights,
                    n_scores,
                    n_rows,
                    &wide[column..],
                    padded,
                    sums,
                    padded,
                );
            }
        }
        for (output, sums) in output
            .chunks_exact_mut(head_width)
            .zip(sums.chunks_exact(padded))
        {
            output.copy_from_slice(&sums[..head_width]);
        }
    }
}
