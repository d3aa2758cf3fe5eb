//! `loket keys`: who may call the HTTP interface.

use anyhow::Context as _;
use comfy_table::{Table, presets};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use server::{KeyFile, KeyRecord, Revoked, Scope};

use super::{Context, End};
use crate::{
    args::{Expiry, KeysCommand, ScopeArgument},
    output::printable,
};

/// Longest name, in characters.
const MAX_NAME: usize = 100;

pub(super) fn run(args: &KeysCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let file = KeyFile::new(&context.config.index.data_dir);
    let now = Timestamp::now();
    match args {
        KeysCommand::Create {
            scope,
            name,
            expires,
            format,
        } => create(&file, *scope, name, *expires, now, format.json, context)
            .context("making a key")?,
        KeysCommand::List { format } => {
            list(&file, now, format.json, context).context("listing keys")?;
        }
        KeysCommand::Revoke { id, format } => {
            revoke(&file, id, now, format.json, context).context("revoking a key")?;
        }
    }
    context.out.flush()?;
    Ok(End::Done)
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::Widget => Self::Widget,
            ScopeArgument::Backend => Self::Backend,
            ScopeArgument::Admin => Self::Admin,
        }
    }
}

fn create(
    file: &KeyFile,
    scope: ScopeArgument,
    name: &str,
    expires: Option<Expiry>,
    now: Timestamp,
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        name.chars().count() <= MAX_NAME && !name.contains(char::is_control),
        "`--name` takes at most {MAX_NAME} characters on one line"
    );
    let expires_at = expires.map(|when| end(when, now)).transpose()?;
    let is_first = file.read()?.is_none();
    let (record, key) = file.create(scope.into(), name, expires_at, now)?;
    if json {
        let mut shown = shown(&record, now);
        shown["key"] = key.reveal().into();
        return Ok(context.out.json(&shown)?);
    }
    writeln!(context.out, "{}", key.reveal())?;
    writeln!(
        context.err,
        "loket: this is the only time the key is shown; its id is {}",
        record.id
    )?;
    if !context.tenants.is_empty() {
        writeln!(
            context.err,
            "loket: it opens what is of the deployment, its metrics; a key for a help center is made with `--tenant`"
        )?;
    } else if is_first {
        writeln!(
            context.err,
            "loket: from now on nobody is served without a key or a token"
        )?;
    }
    Ok(())
}

fn end(when: Expiry, now: Timestamp) -> anyhow::Result<Timestamp> {
    let end = match when {
        Expiry::At(at) => at,
        Expiry::After(span) => now
            .to_zoned(TimeZone::UTC)
            .checked_add(span)
            .context("`--expires` is too far away")?
            .timestamp(),
    };
    anyhow::ensure!(end > now, "`--expires` is not in the future");
    Ok(end)
}

fn list(
    file: &KeyFile,
    now: Timestamp,
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<()> {
    let keys = file.read()?.unwrap_or_default();
    if json {
        let keys: Vec<Value> = keys.iter().map(|key| shown(key, now)).collect();
        return Ok(context.out.json(&json!({ "keys": keys }))?);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["id", "scope", "state", "created", "expires", "name"]);
    let day = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
    for key in &keys {
        table.add_row([
            key.id.clone(),
            key.scope.code().to_owned(),
            key.state(now).code().to_owned(),
            day(key.created_at),
            key.expires_at.map_or_else(|| "never".to_owned(), day),
            printable(&key.name),
        ]);
    }
    writeln!(context.out, "{}", table.trim_fmt())?;
    Ok(())
}

fn revoke(
    file: &KeyFile,
    id: &str,
    now: Timestamp,
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<()> {
    // Whoever pastes the whole key means its id; its secret must not be printed.
    let id = match id.strip_prefix("lk_").and_then(|key| key.split_once('_')) {
        Some((id, _)) => id,
        None => id,
    };
    let was = file.revoke(id, now)?;
    if json {
        let is_new = was == Revoked::Now;
        return Ok(context
            .out
            .json(&json!({ "id": id, "state": "revoked", "changed": is_new }))?);
    }
    match was {
        Revoked::Now => writeln!(context.out, "{id} is revoked")?,
        Revoked::Before => writeln!(context.out, "{id} was revoked before")?,
    }
    Ok(())
}

fn shown(key: &KeyRecord, now: Timestamp) -> Value {
    json!({
        "id": key.id,
        "scope": key.scope.code(),
        "name": key.name,
        "state": key.state(now).code(),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    })
}
