//! `GET /v1/articles/{id}`.

use std::{borrow::Cow, error::Error, sync::Arc};

use answer::Engine;
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use corpus::{ArticleId, Language};
use indexer::{ArticleOrdinal, Snapshot};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    AppState, Problem, ProblemKind,
    dto::{self, ArticleQuery},
    extract::Query,
};

pub(super) async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Query(query): Query<ArticleQuery>,
) -> Result<Response, Problem> {
    let engine = state.engine().ok_or_else(Problem::not_ready)?;
    let snapshot = engine.snapshot();
    let Version {
        ordinal,
        language,
        languages,
    } = version(snapshot, &id, &query)?;

    let tag = HeaderValue::from_str(&format!("\"{}.{language}\"", snapshot.generation()))
        .map_err(|_| Problem::internal())?;
    let shown = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.code()),
        ),
    ];
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, shown).into_response());
    }
    let source = source(&engine, ordinal).await?;
    let body = dto::Article::new(
        snapshot.article(ordinal),
        &source,
        languages,
        snapshot.generation(),
    );
    Ok((shown, Json(body)).into_response())
}

/// The file of an article, which may lie on another machine.
pub(super) async fn source(
    engine: &Arc<Engine>,
    ordinal: ArticleOrdinal,
) -> Result<String, Problem> {
    let engine = Arc::clone(engine);
    let read = move || engine.snapshot().source(ordinal).map(Cow::into_owned);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(source)) => Ok(source),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn Error, "an article could not be read");
            Err(Problem::internal())
        }
        Err(_) => Err(Problem::internal()),
    }
}

/// A version of an article that is visible.
pub(super) struct Version {
    pub(super) ordinal: ArticleOrdinal,
    pub(super) language: Language,
    /// Languages there is a visible version in.
    pub(super) languages: Vec<Language>,
}

/// The version that a query wants.
pub(super) fn version(
    snapshot: &Snapshot,
    id: &str,
    query: &ArticleQuery,
) -> Result<Version, Problem> {
    let missing = |detail| Problem::new(ProblemKind::NotFound, detail);
    let not_found = || missing(format!("there is no article `{id}`"));

    // What cannot be an id names no article.
    let article_id = ArticleId::new(id).map_err(|_| not_found())?;
    let day = query
        .at
        .unwrap_or_else(Timestamp::now)
        .to_zoned(TimeZone::UTC)
        .date();
    let versions: Vec<(Language, ArticleOrdinal)> = snapshot
        .versions(&article_id)
        .iter()
        .map(|ordinal| (*ordinal, snapshot.article(*ordinal)))
        .filter(|(_, article)| article.validity.includes(day))
        .map(|(ordinal, article)| (article.language, ordinal))
        .collect();
    let languages: Vec<Language> = versions.iter().map(|(language, _)| *language).collect();
    let version = match query.language {
        Some(wanted) => versions.iter().find(|(language, _)| *language == wanted),
        // English comes first.
        None => versions.first(),
    };
    let Some(&(language, ordinal)) = version else {
        if languages.is_empty() {
            return Err(not_found());
        }
        let codes: Vec<&str> = languages.iter().map(|language| language.code()).collect();
        return Err(missing(format!(
            "article `{id}` has no version in that language, only in {}",
            codes.join(", ")
        )));
    };
    Ok(Version {
        ordinal,
        language,
        languages,
    })
}

/// Whether the client has the version with this tag, by RFC 9110's weak comparison.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == "*" || tag == known)
}
