//! Encode: the passages of a build to vectors and token rows, and with them to shards.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use corpus::Language;
use inference::{Encoder, TextKind, TokenVectors};
use rayon::prelude::*;

use super::{
    BuildOptions, BuildProgress,
    cut::{self, Seal},
    entries::Entry,
    previous::{Known, KnownPassages, Previous},
    shards::{self, EncodedPassages},
};
use crate::{
    error::BuildError,
    late::{self, Reduction},
    shard::{PassageHash, passage_hash},
    split,
    vectors::StoredVector,
};

/// The shards of a build, and what it took to make them.
pub(super) struct Encoded {
    /// In order.
    pub(super) shards: Vec<Known>,
    pub(super) reduction: Reduction,
    pub(super) n_new: usize,
    pub(super) n_tokens: usize,
    pub(super) took: Duration,
}

/// Passages encoded between two reports of progress.
const BATCH: usize = 256;

/// As many passages without a vector are encoded before their shards are written: enough to put those of like length
/// side by side, and few enough to keep their token rows in memory.
const GROUP: usize = 4_096;

/// Writes the shards of `entries` into the generation `dir`. What `previous` has is neither encoded nor written again.
///
/// # Errors
/// [`BuildError::Encode`], [`BuildError::Lexical`], [`BuildError::Write`], [`BuildError::ReadBack`].
pub(super) fn encode(
    entries: &[Entry],
    previous: &Previous,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    dir: &Path,
    on_progress: &mut dyn FnMut(BuildProgress),
) -> Result<Encoded, BuildError> {
    shards::make_dir(dir)?;
    let runs = cut::runs(entries);
    let known_reduction = previous.reduction(n_passages(entries));
    let mut done: Vec<Option<Known>> = vec![None; runs.len()];
    if let Some(reduction) = known_reduction {
        let seal = Seal::new(encoder, options, reduction);
        let named = previous.named(reduction);
        for (run, done) in runs.iter().zip(&mut done) {
            if let Some(known) = named.get(seal.name(&entries[run.clone()]).as_str()) {
                *done = Some(shards::take_over(dir, known)?);
            }
        }
    }
    let todo = Todo::of(entries, &runs, &done);
    let mut work = Work {
        todo: &todo,
        encoder,
        on_progress,
        known: known_reduction
            .filter(|_| !todo.shards.is_empty())
            .map(|reduction| previous.passages(reduction))
            .unwrap_or_default(),
        fresh: HashMap::new(),
        n_done: 0,
        n_tokens: 0,
        total: 0,
        took: Duration::ZERO,
    };
    let groups = work.groups();
    let (reduction, sampled) = match known_reduction {
        // Without the old reduction's rows there is nothing to save: they come from the same pass as the vectors.
        None => work.fit(&groups, n_passages(entries))?,
        Some(reduction) => (reduction.clone(), HashMap::new()),
    };
    let seal = Seal::new(encoder, options, &reduction);
    for group in groups {
        work.encode(&group.missing, &reduction, &sampled)?;
        let (known, fresh) = (&work.known, &work.fresh);
        let find = |hash: &PassageHash| {
            let made = fresh.get(hash).or_else(|| sampled.get(hash));
            let found = made.map(Fresh::get).or_else(|| known.get(hash));
            found.expect("a passage is known or was encoded with its group")
        };
        let write = |shard: &TodoShard| {
            let own = &entries[runs[shard.run].clone()];
            let hashes = &todo.hashes[shard.texts.clone()];
            let all = hashes.iter().map(find);
            let (vectors, rows) = all.unzip();
            let encoded = EncodedPassages {
                dimensions: encoder.dimensions(),
                width: reduction.kept(),
                hashes,
                vectors,
                rows,
            };
            Ok((
                shard.run,
                shards::write(dir, &seal.name(own), own, &encoded)?,
            ))
        };
        let written: Result<Vec<_>, BuildError> =
            todo.shards[group.shards].par_iter().map(write).collect();
        for (run, known) in written? {
            done[run] = Some(known);
        }
        work.fresh.clear();
    }
    work.report();
    shards::sync(dir)?;
    Ok(Encoded {
        n_new: work.n_done,
        n_tokens: work.n_tokens,
        took: work.took,
        shards: done.into_iter().flatten().collect(),
        reduction,
    })
}

fn n_passages(entries: &[Entry]) -> [u64; 9] {
    let mut n = [0; 9];
    for entry in entries {
        n[entry.article().language.index()] += entry.n_passages() as u64;
    }
    n
}

/// The shards that have to be written, and what the encoder reads of their passages.
struct Todo {
    shards: Vec<TodoShard>,
    texts: Vec<String>,
    languages: Vec<Language>,
    hashes: Vec<PassageHash>,
}

struct TodoShard {
    /// Which run of entries it holds.
    run: usize,
    /// Its passages among the texts.
    texts: Range<usize>,
}

/// Shards that are encoded and written together.
struct Group {
    shards: Range<usize>,
    /// Texts there is no vector of, each once, neighbours in length side by side, so that no short one waits for a long
    /// one.
    missing: Vec<usize>,
}

impl Todo {
    /// All runs that are not `done`.
    fn of(entries: &[Entry], runs: &[Range<usize>], done: &[Option<Known>]) -> Self {
        let mut todo = Self {
            shards: Vec::new(),
            texts: Vec::new(),
            languages: Vec::new(),
            hashes: Vec::new(),
        };
        let open = runs.iter().zip(done).enumerate();
        for (run, (own, _)) in open.filter(|(_, (_, done))| done.is_none()) {
            let first = todo.texts.len();
            for entry in &entries[own.clone()] {
                let article = entry.article();
                for passage in entry.passages().iter() {
                    todo.texts.push(split::embedded_text(article, passage));
                    todo.languages.push(article.language);
                }
            }
            let texts = first..todo.texts.len();
            todo.shards.push(TodoShard { run, texts });
        }
        todo.hashes = todo
            .texts
            .par_iter()
            .map(|text| passage_hash(text))
            .collect();
        todo
    }

    /// Of `missing`, passages that stand for all, the same number of each language. Which are chosen depends on their
    /// texts alone.
    fn sample(&self, missing: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut by_hash: Vec<usize> = missing.collect();
        by_hash.sort_by_key(|i| self.hashes[*i]);
        by_hash.dedup_by_key(|i| self.hashes[*i]);
        let languages: HashSet<Language> = self.languages.iter().copied().collect();
        let most = late::SAMPLE / languages.len().max(1);
        let mut n_taken = [0; 9];
        by_hash.retain(|i| {
            let n = &mut n_taken[self.languages[*i].index()];
            *n += 1;
            *n <= most
        });
        by_hash.sort_by_key(|i| self.texts[*i].len());
        by_hash
    }
}

/// What was made of a passage in this build.
struct Fresh {
    vector: StoredVector,
    rows: Vec<i8>,
}

impl Fresh {
    fn get(&self) -> (StoredVector, &[i8]) {
        (self.vector.clone(), &self.rows)
    }
}

/// A build's encoding while it goes on.
struct Work<'a> {
    todo: &'a Todo,
    encoder: &'a dyn Encoder,
    on_progress: &'a mut (dyn FnMut(BuildProgress) + 'a),
    /// What earlier generations have.
    known: KnownPassages<'a>,
    /// What was encoded for the group at hand.
    fresh: HashMap<PassageHash, Fresh>,
    n_done: usize,
    n_tokens: usize,
    total: usize,
    took: Duration,
}

impl Work<'_> {
    /// The shards by groups that are encoded and written together.
    fn groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut start = 0;
        let mut missing: Vec<usize> = Vec::new();
        let mut seen = HashSet::new();
        for (i, shard) in self.todo.shards.iter().enumerate() {
            missing.extend(shard.texts.clone().filter(|text| {
                let hash = &self.todo.hashes[*text];
                !self.known.contains(hash) && seen.insert(*hash)
            }));
            if missing.len() >= GROUP || i + 1 == self.todo.shards.len() {
                missing.sort_by_key(|i| self.todo.texts[*i].len());
                self.total += missing.len();
                groups.push(Group {
                    shards: start..i + 1,
                    missing: std::mem::take(&mut missing),
                });
                seen.clear();
                start = i + 1;
            }
        }
        groups
    }

    /// Fits the reduction to a sample of what is missing in all groups, in a help center with `n_passages` by language;
    /// gives it with the passages of the sample.
    fn fit(
        &mut self,
        groups: &[Group],
        n_passages: [u64; 9],
    ) -> Result<(Reduction, HashMap<PassageHash, Fresh>), BuildError> {
        let sample = self.todo.sample(
            groups
                .iter()
                .flat_map(|group| group.missing.iter().copied()),
        );
        let mut detailed = Vec::with_capacity(sample.len());
        for batch in sample.chunks(BATCH) {
            detailed.extend(self.encode_batch(batch)?);
        }
        let embeddings: Vec<_> = detailed
            .iter()
            .map(|(i, _, tokens)| (self.todo.languages[*i], &tokens.vectors))
            .collect();
        let reduction = Reduction::fit(&embeddings, n_passages);
        let sampled = detailed
            .into_iter()
            .map(|(i, vector, tokens)| self.fresh(i, vector, &tokens, &reduction))
            .collect();
        Ok((reduction, sampled))
    }

    /// Encodes those of `missing` that are not in `sampled`.
    fn encode(
        &mut self,
        missing: &[usize],
        reduction: &Reduction,
        sampled: &HashMap<PassageHash, Fresh>,
    ) -> Result<(), BuildError> {
        let is_open = |i: &usize| !sampled.contains_key(&self.todo.hashes[*i]);
        let open: Vec<usize> = missing.iter().copied().filter(is_open).collect();
        for batch in open.chunks(BATCH) {
            for (i, vector, tokens) in self.encode_batch(batch)? {
                let (hash, fresh) = self.fresh(i, vector, &tokens, reduction);
                self.fresh.insert(hash, fresh);
            }
        }
        Ok(())
    }

    fn fresh(
        &self,
        i: usize,
        vector: StoredVector,
        tokens: &TokenVectors,
        reduction: &Reduction,
    ) -> (PassageHash, Fresh) {
        let rows = reduction.passage(&self.todo.texts[i], tokens, self.todo.languages[i]);
        (self.todo.hashes[i], Fresh { vector, rows })
    }

    fn encode_batch(
        &mut self,
        batch: &[usize],
    ) -> Result<Vec<(usize, StoredVector, TokenVectors)>, BuildError> {
        self.report();
        let started = Instant::now();
        let texts: Vec<&str> = batch.iter().map(|i| self.todo.texts[*i].as_str()).collect();
        let detailed = self.encoder.encode_with_tokens(&texts, TextKind::Passage)?;
        let tokens = detailed
            .tokens
            .unwrap_or_else(|| vec![TokenVectors::default(); batch.len()]);
        let mut encoded = Vec::with_capacity(batch.len());
        for ((row, i), tokens) in batch.iter().enumerate().zip(tokens) {
            let vector = StoredVector::of(detailed.texts.row(row));
            self.n_tokens += self
                .encoder
                .token_ranges(&self.todo.texts[*i])?
                .len()
                .min(self.encoder.max_tokens());
            encoded.push((*i, vector, tokens));
        }
        self.n_done += batch.len();
        self.took += started.elapsed();
        Ok(encoded)
    }

    fn report(&mut self) {
        if self.total > 0 {
            (self.on_progress)(BuildProgress::Encoded {
                done: self.n_done,
                total: self.total,
            });
        }
    }
}
