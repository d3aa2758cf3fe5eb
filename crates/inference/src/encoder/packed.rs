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
//! | each: name, kind (0 = f32, 1 = `Q4_0`), elements, offset in the file, bytes | u16 + UTF-8, u8, u32, u64, u64 |
//!
//! and then the tensors themselves, matrices row by row. A `Q4_0` block is 18 bytes for 32 weights: a
//! half-precision scale, then 16 bytes whose low halves are weights 0 to 15 and whose high halves are 16 to
//! 31, each 8 too large.
//!
//! The whole layout is checked against the length of the file before anything of it is used, and every number
//! for being one, so a damaged file gives a [`PackedError`] and never a panic or a vector of NaN.

mod cursor;
mod file;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::kernels::{Norm, Processor};
use super::linear::Linear;
use super::load::check_limit;
use super::network::{Layer, Network, WordVectors};
use super::tokenizer::{Tokenizer, Unigram};
use super::{E5, E5Spec, LoadError, PackedError};
use file::{Header, PackedFile};

/// Loads an encoder from the packed 4-bit file at `path`.
///
/// Reads the file once into memory and keeps what it needs of it: for multilingual-e5-small about 90 MB. `id`
/// becomes [`Encoder::id`](super::Encoder::id).
///
/// # Errors
/// [`LoadError::Read`], [`LoadError::Packed`], [`LoadError::MaxTokens`] or [`LoadError::Build`].
pub fn load_packed(path: &Path, id: String, spec: &E5Spec) -> Result<E5, LoadError> {
    let bytes = fs_err::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    from_memory(&bytes, path, id, spec)
}

/// [`load_packed`] of a file in memory; `path` names it in errors.
pub(crate) fn from_memory(
    bytes: &[u8],
    path: &Path,
    id: String,
    spec: &E5Spec,
) -> Result<E5, LoadError> {
    from_bytes(bytes, path, id, spec, Processor::detect())
}

/// [`from_memory`] for a processor of the caller's choice.
pub(super) fn from_bytes(
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
    let build = |source| LoadError::Build {
        path: path.to_owned(),
        source,
    };
    let file = PackedFile::parse(bytes).map_err(packed)?;
    check_limit(spec, file.header.positions)?;
    let network = build_network(&file, processor).map_err(|error| match error {
        NetworkError::File(problem) => packed(problem),
        NetworkError::Candle(error) => build(Box::new(error)),
    })?;
    let pieces = file.pieces;
    let unigram = Unigram::new(pieces.vocabulary, pieces.unknown);
    let tokenizer =
        Tokenizer::packed(unigram, pieces.map, pieces.begin, pieces.end).map_err(build)?;
    Ok(E5::new(id, spec.clone(), tokenizer, network))
}

enum NetworkError {
    File(PackedError),
    Candle(candle_core::Error),
}

impl From<PackedError> for NetworkError {
    fn from(error: PackedError) -> Self {
        Self::File(error)
    }
}

impl From<candle_core::Error> for NetworkError {
    fn from(error: candle_core::Error) -> Self {
        Self::Candle(error)
    }
}

fn build_network(file: &PackedFile<'_>, processor: Processor) -> Result<Network, NetworkError> {
    let Header {
        width,
        layers,
        heads,
        inner,
        words,
        positions,
        token_types,
        epsilon,
    } = file.header;
    let norm = |name: &str| -> Result<Norm, PackedError> {
        Ok(Norm {
            weight: file.values(&format!("{name}.w"), width)?,
            bias: file.values(&format!("{name}.b"), width)?,
            epsilon,
        })
    };
    // Products of the same input, one below the other.
    let linear = |names: &[String], rows: usize, columns: usize| -> Result<Linear, NetworkError> {
        let mut blocks = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            let elements = rows.saturating_mul(columns);
            blocks.extend_from_slice(file.blocks(&format!("{name}.w"), elements)?);
            bias.extend(file.values(&format!("{name}.b"), rows)?);
        }
        Ok(Linear::from_q4(&blocks, columns, bias, processor)?)
    };
    let layer = |layer: usize| -> Result<Layer, NetworkError> {
        let name = |part: &str| format!("l{layer}.{part}");
        Ok(Layer {
            attention: linear(&["q", "k", "v"].map(name), width, width)?,
            attention_output: linear(&[name("ao")], width, width)?,
            attention_norm: norm(&name("aln"))?,
            inner: linear(&[name("fi")], inner, width)?,
            outer: linear(&[name("fo")], width, inner)?,
            outer_norm: norm(&name("oln"))?,
        })
    };
    let mut position_vectors = file.values("emb.pos", positions.saturating_mul(width))?;
    // A text is one sequence, so its token type is always the first.
    let types = file.values("emb.type", token_types.saturating_mul(width))?;
    for vector in position_vectors.chunks_exact_mut(width) {
        for (value, added) in vector.iter_mut().zip(&types) {
            *value += added;
        }
    }
    let words = file.blocks("emb.word", words.saturating_mul(width))?;
    Ok(Network {
        processor,
        width,
        heads,
        words: WordVectors::Packed(words.to_vec()),
        positions: position_vectors,
        norm: norm("emb.ln")?,
        layers: (0..layers).map(layer).collect::<Result<_, _>>()?,
    })
}
