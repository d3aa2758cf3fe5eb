//! Several help centers, served by one process.
//!
//! What is wrong with one is told and keeps no other from being served: its settings, its articles, its index, its keys, its
//! state store.

use std::sync::Arc;

use anyhow::Context as _;
use server::{Access, AppState, Deployment, FailedTenant, Machine};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::{EngineLoader, LoadedModels, asked_to_stop, keep_in, listen, open_store};
use crate::{
    args,
    commands::{Context, End, state::Place, store_of},
    config::{Failed, Tenant},
    failure, limits,
};

pub(super) fn run(args: &args::Serve, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let access = context.access().context("starting the service")?;
    limits::raise_open_files();
    let models = LoadedModels::of(context)?;
    let machine = Machine::start(context.config.server.answer_threads);
    let mut served = Vec::new();
    for tenant in std::mem::take(&mut context.tenants) {
        served.push((
            state_of(&tenant, &machine, &models, context)?,
            Place::of(&tenant.config),
        ));
    }
    let failed = std::mem::take(&mut context.failed).into_iter();
    let failed = failed.filter_map(told).collect();
    let (runtime, listener) = listen(args, context)?;
    let states = served.iter().map(|(state, _)| state.clone()).collect();
    let config = context.config.server.clone();
    let deployment = Deployment::new(config, &machine, access, states, failed);
    let err = &mut *context.err;
    runtime.block_on(async {
        // At the same time: where the database is away, each would have to be waited for.
        let mut opening = JoinSet::new();
        for (state, place) in served {
            let span = state.span();
            let open = async move {
                let opened = place.open().await;
                (state, place, opened)
            };
            opening.spawn(open.instrument(span));
        }
        while let Some(joined) = opening.join_next().await {
            let Ok((state, place, opened)) = joined else {
                continue;
            };
            let span = state.span();
            match opened {
                Ok(store) => keep_in(&state, &store).instrument(span).await,
                Err(error) => {
                    let line = failure::line(&error.into());
                    writeln!(
                        err,
                        "loket: help center `{}`: keeping no receipts, and no hand-off can be accepted: {line}",
                        state.tenant_name().unwrap_or_default()
                    )
                    .ok();
                    tokio::spawn(open_store(place, state).instrument(span));
                }
            }
        }
        server::serve_all(listener, deployment, asked_to_stop()).await
    })?;
    // Work that is still running holds no data that could be lost.
    runtime.shutdown_background();
    Ok(End::Done)
}

/// A help center whose settings are wrong, of which the log is told; none where it has not even a name.
fn told(failed: Failed) -> Option<FailedTenant> {
    let Failed {
        named,
        file,
        config,
        error,
    } = failed;
    let error = failure::line(&error.into());
    tracing::error!(
        tenant = named.as_ref().map(|named| named.name.as_str()),
        file = %file.display(),
        error,
        "a help center is not served, because its settings are wrong; correct them until `loket config check` has nothing to say, \
         and restart the service"
    );
    Some(FailedTenant {
        tenant: named?,
        config: config.server,
        support: config.support,
    })
}

/// One help center, not loaded yet.
fn state_of(
    tenant: &Tenant,
    machine: &Machine,
    models: &Arc<LoadedModels>,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<AppState> {
    let (name, config) = (tenant.name(), &tenant.config);
    let store = store_of(config).with_context(|| format!("help center `{name}`"))?;
    // On a database an index made elsewhere may be served, and asking for it is for later.
    if !store.is_in_database()
        && store.current_id().is_none()
        && let Err(error) = fs_err::read_dir(&config.index.kb)
    {
        writeln!(
            context.err,
            "loket: help center `{name}`: every question goes to a person until there is an index, or articles to build one from: {error}"
        )?;
    }
    let (access, wrong) = Access::open_or_shut(&config.index.data_dir, &config.server);
    if let Some(wrong) = wrong {
        let line = failure::line(&wrong.into());
        writeln!(
            context.err,
            "loket: help center `{name}`: nobody is let in: {line}"
        )?;
    }
    let loader = EngineLoader::new(config, store, Arc::clone(models));
    let state = AppState::of_tenant(
        tenant.named.clone(),
        machine,
        config.server.clone(),
        config.support.clone(),
        Arc::new(loader),
    );
    state.protect(access);
    Ok(state)
}
