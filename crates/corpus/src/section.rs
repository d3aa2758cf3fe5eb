//! Sections: from one heading to the next.

use serde::{Deserialize, Serialize};

use crate::ByteRange;

/// The part of an article under one heading, up to the next heading of any level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Headings from the outermost to this section's own, without the article's title. Empty for the text
    /// before the first heading below the title.
    pub heading_path: Vec<String>,
    /// GitHub-style slug of the heading, unique in the article; empty for the opening section.
    pub anchor: String,
    /// Bytes from the heading's first byte to the next heading's, heading included.
    pub range: ByteRange,
}
