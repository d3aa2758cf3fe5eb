//! The shapes of OpenAI's chat completions, as far as they mean something here.
//!
//! What clients send beside it (`temperature`, `tools`, `max_tokens`, …) is taken and has no effect: answers are made
//! from articles, and how they are worded is no choice of the client's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AnswerReply, Clarification, Contact, LanguageTag, Outcome, Sentence, Source,
    schema::EscalationCode,
};

/// The model that words answers where there is a writer.
pub const AUTO: &str = "loket";

/// The model that answers in the articles' own words.
pub const EXTRACTIVE: &str = "loket-extractive";

/// A conversation whose last user message is answered: the body of `POST /v1/chat/completions`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct ChatRequest {
    /// `loket` or `loket-extractive`.
    pub model: String,
    /// The conversation, oldest first. The last message of a user is the question, those of users and assistants before
    /// it are the conversation. Messages of any other role are data nobody follows: they are not read.
    #[schemars(length(min = 1))]
    pub messages: Vec<ChatMessage>,
    /// Whether to send the reply sentence by sentence, as server-sent events.
    pub stream: Option<bool>,
    /// What a stream holds beside the sentences.
    pub stream_options: Option<StreamOptions>,
    /// How many replies to make: 1.
    #[schemars(range(min = 1, max = 1))]
    pub n: Option<u32>,
    /// What `POST /v1/answers` takes beside the question.
    pub loket: Option<ChatContext>,
}

/// What a stream holds beside the sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct StreamOptions {
    /// Whether a last chunk tells the usage.
    pub include_usage: Option<bool>,
}

/// What helps to answer, beside the question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatContext {
    /// Language to answer in; found from the question when absent.
    pub language: Option<LanguageTag>,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub region: Option<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct ChatMessage {
    /// `user`, `assistant`, or a role that is not read.
    pub role: String,
    /// What it says.
    pub content: Option<ChatContent>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ChatContent {
    /// In one piece.
    Text(String),
    /// In several.
    Parts(Vec<ChatPart>),
}

/// A piece of a message. Pieces other than text are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct ChatPart {
    /// `text`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text.
    pub text: Option<String>,
}

/// The whole reply.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChatCompletion {
    /// `chatcmpl-` and the id of the answer.
    pub id: String,
    /// Always `chat.completion`.
    pub object: &'static str,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// The model of the request.
    pub model: String,
    /// One reply.
    pub choices: Vec<Choice>,
    /// Tokens are not counted: all zero.
    pub usage: Usage,
    /// What is known of the answer.
    pub loket: ChatAnswer,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Choice {
    /// Always 0.
    pub index: u32,
    /// What is said.
    pub message: Said,
    /// Always `stop`.
    pub finish_reason: &'static str,
    /// Always null.
    pub logprobs: Option<()>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Said {
    /// Always `assistant`.
    pub role: &'static str,
    /// Checked sentences; what to choose from; or how to reach a person.
    pub content: String,
    /// Always null: who cannot be answered is told how to reach a person.
    pub refusal: Option<()>,
}

/// Tokens are not counted: all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Usage {
    /// Zero.
    pub prompt_tokens: u32,
    /// Zero.
    pub completion_tokens: u32,
    /// Zero.
    pub total_tokens: u32,
}

/// A piece of a streamed reply.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChatChunk {
    /// The same in every piece.
    pub id: String,
    /// Always `chat.completion.chunk`.
    pub object: &'static str,
    /// When the reply was begun, in seconds since 1970.
    pub created: i64,
    /// The model of the request.
    pub model: String,
    /// What is added; empty in the piece that tells the usage.
    pub choices: Vec<ChunkChoice>,
    /// In the last piece, when it was asked for; tokens are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What is known of the answer, in the piece with the `finish_reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loket: Option<Box<ChatAnswer>>,
}

/// What a piece adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChunkChoice {
    /// Always 0.
    pub index: u32,
    /// The addition.
    pub delta: Delta,
    /// `stop` in the last piece, null before.
    pub finish_reason: Option<&'static str>,
    /// Always null.
    pub logprobs: Option<()>,
}

/// The addition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Delta {
    /// `assistant`, in the first piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Text to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What is known of an answer, as in the reply of `POST /v1/answers`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChatAnswer {
    /// Id of the answer.
    pub id: String,
    /// What became of the question.
    pub outcome: Outcome,
    /// Why a person takes over; null unless escalated.
    #[schemars(with = "Option<EscalationCode>")]
    pub reason: Option<&'static str>,
    /// Language of the reply.
    #[schemars(with = "super::schema::LanguageCode")]
    pub language: corpus::Language,
    /// Checked sentences with their citations.
    pub sentences: Vec<Sentence>,
    /// Articles the sentences cite.
    pub sources: Vec<Source>,
    /// Articles that come closest to a question no article was found to answer; never an answer.
    #[schemars(length(max = 3))]
    pub related: Vec<Source>,
    /// Parts of the question that go to a person.
    pub unanswered: Vec<String>,
    /// Probability that the best evidence answers the question.
    pub confidence: f64,
    /// Meanings to choose from.
    pub clarifications: Vec<Clarification>,
    /// The ways to a person.
    pub contact: Contact,
    /// Generation of the index that was read.
    pub generation: String,
}

impl From<AnswerReply> for ChatAnswer {
    fn from(reply: AnswerReply) -> Self {
        Self {
            id: reply.id,
            outcome: reply.outcome,
            reason: reply.reason,
            language: reply.language,
            sentences: reply.sentences,
            sources: reply.sources,
            related: reply.related,
            unanswered: reply.unanswered,
            confidence: reply.confidence,
            clarifications: reply.clarifications,
            contact: reply.contact,
            generation: reply.generation,
        }
    }
}

/// The models there are: the reply of `GET /v1/models`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModelList {
    /// Always `list`.
    pub object: &'static str,
    /// The models.
    pub data: Vec<ModelEntry>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModelEntry {
    /// Its name in requests.
    pub id: &'static str,
    /// Always `model`.
    pub object: &'static str,
    /// Always 0: a model is as old as the program.
    pub created: i64,
    /// Always `loket`.
    pub owned_by: &'static str,
}

/// A refusal in the shape of OpenAI's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChatRefusal {
    /// What went wrong.
    pub error: ChatError,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChatError {
    /// What went wrong this time and what to do about it.
    pub message: String,
    /// `invalid_request_error`, `authentication_error`, `permission_error`, `not_found_error`, `rate_limit_error` or
    /// `server_error`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The last part of the problem's `type`.
    pub code: &'static str,
    /// The field it is about.
    pub param: Option<String>,
}
