//! Write: a folder of articles to a new generation.
//!
//! files → articles → passages → **generation**. Unchanged files are not parsed again, unchanged passages
//! keep their vectors. Everything is written beside the generations, synced, read back, renamed, and only then
//! pointed to: a build that dies at any moment leaves the old generation serving.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use corpus::{Article, ArticleId, Language, Passage};
use inference::Encoder;
use rayon::prelude::*;

use crate::{
    error::BuildError,
    format::{self, ArticleRecord, FileRecord, Manifest, PassageRecord},
    late,
    lexical::{self, LexicalPassage},
    parse,
    snapshot::{ArticleOrdinal, Snapshot},
    split::{self, SplitConfig},
    store::{IndexStore, sync_dir, write_error, write_synced},
    vectors,
};

mod articles;
mod encode;
mod files;
mod questions;

pub use articles::{
    Fault, KnowledgeBase, ReadArticle, ReadStatement, Rejected, read_article, read_articles,
};

/// How to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildOptions {
    /// Reuse nothing of the previous generation. Default false.
    pub full: bool,
    /// Most encoder tokens of a passage's own text. Default 180, with room for title and headings below
    /// the encoder's limit.
    pub passage_tokens: usize,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            full: false,
            passage_tokens: 180,
        }
    }
}

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildProgress {
    /// Files found in the knowledge base.
    Files(usize),
    /// Passages encoded so far, of those that need it.
    Encoded {
        /// Done.
        done: usize,
        /// All that need encoding.
        total: usize,
    },
    /// Writing and checking.
    Writing,
}

/// What a build did.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildReport {
    /// The generation that serves now.
    pub generation: String,
    /// Whether it is new; false when nothing had changed.
    pub is_new: bool,
    /// Article versions in it.
    pub n_articles: usize,
    /// Passages in it.
    pub n_passages: usize,
    /// Articles of each language, for those that have any.
    pub languages: Vec<(Language, usize)>,
    /// Paths that are new.
    pub added: Vec<String>,
    /// Paths whose file changed.
    pub changed: Vec<String>,
    /// Paths that are gone.
    pub removed: Vec<String>,
    /// Files that could not be used.
    pub rejected: Vec<Rejected>,
    /// Passages that were encoded; the others kept their vectors.
    pub n_encoded: usize,
    /// Encoder tokens of those passages.
    pub n_encoded_tokens: usize,
    /// Time spent encoding.
    pub encoding: Duration,
    /// Time of the whole build.
    pub elapsed: Duration,
}

/// Builds a generation from the articles in `kb` and makes it the one that serves.
///
/// Blocks on CPU and disk. Files that cannot be used are reported and left out. When nothing has changed the
/// current generation stays.
///
/// # Errors
/// [`BuildError`]; the generation that served before goes on serving.
pub fn build(
    kb: &Path,
    store: &IndexStore,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    on_progress: &mut dyn FnMut(BuildProgress),
) -> Result<BuildReport, BuildError> {
    let started = Instant::now();
    let lock = store.lock()?;
    store.clear_unfinished(&lock);
    let opened = store.open().ok();
    let is_intact = opened
        .as_ref()
        .is_some_and(|opened| opened.fallback.is_none());
    let previous = opened.map(|opened| opened.snapshot);

    let found = files::read_all(kb)?;
    on_progress(BuildProgress::Files(found.files.len()));
    let reusable = previous.as_ref().filter(|snapshot| {
        let manifest = snapshot.manifest();
        !options.full
            && manifest.parse_version == parse::PARSE_VERSION
            && manifest.passage_tokens == options.passage_tokens
            && manifest.encoder == encoder.id()
    });
    let mut rejected = found.rejected;
    let entries = entries(found.files, reusable, encoder, options, &mut rejected)?;
    if entries.is_empty() {
        return Err(BuildError::NoArticles {
            dir: kb.to_owned(),
            n_rejected: rejected.len(),
        });
    }
    let content = content_hash(&entries);
    let mut report = compare(&entries, previous.as_ref(), rejected);
    let unchanged = reusable.filter(|snapshot| is_intact && snapshot.manifest().content == content);
    if let Some(snapshot) = unchanged {
        snapshot.generation().clone_into(&mut report.generation);
        report.elapsed = started.elapsed();
        return Ok(report);
    }

    let id = new_id(store, &content);
    let dir = store.unfinished_dir(&id);
    fs_err::create_dir_all(&dir).map_err(|source| write_error(&dir, source))?;
    let tokens = dir.join(format::TOKENS);
    let encoded = encode::encode(&entries, reusable, encoder, &tokens, on_progress)?;
    on_progress(BuildProgress::Writing);
    let header = Manifest {
        format: format::FORMAT,
        generation: id.clone(),
        encoder: encoder.id().to_owned(),
        dimensions: encoder.dimensions(),
        parse_version: parse::PARSE_VERSION,
        passage_tokens: options.passage_tokens,
        n_articles: entries.len(),
        n_passages: encoded.vectors.len(),
        content,
        files: std::collections::BTreeMap::new(),
    };
    write_generation(&dir, header, &entries, &encoded)?;
    Snapshot::open(&dir).map_err(BuildError::ReadBack)?;
    store.publish(&lock, &dir, &id)?;
    store.remove_old(&lock);

    report.generation = id;
    report.is_new = true;
    report.n_encoded = encoded.n_new;
    report.n_encoded_tokens = encoded.n_tokens;
    report.encoding = encoded.took;
    report.elapsed = started.elapsed();
    Ok(report)
}

/// An article ready to be written.
struct Entry {
    source: String,
    hash: String,
    article: Article,
    passages: Vec<Passage>,
}

/// Parses and splits what changed, takes the rest from `reusable`, drops duplicates.
fn entries(
    files: Vec<files::ArticleFile>,
    reusable: Option<&Snapshot>,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<Entry>, BuildError> {
    let old: HashMap<&str, ArticleOrdinal> = reusable
        .iter()
        .flat_map(|snapshot| snapshot.articles())
        .map(|(ordinal, article)| (article.path.as_str(), ordinal))
        .collect();
    let config = SplitConfig {
        passage_tokens: options.passage_tokens,
    };
    let read = |file: files::ArticleFile| -> Result<Option<Result<Entry, Rejected>>, BuildError> {
        let same = reusable
            .zip(old.get(file.path.as_str()))
            .filter(|(snapshot, ordinal)| snapshot.source_hash(**ordinal) == file.hash);
        if let Some((snapshot, &ordinal)) = same {
            return Ok(Some(Ok(Entry {
                source: snapshot.source(ordinal).to_owned(),
                hash: file.hash,
                article: snapshot.article(ordinal).clone(),
                passages: snapshot
                    .passages_of(ordinal)
                    .map(|p| snapshot.passage(p))
                    .collect(),
            })));
        }
        let parsed = match articles::parse_bytes(&file.path, &file.bytes) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Ok(None),
            Err(rejected) => return Ok(Some(Err(rejected))),
        };
        let passages = split::split(&parsed, encoder, config)?;
        let source = String::from_utf8(file.bytes).expect("a file that parsed is UTF-8");
        Ok(Some(Ok(Entry {
            source,
            hash: file.hash,
            article: parsed.article,
            passages,
        })))
    };
    let read: Vec<_> = files.into_par_iter().map(read).collect::<Result<_, _>>()?;
    let mut taken: HashMap<(ArticleId, Language), String> = HashMap::new();
    let mut entries = Vec::new();
    for outcome in read.into_iter().flatten() {
        match outcome {
            Err(unusable) => rejected.push(unusable),
            Ok(entry) => {
                let key = (entry.article.id.clone(), entry.article.language);
                if let Some(other) = taken.get(&key) {
                    rejected.push(Rejected {
                        path: entry.article.path,
                        line: None,
                        reason: format!(
                            "the article `{}` exists in {} already, in `{other}`",
                            key.0,
                            key.1.english_name()
                        ),
                        remedy: "give one of them another `id`",
                        fault: Fault::Duplicate,
                    });
                } else {
                    taken.insert(key, entry.article.path.clone());
                    entries.push(entry);
                }
            }
        }
    }
    rejected.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn content_hash(entries: &[Entry]) -> String {
    let mut hasher = blake3::Hasher::new();
    for entry in entries {
        hasher
            .update(entry.article.path.as_bytes())
            .update(b"\0")
            .update(entry.hash.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn compare(entries: &[Entry], previous: Option<&Snapshot>, rejected: Vec<Rejected>) -> BuildReport {
    let mut old: HashMap<&str, &str> = previous
        .iter()
        .flat_map(|snapshot| {
            snapshot
                .articles()
                .map(|(n, article)| (article.path.as_str(), snapshot.source_hash(n)))
        })
        .collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for entry in entries {
        let path = &entry.article.path;
        match old.remove(path.as_str()) {
            None => added.push(path.clone()),
            Some(hash) if hash != entry.hash => changed.push(path.clone()),
            Some(_) => {}
        }
    }
    let mut removed: Vec<String> = old.into_keys().map(str::to_owned).collect();
    removed.sort_unstable();
    let languages = Language::ALL
        .iter()
        .map(|language| {
            (
                *language,
                entries
                    .iter()
                    .filter(|entry| entry.article.language == *language)
                    .count(),
            )
        })
        .filter(|(_, n)| *n > 0)
        .collect();
    BuildReport {
        generation: String::new(),
        is_new: false,
        n_articles: entries.len(),
        n_passages: entries.iter().map(|entry| entry.passages.len()).sum(),
        languages,
        added,
        changed,
        removed,
        rejected,
        n_encoded: 0,
        n_encoded_tokens: 0,
        encoding: Duration::ZERO,
        elapsed: Duration::ZERO,
    }
}

/// Sorts by time of birth, names the content: `20261122T101500Z-9f3c02ab`.
fn new_id(store: &IndexStore, content: &str) -> String {
    let now = jiff::Timestamp::now();
    let base = format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), &content[..8]);
    let is_free = |id: &String| !store.generation_dir(id).exists();
    if is_free(&base) {
        return base;
    }
    (2..u32::MAX)
        .map(|n| format!("{base}-{n}"))
        .find(is_free)
        .unwrap_or(base)
}

fn write_generation(
    dir: &Path,
    mut manifest: Manifest,
    entries: &[Entry],
    encoded: &encode::Encoded,
) -> Result<(), BuildError> {
    let lexical_dir = dir.join(format::LEXICAL);
    fs_err::create_dir_all(&lexical_dir).map_err(|source| write_error(&lexical_dir, source))?;
    let (mut sources, mut articles, mut passages) = (Vec::new(), Vec::new(), Vec::new());
    let mut first_passage = 0;
    let mut hashes = encoded.hashes.iter();
    for entry in entries {
        let n_passages = u32::try_from(entry.passages.len()).unwrap_or(u32::MAX);
        push_line(
            &mut articles,
            &ArticleRecord {
                article: entry.article.clone(),
                hash: entry.hash.clone(),
                source_start: sources.len(),
                source_bytes: entry.source.len(),
                first_passage,
                n_passages,
            },
        );
        first_passage += n_passages;
        sources.extend_from_slice(entry.source.as_bytes());
        for (passage, hash) in entry.passages.iter().zip(&mut hashes) {
            push_line(
                &mut passages,
                &PassageRecord {
                    hash: hash.clone(),
                    passage: passage.clone(),
                },
            );
        }
    }
    let lexical_passages = entries.iter().flat_map(|entry| {
        entry.passages.iter().map(|passage| LexicalPassage {
            language: entry.article.language,
            title: &entry.article.title,
            headings: entry
                .article
                .sections
                .get(passage.section)
                .map(|section| section.heading_path.as_slice())
                .unwrap_or_default(),
            body: split::body_of(passage),
        })
    });
    lexical::write(&lexical_dir, lexical_passages).map_err(BuildError::Lexical)?;
    let vectors = vectors::encode(manifest.dimensions, &encoded.vectors);
    let space = encoded.space.encode();
    let reduction = late::encode(&encoded.reduction, &encoded.spans);
    manifest
        .files
        .insert(format::TOKENS.to_owned(), encoded.tokens.clone());
    for (name, bytes) in [
        (format::SOURCES, &sources),
        (format::ARTICLES, &articles),
        (format::PASSAGES, &passages),
        (format::VECTORS, &vectors),
        (format::SPACE, &space),
        (format::REDUCTION, &reduction),
    ] {
        write_synced(&dir.join(name), bytes)?;
        manifest.files.insert(name.to_owned(), record_of(bytes));
    }
    for entry in
        fs_err::read_dir(&lexical_dir).map_err(|source| write_error(&lexical_dir, source))?
    {
        let path = entry
            .map_err(|source| write_error(&lexical_dir, source))?
            .path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // tantivy's own lock files are no part of the index.
        if name.starts_with(".tantivy") {
            let _ = fs_err::remove_file(&path);
            continue;
        }
        let bytes = fs_err::read(&path).map_err(|source| write_error(&path, source))?;
        fs_err::File::open(&path)
            .and_then(|file| file.sync_all())
            .map_err(|source| write_error(&path, source))?;
        manifest
            .files
            .insert(format!("{}/{name}", format::LEXICAL), record_of(&bytes));
    }
    let manifest = serde_json::to_vec_pretty(&manifest).expect("a manifest has string keys only");
    write_synced(&dir.join(format::MANIFEST), &manifest)?;
    let checksum = blake3::hash(&manifest).to_hex();
    write_synced(&dir.join(format::MANIFEST_CHECKSUM), checksum.as_bytes())?;
    sync_dir(&lexical_dir)?;
    sync_dir(dir)
}

fn record_of(bytes: &[u8]) -> FileRecord {
    FileRecord {
        bytes: bytes.len() as u64,
        blake3: blake3::hash(bytes).to_hex().to_string(),
    }
}

fn push_line(bytes: &mut Vec<u8>, record: &impl serde::Serialize) {
    serde_json::to_writer(&mut *bytes, record)
        .expect("records have string keys, and memory does not fail");
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests;
