//! `loket tenants`: which help centers the settings have, and what each serves.

use anyhow::bail;
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use server::Access;

use super::{Context, End, store_of};
use crate::{
    args::Format,
    config::{Failed, Tenant},
};

pub(super) fn run(format: Format, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if context.tenants.is_empty() {
        bail!(
            "these settings are of one help center; set `tenants.dir` to the folder of several, and leave `--tenant` out"
        );
    }
    let rows: Vec<Row> = context.tenants.iter().map(Row::of).collect();
    if format.json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        let failed: Vec<Value> = context.failed.iter().map(failed).collect();
        context
            .out
            .json(&json!({ "tenants": rows, "failed": failed }))?;
        context.refuse_failed()?;
        return Ok(End::Done);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "name",
        "hosts",
        "articles",
        "data",
        "generation",
        "keys",
    ]);
    for row in rows {
        table.add_row([
            row.name,
            if row.hosts.is_empty() {
                "none".to_owned()
            } else {
                row.hosts.join(", ")
            },
            row.articles,
            row.data,
            row.generation.unwrap_or_else(|| "none".to_owned()),
            row.keys.to_owned(),
        ]);
    }
    writeln!(context.out, "{}", table.trim_fmt())?;
    context.out.flush()?;
    context.refuse_failed()?;
    Ok(End::Done)
}

/// One that is not served. Why not is told where failures are.
fn failed(failed: &Failed) -> Value {
    json!({
        "name": failed.name().map(ToString::to_string),
        "hosts": failed.named.iter().flat_map(|named| &named.hosts).map(ToString::to_string).collect::<Vec<_>>(),
        "file": failed.file.display().to_string(),
    })
}

struct Row {
    name: String,
    hosts: Vec<String>,
    articles: String,
    data: String,
    generation: Option<String>,
    keys: &'static str,
}

impl Row {
    fn of(tenant: &Tenant) -> Self {
        let config = &tenant.config;
        // What cannot be told of one is no reason to tell nothing of the others.
        let generation = store_of(config).ok().and_then(|store| store.current_id());
        let keys = match Access::open_or_shut(&config.index.data_dir, &config.server) {
            (_, Some(_)) => "damaged",
            (access, None) if access.has_keys() => "yes",
            (_, None) => "no",
        };
        let hosts = tenant.named.hosts.iter();
        Self {
            name: tenant.name().to_owned(),
            hosts: hosts.map(ToString::to_string).collect(),
            articles: config.index.kb.display().to_string(),
            data: config.index.data_dir.display().to_string(),
            generation,
            keys,
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "hosts": self.hosts,
            "articles": self.articles,
            "data_dir": self.data,
            "generation": self.generation,
            "keys": self.keys,
        })
    }
}
