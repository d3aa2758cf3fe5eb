//! CLAP NQ files: questions each with one passage, which answers it or does not (Rosenthal et al., 2024, "CLAPNQ:
//! Cohesive Long-form Answers from Passages in Natural Questions for RAG systems").

use corpus::Language;
use serde::Deserialize;

use super::{ImportError, Imported, ImportedArticle, escaped, json_lines, question};
use crate::question_set::{Expectation, JudgedQuestion};

#[derive(Deserialize)]
struct Record {
    id: String,
    input: String,
    passages: Vec<Passage>,
    #[serde(default)]
    output: Vec<Output>,
}

#[derive(Deserialize)]
struct Passage {
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    answer: String,
}

/// Imports files, each a name and a text, whose texts are in `language`. All passages become articles of one help
/// center; a question without an answer is to be handed over.
///
/// # Errors
/// [`ImportError`] naming the line.
pub fn import(files: &[(String, String)], language: Language) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    for (name, text) in files {
        for (_, record) in json_lines::<Record>(name, text)? {
            let mut ids = Vec::new();
            for (number, passage) in (1..).zip(record.passages) {
                ids.push(format!("{}-{number}", record.id));
                imported.articles.push(ImportedArticle {
                    id: format!("{}-{number}", record.id),
                    language,
                    title: Some(passage.title),
                    markdown: escaped(&passage.text),
                });
            }
            let answers = record.output.into_iter().map(|output| output.answer);
            let answers: Vec<String> = answers.filter(|text| !text.trim().is_empty()).collect();
            let is_answered = !answers.is_empty();
            let relevant = if is_answered { ids } else { Vec::new() };
            imported.questions.push(JudgedQuestion {
                answers,
                expect: Some(if is_answered {
                    Expectation::Answered
                } else {
                    Expectation::Escalated
                }),
                ..question(record.id, record.input, Some(language), relevant)
            });
        }
    }
    imported.finish();
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_without_an_answer_is_handed_over() {
        let record = |id: &str, answer: &str| {
            format!(
                r#"{{"id":"{id}","input":"how long is {id}","passages":[{{"title":"T {id}","text":"Text."}}],"output":[{{"answer":"{answer}"}}]}}"#
            )
        };
        let files = [
            ("a.jsonl".to_owned(), record("a", "Ten.")),
            ("b.jsonl".to_owned(), record("b", "")),
        ];
        let imported = import(&files, Language::En).expect("well-formed");
        assert_eq!(imported.articles.len(), 2);
        let [a, b] = &imported.questions[..] else {
            panic!("{:?}", imported.questions);
        };
        assert_eq!(
            (&a.relevant[..], a.expect),
            (&["a-1".to_owned()][..], Some(Expectation::Answered))
        );
        assert_eq!(a.answers, ["Ten."]);
        assert!(b.relevant.is_empty() && b.expect == Some(Expectation::Escalated));
    }
}
