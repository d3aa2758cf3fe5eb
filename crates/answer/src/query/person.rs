//! Whether a customer asks for a person.
//!
//! "Give me a human" is a wish; "how do I contact support?" is a question the help center answers. The rule is
//! a table of phrases, not a model, so that it can be read, tested and never argues. All nine languages are
//! tried, since an angry customer may well fall back on another than the interface's.

use std::sync::LazyLock;

use crate::phrases::{Table, Text};

/// Whether `text` asks for a person.
pub fn is_requested(text: &str) -> bool {
    TABLE.found(&Text::new(text)).next().is_some()
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::parse(include_str!("person/wishes.txt")).expect("a test reads the same table")
});

#[cfg(test)]
mod tests;
