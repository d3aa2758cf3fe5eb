//! `loket eval calibrate`: judged questions to the settings of the confidence model.

use ::eval::Example;
use answer::AnswerConfig;
use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use super::{prepare, print_settings};
use crate::{
    args,
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
    let (questions, engine) = prepare(&args.input, args.writer, context)?;
    let bar = progress::Count::new("examining", context.err);
    let now = Timestamp::now();
    // The writer reads everything, also what would not wait for it.
    let mode = if args.writer {
        answer::Mode::Generated
    } else {
        answer::Mode::Extractive
    };
    let mut examples = Vec::new();
    for (done, judged) in (1..).zip(&questions) {
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
            sure_confidence: report.sure,
            calibration: report.calibration,
        },
    };
    writeln!(
        context.out,
        "# {} questions; AUROC {:.4} before, {:.4} fitted (ten-fold); {:.1} % answered in vain",
        report.n,
        report.auroc_before,
        report.auroc_after,
        report.answered_anyway * 100.0
    )?;
    print_settings(&fitted, context)?;
    Ok(End::Done)
}
