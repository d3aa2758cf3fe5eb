//! `loket eval` and its commands.

use std::{num::NonZeroUsize, path::PathBuf};

use answer::{Mode, Probability};
use clap::{Subcommand, ValueEnum};
use server::dto::LanguageTag;

use super::{Format, probability};

/// `loket eval`.
#[derive(Debug, Subcommand)]
pub enum Eval {
    /// Turn a public test collection into articles and judged questions
    #[command(subcommand)]
    Import(EvalImport),
    /// Ask every question of a file and report how well it went
    Run(EvalRun),
    /// Hold two reports of `eval run --json` against each other; exit 1 when the second is worse beyond chance
    Compare(EvalCompare),
    /// Measure whether the statements an answer is made of hold the gold text, and what each signal adds
    Evidence(EvalEvidence),
    /// Fit what each signal is worth on files of `eval run --signals` or `eval evidence --signals`, print it as settings
    Fit(EvalFit),
    /// Fit the confidence model on a file of judged questions and print it as settings
    Calibrate(EvalCalibrate),
    /// Hold sentences made true and made false against the check; exit 1 when a gate is missed
    Check(EvalCheck),
    /// Build a set of judged questions by hand: type a question, mark what answers it
    Ask(EvalAsk),
    /// Propose questions for articles, to be accepted, reworded or rejected; they are marked synthetic
    Draft(EvalDraft),
    /// Measure whether `loket gaps` puts together what belongs together
    Clusters(EvalClusters),
}

/// `loket eval import`.
#[derive(Debug, Subcommand)]
pub enum EvalImport {
    /// A BEIR folder: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv
    Beir {
        /// The folder
        folder: PathBuf,
        /// Which judgments: qrels/SPLIT.tsv
        #[arg(long, default_value = "test")]
        split: String,
        /// Language of its texts
        #[arg(long, value_name = "TAG")]
        language: LanguageTag,
        /// Where it is written.
        #[command(flatten)]
        into: Into,
    },
    /// SQuAD-format files: every paragraph becomes an article
    Squad {
        /// File of the paragraphs
        paragraphs: PathBuf,
        /// Language of the paragraphs
        #[arg(long, value_name = "TAG")]
        language: LanguageTag,
        /// File of the questions, when they are in another language [default: the paragraphs']
        #[arg(long, value_name = "FILE", requires = "question_language")]
        questions: Option<PathBuf>,
        /// Language of the questions
        #[arg(long, value_name = "TAG", requires = "questions")]
        question_language: Option<LanguageTag>,
        /// Where it is written.
        #[command(flatten)]
        into: Into,
    },
    /// CLAP NQ files: questions with one passage each, which answers it or does not
    Clapnq {
        /// JSONL files of questions with their passages
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Language of the texts
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: LanguageTag,
        /// Where it is written.
        #[command(flatten)]
        into: Into,
    },
    /// A table of questions: columns question, id, language, audience, region, relevant, answers, expect
    Csv {
        /// The table, as a spreadsheet saves it
        file: PathBuf,
        /// What stands between fields [default: found from the first row]
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<char>,
        /// Language of questions that name none
        #[arg(long, value_name = "TAG")]
        language: Option<LanguageTag>,
        /// New file for the questions
        #[arg(
            long,
            value_name = "OUT",
            required_unless_present = "into",
            conflicts_with = "into"
        )]
        questions: Option<PathBuf>,
        /// New folder for `questions.jsonl`
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
        /// How it is told.
        #[command(flatten)]
        format: Format,
    },
    /// Help articles, asked for by their own titles
    Titles {
        /// JSONL files of articles, or folders of Markdown
        #[arg(required = true, value_name = "SOURCE")]
        articles: Vec<PathBuf>,
        /// Files or folders whose titles are asked, joined by id [default: the articles']
        #[arg(long, value_name = "SOURCE")]
        questions: Vec<PathBuf>,
        /// Files of titles nothing here answers
        #[arg(long, value_name = "FILE")]
        unanswerable: Vec<PathBuf>,
        /// Language of records that name none; of unanswerable titles only those in it
        #[arg(long, value_name = "TAG")]
        language: Option<LanguageTag>,
        /// Where it is written.
        #[command(flatten)]
        into: Into,
    },
}

/// Where an imported collection is written.
#[derive(Debug, clap::Args)]
pub struct Into {
    /// New folder for `articles/` and `questions.jsonl`
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// How it is told.
    #[command(flatten)]
    pub format: Format,
}

/// Which questions are put to which articles.
#[derive(Debug, clap::Args)]
pub struct EvalInput {
    /// File of judged questions, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub questions: PathBuf,
    /// Folder of the articles, indexed apart from the served index [default: the served index]
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
}

/// `loket eval run`.
#[derive(Debug, clap::Args)]
pub struct EvalRun {
    /// Questions and articles.
    #[command(flatten)]
    pub input: EvalInput,
    /// Write the full report to this file, or print it instead of the table
    #[arg(long, value_name = "OUT", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page for people, with every question
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Keep finished questions in this journal, and go on where it ends [default: the report's file with `.partial`]
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Forget what the journal holds and begin anew
    #[arg(long)]
    pub restart: bool,
    /// Questions asked at once; more than one measures no times [default: the processors, 1 when a writer works]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// With `--mode retrieval`: leave out the plain recipes it is held against
    #[arg(long)]
    pub no_baselines: bool,
    /// With `--mode retrieval`: write what speaks for each candidate article to this file, for `eval fit`
    #[arg(long, value_name = "OUT")]
    pub signals: Option<PathBuf>,
    /// How answers may be worded; `retrieval` words none and only ranks articles
    #[arg(long, value_enum, default_value = "extractive")]
    pub mode: EvalMode,
    /// Least share of answerable questions with a right article among the first three, 0 to 1
    #[arg(long, value_name = "X", value_parser = probability)]
    pub min_success_at_3: Option<Probability>,
    /// Least share of questions with the expected outcome, 0 to 1
    #[arg(long, value_name = "X", value_parser = probability)]
    pub min_outcomes: Option<Probability>,
    /// File with the least of every figure, by language: tables `[all]`, `[nl]`, … of names and shares; not with `--mode
    /// retrieval`
    #[arg(long, value_name = "FILE")]
    pub floors: Option<PathBuf>,
}

/// `loket eval evidence`.
#[derive(Debug, clap::Args)]
pub struct EvalEvidence {
    /// Questions and articles.
    #[command(flatten)]
    pub input: EvalInput,
    /// Write what speaks for each statement to this file, for `eval fit --evidence`
    #[arg(long, value_name = "OUT")]
    pub signals: Option<PathBuf>,
    /// Write the full report to this file, or print it instead of the table
    #[arg(long, value_name = "OUT", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
}

/// `loket eval compare`.
#[derive(Debug, clap::Args)]
pub struct EvalCompare {
    /// Report of the older run
    #[arg(value_name = "A.json")]
    pub before: PathBuf,
    /// Report of the newer run
    #[arg(value_name = "B.json")]
    pub after: PathBuf,
    /// Smallest mean loss that is a regression, 0 to 1; it must be beyond chance too
    #[arg(long, value_name = "X", default_value = "0.01", value_parser = probability)]
    pub min_effect: Probability,
    /// Compare runs over different sets by the questions both have
    #[arg(long)]
    pub common: bool,
    /// Write the comparison as one HTML page for people, with both answers to every question that changed
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket eval fit`.
#[derive(Debug, clap::Args)]
pub struct EvalFit {
    /// One file of signals a collection; all count the same
    #[arg(required = true, value_name = "FILE")]
    pub signals: Vec<PathBuf>,
    /// The files are of statements, written by `eval evidence`
    #[arg(long)]
    pub evidence: bool,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// What of the engine a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalMode {
    /// Answers by the writer, with exact sentences standing in
    Auto,
    /// Answers by the writer only
    Generated,
    /// Answers in exact sentences of the articles
    Extractive,
    /// The ranking of articles, beside BM25, the encoder alone and their rank fusion
    Retrieval,
}

impl EvalMode {
    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Generated => "generated",
            Self::Extractive => "extractive",
            Self::Retrieval => "retrieval",
        }
    }

    /// How answers are worded; `None` when none are.
    pub const fn wording(self) -> Option<Mode> {
        match self {
            Self::Auto => Some(Mode::Auto),
            Self::Generated => Some(Mode::Generated),
            Self::Extractive => Some(Mode::Extractive),
            Self::Retrieval => None,
        }
    }
}

/// `loket eval calibrate`.
#[derive(Debug, clap::Args)]
pub struct EvalCalibrate {
    /// Questions and articles.
    #[command(flatten)]
    pub input: EvalInput,
    /// Share of answerable questions that may be sent to a person in vain, 0 to 1
    #[arg(long, value_name = "X", default_value = "0.05", value_parser = probability)]
    pub max_false_refusals: Probability,
    /// Have the writer read the evidence of every question too: seconds each, and the fit covers its verdicts
    #[arg(long)]
    pub writer: bool,
    /// Put the fitted model and thresholds into this settings file; whatever else stands there stays, comments too
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket eval check`.
#[derive(Debug, clap::Args)]
pub struct EvalCheck {
    /// Folder of the collections [default: `LOKET_DATA`, or `../shared/data`]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Sentences in these languages only
    #[arg(long, value_name = "TAG")]
    pub language: Vec<LanguageTag>,
    /// Most sentences of one kind in one language, with evidence in it and in another, each
    #[arg(long, value_name = "N", default_value = "40")]
    pub per_kind: usize,
    /// Articles indexed of each collection in one language
    #[arg(long, value_name = "N", default_value = "100")]
    pub articles: usize,
    /// Questions asked of each collection in one language
    #[arg(long, value_name = "N", default_value = "24")]
    pub questions: usize,
    /// One half of the articles: constants are fitted on one, and the other is held out [default: both]
    #[arg(long, value_enum)]
    pub fold: Option<EvalFold>,
    /// Also fit the models of meaning on these sentences, losing this share of the true ones, and print them
    #[arg(long, value_name = "X", value_parser = probability)]
    pub fit: Option<Probability>,
    /// Decides which sentences are made
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Write the full report to this file, or print it instead of the table
    #[arg(long, value_name = "OUT", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// Least share of false sentences that are caught, 0 to 1
    #[arg(long, value_name = "X", value_parser = probability)]
    pub min_caught: Option<Probability>,
    /// Largest share of true sentences that are lost, 0 to 1
    #[arg(long, value_name = "X", value_parser = probability)]
    pub max_lost: Option<Probability>,
}

/// `loket eval ask`.
#[derive(Debug, clap::Args)]
pub struct EvalAsk {
    /// File the questions are added to [default: questions.jsonl in the folder of the articles]
    #[arg(long, value_name = "FILE")]
    pub questions: Option<PathBuf>,
    /// Language of the questions [default: found from each]
    #[arg(long, value_name = "TAG")]
    pub language: Option<LanguageTag>,
    /// Who asks them: buyer, seller, …
    #[arg(long)]
    pub audience: Option<String>,
    /// Most hits to show, 1 to 50
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub limit: u8,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket eval draft`.
#[derive(Debug, clap::Args)]
pub struct EvalDraft {
    /// Folder of the articles, indexed apart from the served index [default: the served index]
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// Ids of the articles [default: all]
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub articles: Vec<String>,
    /// Versions in this language only
    #[arg(long, value_name = "TAG")]
    pub language: Option<LanguageTag>,
    /// Questions of each version of an article, those that are in the file already included
    #[arg(long, value_name = "N", default_value = "3")]
    pub per_article: usize,
    /// File they are added to [default: questions.proposed.jsonl in the folder of the articles]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Ask nobody and take all that are not left out; the file's name must end in `.proposed.jsonl`
    #[arg(long)]
    pub accept_all: bool,
    /// Make them of the article's headings and rarest words, also where there is a writer
    #[arg(long)]
    pub without_writer: bool,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket eval clusters`.
#[derive(Debug, clap::Args)]
pub struct EvalClusters {
    /// Files of judged questions: those that name the same first article belong together
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub questions: Vec<PathBuf>,
    /// Folder of the articles whose space they are compared in [default: the served index]
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// One half of the articles of `loket eval check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalFold {
    /// The half constants are fitted on
    Fit,
    /// The half that is held out
    Test,
}
