//! `loket eval clusters`: whether `loket gaps` puts together what belongs together, on questions with judgments.

use std::sync::Arc;

use ::eval::{
    JudgedQuestion,
    gaps::{
        agreement::{Agreement, b_cubed},
        cluster::average_link,
    },
};
use answer::Engine;
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use inference::TextKind;
use serde::Serialize;

use crate::{
    Output, args,
    commands::{Context, End, gaps::directions},
};

/// Likenesses that are tried, in hundredths.
const TRIED: std::ops::RangeInclusive<u8> = 16..=92;
const STEP: usize = 4;

/// How questions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Measure {
    /// In the space of the index: what `loket gaps` uses.
    Space,
    /// By the encoder's own vectors.
    Encoder,
}

/// One way to put the questions together, held against the judgments.
#[derive(Debug, Serialize)]
struct Row {
    measure: Measure,
    likeness: f32,
    #[serde(flatten)]
    agreement: Agreement,
}

#[derive(Debug, Serialize)]
struct Report {
    questions: usize,
    rows: Vec<Row>,
}

pub(super) fn run(args: &args::EvalClusters, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let mut questions: Vec<JudgedQuestion> = Vec::new();
    for path in &args.questions {
        let text = fs_err::read_to_string(path).context("reading the questions")?;
        let read = ::eval::read(&text).with_context(|| format!("reading `{}`", path.display()))?;
        // What belongs together is what one article answers.
        questions.extend(
            read.into_iter()
                .filter(|question| !question.relevant.is_empty()),
        );
    }
    anyhow::ensure!(
        !questions.is_empty(),
        "no question names a relevant article, so nothing says what belongs together"
    );
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = match &args.kb {
        None => context.snapshot(&*encoder)?,
        Some(kb) => super::snapshot_of(kb, &*encoder, context)?,
    };
    let engine = Engine::new(
        snapshot,
        Arc::clone(&encoder),
        None,
        context.config.answer.clone(),
    )
    .context("opening the index")?;
    let labels: Vec<&str> = questions
        .iter()
        .filter_map(|question| question.relevant_articles().next())
        .collect();
    let asked: Vec<_> = questions
        .iter()
        .map(|q| (&*q.question, q.language))
        .collect();
    let texts: Vec<&str> = asked.iter().map(|(text, _)| *text).collect();
    let encoded = encoder
        .encode(&texts, TextKind::Query)
        .context("reading the questions")?;
    let plain: Vec<Vec<f32>> = (0..encoded.len())
        .map(|row| encoded.row(row).to_vec())
        .collect();
    let in_space = directions(&engine, &*encoder, &asked, context.err)?;
    let mut rows = Vec::new();
    for (measure, vectors) in [(Measure::Space, &in_space), (Measure::Encoder, &plain)] {
        for likeness in TRIED
            .step_by(STEP)
            .map(|hundredths| f32::from(hundredths) / 100.0)
        {
            let clusters = average_link(vectors, likeness);
            rows.push(Row {
                measure,
                likeness,
                agreement: b_cubed(&clusters, &labels),
            });
        }
    }
    let report = Report {
        questions: questions.len(),
        rows,
    };
    if args.format.json {
        context.out.json(&report)?;
    } else {
        print(&report, context.config.gaps.likeness, context.out)?;
    }
    Ok(End::Done)
}

fn print(report: &Report, used: f32, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "compared",
        "likeness",
        "precision",
        "recall",
        "B³ F1",
        "clusters",
        "articles",
    ]);
    for row in &report.rows {
        let measure = match row.measure {
            Measure::Space => "in the index's space",
            Measure::Encoder => "encoder alone",
        };
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        table.add_row([
            measure.to_owned(),
            format!("{:.2}", row.likeness),
            percent(row.agreement.precision),
            percent(row.agreement.recall),
            percent(row.agreement.f1),
            row.agreement.clusters.to_string(),
            row.agreement.labels.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(
        out,
        "\n{} questions; `gaps.likeness` is {used}",
        report.questions
    )?;
    out.flush()?;
    Ok(())
}
