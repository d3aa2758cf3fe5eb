//! `loket check`: the articles held against the rules of `lint`, without a model, an index or the network.
//!
//! folder → [`lint::Collection`] → findings → terminal, JSON, SARIF, or annotations of GitHub. Exit code 1 when
//! there is an error, or more warnings than asked for.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use anyhow::Context as _;
use jiff::Zoned;
use lint::{Collection, Finding, QuestionFile, Severity};
use serde::Serialize;

use super::{Context, End};
use crate::{Output, args, args::CheckFormat};

mod excerpt;
mod print;

/// Judged questions that are checked when no others are named.
const QUESTIONS: &str = "questions.jsonl";

pub(super) fn run(args: &args::Check, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let kb = args.kb.as_ref().unwrap_or(&context.config.index.kb);
    let collection = Collection::read(kb).context("reading the articles")?;
    let questions = questions(args, kb)?;
    let today = args.at.unwrap_or_else(|| Zoned::now().date());
    let file = questions
        .as_ref()
        .map(|(path, text)| QuestionFile { path, text });
    let mut findings = lint::check(&collection, file, &context.config.check, today);
    findings.retain(|finding| args.rule.is_empty() || args.rule.contains(&finding.rule));

    let folder = folder(kb)?;
    let checked = Checked {
        folder: &folder,
        kb,
        collection: &collection,
        questions: questions
            .as_ref()
            .map(|(path, text)| (path.as_str(), text.as_str())),
        summary: Summary::of(kb, &collection, &findings, args.max_warnings),
        findings: &findings,
    };
    let format = if args.format.json {
        CheckFormat::Json
    } else {
        args.as_format
    };
    match &args.output {
        None => checked.write(format, context.out)?,
        Some(path) => {
            let mut document = Vec::new();
            checked.write(format, &mut Output::from(&mut document))?;
            fs_err::write(path, document).context("writing the report")?;
            print::summary(&checked, context.out)?;
        }
    }
    context.out.flush()?;
    Ok(if checked.summary.passed {
        End::Done
    } else {
        End::Missed
    })
}

/// The judged questions, if there are any: their path as findings name it, and their text.
fn questions(args: &args::Check, kb: &Path) -> anyhow::Result<Option<(String, String)>> {
    let path = match &args.questions {
        Some(path) => path.clone(),
        None => kb.join(QUESTIONS),
    };
    if args.questions.is_none() && !path.is_file() {
        return Ok(None);
    }
    let text = fs_err::read_to_string(&path).context("reading the questions")?;
    let shown = relative(kb, &path)?;
    Ok(Some((shown, text)))
}

/// Where `path` lies as seen from `kb`, with `..` where it lies outside.
fn relative(kb: &Path, path: &Path) -> anyhow::Result<String> {
    let (kb, path) = (fs_err::canonicalize(kb)?, fs_err::canonicalize(path)?);
    let ups = kb
        .ancestors()
        .enumerate()
        .find(|(_, above)| path.starts_with(above));
    let (n_up, above) = ups.map_or((0, Path::new("")), |(n_up, above)| (n_up, above));
    let below = path.strip_prefix(above).unwrap_or(&path);
    let ups = std::iter::repeat_n("..".to_owned(), n_up);
    Ok(ups.chain(names(below)).collect::<Vec<_>>().join("/"))
}

/// The knowledge base from the working directory, which is the root of the repository where code hosts run this;
/// empty when they are the same.
fn folder(kb: &Path) -> anyhow::Result<String> {
    let root = std::env::current_dir().context("finding the working directory")?;
    let root = fs_err::canonicalize(root)?;
    let whole = fs_err::canonicalize(kb)?;
    Ok(match whole.strip_prefix(&root) {
        Ok(inside) => names(inside).collect::<Vec<_>>().join("/"),
        Err(_) => kb.display().to_string(),
    })
}

fn names(path: &Path) -> impl Iterator<Item = String> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    })
}

/// What was checked and what was found.
struct Checked<'a> {
    /// The knowledge base from the root of the repository.
    folder: &'a str,
    kb: &'a Path,
    collection: &'a Collection,
    /// Path and text of the judged questions.
    questions: Option<(&'a str, &'a str)>,
    summary: Summary,
    findings: &'a [Finding],
}

/// What it came to.
#[derive(Debug, Serialize)]
struct Summary {
    kb: PathBuf,
    /// Articles that can be used.
    articles: usize,
    /// Those of each language that has any.
    languages: BTreeMap<&'static str, usize>,
    /// Files that cannot be used.
    rejected: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    /// Whether the exit code is 0.
    passed: bool,
}

/// The whole report as JSON.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    findings: &'a [Finding],
}

impl Summary {
    fn of(
        kb: &Path,
        collection: &Collection,
        findings: &[Finding],
        max_warnings: Option<usize>,
    ) -> Self {
        let count = |severity| {
            findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let mut languages = BTreeMap::new();
        for file in collection.articles() {
            *languages.entry(file.article.language.code()).or_default() += 1;
        }
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        Self {
            kb: kb.to_owned(),
            articles: collection.articles().len(),
            languages,
            rejected: collection.rejected().len(),
            errors,
            warnings,
            notes: count(Severity::Note),
            passed: errors == 0 && max_warnings.is_none_or(|max| warnings <= max),
        }
    }
}

impl Checked<'_> {
    fn write(&self, format: CheckFormat, out: &mut Output<'_>) -> anyhow::Result<()> {
        match format {
            CheckFormat::Text => print::findings(self, out)?,
            CheckFormat::Json => out.json(&Report {
                summary: &self.summary,
                findings: self.findings,
            })?,
            CheckFormat::Sarif => {
                let version = env!("CARGO_PKG_VERSION");
                out.json(&lint::sarif::log(
                    self.findings,
                    self.collection,
                    self.folder,
                    version,
                ))?;
            }
            CheckFormat::Github => write!(
                out,
                "{}",
                lint::github::commands(self.findings, self.folder)
            )?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_working_directory() {
        // Tests run in the folder of their package.
        assert_eq!(
            folder(Path::new("src/commands")).expect("a folder"),
            "src/commands"
        );
        assert_eq!(folder(Path::new("./src/../src")).expect("a folder"), "src");
        assert_eq!(folder(Path::new(".")).expect("a folder"), "");
    }

    #[test]
    fn files_are_named_from_the_knowledge_base() {
        let check = |kb: &str, path: &str, expected: &str| {
            assert_eq!(
                relative(Path::new(kb), Path::new(path)).expect("both exist"),
                expected
            );
        };
        check("src", "src/lib.rs", "lib.rs");
        check("src", "src/commands/check.rs", "commands/check.rs");
        check("src/commands", "src/lib.rs", "../lib.rs");
    }
}
