//! Rows of the embedding matrix, widened as they are asked for.

use std::borrow::Cow;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use super::gguf::{GgufError, GgufFile};

/// A vector for each token, in the file's own layout: widened, that of a large vocabulary would take several
/// times the room of the whole file.
#[derive(Debug)]
pub(super) struct Embedding {
    bytes: Vec<u8>,
    dtype: GgmlDType,
    width: usize,
}

impl Embedding {
    /// Loads matrix `name` of `file`, `[n_tokens, width]`.
    pub(super) fn read(
        file: &mut GgufFile,
        name: &str,
        n_tokens: usize,
        width: usize,
    ) -> Result<Self, GgufError> {
        let info = file.require(name, &[n_tokens, width])?;
        Ok(Self {
            bytes: file.tensor_bytes(&info)?,
            dtype: info.dtype,
            width,
        })
    }

    /// The vectors of `ids`, `[n_ids, width]`.
    ///
    /// # Panics
    /// When an id is beyond the vocabulary; the tokenizer has no such id.
    pub(super) fn rows(&self, ids: &[u32]) -> Result<Vec<f32>, candle_core::Error> {
        let row_bytes = self.width / self.dtype.block_size() * self.dtype.type_size();
        let mut bytes = Vec::with_capacity(ids.len() * row_bytes);
        for id in ids {
            bytes.extend_from_slice(&self.bytes[*id as usize * row_bytes..][..row_bytes]);
        }
        let storage = QStorage::from_data(Cow::Borrowed(&bytes), &Device::Cpu, self.dtype)?;
        let rows = QTensor::new(storage, (ids.len(), self.width))?;
        rows.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
    }
}
