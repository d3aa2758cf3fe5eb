//! Shard: all there is of a run of neighbouring articles, in one file.
//!
//! A generation is a list of shards and the little that belongs to all of them. A shard is never changed: a build
//! writes anew those in which an article changed, and links the others from the generation before. What a shard holds
//! depends on its own articles alone, so an index that was brought up to date is what one built at once would be.
//!
//! ```text
//! magic, length of the table, table: [[name, first byte, bytes], …] as JSON
//! sources        the article files, one after the other
//! articles       one `ArticleRecord` a line
//! passages       one `Passage` a line
//! hashes         16 bytes a passage, see `PassageHash`
//! vectors        see `vectors`
//! tokens         see `late`
//! lexical/…      the files of one tantivy segment
//! ```
//!
//! Each part starts at a multiple of 64 bytes.

use std::collections::BTreeMap;

use corpus::Passage;
use tantivy::directory::OwnedBytes;

use crate::{
    bytes::{push_length, read_length},
    error::Damage,
    format::ArticleRecord,
    late::Tokens,
    lexical::SegmentFiles,
    vectors::Vectors,
};

/// First bytes of the file.
const MAGIC: &[u8; 8] = b"LOKETSHD";
/// Parts start at multiples of this, as rows of vectors must.
const ALIGNMENT: usize = 64;

pub(crate) const SOURCES: &str = "sources";
pub(crate) const ARTICLES: &str = "articles";
pub(crate) const PASSAGES: &str = "passages";
pub(crate) const HASHES: &str = "hashes";
pub(crate) const VECTORS: &str = "vectors";
pub(crate) const TOKENS: &str = "tokens";
pub(crate) const LEXICAL: &str = "lexical/";

/// Names what the encoder reads of a passage: the first half of its BLAKE3.
pub(crate) type PassageHash = [u8; 16];

/// The hash of what the encoder reads.
pub(crate) fn passage_hash(embedded_text: &str) -> PassageHash {
    let hash = blake3::hash(embedded_text.as_bytes());
    *hash
        .as_bytes()
        .first_chunk()
        .expect("a BLAKE3 has 32 bytes")
}

/// The bytes of a shard of these parts.
pub(crate) fn pack(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    // Where parts start depends on how long the table is, so places count from behind it.
    let mut at = 0_usize;
    let mut table: Vec<(&str, usize, usize)> = Vec::with_capacity(parts.len());
    for (name, bytes) in parts {
        table.push((name, at, bytes.len()));
        at = (at + bytes.len()).next_multiple_of(ALIGNMENT);
    }
    let table = serde_json::to_vec(&table).expect("names and numbers are JSON");
    let mut packed = MAGIC.to_vec();
    packed.reserve(at + table.len() + 2 * ALIGNMENT);
    push_length(&mut packed, table.len());
    packed.extend(table);
    for (_, bytes) in parts {
        packed.resize(packed.len().next_multiple_of(ALIGNMENT), 0);
        packed.extend_from_slice(bytes);
    }
    packed
}

/// The parts of a shard's bytes; `None` when these are none.
pub(crate) fn unpack(bytes: &OwnedBytes) -> Option<BTreeMap<String, OwnedBytes>> {
    let mut rest: &[u8] = bytes;
    if rest.split_off(..MAGIC.len())? != MAGIC {
        return None;
    }
    let length = read_length(&mut rest)?;
    let table = rest.split_off(..length)?;
    let table: Vec<(String, usize, usize)> = serde_json::from_slice(table).ok()?;
    let first = (bytes.len() - rest.len()).checked_next_multiple_of(ALIGNMENT)?;
    let part = |(name, start, length): (String, usize, usize)| {
        let start = first.checked_add(start)?;
        let end = start.checked_add(length)?;
        (end <= bytes.len()).then(|| (name, bytes.slice(start..end)))
    };
    table.into_iter().map(part).collect()
}

/// A shard, opened for reading.
pub(crate) struct Shard {
    /// The whole file.
    pub(crate) bytes: OwnedBytes,
    pub(crate) articles: Vec<ArticleRecord>,
    /// Bytes of each passage's line.
    lines: Vec<(usize, usize)>,
    sources: OwnedBytes,
    passages: OwnedBytes,
    hashes: OwnedBytes,
    pub(crate) vectors: Vectors,
    pub(crate) tokens: Tokens,
    /// Files of its tantivy segment.
    pub(crate) lexical: SegmentFiles,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard")
            .field("n_articles", &self.articles.len())
            .field("n_passages", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Shard {
    /// Opens the bytes of a shard, of which the checksum has been verified.
    ///
    /// # Errors
    /// [`Damage`] when its parts are not there or do not fit each other.
    pub(crate) fn open(bytes: &OwnedBytes) -> Result<Self, Damage> {
        let mut parts = unpack(bytes).ok_or(Damage::Content("a shard is not one"))?;
        let mut take = |name: &str| {
            parts
                .remove(name)
                .ok_or(Damage::Content("a shard lacks a part"))
        };
        let sources = take(SOURCES)?;
        let text = std::str::from_utf8(&sources)
            .map_err(|_| Damage::Content("the article texts are not UTF-8"))?;
        let articles: Vec<ArticleRecord> = lines_of(&take(ARTICLES)?)
            .map(|(start, end, bytes)| {
                serde_json::from_slice(&bytes[start..end]).map_err(Damage::Record)
            })
            .collect::<Result<_, _>>()?;
        let passages = take(PASSAGES)?;
        let lines: Vec<(usize, usize)> = lines_of(&passages)
            .map(|(start, end, _)| (start, end))
            .collect();
        let hashes = take(HASHES)?;
        let vectors = Vectors::open(take(VECTORS)?)?;
        let tokens = Tokens::open(take(TOKENS)?)?;
        let mut n_passages = 0;
        for record in &articles {
            let end = record.source_start.checked_add(record.source_bytes);
            let fits = end.is_some_and(|end| text.get(record.source_start..end).is_some());
            if !fits || record.first_passage as usize != n_passages {
                return Err(Damage::Content(
                    "the articles are not those of the texts and passages",
                ));
            }
            n_passages += record.n_passages as usize;
        }
        let counts = [
            n_passages,
            hashes.len() / size_of::<PassageHash>(),
            vectors.len(),
            tokens.len(),
        ];
        if counts.iter().any(|n| *n != lines.len()) {
            return Err(Damage::Content(
                "the passages, vectors and tokens are not each other's",
            ));
        }
        let lexical = parts
            .into_iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix(LEXICAL)?.into(), bytes)))
            .collect();
        Ok(Self {
            bytes: bytes.clone(),
            articles,
            lines,
            sources,
            passages,
            hashes,
            vectors,
            tokens,
            lexical,
        })
    }

    /// Number of passages.
    pub(crate) fn n_passages(&self) -> usize {
        self.lines.len()
    }

    /// The file of an article.
    pub(crate) fn source(&self, record: &ArticleRecord) -> &str {
        let end = record.source_start + record.source_bytes;
        // Checked to be UTF-8, and cut at character boundaries, when the shard was opened.
        self.sources
            .get(record.source_start..end)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// The line of a passage.
    pub(crate) fn line(&self, index: usize) -> &[u8] {
        let (start, end) = self.lines[index];
        &self.passages[start..end]
    }

    /// A passage, read from its line.
    pub(crate) fn passage(&self, index: usize) -> Passage {
        serde_json::from_slice(self.line(index))
            .expect("the line passed its checksum and was written by serde_json")
    }

    /// The hash of what the encoder read of a passage.
    pub(crate) fn hash(&self, index: usize) -> PassageHash {
        let (hashes, _) = self.hashes.as_chunks();
        hashes[index]
    }
}

/// Start and end of each line.
fn lines_of(bytes: &OwnedBytes) -> impl Iterator<Item = (usize, usize, &OwnedBytes)> {
    let mut start = 0;
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(move |(end, _)| {
        let line = (start, end, bytes);
        start = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_where_rows_may_start() {
        let parts = [
            ("a".to_owned(), b"some bytes".to_vec()),
            ("none".to_owned(), Vec::new()),
            ("b".to_owned(), vec![7; 1_000]),
        ];
        let packed = pack(&parts);
        let opened = unpack(&OwnedBytes::new(packed.clone())).expect("a shard");
        assert_eq!(opened.len(), 3);
        for (name, bytes) in &parts {
            assert_eq!(opened[name].as_slice(), bytes);
        }
        let at = opened["b"].as_ptr() as usize - opened["a"].as_ptr() as usize;
        assert_eq!(at % ALIGNMENT, 0);
        for cut in [0, 7, 16, 40, packed.len() - 1] {
            assert!(
                unpack(&OwnedBytes::new(packed[..cut].to_vec())).is_none(),
                "{cut}"
            );
        }
    }
}
