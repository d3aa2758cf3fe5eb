//! The files of a generation: read, mapped, checked against the manifest; and the tables over its shards.

use std::{collections::HashMap, iter::repeat_n, path::Path};

use corpus::{ArticleId, Language};
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

pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, Damage> {
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

/// Maps a file of the generation and verifies it.
pub(super) fn open_file(dir: &Path, manifest: &Manifest, name: &str) -> Result<OwnedBytes, Damage> {
    let record = manifest.files.get(name).ok_or_else(|| Damage::Missing {
        file: name.to_owned(),
    })?;
    verified(dir, name, record)
}

/// Maps the file `name` below `dir` and verifies that it is what `record` says.
pub(crate) fn verified(dir: &Path, name: &str, record: &FileRecord) -> Result<OwnedBytes, Damage> {
    let bytes = map_file(&dir.join(name)).map_err(|source| damaged_read(name, source))?;
    if bytes.len() as u64 != record.bytes || blake3::hash(&bytes).to_hex().as_str() != record.blake3
    {
        return Err(Damage::Checksum {
            file: name.to_owned(),
        });
    }
    Ok(bytes)
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

/// Where everything is in a generation.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Ordinal of the first passage of each article; the others follow.
    pub(crate) first_passages: Vec<u32>,
    /// Article of each passage.
    pub(crate) article_of: Vec<u32>,
    /// Versions of each article by id, in the order of [`Language::ALL`].
    pub(crate) versions: HashMap<ArticleId, Vec<ArticleOrdinal>>,
    /// Language of each passage.
    pub(crate) language_of: Vec<Language>,
    /// Passages by language.
    pub(crate) n_by_language: [u64; 9],
}

impl Tables {
    /// The tables over all articles, in order.
    pub(crate) fn of<'a>(records: impl Iterator<Item = &'a ArticleRecord>) -> Self {
        let mut tables = Self {
            first_passages: Vec::new(),
            article_of: Vec::new(),
            versions: HashMap::new(),
            language_of: Vec::new(),
            n_by_language: [0; 9],
        };
        let mut languages = Vec::new();
        for (ordinal, record) in (0..).zip(records) {
            let (language, n) = (record.article.language, record.n_passages as usize);
            let first = u32::try_from(tables.article_of.len()).unwrap_or(u32::MAX);
            tables.first_passages.push(first);
            tables.article_of.extend(repeat_n(ordinal, n));
            tables.language_of.extend(repeat_n(language, n));
            tables.n_by_language[language.index()] += n as u64;
            languages.push(language);
            let versions = tables.versions.entry(record.article.id.clone());
            versions.or_default().push(ArticleOrdinal(ordinal));
        }
        for ordinals in tables.versions.values_mut() {
            ordinals.sort_by_key(|ordinal| languages[ordinal.0 as usize].index());
        }
        tables
    }

    /// Number of article versions.
    pub(crate) const fn n_articles(&self) -> usize {
        self.first_passages.len()
    }
}
