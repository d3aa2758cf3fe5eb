//! Write: a folder of articles to a new generation.
//!
//! files → entries → shards → **generation**. Unchanged files are not parsed again, unchanged passages keep their
//! vectors, and a shard in which nothing changed goes from one generation to the next as it is. Everything is written
//! beside the generations, synced, read back, renamed, and only then pointed to: a build that dies at any moment leaves
//! the old generation serving.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use corpus::Language;
use inference::Encoder;

use crate::{
    error::BuildError,
    format::{self, FileRecord, Manifest},
    parse,
    snapshot::{OpenShards, Snapshot},
    store::{IndexStore, sync_dir, write_error, write_synced},
};

mod articles;
mod cut;
mod encode;
mod entries;
mod files;
mod measure;
mod previous;
mod questions;
pub(crate) mod restore;
mod shards;
mod vanished;

use previous::{Known, Previous};
use vanished::Vanished;

pub use files::is_article_name;

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

/// A file that is at another place than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its path before.
    pub from: String,
    /// Its path now.
    pub to: String,
}

/// What is different from the generation that served before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Paths that are new, in order.
    pub added: Vec<String>,
    /// Paths whose file changed, in order.
    pub changed: Vec<String>,
    /// Paths that are gone, in order.
    pub removed: Vec<String>,
    /// Files that are elsewhere now: with the same bytes, or the same id in the same language. In order of where
    /// they are.
    pub moved: Vec<Moved>,
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
    /// What is different from the generation before.
    pub changes: Changes,
    /// Files that could not be used.
    pub rejected: Vec<Rejected>,
    /// Paths of articles that are left out because they are drafts ([`corpus::Article::is_draft`]), in order.
    pub drafts: Vec<String>,
    /// Passages that were encoded; the others kept their vectors.
    pub n_encoded: usize,
    /// Encoder tokens of those passages.
    pub n_encoded_tokens: usize,
    /// Time spent encoding.
    pub encoding: Duration,
    /// Time of the whole build.
    pub elapsed: Duration,
}

/// A build that ended well.
#[derive(Debug, Clone)]
pub struct Built {
    /// What it did.
    pub report: BuildReport,
    /// The generation that served before, if there was one that could be read.
    pub before: Option<Arc<Snapshot>>,
    /// The generation that serves now.
    pub snapshot: Arc<Snapshot>,
}

/// Builds a generation from the articles in `kb` and makes it the one that serves.
///
/// Blocks on CPU and disk. Files that cannot be used, and drafts, are reported and left out. When nothing has changed the
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
    build_beside(kb, store, encoder, options, &[], on_progress)
}

/// As [`build`], for a generation that is compared with `others`: what they have of its passages is not encoded again,
/// and tokens are reduced as in the first of them that fits, so that scores of both are the same quantity.
///
/// # Errors
/// [`BuildError`]; the generation that served before goes on serving.
pub fn build_beside(
    kb: &Path,
    store: &IndexStore,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    others: &[&Snapshot],
    on_progress: &mut dyn FnMut(BuildProgress),
) -> Result<BuildReport, BuildError> {
    let mut builder = Builder::new(kb.to_owned(), store.clone(), *options);
    let built = builder.build_beside(encoder, others, on_progress)?;
    Ok(built.report)
}

/// Builds again and again from one folder. What it read of the generation it made last it does not read again.
#[derive(Debug)]
pub struct Builder {
    kb: PathBuf,
    store: IndexStore,
    options: BuildOptions,
    last: Option<Arc<Snapshot>>,
    grace: Duration,
    vanished: Vanished,
}

impl Builder {
    /// Nothing is read yet, and nothing that is gone is waited for.
    pub const fn new(kb: PathBuf, store: IndexStore, options: BuildOptions) -> Self {
        Self {
            kb,
            store,
            options,
            last: None,
            grace: Duration::ZERO,
            vanished: Vanished::new(),
        }
    }

    /// Keeps an article whose file vanishes between two builds for `grace` from the build that first found it gone, or until
    /// the file is back, at its place or at another. Git takes a file away before it writes another in its place, and whoever
    /// builds on every change must not serve what is true only in between. A file without a single byte counts as gone.
    pub const fn wait_for_vanished(&mut self, grace: Duration) {
        self.grace = grace;
    }

    /// Since when the longest missing file is gone of those the last build waited for: build again when its grace is over.
    /// None when no article was kept without its file.
    pub const fn vanished_since(&self) -> Option<Instant> {
        self.vanished.waited_for_since()
    }

    /// As the function [`build`].
    ///
    /// # Errors
    /// [`BuildError`]; the generation that served before goes on serving.
    pub fn build(
        &mut self,
        encoder: &dyn Encoder,
        on_progress: &mut dyn FnMut(BuildProgress),
    ) -> Result<Built, BuildError> {
        self.build_beside(encoder, &[], on_progress)
    }

    fn build_beside(
        &mut self,
        encoder: &dyn Encoder,
        others: &[&Snapshot],
        on_progress: &mut dyn FnMut(BuildProgress),
    ) -> Result<Built, BuildError> {
        let started = Instant::now();
        self.vanished.begin();
        let (kb, store, options) = (&self.kb, &self.store, &self.options);
        let lock = store.lock()?;
        store.clear_unfinished(&lock);
        let served = store.follow(&lock, options.full)?;
        let opened = store.open_copy(self.last.as_deref()).ok();
        let is_intact = opened
            .as_ref()
            .is_some_and(|opened| opened.fallback.is_none());
        let before = opened.map(|opened| Arc::new(opened.snapshot));

        let mut found = files::read_all(kb)?;
        on_progress(BuildProgress::Files(found.files.len()));
        let is_reusable = |manifest: &Manifest| {
            !options.full
                && manifest.parse_version == parse::PARSE_VERSION
                && manifest.passage_tokens == options.passage_tokens
                && manifest.encoder == encoder.id()
                && manifest.dimensions == encoder.dimensions()
        };
        let own = before
            .as_deref()
            .filter(|snapshot| is_intact && is_reusable(snapshot.manifest()));
        let mut previous = Previous::default();
        for snapshot in others {
            if is_reusable(snapshot.manifest()) {
                previous.add(snapshot);
            }
        }
        if is_intact {
            if let Some(snapshot) = own {
                previous.add(snapshot);
            }
        } else {
            let open = before.as_deref().map(Snapshot::open_shards);
            previous.salvage(store, &open.unwrap_or_default(), &is_reusable);
        }
        // What others made, perhaps of another folder, says nothing of what is gone from this one.
        let made_last = own.filter(|snapshot| {
            let last = self.last.as_deref().map(Snapshot::generation);
            last == Some(snapshot.generation())
        });
        let kept = made_last.map_or_else(Vec::new, |own| {
            self.vanished.kept(&mut found, own, &previous, self.grace)
        });
        let mut rejected = found.unusable();
        let (mut entries, drafts) =
            entries::entries(found.files, &previous, encoder, options, &mut rejected)?;
        if let Some(own) = made_last {
            self.vanished.join(&mut entries, kept, own);
        }
        if entries.is_empty() {
            return Err(BuildError::NoArticles {
                dir: kb.clone(),
                n_rejected: rejected.len(),
                n_drafts: drafts.len(),
            });
        }
        let content = entries::content_hash(&entries);
        let changes = entries::changes(&entries, before.as_deref());
        let mut report = report(&entries, changes, rejected, drafts);
        let is_unchanged = own.is_some_and(|snapshot| {
            snapshot.manifest().content == content
                && previous.first_reduction() == Some(snapshot.reduction())
        });
        if let Some(snapshot) = before.clone().filter(|_| is_unchanged) {
            store.serve(&lock, &snapshot, served.as_deref())?;
            snapshot.generation().clone_into(&mut report.generation);
            report.elapsed = started.elapsed();
            self.last = Some(Arc::clone(&snapshot));
            return Ok(Built {
                report,
                before,
                snapshot,
            });
        }

        let id = new_id(store, &content);
        let dir = store.unfinished_dir(&id);
        fs_err::create_dir_all(&dir).map_err(|source| write_error(&dir, source))?;
        let encoded = encode::encode(&entries, &previous, encoder, options, &dir, on_progress)?;
        on_progress(BuildProgress::Writing);
        let shards: Vec<_> = encoded
            .shards
            .iter()
            .map(|known| Arc::clone(&known.shard))
            .collect();
        let space = measure::fit_space(&entries, &shards, &previous, encoder)?;
        let manifest = Manifest {
            format: format::FORMAT,
            generation: id.clone(),
            built_at: jiff::Timestamp::now(),
            before: store.copy_id(),
            encoder: encoder.id().to_owned(),
            dimensions: encoder.dimensions(),
            parse_version: parse::PARSE_VERSION,
            passage_tokens: options.passage_tokens,
            n_articles: entries.len(),
            n_passages: report.n_passages,
            content,
            shards: encoded
                .shards
                .iter()
                .map(|known| known.name.clone())
                .collect(),
            files: std::collections::BTreeMap::new(),
        };
        let small = [
            (format::SPACE, space.encode()),
            (format::REDUCTION, encoded.reduction.encode()),
        ];
        write_generation(&dir, manifest, &encoded.shards, &small)?;
        let snapshot = Snapshot::open(&dir, &open_shards(&encoded.shards));
        let snapshot = snapshot.map_err(BuildError::ReadBack)?;
        store.publish(&lock, &dir, &id)?;
        store.remove_old(&lock);
        let snapshot = Arc::new(snapshot.moved_to(store.generation_dir(&id)));
        store.serve(&lock, &snapshot, served.as_deref())?;
        self.last = Some(Arc::clone(&snapshot));

        report.generation = id;
        report.is_new = true;
        report.n_encoded = encoded.n_new;
        report.n_encoded_tokens = encoded.n_tokens;
        report.encoding = encoded.took;
        report.elapsed = started.elapsed();
        Ok(Built {
            report,
            before,
            snapshot,
        })
    }
}

fn report(
    entries: &[entries::Entry],
    changes: Changes,
    rejected: Vec<Rejected>,
    drafts: Vec<String>,
) -> BuildReport {
    let n_in = |language: Language| {
        let own = entries.iter().map(entries::Entry::article);
        own.filter(|article| article.language == language).count()
    };
    let languages = Language::ALL
        .into_iter()
        .map(|language| (language, n_in(language)));
    BuildReport {
        generation: String::new(),
        is_new: false,
        n_articles: entries.len(),
        n_passages: entries.iter().map(entries::Entry::n_passages).sum(),
        languages: languages.filter(|(_, n)| *n > 0).collect(),
        changes,
        rejected,
        drafts,
        n_encoded: 0,
        n_encoded_tokens: 0,
        encoding: Duration::ZERO,
        elapsed: Duration::ZERO,
    }
}

/// Sorts by time of birth, names the content: `20261122T101500123Z-9f3c02ab`.
fn new_id(store: &IndexStore, content: &str) -> String {
    let now = jiff::Timestamp::now();
    let base = format!("{}-{}", now.strftime("%Y%m%dT%H%M%S%3fZ"), &content[..8]);
    let is_free = |id: &String| !store.generation_dir(id).exists();
    if is_free(&base) {
        return base;
    }
    (2..u32::MAX)
        .map(|n| format!("{base}-{n}"))
        .find(is_free)
        .unwrap_or(base)
}

fn open_shards(known: &[Known]) -> OpenShards {
    known
        .iter()
        .map(|known| (known.record.blake3.clone(), Arc::clone(&known.shard)))
        .collect()
}

/// Writes all files of a generation but its shards, which are there.
fn write_generation(
    dir: &Path,
    mut manifest: Manifest,
    shards: &[Known],
    small: &[(&str, Vec<u8>)],
) -> Result<(), BuildError> {
    for known in shards {
        let path = format::shard_path(&known.name);
        manifest.files.insert(path, known.record.clone());
    }
    for (name, bytes) in small {
        write_synced(&dir.join(name), bytes)?;
        let record = FileRecord {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        };
        manifest.files.insert((*name).to_owned(), record);
    }
    let manifest = serde_json::to_vec_pretty(&manifest).expect("a manifest has string keys only");
    write_synced(&dir.join(format::MANIFEST), &manifest)?;
    let checksum = blake3::hash(&manifest).to_hex();
    write_synced(&dir.join(format::MANIFEST_CHECKSUM), checksum.as_bytes())?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests;
