//! `POST /v1/chat/completions` and `GET /v1/models`: the same answers in the shapes of OpenAI's interface.
//!
//! Only checked sentences leave, one chunk each. Who cannot be answered is told how to reach a person, as text.

use std::collections::VecDeque;

use answer::Mode;
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use jiff::Timestamp;

use super::running::{Running, Told};
use crate::{
    AppState, Problem, ProblemKind,
    access::Caller,
    dto::{
        AnswerReply, AnswerRequest, Role, Turn,
        chat::{
            AUTO, ChatAnswer, ChatChunk, ChatCompletion, ChatContent, ChatError, ChatMessage,
            ChatRefusal, ChatRequest, Choice, ChunkChoice, Delta, EXTRACTIVE, ModelEntry,
            ModelList, Said, Usage,
        },
    },
    extract::{JsonBody, check_text},
    queue::RETRY_AFTER_SECONDS,
    words::Words,
};

/// Whether errors of `path` have OpenAI's shape.
pub(crate) fn speaks(path: &str) -> bool {
    matches!(path, "/v1/chat/completions" | "/v1/models")
}

/// A problem in OpenAI's shape.
pub(crate) fn refusal(problem: &Problem, request_id: &str) -> Response {
    let status = problem.kind.status();
    let kind = match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    };
    let body = ChatRefusal {
        error: ChatError {
            message: problem.detail.clone(),
            kind,
            code: problem.kind.code(),
            param: problem.field.clone(),
        },
    };
    // The headers of a problem are the same whatever the body is.
    let (parts, _) = problem.response(request_id, None).into_parts();
    let mut response = (status, Json(body)).into_response();
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = parts.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The models there are.
pub(super) async fn models() -> Json<ModelList> {
    let data = [AUTO, EXTRACTIVE].map(|id| ModelEntry {
        id,
        object: "model",
        created: 0,
        owned_by: "loket",
    });
    Json(ModelList {
        object: "list",
        data: data.to_vec(),
    })
}

pub(super) async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<ChatRequest>,
) -> Result<Response, Problem> {
    let mut asked = question(&request)?;
    // A token says who asks, also here.
    caller.settle(&mut asked.customer, &mut asked.subject)?;
    check_text(
        "messages",
        &asked.question,
        state.config().max_question_chars,
    )?;
    let running =
        Running::admit(state, &caller, &asked).map_err(|error| Problem::subject(&error))?;
    let refused = running.is_refused();
    let (mut response, overloaded) = if request.stream == Some(true) {
        let with_usage = request
            .stream_options
            .and_then(|options| options.include_usage)
            .unwrap_or_default();
        let chunks = chunks(running, request.model, with_usage);
        let events = Sse::new(chunks).keep_alive(KeepAlive::default());
        (events.into_response(), refused)
    } else {
        let reply = running.reply().await;
        let overloaded = reply.reason == Some(answer::EscalationReason::Overloaded.code());
        (
            Json(completion(reply, request.model)).into_response(),
            overloaded,
        )
    };
    if overloaded {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    Ok(response)
}

/// The question of a conversation.
fn question(request: &ChatRequest) -> Result<AnswerRequest, Problem> {
    let mode = match request.model.as_str() {
        AUTO => Mode::Auto,
        EXTRACTIVE => Mode::Extractive,
        other => {
            return Err(Problem {
                field: Some("model".to_owned()),
                ..Problem::new(
                    ProblemKind::NotFound,
                    format!(
                        "there is no model `{}`; take `{AUTO}` or `{EXTRACTIVE}`",
                        shown(other)
                    ),
                )
            });
        }
    };
    if request.n.is_some_and(|n| n != 1) {
        return Err(Problem::field("n", "one reply is made; leave `n` out or 1"));
    }
    let mut turns = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let role = match message.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => continue,
        };
        let text = text_of(message, index)?;
        turns.push(Turn { role, text });
    }
    let last = turns
        .iter()
        .rposition(|turn| turn.role == Role::User)
        .ok_or_else(|| Problem::field("messages", "there is no message of role `user`"))?;
    turns.truncate(last + 1);
    let question = turns.pop().map(|turn| turn.text).unwrap_or_default();
    turns.retain(|turn| !turn.text.trim().is_empty());
    let context = request.loket.as_ref();
    Ok(AnswerRequest {
        question,
        language: context.and_then(|context| context.language.clone()),
        audience: context.and_then(|context| context.audience.clone()),
        region: context.and_then(|context| context.region.clone()),
        at: None,
        mode: Some(mode),
        conversation: (!turns.is_empty()).then_some(turns),
        customer: None,
        subject: None,
    })
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

fn text_of(message: &ChatMessage, index: usize) -> Result<String, Problem> {
    match &message.content {
        None => Ok(String::new()),
        Some(ChatContent::Text(text)) => Ok(text.clone()),
        Some(ChatContent::Parts(parts)) => {
            let texts = parts.iter().map(|part| match (&*part.kind, &part.text) {
                ("text", Some(text)) => Ok(text.as_str()),
                _ => Err(Problem::field(
                    format!("messages[{index}].content"),
                    "only text is read; leave images, sounds and files out",
                )),
            });
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
        }
    }
}

/// What is said after the sentences: meanings to choose from, or how to reach a person.
fn ending(reply: &AnswerReply) -> String {
    let words = Words::of(reply.language);
    let mut lines = Vec::new();
    if !reply.clarifications.is_empty() {
        lines.push(words.which.to_owned());
        lines.extend(
            reply
                .clarifications
                .iter()
                .map(|own| format!("- {}", own.text)),
        );
    }
    if !reply.unanswered.is_empty() {
        lines.push(words.unanswered.to_owned());
        lines.extend(reply.unanswered.iter().map(|part| format!("- {part}")));
    }
    if let Some(reason) = reply.reason {
        lines.push(words.escalation_of(reason).to_owned());
    }
    if !reply.related.is_empty() {
        lines.push(words.related.to_owned());
        lines.extend(reply.related.iter().map(|own| match &own.url {
            Some(url) => format!("- {} {url}", own.title),
            None => format!("- {}", own.title),
        }));
    }
    if reply.reason.is_some() || !reply.unanswered.is_empty() {
        lines.push(format!("{}:", words.contact));
        lines.extend(reply.contact.options.iter().map(|option| {
            // `2026-11-23T09:00:00+01:00` to `2026-11-23 09:00 (UTC+01:00)`.
            let opens_at = option.opens_at.as_deref().map(|at| {
                let time = at.get(..16).unwrap_or(at).replace('T', " ");
                format!("{time} (UTC{})", at.get(19..).unwrap_or_default())
            });
            let way = words.way(
                option.method,
                option.reason,
                opens_at.as_deref(),
                option.recommended,
            );
            format!("- {way}")
        }));
    }
    lines.join("\n")
}

/// The reply as one text.
pub(super) fn whole(reply: &AnswerReply) -> String {
    let ending = ending(reply);
    match (reply.text.is_empty(), ending.is_empty()) {
        (false, false) => format!("{}\n\n{ending}", reply.text),
        (true, _) => ending,
        (false, true) => reply.text.clone(),
    }
}

fn completion(reply: AnswerReply, model: String) -> ChatCompletion {
    ChatCompletion {
        id: format!("chatcmpl-{}", reply.id),
        object: "chat.completion",
        created: Timestamp::now().as_second(),
        model,
        choices: vec![Choice {
            index: 0,
            message: Said {
                role: "assistant",
                content: whole(&reply),
                refusal: None,
            },
            finish_reason: "stop",
            logprobs: None,
        }],
        usage: Usage::default(),
        loket: ChatAnswer::from(reply),
    }
}

/// A stream in the making.
struct Chunks {
    running: Running,
    id: String,
    created: i64,
    model: String,
    with_usage: bool,
    /// What was sent.
    said: String,
    ready: VecDeque<Option<ChatChunk>>,
    is_over: bool,
}

impl Chunks {
    fn chunk(&self, delta: Delta, finish_reason: Option<&'static str>) -> ChatChunk {
        ChatChunk {
            id: self.id.clone(),
            object: "chat.completion.chunk",
            created: self.created,
            model: self.model.clone(),
            choices: vec![ChunkChoice {
                index: 0,
                delta,
                finish_reason,
                logprobs: None,
            }],
            usage: None,
            loket: None,
        }
    }

    fn say(&mut self, text: String) {
        self.said.push_str(&text);
        let delta = Delta {
            role: None,
            content: Some(text),
        };
        let chunk = self.chunk(delta, None);
        self.ready.push_back(Some(chunk));
    }

    fn take_in(&mut self, told: Told) {
        match told {
            Told::Sources(_) | Told::Lost => {}
            Told::Sentence(sentence) => {
                let joint = joint(&self.said, sentence.starts_line);
                self.say(format!("{joint}{}", sentence.text));
            }
            Told::Reply(reply) => {
                // All of it was said already when sentences came one by one.
                if self.said.is_empty() && !reply.text.is_empty() {
                    self.say(reply.text.clone());
                }
                let ending = ending(&reply);
                if !ending.is_empty() {
                    let joint = if self.said.is_empty() { "" } else { "\n\n" };
                    self.say(format!("{joint}{ending}"));
                }
                let mut last = self.chunk(Delta::default(), Some("stop"));
                last.loket = Some(Box::new(ChatAnswer::from(*reply)));
                self.ready.push_back(Some(last));
                if self.with_usage {
                    let mut usage = self.chunk(Delta::default(), None);
                    usage.choices.clear();
                    usage.usage = Some(Usage::default());
                    self.ready.push_back(Some(usage));
                }
                self.ready.push_back(None);
            }
        }
    }
}

/// What stands between two sentences. Chinese needs nothing, which the sentence before shows.
fn joint(before: &str, starts_line: bool) -> &'static str {
    let Some(last) = before.chars().last() else {
        return "";
    };
    match last {
        _ if starts_line => "\n",
        '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}' => "",
        _ => " ",
    }
}

/// The chunks of a running answer. Dropping the stream cancels the answer.
fn chunks(
    running: Running,
    model: String,
    with_usage: bool,
) -> impl Stream<Item = Result<Event, axum::Error>> {
    let mut chunks = Chunks {
        running,
        // The id of the answer is not known yet; it is in the last chunk.
        id: format!("chatcmpl-{}", ulid::Ulid::generate()),
        created: Timestamp::now().as_second(),
        model,
        with_usage,
        said: String::new(),
        ready: VecDeque::new(),
        is_over: false,
    };
    let first = Delta {
        role: Some("assistant"),
        content: Some(String::new()),
    };
    let first = chunks.chunk(first, None);
    chunks.ready.push_back(Some(first));
    stream::unfold(chunks, async |mut chunks| {
        if chunks.is_over {
            return None;
        }
        while chunks.ready.is_empty() {
            let told = chunks.running.next().await?;
            chunks.take_in(told);
        }
        let event = if let Some(chunk) = chunks.ready.pop_front()? {
            Event::default().json_data(chunk)
        } else {
            chunks.is_over = true;
            Ok(Event::default().data("[DONE]"))
        };
        Some((event, chunks))
    })
}
