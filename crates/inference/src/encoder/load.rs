//! Why an encoder could not be loaded, and what the loaders check alike.

use std::path::PathBuf;

use super::E5Spec;
use crate::catalogue::Format;

/// Why an encoder could not be loaded. Files are untrusted: whatever their bytes, loading ends in an encoder
/// or in one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A packed file is damaged or of another kind.
    #[error("`{path}` is not a usable packed encoder: {problem}")]
    Packed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: PackedError,
    },
    /// `config.json` or `tokenizer.json` of a model in the hub's layout cannot be used.
    #[error("`{path}` cannot be used: {reason}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The tensors of a model in the hub's layout cannot be used.
    #[error("`{path}`: tensor `{name}` {reason}")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The catalogue entry is not an encoder's.
    #[error("model `{model}` has format {format}, which is not an encoder's")]
    NotAnEncoder {
        /// Catalogue id.
        model: String,
        /// Its format.
        format: Format,
    },
    /// The catalogue and the file disagree.
    #[error("`{path}` makes vectors of length {found}, the catalogue says {expected}")]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// Length according to the catalogue.
        expected: usize,
        /// Length according to the file.
        found: usize,
    },
    /// The limit given for this model does not suit it.
    #[error("a limit of {max_tokens} tokens does not suit a model with {positions} positions")]
    MaxTokens {
        /// [`E5Spec::max_tokens`].
        max_tokens: usize,
        /// Positions of the model.
        positions: usize,
    },
    /// candle or the tokenizer library refused the parts of a file that passed every check.
    #[error("`{path}` could not be turned into a model")]
    Build {
        /// The file.
        path: PathBuf,
        /// What refused.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is wrong with a packed file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackedError {
    /// The file ends inside a field.
    #[error("{field} at byte {offset} needs {needed} bytes, {available} are left")]
    Truncated {
        /// What was being read.
        field: String,
        /// Where it starts.
        offset: usize,
        /// Its length, as far as it can be counted.
        needed: usize,
        /// Bytes from `offset` to the end of the file.
        available: usize,
    },
    /// A field has a value the format or this reader does not allow.
    #[error("{field} at byte {offset} {reason}")]
    Invalid {
        /// What was being read.
        field: String,
        /// Where it starts.
        offset: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory has no such tensor.
    #[error("tensor {name} is missing")]
    Missing {
        /// Its name in the file.
        name: String,
    },
}

/// The limit has to leave room for both special tokens and one more.
pub(super) fn check_limit(spec: &E5Spec, positions: usize) -> Result<(), LoadError> {
    if (3..=positions).contains(&spec.max_tokens) {
        return Ok(());
    }
    Err(LoadError::MaxTokens {
        max_tokens: spec.max_tokens,
        positions,
    })
}

/// The sizes every loader has to respect; the error is a sentence's end.
pub(super) fn check_shape(width: usize, heads: usize, inner: usize) -> Result<(), &'static str> {
    if heads == 0 || !width.is_multiple_of(heads) {
        return Err("does not divide the width into heads");
    }
    if width == 0 || !(width / heads).is_multiple_of(super::kernels::PANEL) {
        return Err("gives heads whose width is not a multiple of 32");
    }
    if inner == 0 || !inner.is_multiple_of(super::kernels::PANEL) {
        return Err("gives an inner width that is not a multiple of 32");
    }
    Ok(())
}
