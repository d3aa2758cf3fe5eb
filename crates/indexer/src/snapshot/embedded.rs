//! Embedded: the engine that keeps a generation on this machine, its shards mapped and searched by tantivy and by scan.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use corpus::{Language, Passage};
use rayon::prelude::*;
use tantivy::tokenizer::TokenizerManager;

use super::{
    ArticleOrdinal, Hit, OpenShards, PassageOrdinal, Selection,
    files::{self, Tables},
    retrieval::{Frame, LexicalAsk, Retrieval},
    words::Words,
};
use crate::{
    error::{Damage, SearchError},
    format::{self, ArticleRecord, Manifest},
    late::Reduction,
    lexical::{
        Lexical, LexicalConfig, PassageMatches,
        asked::{AskedTerm, Vocabulary},
        dictionary::Dictionary,
    },
    shard::Shard,
    space::{Aim, Space},
    vectors::{self, StoredVector},
};

/// The shards of a generation, and tantivy over them.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(super) dir: PathBuf,
    pub(super) shards: Vec<Arc<Shard>>,
    /// Shard of each article, and its number there.
    places: Vec<(usize, usize)>,
    /// Ordinal of the first passage of each shard.
    firsts: Vec<u32>,
    lexical: Lexical,
    config: LexicalConfig,
    words: Words,
}

/// Opens and verifies the generation in `dir`. Shards that are among `open` are taken from there.
///
/// # Errors
/// [`Damage`] that names the file.
pub(super) fn open(dir: &Path, open: &OpenShards) -> Result<(Frame, Embedded), Damage> {
    let manifest = files::read_manifest(dir)?;
    let space = Space::open(&files::open_file(dir, &manifest, format::SPACE)?)?;
    let reduction = Reduction::open(&files::open_file(dir, &manifest, format::REDUCTION)?)?;
    let shards: Vec<Arc<Shard>> = manifest
        .shards
        .par_iter()
        .map(|name| open_shard(dir, &manifest, name, open))
        .collect::<Result<_, _>>()?;
    let tables = Tables::of(shards.iter().flat_map(|shard| &shard.articles));
    let n_passages = tables.article_of.len();
    if manifest.n_articles != tables.n_articles() || manifest.n_passages != n_passages {
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
    let mut places = Vec::with_capacity(manifest.n_articles);
    let mut firsts = Vec::with_capacity(shards.len());
    let mut first = 0;
    for (number, shard) in shards.iter().enumerate() {
        firsts.push(u32::try_from(first).unwrap_or(u32::MAX));
        first += shard.n_passages();
        places.extend((0..shard.articles.len()).map(|index| (number, index)));
    }
    let embedded = Embedded {
        dir: dir.to_owned(),
        shards,
        places,
        firsts,
        lexical,
        config: LexicalConfig::default(),
        words: Words::default(),
    };
    Ok((Frame::new(manifest, tables, space, reduction), embedded))
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
    let bytes = files::verified(dir, &path, record)?;
    Ok(Arc::new(Shard::open(&bytes)?))
}

impl Embedded {
    pub(crate) const fn lexical_index(&self) -> &Lexical {
        &self.lexical
    }

    /// The shard an article is in, and what is recorded of it there.
    fn place(&self, article: ArticleOrdinal) -> (&Shard, &ArticleRecord) {
        let (shard, index) = self.places[article.0 as usize];
        let shard = &self.shards[shard];
        (shard, &shard.articles[index])
    }

    /// The shard a passage is in, and its number there.
    fn place_of(&self, frame: &Frame, passage: PassageOrdinal) -> (&Shard, usize) {
        let article = frame.article_of(passage);
        let (shard, _) = self.places[article.0 as usize];
        let index = passage.0 - self.firsts[shard];
        (&self.shards[shard], index as usize)
    }

    /// Its shards, in order.
    pub(crate) fn shards(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().map(|shard| &**shard)
    }

    /// A passage's vector as it is stored.
    pub(crate) fn stored(&self, frame: &Frame, passage: PassageOrdinal) -> StoredVector {
        let (shard, index) = self.place_of(frame, passage);
        shard.vectors.stored(index)
    }

    /// A passage's token rows.
    pub(crate) fn rows(&self, frame: &Frame, passage: PassageOrdinal) -> &[i8] {
        let (shard, index) = self.place_of(frame, passage);
        shard.tokens.rows(index)
    }
}

impl Dictionary for Embedded {
    fn tokenizers(&self) -> &TokenizerManager {
        self.lexical.tokenizers()
    }

    fn n_passages_in(&self, language: Language) -> u64 {
        self.lexical.n_passages_in(language)
    }

    fn total_lengths(&self, language: Language) -> [u64; 3] {
        self.lexical.total_lengths(language)
    }

    fn n_with(&self, term: &str, language: Language) -> u64 {
        self.lexical.n_with(term, language)
    }

    fn vocabulary(&self, language: Language) -> &Vocabulary {
        self.lexical.vocabulary(language)
    }
}

impl Retrieval for Embedded {
    fn record(&self, article: ArticleOrdinal) -> &ArticleRecord {
        self.place(article).1
    }

    fn source(&self, article: ArticleOrdinal) -> Result<Cow<'_, str>, SearchError> {
        let (shard, record) = self.place(article);
        Ok(Cow::Borrowed(shard.source(record)))
    }

    fn passage(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Passage, SearchError> {
        let (shard, index) = self.place_of(frame, passage);
        Ok(shard.passage(index))
    }

    fn section_of(&self, frame: &Frame, passage: PassageOrdinal) -> usize {
        let (shard, index) = self.place_of(frame, passage);
        shard.passage(index).section
    }

    fn vector(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Vec<f32>, SearchError> {
        let (shard, index) = self.place_of(frame, passage);
        Ok(shard.vectors.values(index))
    }

    fn dot(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        query: &[f32],
    ) -> Result<f32, SearchError> {
        Ok(self.sample_dot(frame, passage, query))
    }

    fn with_rows(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        read: &mut dyn FnMut(&[i8]),
    ) -> Result<(), SearchError> {
        read(self.rows(frame, passage));
        Ok(())
    }

    fn sample_dot(&self, frame: &Frame, passage: PassageOrdinal, query: &[f32]) -> f32 {
        let (shard, index) = self.place_of(frame, passage);
        shard.vectors.dot(query, index)
    }

    fn with_sample_rows(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        read: &mut dyn FnMut(&[i8]),
    ) {
        read(self.rows(frame, passage));
    }

    fn lexical(
        &self,
        frame: &Frame,
        asks: &[LexicalAsk<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<Hit>>, SearchError> {
        let is_selected = |passage| selection.contains(frame.article_of(passage));
        let search = |ask: &LexicalAsk<'_>| {
            let config = &self.config;
            let (asked, language) = (ask.asked, ask.language);
            let hits = self
                .lexical
                .search(asked, language, config, ask.limit, &is_selected)?;
            Ok(hits)
        };
        asks.par_iter().map(search).collect()
    }

    fn dense(
        &self,
        frame: &Frame,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let is_selected = |passage| selection.contains(frame.article_of(passage));
        let score = |passage, dot| frame.scaled(passage, dot, aim);
        let parts = self.shards.iter().zip(&self.firsts);
        let parts: Vec<vectors::Part<'_>> = parts
            .map(|(shard, first)| (*first, &shard.vectors))
            .collect();
        Ok(vectors::search(
            &parts,
            &aim.vector,
            limit,
            &is_selected,
            &score,
        ))
    }

    fn matches(
        &self,
        _: &Frame,
        asked: &[AskedTerm],
        language: Language,
        passages: &[PassageOrdinal],
    ) -> Result<Vec<PassageMatches>, SearchError> {
        Ok(self.lexical.matches(asked, language, passages)?)
    }

    fn uses_word(&self, frame: &Frame, word: &str, language: Language) -> bool {
        let sources = (0..frame.tables.n_articles())
            .map(|ordinal| self.place(ArticleOrdinal(u32::try_from(ordinal).unwrap_or(u32::MAX))))
            .filter(|(_, record)| record.article.language == language)
            .map(|(shard, record)| shard.source(record));
        self.words.contain(word, language, sources)
    }

    fn embedded(&self) -> Option<&Embedded> {
        Some(self)
    }

    fn embedded_mut(&mut self) -> Option<&mut Embedded> {
        Some(self)
    }
}
