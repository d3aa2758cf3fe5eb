//! `loket eval compare`: two reports of the same questions, held against each other.

use ::eval::{
    ChangedQuestion, CompareOptions, ComparedFigure, Comparison, OutcomeKind, compare::ReplyThen,
    report,
};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};

use crate::{
    Output,
    args::EvalCompare,
    commands::{Context, End},
    output::printable,
};

/// Questions listed of those lost, won or changed.
const LISTED: usize = 10;

/// Characters of a reply that are shown.
const SHOWN: usize = 160;

pub(super) fn run(args: &EvalCompare, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let read = |path| fs_err::read_to_string(path).context("reading a report");
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let (a, b) = (
        args.before.display().to_string(),
        args.after.display().to_string(),
    );
    let options = CompareOptions {
        common: args.common,
        min_effect: f64::from(args.min_effect.get()),
    };
    let comparison = ::eval::compare((&a, &before), (&b, &after), options)?;
    if let Some(path) = &args.html {
        let page = report::comparison_page(&comparison, &a, &b)?;
        fs_err::write(path, page).context("writing the page of the comparison")?;
    }
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
            "loket: regression: {} of {} went from {} to {} (n {}, gain of {} to {} points)",
            regression.figure,
            regression.language,
            share(regression.before),
            share(regression.after),
            regression.gain.n,
            report::gain(regression.gain.low),
            report::gain(regression.gain.high),
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
            report::gain(figure.gain.mean),
            format!(
                "{} to {}",
                report::gain(figure.gain.low),
                report::gain(figure.gain.high)
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
        "{} questions in both, {} in one only; gains in points, intervals of 95 % for all, of 99.5 % for one language; a \
         regression loses at least {:.1} points beyond chance",
        comparison.n_common,
        comparison.n_alone,
        comparison.min_effect * 100.0
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
    for (title, changed) in [("worse", &comparison.worse), ("better", &comparison.better)] {
        print_changed(title, changed, out)?;
    }
    out.flush()?;
    Ok(())
}

/// Questions of which something was said in both runs, with what was said.
fn print_changed(
    title: &str,
    changed: &[ChangedQuestion],
    out: &mut Output<'_>,
) -> anyhow::Result<()> {
    let said = changed.iter().filter(|question| question.before.is_some());
    for question in said.take(LISTED) {
        let figures = if title == "worse" {
            &question.worse
        } else {
            &question.better
        };
        let head = format!("{title}: {} ({})", question.id, figures.join(", "));
        writeln!(out, "\n{head}: {}", printable(&question.question))?;
        for (when, reply) in [("before", &question.before), ("after", &question.after)] {
            if let Some(reply) = reply {
                writeln!(out, "  {when}: {}", printable(&told(reply)))?;
            }
        }
    }
    Ok(())
}

/// A reply in one line.
fn told(reply: &ReplyThen) -> String {
    let outcome = match (reply.outcome, &reply.reason) {
        (OutcomeKind::Escalated, Some(reason)) => reason,
        (outcome, _) => outcome.name(),
    };
    let text = reply.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    if text.is_empty() {
        outcome.to_owned()
    } else {
        format!("{outcome}: {text}")
    }
}
