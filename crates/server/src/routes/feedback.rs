//! `POST /v1/feedback`: whether an answer or an article helped.

use axum::{extract::State, http::StatusCode};
use jiff::Timestamp;
use support::{Feedback, Judged, handoff::clean};

use crate::{
    AppState, Problem,
    dto::FeedbackRequest,
    extract::{JsonBody, check_text},
};

/// Longest id, in characters.
const MAX_ID: usize = 200;

pub(super) async fn post(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<FeedbackRequest>,
) -> Result<StatusCode, Problem> {
    let of = match (request.answer_id, request.article) {
        (Some(id), None) => {
            check_text("answer_id", &id, MAX_ID)?;
            Judged::Answer(id)
        }
        (None, Some(id)) => {
            check_text("article", &id, MAX_ID)?;
            Judged::Article(id)
        }
        (Some(_), Some(_)) => {
            return Err(Problem::field(
                "article",
                "give either `answer_id` or `article`, not both",
            ));
        }
        (None, None) => {
            return Err(Problem::field("answer_id", "give `answer_id` or `article`"));
        }
    };
    let comment = request.comment.map(|text| clean(&text));
    let comment = comment.filter(|text| !text.is_empty());
    if let Some(comment) = &comment {
        check_text("comment", comment, state.config().max_question_chars)?;
    }
    let store = state.store().ok_or_else(Problem::no_store)?;
    let feedback = Feedback {
        made_at_ms: Timestamp::now().as_millisecond(),
        of,
        helpful: request.helpful,
        comment,
    };
    store
        .put_feedback(&feedback)
        .await
        .map_err(|error| Problem::store(&error))?;
    if let (false, Judged::Answer(id)) = (feedback.helpful, &feedback.of) {
        state.note_not_helpful(id);
    }
    Ok(StatusCode::NO_CONTENT)
}
