//! The encoder: text to a unit-length vector.
//!
//! Last step of the way catalogue → pull → verified file → encoder. [`load`] turns a catalogue entry and its
//! verified files into an [`Encoder`]; both formats it reads end in an [`E5`], which is a tokenizer and a
//! network of our own over candle: the packed 4-bit file ([`load_packed`]) and the layout of the model hubs
//! ([`load_safetensors`]). Nothing here fetches anything or knows what a text means.

mod e5;
mod kernels;
mod linear;
mod load;
mod network;
mod packed;
mod remembering;
mod safetensors;
mod tokenizer;

use std::ops::Range;
use std::path::Path;

pub use e5::{E5, E5Spec};
pub use load::{LoadError, PackedError};
pub use packed::load_packed;
pub use remembering::Remembering;
pub use safetensors::load_safetensors;

pub(crate) use packed::from_memory;

use crate::catalogue::{Format, ModelEntry};
use crate::pull::ModelFiles;
use crate::remote::{RemoteError, RemoteStatus};

/// What a text is to the encoder. E5 models are trained with a different prefix for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// A question or search query.
    Query,
    /// A passage, title or sentence that may answer one.
    Passage,
}

/// Vectors of several texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Embeddings {
    /// Length of each vector.
    pub dimensions: usize,
    /// `[n_texts, dimensions]`, row-major, each row of Euclidean length 1.
    pub values: Vec<f32>,
}

impl Embeddings {
    /// The vector of text `index`.
    ///
    /// # Panics
    /// When `index` is not below the number of texts.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dimensions..(index + 1) * self.dimensions]
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dimensions).unwrap_or(0)
    }

    /// Whether there is no vector.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Vectors of the tokens of one text, which is cut at [`Encoder::max_tokens`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TokenVectors {
    /// Bytes of the text each vector stands for, ascending; tokens of the prefix and special tokens are left
    /// out, and so are tokens that stand for nothing of the text.
    pub ranges: Vec<Range<usize>>,
    /// One unit-length vector a range, each seen in the context of the whole text.
    pub vectors: Embeddings,
}

/// Vectors of several texts and of their tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detailed {
    /// What [`Encoder::encode`] gives.
    pub texts: Embeddings,
    /// The tokens of each text; `None` from an encoder that cannot tell them apart.
    pub tokens: Option<Vec<TokenVectors>>,
}

/// Why texts could not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A tensor operation failed; the file passed its hash, so this is a bug or a lack of memory.
    #[error("the encoder could not compute a vector")]
    Compute(#[from] candle_core::Error),
    /// The tokenizer refused a text.
    #[error("the encoder's tokenizer failed")]
    Tokenize(#[source] tokenizers::Error),
    /// The encoder is elsewhere, and that failed.
    #[error("the remote encoder failed")]
    Remote(#[from] RemoteError),
    /// The weights lead to infinity or to no number at all: they are damaged.
    #[error("the encoder computed a vector that is not finite, so its weights are damaged")]
    NotFinite,
}

/// Turns text into unit-length vectors whose dot product is cosine similarity.
///
/// Blocks on CPU; safe to call from several threads. Text beyond [`Encoder::max_tokens`] is cut at a token.
pub trait Encoder: Send + Sync {
    /// Names the exact weights, tokenizer and prefixes: `<catalogue id>@<first 16 hex digits of the file's
    /// SHA-256>`. Vectors of different ids are never compared.
    fn id(&self) -> &str;

    /// Length of a vector.
    fn dimensions(&self) -> usize;

    /// Most tokens read of one text, prefix and special tokens included.
    fn max_tokens(&self) -> usize;

    /// Encodes `texts`, in their order. Empty input gives empty [`Embeddings`]. The vector of a text does
    /// not depend on the others by more than rounding.
    ///
    /// # Errors
    /// [`EncodeError`]; never because of what a text says.
    fn encode(&self, texts: &[&str], kind: TextKind) -> Result<Embeddings, EncodeError>;

    /// Byte ranges of the encoder's tokens in `text`, without prefix, special tokens or a length limit.
    ///
    /// # Errors
    /// [`EncodeError::Tokenize`].
    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError>;

    /// Encodes `texts` and their tokens in one pass, for little more than [`Encoder::encode`] alone.
    ///
    /// # Errors
    /// [`EncodeError`]; never because of what a text says.
    fn encode_with_tokens(&self, texts: &[&str], kind: TextKind) -> Result<Detailed, EncodeError> {
        let texts = self.encode(texts, kind)?;
        Ok(Detailed {
            texts,
            tokens: None,
        })
    }

    /// How things stand with an endpoint; `None` of an encoder in this process.
    fn remote(&self) -> Option<RemoteStatus> {
        None
    }
}

/// Loads the encoder that `entry` describes from its verified files.
///
/// Its id is `<catalogue id>@<first 16 hex digits of the SHA-256 of the weights>`. Reads the files whole and
/// blocks while it does: tenths of a second for the packed format.
///
/// # Errors
/// [`LoadError`]; [`LoadError::NotAnEncoder`] for a writer's entry, [`LoadError::Dimensions`] when the
/// catalogue and the file disagree about the length of a vector.
pub fn load(entry: &ModelEntry, files: &ModelFiles) -> Result<Box<dyn Encoder>, LoadError> {
    let file = |name: &str| files.paths.get(name).map(Path::new);
    let missing = |name: &str| LoadError::Config {
        path: files.dir.join(name),
        reason: "is not among the files of the catalogue entry".to_owned(),
    };
    let weights = entry
        .files
        .first()
        .and_then(|first| file(&first.name))
        .ok_or_else(|| missing("weights"))?;
    let digest = files.sha256.get(..16).unwrap_or(&files.sha256);
    let id = format!("{}@{digest}", entry.id);
    let spec = E5Spec {
        query_prefix: entry.query_prefix.clone(),
        passage_prefix: entry.passage_prefix.clone(),
        max_tokens: entry.max_tokens,
    };
    let encoder = match entry.format {
        Format::E5Q4 => load_packed(weights, id, &spec)?,
        Format::E5Safetensors => {
            let config = file("config.json").ok_or_else(|| missing("config.json"))?;
            let tokenizer = file("tokenizer.json").ok_or_else(|| missing("tokenizer.json"))?;
            load_safetensors(weights, config, tokenizer, id, &spec)?
        }
        Format::Gguf => {
            return Err(LoadError::NotAnEncoder {
                model: entry.id.clone(),
                format: entry.format,
            });
        }
    };
    match entry.dimensions {
        Some(expected) if expected != encoder.dimensions() => Err(LoadError::Dimensions {
            path: weights.to_owned(),
            expected,
            found: encoder.dimensions(),
        }),
        _ => Ok(Box::new(encoder)),
    }
}
