//! Ids: articles without one of their own, and ids that two files of one language have.

use std::collections::HashMap;

use corpus::{ArticleId, Language};

use crate::{Collection, Finding, Place, Rule, front_matter};

pub(crate) fn findings(collection: &Collection) -> Vec<Finding> {
    let mut findings = missing(collection);
    findings.extend(duplicates(collection));
    findings
}

/// Told only where most articles have an id of their own: elsewhere the place decides on purpose.
fn missing(collection: &Collection) -> Vec<Finding> {
    let (with, without): (Vec<_>, Vec<_>) = collection
        .articles()
        .iter()
        .partition(|file| front_matter::key(file, "id").is_some());
    if with.len() <= without.len() {
        return Vec::new();
    }
    let finding = |file: &&crate::ArticleFile| {
        Finding::new(
            Rule::MissingId,
            Place::file(file.path()),
            format!(
                "the article has no `id`, so its place makes it `{}`, and moving the file renames it",
                file.article.id
            ),
            format!("add `id: {}` to the front matter", file.article.id),
        )
    };
    without.iter().map(finding).collect()
}

fn duplicates(collection: &Collection) -> Vec<Finding> {
    let mut first: HashMap<(&ArticleId, Language), &crate::ArticleFile> = HashMap::new();
    let mut findings = Vec::new();
    // The new wording of an article is drafted under its id.
    let served = collection.articles().iter();
    for file in served.filter(|file| !file.article.is_draft()) {
        let key = (&file.article.id, file.article.language);
        match first.get(&key) {
            None => {
                first.insert(key, file);
            }
            Some(other) => findings.push(
                Finding::new(
                    Rule::DuplicateId,
                    place(file),
                    format!(
                        "the article `{}` exists in {} already, in `{}`, and this file is left out",
                        key.0,
                        key.1.english_name(),
                        other.path()
                    ),
                    "give one of them another `id`",
                )
                .about(vec![place(other)]),
            ),
        }
    }
    findings
}

/// The `id` in the front matter, or the file when its place gives the id.
fn place(file: &crate::ArticleFile) -> Place {
    front_matter::key(file, "id").map_or_else(
        || Place::file(file.path()),
        |key| Place::range(file.path(), &file.text, key.range),
    )
}

#[cfg(test)]
mod tests {
    use crate::tests::{collection, shown};

    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        assert_eq!(shown(&findings(&collection(files))), expected);
    }

    #[test]
    fn an_id_may_stand_once_in_a_language() {
        check(
            &[
                ("en/a.md", "---\nid: x\n---\nOne."),
                ("nl/a.md", "---\nid: x\n---\nEen."),
            ],
            &[],
        );
        check(
            &[
                ("en/a.md", "---\nid: x\n---\nOne."),
                ("en/b.md", "---\ntitle: B\nid: x\n---\nTwo."),
            ],
            &[
                "en/b.md:3:1 duplicate-id the article `x` exists in English already, in `en/a.md`, and this file is \
               left out",
            ],
        );
        check(
            &[
                ("en/a.md", "---\nid: x\ndraft: true\n---\nOne."),
                ("en/b.md", "---\nid: x\n---\nTwo."),
            ],
            &[],
        );
        check(
            &[("a.en.md", "One."), ("en/a.md", "Two.")],
            &[
                "en/a.md:1:1 duplicate-id the article `a` exists in English already, in `a.en.md`, and this file is \
               left out",
            ],
        );
    }

    #[test]
    fn an_id_is_missed_where_others_have_one() {
        check(&[("en/a.md", "One."), ("en/b.md", "Two.")], &[]);
        check(
            &[
                ("en/a.md", "---\nid: x\n---\nOne."),
                ("en/b.md", "---\nid: y\n---\nTwo."),
                ("en/c.md", "Three."),
            ],
            &[
                "en/c.md:1:1 missing-id the article has no `id`, so its place makes it `c`, and moving the file \
               renames it",
            ],
        );
    }
}
