//! Edits: which articles were added, changed, removed or moved between two versions.

use std::collections::{BTreeMap, BTreeSet};

use corpus::Language;
use indexer::Snapshot;
use serde::Serialize;

use super::ReplySource;

/// One article version of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub article: String,
    /// Its language.
    pub language: Language,
    /// Its title.
    pub title: String,
    /// Its file, inside the folder of the articles.
    pub path: String,
    /// Names the content of the file.
    pub hash: String,
}

impl Version {
    /// The article versions of a generation, in order of path.
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        let version = |(ordinal, article): (_, &corpus::Article)| Self {
            article: article.id.as_str().to_owned(),
            language: article.language,
            title: article.title.clone(),
            path: article.path.clone(),
            hash: snapshot.source_hash(ordinal).to_owned(),
        };
        snapshot.articles().map(version).collect()
    }

    fn key(&self) -> (&str, Language) {
        (&self.article, self.language)
    }
}

/// What was done to an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EditKind {
    /// It is new.
    Added,
    /// Its file changed; it may have been moved too.
    Changed,
    /// It is gone.
    Removed,
    /// The same file lies elsewhere; its id may follow from the place and be another one now.
    Moved,
}

impl EditKind {
    /// The name used in JSON and for people.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Moved => "moved",
        }
    }
}

/// One edited article version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What was done.
    pub kind: EditKind,
    /// Its id, as it is now.
    pub article: String,
    /// Its language.
    pub language: Language,
    /// Its title, as it is now.
    pub title: String,
    /// Its file, as it is now.
    pub path: String,
    /// Its id before, when that was another one.
    pub article_before: Option<String>,
    /// Its file before, when that was another one.
    pub path_before: Option<String>,
    /// Ids of the questions it bears on: those it is in reach of, on either side, and those judged by it.
    pub questions: Vec<String>,
}

impl Edit {
    fn new(kind: EditKind, version: &Version, before: Option<&Version>) -> Self {
        let other = |was: &str, now: &str| (was != now).then(|| was.to_owned());
        Self {
            kind,
            article: version.article.clone(),
            language: version.language,
            title: version.title.clone(),
            path: version.path.clone(),
            article_before: before.and_then(|was| other(&was.article, &version.article)),
            path_before: before.and_then(|was| other(&was.path, &version.path)),
            questions: Vec::new(),
        }
    }

    /// Whether the article version `article` in `language` is the edited one, by its id on either side.
    pub fn is_of(&self, article: &str, language: Language) -> bool {
        self.language == language && self.is_named(article)
    }

    /// Whether it has, or had, the id `article`.
    pub fn is_named(&self, article: &str) -> bool {
        self.article == article || self.article_before.as_deref() == Some(article)
    }
}

/// The edits that lead from `old` to `new`, by language and article.
pub fn edits(old: &[Version], new: &[Version]) -> Vec<Edit> {
    let before: BTreeMap<_, &Version> =
        old.iter().map(|version| (version.key(), version)).collect();
    let after: BTreeSet<_> = new.iter().map(Version::key).collect();
    let mut edits = Vec::new();
    let mut gone: Vec<&Version> = old
        .iter()
        .filter(|version| !after.contains(&version.key()))
        .collect();
    for version in new {
        match before.get(&version.key()) {
            Some(was) if was.hash != version.hash => {
                edits.push(Edit::new(EditKind::Changed, version, Some(was)));
            }
            Some(was) if was.path != version.path => {
                edits.push(Edit::new(EditKind::Moved, version, Some(was)));
            }
            Some(_) => {}
            None => {
                let is_same =
                    |was: &&Version| was.hash == version.hash && was.language == version.language;
                let place = gone.iter().position(is_same);
                let was = place.map(|place| gone.remove(place));
                let kind = if was.is_some() {
                    EditKind::Moved
                } else {
                    EditKind::Added
                };
                edits.push(Edit::new(kind, version, was));
            }
        }
    }
    edits.extend(
        gone.into_iter()
            .map(|was| Edit::new(EditKind::Removed, was, None)),
    );
    edits.sort_by(|a, b| (a.language, &a.article).cmp(&(b.language, &b.article)));
    edits
}

/// Article versions whose id changed when their file moved, by what they were, with their id now.
pub(super) type Renamed = BTreeMap<(String, Language), String>;

/// The article versions `edits` gave another id.
pub(super) fn renamed(edits: &[Edit]) -> Renamed {
    edits
        .iter()
        .filter_map(|edit| {
            Some((
                (edit.article_before.clone()?, edit.language),
                edit.article.clone(),
            ))
        })
        .collect()
}

/// What a source of the base is called in the head.
pub(super) fn now(renamed: &Renamed, source: &ReplySource) -> (String, Language) {
    let key = source.key();
    match renamed.get(&key) {
        Some(id) => (id.clone(), key.1),
        None => key,
    }
}
