//! Reads the header of a GGUF file without trusting it.
//!
//! file → **[`GgufFile`]** → configuration, tokenizer, chat template, weights. Every count, length and offset
//! is checked against the size of the file before anything is allocated or read, so a truncated or corrupt
//! file ends in one [`GgufError`]. candle's own reader is not used because it trusts `general.alignment` and
//! shape products. Layout: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3,
//! little-endian. Not here: what the metadata mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use fs_err::File;

/// Longest header that is read, far above the 10 MB of a 150,000-token vocabulary.
const MAX_HEADER_BYTES: u64 = 256 << 20;
const MAX_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: u64 = 32;

/// Why a GGUF file was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum GgufError {
    #[error("{0}")]
    Damaged(String),
    #[error("could not read the file")]
    Read(#[from] io::Error),
    #[error("could not use a tensor")]
    Tensor(#[from] candle_core::Error),
}

fn damaged<T>(problem: impl Into<String>) -> Result<T, GgufError> {
    Err(GgufError::Damaged(problem.into()))
}

/// A metadata value. Integers of every width become [`Value::Integer`]; arrays other than of strings and
/// integers are skipped, nothing here needs them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i64>),
    Floats(Vec<f32>),
    Skipped,
}

/// Where a tensor is and what it holds.
#[derive(Debug, Clone)]
pub(super) struct TensorInfo {
    /// Outermost first, as candle orders them: `[rows, columns]`.
    pub(super) dimensions: Vec<usize>,
    /// Type of the elements.
    pub(super) dtype: GgmlDType,
    start: u64,
    n_bytes: usize,
}

/// An open GGUF file whose header was found sound.
#[derive(Debug)]
pub(super) struct GgufFile {
    /// What the file says of itself.
    pub(super) metadata: HashMap<String, Value>,
    /// What weights it holds, by name.
    pub(super) tensors: HashMap<String, TensorInfo>,
    file: File,
    n_bytes: u64,
}

impl GgufFile {
    /// Opens `path` and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, GgufError> {
        let mut file = File::open(path)?;
        let n_file_bytes = file.metadata()?.len();
        let mut header = Vec::new();
        file.by_ref()
            .take(MAX_HEADER_BYTES.min(n_file_bytes))
            .read_to_end(&mut header)?;
        let (metadata, tensors) = parse_header(&header, n_file_bytes)?;
        Ok(Self {
            metadata,
            tensors,
            file,
            n_bytes: n_file_bytes,
        })
    }

    /// Size of the file.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The raw bytes of tensor `info`.
    pub(super) fn tensor_bytes(&mut self, info: &TensorInfo) -> Result<Vec<u8>, GgufError> {
        let mut bytes = vec![0; info.n_bytes];
        self.file.seek(SeekFrom::Start(info.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The tensor called `name`, which must have `dimensions`.
    pub(super) fn require(
        &self,
        name: &str,
        dimensions: &[usize],
    ) -> Result<TensorInfo, GgufError> {
        match self.tensors.get(name) {
            Some(info) if info.dimensions == dimensions => Ok(info.clone()),
            Some(info) => damaged(format!(
                "tensor `{name}` has shape {:?}, not {dimensions:?}",
                info.dimensions
            )),
            None => damaged(format!("tensor `{name}` is missing")),
        }
    }

    /// Tensor `info` as candle's quantised tensor.
    pub(super) fn quantized(&mut self, info: &TensorInfo) -> Result<QTensor, GgufError> {
        let bytes = self.tensor_bytes(info)?;
        let storage = QStorage::from_data(Cow::Borrowed(&bytes), &Device::Cpu, info.dtype)?;
        Ok(QTensor::new(storage, info.dimensions.clone())?)
    }

    /// Vector `name` of length `length`, as f32.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, GgufError> {
        let info = self.require(name, &[length])?;
        let tensor: Tensor = self.quantized(&info)?.dequantize(&Device::Cpu)?;
        Ok(tensor.to_vec1::<f32>()?)
    }

    /// Metadata integer `key` as a size.
    pub(super) fn size(&self, key: &str) -> Result<Option<usize>, GgufError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Integer(value)) => match usize::try_from(*value) {
                Ok(size) => Ok(Some(size)),
                Err(_) => damaged(format!("`{key}` is {value}")),
            },
            Some(_) => damaged(format!("`{key}` is not an integer")),
        }
    }

    /// Metadata integer `key`, which must be there and within `1..=most`.
    pub(super) fn required_size(&self, key: &str, most: usize) -> Result<usize, GgufError> {
        match self.size(key)? {
            Some(size) if (1..=most).contains(&size) => Ok(size),
            Some(size) => damaged(format!("`{key}` is {size}, not within 1 to {most}")),
            None => damaged(format!("`{key}` is missing")),
        }
    }

    /// Metadata number `key`, finite.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, GgufError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Float(value)) if value.is_finite() => Ok(Some(*value)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "beyond 2^53 rounding is fine"
            )]
            Some(Value::Integer(value)) => Ok(Some(*value as i64 as f64)),
            Some(_) => damaged(format!("`{key}` is not a finite number")),
        }
    }

    /// Metadata text `key`.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, GgufError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => damaged(format!("`{key}` is not a text")),
        }
    }

    /// Metadata flag `key`, false when absent.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.metadata.get(key) == Some(&Value::Bool(true))
    }
}

/// A bounds-checked little-endian reader over the header.
struct Header<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Header<'a> {
    fn take(&mut self, n_bytes: u64, what: &str) -> Result<&'a [u8], GgufError> {
        let n_bytes = usize::try_from(n_bytes).unwrap_or(usize::MAX);
        let rest = &self.bytes[self.position..];
        if n_bytes > rest.len() {
            return damaged(format!(
                "it ends at byte {} inside {what}",
                self.bytes.len()
            ));
        }
        self.position += n_bytes;
        Ok(&rest[..n_bytes])
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], GgufError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, what)?);
        Ok(array)
    }

    fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    fn text(&mut self, what: &str) -> Result<String, GgufError> {
        let n_bytes = self.u64(what)?;
        let bytes = self.take(n_bytes, what)?;
        // Vocabularies in the wild hold the odd invalid byte; the replacement character is harmless there.
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// A count of things that take at least `least_bytes` each, so that it cannot exceed what is left.
    fn count(&mut self, least_bytes: u64, what: &str) -> Result<u64, GgufError> {
        let count = self.u64(what)?;
        let left = (self.bytes.len() - self.position) as u64;
        if count.saturating_mul(least_bytes) > left {
            return damaged(format!(
                "it announces {count} {what}, more than its size allows"
            ));
        }
        Ok(count)
    }

    fn integer(&mut self, kind: u32, what: &str) -> Result<Option<i128>, GgufError> {
        Ok(Some(match kind {
            0 => i128::from(u8::from_le_bytes(self.array(what)?)),
            1 => i128::from(i8::from_le_bytes(self.array(what)?)),
            2 => i128::from(u16::from_le_bytes(self.array(what)?)),
            3 => i128::from(i16::from_le_bytes(self.array(what)?)),
            4 => i128::from(u32::from_le_bytes(self.array(what)?)),
            5 => i128::from(i32::from_le_bytes(self.array(what)?)),
            10 => i128::from(u64::from_le_bytes(self.array(what)?)),
            11 => i128::from(i64::from_le_bytes(self.array(what)?)),
            _ => return Ok(None),
        }))
    }

    fn value(&mut self, key: &str) -> Result<Value, GgufError> {
        let kind = self.u32(key)?;
        if let Some(integer) = self.integer(kind, key)? {
            return Ok(Value::Integer(integer));
        }
        match kind {
            6 => Ok(Value::Float(f64::from(f32::from_le_bytes(
                self.array(key)?,
            )))),
            12 => Ok(Value::Float(f64::from_le_bytes(self.array(key)?))),
            7 => match self.array::<1>(key)? {
                [0] => Ok(Value::Bool(false)),
                [1] => Ok(Value::Bool(true)),
                [other] => damaged(format!("`{key}` is neither true nor false but {other}")),
            },
            8 => Ok(Value::Text(self.text(key)?)),
            9 => self.values(key),
            _ => damaged(format!("`{key}` has unknown type {kind}")),
        }
    }

    fn values(&mut self, key: &str) -> Result<Value, GgufError> {
        let kind = self.u32(key)?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            _ => return damaged(format!("`{key}` is an array of unknown type {kind}")),
        };
        let count = self.count(width, key)?;
        if kind == 8 {
            let mut texts = Vec::new();
            for _ in 0..count {
                texts.push(self.text(key)?);
            }
            return Ok(Value::Texts(texts));
        }
        // Kept only where it is read, so that an array of bytes cannot grow eightfold in memory.
        if key == "tokenizer.ggml.token_type" {
            let mut integers = Vec::new();
            for _ in 0..count {
                match self.integer(kind, key)?.map(i64::try_from) {
                    Some(Ok(integer)) => integers.push(integer),
                    _ => return damaged(format!("`{key}` does not hold integers")),
                }
            }
            return Ok(Value::Integers(integers));
        }
        let bytes = self.take(count.saturating_mul(width), key)?;
        if key == "tokenizer.ggml.scores" && kind == 6 {
            let floats = bytes.as_chunks::<4>().0.iter();
            return Ok(Value::Floats(
                floats.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            ));
        }
        Ok(Value::Skipped)
    }
}

type Parsed = (HashMap<String, Value>, HashMap<String, TensorInfo>);

fn parse_header(bytes: &[u8], n_file_bytes: u64) -> Result<Parsed, GgufError> {
    let mut header = Header { bytes, position: 0 };
    if header.take(4, "its first four bytes")? != b"GGUF" {
        return damaged("it is not a GGUF file");
    }
    let version = header.u32("the version")?;
    if !(2..=3).contains(&version) {
        return damaged(format!("it has GGUF version {version}, not 2 or 3"));
    }
    let n_tensors = header.u64("the number of tensors")?;
    // A metadata entry takes at least a length, a type and one byte.
    let n_entries = header.count(13, "metadata entries")?;
    let mut metadata = HashMap::new();
    for _ in 0..n_entries {
        let key = header.text("a metadata key")?;
        let value = header.value(&key)?;
        if metadata.insert(key.clone(), value).is_some() {
            return damaged(format!("`{key}` occurs twice"));
        }
    }

    // A tensor entry takes at least a length, the number of dimensions, a type and an offset.
    if n_tensors.saturating_mul(24) > (bytes.len() - header.position) as u64 {
        return damaged(format!(
            "it announces {n_tensors} tensors, more than its size allows"
        ));
    }
    let mut entries = Vec::new();
    for _ in 0..n_tensors {
        entries.push(tensor_entry(&mut header)?);
    }

    let alignment = match metadata.get("general.alignment") {
        None => DEFAULT_ALIGNMENT,
        Some(Value::Integer(value)) => match u64::try_from(*value) {
            Ok(alignment) if alignment.is_power_of_two() && alignment <= 1 << 20 => alignment,
            _ => return damaged(format!("`general.alignment` is {value}")),
        },
        Some(_) => return damaged("`general.alignment` is not an integer"),
    };
    let data_start = (header.position as u64).next_multiple_of(alignment);
    let mut tensors = HashMap::new();
    for (name, info) in entries {
        let start = data_start.checked_add(info.start);
        let end = start.and_then(|start| start.checked_add(info.n_bytes as u64));
        let (Some(start), Some(end)) = (start, end) else {
            return damaged(format!("tensor `{name}` lies outside any file"));
        };
        if end > n_file_bytes {
            return damaged(format!(
                "tensor `{name}` ends at byte {end} of {n_file_bytes}: the file is cut short"
            ));
        }
        if tensors
            .insert(name.clone(), TensorInfo { start, ..info })
            .is_some()
        {
            return damaged(format!("tensor `{name}` occurs twice"));
        }
    }
    Ok((metadata, tensors))
}

/// One tensor's entry; `start` is still relative to the tensor data.
fn tensor_entry(header: &mut Header<'_>) -> Result<(String, TensorInfo), GgufError> {
    let name = header.text("a tensor's name")?;
    let n_dimensions = header.u32(&name)?;
    if !(1..=MAX_DIMENSIONS).contains(&n_dimensions) {
        return damaged(format!("tensor `{name}` has {n_dimensions} dimensions"));
    }
    let mut dimensions = Vec::new();
    let mut n_elements = 1_usize;
    for _ in 0..n_dimensions {
        let dimension = usize::try_from(header.u64(&name)?).unwrap_or(usize::MAX);
        n_elements = match n_elements.checked_mul(dimension) {
            Some(product) if product > 0 => product,
            _ => return damaged(format!("tensor `{name}` has an impossible shape")),
        };
        dimensions.push(dimension);
    }
    let kind = header.u32(&name)?;
    let Some(dtype) = dtype(kind) else {
        return damaged(format!("tensor `{name}` has unsupported type {kind}"));
    };
    // The file lists the innermost dimension first; blocks must not straddle its end.
    let row = dimensions[0];
    dimensions.reverse();
    let start = header.u64(&name)?;
    let n_bytes = (n_elements / dtype.block_size()).checked_mul(dtype.type_size());
    match n_bytes {
        Some(n_bytes) if row.is_multiple_of(dtype.block_size()) => Ok((
            name,
            TensorInfo {
                dimensions,
                dtype,
                start,
                n_bytes,
            },
        )),
        _ => damaged(format!("tensor `{name}` has an impossible shape")),
    }
}

/// GGML's type numbers (`enum ggml_type` in ggml.h) of the types candle can hold.
fn dtype(kind: u32) -> Option<GgmlDType> {
    Some(match kind {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}
