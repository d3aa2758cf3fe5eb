//! What a run keeps of finished questions while it goes on.

use std::path::{Path, PathBuf};

use ::eval::{Identity, Journal, RunFacts};
use answer::Engine;
use anyhow::Context as _;
use serde::{Serialize, de::DeserializeOwned};

use crate::{args::EvalRun, commands::Context, progress};

/// Journal and progress of a run.
pub(super) struct Record {
    journal: Option<Journal>,
    bar: progress::Count,
    n_done: usize,
    n: usize,
}

/// Opens the journal of `args`, if its results go to a file; gives what was finished before, and sets when the run was
/// begun. `more` tells of settings the facts do not name.
pub(super) fn open<T: DeserializeOwned>(
    args: &EvalRun,
    what: &'static str,
    facts: &mut RunFacts,
    engine: &Engine,
    more: String,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<(Record, Vec<T>)> {
    let (journal, finished) = match path_of(args) {
        None => (None, Vec::new()),
        Some(path) => {
            let identity = Identity::new(facts, engine, more);
            let opened = Journal::open(&path, &identity, facts.started, args.restart);
            let (journal, finished) = opened.context("opening the journal of the run")?;
            facts.started = journal.started();
            tell(&path, finished.len(), facts.n, context)?;
            (Some(journal), finished)
        }
    };
    let bar = progress::Count::new(what, context.err);
    bar.start_at(finished.len(), facts.n);
    let record = Record {
        journal,
        bar,
        n_done: finished.len(),
        n: facts.n,
    };
    Ok((record, finished))
}

fn tell(path: &Path, n: usize, of: usize, context: &mut Context<'_, '_>) -> anyhow::Result<()> {
    if n > 0 {
        let left = of.saturating_sub(n);
        writeln!(
            context.err,
            "going on with `{}`: {n} of {of} questions are finished, {left} are left",
            path.display()
        )?;
    }
    Ok(())
}

/// Where the journal of a run lies: where it says, else beside its first report.
fn path_of(args: &EvalRun) -> Option<PathBuf> {
    let to_file = args.json.as_ref().filter(|path| *path != Path::new("-"));
    let report = to_file.or(args.html.as_ref());
    let beside = report.map(|report| {
        let mut name = report.clone().into_os_string();
        name.push(".partial");
        PathBuf::from(name)
    });
    args.resume.clone().or(beside)
}

impl Record {
    /// Keeps one finished question.
    pub(super) fn add<T: Serialize>(&mut self, id: &str, result: &T) -> anyhow::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal
                .add(result)
                .context("keeping a finished question in the journal")?;
        }
        self.n_done += 1;
        self.bar.show(self.n_done, self.n);
        tracing::debug!(id, "asked");
        Ok(())
    }

    /// Forgets all: the reports are written.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        let removed = self.journal.map(Journal::remove);
        removed
            .transpose()
            .context("removing the journal of the run")?;
        Ok(())
    }

    /// Clears the progress bar: what follows is printed.
    pub(super) fn end_progress(&self) {
        self.bar.end();
    }
}
