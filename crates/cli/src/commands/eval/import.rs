//! `loket eval import`: a public test collection to articles and judged questions on disk.

use std::path::{Path, PathBuf};

use ::eval::{
    Imported, JudgedQuestion,
    import::{beir, clapnq, csv, squad, titles},
};
use anyhow::Context as _;
use corpus::Language;
use fs_err as fs;
use serde::Serialize;
use server::dto::LanguageTag;

use crate::{
    args::{EvalImport, Format},
    commands::{Context, End, index::summary::plural},
    output::printable,
};

/// What was written, and where.
#[derive(Debug, Serialize)]
struct Written {
    /// The folder of a collection, or the file of questions alone.
    into: PathBuf,
    /// None where only questions were imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    articles: Option<usize>,
    questions: usize,
}

impl Written {
    fn tell(&self, format: Format, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
        if format.json {
            context.out.json(self)?;
            return Ok(End::Done);
        }
        let mut what = plural(self.questions, "question");
        if let Some(articles) = self.articles {
            what = format!("{} and {what}", plural(articles, "article"));
        }
        let into = printable(&self.into.display().to_string());
        writeln!(context.out, "{what} in `{into}`")?;
        context.out.flush()?;
        Ok(End::Done)
    }
}

pub(super) fn run(args: &EvalImport, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let (imported, into) = match args {
        EvalImport::Csv {
            file,
            delimiter,
            language,
            questions,
            into,
            format,
        } => {
            let language = language.as_ref().map(supported).transpose()?;
            let delimiter = delimiter.map(delimiter_of).transpose()?;
            let bytes = fs::read(file).context("reading the table")?;
            let name = file.display().to_string();
            let read = csv::import(&name, &bytes, delimiter, language)?;
            let to = match (questions, into) {
                (Some(file), _) => file.clone(),
                (None, Some(folder)) => folder.join("questions.jsonl"),
                (None, None) => anyhow::bail!("name the file for the questions with `--questions`"),
            };
            return write_questions(read, to)?.tell(*format, context);
        }
        EvalImport::Beir {
            folder,
            split,
            language,
            into,
        } => (read_beir(folder, split, supported(language)?)?, into),
        EvalImport::Squad {
            paragraphs,
            language,
            questions,
            question_language,
            into,
        } => {
            let language = supported(language)?;
            let read = |path: &Path| fs::read_to_string(path).context("reading the collection");
            let text = read(paragraphs)?;
            let imported = match (questions, question_language) {
                (Some(path), Some(asked)) => {
                    squad::import((&text, language), (&read(path)?, supported(asked)?))?
                }
                _ => squad::import((&text, language), (&text, language))?,
            };
            (imported, into)
        }
        EvalImport::Clapnq {
            files,
            language,
            into,
        } => {
            let read = |path: &PathBuf| {
                let text = fs::read_to_string(path).context("reading the collection")?;
                Ok((path.display().to_string(), text))
            };
            let files: Vec<_> = files.iter().map(read).collect::<anyhow::Result<_>>()?;
            (clapnq::import(&files, supported(language)?)?, into)
        }
        EvalImport::Titles {
            articles,
            questions,
            unanswerable,
            language,
            into,
        } => {
            let language = language.as_ref().map(supported).transpose()?;
            let articles = read_titled(articles, language)?;
            let mut imported = if questions.is_empty() {
                titles::import(&articles, &articles)
            } else {
                titles::import(&articles, &read_titled(questions, language)?)
            };
            for path in unanswerable {
                let text = fs::read_to_string(path).context("reading the collection")?;
                let name = path.display().to_string();
                titles::add_unanswerable(&mut imported, &name, &text, language)?;
            }
            (imported, into)
        }
    };
    write(&imported, &into.into)?;
    let written = Written {
        into: into.into.clone(),
        articles: Some(imported.articles.len()),
        questions: imported.questions.len(),
    };
    written.tell(into.format, context)
}

pub(super) fn supported(tag: &LanguageTag) -> anyhow::Result<Language> {
    tag.language().with_context(|| {
        let known: Vec<&str> = Language::ALL.iter().map(|l| l.code()).collect();
        format!("the language is not one of {}", known.join(", "))
    })
}

fn read_beir(folder: &Path, split: &str, language: Language) -> anyhow::Result<Imported> {
    let read = |path: PathBuf| fs::read_to_string(path).context("reading the collection");
    let corpus = read(folder.join("corpus.jsonl"))?;
    let queries = read(folder.join("queries.jsonl"))?;
    let judgments = read(folder.join("qrels").join(format!("{split}.tsv")))?;
    let folder = beir::Folder {
        corpus: &corpus,
        queries: &queries,
        judgments: &judgments,
    };
    Ok(beir::import(folder, language)?)
}

fn read_titled(
    sources: &[PathBuf],
    language: Option<Language>,
) -> anyhow::Result<Vec<titles::Titled>> {
    let mut titled = Vec::new();
    for source in sources {
        if source.is_dir() {
            titled.extend(read_folder(source)?);
        } else {
            let text = fs::read_to_string(source).context("reading the collection")?;
            titled.extend(titles::read(
                &source.display().to_string(),
                &text,
                language,
            )?);
        }
    }
    Ok(titled)
}

/// The articles of a folder of Markdown that are no drafts, without their front matter.
fn read_folder(folder: &Path) -> anyhow::Result<Vec<titles::Titled>> {
    let read = indexer::read_articles(folder).context("reading the collection")?;
    Ok(read
        .articles
        .into_iter()
        .filter(|read| !read.article.is_draft())
        .map(|indexer::ReadArticle { article, text, .. }| {
            let body = article.sections.first().map_or(0, |s| s.range.start);
            titles::Titled {
                id: article.id.to_string(),
                language: article.language,
                title: article.title,
                markdown: text.get(body..).unwrap_or_default().to_owned(),
            }
        })
        .collect())
}

/// The byte of a delimiter. The parser takes no more than one.
fn delimiter_of(delimiter: char) -> anyhow::Result<u8> {
    u8::try_from(delimiter)
        .ok()
        .filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r'))
        .with_context(|| {
            format!(
                "`{delimiter}` cannot stand between fields; give an ASCII character such as `;`"
            )
        })
}

/// Writes questions without articles into a file that does not exist yet.
fn write_questions(questions: Vec<JudgedQuestion>, to: PathBuf) -> anyhow::Result<Written> {
    anyhow::ensure!(
        !to.exists(),
        "`{}` exists already; name a file that does not",
        to.display()
    );
    let n = questions.len();
    let mut text = String::new();
    for question in questions {
        text.push_str(&serde_json::to_string(&question).context("writing the questions")?);
        text.push('\n');
    }
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).context("writing the questions")?;
    }
    fs::write(&to, text).context("writing the questions")?;
    Ok(Written {
        into: to,
        articles: None,
        questions: n,
    })
}

/// Writes into a folder that does not exist yet, so that nothing is overwritten.
fn write(imported: &Imported, into: &Path) -> anyhow::Result<()> {
    let questions = imported.question_file()?;
    anyhow::ensure!(
        !into.exists(),
        "`{}` exists already; name a folder that does not",
        into.display()
    );
    for (number, article) in (1..).zip(&imported.articles) {
        let folder = into.join("articles").join(article.language.code());
        fs::create_dir_all(&folder).context("writing the articles")?;
        let path = folder.join(format!("{number}.md"));
        fs::write(path, article.to_file()).context("writing the articles")?;
    }
    fs::write(into.join("questions.jsonl"), questions).context("writing the questions")?;
    Ok(())
}
