//! Reader of the packed 4-bit E5 file (`e5-small-q4.bin`).
//!
//! All numbers are little-endian. In order:
//!
//! | field | type |
//! |---|---|
//! | magic, version | `E5S1`, u32 = 1 |
//! | width, layers, heads, inner width, words, positions, token types | 7 x i32 |
//! | epsilon of the layer normalisations, quantisation block | f32, i32 = 32 |
//! | pieces, then the ids of begin, end, padding, unknown | 5 x i32 |
//! | bytes of piece text | u64 |
//! | where each piece starts in the text, and its end | (pieces + 1) x u32 |
//! | scores (logarithms) | pieces x f32 |
//! | piece text | UTF-8 |
//! | normalisation: entries, bytes | i32, u32 |
//! | each entry: code point, count, replacements | u32, u8, count x u32 |
//! | tensors | i32 |
//! | each: name, kind (0 = f32, 1 = Q4_0), elements, offset in the file, bytes | u16 + UTF-8, u8, u32, u64, u64 |
//!
//! and then the tensors themselves, matrices row by row. A Q4_0 block is 18 bytes for 32 weights: a
//! half-precision scale, then 16 bytes whose low halves are weights 0 to 15 and whose high halves are 16 to
//! 31, each 8 too large.
//!
//! The whole layout is checked against the length of the file before anything of it is used, and every number
//! for being one, so a damaged file gives a [`PackedError`] and never a panic or a vector of NaN.

mod cursor;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use super::kernels::{Norm, PANEL, Processor};
use super::linear::{Linear, Q4_BLOCK, q4_scale};
use super::load::{check_limit, check_shape};
use super::network::{Layer, Network, WordVectors};
use super::tokenizer::{CodePointMap, Tokenizer, Unigram, Vocabulary};
use super::{E5, E5Spec, LoadError, PackedError};
use cursor::Cursor;

/// Loads an encoder from the packed 4-bit file at `path`.
///
/// Reads the file once into memory and keeps what it needs of it: for multilingual-e5-small about 90 MB. `id`
/// becomes [`Encoder::id`](super::Encoder::id).
///
/// # Errors
/// [`LoadError::Read`], [`LoadError::Packed`] or [`LoadError::MaxTokens`].
pub fn load_packed(path: &Path, id: String, spec: &E5Spec) -> Result<E5, LoadError> {
    let bytes = fs_err::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    from_bytes(&bytes, path, id, spec, Processor::detect())
}

/// [`load_packed`] of a file in memory; `path` names it in errors.
pub(crate) fn from_bytes(
    bytes: &[u8],
    path: &Path,
    id: String,
    spec: &E5Spec,
    processor: Processor,
) -> Result<E5, LoadError> {
    let packed = |problem| LoadError::Packed {
        path: path.to_owned(),
        problem,
    };
    let mut file = PackedFile::parse(bytes).map_err(packed)?;
    check_limit(spec, file.header.positions)?;
    let network = file.network(processor)?.map_err(packed)?;
    let tokenizer = file.tokenizer().map_err(|source| LoadError::Build {
        path: path.to_owned(),
        source,
    })?;
    Ok(E5::new(id, spec.clone(), tokenizer, network))
}
