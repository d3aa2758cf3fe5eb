//! The commands of those who write the articles.

use std::{path::PathBuf, str::FromStr};

use answer::Mode;
use clap::ValueEnum;
use eval::diff::{Kind, ParseKindError};
use jiff::civil::Date;
use lint::Rule;

use super::Format;

/// `loket index`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, clap::Args)]
pub struct Index {
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// Reuse nothing of the previous index
    #[arg(long)]
    pub full: bool,
    /// End with exit code 1 when a file was rejected, or an edit brought in something to look at
    #[arg(long)]
    pub strict: bool,
    /// Also remove what is kept of earlier versions, so that what was deleted is gone at once
    #[arg(long)]
    pub purge: bool,
    /// List the generations that are kept instead
    #[arg(long, conflicts_with_all = ["kb", "full", "strict", "purge", "rollback"])]
    pub list: bool,
    /// Have the generation before serve again instead
    #[arg(long, conflicts_with_all = ["kb", "full", "strict", "purge"])]
    pub rollback: bool,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket watch`.
#[derive(Debug, clap::Args)]
pub struct Watch {
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// Print one JSON object a line for everything that happens
    #[command(flatten)]
    pub format: Format,
}

/// `loket check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// File of judged questions to hold against the articles [default: questions.jsonl in the folder of the articles]
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,
    /// Form of the report
    #[arg(
        long = "format",
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        conflicts_with = "json"
    )]
    pub as_format: CheckFormat,
    /// Write the report to this file and print only what it came to
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Only findings of this rule; may be given several times
    #[arg(long, value_name = "NAME")]
    pub rule: Vec<Rule>,
    /// End with exit code 1 when there are more warnings than this [default: warnings never do]
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<usize>,
    /// Day to check as of, such as 2027-01-01 [default: today]
    #[arg(long, value_name = "DAY")]
    pub at: Option<Date>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// Form of the report of `loket check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// `loket gaps`.
#[derive(Debug, clap::Args)]
pub struct Gaps {
    /// Only questions of the last DAYS days [default: as long as they are kept]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub since: Option<u32>,
    /// Questions of these files, one JSON object a line with `question`, instead of those customers asked
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub questions: Vec<PathBuf>,
    /// Questions of reports of `eval run --json` that were not answered well, instead of those customers asked
    #[arg(long, value_name = "RUN.json", num_args = 1..)]
    pub report: Vec<PathBuf>,
    /// Most gaps to list
    #[arg(long, value_name = "N", default_value = "20")]
    pub limit: usize,
    /// What a hand-off to a person costs [default: `gaps.cost_per_handoff`]
    #[arg(long, value_name = "AMOUNT")]
    pub cost: Option<f64>,
    /// Write a draft for each gap listed into this folder, which must lie outside the articles
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket diff`.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// Revision the articles are compared with; `A...` means where this branch left A [default: HEAD when the articles
    /// differ from it, else HEAD~1]
    #[arg(long, value_name = "GIT_REV")]
    pub base: Option<String>,
    /// Revision whose articles are compared [default: the files as they are]
    #[arg(long, value_name = "GIT_REV")]
    pub head: Option<String>,
    /// Folder of articles to compare with, instead of a revision
    #[arg(long, value_name = "DIR", conflicts_with_all = ["base", "head"])]
    pub base_kb: Option<PathBuf>,
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// File of judged questions, one JSON object a line [default: questions.jsonl in the folder of the articles]
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,
    /// Ask every question, also those the edit cannot touch
    #[arg(long)]
    pub all: bool,
    /// How answers may be worded
    #[arg(long, value_enum, default_value_t)]
    pub mode: DiffMode,
    /// Write the full report to this file, or print it instead of the text
    #[arg(long, value_name = "OUT", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// Write the report as a page for people
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Kinds of change that end it with exit code 1, or `none` [default: `diff.fail_on`]
    #[arg(long, value_name = "KINDS")]
    pub fail_on: Option<FailOn>,
}

/// How answers that are compared may be worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DiffMode {
    /// Exact sentences of the articles
    #[default]
    Extractive,
    /// By the writer where there is one; minutes instead of seconds
    Auto,
}

impl DiffMode {
    /// The mode as the engine takes it.
    pub const fn wording(self) -> Mode {
        match self {
            Self::Extractive => Mode::Extractive,
            Self::Auto => Mode::Auto,
        }
    }
}

/// Kinds of change a comparison fails on: `broken,lost-source`, or `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn(pub Vec<Kind>);

impl FromStr for FailOn {
    type Err = ParseKindError;

    fn from_str(text: &str) -> Result<Self, ParseKindError> {
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        text.split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
