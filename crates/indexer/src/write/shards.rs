//! Shards: one run of articles to a file of its own, and a file that stays to the next generation.

use std::{path::Path, sync::Arc};

use super::{entries::Entry, previous::Known};
use crate::{
    error::BuildError,
    format::{self, ArticleRecord, FileRecord},
    late::Tokens,
    lexical::{self, LexicalPassage},
    shard::{self, PassageHash, Shard},
    snapshot, split,
    store::{sync_dir, write_error, write_synced},
    vectors::{self, StoredVector},
};

/// What the encoder made of the passages of a shard, in order.
pub(super) struct EncodedPassages<'a> {
    pub(super) dimensions: usize,
    /// Length of a token row.
    pub(super) width: usize,
    pub(super) hashes: &'a [PassageHash],
    pub(super) vectors: Vec<StoredVector>,
    pub(super) rows: Vec<&'a [i8]>,
}

/// Writes the shard `name` of `entries` below the generation `dir` and reads it back.
///
/// # Errors
/// [`BuildError::Lexical`], [`BuildError::Write`], [`BuildError::ReadBack`].
pub(super) fn write(
    dir: &Path,
    name: &str,
    entries: &[Entry],
    encoded: &EncodedPassages<'_>,
) -> Result<Known, BuildError> {
    let bytes = shard::pack(&parts(entries, encoded)?);
    let record = FileRecord {
        bytes: bytes.len() as u64,
        blake3: blake3::hash(&bytes).to_hex().to_string(),
    };
    let path = format::shard_path(name);
    let file = dir.join(&path);
    write_synced(&file, &bytes)?;
    drop(bytes);
    let opened = snapshot::verified(dir, &path, &record).and_then(|bytes| Shard::open(&bytes));
    Ok(Known {
        name: name.to_owned(),
        file,
        record,
        shard: Arc::new(opened.map_err(BuildError::ReadBack)?),
    })
}

/// Gives the generation `dir` the shard `known` of another one.
///
/// The file is shared where the file system can do that, as it is never changed. Elsewhere, and when it is gone, it is
/// written again.
///
/// # Errors
/// [`BuildError::Write`].
pub(super) fn take_over(dir: &Path, known: &Known) -> Result<Known, BuildError> {
    let file = dir.join(format::shard_path(&known.name));
    let is_linked = fs_err::hard_link(&known.file, &file).is_ok()
        && fs_err::metadata(&file).is_ok_and(|found| found.len() == known.record.bytes);
    if !is_linked {
        // What was linked would be written through to the other generation.
        let _ = fs_err::remove_file(&file);
        write_synced(&file, &known.shard.bytes)?;
    }
    Ok(Known {
        file,
        ..known.clone()
    })
}

/// Makes the folder the shards of a generation are in.
///
/// # Errors
/// [`BuildError::Write`].
pub(super) fn make_dir(dir: &Path) -> Result<(), BuildError> {
    let shards = dir.join(format::SHARDS);
    fs_err::create_dir_all(&shards).map_err(|source| write_error(&shards, source))
}

/// Waits until the names of all shards are on the disk.
///
/// # Errors
/// [`BuildError::Write`].
pub(super) fn sync(dir: &Path) -> Result<(), BuildError> {
    sync_dir(&dir.join(format::SHARDS))
}

fn parts(
    entries: &[Entry],
    encoded: &EncodedPassages<'_>,
) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
    let mut sources = Vec::new();
    let mut articles = Vec::new();
    let mut passages = Vec::new();
    let all: Vec<_> = entries
        .iter()
        .map(|entry| (entry, entry.passages()))
        .collect();
    let mut first_passage = 0;
    for (entry, own) in &all {
        let record = ArticleRecord {
            article: entry.article().clone(),
            hash: entry.hash.clone(),
            source_start: sources.len(),
            source_bytes: entry.source().len(),
            first_passage,
            n_passages: u32::try_from(own.len()).unwrap_or(u32::MAX),
        };
        first_passage += record.n_passages;
        sources.extend_from_slice(entry.source().as_bytes());
        push_line(&mut articles, &record);
        for passage in own.iter() {
            push_line(&mut passages, passage);
        }
    }
    let documents = all.iter().flat_map(|(entry, own)| {
        let article = entry.article();
        own.iter().map(move |passage| LexicalPassage {
            language: article.language,
            title: &article.title,
            headings: article
                .sections
                .get(passage.section)
                .map(|section| section.heading_path.as_slice())
                .unwrap_or_default(),
            body: split::body_of(passage),
        })
    });
    let segment = lexical::write(documents).map_err(BuildError::Lexical)?;
    let vectors = vectors::encode(encoded.dimensions, &encoded.vectors);
    let tokens = Tokens::encode(encoded.width, encoded.rows.iter().copied());
    let mut parts = vec![
        (shard::SOURCES.to_owned(), sources),
        (shard::ARTICLES.to_owned(), articles),
        (shard::PASSAGES.to_owned(), passages),
        (shard::HASHES.to_owned(), encoded.hashes.concat()),
        (shard::VECTORS.to_owned(), vectors),
        (shard::TOKENS.to_owned(), tokens),
    ];
    parts.extend(segment.into_iter().map(|(name, bytes)| {
        let name = format!("{}{}", shard::LEXICAL, name.display());
        (name, bytes)
    }));
    Ok(parts)
}

fn push_line(bytes: &mut Vec<u8>, record: &impl serde::Serialize) {
    serde_json::to_writer(&mut *bytes, record)
        .expect("records have string keys, and memory does not fail");
    bytes.push(b'\n');
}
