//! The vocabulary every other crate speaks: articles, sections, passages, languages, byte ranges.
//!
//! article → sections → passages → statements. An [`Article`] is one Markdown file in one language. A
//! [`Section`] runs from one heading to the next. A [`Passage`] is the unit that is indexed, scored and
//! cited, and a [`Statement`] is the smallest piece of a passage that can bear a claim: a sentence, a list
//! item, a table row.
//!
//! This crate does no I/O, starts no thread and knows no wire format. Every byte range in it counts bytes
//! of the article file as it was indexed.

pub mod article;
pub mod id;
pub mod language;
pub mod passage;
pub mod range;
pub mod section;
pub mod sentence;

pub use article::{Article, Sensitivity, Validity};
pub use id::{ArticleId, InvalidArticleId};
pub use language::{Language, UnknownLanguage};
pub use passage::{Passage, Statement, StatementKind};
pub use range::ByteRange;
pub use section::Section;
