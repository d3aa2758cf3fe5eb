//! `loket eval`: judged questions to figures, gates and a fitted confidence model.

use std::path::Path;

use ::eval::{
    Example, Expectation, JudgedQuestion, LanguageRow, OutcomeKind, QuestionResult, RunReport,
};
use answer::{AnswerConfig, Engine, Probability};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use indexer::IndexStore;
use jiff::Timestamp;
use serde::Serialize;

use super::{Context, End, open};
use crate::{Output, args, progress};

pub(super) fn run(args: &args::Eval, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    match args {
        args::Eval::Run(args) => run_questions(args, context),
        args::Eval::Calibrate(args) => calibrate(args, context),
    }
}

/// Reads the questions and makes an engine over the articles they are about.
fn prepare(
    input: &args::EvalInput,
    writes: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<(Vec<JudgedQuestion>, Engine)> {
    let path = &input.questions;
    let text = fs_err::read_to_string(path).context("reading the questions")?;
    let questions = ::eval::read(&text).with_context(|| format!("reading `{}`", path.display()))?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = match &input.kb {
        None => context.snapshot(&*encoder)?,
        Some(kb) => {
            // Apart from the index that serves, so that measuring never changes what customers get.
            let store = IndexStore::new(&context.config.index.data_dir.join("eval"));
            context.build(kb, &store, &*encoder, false)?;
            open(&store)?
        }
    };
    let writer = match models.writer()?.filter(|_| writes) {
        Some(entry) => Some(context.writer(&models, entry)?),
        None => None,
    };
    let engine = Engine::new(snapshot, encoder, writer, context.config.answer.clone());
    Ok((questions, engine.context("opening the index")?))
}

fn run_questions(args: &args::EvalRun, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let mode = args.mode.into();
    let (questions, engine) = prepare(&args.input, mode != answer::Mode::Extractive, context)?;
    let n = questions.len();
    let bar = progress::Count::new("asking", context.err);
    let report = ::eval::run(&engine, &questions, mode, Timestamp::now(), &mut |done| {
        bar.show(done, n);
    })
    .context("running the questions")?;
    drop(bar);
    match args.json.as_deref() {
        Some(path) if path == Path::new("-") => context.out.json(&report)?,
        path => {
            if let Some(path) = path {
                let mut text =
                    serde_json::to_string_pretty(&report).context("writing the report")?;
                text.push('\n');
                fs_err::write(path, text).context("writing the report")?;
            }
            print(&report, context.out)?;
        }
    }
    let row = report.rows.first().context("the report is empty")?;
    let gates = [
        ("success@3", row.success_at_3.mean, args.min_success_at_3),
        (
            "outcomes as expected",
            row.as_expected.mean,
            args.min_outcomes,
        ),
    ];
    let mut end = End::Done;
    for (name, reached, least) in gates {
        if let Some(least) = least.filter(|least| is_missed(reached, *least)) {
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

/// A share as a percentage; a dash when it is a share of nothing.
fn percent(interval: ::eval::Interval) -> String {
    if interval.n == 0 {
        "–".to_owned()
    } else {
        format!("{:.1} %", interval.mean * 100.0)
    }
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

/// The part of the settings a calibration gives.
#[derive(Debug, Serialize)]
struct Fitted {
    answer: FittedAnswer,
}

#[derive(Debug, Serialize)]
struct FittedAnswer {
    min_confidence: f32,
    calibration: answer::confidence::Calibration,
}

fn calibrate(args: &args::EvalCalibrate, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let (questions, engine) = prepare(&args.input, false, context)?;
    let bar = progress::Count::new("examining", context.err);
    let now = Timestamp::now();
    let mut examples = Vec::new();
    for (done, judged) in (1..).zip(&questions) {
        bar.show(done, questions.len());
        let question = judged.to_question(now, answer::Mode::Extractive);
        // Whoever asks for a person gets one, whatever the evidence: nothing to learn from.
        let Some(examined) = engine
            .examine(&question)
            .context("examining a question")?
            .filter(|e| !e.wants_person)
        else {
            continue;
        };
        let answers = examined
            .articles
            .first()
            .is_some_and(|top| judged.relevant_articles().any(|id| id == top.as_str()));
        examples.push(Example {
            features: examined.features,
            answers,
        });
    }
    drop(bar);
    let n_right = examples.iter().filter(|example| example.answers).count();
    anyhow::ensure!(
        n_right >= 10 && examples.len() - n_right >= 10,
        "fitting needs at least 10 questions whose best article is right and 10 whose is not; these are {n_right} and {}",
        examples.len() - n_right
    );
    let AnswerConfig { calibration, .. } = &context.config.answer;
    let max_false_refusals = f64::from(args.max_false_refusals.get());
    let report = ::eval::fit(&examples, calibration, max_false_refusals);
    if args.format.json {
        context.out.json(&report)?;
        return Ok(End::Done);
    }
    let fitted = Fitted {
        answer: FittedAnswer {
            min_confidence: report.threshold,
            calibration: report.calibration,
        },
    };
    let mut table = toml::Table::try_from(&fitted).context("printing the settings")?;
    crate::config::shorten(&mut table);
    writeln!(
        context.out,
        "# {} questions; AUROC {:.4} before, {:.4} fitted (ten-fold); {:.1} % answered in vain",
        report.n,
        report.auroc_before,
        report.auroc_after,
        report.answered_anyway * 100.0
    )?;
    write!(
        context.out,
        "{}",
        toml::to_string_pretty(&table).context("printing the settings")?
    )?;
    context.out.flush()?;
    Ok(End::Done)
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
