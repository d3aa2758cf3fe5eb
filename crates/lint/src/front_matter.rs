//! Front matter: keys that look misspelt, and values that fit nothing in the collection.
//!
//! Values of another type than their key takes keep a file from being an article at all; the indexer names
//! them, and [`crate::unusable`] passes that on.

use corpus::{ArticleId, ByteRange, Language};
use jiff::civil::Date;

use crate::{
    ArticleFile, Collection, Finding, Place, Rule, Severity,
    nearest::{nearest, slips},
};

/// Keys that mean something.
const KNOWN: [&str; 13] = [
    "id",
    "language",
    "title",
    "url",
    "translation_of",
    "audience",
    "regions",
    "valid_from",
    "valid_until",
    "topics",
    "sensitivity",
    "updated",
    "draft",
];

/// A top-level key of the front matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// Without quotes.
    pub(crate) name: &'a str,
    /// Its line, without the line's end.
    pub(crate) range: ByteRange,
}

/// The top-level keys of the front matter, in order.
pub(crate) fn keys(file: &ArticleFile) -> Vec<Key<'_>> {
    let head = file.text.get(..file.body_start()).unwrap_or_default();
    let mut keys = Vec::new();
    let mut start = 0;
    for line in head.split_inclusive('\n') {
        let content = line.trim_end();
        if let Some((name, _)) = content.split_once(':')
            && !name.is_empty()
            && !name.starts_with([' ', '\t', '#', '-', '\u{feff}'])
        {
            keys.push(Key {
                name: name.trim().trim_matches(['"', '\'']),
                range: ByteRange::new(start, start + content.len()),
            });
        }
        start += line.len();
    }
    keys
}

/// The key `name` of the front matter.
pub(crate) fn key<'a>(file: &'a ArticleFile, name: &str) -> Option<Key<'a>> {
    keys(file).into_iter().find(|key| key.name == name)
}

/// Where the key `name` stands, or the file when it is not there.
pub(crate) fn place(file: &ArticleFile, name: &str) -> Place {
    key(file, name).map_or_else(
        || Place::file(file.path()),
        |key| Place::range(file.path(), &file.text, key.range),
    )
}

pub(crate) fn findings(collection: &Collection, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in collection.articles() {
        misspelt(file, &mut findings);
        findings.extend(unknown_source(collection, file));
        findings.extend(numbered(file));
        findings.extend(other_folder(file));
        findings.extend(updated_in_future(file, today));
        findings.extend(draft(file));
    }
    findings
}

fn misspelt(file: &ArticleFile, findings: &mut Vec<Finding>) {
    if file.article.attributes.is_empty() {
        return;
    }
    for key in keys(file) {
        let is_unknown =
            file.article.attributes.contains_key(key.name) && !KNOWN.contains(&key.name);
        if let Some(meant) = meant(key.name).filter(|_| is_unknown) {
            findings.push(Finding::new(
                Rule::FrontMatter,
                Place::range(file.path(), &file.text, key.range),
                format!("nothing reads the key `{}`", key.name),
                format!("write `{meant}`, if that is what it should be"),
            ));
        }
    }
}

/// The key that `name` is a misspelling of.
fn meant(name: &str) -> Option<&'static str> {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let wanted = plain(name);
    let same = KNOWN.into_iter().find(|known| plain(known) == wanted);
    // A short word is a slip of another one too easily, unless its letters are only swapped.
    let swapped = || {
        KNOWN.into_iter().find(|known| {
            let sorted = |word: &str| {
                let mut letters: Vec<char> = word.chars().collect();
                letters.sort_unstable();
                letters
            };
            known.len() <= 3 && sorted(known) == sorted(&wanted)
        })
    };
    same.or_else(swapped)
        .or_else(|| nearest(name, KNOWN, slips(name.chars().count())).filter(|near| near.len() > 3))
}

fn unknown_source(collection: &Collection, file: &ArticleFile) -> Option<Finding> {
    let source = file.article.translation_of.as_ref()?;
    if collection.versions(source).next().is_some() {
        return None;
    }
    let ids = collection.ids();
    let length = source.as_str().chars().count();
    let near = nearest(
        source.as_str(),
        ids.into_iter().map(ArticleId::as_str),
        slips(length),
    );
    let remedy = near.map_or_else(
        || "write the id of the article it translates".to_owned(),
        |near| format!("write `{near}`, if that is the article it translates"),
    );
    Some(Finding::new(
        Rule::FrontMatter,
        place(file, "translation_of"),
        format!("`translation_of` names `{source}`, and there is no such article"),
        remedy,
    ))
}

/// A number where names belong was meant for something else.
fn numbered(file: &ArticleFile) -> Option<Finding> {
    let lists = [
        ("audience", &file.article.audience),
        ("topics", &file.article.topics),
    ];
    let is_no_name =
        |name: &String| name.parse::<f64>().is_ok() || name == "true" || name == "false";
    let (key, value) = lists
        .into_iter()
        .find_map(|(key, names)| Some((key, names.iter().find(|name| is_no_name(name))?)))?;
    Some(Finding::new(
        Rule::FrontMatter,
        place(file, key),
        format!("`{key}` takes names, and `{value}` is none"),
        format!("write a list of names: `{key}: [first, second]`"),
    ))
}

fn other_folder(file: &ArticleFile) -> Option<Finding> {
    let (folder, _) = file.path().split_once('/')?;
    let of_folder = Language::ALL
        .into_iter()
        .find(|language| language.code() == folder)?;
    let language = file.article.language;
    (language != of_folder).then(|| {
        Finding::new(
            Rule::FrontMatter,
            place(file, "language"),
            format!(
                "the article says it is {}, and it lies in the folder `{folder}`",
                language.english_name()
            ),
            "correct the `language`, or move the file",
        )
        .weighing(Severity::Warning)
    })
}

fn updated_in_future(file: &ArticleFile, today: Date) -> Option<Finding> {
    let updated = file.article.updated.filter(|updated| *updated > today)?;
    Some(
        Finding::new(
            Rule::FrontMatter,
            place(file, "updated"),
            format!("`updated` says {updated}, which has not come yet"),
            "write the day of the last change",
        )
        .weighing(Severity::Warning),
    )
}

fn draft(file: &ArticleFile) -> Option<Finding> {
    file.article.is_draft().then(|| {
        Finding::new(
            Rule::FrontMatter,
            place(file, "draft"),
            "the article is a draft, so no customer sees it".to_owned(),
            "remove `draft: true` when it is finished",
        )
        .weighing(Severity::Note)
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::{TODAY, collection, shown};

    use super::*;

    #[track_caller]
    fn check(keys: &str, expected: &[&str]) {
        let text = format!("---\n{keys}\n---\nText.\n");
        let findings = findings(
            &collection(&[("en/a.md", &text), ("en/payout.md", "Text.")]),
            TODAY,
        );
        let shown: Vec<String> = shown(&findings)
            .iter()
            .zip(&findings)
            .map(|(line, finding)| format!("{line}; {}", finding.remedy))
            .collect();
        assert_eq!(shown, expected);
    }

    #[track_caller]
    fn check_key(name: &str, expected: Option<&str>) {
        assert_eq!(meant(name), expected, "{name}");
    }

    #[test]
    fn misspelt_keys_are_recognised() {
        check_key("langauge", Some("language"));
        check_key("audiance", Some("audience"));
        check_key("Title", Some("title"));
        check_key("valid-until", Some("valid_until"));
        check_key("validFrom", Some("valid_from"));
        check_key("translationOf", Some("translation_of"));
        check_key("topic", Some("topics"));
        check_key("senstivity", Some("sensitivity"));
        check_key("udpated", Some("updated"));
        check_key("ulr", Some("url"));
    }

    #[test]
    fn other_keys_are_left_alone() {
        for name in [
            "tags",
            "author",
            "description",
            "category",
            "section",
            "uid",
            "aid",
            "order",
            "slug",
            "date",
            "owner",
            "weight",
            "type",
            "hub",
            "name",
            "source",
            "version",
        ] {
            check_key(name, None);
        }
    }

    #[test]
    fn findings_stand_at_their_key() {
        check(
            "title: A\nlangauge: en",
            &[
                "en/a.md:3:1 front-matter nothing reads the key `langauge`; write `language`, if that is what it \
               should be",
            ],
        );
        check("owner: {titel: x}\nnotes: |\n  titel: y", &[]);
        check(
            "translation_of: payuot",
            &[
                "en/a.md:2:1 front-matter `translation_of` names `payuot`, and there is no such article; write \
               `payout`, if that is the article it translates",
            ],
        );
        check("translation_of: payout", &[]);
        check(
            "language: fr",
            &[
                "en/a.md:2:1 front-matter the article says it is French, and it lies in the folder `en`; correct the \
               `language`, or move the file",
            ],
        );
        check(
            "updated: 2062-05-04",
            &[
                "en/a.md:2:1 front-matter `updated` says 2062-05-04, which has not come yet; write the day of the \
               last change",
            ],
        );
        check("updated: 2026-11-27", &[]);
        check(
            "draft: true",
            &[
                "en/a.md:2:1 front-matter the article is a draft, so no customer sees it; remove `draft: true` when it \
               is finished",
            ],
        );
        check("draft: false", &[]);
        check(
            "Draft: true",
            &[
                "en/a.md:2:1 front-matter nothing reads the key `Draft`; write `draft`, if that is what it should be",
            ],
        );
        check(
            "topics: 3",
            &[
                "en/a.md:2:1 front-matter `topics` takes names, and `3` is none; write a list of names: `topics: \
               [first, second]`",
            ],
        );
        check("topics: [b2b, 3d-secure]", &[]);
    }
}
