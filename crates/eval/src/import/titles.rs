//! Help articles asked for by their titles: the title is the question, the article without it is what must be
//! found.

use std::collections::{BTreeMap, HashMap};

use corpus::Language;
use serde::Deserialize;

use super::{ImportError, Imported, ImportedArticle, json_lines, question};
use crate::question_set::{Expectation, JudgedQuestion};

#[derive(Deserialize)]
struct Record {
    #[serde(alias = "slug", alias = "page", alias = "_id")]
    id: String,
    title: Option<String>,
    #[serde(default)]
    language: Option<Language>,
    #[serde(alias = "text", alias = "body")]
    markdown: String,
}

/// One article with its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titled {
    /// Shared by its language versions.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Its title.
    pub title: String,
    /// Its text.
    pub markdown: String,
}

/// Reads records with `id` (or `slug`, `page`, `_id`), `title`, `markdown` (or `text`, `body`) and, unless
/// `language` is given, `language`. Records without a title or a text are left out.
///
/// # Errors
/// [`ImportError`] naming the line.
pub fn read(
    name: &str,
    text: &str,
    language: Option<Language>,
) -> Result<Vec<Titled>, ImportError> {
    let mut titled = Vec::new();
    for (number, record) in json_lines::<Record>(name, text)? {
        let language = language
            .or(record.language)
            .ok_or_else(|| ImportError::Language {
                place: format!("{name}:{number}"),
            })?;
        if let Some(title) = record.title.filter(|title| !title.trim().is_empty()) {
            titled.push(Titled {
                id: record.id,
                language,
                title,
                markdown: record.markdown,
            });
        }
    }
    Ok(titled)
}

/// Imports `articles` without their titles, asked for by the titles of `questions`, joined by id. Each
/// question bears the language of its title.
pub fn import(articles: &[Titled], questions: &[Titled]) -> Imported {
    let mut imported = Imported {
        articles: articles
            .iter()
            .map(|article| ImportedArticle {
                id: article.id.clone(),
                language: article.language,
                title: None,
                markdown: without_title(&article.markdown, &article.title).to_owned(),
            })
            .filter(|article| !article.markdown.trim().is_empty())
            .collect(),
        questions: Vec::new(),
    };
    let mut n_of: HashMap<(&str, Language), usize> = HashMap::new();
    for asked in questions {
        let n = n_of.entry((&asked.id, asked.language)).or_default();
        *n += 1;
        imported.questions.push(question(
            format!("{}:{}:{n}", asked.language, asked.id),
            asked.title.clone(),
            Some(asked.language),
            vec![asked.id.clone()],
        ));
    }
    imported.finish();
    imported
}

/// Titles of articles that are not there, asked in vain.
#[derive(Deserialize)]
struct Unanswerable {
    #[serde(alias = "slug", alias = "page", alias = "_id")]
    id: String,
    title: Option<String>,
    language: Option<Language>,
    #[serde(default)]
    titles: BTreeMap<Language, String>,
}

/// Adds questions nothing in `imported` answers: records with `id` and `title`, or `titles` by language, of which
/// those in `language` count where it is given.
///
/// # Errors
/// [`ImportError`] naming the line.
pub fn add_unanswerable(
    imported: &mut Imported,
    name: &str,
    text: &str,
    language: Option<Language>,
) -> Result<(), ImportError> {
    for (number, record) in json_lines::<Unanswerable>(name, text)? {
        let own = record.title.zip(record.language.or(language));
        let own = own.map(|(title, language)| (language, title));
        let titles = record.titles.into_iter().chain(own);
        for (asked_in, title) in titles.filter(|(l, _)| language.is_none_or(|only| only == *l)) {
            imported.questions.push(JudgedQuestion {
                expect: Some(Expectation::Escalated),
                ..question(
                    format!("{asked_in}:{}:none:{number}", record.id),
                    title,
                    Some(asked_in),
                    Vec::new(),
                )
            });
        }
    }
    Ok(())
}

/// The text behind a level-1 heading that opens it, which is the title as printed, and behind a first line
/// that repeats the title.
fn without_title<'a>(markdown: &'a str, title: &str) -> &'a str {
    let text = markdown.trim_start();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_title = first.starts_with("# ") || first.trim().eq_ignore_ascii_case(title.trim());
    if is_title { rest.trim_start() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_question_only() {
        let text = "{\"slug\":\"pw\",\"language\":\"nl\",\"title\":\"Wachtwoord wijzigen\",\"markdown\":\"# <a name=\\\"x\\\"></a>Wachtwoord wijzigen in Outlook\\n\\nKies een nieuw.\"}\n{\"slug\":\"none\",\"language\":\"nl\",\"title\":null,\"markdown\":\"x\"}\n";
        let nl = read("nl.jsonl", text, None).expect("well-formed");
        let imported = import(&nl, &nl);
        assert_eq!(imported.articles[0].markdown, "Kies een nieuw.");
        assert_eq!(imported.questions[0].question, "Wachtwoord wijzigen");
        assert_eq!(imported.questions[0].id, "nl:pw:1");
        assert_eq!(imported.questions[0].relevant, ["pw"]);
    }

    #[test]
    fn titles_of_absent_articles_are_asked_in_vain() {
        let mut imported = Imported::default();
        let text = "{\"slug\":\"a b\",\"titles\":{\"nl\":\"Printen\",\"de\":\"Drucken\"}}";
        add_unanswerable(&mut imported, "weak.jsonl", text, Some(Language::De))
            .expect("well-formed");
        let [only] = &imported.questions[..] else {
            panic!("{:?}", imported.questions);
        };
        assert_eq!(
            (only.question.as_str(), only.language),
            ("Drucken", Some(Language::De))
        );
        assert_eq!(only.expect, Some(Expectation::Escalated));
        imported.finish();
        assert_eq!(imported.questions.len(), 1);
    }

    #[test]
    fn a_record_without_language_names_its_line() {
        let error = read(
            "a.jsonl",
            "{\"id\":\"1\",\"title\":\"T\",\"text\":\"x\"}",
            None,
        )
        .expect_err("no language");
        assert_eq!(
            error.to_string(),
            "a.jsonl:1: the language is not stated; give `--language`"
        );
    }
}
