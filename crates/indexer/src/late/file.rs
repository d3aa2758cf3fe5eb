//! The files of late interaction: `tokens.bin` holds rows one after the other, in the order they were made;
//! `reduction.bin` how they were reduced and where the rows of each passage are.

use std::{io::Write as _, path::Path};

use tantivy::directory::OwnedBytes;

use super::Reduction;
use crate::{
    bytes::{push_length, push_numbers, read_length, read_numbers},
    error::{BuildError, Damage},
    format::FileRecord,
    store::write_error,
};

/// First bytes of `reduction.bin`.
const MAGIC: &[u8; 8] = b"LOKETRED";

/// Where the rows of a passage are: the first and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) n: u32,
}

/// `tokens.bin` while it is written.
#[derive(Debug)]
pub(crate) struct TokenWriter<'a> {
    path: &'a Path,
    file: std::io::BufWriter<fs_err::File>,
    hasher: blake3::Hasher,
    width: usize,
    n_rows: u64,
    n_bytes: u64,
}

impl<'a> TokenWriter<'a> {
    pub(crate) fn create(path: &'a Path) -> Result<Self, BuildError> {
        let file = fs_err::File::create(path).map_err(|source| write_error(path, source))?;
        Ok(Self {
            path,
            file: std::io::BufWriter::new(file),
            hasher: blake3::Hasher::new(),
            width: 0,
            n_rows: 0,
            n_bytes: 0,
        })
    }

    /// Appends the rows of a passage, each `width` long; the same for all.
    pub(crate) fn push(&mut self, rows: &[i8], width: usize) -> Result<Span, BuildError> {
        debug_assert!(self.width == 0 || self.width == width);
        self.width = width;
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        self.file
            .write_all(bytes)
            .map_err(|source| write_error(self.path, source))?;
        self.hasher.update(bytes);
        let n = rows.len().checked_div(width).unwrap_or(0);
        let span = Span {
            first: self.n_rows,
            n: u32::try_from(n).unwrap_or(u32::MAX),
        };
        self.n_rows += u64::from(span.n);
        self.n_bytes += bytes.len() as u64;
        Ok(span)
    }

    /// Syncs the file.
    pub(crate) fn finish(self) -> Result<FileRecord, BuildError> {
        let path = self.path;
        self.file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|source| write_error(path, source))?;
        Ok(FileRecord {
            bytes: self.n_bytes,
            blake3: self.hasher.finalize().to_hex().to_string(),
        })
    }
}

/// The bytes of `reduction.bin`: magic, dimensions, kept; for each language the passages fitted to and, behind
/// its length, the mean; the map; the number of passages, and for each its first row and how many.
pub(crate) fn encode(reduction: &Reduction, spans: &[Span]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    push_length(&mut bytes, reduction.dimensions);
    push_length(&mut bytes, reduction.kept);
    for (fitted_to, mean) in reduction.fitted_to.iter().zip(&reduction.means) {
        bytes.extend(fitted_to.to_le_bytes());
        push_length(&mut bytes, mean.len());
        push_numbers(&mut bytes, mean);
    }
    push_numbers(&mut bytes, &reduction.map);
    push_length(&mut bytes, spans.len());
    for span in spans {
        bytes.extend(span.first.to_le_bytes());
        bytes.extend(span.n.to_le_bytes());
    }
    bytes
}

fn read(rest: &mut &[u8]) -> Option<(Reduction, Vec<Span>)> {
    if rest.split_off(..MAGIC.len())? != MAGIC {
        return None;
    }
    let mut reduction = Reduction {
        dimensions: read_length(rest)?,
        kept: read_length(rest)?,
        ..Reduction::default()
    };
    for language in 0..9 {
        reduction.fitted_to[language] = read_length(rest)? as u64;
        let length = read_length(rest)?;
        if length != 0 && length != reduction.dimensions {
            return None;
        }
        reduction.means[language] = read_numbers(rest, length)?;
    }
    reduction.map = read_numbers(rest, reduction.dimensions.checked_mul(reduction.kept)?)?;
    let n = read_length(rest)?;
    let spans = rest.split_off(..n.checked_mul(12)?)?;
    let (spans, _) = spans.as_chunks::<12>();
    let span = |bytes: &[u8; 12]| {
        let (first, n) = bytes.split_first_chunk::<8>()?;
        Some(Span {
            first: u64::from_le_bytes(*first),
            n: u32::from_le_bytes(n.try_into().ok()?),
        })
    };
    let spans = spans.iter().map(span).collect::<Option<_>>()?;
    Some((reduction, spans))
}

/// The token rows of a generation.
#[derive(Debug)]
pub(crate) struct Tokens {
    reduction: Reduction,
    spans: Vec<Span>,
    rows: OwnedBytes,
}

impl Tokens {
    /// Opens both files' bytes.
    ///
    /// # Errors
    /// [`Damage`] when they are not what is written here, or do not fit each other.
    pub(crate) fn open(reduction: &OwnedBytes, rows: OwnedBytes) -> Result<Self, Damage> {
        let mut rest: &[u8] = reduction;
        let (reduction, spans) = read(&mut rest)
            .filter(|_| rest.is_empty())
            .ok_or(Damage::Content("the reduction file is not one"))?;
        let n_rows = rows.len().checked_div(reduction.kept).unwrap_or(0) as u64;
        let fits = |span: &Span| {
            let end = span.first.checked_add(u64::from(span.n));
            end.is_some_and(|end| end <= n_rows)
        };
        if !spans.iter().all(fits) || n_rows * reduction.kept as u64 != rows.len() as u64 {
            return Err(Damage::Content(
                "the token rows are not those of the passages",
            ));
        }
        Ok(Self {
            reduction,
            spans,
            rows,
        })
    }

    /// How they were reduced.
    pub(crate) const fn reduction(&self) -> &Reduction {
        &self.reduction
    }

    /// Number of passages.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The rows of a passage.
    pub(crate) fn rows(&self, passage: usize) -> &[i8] {
        let Span { first, n } = self.spans[passage];
        let width = self.reduction.kept;
        // Checked to lie within the file when it was opened.
        let start = usize::try_from(first).unwrap_or(usize::MAX) * width;
        bytemuck::cast_slice(&self.rows[start..start + n as usize * width])
    }
}
