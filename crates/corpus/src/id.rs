//! Article identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of an article, equal in all its language versions: `seller-payout`, `fees/buyers`.
///
/// One to 200 bytes of UTF-8 without control characters, white space, `#` (which separates an anchor),
/// backslashes, or path segments that are empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArticleId(String);

/// Why a text is no article id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{id}` cannot be an article id: {reason}")]
pub struct InvalidArticleId {
    /// The refused text.
    pub id: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl ArticleId {
    /// Longest id, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Checks and wraps an id.
    ///
    /// # Errors
    /// [`InvalidArticleId`] when the text breaks a rule of the type.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidArticleId> {
        let id = id.into();
        let reason = if id.is_empty() {
            Some("it is empty")
        } else if id.len() > Self::MAX_BYTES {
            Some("it is longer than 200 bytes")
        } else if id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            Some("it holds white space or a control character")
        } else if id.contains(['#', '\\']) {
            Some("it holds `#` or a backslash")
        } else if id.split('/').any(|part| matches!(part, "" | "." | "..")) {
            Some("a path segment is empty, `.` or `..`")
        } else {
            None
        };
        match reason {
            Some(reason) => Err(InvalidArticleId { id, reason }),
            None => Ok(Self(id)),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ArticleId {
    type Error = InvalidArticleId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<ArticleId> for String {
    fn from(id: ArticleId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(id: &str) {
        assert!(ArticleId::new(id).is_err(), "`{id}` should be refused");
    }

    #[test]
    fn ids_are_plain_relative_names() {
        for id in ["seller-payout", "fees/buyers", "卖家/付款", "a.b"] {
            assert_eq!(ArticleId::new(id).expect(id).as_str(), id);
        }
        refused("");
        refused("a b");
        refused("a#b");
        refused("../etc/passwd");
        refused("/abs");
        refused("a//b");
        refused(&"x".repeat(201));
    }
}
