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

impl Finding {
    /// A finding that weighs what its rule says, about one place.
    pub fn new(
        rule: crate::Rule,
        place: Place,
        message: String,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            place,
            message,
            remedy: remedy.into(),
            related: Vec::new(),
        }
    }

    /// The same with another weight.
    #[must_use]
    pub fn weighing(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The same with other places it is about.
    #[must_use]
    pub fn about(self, related: Vec<Place>) -> Self {
        Self { related, ..self }
    }
}

/// The path of a place from the root of the repository, when the knowledge base is the folder `folder` there, with
/// `/` separators; empty when it is the root itself.
pub fn in_folder(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let is_absolute = folder.starts_with('/');
    for part in path.split('/') {
        // Judged questions may lie outside the knowledge base.
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let joined = parts.join("/");
    if is_absolute {
        format!("/{joined}")
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, path: &str, expected: &str) {
        assert_eq!(in_folder(folder, path), expected);
    }

    #[test]
    fn paths_are_put_together() {
        check("", "en/a.md", "en/a.md");
        check("docs/kb", "en/a.md", "docs/kb/en/a.md");
        check("docs/kb", "../questions.jsonl", "docs/questions.jsonl");
        check("/srv/kb/", "en/a.md", "/srv/kb/en/a.md");
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a\né[b](c)\n";
        let start = text.find('[').expect("a link");
        let place = Place::range("a.md", text, ByteRange::new(start, start + 6));
        assert_eq!((place.line, place.column), (2, 2));
        let beyond = Place::range("a.md", text, ByteRange::new(99, 100));
        assert_eq!((beyond.line, beyond.column), (3, 1));
    }
}
