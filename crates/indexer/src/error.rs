//! Why an index could not be opened, searched or built.

use std::{io, path::PathBuf};

/// What is wrong with a file of a generation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A file the manifest names is not there.
    #[error("`{file}` is missing")]
    Missing {
        /// Path inside the generation.
        file: String,
    },
    /// A file's bytes are not those that were written.
    #[error("`{file}` does not have the checksum it was written with")]
    Checksum {
        /// Path inside the generation.
        file: String,
    },
    /// A file could not be read.
    #[error("`{file}` could not be read")]
    Read {
        /// Path inside the generation.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The manifest is no manifest.
    #[error("the manifest cannot be understood")]
    Manifest(#[source] serde_json::Error),
    /// A record is not what its place promises.
    #[error("a record cannot be understood")]
    Record(#[source] serde_json::Error),
    /// Files contradict each other.
    #[error("{0}")]
    Content(&'static str),
    /// The lexical index cannot be opened.
    #[error("the lexical index cannot be opened")]
    Lexical(#[source] tantivy::TantivyError),
    /// It was written in a layout this build does not know.
    #[error("its format is {found} and this build reads {supported}")]
    Format {
        /// Format of the generation.
        found: u32,
        /// Format of this build.
        supported: u32,
    },
}

/// Why no generation could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Nothing was ever built here.
    #[error("there is no index in `{dir}`; build it with `loket index`")]
    Missing {
        /// The index directory.
        dir: PathBuf,
    },
    /// There are generations, and none can be used.
    #[error("no generation in `{dir}` is intact; build a new one with `loket index --full`")]
    Damaged {
        /// The index directory.
        dir: PathBuf,
        /// What is wrong with the newest.
        source: Damage,
    },
    /// The index directory cannot be read.
    #[error("could not read `{path}`")]
    Read {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database the index is in cannot be read.
    #[error("the index in the database could not be opened")]
    Database(#[from] database::DatabaseError),
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The lexical index could not be read.
    #[error("the lexical index could not be searched")]
    Lexical(#[from] tantivy::TantivyError),
    /// The database the generation is in could not be read.
    #[error("the index in the database could not be searched")]
    Database(#[from] database::DatabaseError),
    /// What the database holds of an article is not what was written.
    #[error("an article in the database is damaged; build a new index with `loket index --full`")]
    Damaged(#[from] Damage),
}

/// Why a build ended without a new generation. The old one goes on serving.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The knowledge base is not a readable folder.
    #[error("`{dir}` cannot be read as a folder of articles; name another one with `--kb`")]
    KnowledgeBase {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No file could be used, so the old articles are kept rather than all lost.
    #[error(
        "no article in `{dir}` can be used ({n_rejected} rejected, {n_drafts} drafts); the old index, if any, is kept"
    )]
    NoArticles {
        /// The folder.
        dir: PathBuf,
        /// Files that were rejected.
        n_rejected: usize,
        /// Articles that are drafts.
        n_drafts: usize,
    },
    /// Another build holds the lock.
    #[error("another build is writing to `{dir}`; wait for it to end")]
    Busy {
        /// The index directory.
        dir: PathBuf,
    },
    /// A text could not be encoded.
    #[error("a passage could not be encoded")]
    Encode(#[from] inference::EncodeError),
    /// A file could not be written.
    #[error("could not write `{path}`; is the disk full or read-only?")]
    Write {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An old generation could not be removed.
    #[error("could not remove `{path}`; remove it by hand when its files must be gone")]
    Remove {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The lexical index could not be written.
    #[error("the lexical index could not be written; is the disk full?")]
    Lexical(#[source] tantivy::TantivyError),
    /// The database could not be written or read.
    #[error("the index in the database could not be written")]
    Database(#[from] database::DatabaseError),
    /// Another build has made another generation serve meanwhile.
    #[error("another build was faster: `{generation}` serves now; run `loket index` again")]
    Overtaken {
        /// The generation that serves.
        generation: String,
    },
    /// The generation that serves cannot be read back from the database.
    #[error("the generation in the database is damaged; build a new one with `loket index --full`")]
    Restore(#[source] Damage),
    /// What was written does not read back; the disk or the memory is failing.
    #[error("the new generation does not read back as written")]
    ReadBack(#[source] Damage),
}

/// Why the generation before could not be made to serve. The one that served goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollbackError {
    /// There is no index, or it cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is nothing to go back to.
    #[error(
        "no generation from before `{current}` is kept; change the articles back and run `loket index`"
    )]
    NoneBefore {
        /// The generation that serves.
        current: String,
    },
    /// The generation before is not intact.
    #[error(
        "`{generation}`, the generation before, is damaged; change the articles back and run `loket index`"
    )]
    Damaged {
        /// Its name.
        generation: String,
        /// What is wrong with it.
        source: Damage,
    },
    /// The store is busy, or the pointer could not be written.
    #[error(transparent)]
    Store(#[from] BuildError),
}
