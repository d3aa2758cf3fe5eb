//! Questions the articles did not answer, kept for those who write the articles.
//!
//! They come here without who asked: the text went through [`crate::handoff::anonymous`] before, and of the time only
//! the day is kept. What no article can settle, a wish for a person or a matter a person decides on, is counted without a text.

/// A question the articles did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Unanswered {
    /// Day it was asked, in days since 1970-01-01 (UTC).
    pub day: i32,
    /// Why it counts as unanswered: the reason of an escalation, `clarify`, or `not_helpful`.
    pub why: String,
    /// The customer's words, redacted; `None` for what is only counted.
    pub question: Option<String>,
    /// Sensitive topic of what is only counted.
    pub topic: Option<String>,
    /// Language of the reply: an ISO 639-1 code.
    pub language: String,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub region: Option<String>,
    /// Probability that the best evidence answered it, 0 to 1.
    pub confidence: f32,
    /// Articles ranked first, best first.
    pub nearest: Vec<String>,
    /// Generation of the index that was asked; empty when there was none.
    pub generation: String,
    /// How many there were; above 1 only for what is counted.
    pub n: u32,
}
