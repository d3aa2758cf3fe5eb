//! BEIR folders: `corpus.jsonl`, `queries.jsonl`, `qrels/*.tsv` (Thakur et al., 2021, "BEIR: A Heterogeneous
//! Benchmark for Zero-shot Evaluation of Information Retrieval Models").

use std::collections::HashMap;

use corpus::Language;
use serde::Deserialize;

use super::{ImportError, Imported, ImportedArticle, escaped, json_lines, question};

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

/// The three files of a folder, as text.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// `corpus.jsonl`.
    pub corpus: &'a str,
    /// `queries.jsonl`.
    pub queries: &'a str,
    /// `qrels/test.tsv` or another split.
    pub judgments: &'a str,
}

/// Imports a folder whose texts are in `language`. A document of which title and text are empty is left out.
///
/// # Errors
/// [`ImportError`] naming the line.
pub fn import(folder: Folder<'_>, language: Language) -> Result<Imported, ImportError> {
    let articles = json_lines::<Document>("corpus.jsonl", folder.corpus)?
        .into_iter()
        .map(|(_, document)| ImportedArticle {
            id: document.id,
            language,
            markdown: escaped(&document.text),
            title: Some(document.title).filter(|title| !title.trim().is_empty()),
        })
        .filter(|article| !article.markdown.is_empty())
        .collect();
    let mut relevant: HashMap<&str, Vec<String>> = HashMap::new();
    for (number, line) in (1..).zip(folder.judgments.lines()).skip(1) {
        let mut fields = line.split('\t');
        let (Some(asked), Some(document), Some(score)) = (
            fields.next(),
            fields.next(),
            fields
                .next()
                .and_then(|score| score.trim().parse::<i32>().ok()),
        ) else {
            return Err(ImportError::Judgment {
                place: format!("qrels:{number}"),
            });
        };
        if score > 0 {
            relevant.entry(asked).or_default().push(document.to_owned());
        }
    }
    let questions = json_lines::<Asked>("queries.jsonl", folder.queries)?
        .into_iter()
        .filter_map(|(_, asked)| {
            let relevant = relevant.remove(asked.id.as_str())?;
            Some(question(asked.id, asked.text, Some(language), relevant))
        })
        .collect();
    let mut imported = Imported {
        articles,
        questions,
    };
    imported.finish();
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgments_join_questions_and_documents() {
        let folder = Folder {
            corpus: "{\"_id\":\"d1\",\"title\":\"T\",\"text\":\"One.\"}\n{\"_id\":\"d2\",\"text\":\"Two.\"}\n",
            queries: "{\"_id\":\"q1\",\"text\":\"one?\"}\n{\"_id\":\"q2\",\"text\":\"unjudged\"}\n",
            judgments: "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq1\tlost\t1\n",
        };
        let imported = import(folder, Language::En).expect("well-formed");
        assert_eq!(imported.articles.len(), 2);
        assert_eq!(imported.articles[1].title, None);
        assert_eq!(imported.questions.len(), 1);
        assert_eq!(imported.questions[0].relevant, ["d1"]);
    }

    #[test]
    fn a_wrong_judgment_names_its_line() {
        let folder = Folder {
            corpus: "",
            queries: "",
            judgments: "query-id\tcorpus-id\tscore\nq1 d1 1\n",
        };
        let error = import(folder, Language::En).expect_err("no tabs");
        assert_eq!(
            error.to_string(),
            "qrels:2: not a judgment (question id, article id, score)"
        );
    }
}
