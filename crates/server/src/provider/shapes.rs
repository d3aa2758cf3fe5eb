//! The bodies that come in.

use inference::writer::{Message, Role, Sampling, WriteRequest};
use serde::Deserialize;

use crate::{Problem, ProblemKind, dto::chat::ChatContent};

/// Most tokens of one text.
const MOST_TOKENS: usize = 4_096;
/// Tokens of a text whose request names no bound.
const TOKENS: usize = 256;
/// Most options that are told apart at once.
const MOST_OPTIONS: usize = 20;

/// The body of `POST /v1/chat/completions`. What is not named here is taken and has no effect.
#[derive(Debug, Deserialize)]
pub(super) struct CompletionRequest {
    pub(super) model: Option<String>,
    messages: Vec<RawMessage>,
    #[serde(default)]
    pub(super) stream: bool,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    seed: Option<u64>,
    stop: Option<Stop>,
    #[serde(default)]
    continue_final_message: bool,
    #[serde(default)]
    logprobs: bool,
    choose: Option<Vec<String>>,
    n: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct RawMessage {
    role: String,
    content: Option<ChatContent>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

/// What is asked of the writer.
pub(super) enum Asked {
    /// A text.
    Text(WriteRequest),
    /// How likely the reply begins with each option.
    Choice(Vec<Message>, Vec<String>),
}

fn wrong(field: &str, why: &str) -> Problem {
    Problem {
        field: Some(field.to_owned()),
        ..Problem::new(ProblemKind::InvalidField, why)
    }
}

impl CompletionRequest {
    /// What is asked, checked.
    pub(super) fn asked(self) -> Result<Asked, Problem> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(wrong("n", "one reply is made at a time"));
        }
        let mut messages = Vec::with_capacity(self.messages.len());
        for message in self.messages {
            let role = match message.role.as_str() {
                "system" | "developer" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                _ => {
                    return Err(wrong(
                        "messages",
                        "a role is `system`, `user` or `assistant`",
                    ));
                }
            };
            messages.push(Message::new(role, text_of(message.content)?));
        }
        let begin = match messages.last() {
            Some(last) if self.continue_final_message && last.role == Role::Assistant => {
                messages.pop().map(|last| last.text).unwrap_or_default()
            }
            _ if self.continue_final_message => {
                let why = "only a last message of the assistant can be gone on from";
                return Err(wrong("continue_final_message", why));
            }
            _ => String::new(),
        };
        if messages.is_empty() {
            return Err(wrong("messages", "there is no message"));
        }
        if let Some(options) = self.choose {
            if !(1..=MOST_OPTIONS).contains(&options.len()) {
                return Err(wrong("choose", "name one to 20 options"));
            }
            return Ok(Asked::Choice(messages, options));
        }
        if self.logprobs {
            let why = "probabilities are told of the options in `choose` only";
            return Err(wrong("logprobs", why));
        }
        let stop = match self.stop {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Many(stop)) => stop,
        };
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        Ok(Asked::Text(WriteRequest {
            begin,
            sampling: match self.temperature {
                Some(temperature) if temperature > 0.0 => Sampling::TopP {
                    temperature,
                    p: self.top_p.unwrap_or(1.0),
                    seed: self.seed.unwrap_or(0),
                },
                _ => Sampling::Greedy,
            },
            stop,
            ..WriteRequest::new(messages, max_tokens.unwrap_or(TOKENS).min(MOST_TOKENS))
        }))
    }
}

fn text_of(content: Option<ChatContent>) -> Result<String, Problem> {
    match content {
        None => Ok(String::new()),
        Some(ChatContent::Text(text)) => Ok(text),
        Some(ChatContent::Parts(parts)) => {
            let text = parts
                .into_iter()
                .map(|part| match (part.kind.as_str(), part.text) {
                    ("text", Some(text)) => Ok(text),
                    _ => Err(wrong("messages", "a message is text")),
                });
            text.collect()
        }
    }
}

/// The body of `POST /v1/embeddings`.
#[derive(Debug, Deserialize)]
pub(super) struct EmbeddingRequest {
    pub(super) model: Option<String>,
    pub(super) input: Input,
    /// What the texts are to the encoder. Default `passage`.
    #[serde(default)]
    pub(super) input_type: InputType,
    #[serde(default)]
    pub(super) encoding_format: EncodingFormat,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Input {
    /// A text.
    One(String),
    /// Several.
    Many(Vec<String>),
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum InputType {
    Query,
    #[default]
    #[serde(alias = "document")]
    Passage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum EncodingFormat {
    #[default]
    Float,
    /// 32-bit numbers, the lowest byte first.
    Base64,
}
