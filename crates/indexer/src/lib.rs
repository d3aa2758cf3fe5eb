//! Markdown help articles to an index generation on disk, and the snapshot that reads it back.
//!
//! file → `parse` → article, statements → `split` → passages → [`write`](mod@write) → shards → generation →
//! [`IndexStore::open`] → [`Snapshot`]. Writer and reader live together because the format is one fact.
//! Query-time code sees only the immutable [`Snapshot`], whether a generation lies on this machine or in a database
//! ([`postgres`]). The crate is synchronous, and reaches no network but that database.

mod bytes;
pub mod error;
mod format;
mod late;
mod lexical;
mod parse;
pub mod postgres;
mod shard;
pub mod snapshot;
mod space;
mod split;
pub mod store;
#[cfg(test)]
mod three_servers;
mod vectors;
pub mod write;

pub use error::{BuildError, Damage, OpenError, RollbackError, SearchError};
pub use lexical::{
    PassageMatches,
    asked::{AskedTerm, Readings},
    terms::Terms,
};
pub use parse::{document::markdown_options, markdown};
pub use postgres::{Postgres, PostgresOptions};
pub use snapshot::{
    ArticleOrdinal, Background, Bodies, Hit, LexicalAsk, PassageOrdinal, Selection, Snapshot,
    Visibility,
};
pub use space::Aim;
pub use store::{
    Fallback, IndexStore, Opened,
    kept::{Kept, KeptContents, RolledBack},
};
pub use write::{
    BuildOptions, BuildProgress, BuildReport, Builder, Built, Changes, Fault, KnowledgeBase, Moved,
    ReadArticle, ReadStatement, Rejected, build, build_beside, is_article_name, read_article,
    read_articles,
};
