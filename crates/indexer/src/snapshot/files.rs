//! The files of a generation: read, mapped, checked against the manifest and against each other.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use corpus::ArticleId;
use memmap2::Mmap;
use tantivy::directory::OwnedBytes;

use super::ArticleOrdinal;
use crate::{
    error::Damage,
    format::{self, ArticleRecord, FileRecord, Manifest},
};

fn read_file(dir: &Path, file: &str) -> Result<Vec<u8>, Damage> {
    fs_err::read(dir.join(file)).map_err(|source| damaged_read(file, source))
}

fn damaged_read(file: &str, source: std::io::Error) -> Damage {
    if source.kind() == std::io::ErrorKind::NotFound {
        Damage::Missing {
            file: file.to_owned(),
        }
    } else {
        Damage::Read {
            file: file.to_owned(),
            source,
        }
    }
}

pub(super) fn read_manifest(dir: &Path) -> Result<Manifest, Damage> {
    /// The one field every format has.
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u32,
    }
    let bytes = read_file(dir, format::MANIFEST)?;
    let checksum = read_file(dir, format::MANIFEST_CHECKSUM)?;
    if blake3::hash(&bytes).to_hex().as_bytes() != checksum.trim_ascii() {
        return Err(Damage::Checksum {
            file: format::MANIFEST.to_owned(),
        });
    }
    let Versioned { format } = serde_json::from_slice(&bytes).map_err(Damage::Manifest)?;
    if format != format::FORMAT {
        return Err(Damage::Format {
            found: format,
            supported: format::FORMAT,
        });
    }
    serde_json::from_slice(&bytes).map_err(Damage::Manifest)
}

pub(super) fn map_files(
    dir: &Path,
    manifest: &Manifest,
) -> Result<BTreeMap<PathBuf, OwnedBytes>, Damage> {
    let mut files = BTreeMap::new();
    for (
        name,
        FileRecord {
            bytes: length,
            blake3,
        },
    ) in &manifest.files
    {
        let bytes = map_file(&dir.join(name)).map_err(|source| damaged_read(name, source))?;
        if bytes.len() as u64 != *length || blake3::hash(&bytes).to_hex().as_str() != blake3 {
            return Err(Damage::Checksum { file: name.clone() });
        }
        files.insert(PathBuf::from(name), bytes);
    }
    Ok(files)
}

fn map_file(path: &Path) -> std::io::Result<OwnedBytes> {
    let file = fs_err::File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(OwnedBytes::new(Vec::new()));
    }
    #[expect(
        unsafe_code,
        reason = "mapping is how a file larger than memory can be searched"
    )]
    // SAFETY: a generation's files are written once, under another name, and only ever removed afterwards;
    // removing a mapped file leaves the mapping intact.
    let map = unsafe { Mmap::map(file.file())? };
    Ok(OwnedBytes::new(map))
}

pub(super) fn line_bounds(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut start = 0;
    let mut bounds = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            bounds.push((start, at));
            start = at + 1;
        }
    }
    bounds
}

pub(super) fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    line_bounds(bytes)
        .into_iter()
        .map(|(start, end)| &bytes[start..end])
        .collect()
}

pub(super) type Tables = (Vec<u32>, HashMap<ArticleId, Vec<ArticleOrdinal>>, [u64; 9]);

/// Builds the look-up tables and checks that articles, texts and passages fit each other.
pub(super) fn tables(
    articles: &[ArticleRecord],
    sources: &[u8],
    n_passages: usize,
) -> Result<Tables, Damage> {
    let mut article_of = Vec::with_capacity(n_passages);
    let mut versions: HashMap<ArticleId, Vec<ArticleOrdinal>> =
        HashMap::with_capacity(articles.len());
    let mut n_by_language = [0; 9];
    let text = std::str::from_utf8(sources).unwrap_or_default();
    for (ordinal, record) in (0_u32..).zip(articles) {
        let end = record.source_start.checked_add(record.source_bytes);
        let fits = end.is_some_and(|end| text.get(record.source_start..end).is_some());
        if !fits || record.first_passage as usize != article_of.len() {
            return Err(Damage::Content(
                "the articles are not those of the texts and passages",
            ));
        }
        article_of.extend(std::iter::repeat_n(ordinal, record.n_passages as usize));
        n_by_language[record.article.language.index()] += u64::from(record.n_passages);
        versions
            .entry(record.article.id.clone())
            .or_default()
            .push(ArticleOrdinal(ordinal));
    }
    if article_of.len() != n_passages {
        return Err(Damage::Content("the number of passages is wrong"));
    }
    for ordinals in versions.values_mut() {
        ordinals.sort_by_key(|ordinal| articles[ordinal.0 as usize].article.language.index());
    }
    Ok((article_of, versions, n_by_language))
}
