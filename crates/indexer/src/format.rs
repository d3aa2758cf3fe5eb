//! The layout of a generation on disk, written by [`crate::write`] and read by [`crate::snapshot`].
//!
//! ```text
//! <index>/CURRENT                    the id of the generation that serves
//! <index>/build.lock                 held while a build runs
//! <index>/generations/<id>/
//!     manifest.json                  format, encoder, counts, the shards in order, size and BLAKE3 of every other file
//!     manifest.blake3                the manifest's own checksum
//!     space.bin                      see `space`
//!     reduction.bin                  see `late`
//!     shards/<name>                  all there is of a run of neighbouring articles, see `shard`
//! ```

use std::collections::BTreeMap;

use corpus::Article;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Counts up with every change of this layout.
pub(crate) const FORMAT: u32 = 4;

pub(crate) const CURRENT: &str = "CURRENT";
pub(crate) const LOCK: &str = "build.lock";
pub(crate) const GENERATIONS: &str = "generations";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const MANIFEST_CHECKSUM: &str = "manifest.blake3";
pub(crate) const SPACE: &str = "space.bin";
pub(crate) const REDUCTION: &str = "reduction.bin";
pub(crate) const SHARDS: &str = "shards";
/// Directories that start with this are unfinished and may be removed by the next build.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// What a generation is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) generation: String,
    /// When it was built.
    pub(crate) built_at: Timestamp,
    /// The generation that served then.
    pub(crate) before: Option<String>,
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
    /// The shards, by name, in order: together they hold all articles in order of path.
    pub(crate) shards: Vec<String>,
    /// By path inside the generation, `/` separators.
    pub(crate) files: BTreeMap<String, FileRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

/// An article and where its parts are in its shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArticleRecord {
    pub(crate) article: Article,
    /// BLAKE3 of the file.
    pub(crate) hash: String,
    /// First byte in the shard's texts.
    pub(crate) source_start: usize,
    pub(crate) source_bytes: usize,
    /// Number in the shard of its first passage; the others follow.
    pub(crate) first_passage: u32,
    pub(crate) n_passages: u32,
}

/// The path of a shard inside its generation.
pub(crate) fn shard_path(name: &str) -> String {
    format!("{SHARDS}/{name}")
}
