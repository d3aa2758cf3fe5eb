//! `loket eval run --mode retrieval`: how well articles are ranked, beside the plain recipes.

use ::eval::{
    Method, MethodRow, RetrievalReport, RunFacts, report,
    retrieval::{self, Ranking, RetrievalOptions},
};
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;

use super::{
    Prepared, journal, percent, prepare,
    run::{facts, jobs},
    write_lines, write_report,
};
use crate::{
    Output, args,
    commands::{Context, End},
};

pub(super) fn run(args: &args::EvalRun, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    anyhow::ensure!(
        args.floors.is_none(),
        "`--floors` is of answers; use `--min-success-at-3`, or another `--mode`"
    );
    let Prepared {
        set,
        engine,
        config,
    } = prepare(&args.input, false, context)?;
    let jobs = jobs(args.jobs, false);
    let mut facts = facts(
        args,
        RunFacts::new(&set, args.mode.name(), config, Timestamp::now(), jobs),
    );
    let baselines = !args.no_baselines;
    let kept = format!(
        "baselines {baselines}, candidates {}",
        args.signals.is_some()
    );
    let (mut record, finished) =
        journal::open(args, "ranking", &mut facts, &engine, kept, context)?;
    let options = RetrievalOptions {
        now: facts.started,
        jobs,
        baselines,
        candidates: args.signals.is_some(),
        finished,
        facts,
    };
    let run = retrieval::run(
        &engine,
        set.questions(),
        options,
        &mut |ranking: &Ranking| record.add(&ranking.id, ranking),
    );
    let run = run.context("ranking articles")?;
    record.end_progress();
    if let Some(path) = &args.html {
        let page = report::retrieval_page(&run.report)?;
        fs_err::write(path, page).context("writing the page of the report")?;
    }
    if let Some(path) = &args.signals {
        write_lines(path, &run.candidates)?;
    }
    write_report(args.json.as_deref(), &run.report, context, print)?;
    record.remove()?;
    let reached = run
        .report
        .rows
        .iter()
        .find(|row| row.method == Method::Loket)
        .map_or(0.0, |row| row.success_at_3.mean);
    super::run::gate(&[("success@3", reached, args.min_success_at_3)], context)
}

fn print(report: &RetrievalReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "language",
        "method",
        "questions",
        "S@1",
        "S@3",
        "S@5",
        "R@10",
        "MRR@10",
        "nDCG@10",
        "S@5, 95 %",
    ]);
    for row in &report.rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(
        out,
        "generation {}, encoder {}",
        report.generation, report.encoder
    )?;
    out.flush()?;
    Ok(())
}

fn cells(row: &MethodRow) -> [String; 10] {
    let interval = row.success_at_5;
    [
        row.language.clone(),
        row.method.name().to_owned(),
        interval.n.to_string(),
        percent(row.success_at_1),
        percent(row.success_at_3),
        percent(interval),
        percent(row.recall_at_10),
        format!("{:.3}", row.mrr_at_10.mean),
        format!("{:.3}", row.ndcg_at_10.mean),
        format!("{:.1}–{:.1}", interval.low * 100.0, interval.high * 100.0),
    ]
}
