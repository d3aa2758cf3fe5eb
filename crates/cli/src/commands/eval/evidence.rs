//! `loket eval evidence`: whether the statements an answer is made of hold the gold text.

use ::eval::evidence::{self, EvidenceFigures, EvidenceReport};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;

use super::{Prepared, percent, prepare, write_lines, write_report};
use crate::{
    Output,
    args::EvalEvidence,
    commands::{Context, End},
    progress,
};

pub(super) fn run(args: &EvalEvidence, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let Prepared { set, engine, .. } = prepare(&args.input, false, context)?;
    let n = set.questions().len();
    let bar = progress::Count::new("choosing", context.err);
    let answer = &context.config.answer;
    let run = evidence::run(
        &engine,
        set.questions(),
        &answer.statements,
        answer.max_sentences.get(),
        Timestamp::now(),
        &mut |done| bar.show(done, n),
    )
    .context("choosing statements")?;
    drop(bar);
    anyhow::ensure!(
        !run.statements.is_empty(),
        "no question has both `answers` and `relevant`, so there is nothing to measure"
    );
    if let Some(path) = &args.signals {
        write_lines(path, &run.statements)?;
    }
    write_report(args.json.as_deref(), &run.report, context, print)?;
    Ok(End::Done)
}

fn print(report: &EvidenceReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "signals",
        "questions",
        "best is right",
        "in the answer",
        "95 %",
        "statements",
    ]);
    let row = |name: String, figures: &EvidenceFigures| {
        let interval = figures.in_answer;
        [
            name,
            interval.n.to_string(),
            percent(figures.first),
            percent(interval),
            format!("{:.1}–{:.1}", interval.low * 100.0, interval.high * 100.0),
            format!("{:.1}", figures.n_statements),
        ]
    };
    table.add_row(row("all".to_owned(), &report.as_used));
    for (name, figures) in &report.without {
        table.add_row(row(format!("without {name}"), figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(
        out,
        "{} have the gold text in a statement that was looked at, {} in the evidence a writer reads",
        percent(report.reachable),
        percent(report.in_evidence)
    )?;
    out.flush()?;
    Ok(())
}
