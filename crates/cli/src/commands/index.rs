//! `loket index`: articles to a new generation, and what changed.

use std::path::Path;

use indexer::BuildReport;
use owo_colors::Style;
use serde::Serialize;

use super::{Context, End};
use crate::{Output, args, output::printable};

/// Changed files named one by one; more of them are only counted.
const N_NAMED: usize = 20;

pub(super) fn run(args: &args::Index, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let models = context.models()?;
    let kb = args
        .kb
        .clone()
        .unwrap_or_else(|| context.config.index.kb.clone());
    let encoder = context.encoder(&models)?;
    let report = context.build(&kb, &context.store(), &*encoder, args.full)?;
    if args.format.json {
        context.out.json(&Report::from(&report))?;
    } else {
        print(&kb, &report, context.out)?;
    }
    let missed = args.strict && !report.rejected.is_empty();
    Ok(if missed { End::Missed } else { End::Done })
}

fn print(kb: &Path, report: &BuildReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let kinds = [
        ("added", &report.added, Style::new().green()),
        ("changed", &report.changed, Style::new().yellow()),
        ("removed", &report.removed, Style::new().red()),
    ];
    for (kind, paths, style) in kinds {
        for path in paths.iter().filter(|_| paths.len() <= N_NAMED) {
            let kind = out.paint(kind, style);
            writeln!(out, "{kind} {}", printable(path))?;
        }
    }
    for rejected in &report.rejected {
        let kind = out.paint("rejected", Style::new().red().bold());
        let line = rejected
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        let path = kb.join(&rejected.path);
        writeln!(
            out,
            "{kind} {}{line}: {}; {}",
            path.display(),
            printable(&rejected.reason),
            rejected.remedy
        )?;
    }
    writeln!(
        out,
        "{} added, {} changed, {} removed, {} rejected",
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.rejected.len()
    )?;
    let languages: Vec<String> = report
        .languages
        .iter()
        .map(|(language, n)| format!("{language} {n}"))
        .collect();
    writeln!(
        out,
        "{} articles ({}), {} passages",
        report.n_articles,
        languages.join(", "),
        report.n_passages
    )?;
    if report.n_encoded > 0 {
        writeln!(
            out,
            "{} passages encoded, {} tokens at {:.0} tokens/s",
            report.n_encoded,
            report.n_encoded_tokens,
            tokens_per_second(report)
        )?;
    }
    let state = if report.is_new {
        "now serves"
    } else {
        "still serves"
    };
    let elapsed = report.elapsed.as_secs_f64();
    writeln!(
        out,
        "generation {} {state}, after {elapsed:.1} s",
        report.generation
    )?;
    out.flush()?;
    Ok(())
}

fn tokens_per_second(report: &BuildReport) -> f64 {
    let seconds = report.encoding.as_secs_f64();
    if seconds > 0.0 {
        report.n_encoded_tokens as f64 / seconds
    } else {
        0.0
    }
}

/// The report as JSON.
#[derive(Debug, Serialize)]
struct Report<'a> {
    generation: &'a str,
    is_new: bool,
    articles: usize,
    passages: usize,
    languages: std::collections::BTreeMap<&'static str, usize>,
    added: &'a [String],
    changed: &'a [String],
    removed: &'a [String],
    rejected: Vec<Rejected<'a>>,
    encoded_passages: usize,
    encoded_tokens: usize,
    tokens_per_second: f64,
    elapsed_ms: u128,
}

#[derive(Debug, Serialize)]
struct Rejected<'a> {
    path: &'a str,
    line: Option<u32>,
    reason: &'a str,
}

impl<'a> From<&'a BuildReport> for Report<'a> {
    fn from(report: &'a BuildReport) -> Self {
        let rejected = report.rejected.iter().map(|rejected| Rejected {
            path: &rejected.path,
            line: rejected.line,
            reason: &rejected.reason,
        });
        Self {
            generation: &report.generation,
            is_new: report.is_new,
            articles: report.n_articles,
            passages: report.n_passages,
            languages: report
                .languages
                .iter()
                .map(|(language, n)| (language.code(), *n))
                .collect(),
            added: &report.added,
            changed: &report.changed,
            removed: &report.removed,
            rejected: rejected.collect(),
            encoded_passages: report.n_encoded,
            encoded_tokens: report.n_encoded_tokens,
            tokens_per_second: tokens_per_second(report).round(),
            elapsed_ms: report.elapsed.as_millis(),
        }
    }
}
