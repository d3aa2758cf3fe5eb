//! Vectors of the passages of a shard, and the exact search over those of all shards.
//!
//! Each vector is kept as two rows of bytes and a scale: `x ≈ scale · (coarse + fine / 254)`. The scan reads
//! the coarse rows only (one byte a dimension, integer dot products), and the few best are scored again with
//! both rows, which is as exact as 16-bit floats. There is no approximate structure: with any selection the
//! result is the true top.

use std::ops::Range;

use numkong::Dot;
use rayon::prelude::*;
use tantivy::directory::OwnedBytes;

use crate::{
    error::Damage,
    snapshot::{Best, Hit, PassageOrdinal},
};

/// First bytes of the file.
const MAGIC: &[u8; 8] = b"LOKETVEC";
/// Rows start at multiples of this, so that no row shares a cache line with another.
const ALIGNMENT: usize = 64;
/// Steps of the fine row within one step of the coarse row.
const FINE_STEPS: f32 = 254.0;
/// Most passages scanned by one task.
const BLOCK: usize = 4_096;
/// Passages from which on several tasks scan them.
const MIN_PARALLEL: usize = 12_288;

/// One vector as stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredVector {
    coarse: Vec<i8>,
    fine: Vec<i8>,
    scale: f32,
}

impl StoredVector {
    /// Rounds a vector to what the file holds. Not-a-number becomes 0.
    pub(crate) fn of(values: &[f32]) -> Self {
        let largest = values.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
        let scale = if largest > 0.0 && largest.is_finite() {
            largest / 127.0
        } else {
            1.0
        };
        let mut coarse = Vec::with_capacity(values.len());
        let mut fine = Vec::with_capacity(values.len());
        for value in values {
            let steps = value / scale;
            let whole = steps.round().clamp(-127.0, 127.0);
            coarse.push(to_i8(whole));
            fine.push(to_i8(((steps - whole) * FINE_STEPS).round()));
        }
        Self {
            coarse,
            fine,
            scale,
        }
    }

    /// Its rows and its scale.
    pub(crate) fn parts(&self) -> (&[i8], &[i8], f32) {
        (&self.coarse, &self.fine, self.scale)
    }

    /// A vector of what [`StoredVector::parts`] gives.
    pub(crate) const fn of_parts(coarse: Vec<i8>, fine: Vec<i8>, scale: f32) -> Self {
        Self {
            coarse,
            fine,
            scale,
        }
    }

    /// Its values, see [`Vectors::values`].
    pub(crate) fn values(&self) -> Vec<f32> {
        values(&self.coarse, &self.fine, self.scale)
    }
}

fn values(coarse: &[i8], fine: &[i8], scale: f32) -> Vec<f32> {
    coarse
        .iter()
        .zip(fine)
        .map(|(coarse, fine)| scale * (f32::from(*coarse) + f32::from(*fine) / FINE_STEPS))
        .collect()
}

/// Dot product of `query` with a vector of these rows, to within rounding.
pub(crate) fn dot(query: &[f32], coarse: &[i8], fine: &[i8], scale: f32) -> f32 {
    let mut sum = 0.0;
    for ((value, coarse), fine) in query.iter().zip(coarse).zip(fine) {
        sum += value * (f32::from(*coarse) + f32::from(*fine) / FINE_STEPS);
    }
    sum * scale
}

/// `value` rounded into -127..=127; not-a-number becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the value is clamped to the range first"
)]
pub(crate) fn to_i8(value: f32) -> i8 {
    value.clamp(-127.0, 127.0) as i8
}

fn stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(ALIGNMENT)
}

/// The bytes of the vectors: header, coarse rows, fine rows, scales, each part at a multiple of 64 bytes.
pub(crate) fn encode(dimensions: usize, vectors: &[StoredVector]) -> Vec<u8> {
    let stride = stride(dimensions);
    let n = vectors.len();
    let mut bytes = Vec::with_capacity(ALIGNMENT + n * (2 * stride + 4));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(dimensions as u64).to_le_bytes());
    bytes.extend_from_slice(&(n as u64).to_le_bytes());
    bytes.resize(ALIGNMENT, 0);
    let mut push_rows = |row: fn(&StoredVector) -> &[i8]| {
        for vector in vectors {
            let end = bytes.len() + stride;
            bytes.extend(row(vector).iter().map(|v| v.to_le_bytes()[0]));
            bytes.resize(end, 0);
        }
    };
    push_rows(|vector| &vector.coarse);
    push_rows(|vector| &vector.fine);
    for vector in vectors {
        bytes.extend_from_slice(&vector.scale.to_le_bytes());
    }
    bytes
}

/// The vectors of a shard.
#[derive(Debug)]
pub(crate) struct Vectors {
    bytes: OwnedBytes,
    dimensions: usize,
    stride: usize,
    coarse: Range<usize>,
    fine: Range<usize>,
    scales: Vec<f32>,
}

impl Vectors {
    /// Opens the file's bytes.
    ///
    /// # Errors
    /// [`Damage`] when the header and the length do not fit each other.
    pub(crate) fn open(bytes: OwnedBytes) -> Result<Self, Damage> {
        let number = |at: usize| -> Option<usize> {
            let field: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(field)).ok()
        };
        let header = || {
            if bytes.get(..8)? != MAGIC.as_slice() {
                return None;
            }
            let (dimensions, n) = (number(8)?, number(16)?);
            let stride = dimensions.checked_next_multiple_of(ALIGNMENT)?;
            let rows = stride.checked_mul(n)?;
            let coarse = ALIGNMENT..ALIGNMENT.checked_add(rows)?;
            let fine = coarse.end..coarse.end.checked_add(rows)?;
            let end = fine.end.checked_add(n.checked_mul(4)?)?;
            (bytes.len() == end).then_some((dimensions, stride, coarse, fine))
        };
        let (dimensions, stride, coarse, fine) =
            header().ok_or(Damage::Content("the vector file's header is wrong"))?;
        let scales = bytes[fine.end..]
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Ok(Self {
            bytes,
            dimensions,
            stride,
            coarse,
            fine,
            scales,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn row(&self, part: &Range<usize>, index: usize) -> &[i8] {
        let start = part.start + index * self.stride;
        bytemuck::cast_slice(&self.bytes[start..start + self.stride])
    }

    /// The vector as it was stored, bit for bit reusable.
    pub(crate) fn stored(&self, index: usize) -> StoredVector {
        StoredVector {
            coarse: self.row(&self.coarse, index)[..self.dimensions].to_vec(),
            fine: self.row(&self.fine, index)[..self.dimensions].to_vec(),
            scale: self.scales[index],
        }
    }

    /// The vector's values, within 0.00002 of what was encoded for a unit vector.
    pub(crate) fn values(&self, index: usize) -> Vec<f32> {
        let coarse = self.row(&self.coarse, index);
        let fine = self.row(&self.fine, index);
        let n = self.dimensions;
        values(&coarse[..n], &fine[..n], self.scales[index])
    }

    /// Dot product of `query` with a vector, to within rounding.
    pub(crate) fn dot(&self, query: &[f32], index: usize) -> f32 {
        let coarse = self.row(&self.coarse, index);
        let fine = self.row(&self.fine, index);
        dot(query, coarse, fine, self.scales[index])
    }
}

/// Vectors of neighbouring passages, with the ordinal of the first.
pub(crate) type Part<'a> = (u32, &'a Vectors);

/// The `limit` passages nearest to `query` among those of `parts` that are selected, best first, ties by ordinal.
///
/// `parts` ascend and are all as long as `query`, or nothing is found; `score` makes a passage's score of its dot
/// product, and grows with it.
pub(crate) fn search(
    parts: &[Part<'_>],
    query: &[f32],
    limit: usize,
    is_selected: &(dyn Fn(PassageOrdinal) -> bool + Sync),
    score: &(dyn Fn(PassageOrdinal, f32) -> f32 + Sync),
) -> Vec<Hit> {
    if limit == 0 || parts.iter().any(|(_, part)| part.dimensions != query.len()) {
        return Vec::new();
    }
    let rounded = StoredVector::of(query);
    let mut coarse_query = rounded.coarse;
    coarse_query.resize(stride(query.len()), 0);
    // Rounding both sides to bytes moves a cosine by less than 0.002 in practice, so the true top is
    // among a few more than asked for.
    let n_candidates = limit.saturating_mul(2).saturating_add(64);
    let scan = |mut best: Best, (first, part, block): Block<'_>| {
        for index in block {
            // Ordinals have 32 bits, so a part has no more passages than that.
            let index_in_part = u32::try_from(index).unwrap_or(u32::MAX);
            let passage = PassageOrdinal(first.saturating_add(index_in_part));
            if !is_selected(passage) {
                continue;
            }
            let dot = i8::dot(&coarse_query, part.row(&part.coarse, index)).unwrap_or(0);
            let score = score(passage, dot as f32 * rounded.scale * part.scales[index]);
            best.push(Hit { passage, score });
        }
        best
    };
    let blocks = blocks(parts);
    let n_passages: usize = parts.iter().map(|(_, part)| part.len()).sum();
    let candidates = if n_passages < MIN_PARALLEL {
        blocks.into_iter().fold(Best::new(n_candidates), scan)
    } else {
        blocks
            .into_par_iter()
            .fold(|| Best::new(n_candidates), scan)
            .reduce(|| Best::new(n_candidates), Best::merge)
    };
    let mut best = Best::new(limit);
    for hit in candidates.into_hits() {
        let (first, part) = parts[parts.partition_point(|(first, _)| *first <= hit.passage.0) - 1];
        let dot = part.dot(query, (hit.passage.0 - first) as usize);
        best.push(Hit {
            passage: hit.passage,
            score: score(hit.passage, dot),
        });
    }
    best.into_hits()
}

/// Some neighbouring passages of a part: its first ordinal, its vectors, and which of them.
type Block<'a> = (u32, &'a Vectors, Range<usize>);

fn blocks<'a>(parts: &[Part<'a>]) -> Vec<Block<'a>> {
    let of_part = |(first, part): &Part<'a>| {
        let (first, part) = (*first, *part);
        (0..part.len())
            .step_by(BLOCK)
            .map(move |start| (first, part, start..part.len().min(start + BLOCK)))
    };
    parts.iter().flat_map(of_part).collect()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn unit(random: &mut ChaCha8Rng, dimensions: usize, common: f32) -> Vec<f32> {
        // E5 vectors share a large common part: cosines lie between 0.7 and 1.
        let mut values: Vec<f32> = (0..dimensions)
            .map(|_| random.random_range(-1.0..1.0_f32) + common)
            .collect();
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        for value in &mut values {
            *value /= length;
        }
        values
    }

    fn open(dimensions: usize, vectors: &[Vec<f32>]) -> Vectors {
        let stored: Vec<_> = vectors.iter().map(|v| StoredVector::of(v)).collect();
        Vectors::open(OwnedBytes::new(encode(dimensions, &stored))).expect("vectors")
    }

    #[test]
    fn search_ranks_as_full_precision_does() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for (common, dimensions) in [(0.0, 384), (1.2, 384), (0.3, 60)] {
            let vectors: Vec<Vec<f32>> = (0..20_000)
                .map(|_| unit(&mut random, dimensions, common))
                .collect();
            let index = open(dimensions, &vectors);
            let mut n_moved = 0;
            for _ in 0..20 {
                let query = unit(&mut random, dimensions, common);
                let mut exact: Vec<(usize, f32)> = vectors
                    .iter()
                    .map(|v| v.iter().zip(&query).map(|(a, b)| a * b).sum())
                    .enumerate()
                    .collect();
                exact.sort_by(|a, b| b.1.total_cmp(&a.1));
                let hits = search(&[(0, &index)], &query, 10, &|_| true, &|_, dot| dot);
                assert_eq!(hits.len(), 10);
                for (hit, (ordinal, score)) in hits.iter().zip(&exact) {
                    assert!((hit.score - score).abs() < 2e-5, "{} {score}", hit.score);
                    n_moved += usize::from(hit.passage.0 as usize != *ordinal);
                }
            }
            assert!(n_moved <= 4, "{n_moved} of 200 ranks moved");
        }
    }

    #[test]
    fn selection_comes_before_ranking() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let vectors: Vec<Vec<f32>> = (0..20_000).map(|_| unit(&mut random, 64, 0.0)).collect();
        let index = open(64, &vectors);
        // The hundred farthest of all: any "top k, then filter" would lose them.
        let query = unit(&mut random, 64, 0.0);
        let mut all: Vec<Hit> = search(&[(0, &index)], &query, 20_000, &|_| true, &|_, dot| dot);
        assert_eq!(all.len(), 20_000);
        let last = all.split_off(19_900);
        let wanted: std::collections::HashSet<u32> = last.iter().map(|h| h.passage.0).collect();
        let hits = search(
            &[(0, &index)],
            &query,
            10,
            &|passage| wanted.contains(&passage.0),
            &|_, dot| dot,
        );
        assert_eq!(hits, last[..10]);
    }

    #[test]
    fn ties_go_by_ordinal_and_odd_queries_find_nothing() {
        let vectors = vec![vec![1.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0]];
        let index = open(2, &vectors);
        let parts = [(0, &index)];
        let found = |query: &[f32], limit| search(&parts, query, limit, &|_| true, &|_, dot| dot);
        let order: Vec<u32> = found(&[1.0, 0.0], 3).iter().map(|h| h.passage.0).collect();
        assert_eq!(order, [0, 1, 2]);
        assert!(found(&[1.0], 3).is_empty());
        assert!(found(&[1.0, 0.0], 0).is_empty());
        assert_eq!(found(&[f32::NAN, 0.0], 3).len(), 3);
    }

    #[test]
    fn parts_are_searched_as_one() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let vectors: Vec<Vec<f32>> = (0..14_000).map(|_| unit(&mut random, 64, 0.3)).collect();
        let whole = open(64, &vectors);
        let (a, b) = vectors.split_at(5_000);
        let (b, c) = b.split_at(1);
        let (a, b, c) = (open(64, a), open(64, b), open(64, c));
        let parts = [(0, &a), (5_000, &b), (5_001, &c)];
        for _ in 0..10 {
            let query = unit(&mut random, 64, 0.3);
            let odd = |passage: PassageOrdinal| !passage.0.is_multiple_of(2);
            let found = |parts: &[Part<'_>]| search(parts, &query, 100, &odd, &|_, dot| dot);
            assert_eq!(found(&parts), found(&[(0, &whole)]));
        }
    }

    #[test]
    fn stored_vectors_survive_the_file() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let vectors: Vec<Vec<f32>> = (0..3).map(|_| unit(&mut random, 100, 0.1)).collect();
        let index = open(100, &vectors);
        for (i, vector) in vectors.iter().enumerate() {
            assert_eq!(index.stored(i), StoredVector::of(vector));
            for (a, b) in index.values(i).iter().zip(vector) {
                assert!((a - b).abs() < 2e-5);
            }
        }
        let empty = open(100, &[]);
        assert_eq!((empty.len(), empty.dimensions()), (0, 100));
    }

    #[test]
    fn wrong_headers_are_refused() {
        let good = encode(2, &[StoredVector::of(&[1.0, 0.0])]);
        for bytes in [
            Vec::new(),
            good[..good.len() - 1].to_vec(),
            vec![0; good.len()],
            [&MAGIC[..], &[0xff; 16], &[0; 40]].concat(),
        ] {
            assert!(Vectors::open(OwnedBytes::new(bytes)).is_err());
        }
    }
}
