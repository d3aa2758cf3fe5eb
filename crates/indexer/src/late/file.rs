//! The bytes of late interaction: how tokens are reduced, once for a generation, and the rows of the passages of one
//! shard.

use tantivy::directory::OwnedBytes;

use super::Reduction;
use crate::{
    bytes::{push_length, push_numbers, read_length, read_numbers},
    error::Damage,
};

/// First bytes of `reduction.bin`.
const MAGIC: &[u8; 8] = b"LOKETRED";

impl Reduction {
    /// The bytes of `reduction.bin`: magic, dimensions, kept; for each language the passages fitted to and, behind
    /// its length, the mean; the map.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        push_length(&mut bytes, self.dimensions);
        push_length(&mut bytes, self.kept);
        for (fitted_to, mean) in self.fitted_to.iter().zip(&self.means) {
            bytes.extend(fitted_to.to_le_bytes());
            push_length(&mut bytes, mean.len());
            push_numbers(&mut bytes, mean);
        }
        push_numbers(&mut bytes, &self.map);
        bytes
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`Damage`] when they are not what [`Reduction::encode`] writes.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Damage> {
        let mut rest = bytes;
        Self::read(&mut rest)
            .filter(|_| rest.is_empty())
            .ok_or(Damage::Content("the reduction file is not one"))
    }

    fn read(rest: &mut &[u8]) -> Option<Self> {
        if rest.split_off(..MAGIC.len())? != MAGIC {
            return None;
        }
        let mut reduction = Self {
            dimensions: read_length(rest)?,
            kept: read_length(rest)?,
            ..Self::default()
        };
        for language in 0..9 {
            reduction.fitted_to[language] = read_length(rest)? as u64;
            let length = read_length(rest)?;
            if length != 0 && length != reduction.dimensions {
                return None;
            }
            reduction.means[language] = read_numbers(rest, length)?;
        }
        reduction.map = read_numbers(rest, reduction.dimensions.checked_mul(reduction.kept)?)?;
        Some(reduction)
    }
}

/// The token rows of the passages of a shard, one passage after the other.
#[derive(Debug)]
pub(crate) struct Tokens {
    width: usize,
    /// First row of each passage, and behind the last one the number of rows.
    starts: Vec<usize>,
    rows: OwnedBytes,
}

impl Tokens {
    /// The bytes that hold `rows` of each passage, `width` a row: the number of passages, the width, the number of rows
    /// of each passage in four bytes, the rows.
    pub(crate) fn encode<'a>(
        width: usize,
        passages: impl ExactSizeIterator<Item = &'a [i8]> + Clone,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_length(&mut bytes, passages.len());
        push_length(&mut bytes, width);
        for rows in passages.clone() {
            let n = rows.len().checked_div(width).unwrap_or(0);
            // A passage has no more tokens than the encoder reads.
            bytes.extend(u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
        }
        for rows in passages {
            bytes.extend_from_slice(bytemuck::cast_slice(rows));
        }
        bytes
    }

    /// Opens those bytes.
    ///
    /// # Errors
    /// [`Damage`] when they are not what [`Tokens::encode`] writes.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the rows go on living in these bytes"
    )]
    pub(crate) fn open(bytes: OwnedBytes) -> Result<Self, Damage> {
        let read = || {
            let mut rest: &[u8] = &bytes;
            let n = read_length(&mut rest)?;
            let width = read_length(&mut rest)?;
            let (counts, _) = rest.split_off(..n.checked_mul(4)?)?.as_chunks::<4>();
            let mut starts = Vec::with_capacity(n + 1);
            let mut at = 0_usize;
            starts.push(at);
            for count in counts {
                at = at.checked_add(usize::try_from(u32::from_le_bytes(*count)).ok()?)?;
                starts.push(at);
            }
            (at.checked_mul(width)? == rest.len()).then_some((width, starts, rest.len()))
        };
        let (width, starts, n_bytes) = read().ok_or(Damage::Content(
            "the token rows are not those of the passages",
        ))?;
        let rows = bytes.slice(bytes.len() - n_bytes..bytes.len());
        Ok(Self {
            width,
            starts,
            rows,
        })
    }

    /// Length of a row.
    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    /// Number of passages.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a passage.
    pub(crate) fn rows(&self, passage: usize) -> &[i8] {
        let bytes = self.starts[passage] * self.width..self.starts[passage + 1] * self.width;
        bytemuck::cast_slice(&self.rows[bytes])
    }
}
