//! `loket eval run`: questions to outcomes, by language.

use ::eval::{Expectation, LanguageRow, OutcomeKind, QuestionResult, RiskReport, RunReport};
use answer::{Mode, Probability};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;

use super::{percent, prepare};
use crate::{
    Output, args,
    commands::{Context, End},
    progress,
};

/// Puts every question through the engine and reports what came of it.
pub(super) fn run(
    args: &args::EvalRun,
    mode: Mode,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let (questions, engine) = prepare(&args.input, mode != Mode::Extractive, context)?;
    let n = questions.len();
    let bar = progress::Count::new("asking", context.err);
    let report = ::eval::run(&engine, &questions, mode, Timestamp::now(), &mut |done| {
        bar.show(done, n);
    })
    .context("running the questions")?;
    drop(bar);
    super::write_report(args.json.as_deref(), &report, context, print)?;
    let row = report.rows.first().context("the report is empty")?;
    let gates = [
        ("success@3", row.success_at_3.mean, args.min_success_at_3),
        (
            "outcomes as expected",
            row.as_expected.mean,
            args.min_outcomes,
        ),
    ];
    gate(&gates, context)
}

/// Names each figure below what is asked; missed when there is one.
pub(super) fn gate(
    gates: &[(&str, f64, Option<Probability>)],
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let mut end = End::Done;
    for (name, reached, least) in gates {
        if let Some(least) = least.filter(|least| is_missed(*reached, *least)) {
            writeln!(
                context.err,
                "loket: gate missed: {name} is {reached:.4}, at least {} is asked",
                least.get()
            )?;
            end = End::Missed;
        }
    }
    Ok(end)
}

/// Whether `reached` is below `least`. Both are shares that may have taken different roads to the same
/// decimal, so a difference no question set can make counts for nothing.
fn is_missed(reached: f64, least: Probability) -> bool {
    reached < f64::from(least.get()) - 1e-6
}

/// How many of the results that `counts` names ended as expected: `31/32`.
fn as_expected(results: &[QuestionResult], counts: impl Fn(&QuestionResult) -> bool) -> String {
    let counted: Vec<bool> = results
        .iter()
        .filter(|result| counts(result))
        .filter_map(QuestionResult::as_expected)
        .collect();
    let met = counted.iter().filter(|met| **met).count();
    if counted.is_empty() {
        "–".to_owned()
    } else {
        format!("{met}/{}", counted.len())
    }
}

fn print(report: &RunReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "language",
        "questions",
        "S@1",
        "S@3",
        "outcomes",
        "answered",
        "to a person",
        "gold text",
        "median",
        "p95",
    ]);
    for row in &report.rows {
        table.add_row(cells(report, row));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    let writer = report.writer.as_deref().unwrap_or("none");
    writeln!(
        out,
        "generation {}, encoder {}, writer {writer}",
        report.generation, report.encoder
    )?;
    print_risk(&report.risk, out)?;
    for wrong in report
        .questions
        .iter()
        .filter(|result| result.as_expected() == Some(false))
    {
        let outcome = match wrong.outcome {
            OutcomeKind::Answered => "answered",
            OutcomeKind::Clarify => "clarify",
            OutcomeKind::Escalated => wrong.reason.unwrap_or("escalated"),
        };
        tracing::info!(
            id = wrong.id,
            outcome,
            confidence = wrong.confidence,
            "not as expected"
        );
    }
    out.flush()?;
    Ok(())
}

fn print_risk(risk: &RiskReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let area = |area: Option<f64>| area.map_or_else(|| "–".to_owned(), |area| format!("{area:.3}"));
    writeln!(
        out,
        "confidence over {} questions, {} of them answerable: AUROC {} answerable or not, {} first article right or not",
        risk.n,
        risk.n_answerable,
        area(risk.auroc_answerable),
        area(risk.auroc_right)
    )?;
    let points: Vec<String> = risk
        .curve
        .iter()
        .map(|point| format!("{:.0}/{:.1}", point.coverage * 100.0, point.risk * 100.0))
        .collect();
    if !points.is_empty() {
        writeln!(
            out,
            "coverage/risk in %: {}; mean risk {:.1}",
            points.join(" "),
            risk.area * 100.0
        )?;
    }
    Ok(())
}

fn cells(report: &RunReport, row: &LanguageRow) -> [String; 10] {
    let is_here =
        |result: &QuestionResult| row.language == "all" || result.language.code() == row.language;
    let expected = |wanted: Expectation| {
        as_expected(&report.questions, |result| {
            is_here(result) && result.expected == Some(wanted)
        })
    };
    [
        row.language.clone(),
        row.n.to_string(),
        percent(row.success_at_1),
        percent(row.success_at_3),
        percent(row.as_expected),
        expected(Expectation::Answered),
        expected(Expectation::Escalated),
        percent(row.holds_gold),
        format!("{:.0} ms", row.total_ms.0),
        format!("{:.0} ms", row.total_ms.1),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reached: f64, least: f32, missed: bool) {
        let least = Probability::try_from(least).unwrap();
        assert_eq!(is_missed(reached, least), missed, "{reached} {least:?}");
    }

    #[test]
    fn a_gate_is_met_by_the_very_figure() {
        check(0.9, 0.9, false);
        check(9.0 / 10.0, 0.9, false);
        check(0.899, 0.9, true);
        check(0.0, 0.0, false);
        check(1.0, 1.0, false);
    }
}
