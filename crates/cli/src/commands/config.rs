//! `loket config`: are the settings right, and what are they.

use anyhow::Context as _;
use serde_json::json;
use server::Access;

use super::{Context, End};
use crate::args::ConfigCommand;

pub(super) fn run(args: ConfigCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    match args {
        ConfigCommand::Check(format) => {
            context.refuse_failed()?;
            // The settings were read and checked on the way here; what is left is what they refer to.
            context.models()?.check_keys()?;
            context.access().context("checking who may connect")?;
            for tenant in &context.tenants {
                let config = &tenant.config;
                Access::open(&config.index.data_dir, &config.server).with_context(|| {
                    format!(
                        "checking who may connect to help center `{}`",
                        tenant.name()
                    )
                })?;
            }
            if format.json {
                context.out.json(&json!({ "valid": true }))?;
            } else {
                writeln!(context.out, "the settings are valid")?;
            }
        }
        ConfigCommand::Print(format) => {
            let table = context.config.to_toml().context("printing the settings")?;
            if format.json {
                context.out.json(&table)?;
            } else {
                let text = toml::to_string_pretty(&table).context("printing the settings")?;
                write!(context.out, "{text}")?;
            }
        }
    }
    context.out.flush()?;
    Ok(End::Done)
}
