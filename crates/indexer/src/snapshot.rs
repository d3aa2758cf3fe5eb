//! Snapshot: one generation, opened for reading.
//!
//! Immutable and complete: a build that follows does not touch it. Articles, the space and a small table per passage live
//! in memory ([`Frame`]); texts, vectors and postings are where the engine has them ([`Retrieval`]). The embedded one maps
//! files, each checked against the manifest when it was opened, and two snapshots that a process holds share the shards
//! they have in common. Another engine may be a server on the network: then what reads them can fail.

use std::{
    borrow::Cow,
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use corpus::{Article, ArticleId, Language, Passage};
use inference::{EncodeError, Encoder, TokenVectors};
use jiff::civil::Date;

use crate::{
    error::{Damage, SearchError},
    format::{self, FileRecord, Manifest},
    late::{Reduction, rows_of_statements},
    lexical::{
        PassageMatches,
        asked::{AskedTerm, Readings},
    },
    shard::Shard,
    space::{Aim, Space},
};

mod best;
mod embedded;
mod files;
mod retrieval;
mod words;

pub(crate) use best::Best;
pub(crate) use embedded::Embedded;
pub(crate) use files::{Tables, read_manifest, verified};
pub use retrieval::{Bodies, LexicalAsk};
pub(crate) use retrieval::{Frame, Retrieval};
pub(crate) use words::words_of;

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
    frame: Frame,
    engine: Box<dyn Retrieval>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.generation())
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
        let (frame, engine) = embedded::open(dir, open)?;
        Ok(Self {
            frame,
            engine: Box::new(engine),
        })
    }

    /// The generation lies in `dir` from now on.
    pub(crate) fn moved_to(mut self, dir: PathBuf) -> Self {
        if let Some(embedded) = self.engine.embedded_mut() {
            embedded.dir = dir;
        }
        self
    }

    /// A generation that `engine` searches.
    pub(crate) fn of(frame: Frame, engine: Box<dyn Retrieval>) -> Self {
        Self { frame, engine }
    }

    /// Its shards where they are on this machine, each with its file and what the manifest says of it.
    pub(crate) fn shards(&self) -> impl Iterator<Item = (PathBuf, &FileRecord, &Arc<Shard>)> {
        let embedded = self.engine.embedded().into_iter();
        embedded.flat_map(|embedded| {
            let names = self.manifest().shards.iter().zip(&embedded.shards);
            names.filter_map(|(name, shard)| {
                let path = format::shard_path(name);
                let record = self.manifest().files.get(&path)?;
                Some((embedded.dir.join(path), record, shard))
            })
        })
    }

    /// Its shards, for [`Snapshot::open`].
    pub(crate) fn open_shards(&self) -> OpenShards {
        self.shards()
            .map(|(_, record, shard)| (record.blake3.clone(), Arc::clone(shard)))
            .collect()
    }

    /// The engine that keeps everything on this machine, when it is that.
    pub(crate) fn embedded(&self) -> Option<&Embedded> {
        self.engine.embedded()
    }

    /// Whether all of it lies on this machine, so that reading through it costs no other anything.
    pub fn is_local(&self) -> bool {
        self.embedded().is_some()
    }

    pub(crate) const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Name of the generation.
    pub fn generation(&self) -> &str {
        &self.frame.manifest.generation
    }

    /// Names what an answer can depend on of this generation: the articles, how they were read and cut, their vectors
    /// and the measure they are compared by. Two generations with one name answer alike; 64 hexadecimal digits.
    pub fn content_key(&self) -> String {
        let manifest = &self.frame.manifest;
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
        &self.frame.manifest.encoder
    }

    /// Length of its vectors.
    pub const fn dimensions(&self) -> usize {
        self.frame.manifest.dimensions
    }

    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.frame.manifest
    }

    /// Number of passages.
    pub const fn n_passages(&self) -> usize {
        self.frame.tables.article_of.len()
    }

    /// Number of article versions.
    pub const fn n_articles(&self) -> usize {
        self.frame.tables.n_articles()
    }

    /// All article versions, in order of path.
    pub fn articles(&self) -> impl Iterator<Item = (ArticleOrdinal, &Article)> {
        let n = u32::try_from(self.n_articles()).unwrap_or(u32::MAX);
        (0..n)
            .map(ArticleOrdinal)
            .map(|ordinal| (ordinal, self.article(ordinal)))
    }

    /// Has parts of `articles` at hand, in one round trip where they are on another machine: what follows is then read
    /// from here. Nothing has to be fetched first; what is not at hand is got when it is asked for.
    ///
    /// # Errors
    /// [`SearchError`] when they cannot be reached.
    pub fn fetch(
        &self,
        articles: impl IntoIterator<Item = ArticleOrdinal>,
        bodies: Bodies,
    ) -> Result<(), SearchError> {
        self.engine
            .fetch(&self.frame, &mut articles.into_iter(), bodies)
    }

    /// An article version.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn article(&self, article: ArticleOrdinal) -> &Article {
        &self.engine.record(article).article
    }

    /// The article version a passage belongs to.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn article_of(&self, passage: PassageOrdinal) -> ArticleOrdinal {
        self.frame.article_of(passage)
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
        self.frame
            .tables
            .versions
            .get(id)
            .map_or(&[], Vec::as_slice)
    }

    /// The article file as it was indexed; the ranges of sections, passages and statements index it.
    ///
    /// # Errors
    /// [`SearchError`] when it cannot be reached.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source(&self, article: ArticleOrdinal) -> Result<Cow<'_, str>, SearchError> {
        self.engine.source(article)
    }

    /// BLAKE3 of the article file, in hex.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source_hash(&self, article: ArticleOrdinal) -> &str {
        &self.engine.record(article).hash
    }

    /// A passage.
    ///
    /// # Errors
    /// [`SearchError`] when it cannot be reached.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn passage(&self, passage: PassageOrdinal) -> Result<Passage, SearchError> {
        self.engine.passage(&self.frame, passage)
    }

    /// The section of its article a passage is of.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn section_of(&self, passage: PassageOrdinal) -> usize {
        self.engine.section_of(&self.frame, passage)
    }

    /// The passages of an article, in file order.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn passages_of(
        &self,
        article: ArticleOrdinal,
    ) -> impl Iterator<Item = PassageOrdinal> + use<> {
        let first = self.frame.tables.first_passages[article.0 as usize];
        (first..first + self.engine.record(article).n_passages).map(PassageOrdinal)
    }

    /// The unit-length vector of a passage.
    ///
    /// # Errors
    /// [`SearchError`] when it cannot be reached.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn vector(&self, passage: PassageOrdinal) -> Result<Vec<f32>, SearchError> {
        self.engine.vector(&self.frame, passage)
    }

    pub(crate) const fn space(&self) -> &Space {
        &self.frame.space
    }

    /// How the vectors of tokens are reduced.
    pub(crate) const fn reduction(&self) -> &Reduction {
        &self.frame.reduction
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
        let mut aim = self.space().aim(vector, language);
        if let Some(tokens) = tokens {
            let mean = &self.space().means(language).question_token;
            aim.tokens = self.reduction().question(text, tokens, mean);
        }
        aim
    }

    /// How well a passage answers what is aimed at token by token, -1 to 1 ([`crate::late`]); 0 when there are no
    /// tokens on either side.
    ///
    /// # Errors
    /// [`SearchError`] when its tokens cannot be reached.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn interaction(&self, passage: PassageOrdinal, aim: &Aim) -> Result<f32, SearchError> {
        let mut found = 0.0;
        self.engine.with_rows(&self.frame, passage, &mut |rows| {
            found = aim.tokens.interaction(rows);
        })?;
        Ok(found)
    }

    /// The token rows of each statement of a passage, for [`Snapshot::interactions`]; empty for a heading and for what
    /// the encoder did not read as it stands, such as the row of a table.
    ///
    /// # Errors
    /// [`SearchError`] when the passage cannot be reached. What the tokenizer fails with stands inside.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn statement_rows(
        &self,
        passage: PassageOrdinal,
        encoder: &dyn Encoder,
    ) -> Result<Result<Vec<Range<usize>>, EncodeError>, SearchError> {
        let article = self.article(self.article_of(passage));
        let mut n_rows = 0;
        self.engine.with_rows(&self.frame, passage, &mut |rows| {
            n_rows = rows.len().checked_div(self.reduction().kept()).unwrap_or(0);
        })?;
        let passage = self.passage(passage)?;
        Ok(rows_of_statements(article, &passage, n_rows, |text| {
            encoder.token_ranges(text)
        }))
    }

    /// How well stretches of a passage's token rows answer what is aimed at, each -1 to 1; 0 for an empty one.
    ///
    /// # Errors
    /// [`SearchError`] when its tokens cannot be reached.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn interactions(
        &self,
        passage: PassageOrdinal,
        stretches: &[Range<usize>],
        aim: &Aim,
    ) -> Result<Vec<f32>, SearchError> {
        let mut found = Vec::new();
        self.engine.with_rows(&self.frame, passage, &mut |rows| {
            found = aim.tokens.interactions(rows, stretches);
        })?;
        Ok(found)
    }

    /// How near a passage is to what is aimed at: a cosine, -1 to 1, in the generation's own space, or the plain
    /// dot product for [`Aim::plain`].
    ///
    /// # Errors
    /// [`SearchError`] when its vector cannot be reached.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn nearness(&self, passage: PassageOrdinal, aim: &Aim) -> Result<f32, SearchError> {
        let dot = self.engine.dot(&self.frame, passage, &aim.vector)?;
        Ok(self.frame.scaled(passage, dot, aim))
    }

    /// The same for the vector of another text in `language`, encoded as passages are.
    pub fn nearness_of(&self, vector: &[f32], language: Language, aim: &Aim) -> f32 {
        self.space().nearness(vector, language, aim)
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
        self.engine.ask(text, language, readings)
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
        let ask = LexicalAsk {
            language,
            asked,
            limit,
        };
        let hits = self.engine.lexical(&self.frame, &[ask], selection)?;
        Ok(hits.into_iter().flatten().collect())
    }

    /// As [`Snapshot::lexical`], for several languages side by side; the hits of each ask, in order.
    ///
    /// # Errors
    /// [`SearchError`] when the index cannot be read; never because of odd terms.
    pub fn lexical_by_language(
        &self,
        asks: &[LexicalAsk<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<Hit>>, SearchError> {
        self.engine.lexical(&self.frame, asks, selection)
    }

    /// The selected passages nearest to what is aimed at; at most `limit`, best first, ties by ordinal. Exactly those,
    /// but for an engine that is set to search a large generation approximately. Empty when the aim does not have
    /// [`Snapshot::dimensions`] values.
    ///
    /// # Errors
    /// [`SearchError`] when the index cannot be read.
    pub fn dense(
        &self,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        self.engine.dense(&self.frame, aim, selection, limit)
    }

    /// Distinct terms of `text` as the index of `language` has them, in order of first occurrence.
    pub fn terms(&self, text: &str, language: Language) -> Vec<String> {
        self.engine.terms(text, language)
    }

    /// How much the articles in `language` use the words of `text`, 0 to 1; 0 when there are none.
    pub fn familiarity(&self, text: &str, language: Language) -> f32 {
        if self.frame.samples[language.index()].is_empty() {
            return 0.0;
        }
        self.engine.familiarity(text, language)
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
        self.engine.matches(&self.frame, asked, language, passages)
    }

    /// Mean number of terms of a passage in `language`: title, headings, body; at least 1 each.
    pub fn mean_lengths(&self, language: Language) -> [f32; 3] {
        self.engine.mean_lengths(language)
    }

    /// Languages there are articles in, in the order of [`Language::ALL`].
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        Language::ALL
            .into_iter()
            .filter(|language| !self.frame.samples[language.index()].is_empty())
    }

    /// The same of the interaction, over a smaller sample.
    pub fn interaction_background(&self, aim: &Aim, language: Language) -> Option<Background> {
        let sample = self.frame.token_sample(language);
        background(sample.map(|passage| {
            let mut found = 0.0;
            self.engine
                .with_sample_rows(&self.frame, passage, &mut |rows| {
                    found = aim.tokens.interaction(rows);
                });
            found
        }))
    }

    /// Mean and standard deviation of the nearness of an even sample of the passages in `language` to what is
    /// aimed at: how near an unrelated passage is. `None` when there is no passage in it.
    pub fn background(&self, aim: &Aim, language: Language) -> Option<Background> {
        let sample = self.frame.samples[language.index()].iter();
        background(sample.map(|passage| {
            let dot = self.engine.sample_dot(&self.frame, *passage, &aim.vector);
            self.frame.scaled(*passage, dot, aim)
        }))
    }

    /// How rare a term is among the passages of `language`: `ln(1 + (N − n + 0.5) / (n + 0.5))`. Highest
    /// for a term no passage holds.
    pub fn inverse_document_frequency(&self, term: &str, language: Language) -> f32 {
        self.engine.inverse_document_frequency(term, language)
    }

    /// Whether the articles in `language` use exactly the word `word`, in whatever case. A word is a run of letters and
    /// digits.
    pub fn uses_word(&self, word: &str, language: Language) -> bool {
        self.engine
            .uses_word(&self.frame, &word.to_lowercase(), language)
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
