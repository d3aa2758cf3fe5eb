//! Question sets: one JSON object a line, with the articles that answer it and what should happen.

use std::collections::HashSet;

use answer::Question;
use corpus::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A question with its judgment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedQuestion {
    /// Unique in the set.
    pub id: String,
    /// As a customer types it.
    pub question: String,
    /// Its language; found from the text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// See [`Question::audience`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// See [`Question::region`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The instant it is asked; the time of the run when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What the customer asked before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversation: Vec<String>,
    /// The order or object it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<serde_json::Value>,
    /// `article-id` or `article-id#anchor`; any of them answers it. Empty when nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relevant: Vec<String>,
    /// Texts a right reply holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// What should become of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
}

impl JudgedQuestion {
    /// The question as the engine takes it, asked at its own instant or else at `now`.
    pub fn to_question(&self, now: Timestamp, mode: answer::Mode) -> Question {
        Question {
            language: self.language,
            audience: self.audience.clone(),
            region: self.region.clone(),
            mode,
            conversation: self.conversation.iter().map(|text| turn(text)).collect(),
            ..Question::new(&*self.question, self.at.unwrap_or(now))
        }
    }

    /// Ids of the relevant articles, without anchors.
    pub fn relevant_articles(&self) -> impl Iterator<Item = &str> {
        self.relevant
            .iter()
            .map(|judged| judged.split('#').next().unwrap_or(judged))
    }
}

fn turn(text: &str) -> answer::Turn {
    answer::Turn {
        speaker: answer::Speaker::Customer,
        text: text.to_owned(),
    }
}

/// What should become of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expectation {
    /// A checked answer.
    Answered,
    /// A choice between meanings.
    Clarify,
    /// A person.
    Escalated,
}

/// Why a question file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionSetError {
    /// A line is no judged question.
    #[error("line {line}: not a judged question")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Two lines have one id.
    #[error("line {line}: the id `{id}` stands on an earlier line already")]
    Duplicate {
        /// Line number, from 1.
        line: usize,
        /// The id.
        id: String,
    },
    /// A judgment names an article the knowledge base does not have.
    #[error("question `{id}` names the article `{article}`, which is not in the index")]
    UnknownArticle {
        /// The question's id.
        id: String,
        /// The article.
        article: String,
    },
    /// There is no question in it.
    #[error("the file holds no question")]
    Empty,
}

/// Reads a question file. Blank lines are skipped.
///
/// # Errors
/// [`QuestionSetError`] naming the first line that is wrong.
pub fn read(text: &str) -> Result<Vec<JudgedQuestion>, QuestionSetError> {
    let mut ids = HashSet::new();
    let mut questions = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        if content.trim().is_empty() {
            continue;
        }
        let question: JudgedQuestion = serde_json::from_str(content)
            .map_err(|source| QuestionSetError::Line { line, source })?;
        if !ids.insert(question.id.clone()) {
            return Err(QuestionSetError::Duplicate {
                line,
                id: question.id,
            });
        }
        questions.push(question);
    }
    if questions.is_empty() {
        Err(QuestionSetError::Empty)
    } else {
        Ok(questions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_names_its_line() {
        let text =
            "{\"id\":\"a\",\"question\":\"q\"}\n{\"id\":\"b\",\"question\":\"q\",\"anwsers\":[]}\n";
        let error = read(text).expect_err("misspelt field");
        assert_eq!(error.to_string(), "line 2: not a judged question");
        let source = std::error::Error::source(&error)
            .expect("cause")
            .to_string();
        assert!(source.contains("anwsers"), "{source}");
    }

    #[test]
    fn an_id_may_stand_once() {
        let text = "{\"id\":\"a\",\"question\":\"q\"}\n\n{\"id\":\"a\",\"question\":\"r\"}\n";
        assert_eq!(
            read(text).expect_err("twice").to_string(),
            "line 3: the id `a` stands on an earlier line already"
        );
    }

    #[test]
    fn anchors_are_no_part_of_the_article() {
        let questions =
            read("{\"id\":\"a\",\"question\":\"q\",\"relevant\":[\"fees#vat\",\"payout\"]}")
                .expect("fine");
        assert_eq!(
            questions[0].relevant_articles().collect::<Vec<_>>(),
            ["fees", "payout"]
        );
    }
}
