//! `loket eval run`: questions to outcomes, by language.

use std::{num::NonZeroUsize, thread};

use ::eval::{
    Expectation, LanguageRow, OutcomeKind, QuestionResult, RiskReport, Route, RunFacts, RunOptions,
    RunReport, report,
    run::{Fault, Latency},
};
use answer::{Answer, Mode, Probability, Question};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use support::SupportConfig;

use super::{Prepared, floors, journal, percent, prepare};
use crate::{
    Output, args,
    commands::{Context, End},
};

/// Puts every question through the engine and reports what came of it.
pub(super) fn run(
    args: &args::EvalRun,
    mode: Mode,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    anyhow::ensure!(
        !args.no_baselines && args.signals.is_none(),
        "`--no-baselines` and `--signals` are of rankings; add `--mode retrieval`"
    );
    // Before hours of asking, not after.
    let floors = args.floors.as_deref().map(floors::read).transpose()?;
    let Prepared {
        set,
        engine,
        config,
    } = prepare(&args.input, mode != Mode::Extractive, context)?;
    let jobs = jobs(args.jobs, engine.writer_id().is_some());
    let mut facts = facts(
        args,
        RunFacts::new(&set, args.mode.name(), config, Timestamp::now(), jobs),
    );
    let support = context.config.support.clone();
    let routing = serde_json::to_vec(&support).context("reading the settings of support")?;
    let routing = blake3::hash(&routing).to_hex()[..16].to_owned();
    let (mut record, finished) =
        journal::open(args, "asking", &mut facts, &engine, routing, context)?;
    let options = RunOptions {
        mode,
        jobs,
        now: facts.started,
        finished,
        route: &|question, answer| route(question, answer, &support),
        facts,
    };
    let report = ::eval::run(&engine, &set, options, &mut |result| {
        record.add(&result.id, result)
    })?;
    record.end_progress();
    if let Some(path) = &args.html {
        let page = report::run_page(&report)?;
        fs_err::write(path, page).context("writing the page of the report")?;
    }
    super::write_report(args.json.as_deref(), &report, context, print)?;
    record.remove()?;
    let row = report.rows.first().context("the report is empty")?;
    let gates = [
        ("success@3", row.success_at_3.mean, args.min_success_at_3),
        (
            "outcomes as expected",
            row.as_expected.mean,
            args.min_outcomes,
        ),
    ];
    let end = gate(&gates, context)?;
    let floors = floors.map(|floors| floors::gate(&report, &floors, context));
    Ok(match floors.transpose()? {
        Some(End::Missed) => End::Missed,
        _ => end,
    })
}

/// How many questions are asked at once. A writer takes all processors for one answer.
pub(super) fn jobs(asked: Option<NonZeroUsize>, has_writer: bool) -> NonZeroUsize {
    let usual = if has_writer {
        NonZeroUsize::MIN
    } else {
        thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
    };
    asked.unwrap_or(usual)
}

/// `facts` with what was said on the command line.
pub(super) fn facts(args: &args::EvalRun, facts: RunFacts) -> RunFacts {
    let questions = args.input.questions.display().to_string();
    let kb = args.input.kb.as_ref();
    let kb = kb.map_or_else(String::new, |kb| format!(" --kb {}", kb.display()));
    let mode = args.mode.name();
    RunFacts {
        command: format!(
            "loket eval run --questions {questions}{kb} --mode {mode} --jobs {}",
            facts.jobs
        ),
        questions,
        ..facts
    }
}

/// The way to a person that an answer recommends, with every team at its post: what teams tell of the moment is of no
/// other moment.
fn route(question: &Question, answer: &Answer, support: &SupportConfig) -> Route {
    let contact = server::dto::contact_for(answer, question, support, std::sync::Arc::default());
    let recommended = contact.options.iter().find(|option| option.recommended);
    Route {
        method: recommended.map_or_else(String::new, |option| option.method.code().to_owned()),
        queue: recommended.map_or_else(String::new, |option| option.queue.clone()),
        before_you_contact: contact
            .before_you_contact
            .into_iter()
            .filter_map(|advice| Some(advice.article?.as_str().to_owned()))
            .collect(),
    }
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
        "citations",
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
    if report.run.n_synthetic > 0 {
        writeln!(
            out,
            "{} synthetic questions are not among these; the report has their figures apart",
            report.run.n_synthetic
        )?;
    }
    print_latency(report, out)?;
    print_risk(&report.risk, out)?;
    print_faults(&report.questions, out)?;
    for wrong in report
        .questions
        .iter()
        .filter(|result| result.as_expected() == Some(false))
    {
        let outcome = match wrong.outcome {
            OutcomeKind::Answered => "answered",
            OutcomeKind::Clarify => "clarify",
            OutcomeKind::Escalated => wrong.reason.as_deref().unwrap_or("escalated"),
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

fn print_latency(report: &RunReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    match &report.latency {
        Some(Latency {
            first_sentence,
            total,
            ..
        }) => writeln!(
            out,
            "first sentence: median {:.0} ms, p95 {:.0} ms; complete: median {:.0} ms, p95 {:.0} ms",
            first_sentence.median, first_sentence.p95, total.median, total.p95
        )?,
        None => writeln!(
            out,
            "times are not told: {} questions were asked at once; `--jobs 1` measures them",
            report.run.jobs
        )?,
    }
    Ok(())
}

fn print_faults(results: &[QuestionResult], out: &mut Output<'_>) -> anyhow::Result<()> {
    let counts = Fault::ALL.into_iter().filter_map(|fault| {
        let has = |result: &&QuestionResult| !result.synthetic && result.faults.contains(&fault);
        let n = results.iter().filter(has).count();
        (n > 0).then(|| format!("{} {n}", fault.words()))
    });
    let counts: Vec<String> = counts.collect();
    if !counts.is_empty() {
        writeln!(
            out,
            "faults: {}; `--html OUT` shows each",
            counts.join(", ")
        )?;
    }
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

fn cells(report: &RunReport, row: &LanguageRow) -> [String; 11] {
    let is_here = |result: &QuestionResult| {
        !result.synthetic && (row.language == "all" || result.language.code() == row.language)
    };
    let time = |ms: f64| {
        if report.latency.is_some() {
            format!("{ms:.0} ms")
        } else {
            "–".to_owned()
        }
    };
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
        percent(row.cites_relevant),
        percent(row.holds_gold),
        time(row.total_ms.0),
        time(row.total_ms.1),
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
