//! One request for vectors, and what a reply to it must be.

use serde::Deserialize;

use crate::encoder::Embeddings;
use crate::remote::gate::Failure;
use crate::remote::wire::{Watch, Wire};
use crate::remote::{EncoderEngine, RemoteError};

/// Room for a reply: a number takes at most this many bytes as JSON.
const BYTES_A_NUMBER: usize = 32;
/// Most numbers of a vector; the longest models have 8192.
const MOST_DIMENSIONS: usize = 16_384;

/// What is asked, whole, so that it may be asked from any thread.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) engine: EncoderEngine,
    pub(super) path: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) n_texts: usize,
    /// Length of the vectors; zero when it is not known yet.
    pub(super) dimensions: usize,
}

impl Request {
    /// The vectors of the texts, in their order, as long as the endpoint made them.
    pub(super) fn send(&self, wire: &Wire, watch: &Watch) -> Result<Embeddings, Failure> {
        let limit_bytes = (self.n_texts * MOST_DIMENSIONS * BYTES_A_NUMBER).min(256 << 20);
        let reply = wire.post(self.path, &self.body, watch)?;
        let rows = match self.engine {
            EncoderEngine::Tei => reply.json::<Vec<Vec<f32>>>(limit_bytes, watch)?,
            _ => reply
                .json::<EmbeddingList>(limit_bytes, watch)?
                .rows(self.n_texts)?,
        };
        Ok(self.checked(rows)?)
    }

    fn checked(&self, rows: Vec<Vec<f32>>) -> Result<Embeddings, RemoteError> {
        if rows.len() != self.n_texts {
            return Err(RemoteError::Malformed(
                "another number of vectors than of texts",
            ));
        }
        let dimensions = match self.dimensions {
            0 => rows.first().map_or(0, Vec::len),
            known => known,
        };
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(RemoteError::Malformed("a vector of no usable length"));
        }
        let mut values = Vec::with_capacity(self.n_texts * dimensions);
        for row in rows {
            if row.len() != dimensions {
                return Err(RemoteError::Dimensions {
                    expected: dimensions,
                    found: row.len(),
                });
            }
            values.extend(row);
        }
        Ok(Embeddings { dimensions, values })
    }
}

#[derive(Deserialize)]
struct EmbeddingList {
    data: Vec<EmbeddingEntry>,
}

#[derive(Deserialize)]
struct EmbeddingEntry {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl EmbeddingList {
    /// The vectors in the order of the texts, whatever order they came in.
    fn rows(self, n_texts: usize) -> Result<Vec<Vec<f32>>, RemoteError> {
        let mut rows = vec![Vec::new(); n_texts];
        for (place, entry) in self.data.into_iter().enumerate() {
            let row = rows.get_mut(entry.index.unwrap_or(place));
            match row {
                Some(row) if row.is_empty() => *row = entry.embedding,
                _ => {
                    return Err(RemoteError::Malformed(
                        "vectors of texts that were not sent",
                    ));
                }
            }
        }
        if rows.iter().any(Vec::is_empty) {
            return Err(RemoteError::Malformed(
                "another number of vectors than of texts",
            ));
        }
        Ok(rows)
    }
}
