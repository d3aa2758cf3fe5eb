//! The files of a knowledge base.

use std::{
    io,
    path::{Component, Path},
};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::{Fault, Rejected};
use crate::{error::BuildError, parse};

const READABLE: &str = "let the user Loket runs as read it";

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
    /// Paths of the regular files of other kinds, such as images.
    pub(super) others: Vec<String>,
    pub(super) rejected: Vec<Rejected>,
    /// Files and folders that were gone by the time they were to be read.
    pub(super) gone: Vec<Rejected>,
}

impl Found {
    /// Takes in what could not be read, and what the system said of it.
    fn leave_out(&mut self, path: String, error: Option<&io::Error>) {
        let is_gone = error.is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
        let kind = if is_gone {
            &mut self.gone
        } else {
            &mut self.rejected
        };
        kind.push(Rejected {
            path,
            line: None,
            reason: unreadable(error),
            remedy: READABLE,
            fault: Fault::File,
        });
    }

    /// All that could not be used, what is gone among it.
    pub(super) fn unusable(&mut self) -> Vec<Rejected> {
        let mut unusable = std::mem::take(&mut self.rejected);
        unusable.append(&mut self.gone);
        unusable
    }
}

/// Why a file is not read.
enum Unread {
    /// The system does not give it.
    Refused(io::Error),
    /// It is no article as it is.
    Unusable(Rejected),
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
    let mut paths = Vec::new();
    let walk = WalkDir::new(kb)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !is_hidden(entry));
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_article_name(entry.path()) => {
                paths.push(entry.into_path());
            }
            Ok(entry) if entry.file_type().is_file() => {
                found.others.push(relative(kb, entry.path()));
            }
            Ok(entry) if is_left_out(&entry) => found.rejected.push(Rejected {
                path: relative(kb, entry.path()),
                line: None,
                reason: kind_of(entry.file_type()).to_owned(),
                remedy: "put the articles themselves here",
                fault: Fault::File,
            }),
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map(|path| relative(kb, path));
                found.leave_out(path.unwrap_or_default(), error.io_error());
            }
        }
    }
    let read: Vec<_> = paths.par_iter().map(|path| read(kb, path)).collect();
    for (path, outcome) in paths.iter().zip(read) {
        match outcome {
            Ok(file) => found.files.push(file),
            Err(Unread::Refused(error)) => found.leave_out(relative(kb, path), Some(&error)),
            Err(Unread::Unusable(rejected)) => found.rejected.push(rejected),
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn read(kb: &Path, path: &Path) -> Result<ArticleFile, Unread> {
    let relative = relative(kb, path);
    let length = fs_err::metadata(path).map_err(Unread::Refused)?.len();
    if length > parse::MAX_FILE_BYTES {
        return Err(Unread::Unusable(Rejected {
            path: relative,
            line: None,
            reason: format!(
                "the file has {length} bytes and at most {} are read",
                parse::MAX_FILE_BYTES
            ),
            remedy: "split the article",
            fault: Fault::File,
        }));
    }
    let bytes = fs_err::read(path).map_err(Unread::Refused)?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    Ok(ArticleFile {
        path: relative,
        bytes,
        hash,
    })
}

/// Whether articles may be missed because `entry` is no regular file and no folder: a link to a folder or to an
/// article, a pipe with an article's name. Where a link leads is asked, but nothing there is read.
fn is_left_out(entry: &DirEntry) -> bool {
    let kind = entry.file_type();
    if kind.is_dir() {
        return false;
    }
    let leads_to_file = || fs_err::metadata(entry.path()).is_ok_and(|target| target.is_file());
    is_article_name(entry.path()) || kind.is_symlink() && !leads_to_file()
}

/// Why an entry with an article's name is no file that is read.
fn kind_of(file_type: std::fs::FileType) -> &'static str {
    if file_type.is_symlink() {
        "it is a link, and links are not followed"
    } else {
        "it is no regular file"
    }
}

/// Without the path, which the report names already.
fn unreadable(error: Option<&io::Error>) -> String {
    match error.map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => "it may not be read".to_owned(),
        Some(io::ErrorKind::NotFound) => "it went away while it was being read".to_owned(),
        Some(kind) => format!("it cannot be read: {kind}"),
        None => "it cannot be read".to_owned(),
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
}

/// Whether a file of this name is read as an article.
pub fn is_article_name(path: &Path) -> bool {
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
