//! Translations: what the versions of one article in several languages owe each other.
//!
//! Versions share an id, or name it as `translation_of`. Three rules: a language most versions have is missing here;
//! the source was changed after the translation; the translation states another amount, share, deadline or day than the
//! source ([`numbers`]). Wording is never compared: a translation may be freer than a test can follow.

mod numbers;

use std::collections::BTreeMap;

use corpus::{Article, Language};

use super::facts::Stated;
use crate::{Finding, Place, Rule, collection::ArticleFile, front_matter};

/// Share of all articles that must have a language before every article is expected to have it.
const USUAL: f64 = 0.8;

/// All versions of one article.
#[derive(Debug)]
pub(crate) struct Versions<'a> {
    /// The id they share.
    pub(crate) id: &'a str,
    /// Indexes into the collection's articles, one a language.
    pub(crate) of: BTreeMap<Language, usize>,
    /// The language the others are translated from, when that version is there.
    pub(crate) source: Option<Language>,
}

/// Brings together the versions of each article, in order of id. Of two files with one id in one language the first
/// counts; that the other is a mistake is for another rule to say.
pub(crate) fn versions(articles: &[ArticleFile], source: Language) -> Vec<Versions<'_>> {
    let mut by_id: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
    for (index, read) in articles.iter().enumerate() {
        let id = shared_id(&read.article);
        let versions = by_id.entry(id).or_insert_with(|| Versions {
            id,
            of: BTreeMap::new(),
            source: None,
        });
        versions.of.entry(read.article.language).or_insert(index);
    }
    for versions in by_id.values_mut() {
        let named = || {
            let of = |(language, index): (&Language, &usize)| {
                let is_named = articles[*index].article.translation_of.is_none();
                let names_it = versions.of.values().any(|other| {
                    let named = &articles[*other].article.translation_of;
                    named
                        .as_ref()
                        .is_some_and(|id| *id == articles[*index].article.id)
                });
                (is_named && names_it).then_some(*language)
            };
            versions.of.iter().find_map(of)
        };
        versions.source = named().or_else(|| versions.of.contains_key(&source).then_some(source));
    }
    by_id.into_values().collect()
}

fn shared_id(article: &Article) -> &str {
    article
        .translation_of
        .as_ref()
        .unwrap_or(&article.id)
        .as_str()
}

/// What is missing, old or different among the versions of the articles.
pub(crate) fn findings(
    articles: &[ArticleFile],
    stated: &[Stated],
    groups: &[Versions<'_>],
) -> Vec<Finding> {
    let mut findings = missing(articles, groups);
    for versions in groups {
        findings.extend(outdated(articles, versions));
        findings.extend(numbers::findings(articles, stated, versions));
    }
    findings
}

/// One note for an article that lacks languages it should have: those nearly all articles have, and, when it stands in
/// most of the collection's languages, those most articles have. An article written for two countries only is left be.
fn missing(articles: &[ArticleFile], groups: &[Versions<'_>]) -> Vec<Finding> {
    let mut n_with: BTreeMap<Language, usize> = BTreeMap::new();
    for versions in groups {
        for language in versions.of.keys() {
            *n_with.entry(*language).or_default() += 1;
        }
    }
    let mut findings = Vec::new();
    for versions in groups {
        let n_others = groups.len() - 1;
        let is_in_most = versions.of.len() * 2 > n_with.len();
        let lacks = |(language, n): (&Language, &usize)| {
            let share = *n as f64 / n_others.max(1) as f64;
            let is_expected = n_others > 0 && (share >= USUAL || is_in_most && share >= 0.5);
            (is_expected && !versions.of.contains_key(language)).then(|| language.english_name())
        };
        let lacking: Vec<&str> = n_with.iter().filter_map(lacks).collect();
        let shown = versions
            .source
            .or_else(|| versions.of.keys().next().copied());
        let Some(index) = shown.and_then(|language| versions.of.get(&language)) else {
            continue;
        };
        if !lacking.is_empty() {
            findings.push(Finding::new(
                Rule::TranslationMissing,
                Place::file(articles[*index].path()),
                format!(
                    "`{}` has no version in {}, which most other articles have",
                    versions.id,
                    listed(&lacking)
                ),
                "translate it, or accept that these customers are answered from another language",
            ));
        }
    }
    findings
}

/// A warning for each translation whose `updated` is before its source's.
fn outdated(articles: &[ArticleFile], versions: &Versions<'_>) -> Vec<Finding> {
    let Some((language, source)) = versions
        .source
        .and_then(|language| Some((language, &articles[*versions.of.get(&language)?])))
    else {
        return Vec::new();
    };
    let Some(changed) = source.article.updated else {
        return Vec::new();
    };
    let translations = versions.of.iter().filter(|(other, _)| **other != language);
    translations
        .filter_map(|(_, index)| {
            let read = &articles[*index];
            let updated = read.article.updated.filter(|updated| *updated < changed)?;
            let finding = Finding::new(
                Rule::TranslationOutdated,
                front_matter::place(read, "updated"),
                format!(
                    "this version was last changed on {updated}, its {} source on {changed}",
                    language.english_name()
                ),
                format!(
                    "carry over what changed in `{}` and set `updated: {changed}`",
                    source.path()
                ),
            );
            Some(finding.about(vec![front_matter::place(source, "updated")]))
        })
        .collect()
}

/// "Dutch", "Dutch and German", "Dutch, German and French".
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests;
