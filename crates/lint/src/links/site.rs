//! What a folder of articles publishes: its paths, ids and addresses, and what a link finds there.

use std::collections::{HashMap, HashSet};

use corpus::{ArticleId, Language};

use super::target::{Start, Target, resolved};
use crate::{
    ArticleFile, Collection,
    nearest::{nearest, slips},
};

/// Articles below one address from which on an address beside them is taken for one of theirs.
const NEIGHBOURS: usize = 3;

const EXTENSIONS: [&str; 3] = ["md", "markdown", "mdx"];

/// The paths, ids and addresses of a collection.
pub(super) struct Site<'a> {
    collection: &'a Collection,
    /// Paths that cannot be used now; a link to them is not what is broken.
    rejected: HashSet<&'a str>,
    /// Folders that hold articles.
    folders: HashSet<&'a str>,
    /// Extensions of the files that are no articles: without one of a kind, such files are kept elsewhere.
    kept: HashSet<String>,
    /// Folders that hold such files.
    shelves: HashSet<&'a str>,
    /// Articles by address, without scheme and closing slash.
    by_url: HashMap<String, &'a ArticleFile>,
    /// The same by what follows the host.
    by_page: HashMap<String, &'a ArticleFile>,
    /// How many of those lie directly below an address.
    below: HashMap<String, usize>,
}

/// What a link leads to.
pub(super) enum Found<'a> {
    /// An article.
    Article(&'a ArticleFile),
    /// Something that is there, or that this folder cannot tell of.
    Something,
}

/// What is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// An article, perhaps a misspelt one.
    Article {
        /// A target like it that would do.
        near: Option<String>,
    },
    /// An article that exists in another language.
    OtherLanguage {
        /// Which.
        language: Language,
        /// Its path.
        path: String,
    },
    /// A file that is no article.
    File,
    /// A path above the folder.
    Outside,
    /// A page of the web among the articles' own.
    Url,
}

impl<'a> Site<'a> {
    pub(super) fn new(collection: &'a Collection) -> Self {
        let mut site = Self {
            collection,
            rejected: collection
                .rejected()
                .iter()
                .map(|rejected| rejected.path.as_str())
                .collect(),
            folders: HashSet::new(),
            kept: collection
                .others()
                .iter()
                .filter_map(|path| extension(path))
                .collect(),
            shelves: collection
                .others()
                .iter()
                .map(|path| parent(path))
                .collect(),
            by_url: HashMap::new(),
            by_page: HashMap::new(),
            below: HashMap::new(),
        };
        for file in collection.articles() {
            let mut folder = file.path();
            while let Some((above, _)) = folder.rsplit_once('/') {
                site.folders.insert(above);
                folder = above;
            }
            let url = file
                .article
                .url
                .as_deref()
                .and_then(Target::read)
                .and_then(|target| address(&target));
            if let Some(url) = url {
                *site.below.entry(parent(&url).to_owned()).or_default() += 1;
                let page = url.split_once('/').map_or("", |(_, page)| page);
                site.by_page.insert(page.to_owned(), file);
                site.by_url.insert(url, file);
            }
        }
        site
    }

    /// What `target`, a link in `from`, leads to.
    pub(super) fn find(
        &self,
        from: &'a ArticleFile,
        target: &Target,
    ) -> Result<Found<'a>, Missing> {
        match &target.start {
            Start::Host(_) => self.on_the_web(target),
            Start::Folder if target.path.is_empty() => Ok(Found::Article(from)),
            Start::Folder => self.beside(from, &target.path),
            Start::Top => self.below_top(from, &target.path),
        }
    }

    /// Whether the image `target` of `from` is there.
    pub(super) fn find_image(&self, from: &ArticleFile, target: &Target) -> Result<(), Missing> {
        let folder = match &target.start {
            Start::Host(_) => return Ok(()),
            Start::Folder => folder_of(from),
            Start::Top => "",
        };
        let is_kept =
            extension(&target.path).is_some_and(|extension| self.kept.contains(&extension));
        match resolved(folder, &target.path) {
            Some(path) if is_kept && !self.collection.others().contains(&path) => {
                // What the site's top is, the folder does not say; its own folders it does know.
                let is_known =
                    target.start == Start::Folder || self.shelves.contains(parent(&path));
                if is_known { Err(Missing::File) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn beside(&self, from: &'a ArticleFile, path: &str) -> Result<Found<'a>, Missing> {
        let extension = extension(path);
        let is_article = extension.as_deref().is_none_or(is_markdown);
        let Some(wanted) = resolved(folder_of(from), path) else {
            let is_markdown = extension.as_deref().is_some_and(is_markdown);
            return if is_markdown {
                Err(Missing::Outside)
            } else {
                Ok(Found::Something)
            };
        };
        if let Some(found) = self.at_path(from, &wanted) {
            return Ok(found);
        }
        match self.with_id(from, path) {
            // A file name means the file beside this one; a bare id means the article in the reader's language.
            Some(article)
                if extension.is_some() && article.article.language != from.article.language =>
            {
                return Err(Missing::OtherLanguage {
                    language: article.article.language,
                    path: article.path().to_owned(),
                });
            }
            Some(article) => return Ok(Found::Article(article)),
            None => {}
        }
        if is_article {
            Err(self.missing_article(from, path, &wanted))
        } else if extension.is_some_and(|extension| self.kept.contains(&extension)) {
            Err(Missing::File)
        } else {
            Ok(Found::Something)
        }
    }

    fn below_top(&self, from: &'a ArticleFile, path: &str) -> Result<Found<'a>, Missing> {
        let Some(wanted) = resolved("", path) else {
            return Ok(Found::Something);
        };
        let found = self
            .at_path(from, &wanted)
            .or_else(|| self.with_id(from, path).map(Found::Article))
            .or_else(|| self.by_page.get(&wanted).copied().map(Found::Article));
        match found {
            Some(found) => Ok(found),
            // Where articles lie, a page that is none is not there; elsewhere the site may have other pages.
            None if extension(path).as_deref().is_none_or(is_markdown)
                && wanted.contains('/')
                && self.folders.contains(parent(&wanted)) =>
            {
                Err(self.missing_article(from, path, &wanted))
            }
            None => Ok(Found::Something),
        }
    }

    fn on_the_web(&self, target: &Target) -> Result<Found<'a>, Missing> {
        let Some(address) = address(target) else {
            return Ok(Found::Something);
        };
        if let Some(article) = self.by_url.get(&address) {
            return Ok(Found::Article(article));
        }
        let n_neighbours = self.below.get(parent(&address)).copied().unwrap_or(0);
        let is_page = address.contains('/') && extension(&address).is_none();
        if is_page && n_neighbours >= NEIGHBOURS {
            Err(Missing::Url)
        } else {
            Ok(Found::Something)
        }
    }

    /// What stands at `path`, written with or without extension, language suffix or index file.
    fn at_path(&self, from: &ArticleFile, path: &str) -> Option<Found<'a>> {
        let bare = path
            .strip_suffix(".html")
            .or_else(|| path.strip_suffix(".htm"))
            .unwrap_or_else(|| stem(path));
        let language = from.article.language.code();
        let candidates = EXTENSIONS.into_iter().flat_map(|extension| {
            [
                format!("{bare}.{extension}"),
                format!("{bare}.{language}.{extension}"),
                format!("{bare}/index.{extension}"),
                format!("{bare}/index.{language}.{extension}"),
            ]
        });
        let article = std::iter::once(path.to_owned())
            .chain(candidates)
            .find_map(|path| self.collection.at(&path));
        if let Some(article) = article {
            return Some(Found::Article(article));
        }
        let is_there = self.rejected.contains(path)
            || self.collection.others().contains(path)
            || self.folders.contains(bare)
            || path.is_empty();
        is_there.then_some(Found::Something)
    }

    /// The article whose id is `path`, with or without extension and language, in the language of `from` if it
    /// has it, for a page is shown in the reader's language.
    fn with_id(&self, from: &ArticleFile, path: &str) -> Option<&'a ArticleFile> {
        self.versions(path)
            .min_by_key(|file| file.article.language != from.article.language)
    }

    fn versions(&self, path: &str) -> impl Iterator<Item = &'a ArticleFile> {
        let path = path.trim_matches('/');
        let stem = stem(path);
        let inner = stem
            .split_once('/')
            .filter(|(folder, _)| Language::from_tag(folder).is_some())
            .map_or(stem, |(_, inner)| inner);
        let collection = self.collection;
        [stem, inner]
            .into_iter()
            .filter_map(|id| ArticleId::new(id).ok())
            .flat_map(move |id| collection.versions(&id).collect::<Vec<_>>())
    }

    fn missing_article(&self, from: &ArticleFile, path: &str, wanted: &str) -> Missing {
        let name = wanted.rsplit('/').next().unwrap_or(wanted);
        let folder = parent(wanted);
        // The same file in the folder of another language.
        let other = Language::ALL.into_iter().find_map(|language| {
            let inner = wanted.split_once('/').map_or(wanted, |(_, inner)| inner);
            self.collection.at(&format!("{}/{inner}", language.code()))
        });
        if let Some(other) = other.filter(|other| other.article.language != from.article.language) {
            return Missing::OtherLanguage {
                language: other.article.language,
                path: other.path().to_owned(),
            };
        }
        let name = stem(name);
        let neighbours: Vec<(&str, &str)> = self
            .collection
            .articles()
            .iter()
            .map(ArticleFile::path)
            .filter(|path| parent(path) == folder)
            .map(|path| path.rsplit('/').next().unwrap_or(path))
            .map(|file| (stem(file), file))
            .collect();
        let stems = neighbours.iter().map(|(stem, _)| *stem);
        let near = nearest(name, stems, slips(name.chars().count()))
            .and_then(|near| neighbours.iter().find(|(stem, _)| *stem == near));
        Missing::Article {
            near: near.map(|(_, file)| match path.rsplit_once('/') {
                Some((before, _)) => format!("{before}/{file}"),
                None => (*file).to_owned(),
            }),
        }
    }
}

fn folder_of(file: &ArticleFile) -> &str {
    parent(file.path())
}

/// A file name without its extension.
fn stem(name: &str) -> &str {
    EXTENSIONS
        .into_iter()
        .find_map(|extension| name.strip_suffix(extension)?.strip_suffix('.'))
        .unwrap_or(name)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The extension of the last part, in lower case; `None` when it has none that looks like one.
fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    let is_extension = !stem.is_empty()
        && (1..=8).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && extension.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_extension.then(|| extension.to_ascii_lowercase())
}

fn is_markdown(extension: &str) -> bool {
    EXTENSIONS.contains(&extension)
}

/// Host and path of an address, without a closing slash.
fn address(target: &Target) -> Option<String> {
    match &target.start {
        Start::Host(host) => {
            let path = target.path.trim_end_matches('/');
            Some(if path.is_empty() {
                host.clone()
            } else {
                format!("{host}/{path}")
            })
        }
        Start::Folder | Start::Top => None,
    }
}
