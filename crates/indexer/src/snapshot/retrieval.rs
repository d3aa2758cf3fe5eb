//! Retrieval: what an engine does for a [`Snapshot`](super::Snapshot), and what every engine is given to do it.
//!
//! A snapshot holds what is small: articles, tables of passages, the space. An engine holds or fetches what is large, and
//! searches it. Engines differ in where things lie, not in what they find: same analyzers, same weights, same filters.

use std::borrow::Cow;

use corpus::{Language, Passage};

use super::{ArticleOrdinal, Hit, PassageOrdinal, Selection, embedded::Embedded, files::Tables};
use crate::{
    error::SearchError,
    format::{ArticleRecord, Manifest},
    late::Reduction,
    lexical::{PassageMatches, asked::AskedTerm, dictionary::Dictionary},
    space::{Aim, Space},
};

/// What a generation is, whatever engine it is searched by.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) manifest: Manifest,
    pub(crate) tables: Tables,
    pub(crate) space: Space,
    pub(crate) reduction: Reduction,
    /// Evenly spaced passages of each language.
    pub(crate) samples: [Vec<PassageOrdinal>; 9],
}

/// Passages of a language that stand for all of it in [`super::Snapshot::background`].
const SAMPLE: usize = 512;

/// Passages of a language that stand for all of it in [`super::Snapshot::interaction_background`].
const TOKEN_SAMPLE: usize = 48;

impl Frame {
    pub(crate) fn new(
        manifest: Manifest,
        tables: Tables,
        space: Space,
        reduction: Reduction,
    ) -> Self {
        Self {
            samples: samples(&tables.language_of),
            manifest,
            tables,
            space,
            reduction,
        }
    }

    /// The article version a passage belongs to.
    pub(crate) fn article_of(&self, passage: PassageOrdinal) -> ArticleOrdinal {
        ArticleOrdinal(self.tables.article_of[passage.0 as usize])
    }

    /// The number of a passage in its article.
    pub(crate) fn place_in_article(&self, passage: PassageOrdinal) -> usize {
        let article = self.tables.article_of[passage.0 as usize];
        (passage.0 - self.tables.first_passages[article as usize]) as usize
    }

    /// Those of [`Frame::samples`] whose tokens stand for all of `language`.
    pub(crate) fn token_sample(
        &self,
        language: Language,
    ) -> impl Iterator<Item = PassageOrdinal> + use<'_> {
        let sample = &self.samples[language.index()];
        let step = sample.len().div_ceil(TOKEN_SAMPLE).max(1);
        sample.iter().copied().step_by(step)
    }

    /// A passage's score of the product of its vector and what is aimed at.
    pub(crate) fn scaled(&self, passage: PassageOrdinal, dot: f32, aim: &Aim) -> f32 {
        if !aim.is_cosine {
            return dot;
        }
        let index = passage.0 as usize;
        let offset = aim.offsets[self.tables.language_of[index].index()];
        (dot - offset) * self.space.inverse_lengths()[index]
    }
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

/// What the words of one language are asked.
#[derive(Debug, Clone, Copy)]
pub struct LexicalAsk<'a> {
    /// The language the passages are in.
    pub language: Language,
    /// The terms, by the rules of that language.
    pub asked: &'a [AskedTerm],
    /// Most hits.
    pub limit: usize,
}

/// Parts of articles that are fetched together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// Vectors, and which terms stand where: for [`super::Snapshot::nearness`] and [`super::Snapshot::matches`].
    Numbers,
    /// Rows of tokens: for [`super::Snapshot::interaction`].
    Tokens,
    /// The file and its passages: for [`super::Snapshot::source`] and [`super::Snapshot::passage`].
    Texts,
}

/// An engine: where the large parts of a generation are, and how they are searched.
///
/// Ordinals are of the generation that the [`Frame`] is of. What may reach a network can fail; what cannot is held.
pub(crate) trait Retrieval: Dictionary + Send + Sync {
    /// What is recorded of an article.
    fn record(&self, article: ArticleOrdinal) -> &ArticleRecord;

    /// The article file.
    fn source(&self, article: ArticleOrdinal) -> Result<Cow<'_, str>, SearchError>;

    /// A passage.
    fn passage(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Passage, SearchError>;

    /// The section a passage is of.
    fn section_of(&self, frame: &Frame, passage: PassageOrdinal) -> usize;

    /// A passage's vector.
    fn vector(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Vec<f32>, SearchError>;

    /// The product of a passage's vector and `query`.
    fn dot(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        query: &[f32],
    ) -> Result<f32, SearchError>;

    /// Reads a passage's token rows.
    fn with_rows(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        read: &mut dyn FnMut(&[i8]),
    ) -> Result<(), SearchError>;

    /// The product of the vector of one of [`Frame::samples`] and `query`.
    fn sample_dot(&self, frame: &Frame, passage: PassageOrdinal, query: &[f32]) -> f32;

    /// Reads the token rows of one of [`Frame::token_sample`].
    fn with_sample_rows(&self, frame: &Frame, passage: PassageOrdinal, read: &mut dyn FnMut(&[i8]));

    /// See [`super::Snapshot::lexical`]; the hits of each ask, in order.
    fn lexical(
        &self,
        frame: &Frame,
        asks: &[LexicalAsk<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<Hit>>, SearchError>;

    /// See [`super::Snapshot::dense`].
    fn dense(
        &self,
        frame: &Frame,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError>;

    /// See [`super::Snapshot::matches`].
    fn matches(
        &self,
        frame: &Frame,
        asked: &[AskedTerm],
        language: Language,
        passages: &[PassageOrdinal],
    ) -> Result<Vec<PassageMatches>, SearchError>;

    /// Whether the articles in `language` use a word, in lower case.
    fn uses_word(&self, frame: &Frame, word: &str, language: Language) -> bool;

    /// Has parts of articles at hand that are asked for next.
    fn fetch(
        &self,
        _frame: &Frame,
        _articles: &mut dyn Iterator<Item = ArticleOrdinal>,
        _bodies: Bodies,
    ) -> Result<(), SearchError> {
        Ok(())
    }

    /// The engine that keeps everything on this machine, when it is that.
    fn embedded(&self) -> Option<&Embedded> {
        None
    }

    /// The same, to be changed.
    fn embedded_mut(&mut self) -> Option<&mut Embedded> {
        None
    }
}
