//! Search: ranked passages for people who want to read for themselves.

use std::time::{Duration, Instant};

use corpus::{ArticleId, ByteRange, Language};
use indexer::{Bodies, SearchError};
use jiff::Timestamp;

use crate::{
    engine::{Engine, EngineError},
    query::Unusable,
    question::Question,
};

/// What is searched for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Words or a question.
    pub query: String,
    /// Its language; found from the text when absent.
    pub language: Option<Language>,
    /// Only articles in these languages; `None` means all.
    pub languages: Option<Vec<Language>>,
    /// See [`Question::audience`].
    pub audience: Option<String>,
    /// See [`Question::region`].
    pub region: Option<String>,
    /// The instant that decides which articles are valid.
    pub at: Timestamp,
    /// Most hits to return.
    pub limit: usize,
}

/// Ranked hits.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchReply {
    /// Best first, every article once.
    pub hits: Vec<SearchHit>,
    /// Generation that was read.
    pub generation: String,
    /// How long it took.
    pub search: Duration,
}

/// One article with its best passage.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// From 1.
    pub rank: usize,
    /// The article.
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// Language of the version.
    pub language: Language,
    /// Headings above the passage, outermost first.
    pub section: Vec<String>,
    /// Number of the passage in the generation.
    pub passage: u32,
    /// Its bytes in the article file.
    pub range: ByteRange,
    /// Its plain text.
    pub text: String,
    /// Sort key; comparable within one reply only.
    pub score: f32,
}

/// Runs a search. A query without anything to search for has no hits.
///
/// # Errors
/// [`EngineError`] when the index cannot be read or the query not encoded.
pub(crate) fn search(engine: &Engine, request: &SearchRequest) -> Result<SearchReply, EngineError> {
    let started = Instant::now();
    let snapshot = &engine.snapshot;
    let question = Question {
        language: request.language,
        audience: request.audience.clone(),
        region: request.region.clone(),
        ..Question::new(&*request.query, request.at)
    };
    let reply = |hits| SearchReply {
        hits,
        generation: snapshot.generation().to_owned(),
        search: started.elapsed(),
    };
    let query = match engine.read(&question) {
        Ok(query) => query,
        Err(Unusable::Blank(_) | Unusable::UnsupportedLanguage) => return Ok(reply(Vec::new())),
    };
    let candidates = engine
        .rank(&question, query, request.languages.as_deref())?
        .candidates;
    let shown = candidates
        .iter()
        .take(request.limit)
        .map(|candidate| candidate.article);
    snapshot.fetch(shown, Bodies::Texts)?;
    let hits = candidates
        .iter()
        .filter_map(|candidate| {
            candidate
                .passages
                .first()
                .map(|best| (candidate, best.passage))
        })
        .take(request.limit)
        .zip(1..)
        .map(|((candidate, ordinal), rank)| {
            let article = snapshot.article(candidate.article);
            let passage = snapshot.passage(ordinal)?;
            Ok(SearchHit {
                rank,
                article: article.id.clone(),
                title: article.title.clone(),
                url: article.url.clone(),
                language: article.language,
                section: article
                    .sections
                    .get(passage.section)
                    .map(|section| section.heading_path.clone())
                    .unwrap_or_default(),
                passage: ordinal.into(),
                range: passage.range,
                text: passage.text.clone(),
                score: candidate.score,
            })
        })
        .collect::<Result<_, SearchError>>()?;
    Ok(reply(hits))
}
