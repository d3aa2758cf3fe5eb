//! Snapshot: one generation, opened for reading.
//!
//! Immutable and complete: every file was checked against the manifest when it was opened, and a build that
//! follows does not touch it. Article texts, passages and vectors stay in mapped files; only articles and a
//! small table per passage live in memory. Two snapshots that a process holds share the shards they have in common.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use corpus::{Article, ArticleId, Language, Passage};
use inference::{EncodeError, Encoder, TokenVectors};
use jiff::civil::Date;
use rayon::prelude::*;

use crate::{
    error::{Damage, SearchError},
    format::{self, ArticleRecord, FileRecord, Manifest},
    late::{Reduction, rows_of_statements},
    lexical::{
        Lexical, LexicalConfig, PassageMatches,
        asked::{AskedTerm, Readings},
    },
    shard::Shard,
    space::{Aim, Space},
    vectors,
};

mod best;
mod files;
mod words;

pub(crate) use best::Best;
pub(crate) use files::{read_manifest, verified};

use files::Tables;

/// Number of an article version in its generation, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ArticleOrdinal(pub(crate) u32);

impl From<ArticleOrdinal> for u32 {
    fn from(ordinal: ArticleOrdinal) -> Self {
        ordinal.0
    }
}

/// Number of a passage in its generation, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PassageOrdinal(pub(crate) u32);

impl From<PassageOrdinal> for u32 {
    fn from(ordinal: PassageOrdinal) -> Self {
        ordinal.0
    }
}

/// A passage with a retriever's score. Scores of different retrievers are different quantities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The passage.
    pub passage: PassageOrdinal,
    /// Higher is better; comparable within one list only.
    pub score: f32,
}

/// What passages at large score against one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Background {
    /// Mean nearness.
    pub mean: f32,
    /// Standard deviation.
    pub spread: f32,
}

/// Passages of a language that stand for all of it in [`Snapshot::background`].
const SAMPLE: usize = 512;

/// Passages of a language that stand for all of it in [`Snapshot::interaction_background`].
const TOKEN_SAMPLE: usize = 48;

/// Least standard deviation of a background.
const MIN_SPREAD: f32 = 0.01;

/// Who looks, from where, when, and in which languages.
#[derive(Debug, Clone, Copy)]
pub struct Visibility<'a> {
    /// See [`Article::is_for_audience`].
    pub audience: Option<&'a str>,
    /// See [`Article::is_for_region`].
    pub region: Option<&'a str>,
    /// The day that decides on validity.
    pub day: Date,
    /// Only these languages; `None` means all.
    pub languages: Option<&'a [Language]>,
}

/// The articles a search may return, decided before anything is ranked.
#[derive(Debug, Clone)]
pub struct Selection {
    articles: Vec<bool>,
}

impl Selection {
    /// Whether `article` is among them.
    pub fn contains(&self, article: ArticleOrdinal) -> bool {
        self.articles
            .get(article.0 as usize)
            .copied()
            .unwrap_or(false)
    }

    /// Number of selected articles.
    pub fn len(&self) -> usize {
        self.articles.iter().filter(|selected| **selected).count()
    }

    /// Whether no article is selected.
    pub fn is_empty(&self) -> bool {
        !self.articles.contains(&true)
    }
}

/// Shards that are open already, by the BLAKE3 of their files: what has been verified is not read again.
pub(crate) type OpenShards = HashMap<String, Arc<Shard>>;

/// One generation of the index.
pub struct Snapshot {
    dir: PathBuf,
    manifest: Manifest,
    shards: Vec<Arc<Shard>>,
    tables: Tables,
    space: Space,
    reduction: Reduction,
    lexical: Lexical,
    lexical_config: LexicalConfig,
    /// Evenly spaced passages of each language.
    samples: [Vec<PassageOrdinal>; 9],
    words: words::Words,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.manifest.generation)
            .field("n_articles", &self.n_articles())
            .field("n_passages", &self.n_passages())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens and verifies the generation in `dir`. Shards that are among `open` are taken from there.
    ///
    /// # Errors
    /// [`Damage`] that names the file.
    pub(crate) fn open(dir: &Path, open: &OpenShards) -> Result<Self, Damage> {
        let manifest = read_manifest(dir)?;
        let space = Space::open(&files::open_file(dir, &manifest, format::SPACE)?)?;
        let reduction = Reduction::open(&files::open_file(dir, &manifest, format::REDUCTION)?)?;
        let shards: Vec<Arc<Shard>> = manifest
            .shards
            .par_iter()
            .map(|name| open_shard(dir, &manifest, name, open))
            .collect::<Result<_, _>>()?;
        let tables = Tables::of(&shards);
        let n_passages = tables.article_of.len();
        if manifest.n_articles != tables.places.len() || manifest.n_passages != n_passages {
            return Err(Damage::Content("the shards are not those of the manifest"));
        }
        let has_other_rows = |shard: &Arc<Shard>| {
            shard.vectors.dimensions() != manifest.dimensions
                || shard.tokens.width() != reduction.kept()
        };
        if shards.iter().any(has_other_rows) {
            return Err(Damage::Content("a shard was encoded in another way"));
        }
        if space.inverse_lengths().len() != n_passages {
            return Err(Damage::Content("the space is not that of the passages"));
        }
        let segments: Vec<_> = shards.iter().map(|shard| &shard.lexical).collect();
        let lexical = Lexical::open(&segments, tables.n_by_language)?;
        if !lexical
            .segment_lengths()
            .eq(shards.iter().map(|shard| shard.n_passages()))
        {
            return Err(Damage::Content(
                "the lexical index is not that of the passages",
            ));
        }
        Ok(Self {
            dir: dir.to_owned(),
            samples: samples(&tables.language_of),
            manifest,
            shards,
            tables,
            space,
            reduction,
            lexical,
            lexical_config: LexicalConfig::default(),
            words: words::Words::default(),
        })
    }

    /// The generation lies in `dir` from now on.
    pub(crate) fn moved_to(mut self, dir: PathBuf) -> Self {
        self.dir = dir;
        self
    }

    /// Its shards, each with its file and what the manifest says of it.
    pub(crate) fn shards(&self) -> impl Iterator<Item = (PathBuf, &FileRecord, &Arc<Shard>)> {
        let names = self.manifest.shards.iter().zip(&self.shards);
        names.filter_map(|(name, shard)| {
            let path = format::shard_path(name);
            let record = self.manifest.files.get(&path)?;
            Some((self.dir.join(path), record, shard))
        })
    }

    /// Its shards, for [`Snapshot::open`].
    pub(crate) fn open_shards(&self) -> OpenShards {
        self.shards()
            .map(|(_, record, shard)| (record.blake3.clone(), Arc::clone(shard)))
            .collect()
    }

    /// Name of the generation.
    pub fn generation(&self) -> &str {
        &self.manifest.generation
    }

    /// Names what an answer can depend on of this generation: the articles, how they were read and cut, their vectors
    /// and the measure they are compared by. Two generations with one name answer alike; 64 hexadecimal digits.
    pub fn content_key(&self) -> String {
        let manifest = &self.manifest;
        let mut hasher = blake3::Hasher::new();
        // Names of shards, and not their bytes: the same terms get other bytes in every build.
        for name in &manifest.shards {
            hasher.update(name.as_bytes()).update(b"\0");
        }
        for name in [format::SPACE, format::REDUCTION] {
            let hash = manifest.files.get(name).map_or("", |file| &*file.blake3);
            hasher.update(hash.as_bytes()).update(b"\0");
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Identifier of the encoder its vectors come from.
    pub fn encoder_id(&self) -> &str {
        &self.manifest.encoder
    }

    /// Length of its vectors.
    pub const fn dimensions(&self) -> usize {
        self.manifest.dimensions
    }

    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Number of passages.
    pub const fn n_passages(&self) -> usize {
        self.tables.article_of.len()
    }

    /// Number of article versions.
    pub const fn n_articles(&self) -> usize {
        self.tables.places.len()
    }

    /// All article versions, in order of path.
    pub fn articles(&self) -> impl Iterator<Item = (ArticleOrdinal, &Article)> {
        let records = self.shards.iter().flat_map(|shard| &shard.articles);
        (0..)
            .map(ArticleOrdinal)
            .zip(records.map(|record| &record.article))
    }

    /// The shard an article is in, and what is recorded of it there.
    fn place(&self, article: ArticleOrdinal) -> (&Shard, &ArticleRecord) {
        let (shard, index) = self.tables.places[article.0 as usize];
        let shard = &self.shards[shard];
        (shard, &shard.articles[index])
    }

    /// The shard a passage is in, and its number there.
    fn place_of_passage(&self, passage: PassageOrdinal) -> (&Shard, usize) {
        let article = self.article_of(passage);
        let (shard, _) = self.tables.places[article.0 as usize];
        let index = passage.0 - self.tables.firsts[shard];
        (&self.shards[shard], index as usize)
    }

    /// An article version.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn article(&self, article: ArticleOrdinal) -> &Article {
        &self.place(article).1.article
    }

    /// The article version a passage belongs to.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn article_of(&self, passage: PassageOrdinal) -> ArticleOrdinal {
        ArticleOrdinal(self.tables.article_of[passage.0 as usize])
    }

    /// The version of `id` in `language`.
    pub fn find(&self, id: &ArticleId, language: Language) -> Option<ArticleOrdinal> {
        self.versions(id)
            .iter()
            .copied()
            .find(|version| self.article(*version).language == language)
    }

    /// All versions of `id`, in the order of [`Language::ALL`]; none when there is no such article.
    pub fn versions(&self, id: &ArticleId) -> &[ArticleOrdinal] {
        self.tables.versions.get(id).map_or(&[], Vec::as_slice)
    }

    /// The article file as it was indexed; the ranges of sections, passages and statements index it.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source(&self, article: ArticleOrdinal) -> &str {
        let (shard, record) = self.place(article);
        shard.source(record)
    }

    /// BLAKE3 of the article file, in hex.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source_hash(&self, article: ArticleOrdinal) -> &str {
        &self.place(article).1.hash
    }

    /// A passage, read from its file.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn passage(&self, passage: PassageOrdinal) -> Passage {
        let (shard, index) = self.place_of_passage(passage);
        shard.passage(index)
    }

    /// The passages of an article, in file order.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn passages_of(
        &self,
        article: ArticleOrdinal,
    ) -> impl Iterator<Item = PassageOrdinal> + use<> {
        let (shard, index) = self.tables.places[article.0 as usize];
        let record = &self.shards[shard].articles[index];
        let first = self.tables.firsts[shard] + record.first_passage;
        (first..first + record.n_passages).map(PassageOrdinal)
    }

    /// The unit-length vector of a passage.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn vector(&self, passage: PassageOrdinal) -> Vec<f32> {
        let (shard, index) = self.place_of_passage(passage);
        shard.vectors.values(index)
    }

    pub(crate) const fn space(&self) -> &Space {
        &self.space
    }

    /// How the vectors of tokens are reduced.
    pub(crate) const fn reduction(&self) -> &Reduction {
        &self.reduction
    }

    pub(crate) fn token_rows(&self, passage: PassageOrdinal) -> &[i8] {
        let (shard, index) = self.place_of_passage(passage);
        shard.tokens.rows(index)
    }

    /// Makes the question `text` in `language` ready to be compared with passages; `tokens`, where there are
    /// any, are its own.
    pub fn aim(
        &self,
        text: &str,
        vector: &[f32],
        tokens: Option<&TokenVectors>,
        language: Language,
    ) -> Aim {
        let mut aim = self.space.aim(vector, language);
        if let Some(tokens) = tokens {
            let mean = &self.space.means(language).question_token;
            aim.tokens = self.reduction().question(text, tokens, mean);
        }
        aim
    }

    /// How well a passage answers what is aimed at token by token, -1 to 1 ([`crate::late`]); 0 when there are no
    /// tokens on either side.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn interaction(&self, passage: PassageOrdinal, aim: &Aim) -> f32 {
        aim.tokens.interaction(self.token_rows(passage))
    }

    /// The token rows of each statement of a passage, for [`Snapshot::interactions`]; empty for a heading and for what
    /// the encoder did not read as it stands, such as the row of a table.
    ///
    /// # Errors
    /// [`EncodeError::Tokenize`](inference::EncodeError::Tokenize).
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn statement_rows(
        &self,
        passage: PassageOrdinal,
        encoder: &dyn Encoder,
    ) -> Result<Vec<Range<usize>>, EncodeError> {
        let article = self.article(self.article_of(passage));
        let tokens = self.token_rows(passage);
        let n_rows = tokens
            .len()
            .checked_div(self.reduction().kept())
            .unwrap_or(0);
        rows_of_statements(article, &self.passage(passage), n_rows, |text| {
            encoder.token_ranges(text)
        })
    }

    /// How well stretches of a passage's token rows answer what is aimed at, each -1 to 1; 0 for an empty one.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn interactions(
        &self,
        passage: PassageOrdinal,
        stretches: &[Range<usize>],
        aim: &Aim,
    ) -> Vec<f32> {
        aim.tokens.interactions(self.token_rows(passage), stretches)
    }

    /// How near a passage is to what is aimed at: a cosine, -1 to 1, in the generation's own space, or the plain
    /// dot product for [`Aim::plain`].
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn nearness(&self, passage: PassageOrdinal, aim: &Aim) -> f32 {
        let (shard, index) = self.place_of_passage(passage);
        let dot = shard.vectors.dot(&aim.vector, index);
        self.scaled(passage, dot, aim)
    }

    /// The same for the vector of another text in `language`, encoded as passages are.
    pub fn nearness_of(&self, vector: &[f32], language: Language, aim: &Aim) -> f32 {
        self.space.nearness(vector, language, aim)
    }

    fn scaled(&self, passage: PassageOrdinal, dot: f32, aim: &Aim) -> f32 {
        if !aim.is_cosine {
            return dot;
        }
        let index = passage.0 as usize;
        let offset = aim.offsets[self.tables.language_of[index].index()];
        (dot - offset) * self.space.inverse_lengths()[index]
    }

    /// The articles someone may see.
    pub fn select(&self, visibility: &Visibility<'_>) -> Selection {
        let is_visible = |(_, article): (ArticleOrdinal, &Article)| {
            article.is_for_audience(visibility.audience)
                && article.is_for_region(visibility.region)
                && article.validity.includes(visibility.day)
                && visibility
                    .languages
                    .is_none_or(|languages| languages.contains(&article.language))
        };
        Selection {
            articles: self.articles().map(is_visible).collect(),
        }
    }

    /// The terms of `text` as the index of `language` has them, with the spellings that stand for each, in
    /// order of first occurrence; at most 64. Empty when there is no passage in `language`.
    pub fn ask(&self, text: &str, language: Language, readings: Readings) -> Vec<AskedTerm> {
        self.lexical.ask(text, language, readings)
    }

    /// The selected passages in `language` that hold `asked` terms, by BM25; at most `limit`, best first, ties
    /// by ordinal.
    ///
    /// # Errors
    /// [`SearchError`] when the index cannot be read; never because of odd terms.
    pub fn lexical(
        &self,
        asked: &[AskedTerm],
        language: Language,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let is_selected = |passage| selection.contains(self.article_of(passage));
        Ok(self
            .lexical
            .search(asked, language, &self.lexical_config, limit, &is_selected)?)
    }

    /// The selected passages nearest to what is aimed at, exactly; at most `limit`, best first, ties by ordinal.
    /// Empty when the aim does not have [`Snapshot::dimensions`] values.
    pub fn dense(&self, aim: &Aim, selection: &Selection, limit: usize) -> Vec<Hit> {
        let is_selected = |passage| selection.contains(self.article_of(passage));
        let score = |passage, dot| self.scaled(passage, dot, aim);
        let parts = self.shards.iter().zip(&self.tables.firsts);
        let parts: Vec<vectors::Part<'_>> = parts
            .map(|(shard, first)| (*first, &shard.vectors))
            .collect();
        vectors::search(&parts, &aim.vector, limit, &is_selected, &score)
    }

    /// Distinct terms of `text` as the index of `language` has them, in order of first occurrence.
    pub fn terms(&self, text: &str, language: Language) -> Vec<String> {
        self.lexical.terms(text, language)
    }

    /// How much the articles in `language` use the words of `text`, 0 to 1; 0 when there are none.
    pub fn familiarity(&self, text: &str, language: Language) -> f32 {
        if self.samples[language.index()].is_empty() {
            return 0.0;
        }
        self.lexical.familiarity(text, language)
    }

    /// How often each of `asked` stands in each of `passages`, which are in `language` and ascend.
    ///
    /// # Errors
    /// [`SearchError`] when the index cannot be read.
    pub fn matches(
        &self,
        asked: &[AskedTerm],
        language: Language,
        passages: &[PassageOrdinal],
    ) -> Result<Vec<PassageMatches>, SearchError> {
        Ok(self.lexical.matches(asked, language, passages)?)
    }

    /// Mean number of terms of a passage in `language`: title, headings, body; at least 1 each.
    pub fn mean_lengths(&self, language: Language) -> [f32; 3] {
        self.lexical.mean_lengths(language)
    }

    /// Languages there are articles in, in the order of [`Language::ALL`].
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        Language::ALL
            .into_iter()
            .filter(|language| !self.samples[language.index()].is_empty())
    }

    /// The same of the interaction, over a smaller sample.
    pub fn interaction_background(&self, aim: &Aim, language: Language) -> Option<Background> {
        let sample = &self.samples[language.index()];
        let step = sample.len().div_ceil(TOKEN_SAMPLE).max(1);
        let sample = sample.iter().step_by(step);
        background(sample.map(|passage| self.interaction(*passage, aim)))
    }

    /// Mean and standard deviation of the nearness of an even sample of the passages in `language` to what is
    /// aimed at: how near an unrelated passage is. `None` when there is no passage in it.
    pub fn background(&self, aim: &Aim, language: Language) -> Option<Background> {
        let sample = self.samples[language.index()].iter();
        background(sample.map(|passage| self.nearness(*passage, aim)))
    }

    /// How rare a term is among the passages of `language`: `ln(1 + (N − n + 0.5) / (n + 0.5))`. Highest
    /// for a term no passage holds.
    pub fn inverse_document_frequency(&self, term: &str, language: Language) -> f32 {
        self.lexical.inverse_document_frequency(term, language)
    }
}

fn background(scores: impl Iterator<Item = f32>) -> Option<Background> {
    let scores: Vec<f32> = scores.collect();
    let n = scores.len() as f32;
    let mean = scores.iter().sum::<f32>() / n;
    let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / n;
    (!scores.is_empty()).then_some(Background {
        mean,
        // Below this it is rounding, or a sample of one.
        spread: variance.sqrt().max(MIN_SPREAD),
    })
}

fn open_shard(
    dir: &Path,
    manifest: &Manifest,
    name: &str,
    open: &OpenShards,
) -> Result<Arc<Shard>, Damage> {
    let path = format::shard_path(name);
    let record = manifest
        .files
        .get(&path)
        .ok_or_else(|| Damage::Missing { file: path.clone() })?;
    if let Some(shard) = open.get(&record.blake3) {
        return Ok(Arc::clone(shard));
    }
    Ok(Arc::new(Shard::open(&verified(dir, &path, record)?)?))
}

fn samples(language_of: &[Language]) -> [Vec<PassageOrdinal>; 9] {
    let mut samples: [Vec<PassageOrdinal>; 9] = Default::default();
    for (ordinal, language) in (0..).zip(language_of) {
        samples[language.index()].push(PassageOrdinal(ordinal));
    }
    for sample in &mut samples {
        let step = sample.len().div_ceil(SAMPLE).max(1);
        *sample = sample.iter().copied().step_by(step).collect();
    }
    samples
}
