//! `loket diff`: which answers an edit of the articles changes.
//!
//! flags → two versions ([`sides`]) → both asked, as far as the edit can touch → a report in the terminal, as JSON, as
//! a page. What is compared and how is `eval::diff`; here are git, files and output.

use std::{path::Path, sync::Arc, time::Instant};

use ::eval::{
    JudgedQuestion,
    diff::{AskOptions, Compared, DiffReport, Side, Version, ask, page, report},
};
use answer::Engine;
use anyhow::Context as _;
use inference::{Encoder, encoder::Remembering};
use jiff::Timestamp;

use super::{Context, End};
use crate::{args, models::SharedWriter, progress};

mod git;
mod known;
mod print;
mod sides;

use known::KnownAnswers;

pub(super) fn run(args: &args::Diff, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let started = Instant::now();
    let kb = args.kb.as_ref().unwrap_or(&context.config.index.kb);
    let kb = fs_err::canonicalize(kb).context("finding the articles")?;
    // First what may be wrong with the flags, then what takes time.
    let wanted = sides::choose(args, &kb)?;
    let questions = questions(args, &kb)?;
    let mode = args.mode.wording();
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let writer = if mode == answer::Mode::Extractive {
        None
    } else {
        context.writer(&models)?
    };
    let sides = sides::index(&wanted, &kb, &*encoder, context)?;
    // What both versions share is encoded once.
    let encoder: Arc<dyn Encoder> = Arc::new(Remembering::new(encoder));
    let base = engine(&sides.base.snapshot, &encoder, writer.as_ref(), context)?;
    let head = engine(&sides.head.snapshot, &encoder, writer.as_ref(), context)?;
    let answers = KnownAnswers::of(&sides.folder, &context.config.answer);
    let (mut old, mut new) = (answers.read(&base), answers.read(&head));
    let bar = progress::Count::new("asking", context.err);
    let asked = ask(
        &mut Side {
            engine: &base,
            known: &mut old,
        },
        &mut Side {
            engine: &head,
            known: &mut new,
        },
        &questions,
        AskOptions {
            mode,
            now: Timestamp::now(),
            all: args.all,
        },
        &mut |done| bar.show(done, questions.len()),
    )
    .context("asking both versions")?;
    drop(bar);
    answers.keep(&[(&base, &old), (&head, &new)])?;
    let versions = |engine: &Engine| Version::all(engine.snapshot());
    let compared = Compared {
        base: (sides.base.name, versions(&base)),
        head: (sides.head.name, versions(&head)),
        mode,
        fail_on: args.fail_on.as_ref().map_or_else(
            || context.config.diff.fail_on.clone(),
            |fail_on| fail_on.0.clone(),
        ),
        left_out: sides.left_out,
    };
    let mut report = report(compared, &questions, &asked);
    report.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    write(args, &report, context)?;
    Ok(if report.passes() {
        End::Done
    } else {
        End::Missed
    })
}

/// Reads the questions: those named, else those that lie beside the articles.
fn questions(args: &args::Diff, kb: &Path) -> anyhow::Result<Vec<JudgedQuestion>> {
    let beside = kb.join("questions.jsonl");
    let path = args.questions.as_deref().unwrap_or(&beside);
    let text = fs_err::read_to_string(path)
        .context("reading the questions; name a file of them with `--questions FILE`")?;
    ::eval::read(&text).with_context(|| format!("reading `{}`", path.display()))
}

fn engine(
    snapshot: &Arc<indexer::Snapshot>,
    encoder: &Arc<dyn Encoder>,
    writer: Option<&SharedWriter>,
    context: &Context<'_, '_>,
) -> anyhow::Result<Engine> {
    let mut config = context.config.answer.clone();
    // Every answer is made anew: one that is remembered would be told from the other side's by its history.
    config.memory.enabled = false;
    Engine::new(
        Arc::clone(snapshot),
        Arc::clone(encoder),
        writer.cloned(),
        config,
    )
    .context("opening the index")
}

fn write(
    args: &args::Diff,
    report: &DiffReport,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<()> {
    if let Some(path) = &args.html {
        let page = page(report).context("writing the page")?;
        fs_err::write(path, page).context("writing the page")?;
    }
    match args.json.as_deref() {
        Some(path) if path == Path::new("-") => {
            context.out.json(report)?;
            return Ok(());
        }
        Some(path) => {
            let mut text = serde_json::to_string_pretty(report).context("writing the report")?;
            text.push('\n');
            fs_err::write(path, text).context("writing the report")?;
        }
        None => {}
    }
    print::print(report, context.out)?;
    for path in [&args.html, &args.json].into_iter().flatten() {
        writeln!(context.out, "written to {}", path.display())?;
    }
    context.out.flush()?;
    Ok(())
}
