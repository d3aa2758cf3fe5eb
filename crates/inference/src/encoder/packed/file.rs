//! The parts of a packed file, checked.

use std::collections::HashMap;

use super::super::PackedError;
use super::super::linear::{Q4_BLOCK, q4_scale};
use super::super::load::check_shape;
use super::super::tokenizer::{CodePointMap, Vocabulary};
use super::cursor::Cursor;

const MAGIC: &[u8] = b"E5S1";
const VERSION: u32 = 1;
/// Weights of a quantisation block.
const BLOCK: usize = 32;
/// The largest half-precision number. No learnt number comes near it, and below it no product of a damaged
/// file reaches infinity on the way through the network.
const LARGEST: f32 = 65504.0;

/// Sizes of the network.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) words: usize,
    pub(super) positions: usize,
    pub(super) token_types: usize,
    pub(super) epsilon: f32,
}

/// What the tokenizer is made of.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) vocabulary: Vocabulary,
    pub(super) map: CodePointMap,
    pub(super) begin: u32,
    pub(super) end: u32,
    pub(super) unknown: u32,
}

/// A file whose directory was found sound. The numbers of a tensor are checked when it is asked for.
#[derive(Debug)]
pub(super) struct PackedFile<'a> {
    pub(super) header: Header,
    pub(super) pieces: Pieces,
    tensors: HashMap<&'a str, Tensor<'a>>,
}

#[derive(Debug)]
struct Tensor<'a> {
    is_packed: bool,
    elements: usize,
    offset: usize,
    bytes: &'a [u8],
}

impl<'a> PackedFile<'a> {
    /// Reads everything before the tensors.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, PackedError> {
        let mut cursor = Cursor::new(bytes);
        if cursor.take(MAGIC.len(), "magic number")? != MAGIC {
            return Err(invalid("magic number", 0, "is not `E5S1`"));
        }
        let version = cursor.u32("version")?;
        if version != VERSION {
            let reason = format!("is {version}, this reader reads {VERSION}");
            return Err(invalid("version", MAGIC.len(), reason));
        }
        let header = read_header(&mut cursor)?;
        let pieces = read_pieces(&mut cursor, header.words)?;
        let tensors = read_directory(&mut cursor, bytes)?;
        Ok(Self {
            header,
            pieces,
            tensors,
        })
    }

    /// Single-precision numbers.
    pub(super) fn values(&self, name: &str, elements: usize) -> Result<Vec<f32>, PackedError> {
        let tensor = self.tensor(name, elements, false)?;
        let (values, _) = tensor.bytes.as_chunks::<4>();
        let read = |(index, bytes): (usize, &[u8; 4])| {
            let value = f32::from_le_bytes(*bytes);
            check_number(value, name, tensor.offset + 4 * index)
        };
        values.iter().enumerate().map(read).collect()
    }

    /// 4-bit blocks.
    pub(super) fn blocks(
        &self,
        name: &str,
        elements: usize,
    ) -> Result<&'a [[u8; Q4_BLOCK]], PackedError> {
        let tensor = self.tensor(name, elements, true)?;
        let (blocks, _) = tensor.bytes.as_chunks::<Q4_BLOCK>();
        for (index, block) in blocks.iter().enumerate() {
            check_number(q4_scale(block), name, tensor.offset + Q4_BLOCK * index)?;
        }
        Ok(blocks)
    }

    fn tensor(
        &self,
        name: &str,
        elements: usize,
        is_packed: bool,
    ) -> Result<&Tensor<'a>, PackedError> {
        let tensor = self.tensors.get(name).ok_or_else(|| PackedError::Missing {
            name: name.to_owned(),
        })?;
        if tensor.elements != elements {
            let reason = format!("has {} elements instead of {elements}", tensor.elements);
            return Err(invalid(name, tensor.offset, reason));
        }
        if tensor.is_packed != is_packed {
            let wanted = if is_packed {
                "4-bit blocks"
            } else {
                "single precision"
            };
            return Err(invalid(name, tensor.offset, format!("is not in {wanted}")));
        }
        Ok(tensor)
    }
}

fn invalid(field: &str, offset: usize, reason: impl Into<String>) -> PackedError {
    PackedError::Invalid {
        field: field.to_owned(),
        offset,
        reason: reason.into(),
    }
}

/// Also refuses what is not a number.
fn check_number(value: f32, field: &str, offset: usize) -> Result<f32, PackedError> {
    if value.abs() <= LARGEST {
        return Ok(value);
    }
    Err(invalid(field, offset, format!("holds {value}")))
}

fn read_header(cursor: &mut Cursor<'_>) -> Result<Header, PackedError> {
    let start = cursor.at();
    let header = Header {
        width: cursor.count("width")?,
        layers: cursor.count("layers")?,
        heads: cursor.count("heads")?,
        inner: cursor.count("inner width")?,
        words: cursor.count("words")?,
        positions: cursor.count("positions")?,
        token_types: cursor.count("token types")?,
        epsilon: cursor.f32("epsilon")?,
    };
    let end = cursor.at();
    check_shape(header.width, header.heads, header.inner)
        .map_err(|reason| invalid("shape", start, reason))?;
    if header.layers == 0 || header.token_types == 0 {
        return Err(invalid("shape", start, "has no layers or no token types"));
    }
    if !(header.epsilon > 0.0 && header.epsilon < 1.0) {
        let reason = format!("is {}, not between 0 and 1", header.epsilon);
        return Err(invalid("epsilon", end - 4, reason));
    }
    let block = cursor.count("quantisation block")?;
    if block != BLOCK {
        let reason = format!("is {block}, this reader reads {BLOCK}");
        return Err(invalid("quantisation block", end, reason));
    }
    Ok(header)
}

fn read_pieces(cursor: &mut Cursor<'_>, words: usize) -> Result<Pieces, PackedError> {
    let start = cursor.at();
    let count = cursor.count("pieces")?;
    if count == 0 || count > words {
        let reason = format!("are {count}, there are {words} word vectors");
        return Err(invalid("pieces", start, reason));
    }
    let mut id = |field: &str| {
        let offset = cursor.at();
        let id = cursor.u32(field)?;
        if (id as usize) < count {
            return Ok(id);
        }
        let reason = format!("is {id}, there are {count} pieces");
        Err(invalid(field, offset, reason))
    };
    let begin = id("begin token")?;
    let end = id("end token")?;
    id("padding token")?;
    let unknown = id("unknown token")?;
    let text_bytes = cursor.size("length of the pieces")?;
    let bounds_at = cursor.at();
    let bounds = cursor.take_arrays::<4>(count.saturating_add(1), "bounds of the pieces")?;
    let scores_at = cursor.at();
    let scores = cursor.take_arrays::<4>(count, "scores")?;
    let text_at = cursor.at();
    let text = cursor.take(text_bytes, "text of the pieces")?;
    let text = std::str::from_utf8(text).map_err(|error| {
        let offset = text_at + error.valid_up_to();
        invalid("text of the pieces", offset, "is not UTF-8")
    })?;
    let mut vocabulary = Vocabulary::default();
    for (index, (bounds, score)) in bounds.windows(2).zip(scores).enumerate() {
        let [from, to] = [bounds[0], bounds[1]].map(|bound| u32::from_le_bytes(bound) as usize);
        let score = f32::from_le_bytes(*score);
        let score = check_number(score, "score", scores_at + 4 * index)?;
        let added = text
            .get(from..to)
            .is_some_and(|piece| vocabulary.push(piece, score));
        if !added {
            let reason = format!("from {from} to {to} is not a piece of the text");
            return Err(invalid("bound", bounds_at + 4 * index, reason));
        }
    }
    Ok(Pieces {
        vocabulary,
        map: read_map(cursor)?,
        begin,
        end,
        unknown,
    })
}

fn read_map(cursor: &mut Cursor<'_>) -> Result<CodePointMap, PackedError> {
    let entries = cursor.count("normalisation entries")?;
    let bytes = cursor.u32("length of the normalisation")? as usize;
    let end = cursor.at().saturating_add(bytes);
    let mut map = CodePointMap::default();
    for _ in 0..entries {
        let offset = cursor.at();
        let from = code_point(cursor)?;
        let count = cursor.u8("replacements")?;
        let to = (0..count)
            .map(|_| code_point(cursor))
            .collect::<Result<Vec<char>, _>>()?;
        if !map.push(from, to) {
            return Err(invalid("normalisation entry", offset, "is out of order"));
        }
    }
    if cursor.at() != end {
        let reason = format!("should end at byte {end}");
        return Err(invalid("normalisation", cursor.at(), reason));
    }
    Ok(map)
}

fn code_point(cursor: &mut Cursor<'_>) -> Result<char, PackedError> {
    let offset = cursor.at();
    let value = cursor.u32("code point")?;
    char::from_u32(value)
        .ok_or_else(|| invalid("code point", offset, format!("is not one: {value:#x}")))
}

fn read_directory<'a>(
    cursor: &mut Cursor<'a>,
    file: &'a [u8],
) -> Result<HashMap<&'a str, Tensor<'a>>, PackedError> {
    let count = cursor.count("tensors")?;
    let mut tensors = HashMap::new();
    for _ in 0..count {
        let at = cursor.at();
        let length = cursor.u16("length of a tensor's name")?;
        let name = cursor.take(usize::from(length), "name of a tensor")?;
        let name = std::str::from_utf8(name)
            .map_err(|_| invalid("name of a tensor", at + 2, "is not UTF-8"))?;
        let kind = cursor.u8(name)?;
        let elements = cursor.u32(name)? as usize;
        let offset = cursor.size(name)?;
        let length = cursor.size(name)?;
        let needed = match kind {
            0 => elements.checked_mul(4),
            1 if elements.is_multiple_of(BLOCK) => (elements / BLOCK).checked_mul(Q4_BLOCK),
            _ => None,
        };
        if needed != Some(length) {
            let reason = format!("has kind {kind}, {elements} elements and {length} bytes");
            return Err(invalid(name, at, reason));
        }
        let Some(bytes) = file.get(offset..).and_then(|rest| rest.get(..length)) else {
            return Err(PackedError::Truncated {
                field: name.to_owned(),
                offset,
                needed: length,
                available: file.len().saturating_sub(offset),
            });
        };
        let tensor = Tensor {
            is_packed: kind == 1,
            elements,
            offset,
            bytes,
        };
        if tensors.insert(name, tensor).is_some() {
            return Err(invalid(name, at, "is listed twice"));
        }
    }
    Ok(tensors)
}
