//! What customers say of answers and articles.

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// An answer, by its id.
    Answer(String),
    /// An article, by its id.
    Article(String),
}

/// One judgment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// When, in milliseconds since 1970.
    pub made_at_ms: i64,
    /// Of what.
    pub of: Judged,
    /// Whether it helped.
    pub helpful: bool,
    /// What the customer adds.
    pub comment: Option<String>,
}
