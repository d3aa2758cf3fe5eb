//! The encoder: text to a unit-length vector.

use std::ops::Range;

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
}
