//! `loket store`: the state store as a whole.

use anyhow::{Context as _, bail};
use comfy_table::{Table, presets};
use support::Store;

use super::{Context, End, receipts, state::Place};
use crate::args::StoreCommand;

pub(super) fn run(args: &StoreCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let StoreCommand::Copy { format } = args;
    let data_dir = context.config.index.data_dir.clone();
    if !Store::exists(&data_dir) {
        bail!(
            "there is no state store in `{}`; name the data folder with `--data-dir`",
            data_dir.display()
        );
    }
    context
        .config
        .postgres
        .validate()
        .context("copying the state store: write where PostgreSQL is into `[postgres]`")?;
    let target = Place::Postgres(Box::new(context.config.postgres.clone()));
    let copied = receipts::runtime()?
        .block_on(async {
            let from = Store::open(&data_dir).await?;
            let to = target.open().await?;
            let copied = from.copy_to(&to).await;
            from.close().await;
            to.close().await;
            anyhow::Ok(copied?)
        })
        .context("copying the state store; nothing was copied")?;
    if format.json {
        let rows: serde_json::Map<String, serde_json::Value> = copied
            .iter()
            .map(|(table, n)| ((*table).to_owned(), (*n).into()))
            .collect();
        context.out.json(&rows)?;
        return Ok(End::Done);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["table", "rows"]);
    for (name, n) in &copied {
        table.add_row([(*name).to_owned(), n.to_string()]);
    }
    writeln!(context.out, "{}", table.trim_fmt())?;
    writeln!(
        context.out,
        "copied to {target}; set `index.engine` to `postgres` before the service starts again"
    )?;
    context.out.flush()?;
    Ok(End::Done)
}
