//! `POST /v1/chat/completions`: what the writer says, as it says it.

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{Request, State},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures::stream;
use inference::writer::{CancelFlag, Finish, WriteError, Written};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::{
    Provider, Refused, Waited, check_model, overloaded,
    shapes::{Asked, CompletionRequest},
};
use crate::{Problem, ProblemKind};

/// Pieces that may wait for a slow reader before the writer waits for it.
const PIECES: usize = 64;

pub(super) async fn post(
    State(provider): State<Provider>,
    request: Request,
) -> Result<Response, Refused> {
    let request: CompletionRequest = provider.body(request).await?;
    let (writer, _) = provider.writer()?;
    check_model(request.model.as_deref(), writer.id())?;
    let is_streamed = request.stream;
    let made = Made {
        id: format!("chatcmpl-{}", ulid::Ulid::generate()),
        created: Timestamp::now().as_second(),
        model: writer.id().to_owned(),
    };
    match request.asked()? {
        Asked::Choice(messages, options) => {
            let names = options.clone();
            let chances = run(&provider, move |cancel, deadline| {
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                writer.choose(&messages, &options, cancel, Some(deadline))
            })
            .await?;
            Ok(Json(made.choice(&names, &chances)).into_response())
        }
        Asked::Text(text) if is_streamed => Ok(streamed(&provider, text, made)?),
        Asked::Text(mut text) => {
            let written = run(&provider, move |cancel, deadline| {
                text.deadline = Some(deadline);
                writer.generate(&text, cancel, &mut |_| ControlFlow::Continue(()))
            })
            .await?;
            Ok(Json(made.whole(&written)).into_response())
        }
    }
}

/// Has `work` done in the writer's thread and waits for what it gives.
async fn run<T: Send + 'static>(
    provider: &Provider,
    work: impl FnOnce(&CancelFlag, std::time::Instant) -> Result<T, WriteError> + Send + 'static,
) -> Result<T, Problem> {
    let (_, queue) = provider.writer()?;
    let waited = Waited(CancelFlag::new());
    let (cancel, deadline) = (waited.0.clone(), provider.deadline());
    let (give, given) = oneshot::channel();
    let job = move || {
        // Whoever asked may be gone.
        let _ = give.send(work(&cancel, deadline));
    };
    queue.submit(None, job).map_err(|_| overloaded())?;
    match given.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(problem(&error)),
        // It panicked; the log says where.
        Err(_) => Err(Problem::new(ProblemKind::Internal, "the writer failed")),
    }
}

fn problem(error: &WriteError) -> Problem {
    tracing::warn!(error = error as &dyn std::error::Error, "the writer failed");
    match error {
        WriteError::TooLong { .. } | WriteError::Empty => {
            Problem::new(ProblemKind::InvalidRequest, error.to_string())
        }
        WriteError::Template(_) => Problem::new(
            ProblemKind::InvalidRequest,
            "the model's template refuses this order of roles",
        ),
        WriteError::Cancelled => Problem {
            retry_after: Some(1),
            ..Problem::new(ProblemKind::Overloaded, "it took too long")
        },
        _ => Problem::new(ProblemKind::Internal, "the writer failed; its log says why"),
    }
}

/// What a stream is told by the thread that writes.
enum Piece {
    Text(String),
    End(Result<Written, Problem>),
}

fn streamed(
    provider: &Provider,
    mut text: inference::writer::WriteRequest,
    made: Made,
) -> Result<Response, Problem> {
    let (writer, queue) = provider.writer()?;
    let waited = Waited(CancelFlag::new());
    let cancel = waited.0.clone();
    text.deadline = Some(provider.deadline());
    let (pieces, received) = mpsc::channel(PIECES);
    let job = move || {
        let written = writer.generate(&text, &cancel, &mut |piece| {
            // An error is a reader that left.
            match pieces.blocking_send(Piece::Text(piece.to_owned())) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        let _ = pieces.blocking_send(Piece::End(written.map_err(|error| problem(&error))));
    };
    queue.submit(None, job).map_err(|_| overloaded())?;
    let state = Some((received, waited, made));
    let events = stream::unfold(state, |state| async move {
        let (mut received, waited, made) = state?;
        Some(match received.recv().await {
            Some(Piece::Text(text)) => (
                vec![made.chunk(&json!({ "content": text }), None)],
                Some((received, waited, made)),
            ),
            Some(Piece::End(Ok(written))) => {
                let mut last = made.chunk(&json!({}), Some(reason(written.finish)));
                last["usage"] = usage(&written);
                (vec![last, Value::Null], None)
            }
            Some(Piece::End(Err(problem))) => {
                let error = json!({ "message": problem.detail, "type": "server_error" });
                (vec![json!({ "error": error })], None)
            }
            None => {
                let error = json!({ "message": "the writer failed", "type": "server_error" });
                (vec![json!({ "error": error })], None)
            }
        })
    });
    let events = futures::StreamExt::flat_map(events, |values| {
        stream::iter(values.into_iter().map(|value| {
            let data = match value {
                Value::Null => "[DONE]".to_owned(),
                value => value.to_string(),
            };
            Ok::<_, std::convert::Infallible>(Event::default().data(data))
        }))
    });
    Ok(Sse::new(events).into_response())
}

/// What every piece of a reply says of it.
struct Made {
    id: String,
    created: i64,
    model: String,
}

impl Made {
    fn reply(&self, choice: &Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
        })
    }

    fn whole(&self, written: &Written) -> Value {
        let mut reply = self.reply(&json!({
            "index": 0,
            "message": { "role": "assistant", "content": written.text },
            "finish_reason": reason(written.finish),
            "logprobs": null,
        }));
        reply["usage"] = usage(written);
        reply
    }

    /// The options stand where other servers list tokens.
    fn choice(&self, options: &[String], chances: &[f32]) -> Value {
        let top: Vec<Value> = options
            .iter()
            .zip(chances)
            .map(|(option, chance)| json!({ "token": option, "logprob": chance }))
            .collect();
        let best = chances
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        let best = best.map_or("", |(place, _)| options[place].as_str());
        self.reply(&json!({
            "index": 0,
            "message": { "role": "assistant", "content": best },
            "finish_reason": "length",
            "logprobs": { "content": [{ "token": best, "logprob": chances.iter().copied().fold(f32::MIN, f32::max), "top_logprobs": top }] },
        }))
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let mut chunk = self.reply(&json!({
            "index": 0,
            "delta": delta,
            "finish_reason": finish_reason,
            "logprobs": null,
        }));
        chunk["object"] = "chat.completion.chunk".into();
        chunk
    }
}

fn usage(written: &Written) -> Value {
    json!({
        "prompt_tokens": written.n_prompt_tokens,
        "completion_tokens": written.n_tokens,
        "total_tokens": written.n_prompt_tokens + written.n_tokens,
    })
}

/// Why a text ended, in OpenAI's words: all that did not end by itself is cut.
fn reason(finish: Finish) -> &'static str {
    if finish.is_complete() {
        "stop"
    } else {
        "length"
    }
}
