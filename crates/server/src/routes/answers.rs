//! `POST /v1/answers`: reading the question, and choosing between one document and a stream.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde::Serialize;

use super::running::{Running, Told};
use crate::{
    AppState, Problem,
    access::Caller,
    dto::AnswerRequest,
    extract::{JsonBody, check_text},
    finish::RequestId,
    queue::RETRY_AFTER_SECONDS,
};

pub(super) async fn post(
    State(state): State<AppState>,
    headers: HeaderMap,
    Extension(id): Extension<RequestId>,
    Extension(caller): Extension<Caller>,
    JsonBody(mut request): JsonBody<AnswerRequest>,
) -> Result<Response, Problem> {
    let limit = state.config().max_question_chars;
    check_text("question", &request.question, limit)?;
    caller.settle(&mut request.customer, &mut request.subject)?;
    let running =
        Running::admit(state, &caller, &request).map_err(|error| Problem::subject(&error))?;
    let (mut response, overloaded) = if wants_stream(&headers) {
        // What comes of the question later cannot change the headers any more.
        let refused = running.is_refused();
        let events = Sse::new(events(running, id)).keep_alive(KeepAlive::default());
        (events.into_response(), refused)
    } else {
        let reply = running.reply().await;
        let overloaded = reply.reason == Some(answer::EscalationReason::Overloaded.code());
        (Json(reply).into_response(), overloaded)
    };
    if overloaded {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    Ok(response)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let media_type = range.split(';').next().unwrap_or_default();
            media_type.trim().eq_ignore_ascii_case("text/event-stream")
        })
}

#[derive(Serialize)]
struct Sources<T> {
    sources: T,
}

/// What is told of a running answer, as events. Dropping the stream cancels the answer.
fn events(
    running: Running,
    RequestId(id): RequestId,
) -> impl Stream<Item = Result<Event, axum::Error>> {
    stream::unfold((running, id), async |(mut running, id)| {
        let event = match running.next().await? {
            Told::Sources(sources) => Event::default()
                .event("sources")
                .json_data(Sources { sources }),
            Told::Sentence(sentence) => Event::default().event("sentence").json_data(sentence),
            Told::Lost => Event::default()
                .event("error")
                .json_data(Problem::internal().body(&id, None)),
            Told::Reply(reply) => Event::default().event("answer").json_data(reply),
        };
        Some((event, (running, id)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &'static str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        assert_eq!(wants_stream(&headers), expected, "{accept}");
    }

    #[test]
    fn a_stream_is_sent_to_who_asks_for_one() {
        check("text/event-stream", true);
        check("application/json, Text/Event-Stream;q=0.9", true);
        check("application/json", false);
        check("text/event-streams", false);
        check("*/*", false);
        assert!(!wants_stream(&HeaderMap::new()));
    }
}
