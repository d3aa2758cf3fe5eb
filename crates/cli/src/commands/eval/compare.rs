//! `loket eval compare`: two reports of the same questions, held against each other.

use ::eval::{ComparedFigure, Comparison};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};

use crate::{
    Output,
    args::EvalCompare,
    commands::{Context, End},
};

/// Ids listed of the questions lost or won.
const LISTED: usize = 10;

pub(super) fn run(args: &EvalCompare, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let read = |path| fs_err::read_to_string(path).context("reading a report");
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let (a, b) = (
        args.before.display().to_string(),
        args.after.display().to_string(),
    );
    let comparison = ::eval::compare((&a, &before), (&b, &after))?;
    if args.format.json {
        context.out.json(&comparison)?;
    } else {
        print(&comparison, context.out)?;
    }
    let regressions: Vec<&ComparedFigure> = comparison
        .figures
        .iter()
        .filter(|figure| figure.is_regression())
        .collect();
    for regression in &regressions {
        writeln!(
            context.err,
            "loket: regression: {} of {} went from {} to {}",
            regression.figure,
            regression.language,
            share(regression.before),
            share(regression.after),
        )?;
    }
    Ok(if regressions.is_empty() {
        End::Done
    } else {
        End::Missed
    })
}

fn share(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

fn print(comparison: &Comparison, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "language",
        "figure",
        "questions",
        "before",
        "after",
        "gain",
        "interval",
        "better",
        "worse",
    ]);
    for figure in &comparison.figures {
        table.add_row([
            figure.language.clone(),
            figure.figure.to_owned(),
            figure.gain.n.to_string(),
            share(figure.before),
            share(figure.after),
            format!("{:+.1}", figure.gain.mean * 100.0),
            format!(
                "{:+.1} to {:+.1}",
                figure.gain.low * 100.0,
                figure.gain.high * 100.0
            ),
            figure.n_better.to_string(),
            figure.n_worse.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(
        out,
        "{} questions in both, {} in one only; intervals of 95 % for all, of 99.5 % for one language",
        comparison.n_common, comparison.n_alone
    )?;
    for (name, ids) in [("lost", &comparison.lost), ("won", &comparison.won)] {
        if !ids.is_empty() {
            let more = ids.len().saturating_sub(LISTED);
            let listed = ids[..ids.len() - more].join(", ");
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            writeln!(out, "{name}: {listed}{more}")?;
        }
    }
    out.flush()?;
    Ok(())
}
