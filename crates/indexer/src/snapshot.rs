//! Snapshot: one generation, opened for reading.
//!
//! Immutable and complete: every file was checked against the manifest when it was opened, and a build that
//! follows does not touch it. Article texts, passages and vectors stay in mapped files; only articles and a
//! small table per passage live in memory.

use std::{collections::HashMap, ops::Range, path::Path};

use corpus::{Article, ArticleId, Language, Passage};
use inference::{EncodeError, Encoder, TokenVectors};
use jiff::civil::Date;
use tantivy::directory::OwnedBytes;

use crate::{
    error::{Damage, SearchError},
    format::{self, ArticleRecord, Manifest, PassageRecord},
    late::{Reduction, Tokens, rows_of_statements},
    lexical::{
        Lexical, LexicalConfig, PassageMatches,
        asked::{AskedTerm, Readings},
    },
    space::{Aim, Space},
    vectors::{StoredVector, Vectors},
};

mod best;
mod files;
mod words;

pub(crate) use best::Best;

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

/// One generation of the index.
pub struct Snapshot {
    manifest: Manifest,
    articles: Vec<ArticleRecord>,
    /// Versions of each article by id, in the order of [`Language::ALL`].
    versions: HashMap<ArticleId, Vec<ArticleOrdinal>>,
    /// Article of each passage.
    article_of: Vec<u32>,
    /// Bytes of each passage's line in the passage file.
    lines: Vec<(usize, usize)>,
    sources: OwnedBytes,
    passages: OwnedBytes,
    /// Language of each passage.
    language_of: Vec<Language>,
    vectors: Vectors,
    space: Space,
    tokens: Tokens,
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
            .field("n_articles", &self.articles.len())
            .field("n_passages", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Opens and verifies the generation in `dir`.
    ///
    /// # Errors
    /// [`Damage`] that names the file.
    pub(crate) fn open(dir: &Path) -> Result<Self, Damage> {
        let manifest = files::read_manifest(dir)?;
        let mut mapped = files::map_files(dir, &manifest)?;
        let mut take = |name: &str| {
            mapped
                .remove(Path::new(name))
                .ok_or_else(|| Damage::Missing {
                    file: name.to_owned(),
                })
        };
        let sources = take(format::SOURCES)?;
        if std::str::from_utf8(&sources).is_err() {
            return Err(Damage::Content("the article texts are not UTF-8"));
        }
        let articles: Vec<ArticleRecord> = files::lines_of(&take(format::ARTICLES)?)
            .iter()
            .map(|line| serde_json::from_slice(line).map_err(Damage::Record))
            .collect::<Result<_, _>>()?;
        let passages = take(format::PASSAGES)?;
        let vectors = Vectors::open(take(format::VECTORS)?)?;
        let space = Space::open(&take(format::SPACE)?)?;
        let tokens = Tokens::open(&take(format::REDUCTION)?, take(format::TOKENS)?)?;
        let lines = files::line_bounds(&passages);
        let (article_of, versions, n_by_language) =
            files::tables(&articles, &sources, lines.len())?;
        if vectors.len() != lines.len() || vectors.dimensions() != manifest.dimensions {
            return Err(Damage::Content("the vectors are not those of the passages"));
        }
        if tokens.len() != lines.len() {
            return Err(Damage::Content("the tokens are not those of the passages"));
        }
        if space.inverse_lengths().len() != lines.len() {
            return Err(Damage::Content("the space is not that of the passages"));
        }
        let lexical_files = mapped
            .into_iter()
            .filter_map(|(path, bytes)| {
                Some((path.strip_prefix(format::LEXICAL).ok()?.to_owned(), bytes))
            })
            .collect();
        let lexical = Lexical::open(lexical_files, n_by_language).map_err(Damage::Lexical)?;
        if lexical.n_documents() != lines.len() as u64 {
            return Err(Damage::Content(
                "the lexical index is not that of the passages",
            ));
        }
        let language_of: Vec<Language> = article_of
            .iter()
            .map(|article| articles[*article as usize].article.language)
            .collect();
        let samples = samples(&language_of);
        Ok(Self {
            manifest,
            articles,
            versions,
            article_of,
            lines,
            sources,
            passages,
            language_of,
            vectors,
            space,
            tokens,
            lexical,
            lexical_config: LexicalConfig::default(),
            samples,
            words: words::Words::default(),
        })
    }

    /// Name of the generation.
    pub fn generation(&self) -> &str {
        &self.manifest.generation
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
        self.lines.len()
    }

    /// Number of article versions.
    pub const fn n_articles(&self) -> usize {
        self.articles.len()
    }

    /// All article versions, in order of path.
    pub fn articles(&self) -> impl Iterator<Item = (ArticleOrdinal, &Article)> {
        (0..)
            .map(ArticleOrdinal)
            .zip(self.articles.iter().map(|record| &record.article))
    }

    pub(crate) fn record(&self, article: ArticleOrdinal) -> &ArticleRecord {
        &self.articles[article.0 as usize]
    }

    /// An article version.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn article(&self, article: ArticleOrdinal) -> &Article {
        &self.record(article).article
    }

    /// The article version a passage belongs to.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn article_of(&self, passage: PassageOrdinal) -> ArticleOrdinal {
        ArticleOrdinal(self.article_of[passage.0 as usize])
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
        self.versions.get(id).map_or(&[], Vec::as_slice)
    }

    /// The article file as it was indexed; the ranges of sections, passages and statements index it.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source(&self, article: ArticleOrdinal) -> &str {
        let record = self.record(article);
        let end = record.source_start + record.source_bytes;
        // Checked to be UTF-8, and cut at character boundaries, when the snapshot was opened.
        self.sources
            .get(record.source_start..end)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// BLAKE3 of the article file, in hex.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn source_hash(&self, article: ArticleOrdinal) -> &str {
        &self.record(article).hash
    }

    /// A passage, read from its file.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn passage(&self, passage: PassageOrdinal) -> Passage {
        self.passage_record(passage).passage
    }

    pub(crate) fn passage_record(&self, passage: PassageOrdinal) -> PassageRecord {
        let (start, end) = self.lines[passage.0 as usize];
        serde_json::from_slice(&self.passages[start..end])
            .expect("the line passed its checksum and was written by serde_json")
    }

    /// The passages of an article, in file order.
    ///
    /// # Panics
    /// When `article` is another generation's and out of range here.
    pub fn passages_of(
        &self,
        article: ArticleOrdinal,
    ) -> impl Iterator<Item = PassageOrdinal> + use<> {
        let record = self.record(article);
        (record.first_passage..record.first_passage + record.n_passages).map(PassageOrdinal)
    }

    /// All passages, in order.
    pub(crate) fn passage_ordinals(&self) -> impl Iterator<Item = PassageOrdinal> + use<> {
        (0..u32::try_from(self.lines.len()).unwrap_or(u32::MAX)).map(PassageOrdinal)
    }

    pub(crate) fn stored_vector(&self, passage: PassageOrdinal) -> StoredVector {
        self.vectors.stored(passage.0 as usize)
    }

    /// The unit-length vector of a passage.
    ///
    /// # Panics
    /// When `passage` is another generation's and out of range here.
    pub fn vector(&self, passage: PassageOrdinal) -> Vec<f32> {
        self.vectors.values(passage.0 as usize)
    }

    pub(crate) const fn space(&self) -> &Space {
        &self.space
    }

    /// How the vectors of tokens are reduced.
    pub(crate) const fn reduction(&self) -> &Reduction {
        self.tokens.reduction()
    }

    pub(crate) fn token_rows(&self, passage: PassageOrdinal) -> &[i8] {
        self.tokens.rows(passage.0 as usize)
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
        let dot = self.vectors.dot(&aim.vector, passage.0 as usize);
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
        let offset = aim.offsets[self.language_of[index].index()];
        (dot - offset) * self.space.inverse_lengths()[index]
    }

    /// The articles someone may see.
    pub fn select(&self, visibility: &Visibility<'_>) -> Selection {
        let is_visible = |record: &ArticleRecord| {
            let article = &record.article;
            article.is_for_audience(visibility.audience)
                && article.is_for_region(visibility.region)
                && article.validity.includes(visibility.day)
                && visibility
                    .languages
                    .is_none_or(|languages| languages.contains(&article.language))
        };
        Selection {
            articles: self.articles.iter().map(is_visible).collect(),
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
        self.vectors
            .search(&aim.vector, limit, &is_selected, &score)
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
