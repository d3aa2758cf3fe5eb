//! The commands: each loads what it needs, does one thing, prints it, and says how it ended.

mod answer;
mod ask;
mod check;
mod config;
mod diff;
mod eval;
mod gaps;
mod handoff;
mod index;
mod keys;
mod models;
mod receipts;
mod search;
mod serve;
mod serve_models;
mod state;
mod store;
mod support;
mod tenants;
mod watch;

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use indexer::{BuildOptions, Builder, Built, IndexStore, OpenError, Postgres, Snapshot};
use inference::{Encoder, ModelEntry};
use server::Access;

use crate::{
    Config, Output,
    args::{Command, Shared},
    config::{self as settings, Failed, IndexEngine, Settings, Tenant},
    logs,
    models::{Models, SharedWriter, load_encoder, load_writer},
    progress,
};

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Done, or answered.
    Done,
    /// A gate was missed, or a person takes over.
    Missed,
}

/// What every command has: the settings, and where to write.
#[derive(Debug)]
pub struct Context<'c, 'a> {
    config: Config,
    /// The help centers of the settings, where there are several and none was named.
    tenants: Vec<Tenant>,
    /// Those among them whose settings are wrong.
    failed: Vec<Failed>,
    out: &'c mut Output<'a>,
    err: &'c mut Output<'a>,
}

/// Runs `command`.
///
/// # Errors
/// Whatever kept it from doing what it was asked, with the step that failed.
pub fn run(command: Command, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    match command {
        Command::Ask(args) => ask::run(&args, context),
        Command::Answer(args) => answer::run(&args, context),
        Command::Handoff(args) => handoff::run(&args, context),
        Command::Support(args) => support::run(&args, context),
        Command::Store(args) => store::run(&args, context),
        Command::Keys(args) => keys::run(&args, context),
        Command::Index(args) => index::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Gaps(args) => gaps::run(&args, context),
        Command::Watch(args) => watch::run(&args, context),
        Command::Search(args) => search::run(&args, context),
        Command::Serve(args) => serve::run(&args, context),
        Command::ServeModels(args) => serve_models::run(&args, context),
        Command::Models(args) => models::run(args, context),
        Command::Eval(args) => eval::run(&args, context),
        Command::Config(args) => config::run(args, context),
        Command::Tenants(format) => tenants::run(format, context),
    }
}

impl<'c, 'a> Context<'c, 'a> {
    /// Loads the settings and starts the log.
    ///
    /// # Errors
    /// When the settings are wrong, or `command` works on one help center and it is not clear on which.
    pub fn new(
        shared: &Shared,
        command: &Command,
        out: &'c mut Output<'a>,
        err: &'c mut Output<'a>,
    ) -> anyhow::Result<Self> {
        let flags = |config: &mut Config| {
            if let Some(dir) = &shared.data_dir {
                config.index.data_dir.clone_from(dir);
            }
            if let Some(dir) = &shared.models_dir {
                config.models.dir.clone_from(dir);
            }
            config.models.offline |= shared.offline;
        };
        let settings = settings::load_all(shared.config.as_deref(), std::env::vars_os(), flags)
            .context("reading the settings")?;
        let settings = of_tenant(settings, shared.tenant.as_deref(), command)?;
        logs::start(&settings.config.log, shared.verbose);
        Ok(Self {
            config: settings.config,
            tenants: settings.tenants,
            failed: settings.failed,
            out,
            err,
        })
    }

    /// Fails where the settings of a help center are wrong, with what is wrong in each.
    fn refuse_failed(&mut self) -> anyhow::Result<()> {
        let mut failed = std::mem::take(&mut self.failed).into_iter();
        let Some(first) = failed.next() else {
            return Ok(());
        };
        for other in failed {
            let line = crate::failure::line(&other.error.into());
            writeln!(self.err, "loket: reading the settings: {line}")?;
        }
        Err(first.error).context("reading the settings")
    }

    /// The keys and tokens of the data directory; refuses an address that they do not protect, or those of a help center of
    /// several do not.
    fn access(&self) -> anyhow::Result<Access> {
        let server = &self.config.server;
        let access = Access::open(&self.config.index.data_dir, server)?;
        if self.tenants.is_empty() {
            server::check_address(server.bind, access.has_keys()).context("`server.bind`")?;
            return Ok(access);
        }
        let mut without = Vec::new();
        for tenant in &self.tenants {
            let config = &tenant.config;
            // What is wrong with one is told where it is served, and keeps no other from being.
            let (of_tenant, _) = Access::open_or_shut(&config.index.data_dir, &config.server);
            if !of_tenant.has_keys() {
                without.push(&tenant.named.name);
            }
        }
        server::check_tenants(server.bind, access.has_keys(), &without).context("`server.bind`")?;
        Ok(access)
    }

    fn models(&self) -> anyhow::Result<Models> {
        Models::of(&self.config)
    }

    /// The models of this process, without regard to endpoints.
    fn local_models(&self) -> anyhow::Result<Models> {
        Models::new(&self.config.models)
    }

    /// Where the index lies.
    fn store(&self) -> anyhow::Result<IndexStore> {
        store_of(&self.config)
    }

    /// Pulls and loads the configured encoder, or reaches it.
    fn encoder(&mut self, models: &Models) -> anyhow::Result<Arc<dyn Encoder>> {
        if let Some(remote) = models.remote_encoder()? {
            return Ok(remote);
        }
        let entry = models.encoder()?;
        let files = models
            .pull(entry, self.err)
            .with_context(|| format!("getting the encoder `{}`", entry.id))?;
        load_encoder(entry, &files)
    }

    /// Makes the configured writer ready, pulled and loaded where it runs here; `None` when answers are not worded.
    fn writer(&mut self, models: &Models) -> anyhow::Result<Option<SharedWriter>> {
        let local = match models.writer()? {
            None => None,
            Some(entry) => match self.local_writer(models, entry) {
                Ok(local) => Some(local),
                // An endpoint can do without what stands in for it.
                Err(failure) if models.has_remote_writer() => {
                    let line = crate::failure::line(&failure);
                    writeln!(
                        self.err,
                        "loket: no writer stands in for the endpoint: {line}"
                    )?;
                    None
                }
                Err(failure) => return Err(failure),
            },
        };
        models.writer_with(local)
    }

    /// Pulls and loads `entry`.
    fn local_writer(
        &mut self,
        models: &Models,
        entry: &ModelEntry,
    ) -> anyhow::Result<SharedWriter> {
        let files = models
            .pull(entry, self.err)
            .with_context(|| format!("getting the writer `{}`", entry.id))?;
        load_writer(entry, &files)
    }

    /// How the settings have an index built.
    const fn build_options(&self, full: bool) -> BuildOptions {
        build_options_of(&self.config, full)
    }

    /// Brings an index up to date, with progress where someone watches.
    fn built(&mut self, builder: &mut Builder, encoder: &dyn Encoder) -> anyhow::Result<Built> {
        let bar = progress::Count::new("encoding passages", self.err);
        let built = builder.build(encoder, &mut |step| bar.build(step));
        let built = built.context("building the index")?;
        for rejected in &built.report.rejected {
            tracing::info!(
                path = rejected.path,
                line = rejected.line,
                reason = rejected.reason,
                "rejected"
            );
        }
        Ok(built)
    }

    /// Brings the index in `store` up to date with the articles in `kb` and opens it.
    fn build(
        &mut self,
        kb: &Path,
        store: IndexStore,
        encoder: &dyn Encoder,
    ) -> anyhow::Result<Arc<Snapshot>> {
        let mut builder = Builder::new(kb.to_owned(), store, self.build_options(false));
        Ok(self.built(&mut builder, encoder)?.snapshot)
    }

    /// The index as it serves now; built first when there is none, none is intact, or it is another
    /// encoder's.
    fn snapshot(&mut self, encoder: &dyn Encoder) -> anyhow::Result<Arc<Snapshot>> {
        let store = self.store()?;
        let kb = self.config.index.kb.clone();
        if let Some(snapshot) = usable(&store, encoder, None)? {
            return Ok(Arc::new(snapshot));
        }
        if self.err.is_terminal() {
            writeln!(self.err, "indexing `{}` …", kb.display())?;
        }
        self.build(&kb, store, encoder)
    }
}

/// The settings `command` works with: those of the help center that is named, where there are several.
fn of_tenant(
    settings: Settings,
    named: Option<&str>,
    command: &Command,
) -> anyhow::Result<Settings> {
    let Settings {
        config,
        tenants,
        mut failed,
    } = settings;
    let names = settings::names(&tenants);
    match named {
        None if tenants.is_empty() || !command.is_of_one() => Ok(Settings {
            config,
            tenants,
            failed,
        }),
        None => {
            bail!("these settings have several help centers; name one with `--tenant`: {names}")
        }
        Some(name) if tenants.is_empty() => bail!(
            "there is no help center `{name}`: these settings have one help center; leave `--tenant` out, or set `tenants.dir`"
        ),
        Some(name) => {
            let is_named = |failed: &Failed| failed.name().is_some_and(|of| of.as_str() == name);
            if let Some(index) = failed.iter().position(is_named) {
                return Err(failed.swap_remove(index).error).context("reading the settings");
            }
            let tenant = tenants.into_iter().find(|tenant| tenant.name() == name);
            let tenant = tenant
                .with_context(|| format!("there is no help center `{name}`; there are {names}"))?;
            Ok(Settings {
                config: tenant.config,
                tenants: Vec::new(),
                failed: Vec::new(),
            })
        }
    }
}

/// Where the index of these settings lies.
fn store_of(config: &Config) -> anyhow::Result<IndexStore> {
    let index = &config.index;
    let store = IndexStore::new(&index.data_dir);
    Ok(match index.engine {
        IndexEngine::Embedded => store,
        IndexEngine::Postgres => {
            let postgres = Postgres::new(&config.postgres, index.postgres_options())?;
            store.in_database(postgres)
        }
    })
}

/// How these settings have an index built.
const fn build_options_of(config: &Config, full: bool) -> BuildOptions {
    BuildOptions {
        full,
        passage_tokens: config.index.passage_tokens,
    }
}

/// The index in `store`, if it is intact and of this encoder. One that cannot be read is a failure: building
/// another would not help. What `open` has of it is not read again.
fn usable(
    store: &IndexStore,
    encoder: &dyn Encoder,
    open: Option<&Snapshot>,
) -> anyhow::Result<Option<Snapshot>> {
    match store.open_beside(open) {
        Ok(opened) => {
            if let Some(fallback) = &opened.fallback {
                let damage = &fallback.damage as &dyn std::error::Error;
                tracing::warn!(
                    wanted = fallback.wanted,
                    serving = opened.snapshot.generation(),
                    damage,
                    "the newest generation is damaged, an older one stands in; run `loket index`"
                );
            }
            let fits = opened.snapshot.encoder_id() == encoder.id();
            Ok(Some(opened.snapshot).filter(|_| fits))
        }
        Err(OpenError::Missing { .. }) => Ok(None),
        Err(OpenError::Damaged { source, .. }) => {
            let damage = &source as &dyn std::error::Error;
            tracing::warn!(damage, "no generation is intact, building a new one");
            Ok(None)
        }
        Err(error) => Err(error).context("opening the index"),
    }
}
