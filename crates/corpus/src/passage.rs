//! Passages and the statements they are made of.

use serde::{Deserialize, Serialize};

use crate::ByteRange;

/// The unit that is indexed, scored and cited: a stretch of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Index into the article's sections.
    pub section: usize,
    /// Bytes of the article file. Passages of one section tile it without gap or overlap.
    pub range: ByteRange,
    /// The passage as plain text: markup, comments and invisible characters removed, one line a block.
    pub text: String,
    /// The pieces that can bear a claim, in file order. They do not overlap; what lies between them is
    /// markup or white space.
    pub statements: Vec<Statement>,
}

/// The smallest piece of a passage that can be cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Plain text, white space folded. For a table row: `header: cell; header: cell`.
    pub text: String,
    /// The bytes of the article file that say it, markup inside included: the quote of a citation.
    pub range: ByteRange,
}

/// What a statement was in the Markdown file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// A heading; gives context, is never cited alone.
    Heading,
    /// A sentence of running text.
    Sentence,
    /// A sentence that introduces the list, table or code that follows it (ends with a colon).
    LeadIn,
    /// One item (or one sentence of one item) of a list without order.
    ListItem,
    /// One numbered step.
    Step,
    /// One row of a table.
    TableRow,
    /// A block of code, whole.
    Code,
}
