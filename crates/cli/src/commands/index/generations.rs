//! The generations that are kept: listed, and gone back to.

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use indexer::Kept;
use serde::Serialize;
use serde_json::json;

use crate::{
    commands::{Context, End},
    failure,
};

pub(super) fn roll_back(as_json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let rolled = context
        .store()?
        .roll_back()
        .context("going back to the generation before")?;
    if as_json {
        context
            .out
            .json(&json!({ "from": rolled.from, "generation": rolled.to }))?;
    } else {
        writeln!(
            context.out,
            "generation {} serves again instead of {}\n\
             the articles are as they were: change them back, or the next `loket index` brings in what was left",
            rolled.to, rolled.from
        )?;
        context.out.flush()?;
    }
    Ok(End::Done)
}

pub(super) fn list(as_json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let store = context.store()?;
    let kept = store.kept().context("listing the generations")?;
    let rows: Vec<Row> = kept.into_iter().map(Row::from).collect();
    if as_json {
        context.out.json(&json!({ "generations": rows }))?;
        return Ok(End::Done);
    }
    if rows.is_empty() {
        writeln!(
            context.out,
            "there is no index in `{}`; build it with `loket index`",
            store.dir().display()
        )?;
        return Ok(End::Done);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["generation", "built", "articles", "passages", "MB", "state"]);
    for row in &rows {
        let number = |n: Option<usize>| n.map_or_else(String::new, |n| n.to_string());
        table.add_row([
            row.generation.clone(),
            row.built_at.map_or_else(String::new, |at| {
                let local = at.to_zoned(jiff::tz::TimeZone::system());
                local.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }),
            number(row.articles),
            number(row.passages),
            row.bytes
                .map_or_else(String::new, |n| format!("{:.1}", n as f64 / 1e6)),
            row.state(),
        ]);
    }
    for column in 2..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.lines() {
        writeln!(context.out, "{}", line.trim_end())?;
    }
    context.out.flush()?;
    Ok(End::Done)
}

/// A generation as it is shown.
#[derive(Debug, Serialize)]
struct Row {
    generation: String,
    serves: bool,
    /// Whether `--rollback` goes to it.
    before: bool,
    built_at: Option<jiff::Timestamp>,
    articles: Option<usize>,
    passages: Option<usize>,
    bytes: Option<u64>,
    /// What is wrong with it.
    damage: Option<String>,
}

impl From<Kept> for Row {
    fn from(kept: Kept) -> Self {
        let (contents, damage) = match kept.contents {
            Ok(contents) => (Some(contents), None),
            Err(damage) => (None, Some(failure::line(&damage.into()))),
        };
        Self {
            generation: kept.id,
            serves: kept.serves,
            before: kept.is_before,
            built_at: contents.as_ref().map(|known| known.built_at),
            articles: contents.as_ref().map(|known| known.n_articles),
            passages: contents.as_ref().map(|known| known.n_passages),
            bytes: contents.as_ref().map(|known| known.n_bytes),
            damage,
        }
    }
}

impl Row {
    fn state(&self) -> String {
        let place = if self.serves {
            "serves"
        } else if self.before {
            "before; `loket index --rollback` goes back to it"
        } else {
            "left by a rollback; the next build removes it"
        };
        match &self.damage {
            Some(damage) => format!("{place}; {damage}"),
            None => place.to_owned(),
        }
    }
}
