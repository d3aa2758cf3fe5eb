//! `POST /v1/search`.

use std::time::Instant;

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{
    AppState, Problem,
    access::Caller,
    dto::{SearchReply, SearchRequest},
    extract::{JsonBody, check_text},
    reload::chain,
};

pub(super) async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<SearchRequest>,
) -> Result<Json<SearchReply>, Problem> {
    run(&state, &caller, &request).await.map(Json)
}

/// Searches for `caller`.
pub(super) async fn run(
    state: &AppState,
    caller: &Caller,
    request: &SearchRequest,
) -> Result<SearchReply, Problem> {
    check_text("query", &request.query, state.config().max_question_chars)?;
    let limits = 1..=SearchRequest::MAX_LIMIT;
    if request.limit.is_some_and(|limit| !limits.contains(&limit)) {
        return Err(Problem::field(
            "limit",
            format!("`limit` is not from 1 to {}", SearchRequest::MAX_LIMIT),
        ));
    }
    let engine = state.engine().ok_or_else(Problem::not_ready)?;
    let search = request.search(Timestamp::now());
    let admitted = Instant::now();
    let (to_asker, reply) = oneshot::channel();
    let job = move || {
        if to_asker.is_closed() {
            return;
        }
        let queued = admitted.elapsed();
        // Whoever asked may have left meanwhile.
        let _ = to_asker.send((engine.search(&search), queued));
    };
    state.searches().submit(caller.share(), job).map_err(|_| {
        state.metrics().refusal("search");
        Problem::overloaded()
    })?;
    match tokio::time::timeout(state.config().search_deadline(), reply).await {
        Ok(Ok((Ok(reply), queued))) => {
            state.metrics().search(admitted.elapsed());
            Ok(SearchReply::new(&reply, queued))
        }
        Ok(Ok((Err(error), _))) => {
            tracing::error!(error = chain(&error), "search failed");
            Err(Problem::internal())
        }
        // The search panicked, which the queue has logged.
        Ok(Err(_)) => Err(Problem::internal()),
        Err(_) => Err(Problem::overloaded()),
    }
}
