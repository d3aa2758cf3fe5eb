//! `loket eval`: judged questions to figures, gates and fitted models.

use std::{path::Path, sync::Arc};

use ::eval::{QuestionSet, QuestionSetError, question_set::QuestionFault};
use answer::Engine;
use anyhow::Context as _;
use indexer::{IndexStore, Snapshot};
use inference::Encoder;
use serde::Serialize;

use super::{Context, End};
use crate::{Output, args, output::printable};

mod ask;
mod calibrate;
mod check;
mod clusters;
mod compare;
mod dialog;
mod draft;
mod evidence;
mod fit;
mod floors;
mod import;
mod journal;
mod retrieval;
mod run;
mod set_file;
mod settings_file;

pub(super) fn run(args: &args::Eval, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    match args {
        args::Eval::Import(args) => import::run(args, context),
        args::Eval::Run(args) => match args.mode.wording() {
            Some(mode) => run::run(args, mode, context),
            None => retrieval::run(args, context),
        },
        args::Eval::Compare(args) => compare::run(args, context),
        args::Eval::Evidence(args) => evidence::run(args, context),
        args::Eval::Fit(args) => fit::run(args, context),
        args::Eval::Calibrate(args) => calibrate::run(args, context),
        args::Eval::Check(args) => check::run(args, context),
        args::Eval::Ask(args) => ask::run(args, context),
        args::Eval::Draft(args) => draft::run(args, context),
        args::Eval::Clusters(args) => clusters::run(args, context),
    }
}

/// What is asked, and of what.
struct Prepared {
    set: QuestionSet,
    engine: Engine,
    /// See [`answer::AnswerConfig::hash`].
    config: String,
}

/// The articles in `kb`, indexed apart from the index that serves, so that measuring never changes what customers get; one
/// index for each knowledge base, so that going from one to another encodes nothing again.
fn snapshot_of(
    kb: &Path,
    encoder: &dyn Encoder,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Arc<Snapshot>> {
    let place = fs_err::canonicalize(kb).context("finding the knowledge base")?;
    let name = blake3::hash(place.as_os_str().as_encoded_bytes()).to_hex();
    let folder = context.config.index.data_dir.join("eval").join(&name[..16]);
    let store = IndexStore::new(&folder);
    context.build(kb, store, encoder)
}

/// Reads the questions and makes an engine over the articles they are about.
fn prepare(
    input: &args::EvalInput,
    writes: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Prepared> {
    let path = &input.questions;
    let text = fs_err::read_to_string(path).context("reading the questions")?;
    let set = QuestionSet::read(&text);
    let set = set.or_else(|error| refuse(path, error, context))?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = match &input.kb {
        None => context.snapshot(&*encoder)?,
        Some(kb) => snapshot_of(kb, &*encoder, context)?,
    };
    let writer = if writes {
        context.writer(&models)?
    } else {
        None
    };
    let mut config = context.config.answer.clone();
    // Every question is measured, also one that was asked before.
    config.memory.enabled = false;
    let hash = config.hash();
    if let Err(error) = set.check(&snapshot) {
        return refuse(path, error, context);
    }
    let engine = Engine::new(snapshot, encoder, writer, config);
    Ok(Prepared {
        set,
        engine: engine.context("opening the index")?,
        config: hash,
    })
}

/// Tells all that is wrong with a question file, a line each, and fails.
fn refuse<T>(
    path: &Path,
    error: QuestionSetError,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<T> {
    let place = path.display();
    let QuestionSetError::Faults(faults) = &error else {
        return Err(error).with_context(|| format!("reading `{place}`"));
    };
    for fault in &faults.faults {
        let QuestionFault {
            line,
            found,
            remedy,
        } = fault;
        let text = printable(&format!("{place}:{line}: {found}; {remedy}"));
        writeln!(context.err, "{text}")?;
    }
    let n = faults.faults.len() + faults.n_more;
    let told = faults.faults.len();
    let first = if faults.n_more > 0 {
        format!(", the first {told} above")
    } else {
        String::new()
    };
    let faults = if n == 1 { "fault" } else { "faults" };
    anyhow::bail!(
        "`{place}` has {n} {faults}{first}; repair the file and run this again, nothing was asked"
    )
}

/// Prints settings a fit gives, ready to be put into the configuration file.
fn print_settings(fitted: &impl Serialize, context: &mut Context<'_, '_>) -> anyhow::Result<()> {
    let mut table = toml::Table::try_from(fitted).context("printing the settings")?;
    crate::config::shorten(&mut table);
    let text = toml::to_string_pretty(&table).context("printing the settings")?;
    write!(context.out, "{text}")?;
    context.out.flush()?;
    Ok(())
}

/// A share as a percentage; a dash when it is a share of nothing.
fn percent(interval: ::eval::Interval) -> String {
    if interval.n == 0 {
        "–".to_owned()
    } else {
        format!("{:.1} %", interval.mean * 100.0)
    }
}

/// Writes one JSON object a line.
fn write_lines<T: Serialize>(path: &Path, lines: &[T]) -> anyhow::Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).context("writing the signals")?);
        text.push('\n');
    }
    fs_err::write(path, text).context("writing the signals")
}

/// Prints `report` as JSON when no file is named, else writes it there and prints it for people.
fn write_report<R: Serialize>(
    path: Option<&Path>,
    report: &R,
    context: &mut Context<'_, '_>,
    print: fn(&R, &mut Output<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if path == Some(Path::new("-")) {
        context.out.json(report)?;
        return Ok(());
    }
    if let Some(path) = path {
        let mut text = serde_json::to_string_pretty(report).context("writing the report")?;
        text.push('\n');
        fs_err::write(path, text).context("writing the report")?;
    }
    print(report, context.out)
}
