//! The layout of a generation on disk, written by [`crate::write`] and read by [`crate::snapshot`].
//!
//! ```text
//! <index>/CURRENT                    the id of the generation that serves
//! <index>/build.lock                 held while a build runs
//! <index>/generations/<id>/
//!     manifest.json                  format, encoder, counts, size and BLAKE3 of every other file
//!     manifest.blake3                the manifest's own checksum
//!     sources.txt                    the article files, one after the other
//!     articles.jsonl                 one ArticleRecord a line
//!     passages.jsonl                 one PassageRecord a line, in ordinal order
//!     vectors.bin                    see `vectors`
//!     space.bin                      see `space`
//!     tokens.bin, reduction.bin      see `late`
//!     lexical/…                      one tantivy segment
//! ```

use std::collections::BTreeMap;

use corpus::{Article, Passage};
use serde::{Deserialize, Serialize};

/// Counts up with every change of this layout.
pub(crate) const FORMAT: u32 = 3;

pub(crate) const CURRENT: &str = "CURRENT";
pub(crate) const LOCK: &str = "build.lock";
pub(crate) const GENERATIONS: &str = "generations";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const MANIFEST_CHECKSUM: &str = "manifest.blake3";
pub(crate) const SOURCES: &str = "sources.txt";
pub(crate) const ARTICLES: &str = "articles.jsonl";
pub(crate) const PASSAGES: &str = "passages.jsonl";
pub(crate) const VECTORS: &str = "vectors.bin";
pub(crate) const SPACE: &str = "space.bin";
pub(crate) const TOKENS: &str = "tokens.bin";
pub(crate) const REDUCTION: &str = "reduction.bin";
pub(crate) const LEXICAL: &str = "lexical";
/// Directories that start with this are unfinished and may be removed by the next build.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// What a generation is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) generation: String,
    /// See [`inference::Encoder::id`].
    pub(crate) encoder: String,
    pub(crate) dimensions: usize,
    /// See [`crate::parse::PARSE_VERSION`].
    pub(crate) parse_version: u32,
    pub(crate) passage_tokens: usize,
    pub(crate) n_articles: usize,
    pub(crate) n_passages: usize,
    /// BLAKE3 over the paths and contents of all article files.
    pub(crate) content: String,
    /// By path inside the generation, `/` separators.
    pub(crate) files: BTreeMap<String, FileRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

/// An article and where its parts are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArticleRecord {
    pub(crate) article: Article,
    /// BLAKE3 of the file.
    pub(crate) hash: String,
    /// First byte in `sources.txt`.
    pub(crate) source_start: usize,
    pub(crate) source_bytes: usize,
    /// Ordinal of its first passage; the others follow.
    pub(crate) first_passage: u32,
    pub(crate) n_passages: u32,
}

/// A passage and the hash of what the encoder read of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PassageRecord {
    /// First 32 hex digits of the BLAKE3 of the embedded text.
    pub(crate) hash: String,
    pub(crate) passage: Passage,
}
