//! `loket index`: articles to a new generation, and what changed; the generations that are kept, and going back.

use std::io;

use anyhow::Context as _;
use indexer::{Builder, Built, IndexStore};

use super::{Context, End};
use crate::args;

mod generations;
pub(super) mod summary;

use summary::Summary;

/// What `loket diff` and `loket eval` keep below the data directory: articles as they were, which a purge removes, too.
const OTHERS: [&str; 2] = ["diff", "eval"];

pub(super) fn run(args: &args::Index, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if args.list {
        return generations::list(args.format.json, context);
    }
    if args.rollback {
        return generations::roll_back(args.format.json, context);
    }
    let models = context.models()?;
    let kb = args
        .kb
        .clone()
        .unwrap_or_else(|| context.config.index.kb.clone());
    let encoder = context.encoder(&models)?;
    let store = context.store()?;
    let left = left_by_a_rollback(&store);
    let options = context.build_options(args.full);
    let mut builder = Builder::new(kb.clone(), store.clone(), options);
    let built = context.built(&mut builder, &*encoder)?;
    let mut summary = Summary::of(&kb, &built);
    summary.rolled_back = left.filter(|_| built.report.is_new);
    if args.purge {
        summary.purged = Some(purge(&store, built, context)?);
    }
    if args.format.json {
        context.out.json(&summary.report())?;
    } else {
        summary.print(context.out)?;
    }
    let missed = args.strict && summary.has_warnings();
    Ok(if missed { End::Missed } else { End::Done })
}

/// Removes what is kept of earlier versions of the articles; gives the names of the generations removed.
fn purge(
    store: &IndexStore,
    built: Built,
    context: &Context<'_, '_>,
) -> anyhow::Result<Vec<String>> {
    // An open file keeps its bytes on the disk.
    drop(built);
    let removed = store.purge()?;
    for other in OTHERS {
        let folder = context.config.index.data_dir.join(other);
        match fs_err::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).context("removing what is kept of earlier versions");
            }
            _ => {}
        }
    }
    Ok(removed)
}

/// The generation that was left when the one that serves was gone back to.
fn left_by_a_rollback(store: &IndexStore) -> Option<String> {
    let current = store.current_id()?;
    let kept = store.kept().ok()?;
    let mut newer = kept.into_iter().map(|kept| kept.id);
    newer.find(|id| *id > current)
}
