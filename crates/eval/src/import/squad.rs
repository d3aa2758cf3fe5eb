//! SQuAD-format files: paragraphs with the questions they answer (Rajpurkar et al., 2016, "`SQuAD`: 100,000+
//! Questions for Machine Comprehension of Text"). Every paragraph becomes an article without a title.

use std::collections::HashMap;

use corpus::Language;
use serde::Deserialize;

use super::{ImportError, Imported, ImportedArticle, escaped, question};
use crate::question_set::JudgedQuestion;

#[derive(Deserialize)]
struct File {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    id: String,
    question: String,
    #[serde(default)]
    answers: Vec<Gold>,
}

#[derive(Deserialize)]
struct Gold {
    text: String,
}

/// Imports the paragraphs of `paragraphs` and the questions of `questions`, joined by question id: the same
/// file twice, or two language versions of a parallel set for questions in one language over paragraphs in
/// another. Gold answers are kept only when both are in one language.
///
/// # Errors
/// [`ImportError::Json`].
pub fn import(
    (paragraphs, paragraph_language): (&str, Language),
    (questions, question_language): (&str, Language),
) -> Result<Imported, ImportError> {
    let parse = |text: &str, place: &str| {
        serde_json::from_str::<File>(text).map_err(|source| ImportError::Json {
            place: format!("{place}, line {}", source.line()),
            source,
        })
    };
    let mut imported = Imported::default();
    let mut article_of: HashMap<String, String> = HashMap::new();
    let mut ids: HashMap<String, String> = HashMap::new();
    for paragraph in parse(paragraphs, "the paragraphs")?
        .data
        .into_iter()
        .flat_map(|entry| entry.paragraphs)
    {
        // Some sets repeat a paragraph for each of its questions.
        let next = format!("p{}", ids.len() + 1);
        let id = ids.entry(paragraph.context.clone()).or_insert_with(|| {
            imported.articles.push(ImportedArticle {
                id: next.clone(),
                language: paragraph_language,
                title: None,
                markdown: escaped(&paragraph.context),
            });
            next
        });
        for asked in paragraph.qas {
            article_of.insert(asked.id, id.clone());
        }
    }
    for asked in parse(questions, "the questions")?
        .data
        .into_iter()
        .flat_map(|entry| entry.paragraphs)
        .flat_map(|paragraph| paragraph.qas)
    {
        let Some(article) = article_of.get(&asked.id) else {
            continue;
        };
        let mut answers: Vec<String> = asked.answers.into_iter().map(|gold| gold.text).collect();
        answers.dedup();
        imported.questions.push(JudgedQuestion {
            answers: if paragraph_language == question_language {
                answers
            } else {
                Vec::new()
            },
            ..question(
                asked.id,
                asked.question,
                Some(question_language),
                vec![article.clone()],
            )
        });
    }
    imported.finish();
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: &str = r#"{"data":[{"paragraphs":[
        {"context":"Ships leave at noon.","qas":[{"id":"1","question":"When?","answers":[{"text":"noon"},{"text":"noon"}]}]},
        {"context":"Ships leave at noon.","qas":[{"id":"2","question":"What leaves?","answers":[]}]}]}]}"#;
    const DE: &str = r#"{"data":[{"paragraphs":[
        {"context":"Schiffe fahren mittags.","qas":[{"id":"1","question":"Wann?","answers":[{"text":"mittags"}]}]}]}]}"#;

    #[test]
    fn a_file_of_another_form_names_the_line() {
        let broken = EN.replace("\"answers\":[]", "\"answers\":7");
        let error = import((&broken, Language::En), (EN, Language::En)).expect_err("no list");
        assert_eq!(
            error.to_string(),
            "the paragraphs, line 3: not a record of this collection"
        );
    }

    #[test]
    fn a_repeated_paragraph_is_one_article() {
        let imported = import((EN, Language::En), (EN, Language::En)).expect("well-formed");
        assert_eq!(imported.articles.len(), 1);
        assert_eq!(imported.questions.len(), 2);
        assert_eq!(imported.questions[0].answers, ["noon"]);
        assert_eq!(imported.questions[1].relevant, ["p1"]);
    }

    #[test]
    fn parallel_files_are_joined_by_question() {
        let imported = import((EN, Language::En), (DE, Language::De)).expect("well-formed");
        assert_eq!(imported.articles[0].language, Language::En);
        assert_eq!(imported.questions.len(), 1);
        assert_eq!(imported.questions[0].language, Some(Language::De));
        assert!(imported.questions[0].answers.is_empty());
    }
}
