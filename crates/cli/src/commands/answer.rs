//! `loket answer`: what was answered, and whether the articles still say it.

use ::answer::receipt::{Fate, Receipt, ReplayedQuote, is_unchanged, replay};
use anyhow::Context as _;
use indexer::{OpenError, Snapshot};
use serde_json::json;

use super::{Context, End, receipts, state::Place};
use crate::{args::AnswerCommand, output::printable};

pub(super) fn run(args: &AnswerCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let AnswerCommand::Replay { id, format } = args;
    let receipt = find(id, context)?;
    let index = context.store()?;
    // An empty id names no generation: the answer needed none.
    let then = index
        .open_generation(&receipt.generation)
        .context("opening the generation the answer was made from")?;
    let now = current(context)?;
    let quotes = replay(&receipt, then.as_ref(), now.as_ref())
        .context("reading the articles the answer was made from")?;
    let unchanged = is_unchanged(&quotes);
    if format.json {
        context.out.json(&json!({
            "unchanged": unchanged,
            "text": receipt.text(),
            "current_generation": now.as_ref().map(Snapshot::generation),
            "quotes": quotes,
            "receipt": receipt,
        }))?;
    } else {
        show(&receipt, &quotes, context)?;
    }
    Ok(if unchanged { End::Done } else { End::Missed })
}

fn find(id: &str, context: &Context<'_, '_>) -> anyhow::Result<Receipt> {
    let place = Place::of(&context.config);
    let stored = receipts::runtime()?.block_on(async {
        let store = place.open().await?;
        let stored = store.receipt(id).await?;
        store.close().await;
        anyhow::Ok(stored)
    });
    let stored = stored.context("reading the receipt")?.with_context(|| {
        format!(
            "there is no receipt of `{id}` in `{place}`; they are kept for {} days",
            context.config.support.store.receipts_days
        )
    })?;
    serde_json::from_str(&stored.body).with_context(|| format!("reading the receipt of `{id}`"))
}

/// The generation that serves, if there is one.
fn current(context: &Context<'_, '_>) -> anyhow::Result<Option<Snapshot>> {
    match context.store()?.open() {
        Ok(opened) => Ok(Some(opened.snapshot)),
        Err(OpenError::Missing { .. }) => Ok(None),
        Err(error) => Err(error).context("opening the index"),
    }
}

fn show(
    receipt: &Receipt,
    quotes: &[ReplayedQuote],
    context: &mut Context<'_, '_>,
) -> anyhow::Result<()> {
    let text = printable(&receipt.text());
    if !text.is_empty() {
        writeln!(context.out, "{text}\n")?;
    }
    let reason = match &receipt.reason {
        Some(reason) => format!(" ({reason})"),
        None => String::new(),
    };
    let generation = match receipt.generation.as_str() {
        "" => "-",
        id => id,
    };
    let (made_at, outcome) = (receipt.made_at, &receipt.outcome);
    writeln!(
        context.out,
        "{made_at} {outcome}{reason} from generation {generation}"
    )?;
    for quote in quotes {
        let fate = |fate: Option<Fate>| match fate {
            None => "not on disk",
            Some(Fate::Same) => "same",
            Some(Fate::Moved) => "moved",
            Some(Fate::Gone) => "gone",
        };
        let place = &quote.quote;
        writeln!(
            context.out,
            "- {}.{} {}..{}: then {}, now {}",
            printable(place.article.as_str()),
            place.language,
            place.range.start,
            place.range.end,
            fate(quote.then),
            fate(quote.now),
        )?;
    }
    context.out.flush()?;
    Ok(())
}
