//! The collection: everything the rules read, built once from a folder.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
    sync::OnceLock,
};

use corpus::{Article, ArticleId, Language};
use indexer::{BuildError, ReadArticle, ReadStatement, Rejected};
use rayon::prelude::*;

use crate::markup::{self, Markup};

/// Share of the articles of the language with most from which a language has nearly as many.
const NEARLY: f64 = 0.9;

/// The articles of a folder with all that is in their files.
#[derive(Debug, Default)]
pub struct Collection {
    articles: Vec<ArticleFile>,
    rejected: Vec<Rejected>,
    others: BTreeSet<String>,
    by_path: HashMap<String, usize>,
    by_id: HashMap<ArticleId, Vec<usize>>,
}

/// One article in one language.
#[derive(Debug)]
pub struct ArticleFile {
    /// What it says of itself.
    pub article: Article,
    /// The text of its file.
    pub text: String,
    /// What it says as plain text, in file order, each with its section and place.
    pub statements: Vec<ReadStatement>,
    /// Links, images, HTML and anchors of its body.
    pub markup: Markup,
    /// What links may lead to, once it was asked for.
    anchors: OnceLock<HashSet<String>>,
}

impl ArticleFile {
    /// Path relative to the knowledge base, with `/` separators.
    pub fn path(&self) -> &str {
        &self.article.path
    }

    /// What `find` makes of the article, kept from the first time on.
    pub(crate) fn anchors(&self, find: impl FnOnce(&Self) -> HashSet<String>) -> &HashSet<String> {
        self.anchors.get_or_init(|| find(self))
    }

    /// Where the text below the front matter starts, in bytes.
    pub fn body_start(&self) -> usize {
        self.article
            .sections
            .first()
            .map_or(0, |section| section.range.start)
    }
}

impl From<ReadArticle> for ArticleFile {
    fn from(read: ReadArticle) -> Self {
        let ReadArticle {
            article,
            text,
            statements,
        } = read;
        let start = article.sections.first().map_or(0, |s| s.range.start);
        let markup = markup::read(&article.path, &text, start);
        Self {
            article,
            text,
            statements,
            markup,
            anchors: OnceLock::new(),
        }
    }
}

impl Collection {
    /// Reads the knowledge base `kb`, on all cores.
    ///
    /// # Errors
    /// [`BuildError::KnowledgeBase`] when `kb` is no readable folder. Single files that cannot be used are
    /// [`Collection::rejected`].
    pub fn read(kb: &Path) -> Result<Self, BuildError> {
        let read = indexer::read_articles(kb)?;
        Ok(Self::new(read.articles, read.others, read.rejected))
    }

    /// A collection of articles that were read already, in order of path.
    pub(crate) fn new(
        articles: Vec<ReadArticle>,
        others: Vec<String>,
        rejected: Vec<Rejected>,
    ) -> Self {
        let articles: Vec<ArticleFile> = articles.into_par_iter().map(Into::into).collect();
        let mut collection = Self {
            rejected,
            others: others.into_iter().collect(),
            ..Self::default()
        };
        for (position, file) in articles.iter().enumerate() {
            collection.by_path.insert(file.path().to_owned(), position);
            collection
                .by_id
                .entry(file.article.id.clone())
                .or_default()
                .push(position);
        }
        collection.articles = articles;
        collection
    }

    /// All articles in order of path, those with an id another one has too included.
    pub fn articles(&self) -> &[ArticleFile] {
        &self.articles
    }

    /// Files that cannot be used, in order of path.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// Paths of the files that are no articles, such as images.
    pub fn others(&self) -> &BTreeSet<String> {
        &self.others
    }

    /// The article in the file `path`.
    pub fn at(&self, path: &str) -> Option<&ArticleFile> {
        self.by_path
            .get(path)
            .map(|&position| &self.articles[position])
    }

    /// The versions of the article `id`, in order of path; empty when there is none.
    pub fn versions(&self, id: &ArticleId) -> impl Iterator<Item = &ArticleFile> {
        self.by_id
            .get(id)
            .into_iter()
            .flatten()
            .map(|&position| &self.articles[position])
    }

    /// Ids in order, each with its versions.
    pub fn ids(&self) -> BTreeSet<&ArticleId> {
        self.by_id.keys().collect()
    }

    /// The language with most articles, or the first in the order of [`Language::ALL`] that has nearly as many, so that
    /// one article more or less does not change which version the others are translations of; `None` without articles.
    pub fn main_language(&self) -> Option<Language> {
        let mut counts = [0_usize; Language::ALL.len()];
        for file in &self.articles {
            counts[file.article.language.index()] += 1;
        }
        let most = counts.into_iter().max().filter(|most| *most > 0)?;
        Language::ALL
            .into_iter()
            .find(|language| counts[language.index()] as f64 >= NEARLY * most as f64)
    }
}
