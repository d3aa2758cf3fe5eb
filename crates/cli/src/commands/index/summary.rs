//! What a build did, for people and as JSON.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use indexer::{ArticleOrdinal, BuildReport, Built, Snapshot};
use lint::{Finding, warnings_of_change};
use owo_colors::Style;
use serde::Serialize;

use crate::{Output, output::printable};

/// Changed files named one by one; more of them are only counted.
const N_NAMED: usize = 20;

/// What a build did.
#[derive(Debug)]
pub(crate) struct Summary {
    kb: PathBuf,
    build: BuildReport,
    /// The generation that served before, when it is another one.
    before: Option<String>,
    warnings: Vec<Finding>,
    /// The generation a rollback had left, which this build replaces.
    pub(crate) rolled_back: Option<String>,
    /// The generations that were removed for good, where that was asked for.
    pub(crate) purged: Option<Vec<String>>,
}

impl Summary {
    /// Holds what changed against what was there before.
    pub(crate) fn of(kb: &Path, built: &Built) -> Self {
        let before = built.before.as_deref().filter(|_| built.report.is_new);
        Self {
            kb: kb.to_owned(),
            build: built.report.clone(),
            before: before.map(|snapshot| snapshot.generation().to_owned()),
            // A first build is no edit; what articles hide is told by `loket check`.
            warnings: before.map_or_else(Vec::new, |before| warnings(before, built)),
            rolled_back: None,
            purged: None,
        }
    }

    /// Whether an editor should look at something.
    pub(crate) fn has_warnings(&self) -> bool {
        !self.build.rejected.is_empty() || !self.warnings.is_empty()
    }

    pub(crate) const fn build(&self) -> &BuildReport {
        &self.build
    }

    /// All of it, in lines.
    pub(crate) fn print(&self, out: &mut Output<'_>) -> anyhow::Result<()> {
        let build = &self.build;
        self.print_changes(out)?;
        self.print_faults(out)?;
        let mut counts = self.counts();
        counts.push(format!("{} rejected", build.rejected.len()));
        if !self.warnings.is_empty() {
            counts.push(plural(self.warnings.len(), "warning"));
        }
        writeln!(out, "{}", counts.join(", "))?;
        self.print_drafts(out)?;
        let languages: Vec<String> = build
            .languages
            .iter()
            .map(|(language, n)| format!("{language} {n}"))
            .collect();
        writeln!(
            out,
            "{} ({}), {}",
            plural(build.n_articles, "article"),
            languages.join(", "),
            plural(build.n_passages, "passage")
        )?;
        if build.n_encoded > 0 {
            writeln!(
                out,
                "{} encoded, {} tokens at {:.0} tokens/s",
                plural(build.n_encoded, "passage"),
                build.n_encoded_tokens,
                self.tokens_per_second()
            )?;
        }
        let state = if build.is_new {
            "now serves"
        } else {
            "still serves"
        };
        let elapsed = build.elapsed.as_secs_f64();
        writeln!(
            out,
            "generation {} {state}, after {elapsed:.1} s",
            build.generation
        )?;
        self.print_kept(out)?;
        out.flush()?;
        Ok(())
    }

    /// What becomes of other generations.
    fn print_kept(&self, out: &mut Output<'_>) -> anyhow::Result<()> {
        if let Some(left) = &self.rolled_back {
            writeln!(
                out,
                "the articles were indexed as they are now; generation {left}, left by a rollback, is gone"
            )?;
        }
        match (&self.purged, &self.before) {
            (Some(purged), _) => writeln!(
                out,
                "{} removed for good; there is none to go back to",
                plural(purged.len(), "earlier generation")
            )?,
            (None, Some(before)) => writeln!(
                out,
                "generation {before} is kept; `loket index --rollback` goes back to it"
            )?,
            (None, None) => {}
        }
        Ok(())
    }

    fn print_changes(&self, out: &mut Output<'_>) -> anyhow::Result<()> {
        let changes = &self.build.changes;
        let kinds = [
            ("added", &changes.added, Style::new().green()),
            ("changed", &changes.changed, Style::new().yellow()),
            ("removed", &changes.removed, Style::new().red()),
        ];
        for (kind, paths, style) in kinds {
            for path in paths.iter().filter(|_| paths.len() <= N_NAMED) {
                let kind = out.paint(kind, style);
                writeln!(out, "{kind} {}", printable(path))?;
            }
        }
        let moved = &changes.moved;
        for moved in moved.iter().filter(|_| moved.len() <= N_NAMED) {
            let kind = out.paint("moved", Style::new().cyan());
            let (from, to) = (printable(&moved.from), printable(&moved.to));
            writeln!(out, "{kind} {from} to {to}")?;
        }
        Ok(())
    }

    /// What the edit brought in unseen, and the files that were rejected.
    pub(crate) fn print_faults(&self, out: &mut Output<'_>) -> anyhow::Result<()> {
        for finding in &self.warnings {
            let kind = out.paint("warning", Style::new().yellow().bold());
            let place = self.place(&finding.place.path, Some(finding.place.line));
            let (message, remedy) = (printable(&finding.message), printable(&finding.remedy));
            writeln!(out, "{kind} {place}: {message}; {remedy}")?;
        }
        for rejected in &self.build.rejected {
            let kind = out.paint("rejected", Style::new().red().bold());
            let place = self.place(&rejected.path, rejected.line);
            let reason = printable(&rejected.reason);
            writeln!(out, "{kind} {place}: {reason}; {}", rejected.remedy)?;
        }
        Ok(())
    }

    /// The articles that are left out until they are finished.
    pub(crate) fn print_drafts(&self, out: &mut Output<'_>) -> anyhow::Result<()> {
        let drafts = &self.build.drafts;
        if drafts.is_empty() {
            return Ok(());
        }
        let mut named: Vec<String> = drafts
            .iter()
            .take(N_NAMED)
            .map(|path| self.place(path, None))
            .collect();
        if drafts.len() > N_NAMED {
            named.push(format!("{} more", drafts.len() - N_NAMED));
        }
        writeln!(
            out,
            "{} left out until `draft: true` is removed: {}",
            plural(drafts.len(), "draft"),
            named.join(", ")
        )?;
        Ok(())
    }

    /// `folder/en/article.md:12`, as editors jump to it.
    fn place(&self, path: &str, line: Option<u32>) -> String {
        let path = printable(&self.kb.join(path).display().to_string());
        line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
    }

    /// How many articles changed in each way; those that moved only where some did.
    pub(crate) fn counts(&self) -> Vec<String> {
        let changes = &self.build.changes;
        let mut counts = vec![
            format!("{} added", changes.added.len()),
            format!("{} changed", changes.changed.len()),
            format!("{} removed", changes.removed.len()),
        ];
        if !changes.moved.is_empty() {
            counts.push(format!("{} moved", changes.moved.len()));
        }
        counts
    }

    fn tokens_per_second(&self) -> f64 {
        let seconds = self.build.encoding.as_secs_f64();
        if seconds > 0.0 {
            self.build.n_encoded_tokens as f64 / seconds
        } else {
            0.0
        }
    }

    /// The report as JSON.
    pub(crate) fn report(&self) -> Report<'_> {
        let build = &self.build;
        let rejected = build.rejected.iter().map(|rejected| Rejected {
            path: &rejected.path,
            line: rejected.line,
            reason: &rejected.reason,
            remedy: rejected.remedy,
        });
        let moved = build.changes.moved.iter().map(|moved| Moved {
            from: &moved.from,
            to: &moved.to,
        });
        Report {
            generation: &build.generation,
            before: self.before.as_deref(),
            rolled_back: self.rolled_back.as_deref(),
            is_new: build.is_new,
            articles: build.n_articles,
            passages: build.n_passages,
            languages: build
                .languages
                .iter()
                .map(|(language, n)| (language.code(), *n))
                .collect(),
            added: &build.changes.added,
            changed: &build.changes.changed,
            removed: &build.changes.removed,
            moved: moved.collect(),
            rejected: rejected.collect(),
            drafts: &build.drafts,
            warnings: &self.warnings,
            encoded_passages: build.n_encoded,
            encoded_tokens: build.n_encoded_tokens,
            tokens_per_second: self.tokens_per_second().round(),
            elapsed_ms: build.elapsed.as_millis(),
            purged: self.purged.as_deref(),
        }
    }
}

pub(crate) fn plural(n: usize, one: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{n} {one}{ending}")
}

/// What articles that came or changed hold that a reader of the change may overlook.
fn warnings(before: &Snapshot, built: &Built) -> Vec<Finding> {
    let changes = &built.report.changes;
    let stayed = changes.changed.iter().map(|path| (Some(path), path));
    let moved = changes
        .moved
        .iter()
        .map(|moved| (Some(&moved.from), &moved.to));
    let came = changes.added.iter().map(|path| (None, path));
    let (old, new) = (by_path(before), by_path(&built.snapshot));
    let mut warnings = Vec::new();
    for (from, to) in stayed.chain(moved).chain(came) {
        let text =
            |snapshot: &Snapshot, ordinals: &HashMap<&str, ArticleOrdinal>, path: &String| {
                let ordinal = ordinals.get(path.as_str());
                // Of two generations on this machine, which a build gives, it can be read.
                ordinal.and_then(|ordinal| Some(snapshot.source(*ordinal).ok()?.into_owned()))
            };
        let was = from.and_then(|path| text(before, &old, path));
        if let Some(is) = text(&built.snapshot, &new, to) {
            warnings.extend(warnings_of_change(was.as_deref(), to, &is));
        }
    }
    warnings
}

fn by_path(snapshot: &Snapshot) -> HashMap<&str, ArticleOrdinal> {
    let articles = snapshot.articles();
    articles
        .map(|(ordinal, article)| (article.path.as_str(), ordinal))
        .collect()
}

/// The report as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    generation: &'a str,
    /// The generation that served before; none when it serves still.
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rolled_back: Option<&'a str>,
    is_new: bool,
    articles: usize,
    passages: usize,
    languages: BTreeMap<&'static str, usize>,
    added: &'a [String],
    changed: &'a [String],
    removed: &'a [String],
    moved: Vec<Moved<'a>>,
    rejected: Vec<Rejected<'a>>,
    /// Paths of articles that are left out because they say `draft: true`.
    drafts: &'a [String],
    warnings: &'a [Finding],
    encoded_passages: usize,
    encoded_tokens: usize,
    tokens_per_second: f64,
    elapsed_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<&'a [String]>,
}

#[derive(Debug, Serialize)]
struct Moved<'a> {
    from: &'a str,
    to: &'a str,
}

#[derive(Debug, Serialize)]
struct Rejected<'a> {
    path: &'a str,
    line: Option<u32>,
    reason: &'a str,
    remedy: &'a str,
}
