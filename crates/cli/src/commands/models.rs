//! `loket models`: what there is, fetching it, and whether it is what it should be.

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use inference::{ModelEntry, Presence};
use owo_colors::Style;
use serde::Serialize;
use serde_json::json;

use super::{Context, End};
use crate::{args, failure, models::Models};

pub(super) fn run(args: args::Models, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if let args::Models::Pull {
        from: Some(folder), ..
    } = &args
    {
        context.config.models.folder = Some(folder.clone());
    }
    let models = context.models()?;
    match args {
        args::Models::List { format } => list(&models, format.json, context),
        args::Models::Pull {
            ids, all, format, ..
        } => pull(&models, &wanted(&models, &ids, all)?, format.json, context),
        args::Models::Verify { ids, format } => verify(&models, &ids, format.json, context),
        args::Models::Path { id, format } => path(&models, id.as_deref(), format.json, context),
    }
}

/// A model as JSON.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    id: &'a str,
    role: &'static str,
    bytes: u64,
    licence: &'a str,
    languages: &'a [String],
    presence: &'static str,
    default: bool,
    configured: bool,
}

const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Verified => "verified",
        Presence::Unverified => "unverified",
        Presence::Damaged => "damaged",
        Presence::Missing => "missing",
    }
}

fn list(models: &Models, json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let configured = models.local()?;
    let listed: Vec<Listed<'_>> = models
        .catalogue
        .models()
        .iter()
        .map(|model| Listed {
            id: &model.id,
            role: model.role.as_str(),
            bytes: model.total_bytes(),
            licence: &model.licence,
            languages: &model.languages,
            presence: presence(models.store.presence(model)),
            default: model.default,
            configured: configured.iter().any(|other| other.id == model.id),
        })
        .collect();
    if json {
        context
            .out
            .json(&json!({ "dir": models.store.dir(), "models": listed }))?;
        return Ok(End::Done);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["id", "role", "size", "licence", "present", "used"]);
    for model in &listed {
        let used = match (model.configured, model.default) {
            (true, true) => "yes, default",
            (true, false) => "yes",
            (false, true) => "default",
            (false, false) => "",
        };
        let present = match model.presence {
            "verified" => "yes",
            "missing" => "no",
            other => other,
        };
        let size = indicatif::DecimalBytes(model.bytes).to_string();
        table.add_row([model.id, model.role, &size, model.licence, present, used]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(context.out, "{}", table.trim_fmt())?;
    context.out.flush()?;
    Ok(End::Done)
}

/// The models named by `ids`, else all, else the configured ones.
fn wanted<'a>(
    models: &'a Models,
    ids: &[String],
    all: bool,
) -> anyhow::Result<Vec<&'a ModelEntry>> {
    if all {
        return Ok(models.catalogue.models().iter().collect());
    }
    if ids.is_empty() {
        return models.local();
    }
    ids.iter().map(|id| models.get(id)).collect()
}

fn pull(
    models: &Models,
    wanted: &[&ModelEntry],
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let mut pulled = Vec::new();
    for model in wanted {
        let files = models
            .pull(model, context.err)
            .with_context(|| format!("getting `{}`", model.id))?;
        if json {
            let paths: Vec<_> = files.paths.values().collect();
            pulled.push(json!({ "id": model.id, "paths": paths }));
        } else {
            writeln!(context.out, "{} is in `{}`", model.id, files.dir.display())?;
        }
    }
    if json {
        context.out.json(&json!({ "models": pulled }))?;
    }
    context.out.flush()?;
    Ok(End::Done)
}

fn verify(
    models: &Models,
    ids: &[String],
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    // What was never pulled has nothing to verify, unless it is asked for by name.
    let chosen: Vec<&ModelEntry> = if ids.is_empty() {
        let all = models.catalogue.models().iter();
        all.filter(|model| models.store.presence(model) != Presence::Missing)
            .collect()
    } else {
        wanted(models, ids, false)?
    };
    let mut end = End::Done;
    let mut verified = Vec::new();
    for model in chosen {
        let result = models.store.verify(model);
        let problem = result
            .err()
            .map(|error| failure::line(&anyhow::Error::from(error)));
        if problem.is_some() {
            end = End::Missed;
        }
        if json {
            verified.push(json!({ "id": model.id, "ok": problem.is_none(), "problem": problem }));
            continue;
        }
        match problem {
            None => {
                let ok = context.out.paint("ok", Style::new().green());
                writeln!(context.out, "{ok} {}", model.id)?;
            }
            Some(problem) => {
                let wrong = context.out.paint("wrong", Style::new().red().bold());
                writeln!(context.out, "{wrong} {}: {problem}", model.id)?;
            }
        }
    }
    if json {
        context.out.json(&json!({ "models": verified }))?;
    }
    context.out.flush()?;
    Ok(end)
}

fn path(
    models: &Models,
    id: Option<&str>,
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let path = match id {
        None => models.store.dir().to_owned(),
        Some(id) => {
            let model = models.get(id)?;
            let weights = model
                .files
                .first()
                .map(|file| models.store.path(model, file));
            weights.unwrap_or_else(|| models.store.folder_of(model))
        }
    };
    if json {
        context
            .out
            .json(&json!({ "path": path, "exists": path.exists() }))?;
    } else {
        writeln!(context.out, "{}", path.display())?;
    }
    context.out.flush()?;
    anyhow::ensure!(
        id.is_none() || path.exists(),
        "`{}` is not there; run `loket models pull {}`",
        path.display(),
        id.unwrap_or_default()
    );
    Ok(End::Done)
}
