//! Engine: one generation in the database, searched from this machine.
//!
//! The database proposes, by products of vectors; what is proposed is judged here by the bytes that were written, so that
//! scores are those of the embedded engine. What is read of articles is cached by content.

use std::{borrow::Cow, sync::Arc};

use corpus::{Language, Passage};
use database::DatabaseError;
use sqlx::PgPool;
use tantivy::tokenizer::TokenizerManager;

use super::{
    Postgres,
    bodies::{self, Numbers},
    cache::BodyKey,
    head::{self, Head},
    hold::Hold,
    statements::Statements,
    wait,
};
use crate::{
    error::{Damage, OpenError, SearchError},
    format::ArticleRecord,
    lexical::{
        LexicalConfig, PassageMatches,
        asked::{AskedTerm, Vocabulary},
        dictionary::Dictionary,
    },
    snapshot::{
        ArticleOrdinal, Bodies, Frame, Hit, LexicalAsk, PassageOrdinal, Retrieval, Selection,
        Snapshot,
    },
    space::{Aim, Roots},
    vectors,
};

/// A generation in the database.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) postgres: Postgres,
    pub(super) head: Head,
    pub(super) keys: Vec<BodyKey>,
    /// An article of each class; see [`head::classes`].
    classes: Vec<ArticleOrdinal>,
    pub(super) roots: Roots,
    pub(super) statements: Statements,
    pub(super) is_approximate: bool,
    pub(super) config: LexicalConfig,
    /// Whether common terms have lists.
    pub(super) has_lists: bool,
    /// What the names of its lists begin with in the cache.
    pub(super) lists: [u8; 28],
    _hold: Hold,
}

/// A generation's head as it lies in the database.
pub(super) struct Stored {
    number: i32,
    format: i32,
    /// The data servers it is spread over.
    servers: Vec<String>,
    pub(super) bytes: Vec<u8>,
    hash: Vec<u8>,
}

impl Postgres {
    /// Opens a generation; `None` when the database does not have it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub(crate) fn open(&self, generation: &str) -> Result<Option<Snapshot>, OpenError> {
        let (database, id) = (self.database().clone(), generation.to_owned());
        let read = wait(async move {
            // Held before it is read, so that it is not removed meanwhile.
            let hold = Hold::take(&database, &id).await?;
            let found = read_head(database.pool(), &id).await?;
            Ok(found.map(|stored| (stored, hold)))
        })?;
        let Some((stored, hold)) = read else {
            return Ok(None);
        };
        let damaged = |source| OpenError::Damaged {
            dir: self.schema().into(),
            source,
        };
        if blake3::hash(&stored.bytes).as_bytes() != stored.hash.as_slice() {
            let file = "index_heads".to_owned();
            return Err(damaged(Damage::Checksum { file }));
        }
        let (frame, head) = head::read(stored.bytes).map_err(damaged)?;
        let options = self.options();
        let name = blake3::hash(generation.as_bytes());
        let lists = name.as_bytes().first_chunk();
        let engine = Engine {
            postgres: self.clone(),
            keys: head::keys(&frame, &head.articles),
            classes: head::classes(&head.articles).1,
            roots: frame.space.roots(),
            statements: Statements::new(self.tables(stored.number), &stored.servers),
            is_approximate: frame.manifest.n_passages >= options.hnsw_from,
            config: LexicalConfig::default(),
            has_lists: stored.format >= 2,
            lists: *lists.expect("a BLAKE3 has 32 bytes"),
            head,
            _hold: hold,
        };
        Ok(Some(Snapshot::of(frame, Box::new(engine))))
    }

    /// What the names of a generation's tables begin with. They lie in the deployment's schema, so that no right beyond
    /// that is needed.
    pub(super) fn tables(&self, number: i32) -> String {
        format!("{}.g{number}_", self.schema())
    }
}

/// The head of a complete generation.
pub(super) async fn read_head(pool: &PgPool, id: &str) -> Result<Option<Stored>, DatabaseError> {
    let found: Option<(i32, Vec<u8>, i32, Vec<String>)> = sqlx::query_as(
        "SELECT number, head_hash, format, data_servers FROM index_generations WHERE id = $1 AND complete",
    )
    .bind(id)
    .fetch_optional(pool)
    .await?;
    let Some((number, hash, format, servers)) = found else {
        return Ok(None);
    };
    if format > super::FORMAT {
        return Err(DatabaseError::Newer {
            component: super::COMPONENT,
            found: format,
            known: super::FORMAT,
        });
    }
    let mut bytes = Vec::new();
    let mut part = 0;
    // One after the other: a large head takes longer than one statement may.
    while let Some(next) =
        sqlx::query_scalar("SELECT bytes FROM index_heads WHERE generation = $1 AND part = $2")
            .bind(id)
            .bind(part)
            .fetch_optional(pool)
            .await?
    {
        let next: Vec<u8> = next;
        bytes.extend_from_slice(&next);
        part += 1;
    }
    Ok(Some(Stored {
        number,
        format,
        servers,
        bytes,
        hash,
    }))
}

impl Engine {
    /// The classes of articles in `selection`; `None` when those are all.
    pub(super) fn classes_in(&self, selection: &Selection) -> Option<Vec<i32>> {
        let is_in = |(_, article): &(i32, &ArticleOrdinal)| selection.contains(**article);
        let chosen = (0..).zip(&self.classes).filter(is_in);
        let chosen: Vec<i32> = chosen.map(|(class, _)| class).collect();
        (chosen.len() < self.classes.len()).then_some(chosen)
    }
}

impl Dictionary for Engine {
    fn tokenizers(&self) -> &TokenizerManager {
        self.head.terms.tokenizers()
    }

    fn n_passages_in(&self, language: Language) -> u64 {
        self.head.terms.n_passages_in(language)
    }

    fn total_lengths(&self, language: Language) -> [u64; 3] {
        self.head.terms.total_lengths(language)
    }

    fn n_with(&self, term: &str, language: Language) -> u64 {
        self.head.terms.n_with(term, language)
    }

    fn vocabulary(&self, language: Language) -> &Vocabulary {
        self.head.terms.vocabulary(language)
    }
}

impl Retrieval for Engine {
    fn record(&self, article: ArticleOrdinal) -> &ArticleRecord {
        &self.head.articles[article.0 as usize]
    }

    fn source(&self, article: ArticleOrdinal) -> Result<Cow<'_, str>, SearchError> {
        Ok(Cow::Owned(self.texts(article)?.source.clone()))
    }

    fn passage(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Passage, SearchError> {
        let texts = self.texts(frame.article_of(passage))?;
        Ok(texts.passages[frame.place_in_article(passage)].clone())
    }

    fn section_of(&self, _: &Frame, passage: PassageOrdinal) -> usize {
        let section = self.head.sections[passage.0 as usize];
        // An opening that is in no section has none.
        usize::try_from(section)
            .ok()
            .filter(|_| section != u32::MAX)
            .unwrap_or(usize::MAX)
    }

    fn vector(&self, frame: &Frame, passage: PassageOrdinal) -> Result<Vec<f32>, SearchError> {
        let numbers = self.numbers(frame, frame.article_of(passage))?;
        Ok(numbers.stored(frame.place_in_article(passage)).values())
    }

    fn dot(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        query: &[f32],
    ) -> Result<f32, SearchError> {
        let numbers = self.numbers(frame, frame.article_of(passage))?;
        Ok(numbers.dot(frame.place_in_article(passage), query))
    }

    fn with_rows(
        &self,
        frame: &Frame,
        passage: PassageOrdinal,
        read: &mut dyn FnMut(&[i8]),
    ) -> Result<(), SearchError> {
        let rows = self.tokens(frame, frame.article_of(passage))?;
        read(rows.tokens.rows(frame.place_in_article(passage)));
        Ok(())
    }

    fn sample_dot(&self, _: &Frame, passage: PassageOrdinal, query: &[f32]) -> f32 {
        let vector = self.head.samples.vector(passage);
        vector.map_or(0.0, |(coarse, fine, scale)| {
            vectors::dot(query, coarse, fine, scale)
        })
    }

    fn with_sample_rows(&self, _: &Frame, passage: PassageOrdinal, read: &mut dyn FnMut(&[i8])) {
        read(self.head.samples.rows(passage));
    }

    fn lexical(
        &self,
        frame: &Frame,
        asks: &[LexicalAsk<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<Hit>>, SearchError> {
        let found = self.search_words(frame, asks, selection)?;
        // Who asks goes on to judge them, and another search may be under way meanwhile.
        let articles = found
            .iter()
            .flatten()
            .map(|hit| frame.article_of(hit.passage));
        self.fetch_of(frame, &articles.collect::<Vec<_>>(), Bodies::Numbers)?;
        Ok(found)
    }

    fn dense(
        &self,
        frame: &Frame,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        self.search_near(frame, aim, selection, limit)
    }

    fn matches(
        &self,
        frame: &Frame,
        asked: &[AskedTerm],
        _: Language,
        passages: &[PassageOrdinal],
    ) -> Result<Vec<PassageMatches>, SearchError> {
        let hashes: Vec<Vec<(u64, f32)>> = asked
            .iter()
            .map(|term| {
                let variants = term.variants.iter();
                let hashes = variants.map(|(text, share)| (bodies::term_hash(text), *share));
                hashes.collect()
            })
            .collect();
        let mut matches = Vec::with_capacity(passages.len());
        let mut last: Option<(ArticleOrdinal, Arc<Numbers>)> = None;
        for passage in passages.iter().copied() {
            let article = frame.article_of(passage);
            let numbers = match &last {
                Some((own, numbers)) if *own == article => Arc::clone(numbers),
                _ => self.numbers(frame, article)?,
            };
            last = Some((article, Arc::clone(&numbers)));
            let place = frame.place_in_article(passage);
            let counts = hashes.iter().map(|variants| {
                let mut counts = [0.0; 3];
                for (hash, share) in variants {
                    let found = numbers.counts(place, *hash).unwrap_or_default();
                    for (count, n) in counts.iter_mut().zip(found) {
                        *count += share * f32::from(n);
                    }
                }
                counts
            });
            matches.push(PassageMatches {
                passage,
                lengths: numbers.lengths(place),
                counts: counts.collect(),
            });
        }
        Ok(matches)
    }

    fn uses_word(&self, _: &Frame, word: &str, language: Language) -> bool {
        let words = &self.head.words[language.index()];
        words.binary_search(&bodies::term_hash(word)).is_ok()
    }

    fn fetch(
        &self,
        frame: &Frame,
        articles: &mut dyn Iterator<Item = ArticleOrdinal>,
        bodies: Bodies,
    ) -> Result<(), SearchError> {
        self.fetch_of(frame, &articles.collect::<Vec<_>>(), bodies)
    }
}
