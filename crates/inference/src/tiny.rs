//! tiny

mod encoder;
mod writer;

pub use encoder::{encoder, encoder_file, encoder_spec};
#[cfg(test)]
pub(crate) use encoder::{full_tensors, packed_file, pieces};
pub use writer::{roomy_writer_file, writer_file};
