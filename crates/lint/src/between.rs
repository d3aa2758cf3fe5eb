//! Between articles: what shows only when articles are held against each other.
//!
//! The figures of all statements are read once ([`facts`]) and serve the contradictions within a language and the
//! numbers of translations. Languages are looked at side by side on all cores.

mod alike;
mod contradictions;
pub(crate) mod facts;
mod scope;
mod translations;

use corpus::{ByteRange, Language};
use rayon::prelude::*;

use crate::{
    Finding, LintConfig, Place,
    collection::{ArticleFile, Collection},
};

/// Findings of the rules that compare articles, in no order.
pub(crate) fn findings(collection: &Collection, config: &LintConfig) -> Vec<Finding> {
    let articles = collection.articles();
    let Some(source) = config
        .source_language
        .or_else(|| collection.main_language())
    else {
        return Vec::new();
    };
    let stated = facts::stated(articles);
    let groups = translations::versions(articles, source);
    let mut witnesses = vec![Vec::new(); articles.len()];
    for versions in &groups {
        for index in versions.of.values() {
            let others = versions.of.values().filter(|other| *other != index);
            witnesses[*index] = others.copied().collect();
        }
    }
    let known = Known {
        articles,
        stated: &stated,
        witnesses: &witnesses,
    };
    let within = |language: &Language| -> Vec<Finding> {
        let of_language = |index: &usize| articles[*index].article.language == *language;
        let own: Vec<usize> = (0..articles.len()).filter(of_language).collect();
        let (mut alike, contrary) = rayon::join(
            || alike::findings(&known, &own),
            || contradictions::findings(&known, &own, *language),
        );
        alike.extend(contrary);
        alike
    };
    let mut findings: Vec<Finding> = Language::ALL.par_iter().flat_map_iter(within).collect();
    findings.extend(translations::findings(articles, &stated, &groups));
    findings
}

/// What the rules of one language read.
#[derive(Debug, Clone, Copy)]
struct Known<'a> {
    articles: &'a [ArticleFile],
    /// The figures of each article.
    stated: &'a [facts::Stated],
    /// The other versions of each article, by index: what they state as well is more likely to hold.
    witnesses: &'a [Vec<usize>],
}

impl Known<'_> {
    /// Whether the two are versions of one article, or of different articles that no customer meets together.
    fn are_versions(&self, left: usize, right: usize) -> bool {
        let (l, r) = (&self.articles[left].article, &self.articles[right].article);
        self.are_one(left, right) || !scope::can_meet(l, r)
    }

    /// Whether the two can speak of one thing, be it to two audiences: different articles that hold together.
    fn may_speak_of_one(&self, left: usize, right: usize) -> bool {
        let (l, r) = (&self.articles[left].article, &self.articles[right].article);
        !self.are_one(left, right) && scope::hold_together(l, r)
    }

    /// Whether the two are versions of one article.
    fn are_one(&self, left: usize, right: usize) -> bool {
        let (l, r) = (&self.articles[left].article, &self.articles[right].article);
        l.id == r.id || self.witnesses[left].contains(&right)
    }

    /// Which of two articles is the likelier mistake where nothing else decides: the one without other versions, then
    /// the one changed longer ago, then the later path.
    fn is_likelier_mistake(&self, left: usize, right: usize) -> bool {
        let key = |index: usize| {
            let article = &self.articles[index].article;
            (self.witnesses[index].len(), article.updated)
        };
        let (l, r) = (key(left), key(right));
        l < r || l == r && self.articles[left].path() > self.articles[right].path()
    }
}

impl ArticleFile {
    /// Where the statement `index` stands.
    fn place_of(&self, index: usize) -> Place {
        self.place(self.statements[index].statement.range)
    }

    /// Where the bytes `range` of the file stand.
    pub(crate) fn place(&self, range: ByteRange) -> Place {
        Place::range(self.path(), &self.text, range)
    }
}
