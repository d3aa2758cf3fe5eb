//! Models, local on candle or elsewhere: what may be pulled, how it is pulled and verified, and the two roles it plays.
//!
//! catalogue → pull → verified file → [`Encoder`] (text to unit-length vector) or [`Writer`](writer::Writer) (messages
//! to text). Both may as well be an endpoint someone else runs ([`remote`]). This crate knows nothing of help centers or
//! indexes; it is synchronous, and all it reaches the network for is [`pull`] and [`remote`].

pub mod catalogue;
pub mod encoder;
pub mod pull;
pub mod remote;
pub mod tiny;
pub mod writer;

pub use catalogue::{Catalogue, CatalogueError, FileEntry, Format, ModelEntry, Role, Source};
pub use encoder::{Detailed, Embeddings, EncodeError, Encoder, TextKind, TokenVectors};
pub use pull::{
    Attempt, DEFAULT_HUB_ENDPOINT, HubOptions, ModelFiles, ModelStore, OnProgress, Presence,
    PullError, PullProgress, SourceError, StoreOptions,
};
