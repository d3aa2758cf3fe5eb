//! Import: public test collections to the files everything else here reads.
//!
//! collection → **articles, judged questions** → [`crate::question_set`], the indexer. Five kinds: a BEIR
//! folder, SQuAD-format files, CLAP NQ files, help articles asked for by their own titles, and tables of
//! questions alone. The result is Markdown and a
//! question file like any help center's, so a collection takes the same way as a customer's question.
//! Invariants: every relevant article is among the articles; an article whose title is the question carries
//! no title. Text in, text out: the caller reads and writes the files.

use std::{collections::HashSet, fmt::Write as _};

use corpus::{ArticleId, Language};

use crate::question_set::{Expectation, JudgedQuestion};

pub mod beir;
pub mod clapnq;
pub mod csv;
pub mod squad;
pub mod titles;

/// Title of an article that has none: nothing to find it by, where the name of its file would be taken for one.
const NO_TITLE: &str = "–";

/// One article to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedArticle {
    /// Its id; the judgments name it.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Its title; `None` when the title is what is asked.
    pub title: Option<String>,
    /// Its text in Markdown.
    pub markdown: String,
}

impl ImportedArticle {
    /// The article's file, with front matter.
    pub fn to_file(&self) -> String {
        let mut file = String::from("---\n");
        // JSON strings are YAML strings.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let _ = writeln!(file, "id: {}", quoted(&self.id));
        let _ = writeln!(file, "language: {}", self.language);
        let title = self.title.as_deref().unwrap_or(NO_TITLE);
        let _ = writeln!(file, "title: {}", quoted(title));
        file.push_str("---\n");
        file.push_str(&self.markdown);
        file.push('\n');
        file
    }
}

/// A collection in the forms Loket reads.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// Articles, in the collection's order.
    pub articles: Vec<ImportedArticle>,
    /// Questions whose relevant articles are all among `articles`.
    pub questions: Vec<JudgedQuestion>,
}

impl Imported {
    /// The question file.
    ///
    /// # Errors
    /// [`ImportError::Empty`] when there is no question or no article.
    pub fn question_file(&self) -> Result<String, ImportError> {
        if self.articles.is_empty() || self.questions.is_empty() {
            return Err(ImportError::Empty);
        }
        let mut file = String::new();
        for question in &self.questions {
            let line = serde_json::to_string(question).map_err(|source| ImportError::Json {
                place: question.id.clone(),
                source,
            })?;
            file.push_str(&line);
            file.push('\n');
        }
        Ok(file)
    }

    /// Makes ids usable, then drops questions of which no relevant article is there, unless none should be, and
    /// relevant ids that are not.
    fn finish(&mut self) {
        let relevant = self.questions.iter_mut().flat_map(|q| &mut q.relevant);
        for id in self.articles.iter_mut().map(|a| &mut a.id).chain(relevant) {
            *id = usable_id(id);
        }
        let known: HashSet<&str> = self.articles.iter().map(|a| a.id.as_str()).collect();
        for question in &mut self.questions {
            question.relevant.retain(|id| known.contains(id.as_str()));
        }
        self.questions
            .retain(|q| !q.relevant.is_empty() || q.expect == Some(Expectation::Escalated));
    }
}

/// Why a collection cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A record is not what the format says.
    #[error("{place}: not a record of this collection")]
    Json {
        /// File and line, or the record's id.
        place: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A line of judgments does not have three tab-separated fields.
    #[error("{place}: not a judgment (question id, article id, score)")]
    Judgment {
        /// File and line.
        place: String,
    },
    /// A record names no language and none was given.
    #[error("{place}: the language is not stated; give `--language`")]
    Language {
        /// File and line.
        place: String,
    },
    /// A row of a table is not what it should be.
    #[error("{place}: {problem}")]
    Table {
        /// File and line.
        place: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// Nothing is left to ask or to search.
    #[error("the collection holds no question with a relevant article")]
    Empty,
}

/// `id` as an [`ArticleId`] has it; for one that cannot be, letters and digits stay and every other byte is
/// percent-encoded. So is one with a character that may be invisible: reading the article's file would drop it.
pub(crate) fn usable_id(id: &str) -> String {
    let is_seen = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
    if !id.contains('%') && id.chars().all(is_seen) && ArticleId::new(id).is_ok() {
        return id.to_owned();
    }
    let mut usable = String::with_capacity(id.len());
    for character in id.chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '_') {
            usable.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(usable, "%{byte:02X}");
            }
        }
    }
    usable
}

/// Reads one JSON value a line; blank lines are skipped. `name` is the file's, for errors.
fn json_lines<T: serde::de::DeserializeOwned>(
    name: &str,
    text: &str,
) -> Result<Vec<(usize, T)>, ImportError> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let value = serde_json::from_str(line).map_err(|source| ImportError::Json {
                place: format!("{name}:{number}"),
                source,
            })?;
            Ok((number, value))
        })
        .collect()
}

/// A judged question that asks for articles.
fn question(
    id: String,
    text: String,
    language: Option<Language>,
    relevant: Vec<String>,
) -> JudgedQuestion {
    JudgedQuestion {
        id,
        question: text,
        language,
        relevant,
        ..JudgedQuestion::default()
    }
}

/// Plain text as Markdown that reads the same: every character with a meaning is escaped.
fn escaped(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        let line = line.trim();
        let mut at_start = true;
        for character in line.chars() {
            let is_special = matches!(
                character,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&'
            ) || at_start && matches!(character, '#' | '-' | '+' | '=' | ':')
                || !at_start && matches!(character, '.' | ')') && is_list_number(line);
            if is_special {
                markdown.push('\\');
            }
            markdown.push(character);
            at_start = false;
        }
        markdown.push('\n');
    }
    markdown.truncate(markdown.trim_end().len());
    markdown
}

/// `12. ` or `12) ` at the start of a line would begin a list.
fn is_list_number(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(['.', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_carries_what_the_judgments_name() {
        let article = ImportedArticle {
            id: "Zoom: \"in\"".into(),
            language: Language::De,
            title: None,
            markdown: "Text".into(),
        };
        assert_eq!(
            article.to_file(),
            "---\nid: \"Zoom: \\\"in\\\"\"\nlanguage: de\ntitle: \"–\"\n---\nText\n"
        );
    }

    #[test]
    fn ids_become_usable_and_judgments_follow() {
        let article = |id: &str| ImportedArticle {
            id: id.into(),
            language: Language::De,
            title: None,
            markdown: "Text".into(),
        };
        let mut imported = Imported {
            articles: vec![article("fees/a-b"), article("how to #1")],
            questions: vec![question(
                "q".into(),
                "?".into(),
                None,
                vec!["how to #1".into(), "gone".into()],
            )],
        };
        imported.finish();
        assert_eq!(usable_id("eac\u{200B}\u{200B}"), "eac%E2%80%8B%E2%80%8B");
        assert_eq!(imported.articles[0].id, "fees/a-b");
        assert_eq!(imported.articles[1].id, "how%20to%20%231");
        assert_eq!(imported.questions[0].relevant, ["how%20to%20%231"]);
    }

    #[track_caller]
    fn check(plain: &str, markdown: &str) {
        assert_eq!(escaped(plain), markdown);
    }

    #[test]
    fn plain_text_stays_plain() {
        check("a *b* <c>", "a \\*b\\* \\<c\\>");
        check("# 5", "\\# 5");
        check("1. In 2010", "1\\. In 2010");
        check("In 2010. Then", "In 2010. Then");
    }
}
