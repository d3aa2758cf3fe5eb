//! Shares the work of one matrix product among candle's threads.

use std::sync::{Mutex, PoisonError};

use candle_core::utils::barrier_pool;

/// Pieces a thread takes on average: enough to even out a thread that was held up, few enough to be cheap.
const PIECES_PER_THREAD: usize = 8;

/// Products (of two numbers, added up) that take longer to hand to other threads than to do.
const FEW_PRODUCTS: usize = 1 << 18;

/// As [`for_each_chunk`], but on the calling thread alone where all of the work is only `n_products`.
pub(super) fn for_each_chunk_of<F>(
    n_products: usize,
    output: &mut [f32],
    chunk_length: usize,
    work: F,
) where
    F: Fn(usize, &mut [f32]) + Sync,
{
    if n_products >= FEW_PRODUCTS {
        return for_each_chunk(output, chunk_length, work);
    }
    for (index, chunk) in output.chunks_mut(chunk_length.max(1)).enumerate() {
        work(index, chunk);
    }
}

/// Calls `work(index, chunk)` for each of the chunks of `chunk_length` that `output` consists of (the last may
/// be shorter), on all threads of candle's pool, and returns when all are done.
pub(super) fn for_each_chunk<F>(output: &mut [f32], chunk_length: usize, work: F)
where
    F: Fn(usize, &mut [f32]) + Sync,
{
    if output.is_empty() || chunk_length == 0 {
        return;
    }
    let n_chunks = output.len().div_ceil(chunk_length);
    if n_chunks == 1 {
        work(0, output);
        return;
    }
    let pool = barrier_pool();
    let n_pieces = ((pool.n_workers() + 1) * PIECES_PER_THREAD).min(n_chunks);
    let chunks_per_piece = n_chunks.div_ceil(n_pieces);
    // Each piece is taken by exactly one thread, so no lock is ever waited for.
    let pieces: Vec<Mutex<&mut [f32]>> = output
        .chunks_mut(chunks_per_piece * chunk_length)
        .map(Mutex::new)
        .collect();
    pool.execute_chunked(pieces.len(), |range| {
        for piece in range {
            let mut output = pieces[piece].lock().unwrap_or_else(PoisonError::into_inner);
            for (index, chunk) in output.chunks_mut(chunk_length).enumerate() {
                work(piece * chunks_per_piece + index, chunk);
            }
        }
    });
}
