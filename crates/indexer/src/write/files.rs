//! The files of a knowledge base.

use std::path::{Component, Path};

use walkdir::{DirEntry, WalkDir};

use super::Rejected;
use crate::{error::BuildError, parse};

/// A file that may be an article.
#[derive(Debug)]
pub(super) struct ArticleFile {
    /// Relative to the knowledge base, `/` separators.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// BLAKE3, in hex.
    pub(super) hash: String,
}

/// All Markdown files, in order of path, and those that could not be read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<ArticleFile>,
    pub(super) rejected: Vec<Rejected>,
}

/// Reads the knowledge base `kb`. Hidden files and folders are left out, links are not followed.
///
/// # Errors
/// [`BuildError::KnowledgeBase`] when `kb` is no readable folder.
pub(super) fn read_all(kb: &Path) -> Result<Found, BuildError> {
    // Asked first, because the walk reports a missing root like any other odd entry.
    fs_err::read_dir(kb).map_err(|source| BuildError::KnowledgeBase {
        dir: kb.to_owned(),
        source,
    })?;
    let mut found = Found::default();
    let walk = WalkDir::new(kb)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !is_hidden(entry));
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_markdown(entry.path()) => {
                match read(kb, entry.path()) {
                    Ok(file) => found.files.push(file),
                    Err(rejected) => found.rejected.push(rejected),
                }
            }
            Ok(_) => {}
            Err(error) => found.rejected.push(Rejected {
                path: error
                    .path()
                    .map(|path| relative(kb, path))
                    .unwrap_or_default(),
                line: None,
                reason: format!("it cannot be read: {error}"),
            }),
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn read(kb: &Path, path: &Path) -> Result<ArticleFile, Rejected> {
    let relative = relative(kb, path);
    let reject = |reason: String| Rejected {
        path: relative.clone(),
        line: None,
        reason,
    };
    let length = fs_err::metadata(path)
        .map_err(|error| reject(error.to_string()))?
        .len();
    if length > parse::MAX_FILE_BYTES {
        return Err(reject(format!(
            "the file has {length} bytes and at most {} are read; split the article",
            parse::MAX_FILE_BYTES
        )));
    }
    let bytes = fs_err::read(path).map_err(|error| reject(error.to_string()))?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    Ok(ArticleFile {
        path: relative,
        bytes,
        hash,
    })
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["md", "markdown", "mdx"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn relative(kb: &Path, path: &Path) -> String {
    path.strip_prefix(kb)
        .unwrap_or(path)
        .components()
        .filter_map(|component| match component {
            Component::Normal(part) => Some(part.to_string_lossy()),
            _ => None,
        })
        .collect::<Vec<_>>()
        .join("/")
}
