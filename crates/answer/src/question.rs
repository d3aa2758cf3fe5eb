//! What a customer asks, and what is known of them when they ask it.

use corpus::Language;
use jiff::Timestamp;

use crate::subject::Subject;

/// One question with its context. Only the text is required; everything else narrows what may be answered.
#[derive(Debug, Clone)]
pub struct Question {
    /// The customer's words, as typed.
    pub text: String,
    /// The language to answer in; found from the text when absent.
    pub language: Option<Language>,
    /// `buyer`, `seller`, …: articles for another audience are not used. `None` means unknown.
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2 region: articles for other regions are not used. `None` means unknown.
    pub region: Option<String>,
    /// The instant the answer is for; decides which articles are valid.
    pub at: Timestamp,
    /// How the answer may be worded.
    pub mode: Mode,
    /// Earlier turns of this conversation, oldest first.
    pub conversation: Vec<Turn>,
    /// Whether anything is known of the customer or their order. The answer is then nobody else's: it is neither
    /// taken from memory nor remembered.
    pub personal: bool,
    /// What it is about, as the caller knows it. Told in the answer where it answers; never shown to the writer.
    pub subject: Option<Subject>,
}

impl Question {
    /// A question with nothing known about its asker, asked at `at`.
    pub fn new(text: impl Into<String>, at: Timestamp) -> Self {
        Self {
            text: text.into(),
            language: None,
            audience: None,
            region: None,
            at,
            mode: Mode::Auto,
            conversation: Vec::new(),
            personal: false,
            subject: None,
        }
    }
}

/// How an answer may be worded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The writer words the answer; exact sentences stand in when it is missing, slow or wrong.
    #[default]
    Auto,
    /// The writer words the answer, or the question is escalated.
    Generated,
    /// Exact sentences of the articles; needs no writer.
    Extractive,
}

/// One earlier turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who spoke.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
}

/// Who spoke a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// Loket, or a person of support.
    Support,
}
