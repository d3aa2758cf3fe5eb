//! Causal attention of new tokens over everything cached.

use half::slice::HalfFloatSliceExt;

use super::kv_cache::LayerCache;
use super::parallel::for_each_chunk;
use super::simd::{dot, exp, vectorized};

/// Keys or values widened to single precision at a time; a power of two that keeps them in the first cache.
const BLOCK: usize = 32;
/// New tokens that share one widening.
const ROWS: usize = 8;

/// The shape of one layer's attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) n_heads: usize,
    pub(super) n_kv_heads: usize,
    pub(super) head_width: usize,
}

/// Attention of rotated `queries`, `[n_rows, n_heads * head_width]`, over `cache`, whose last `n_rows` rows
/// are the queries' own: row `i` sees the cache up to and with its own position. Result has the shape of
/// `queries`. A row's result does not depend on the other rows, to the last bit.
pub(super) fn attend(queries: &[f32], cache: &LayerCache, shape: Shape) -> Vec<f32> {
    let Shape {
        n_heads,
        n_kv_heads,
        head_width,
    } = shape;
    let width = n_heads * head_width;
    let group = n_heads / n_kv_heads * head_width;
    let n_rows = queries.len() / width;
    let n_positions = cache.keys[0].len() / head_width;
    // Key-value heads outermost: a unit of work is one key-value head and a few rows.
    let mut by_head = vec![0.0; queries.len()];
    let units_per_head = n_rows.div_ceil(ROWS);
    for (kv_head, output) in by_head.chunks_exact_mut(n_rows * group).enumerate() {
        debug_assert_eq!(output.len().div_ceil(ROWS * group), units_per_head);
        let _ = kv_head;
        let _ = output;
    }
    let padded = units_per_head * ROWS * group;
    let mut padded_output = vec![0.0; n_kv_heads * padded];
    for_each_chunk(&mut padded_output, ROWS * group, |unit, output| {
        let (kv_head, first_row) = (unit / units_per_head, unit % units_per_head * ROWS);
        let rows = first_row..n_rows.min(first_row + ROWS);
        let mut own_queries = Vec::with_capacity(rows.len() * group);
        for row in rows.clone() {
            own_queries.extend_from_slice(&queries[row * width + kv_head * group..][..group]);
        }
        let n_own = own_queries.len();
        let task = Task {
            queries: &own_queries,
            keys: &cache.keys[kv_head],
            values: &cache.values[kv_head],
            head_width,
            group,
            n_seen: n_positions - n_rows + first_row + 1,
        };
        attend_rows(&task, &mut output[..n_own]);
    });
    by_head.fill(0.0);
    let mut result = by_head;
    for row in 0..n_rows {
        for kv_head in 0..n_kv_heads {
            result[row * width + kv_head * group..][..group]
                .copy_from_slice(&padded_output[kv_head * padded + row * group..][..group]);
        }
    }
    result
}

/// A few rows of queries that share a key-value head.
#[derive(Debug)]
struct Task<'a> {
    /// `[n_rows, group]`.
    queries: &'a [f32],
    keys: &'a [half::f16],
    values: &'a [half::f16],
    head_width: usize,
    group: usize,
    /// Positions the first row sees; each further row sees one more.
    n_seen: usize,
}
