//! `loket eval calibrate`: judged questions to the settings of the confidence model.

use ::eval::{CalibrationReport, Example, Quality};
use answer::AnswerConfig;
use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use super::{Prepared, prepare, print_settings, settings_file};
use crate::{
    Output, args,
    commands::{Context, End},
    progress,
};

/// The part of the settings a calibration gives.
#[derive(Debug, Serialize)]
struct Fitted {
    answer: FittedAnswer,
}

#[derive(Debug, Serialize)]
struct FittedAnswer {
    min_confidence: f32,
    sure_confidence: f32,
    calibration: answer::confidence::Calibration,
}

/// Fits the confidence model and prints it as settings.
pub(super) fn run(
    args: &args::EvalCalibrate,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let Prepared { set, engine, .. } = prepare(&args.input, args.writer, context)?;
    let questions = set.questions();
    let bar = progress::Count::new("examining", context.err);
    let now = Timestamp::now();
    // The writer reads everything, also what would not wait for it.
    let mode = if args.writer {
        answer::Mode::Generated
    } else {
        answer::Mode::Extractive
    };
    let mut examples = Vec::new();
    for (done, judged) in (1..).zip(questions) {
        bar.show(done, questions.len());
        let question = judged.to_question(now, mode);
        // Whoever asks for a person gets one, whatever the evidence: nothing to learn from.
        let Some(examined) = engine
            .examine(&question)
            .context("examining a question")?
            .filter(|e| !e.wants_person)
        else {
            continue;
        };
        let best = examined.articles.first();
        let answers = best.is_some_and(|top| judged.is_relevant(top.as_str()));
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
    let AnswerConfig {
        calibration,
        min_confidence,
        ..
    } = &context.config.answer;
    let max_false_refusals = f64::from(args.max_false_refusals.get());
    let report = ::eval::fit(
        &examples,
        calibration,
        min_confidence.get(),
        max_false_refusals,
    );
    let fitted = Fitted {
        answer: FittedAnswer {
            min_confidence: report.threshold,
            sure_confidence: report.sure,
            calibration: report.calibration,
        },
    };
    if let Some(path) = &args.write {
        settings_file::put(path, &fitted)?;
    }
    if args.format.json {
        context.out.json(&report)?;
        return Ok(End::Done);
    }
    print_quality(&report, context.out)?;
    match &args.write {
        Some(path) => {
            writeln!(context.out, "# written to {}", path.display())?;
            context.out.flush()?;
        }
        None => print_settings(&fitted, context)?,
    }
    Ok(End::Done)
}

/// A name, the figure, and whether it is a share.
type Row = (&'static str, fn(&Quality) -> f64, bool);

/// Before and after, as comments of the settings that follow.
fn print_quality(report: &CalibrationReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    writeln!(
        out,
        "# {} questions; before: the settings in use, after: fitted, each question by a fit that did not see it (ten-fold, nested)",
        report.n
    )?;
    let rows: [Row; 5] = [
        ("AUROC", |quality| quality.auroc, false),
        ("refused in vain", |quality| quality.false_refusals, true),
        ("answered anyway", |quality| quality.answered_anyway, true),
        ("calibration error", |quality| quality.expected_error, true),
        ("Brier score", |quality| quality.brier, false),
    ];
    writeln!(out, "# {:<18} {:>8} {:>8}", "", "before", "after")?;
    for (name, figure, is_share) in rows {
        let cell = |quality: &Quality| {
            let value = figure(quality);
            if is_share {
                format!("{:.1} %", value * 100.0)
            } else {
                format!("{value:.4}")
            }
        };
        let (before, after) = (cell(&report.before), cell(&report.after));
        writeln!(out, "# {name:<18} {before:>8} {after:>8}")?;
    }
    Ok(())
}
