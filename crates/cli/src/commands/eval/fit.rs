//! `loket eval fit`: judged candidates or statements of several collections to what their signals are worth.

use std::path::PathBuf;

use ::eval::{
    evidence::{self, JudgedStatements},
    fusion::{self, JudgedCandidates},
};
use answer::{evidence::StatementWeights, retrieve::FusionWeights};
use anyhow::Context as _;
use serde::{Serialize, de::DeserializeOwned};

use super::print_settings;
use crate::{
    args::EvalFit,
    commands::{Context, End},
};

/// The part of the settings a fit gives.
#[derive(Debug, Serialize)]
struct Fitted {
    answer: FittedAnswer,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum FittedAnswer {
    Fusion(FusionWeights),
    Statements(StatementWeights),
}

pub(super) fn run(args: &EvalFit, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let answer = &context.config.answer;
    let (answer, figures) = if args.evidence {
        let collections: Vec<Vec<JudgedStatements>> = read(&args.signals)?;
        let report = evidence::fit(&collections, &answer.statements);
        if args.format.json {
            context.out.json(&report)?;
            return Ok(End::Done);
        }
        (FittedAnswer::Statements(report.weights), report.collections)
    } else {
        let collections: Vec<Vec<JudgedCandidates>> = read(&args.signals)?;
        let report = fusion::fit(&collections, &answer.fusion);
        if args.format.json {
            context.out.json(&report)?;
            return Ok(End::Done);
        }
        (FittedAnswer::Fusion(report.weights), report.collections)
    };
    writeln!(
        context.out,
        "# first one right: before, fitted, fitted on the other files"
    )?;
    for (path, [before, fitted, others]) in args.signals.iter().zip(&figures) {
        writeln!(
            context.out,
            "# {}: {:.1} %, {:.1} %, {:.1} %",
            path.display(),
            before * 100.0,
            fitted * 100.0,
            others * 100.0
        )?;
    }
    print_settings(&Fitted { answer }, context)?;
    Ok(End::Done)
}

/// Reads one JSON object a line of each file.
fn read<T: DeserializeOwned>(paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<T>>> {
    let read = |path: &PathBuf| {
        let text = fs_err::read_to_string(path).context("reading the signals")?;
        text.lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("reading the signals of `{}`", path.display()))
    };
    paths.iter().map(read).collect()
}
