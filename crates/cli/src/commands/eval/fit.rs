//! `loket eval fit`: judged candidates of several collections to the weights of fusion.

use ::eval::fusion::{self, JudgedCandidates};
use answer::retrieve::FusionWeights;
use anyhow::Context as _;
use serde::Serialize;

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
struct FittedAnswer {
    fusion: FusionWeights,
}

pub(super) fn run(args: &EvalFit, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let mut collections = Vec::new();
    for path in &args.signals {
        let text = fs_err::read_to_string(path).context("reading the candidates")?;
        let collection: Vec<JudgedCandidates> = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("reading the candidates of `{}`", path.display()))?;
        collections.push(collection);
    }
    let report = fusion::fit(&collections, &context.config.answer.fusion);
    if args.format.json {
        context.out.json(&report)?;
        return Ok(End::Done);
    }
    writeln!(
        context.out,
        "# first candidate right: before, fitted, fitted on the other files"
    )?;
    for (path, [before, fitted, others]) in args.signals.iter().zip(&report.collections) {
        writeln!(
            context.out,
            "# {}: {:.1} %, {:.1} %, {:.1} %",
            path.display(),
            before * 100.0,
            fitted * 100.0,
            others * 100.0
        )?;
    }
    let fitted = Fitted {
        answer: FittedAnswer {
            fusion: report.weights,
        },
    };
    print_settings(&fitted, context)?;
    Ok(End::Done)
}
