//! The articles of a folder as they are read, before they are cut into passages.

use std::path::Path;

use corpus::{Article, Statement};
use rayon::prelude::*;

use super::files;
use crate::{
    error::BuildError,
    parse::{self, Parsed},
};

/// A file that is not in the new generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Path relative to the knowledge base.
    pub path: String,
    /// Line in the file, from 1, when the reason has one.
    pub line: Option<u32>,
    /// What is wrong, without a final stop.
    pub reason: String,
    /// What to do about it, without a final stop.
    pub remedy: &'static str,
    /// What is to blame.
    pub fault: Fault,
}

/// What keeps a file from being an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file cannot be read, or holds nothing that could be an article.
    File,
    /// Its front matter says something that cannot be.
    FrontMatter,
    /// Another file has its id in its language.
    Duplicate,
}

/// The articles of a folder, and what was no article.
#[derive(Debug, Clone, Default)]
pub struct KnowledgeBase {
    /// In order of path.
    pub articles: Vec<ReadArticle>,
    /// Paths of regular files that are no articles, such as images and READMEs, relative to the folder with `/`
    /// separators, in order.
    pub others: Vec<String>,
    /// Files that cannot be used, in order of path.
    pub rejected: Vec<Rejected>,
}

/// One article, whole.
#[derive(Debug, Clone)]
pub struct ReadArticle {
    /// What it says of itself.
    pub article: Article,
    /// The text of its file.
    pub text: String,
    /// What it says, in file order.
    pub statements: Vec<ReadStatement>,
}

/// A statement before it is known in which passage it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadStatement {
    /// Index into the article's sections.
    pub section: usize,
    /// What is said, and where.
    pub statement: Statement,
}

/// Reads the articles of `kb` with the text of their files, in order of path, and the files that cannot be
/// used. What only shows beside other articles, such as an id given twice, is not looked for.
///
/// # Errors
/// [`BuildError::KnowledgeBase`] when `kb` is no readable folder.
pub fn read_articles(kb: &Path) -> Result<KnowledgeBase, BuildError> {
    let mut found = files::read_all(kb)?;
    let mut read = KnowledgeBase {
        articles: Vec::with_capacity(found.files.len()),
        rejected: found.unusable(),
        others: found.others,
    };
    let outcomes: Vec<_> = found
        .files
        .into_par_iter()
        .map(|file| (file.path.clone(), read_article(&file.path, file.bytes)))
        .collect();
    for (path, outcome) in outcomes {
        match outcome {
            Ok(Some(article)) => read.articles.push(article),
            Ok(None) => read.others.push(path),
            Err(unusable) => read.rejected.push(unusable),
        }
    }
    read.others.sort_unstable();
    read.rejected.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(read)
}

/// Reads one article from the `bytes` of the file at `path` (relative to the knowledge base, `/` separators).
/// `None` for a file that is about the folder, such as a README.
///
/// # Errors
/// [`Rejected`] when it cannot be used.
#[expect(clippy::missing_panics_doc, reason = "a file that parsed is UTF-8")]
pub fn read_article(path: &str, bytes: Vec<u8>) -> Result<Option<ReadArticle>, Rejected> {
    let Some(Parsed { article, document }) = parse_bytes(path, &bytes)? else {
        return Ok(None);
    };
    let statements = document.drafts.iter().map(|draft| ReadStatement {
        section: draft.section,
        statement: Statement {
            kind: draft.kind,
            text: document.text_of(draft).to_owned(),
            range: draft.source,
        },
    });
    Ok(Some(ReadArticle {
        article,
        statements: statements.collect(),
        text: String::from_utf8(bytes).expect("a file that parsed is UTF-8"),
    }))
}

pub(super) fn parse_bytes(path: &str, bytes: &[u8]) -> Result<Option<Parsed>, Rejected> {
    parse::parse(path, bytes).map_err(|unusable| Rejected {
        path: path.to_owned(),
        line: unusable.line,
        reason: unusable.reason,
        remedy: unusable.remedy,
        fault: if unusable.is_front_matter {
            Fault::FrontMatter
        } else {
            Fault::File
        },
    })
}
