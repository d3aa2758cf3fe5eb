//! Entries: what becomes of each file of a knowledge base.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use corpus::{Article, ArticleId, Language, Passage};
use inference::Encoder;
use rayon::prelude::*;

use super::{
    BuildOptions, Changes, Fault, Moved, Rejected, articles::parse_bytes, files, previous::Previous,
};
use crate::{
    error::BuildError,
    format::ArticleRecord,
    shard::Shard,
    snapshot::Snapshot,
    split::{self, SplitConfig},
};

/// An article ready to be written.
#[derive(Debug)]
pub(super) struct Entry {
    /// BLAKE3 of the file, in hex.
    pub(super) hash: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// As an earlier generation has it: its shard, and its number there.
    Kept(Arc<Shard>, usize),
    Read(Box<ReadEntry>),
}

#[derive(Debug)]
struct ReadEntry {
    source: String,
    article: Article,
    passages: Vec<Passage>,
}

impl Entry {
    /// An article as it was read.
    pub(super) fn read(
        hash: String,
        source: String,
        article: Article,
        passages: Vec<Passage>,
    ) -> Self {
        let read = ReadEntry {
            source,
            article,
            passages,
        };
        Self {
            hash,
            content: Content::Read(Box::new(read)),
        }
    }

    /// An article as the shard has it, at `index`.
    pub(super) fn of_shard(shard: &Arc<Shard>, index: usize) -> Self {
        Self {
            hash: shard.articles[index].hash.clone(),
            content: Content::Kept(Arc::clone(shard), index),
        }
    }

    fn kept(&self) -> Option<(&Shard, &ArticleRecord)> {
        match &self.content {
            Content::Kept(shard, index) => Some((shard, &shard.articles[*index])),
            Content::Read(_) => None,
        }
    }

    pub(super) fn article(&self) -> &Article {
        match &self.content {
            Content::Kept(shard, index) => &shard.articles[*index].article,
            Content::Read(read) => &read.article,
        }
    }

    pub(super) fn source(&self) -> &str {
        match &self.content {
            Content::Kept(shard, index) => shard.source(&shard.articles[*index]),
            Content::Read(read) => &read.source,
        }
    }

    pub(super) fn n_passages(&self) -> usize {
        match &self.content {
            Content::Kept(shard, index) => shard.articles[*index].n_passages as usize,
            Content::Read(read) => read.passages.len(),
        }
    }

    pub(super) fn passages(&self) -> Cow<'_, [Passage]> {
        match (self.kept(), &self.content) {
            (Some((shard, record)), _) => {
                let first = record.first_passage as usize;
                let own = first..first + record.n_passages as usize;
                Cow::Owned(own.map(|index| shard.passage(index)).collect())
            }
            (None, Content::Read(read)) => Cow::Borrowed(&read.passages),
            (None, Content::Kept(..)) => Cow::Borrowed(&[]),
        }
    }
}

/// Parses and splits what changed, takes the rest from `previous`, drops duplicates; beside them the paths of drafts, in
/// order.
///
/// # Errors
/// [`BuildError::Encode`] when a text cannot be cut into tokens.
pub(super) fn entries(
    files: Vec<files::ArticleFile>,
    previous: &Previous,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    rejected: &mut Vec<Rejected>,
) -> Result<(Vec<Entry>, Vec<String>), BuildError> {
    let known = previous.articles();
    let config = SplitConfig {
        passage_tokens: options.passage_tokens,
    };
    let read = |file: files::ArticleFile| -> Result<Option<Result<Entry, Rejected>>, BuildError> {
        let kept = known.get(&(file.path.as_str(), file.hash.as_str()));
        if let Some(&(shard, index)) = kept {
            return Ok(Some(Ok(Entry::of_shard(shard, index))));
        }
        let parsed = match parse_bytes(&file.path, &file.bytes) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Ok(None),
            Err(rejected) => return Ok(Some(Err(rejected))),
        };
        let passages = if parsed.article.is_draft() {
            Vec::new()
        } else {
            split::split(&parsed, encoder, config)?
        };
        let read = ReadEntry {
            source: String::from_utf8(file.bytes).expect("a file that parsed is UTF-8"),
            article: parsed.article,
            passages,
        };
        Ok(Some(Ok(Entry {
            hash: file.hash,
            content: Content::Read(Box::new(read)),
        })))
    };
    let read: Vec<_> = files.into_par_iter().map(read).collect::<Result<_, _>>()?;
    Ok(without_duplicates(read.into_iter().flatten(), rejected))
}

/// The first entry of every id in a language, the others are rejected; beside them the paths of drafts, which take no
/// id from an article.
fn without_duplicates(
    read: impl Iterator<Item = Result<Entry, Rejected>>,
    rejected: &mut Vec<Rejected>,
) -> (Vec<Entry>, Vec<String>) {
    let mut taken: HashMap<(ArticleId, Language), String> = HashMap::new();
    let (mut entries, mut drafts) = (Vec::new(), Vec::new());
    for outcome in read {
        let entry = match outcome {
            Ok(entry) => entry,
            Err(unusable) => {
                rejected.push(unusable);
                continue;
            }
        };
        let article = entry.article();
        if article.is_draft() {
            drafts.push(article.path.clone());
            continue;
        }
        let key = (article.id.clone(), article.language);
        if let Some(other) = taken.get(&key) {
            rejected.push(Rejected {
                path: article.path.clone(),
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
            taken.insert(key, article.path.clone());
            entries.push(entry);
        }
    }
    rejected.sort_by(|a, b| a.path.cmp(&b.path));
    (entries, drafts)
}

/// BLAKE3 over the paths and contents of all article files, in hex.
pub(super) fn content_hash(entries: &[Entry]) -> String {
    let mut hasher = blake3::Hasher::new();
    for entry in entries {
        hasher
            .update(entry.article().path.as_bytes())
            .update(b"\0")
            .update(entry.hash.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// What is different from the generation before.
pub(super) fn changes(entries: &[Entry], before: Option<&Snapshot>) -> Changes {
    let mut old: BTreeMap<&str, (&str, &Article)> = before
        .iter()
        .flat_map(|snapshot| {
            snapshot
                .articles()
                .map(|(n, article)| (article.path.as_str(), (snapshot.source_hash(n), article)))
        })
        .collect();
    let mut changes = Changes::default();
    let mut new = Vec::new();
    for entry in entries {
        let article = entry.article();
        match old.remove(article.path.as_str()) {
            None => new.push(entry),
            Some((hash, _)) if hash != entry.hash => changes.changed.push(article.path.clone()),
            Some(_) => {}
        }
    }
    // A file whose bytes, or whose article, was elsewhere before has moved.
    let mut by_hash: HashMap<&str, &str> = HashMap::new();
    let mut by_id: HashMap<(&ArticleId, Language), &str> = HashMap::new();
    for (path, (hash, article)) in &old {
        by_hash.insert(hash, path);
        by_id.insert((&article.id, article.language), path);
    }
    for entry in new {
        let article = entry.article();
        let of_hash = by_hash.get(entry.hash.as_str());
        let of_id = by_id.get(&(&article.id, article.language));
        let from = [of_id, of_hash].into_iter().flatten();
        match from.copied().find(|path| old.contains_key(path)) {
            Some(from) => {
                old.remove(from);
                changes.moved.push(Moved {
                    from: from.to_owned(),
                    to: article.path.clone(),
                });
            }
            None => changes.added.push(article.path.clone()),
        }
    }
    changes.removed = old.into_keys().map(str::to_owned).collect();
    changes
}
