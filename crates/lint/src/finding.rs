//! Findings: what is wrong, where, and what to do about it.

use corpus::ByteRange;
use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Customers may be told something wrong or old.
    Warning,
    /// The article cannot be used, or a reader meets a dead end. Gates a merge.
    Error,
}

/// A stretch of a file of the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path relative to the knowledge base, with `/` separators.
    pub path: String,
    /// Bytes of the file; `None` for the file as a whole.
    pub range: Option<ByteRange>,
    /// Line, from 1.
    pub line: u32,
    /// Character in the line, from 1.
    pub column: u32,
}

impl Place {
    /// The file as a whole, shown at its first line.
    pub fn file(path: &str) -> Self {
        Self::line(path, 1)
    }

    /// A whole line, counted from 1.
    pub fn line(path: &str, line: u32) -> Self {
        Self {
            path: path.to_owned(),
            range: None,
            line,
            column: 1,
        }
    }

    /// The bytes `range` of `text`, the text of the file `path`. A range beyond the text stands at its end.
    pub fn range(path: &str, text: &str, range: ByteRange) -> Self {
        let before = text.get(..range.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            path: path.to_owned(),
            range: Some(range),
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        }
    }
}

/// One thing an editor should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule found it.
    pub rule: crate::Rule,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong: one sentence without a final stop.
    pub message: String,
    /// What to do: one sentence without a final stop.
    pub remedy: String,
    /// Other places it is about, such as the article that says something else.
    pub related: Vec<Place>,
}
