//! The commands and flags, as they are typed.

use std::{net::SocketAddr, path::PathBuf};

use answer::{Mode, Probability};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use corpus::Language;
use server::dto::LanguageTag;

/// Answers questions from your help articles, with sources, on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "loket",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Args {
    /// Flags every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Shared options")]
pub struct Shared {
    /// Settings file [default: loket.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the index
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Folder of the model files
    #[arg(long, global = true, value_name = "DIR")]
    pub models_dir: Option<PathBuf>,
    /// Fetch nothing from the network
    #[arg(long, global = true)]
    pub offline: bool,
    /// Log more; twice for even more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// How results are printed. Not among the shared flags because `eval run` writes its document to a file.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Format {
    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer a question; fetches the models and builds the index first where that is needed
    Ask(Ask),
    /// Answers that were given: show one again
    #[command(subcommand)]
    Answer(AnswerCommand),
    /// Hand-offs to people: list, show, try again
    #[command(subcommand)]
    Handoff(HandoffCommand),
    /// The ways to a person
    #[command(subcommand)]
    Support(SupportCommand),
    /// Keys for programs that call the HTTP interface: create, list, revoke
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Build the index, or bring it up to date
    Index(Index),
    /// Search the articles
    Search(Search),
    /// Serve the HTTP interface
    Serve(Serve),
    /// The local models: list, fetch, verify
    #[command(subcommand)]
    Models(Models),
    /// Measure answers on judged questions
    #[command(subcommand)]
    Eval(Eval),
    /// The settings: check, print
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `loket ask`.
#[derive(Debug, clap::Args)]
pub struct Ask {
    /// The question, as a customer would type it
    pub question: String,
    /// Language to answer in [default: the question's]
    #[arg(long, value_name = "TAG")]
    pub language: Option<LanguageTag>,
    /// Who asks: buyer, seller, …
    #[arg(long)]
    pub audience: Option<String>,
    /// Region of the asker, such as NL
    #[arg(long)]
    pub region: Option<String>,
    /// JSON file with the order or object it is about
    #[arg(long, value_name = "FILE")]
    pub subject: Option<PathBuf>,
    /// JSON file with the earlier turns, oldest first: [{"role":"user","text":"…"}, …]
    #[arg(long, value_name = "FILE")]
    pub conversation: Option<PathBuf>,
    /// How the answer may be worded
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeName,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket answer`.
#[derive(Debug, Subcommand)]
pub enum AnswerCommand {
    /// Print an answer from its receipt and look its quotes up again; exit code 1 when the articles changed
    Replay {
        /// Id of the answer: `ans_…`
        id: String,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `loket handoff`.
#[derive(Debug, Subcommand)]
pub enum HandoffCommand {
    /// List hand-offs, newest first; exit code 1 with `--dead` when there are any
    List {
        /// Only those a person must act on
        #[arg(long)]
        dead: bool,
        /// Most that are listed
        #[arg(long, value_name = "N", default_value = "50")]
        limit: u32,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Print one with all that is handed over
    Show {
        /// Its id: `esc_…`
        id: String,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Try again what was not delivered, at once and with all its tries before it
    Retry {
        /// Its id: `esc_…`
        #[arg(required_unless_present = "dead", conflicts_with = "dead")]
        id: Option<String>,
        /// All that are dead
        #[arg(long)]
        dead: bool,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Deliver one again everywhere, also where it was delivered: under the same id, so that receivers know it
    Replay {
        /// Its id: `esc_…`
        id: String,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `loket keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it; it cannot be shown again
    Create {
        /// What it may do
        #[arg(long, value_name = "SCOPE")]
        scope: ScopeArgument,
        /// What to call it
        #[arg(long, value_name = "NAME", default_value = "")]
        name: String,
        /// When it ends: after 90d, or at 2027-01-31 or 2027-01-31T12:00:00Z [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<Expiry>,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// List the keys, oldest first, without their secrets
    List {
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// End a key, and every token made with it, within seconds
    Revoke {
        /// Its id: the middle part of the key
        id: String,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeArgument {
    /// Ask, search, read, hand off, give feedback; may stand in a page
    Widget,
    /// Also speak for customers and their orders, and make tokens for browsers
    Backend,
    /// Everything
    Admin,
}

/// When a key ends.
#[derive(Debug, Clone, Copy)]
pub enum Expiry {
    /// At an instant.
    At(jiff::Timestamp),
    /// After a time.
    After(jiff::Span),
}

impl std::str::FromStr for Expiry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse() {
            return Ok(Self::At(at));
        }
        if let Ok(day) = text.parse::<jiff::civil::Date>()
            && let Ok(start) = day.to_zoned(jiff::tz::TimeZone::UTC)
        {
            return Ok(Self::At(start.timestamp()));
        }
        text.parse()
            .map(Self::After)
            .map_err(|_| "write a time such as `90d` or a day such as `2027-01-31`".to_owned())
    }
}

/// `loket support`.
#[derive(Debug, Subcommand)]
pub enum SupportCommand {
    /// Show which ways to a person a customer gets at an instant
    Plan {
        /// The instant, such as 2026-12-24T17:30:00+01:00 [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<jiff::Timestamp>,
        /// The customer's language
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: LanguageTag,
        /// Who asks: buyer, seller, …
        #[arg(long)]
        audience: Option<String>,
        /// What it is about
        #[arg(long)]
        topic: Vec<String>,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
}

/// The names of [`Mode`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// By the writer, with exact sentences standing in
    #[default]
    Auto,
    /// By the writer only
    Generated,
    /// In exact sentences of the articles
    Extractive,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Auto => Self::Auto,
            ModeName::Generated => Self::Generated,
            ModeName::Extractive => Self::Extractive,
        }
    }
}

/// `loket index`.
#[derive(Debug, clap::Args)]
pub struct Index {
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// Reuse nothing of the previous index
    #[arg(long)]
    pub full: bool,
    /// End with exit code 1 when a file was rejected
    #[arg(long)]
    pub strict: bool,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket search`.
#[derive(Debug, clap::Args)]
pub struct Search {
    /// Words or a question
    pub query: String,
    /// Most articles to list, 1 to 100
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub limit: u8,
    /// Language of the query [default: found from it]
    #[arg(long, value_name = "TAG")]
    pub language: Option<Language>,
    /// Who searches: buyer, seller, …
    #[arg(long)]
    pub audience: Option<String>,
    /// Region of the searcher, such as NL
    #[arg(long)]
    pub region: Option<String>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<SocketAddr>,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}

/// `loket models`.
#[derive(Debug, Subcommand)]
pub enum Models {
    /// List the models of the catalogue and which are present
    List {
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Fetch models and verify them
    Pull {
        /// Models to fetch [default: the configured encoder and writer]
        ids: Vec<String>,
        /// Fetch every model of the catalogue
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        /// Folder that may hold the files; it is asked first
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Hash the files that are present; exit code 1 when one is not what it should be
    Verify {
        /// Models to verify [default: all that are present]
        ids: Vec<String>,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
    /// Print where a model's weights lie, or the models folder
    Path {
        /// The model
        id: Option<String>,
        /// How results are printed.
        #[command(flatten)]
        format: Format,
    },
}

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

/// One half of the articles of `loket eval check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvalFold {
    /// The half constants are fitted on
    Fit,
    /// The half that is held out
    Test,
}

/// `loket config`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the settings
    Check(Format),
    /// Print the settings in effect
    Print(Format),
}

fn probability(text: &str) -> Result<Probability, String> {
    let number: f32 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    Probability::try_from(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Args::command().debug_assert();
    }

    #[track_caller]
    fn check(line: &str, accepted: bool) {
        let words = line.split(' ');
        assert_eq!(Args::try_parse_from(words).is_ok(), accepted, "{line}");
    }

    #[test]
    fn flags_may_stand_anywhere_and_are_checked() {
        check("loket ask q", true);
        check("loket --offline ask q --mode extractive", true);
        check("loket ask q --json --language pt-BR --offline", true);
        check("loket ask q --language 1", false);
        check("loket ask", false);
        check("loket answer replay ans_1 --json", true);
        check("loket answer replay", false);
        check("loket search q --limit 0", false);
        check("loket search q --limit 100", true);
        check("loket search q --language sv", false);
        check("loket models pull a b", true);
        check("loket models pull a --all", false);
        check("loket eval run --questions f --json", true);
        check("loket eval run --questions f --json out.json", true);
        check("loket models list --json", true);
        check("loket eval run --questions f --min-outcomes 1.5", false);
        check("loket serve --bind 127.0.0.1:0", true);
        check("loket serve --bind here", false);
        check("loket keys create --scope widget", true);
        check(
            "loket keys create --scope admin --name a --expires 90d",
            true,
        );
        check("loket keys create --scope admin --expires 2027-01-31", true);
        check("loket keys create --scope admin --expires soon", false);
        check("loket keys create --scope root", false);
        check("loket keys create", false);
        check("loket keys revoke", false);
        check("loket gaps", false);
    }
}
