//! The reply to a search.

use std::time::Duration;

use corpus::{ArticleId, Language};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    milliseconds, rounded,
    schema::{ArticleName, LanguageCode},
};

/// See [`answer::SearchReply`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SearchReply {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Generation that was read.
    pub generation: String,
    /// How long it took.
    pub timings_ms: SearchTimings,
}

/// See [`answer::SearchHit`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Hit {
    /// From 1.
    pub rank: usize,
    /// The article.
    #[schemars(with = "ArticleName")]
    pub article: ArticleId,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// Language of the version.
    #[schemars(with = "LanguageCode")]
    pub language: Language,
    /// Headings above the passage, outermost first.
    pub section: Vec<String>,
    /// Number of the passage in the generation.
    pub passage: u32,
    /// First byte of the passage in the article file.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
    /// Its plain text.
    pub text: String,
    /// Sort key; comparable within one reply only.
    pub score: f64,
}

/// How long a search took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchTimings {
    /// Spent waiting for the thread that searches.
    pub queue: u64,
    /// Spent searching.
    pub search: u64,
    /// Both.
    pub total: u64,
}

impl SearchReply {
    /// The twin of `reply`, which had waited `queued` before it was begun.
    pub fn new(reply: &answer::SearchReply, queued: Duration) -> Self {
        let hits = reply.hits.iter().map(|hit| Hit {
            rank: hit.rank,
            article: hit.article.clone(),
            title: hit.title.clone(),
            url: hit.url.clone(),
            language: hit.language,
            section: hit.section.clone(),
            passage: hit.passage,
            start: hit.range.start,
            end: hit.range.end,
            text: hit.text.clone(),
            score: rounded(hit.score),
        });
        Self {
            hits: hits.collect(),
            generation: reply.generation.clone(),
            timings_ms: SearchTimings {
                queue: milliseconds(queued),
                search: milliseconds(reply.search),
                total: milliseconds(queued + reply.search),
            },
        }
    }
}
