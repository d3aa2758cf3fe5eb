//! Local models on candle: what may be pulled, how it is pulled and verified, and the two roles it plays.
//!
//! catalogue → pull → verified file → [`Encoder`] (text to unit-length vector) or [`Writer`] (messages to
//! text). This crate knows nothing of help centers, indexes or HTTP; it is synchronous, and the only thing
//! it reaches the network for is [`pull`].

pub mod catalogue;
pub mod encoder;
pub mod pull;
pub mod tiny;
pub mod writer;

pub use catalogue::{Catalogue, CatalogueError, FileEntry, Format, ModelEntry, Role, Source};
pub use encoder::{Detailed, Embeddings, EncodeError, Encoder, TextKind, TokenVectors};
pub use pull::{
    Attempt, DEFAULT_HUB_ENDPOINT, HubOptions, ModelFiles, ModelStore, OnProgress, Presence,
    PullError, PullProgress, SourceError, StoreOptions,
};
