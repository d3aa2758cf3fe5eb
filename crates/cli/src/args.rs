//! The commands and flags, as they are typed.

mod editors;
mod eval;

use std::{net::SocketAddr, path::PathBuf};

use answer::{Mode, Probability};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use corpus::Language;
use server::dto::LanguageTag;

pub use editors::{Check, CheckFormat, Diff, DiffMode, FailOn, Gaps, Index, Watch};
pub use eval::{
    Eval, EvalAsk, EvalCalibrate, EvalCheck, EvalClusters, EvalCompare, EvalDraft, EvalEvidence,
    EvalFit, EvalFold, EvalImport, EvalInput, EvalMode, EvalRun, Into,
};

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
    /// Which help center, where the settings have several
    #[arg(long, global = true, value_name = "NAME")]
    pub tenant: Option<String>,
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
    /// The state store: move it to PostgreSQL
    #[command(subcommand)]
    Store(StoreCommand),
    /// Keys for programs that call the HTTP interface: create, list, revoke
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Build the index, or bring it up to date
    Index(Index),
    /// Tell which answers an edit of the articles changes, breaks or leaves without a source; exit 1 when it must not be merged
    Diff(Diff),
    /// List what customers ask and the articles do not answer, costliest first, with drafts to fill in
    Gaps(Gaps),
    /// Check the articles: broken links, hidden text, contradictions, translations; exit code 1 on errors
    Check(Check),
    /// Index on every save, until it is stopped; a service that runs takes it up
    Watch(Watch),
    /// Search the articles
    Search(Search),
    /// Serve the HTTP interface
    Serve(Serve),
    /// Provide this machine's models to other processes over HTTP; for engines, not for people
    ServeModels(ServeModels),
    /// The local models: list, fetch, verify
    #[command(subcommand)]
    Models(Models),
    /// Measure answers on judged questions
    #[command(subcommand)]
    Eval(Eval),
    /// The settings: check, print
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List the help centers of the settings, where there are several
    Tenants(Format),
}

impl Command {
    /// Whether it works on one help center, which must be named where there are several.
    pub(crate) const fn is_of_one(&self) -> bool {
        !matches!(
            self,
            Self::Serve(_)
                | Self::ServeModels(_)
                | Self::Models(_)
                | Self::Config(_)
                | Self::Keys(_)
                | Self::Tenants(_)
        )
    }
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

/// `loket store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy the state store of the data folder to the PostgreSQL of the settings, all or nothing; stop the service before
    Copy {
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

/// `loket serve-models`.
#[derive(Debug, clap::Args)]
pub struct ServeModels {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub bind: SocketAddr,
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
        check("loket tenants --json", true);
        check("loket --tenant acme index", true);
        check("loket index --tenant", false);
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
        check("loket index --list --json", true);
        check("loket index --rollback", true);
        check("loket index --rollback --list", false);
        check("loket index --rollback --full", false);
        check("loket index --purge --strict --kb articles", true);
        check("loket watch --kb articles --json", true);
        check("loket gaps", true);
        check("loket gaps --since 0", false);
        check(
            "loket gaps --report a.json b.json --cost 4.5 --write drafts",
            true,
        );
        check("loket eval import csv t.csv", false);
        check(
            "loket eval import csv t.csv --questions q.jsonl --delimiter ;",
            true,
        );
        check(
            "loket eval import csv t.csv --questions q.jsonl --into d",
            false,
        );
        check("loket eval draft --accept-all --articles a b", true);
        check("loket eval ask --limit 0", false);
        check("loket gap", false);
    }
}
