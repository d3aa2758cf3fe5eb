//! The places in an article a link can lead to.

use std::collections::HashSet;

use corpus::StatementKind;

use crate::{
    ArticleFile,
    nearest::{nearest as nearest_word, slips},
};

/// Whether `anchor` leads to a heading of `file`, or to an element with that name.
///
/// Sites make anchors of headings in different ways, so only letters and digits are compared.
pub(super) fn has(file: &ArticleFile, anchor: &str) -> bool {
    file.anchors(all).contains(&plain(anchor))
}

/// All anchors an article answers to, letters and digits only.
fn all(file: &ArticleFile) -> HashSet<String> {
    let headings = file
        .statements
        .iter()
        .filter(|read| read.statement.kind == StatementKind::Heading)
        .map(|read| read.statement.text.as_str());
    let titles = std::iter::once(file.article.title.as_str());
    known(file)
        .chain(headings)
        .chain(titles)
        .map(plain)
        .collect()
}

/// The anchor of `file` that is most like `anchor`: a slip away, or sharing its words.
pub(super) fn nearest<'a>(file: &'a ArticleFile, anchor: &str) -> Option<&'a str> {
    let limit = slips(anchor.chars().count());
    nearest_word(anchor, known(file), limit).or_else(|| {
        let words = |text: &str| -> Vec<String> {
            text.to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() > 2)
                .map(str::to_owned)
                .collect()
        };
        let wanted = words(anchor);
        let shared = |known: &str| {
            words(known)
                .iter()
                .filter(|word| wanted.contains(word))
                .count()
        };
        // At least half of the words, so that no heading is named at random.
        known(file)
            .map(|known| (shared(known), known))
            .filter(|(n_shared, _)| *n_shared > 0 && 2 * n_shared >= wanted.len())
            .max_by_key(|(n_shared, _)| *n_shared)
            .map(|(_, known)| known)
    })
}

fn known(file: &ArticleFile) -> impl Iterator<Item = &str> {
    let sections = file
        .article
        .sections
        .iter()
        .map(|section| section.anchor.as_str());
    let names = file.markup.names.iter().map(String::as_str);
    sections.chain(names).filter(|anchor| !anchor.is_empty())
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
