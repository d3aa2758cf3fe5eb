//! Encode: the passages of a build to vectors, token rows and the space they are compared in.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::{Duration, Instant},
};

use corpus::Language;
use inference::{Encoder, TextKind, TokenVectors};

use super::{BuildProgress, Entry, questions};
use crate::{
    error::BuildError,
    format::FileRecord,
    late::{self, Reduction, Span, TokenWriter},
    snapshot::Snapshot,
    space::{Means, Space},
    split,
    vectors::StoredVector,
};

/// What the encoder makes of all passages, in ordinal order.
pub(super) struct Encoded {
    pub(super) hashes: Vec<String>,
    pub(super) vectors: Vec<StoredVector>,
    pub(super) space: Space,
    pub(super) reduction: Reduction,
    pub(super) spans: Vec<Span>,
    /// Of `tokens.bin`, which is written on the way.
    pub(super) tokens: FileRecord,
    pub(super) n_new: usize,
    pub(super) n_tokens: usize,
    pub(super) took: Duration,
}

/// Passages encoded between two reports of progress.
const BATCH: usize = 256;

/// Encodes what `reusable` does not have, and writes the token rows of all passages to `tokens`.
pub(super) fn encode(
    entries: &[Entry],
    reusable: Option<&Snapshot>,
    encoder: &dyn Encoder,
    tokens: &Path,
    on_progress: &mut dyn FnMut(BuildProgress),
) -> Result<Encoded, BuildError> {
    let passages = Passages::of(entries);
    let n_by_language = passages.n_by_language();
    let mut work = Work {
        passages: &passages,
        encoder,
        on_progress,
        known: HashMap::new(),
        rows: TokenWriter::create(tokens)?,
        n_done: 0,
        n_tokens: 0,
    };
    // Without the old reduction's rows there is nothing to save: they come from the same pass as the vectors.
    let previous = reusable.filter(|snapshot| snapshot.reduction().serves(n_by_language));
    let previous = previous.or(reusable.filter(|snapshot| !snapshot.reduction().is_in_use()));
    if let Some(snapshot) = previous {
        work.take_over(snapshot)?;
    }
    let missing = work.missing();
    let started = Instant::now();
    let reduction = if let Some(snapshot) = previous {
        let reduction = snapshot.reduction().clone();
        work.encode(&missing, missing.len(), &reduction)?;
        reduction
    } else {
        let (sample, rest) = passages.sample(missing);
        let total = sample.len() + rest.len();
        let detailed = work.encode_sample(&sample, total)?;
        let embeddings: Vec<_> = detailed
            .iter()
            .map(|(i, tokens)| (passages.languages[*i], &tokens.vectors))
            .collect();
        let reduction = Reduction::fit(&embeddings, n_by_language);
        for (i, tokens) in &detailed {
            work.write_rows(*i, tokens, &reduction)?;
        }
        work.encode(&rest, total, &reduction)?;
        reduction
    };
    let took = started.elapsed();
    let Work {
        known,
        rows,
        n_done,
        n_tokens,
        ..
    } = work;
    let (vectors, spans): (Vec<StoredVector>, Vec<Span>) = passages
        .hashes
        .iter()
        .map(|hash| known[hash].clone())
        .unzip();
    let space = fit_space(entries, &passages.languages, reusable, encoder, &vectors)?;
    Ok(Encoded {
        vectors,
        space,
        reduction,
        spans,
        tokens: rows.finish()?,
        hashes: passages.hashes,
        n_new: n_done,
        n_tokens,
        took,
    })
}

/// What is read of all passages, in ordinal order.
struct Passages {
    texts: Vec<String>,
    languages: Vec<Language>,
    hashes: Vec<String>,
}

impl Passages {
    fn of(entries: &[Entry]) -> Self {
        let passages = entries
            .iter()
            .flat_map(|entry| entry.passages.iter().map(move |passage| (entry, passage)));
        let texts: Vec<String> = passages
            .clone()
            .map(|(entry, passage)| split::embedded_text(&entry.article, passage))
            .collect();
        let hash = |text: &String| blake3::hash(text.as_bytes()).to_hex().as_str()[..32].to_owned();
        Self {
            hashes: texts.iter().map(hash).collect(),
            languages: passages.map(|(entry, _)| entry.article.language).collect(),
            texts,
        }
    }

    fn n_by_language(&self) -> [u64; 9] {
        let mut n = [0; 9];
        for language in &self.languages {
            n[language.index()] += 1;
        }
        n
    }

    /// Parts `missing` into passages that stand for all, the same number of each language, and the rest. Which
    /// are chosen depends on their texts alone.
    fn sample(&self, missing: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        let n_languages = self.n_by_language().iter().filter(|n| **n > 0).count();
        let most = late::SAMPLE / n_languages.max(1);
        let mut by_hash = missing.clone();
        by_hash.sort_by_key(|i| &self.hashes[*i]);
        let mut n_taken = [0; 9];
        let taken: HashSet<usize> = by_hash
            .into_iter()
            .filter(|i| {
                let n = &mut n_taken[self.languages[*i].index()];
                *n += 1;
                *n <= most
            })
            .collect();
        missing.into_iter().partition(|i| taken.contains(i))
    }
}

/// A build's encoding while it goes on.
struct Work<'a> {
    passages: &'a Passages,
    encoder: &'a dyn Encoder,
    on_progress: &'a mut dyn FnMut(BuildProgress),
    known: HashMap<String, (StoredVector, Span)>,
    rows: TokenWriter<'a>,
    n_done: usize,
    n_tokens: usize,
}

impl Work<'_> {
    /// Keeps what an earlier generation has of these passages.
    fn take_over(&mut self, snapshot: &Snapshot) -> Result<(), BuildError> {
        let wanted: HashSet<&str> = self.passages.hashes.iter().map(String::as_str).collect();
        let width = snapshot.reduction().kept();
        for passage in snapshot.passage_ordinals() {
            let hash = snapshot.passage_record(passage).hash;
            if wanted.contains(hash.as_str()) && !self.known.contains_key(&hash) {
                let span = self.rows.push(snapshot.token_rows(passage), width)?;
                self.known
                    .insert(hash, (snapshot.stored_vector(passage), span));
            }
        }
        Ok(())
    }

    /// The passages there is nothing of, each text once, neighbours in length side by side, so that no short one
    /// waits for a long one.
    fn missing(&self) -> Vec<usize> {
        let mut seen = HashSet::new();
        let hashes = self.passages.hashes.iter().enumerate();
        let mut missing: Vec<usize> = hashes
            .filter(|(_, hash)| !self.known.contains_key(*hash) && seen.insert(*hash))
            .map(|(i, _)| i)
            .collect();
        missing.sort_by_key(|i| self.passages.texts[*i].len());
        missing
    }

    /// Encodes `chosen`, of `total` in all, and reduces their tokens.
    fn encode(
        &mut self,
        chosen: &[usize],
        total: usize,
        reduction: &Reduction,
    ) -> Result<(), BuildError> {
        for batch in chosen.chunks(BATCH) {
            for (i, tokens) in self.encode_batch(batch, total)? {
                self.write_rows(i, &tokens, reduction)?;
            }
        }
        self.report(total);
        Ok(())
    }

    /// Encodes `chosen` and gives the vectors of their tokens, whose rows are still to be written.
    fn encode_sample(
        &mut self,
        chosen: &[usize],
        total: usize,
    ) -> Result<Vec<(usize, TokenVectors)>, BuildError> {
        let mut detailed = Vec::with_capacity(chosen.len());
        for batch in chosen.chunks(BATCH) {
            detailed.extend(self.encode_batch(batch, total)?);
        }
        Ok(detailed)
    }

    fn encode_batch(
        &mut self,
        batch: &[usize],
        total: usize,
    ) -> Result<Vec<(usize, TokenVectors)>, BuildError> {
        self.report(total);
        let texts: Vec<&str> = batch
            .iter()
            .map(|i| self.passages.texts[*i].as_str())
            .collect();
        let detailed = self.encoder.encode_with_tokens(&texts, TextKind::Passage)?;
        let tokens = detailed
            .tokens
            .unwrap_or_else(|| vec![TokenVectors::default(); batch.len()]);
        for (row, i) in batch.iter().enumerate() {
            let vector = StoredVector::of(detailed.texts.row(row));
            let hash = self.passages.hashes[*i].clone();
            self.known.insert(hash, (vector, Span::default()));
            self.n_tokens += self
                .encoder
                .token_ranges(&self.passages.texts[*i])?
                .len()
                .min(self.encoder.max_tokens());
        }
        self.n_done += batch.len();
        Ok(batch.iter().copied().zip(tokens).collect())
    }

    fn write_rows(
        &mut self,
        i: usize,
        tokens: &TokenVectors,
        reduction: &Reduction,
    ) -> Result<(), BuildError> {
        let rows = reduction.passage(&self.passages.texts[i], tokens, self.passages.languages[i]);
        let written = self.rows.push(&rows, reduction.kept())?;
        if let Some((_, span)) = self.known.get_mut(&self.passages.hashes[i]) {
            *span = written;
        }
        Ok(())
    }

    fn report(&mut self, total: usize) {
        if total > 0 {
            (self.on_progress)(BuildProgress::Encoded {
                done: self.n_done,
                total,
            });
        }
    }
}

/// Titles whose mean stands for all questions of a language.
const TITLES: usize = 64;

/// As many titles as the usual questions count for in a language's mean: a handful of titles says little of the
/// next question.
const USUAL_COUNTS_FOR: f32 = 8.0;

/// Fits the space to the passages. What is known of the questions of a language comes from its titles, read as
/// questions, and from the usual ones; it is taken over from the previous generation while the titles are the same.
fn fit_space(
    entries: &[Entry],
    languages: &[Language],
    reusable: Option<&Snapshot>,
    encoder: &dyn Encoder,
    vectors: &[StoredVector],
) -> Result<Space, BuildError> {
    let mut means: [Means; 9] = Default::default();
    let samples = Language::ALL.map(|language| question_sample(entries, language));
    // A language without articles depends on the one with the most.
    let largest = Language::ALL
        .into_iter()
        .max_by_key(|language| languages.iter().filter(|l| *l == language).count())
        .unwrap_or(Language::En);
    let mut elsewhere = None;
    for language in Language::ALL {
        let own = &samples[language.index()];
        let read = if own.is_empty() {
            &samples[largest.index()]
        } else {
            own
        };
        let mut hasher = blake3::Hasher::new();
        for text in read {
            hasher.update(text.as_bytes()).update(b"\0");
        }
        let sample = *hasher.finalize().as_bytes();
        let known = reusable.map(|snapshot| snapshot.space().means(language));
        let found = match known.filter(|means| means.sample == sample) {
            Some(known) => [known.question.clone(), known.question_token.clone()],
            None if own.is_empty() => {
                let (there, usual_there) = match &elsewhere {
                    Some(known) => known,
                    None => elsewhere.insert((
                        mean_question(encoder, read, largest)?,
                        mean_of(encoder, &questions::usual(largest))?,
                    )),
                };
                // As the usual questions move from one language to the other.
                let usual_here = mean_of(encoder, &questions::usual(language))?;
                combined([(there, 1.0), (usual_there, -1.0), (&usual_here, 1.0)])
            }
            None => mean_question(encoder, own, language)?,
        };
        let [question, question_token] = found;
        means[language.index()] = Means {
            sample,
            question,
            question_token,
            passage: Vec::new(),
        };
    }
    let vector = |i: usize| vectors[i].values();
    Ok(Space::fit(encoder.dimensions(), languages, &vector, means))
}

/// Titles of a language or, for articles that have none with a letter in it, their first sentences. Which
/// articles are chosen depends on their ids alone, so that an edit changes few of them.
fn question_sample(entries: &[Entry], language: Language) -> Vec<&str> {
    let mut chosen: Vec<(blake3::Hash, &str)> = entries
        .iter()
        .filter(|entry| entry.article.language == language)
        .filter_map(|entry| {
            let title = entry.article.title.as_str();
            let sentences = entry.passages.iter().flat_map(|p| &p.statements);
            let first = sentences.map(|statement| statement.text.as_str()).next();
            let text = Some(title)
                .filter(|title| title.contains(char::is_alphabetic))
                .or(first)?;
            Some((blake3::hash(entry.article.id.as_str().as_bytes()), text))
        })
        .collect();
    chosen.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    chosen.truncate(TITLES);
    chosen.into_iter().map(|(_, text)| text).collect()
}

/// A mean text and a mean token; the second is empty when the encoder has no vectors of tokens.
type QuestionMeans = [Vec<f32>; 2];

/// The means of questions in a language with the titles `titles`.
fn mean_question(
    encoder: &dyn Encoder,
    titles: &[&str],
    language: Language,
) -> Result<QuestionMeans, BuildError> {
    let own = mean_of(encoder, titles)?;
    let usual = mean_of(encoder, &questions::usual(language))?;
    let n = titles.len() as f32;
    let share = n / (n + USUAL_COUNTS_FOR);
    Ok(combined([(&own, share), (&usual, 1.0 - share)]))
}

fn combined<const N: usize>(parts: [(&QuestionMeans, f32); N]) -> QuestionMeans {
    [0, 1].map(|i| {
        let mut sum = vec![0.0; parts[0].0[i].len()];
        for (means, share) in parts {
            for (sum, value) in sum.iter_mut().zip(&means[i]) {
                *sum += share * value;
            }
        }
        sum
    })
}

fn mean_of(encoder: &dyn Encoder, texts: &[&str]) -> Result<QuestionMeans, BuildError> {
    let detailed = encoder.encode_with_tokens(texts, TextKind::Query)?;
    let tokens = detailed.tokens.iter().flatten();
    Ok([
        late::mean(std::iter::once(&detailed.texts)),
        late::mean(tokens.map(|tokens| &tokens.vectors)),
    ])
}
