//! Several help centers: the settings of each, laid over those of the deployment.
//!
//! defaults < the deployment's `loket.toml` < `LOKET_<SECTION>__<KEY>` < the help center's `loket.toml` <
//! `LOKET_TENANT_<NAME>__<SECTION>__<KEY>`. A variable that names no help center is the deployment's: it would be the same for
//! all, so each may say otherwise.
//!
//! A help center says what is its own. What is of the process, such as models and the address, it cannot say; and what
//! says who it is or where its customers' words go, it inherits from nobody: articles, data, hosts, allowed origins, the
//! secret of tokens, destinations of hand-offs.
//!
//! What is wrong with the settings of one is its own matter ([`Failed`]), as long as one of the others is right.

use std::{
    ffi::OsString,
    io,
    path::{Component, Path, PathBuf},
};

use server::{Tenant as Named, TenantName};
use support::Secret;

use super::{
    Config, ConfigError, TenantConfig, TenantsConfig,
    layers::{self, Layered, Variable},
};

mod apart;
mod failed;
mod own;
#[cfg(test)]
mod tests;

pub use failed::Failed;

use apart::{apart, stays};
use own::{check_keys, inherited, lay_over, may_say, not_its_own};

/// The settings file of a help center, in its folder.
const FILE: &str = "loket.toml";

/// Folder of the articles, in the same.
const ARTICLES: &str = "knowledge_base";

/// Folder of the data of all help centers, below the deployment's.
const DATA: &str = "tenants";

/// Name of the file by which a remote encoder is known again, below the deployment's data directory.
const REFERENCE: &str = "encoder.json";

/// Fewest bytes of a secret that others may be made from; a shorter one is refused where it is used.
const SECRET_BYTES: usize = 32;

/// What secrets of tokens are made for. Never changes: all tokens would end.
const OF_TOKENS: &str = "loket 2026-11 secret of the tokens of one help center among several";

/// The least memory for articles that were read in a database, in megabytes.
const LEAST_CACHE_MB: usize = 32;

/// Settings of a deployment.
#[derive(Debug)]
pub struct Settings {
    /// Those of the only help center, or of the process that serves several.
    pub config: Config,
    /// Each of several, in the order of their names; none where there is one.
    pub tenants: Vec<Tenant>,
    /// Those of several whose settings are wrong.
    pub failed: Vec<Failed>,
}

/// One help center of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Its name and its hosts.
    pub named: Named,
    /// Its settings file.
    pub file: PathBuf,
    /// Its settings, those of the deployment among them.
    pub config: Config,
}

impl Tenant {
    /// Its name.
    pub fn name(&self) -> &str {
        self.named.name.as_str()
    }
}

/// Loads the settings as [`super::load`] does, has `adjust` lay flags over them, checks them, and does so for each of
/// several help centers.
///
/// # Errors
/// [`ConfigError`] for the first thing that is wrong with the deployment's settings, or with those of all help centers.
pub fn load_all(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    adjust: impl FnOnce(&mut Config),
) -> Result<Settings, ConfigError> {
    let Layered {
        table,
        mut config,
        of_tenants,
    } = layers::layered(file, variables)?;
    adjust(&mut config);
    config.validate()?;
    let (tenants, failed) = match config.tenants.dir.clone() {
        Some(dir) => read_all(&dir, &table, &config, &of_tenants)?,
        None => (Vec::new(), Vec::new()),
    };
    for variable in &of_tenants {
        let served = tenants.iter().map(|tenant| &tenant.named.name);
        let mut names = served.chain(failed.iter().filter_map(Failed::name));
        if !names.any(|name| name.with_underscores() == variable.tenant) {
            let remedy = match self::names(&tenants) {
                names if names.is_empty() => {
                    "`tenants.dir` names the folder where they lie".to_owned()
                }
                names => format!("there are {names}"),
            };
            return Err(ConfigError::NoTenant {
                name: variable.name.clone(),
                remedy,
            });
        }
    }
    Ok(Settings {
        config,
        tenants,
        failed,
    })
}

/// Names of help centers, to choose one from.
pub(crate) fn names(tenants: &[Tenant]) -> String {
    let names = tenants.iter().map(|tenant| format!("`{}`", tenant.name()));
    names.collect::<Vec<_>>().join(", ")
}

fn refused(path: &Path, problem: impl Into<String>) -> ConfigError {
    ConfigError::Tenant {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ConfigError {
    let path = path.to_owned();
    move |source| ConfigError::Read { path, source }
}

fn read_all(
    dir: &Path,
    deployment: &toml::Table,
    config: &Config,
    variables: &[Variable],
) -> Result<(Vec<Tenant>, Vec<Failed>), ConfigError> {
    let root = fs_err::canonicalize(dir).map_err(unreadable(dir))?;
    let mut folders = Vec::new();
    for entry in fs_err::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(refused(
            dir,
            "there is no help center in this folder; make a folder for each, with its `loket.toml`, or leave `tenants.dir` out",
        ));
    }
    let layers = |folder| Layers {
        folder,
        root: &root,
        deployment,
        config,
        n_tenants: folders.len(),
    };
    let (mut tenants, mut read_from, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for folder in &folders {
        match layers(folder).read(variables) {
            Ok(tenant) => {
                tenants.push(tenant);
                read_from.push(folder);
            }
            Err(error) => failed.push(layers(folder).failed(error)),
        }
    }
    let wrong = apart(&tenants);
    let is_wrong = |index: &usize| wrong.iter().any(|(of, _)| of == index);
    let mut index = 0..;
    tenants.retain(|_| !index.next().is_some_and(|index| is_wrong(&index)));
    for (index, error) in wrong {
        failed.push(layers(read_from[index]).failed(error));
    }
    if tenants.is_empty() {
        // There is one for every folder.
        return Err(failed.swap_remove(0).error);
    }
    Ok((tenants, failed))
}

/// What the settings of one help center are made from.
struct Layers<'l> {
    /// Its folder.
    folder: &'l Path,
    /// The folder of all, links followed.
    root: &'l Path,
    /// What is said for all.
    deployment: &'l toml::Table,
    /// What that means.
    config: &'l Config,
    n_tenants: usize,
}

impl Layers<'_> {
    fn read(&self, variables: &[Variable]) -> Result<Tenant, ConfigError> {
        let name = self.folder.file_name().unwrap_or_default();
        let name: TenantName = name
            .to_string_lossy()
            .parse()
            .map_err(|error: server::InvalidTenantName| refused(self.folder, error.to_string()))?;
        stays(self.folder, self.root)?;
        let file = self.folder.join(FILE);
        let text = match fs_err::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refused(
                    self.folder,
                    "a help center has its settings in `loket.toml` here; write one, which may be empty, or take the folder away",
                ));
            }
            Err(error) => return Err(unreadable(&file)(error)),
        };
        stays(&file, self.root)?;
        let own = layers::read_text(&file, &text)?;
        check_keys(&file, &text)?;
        let mut table = inherited(self.deployment);
        lay_over(&mut table, own, &[]);
        let read = layers::read(&table).map_err(|error| refused(&file, error.to_string()))?;
        let mut config = read;
        let of_this = name.with_underscores();
        for variable in variables.iter().filter(|of| of.tenant == of_this) {
            let parts = variable.parts();
            if !may_say(&parts) {
                return Err(ConfigError::Variable {
                    name: variable.name.clone(),
                    problem: not_its_own(&parts.join(".")),
                });
            }
            config = variable.lay_over(&mut table)?;
        }
        let hosts = std::mem::take(&mut config.tenant).hosts;
        self.settle(&name, &table, &mut config, &file)?;
        config.validate().map_err(|source| ConfigError::InTenant {
            path: file.clone(),
            source: Box::new(source),
        })?;
        Ok(Tenant {
            named: Named { name, hosts },
            file,
            config,
        })
    }

    /// Fills in what follows from the help center's name, and what is of the deployment whatever was said.
    fn settle(
        &self,
        name: &TenantName,
        said: &toml::Table,
        config: &mut Config,
        file: &Path,
    ) -> Result<(), ConfigError> {
        let of_all = self.config;
        config.models = of_all.models.clone();
        config.tenants = TenantsConfig::default();
        config.tenant = TenantConfig::default();
        let data_dir = &of_all.index.data_dir;
        if config.encoder.is_remote() && config.encoder.reference.is_none() {
            // One encoder works for all.
            config.encoder.reference = Some(data_dir.join(REFERENCE));
        }
        config.index.data_dir = data_dir.join(DATA).join(name.as_str());
        config.index.kb = self.articles(name, said, config, file)?;
        config.index.cache_mb = (of_all.index.cache_mb / self.n_tenants.max(1)).max(LEAST_CACHE_MB);
        config.postgres.schema = format!("{}_{}", of_all.postgres.schema, name.with_underscores());
        config.server.bind = of_all.server.bind;
        config.server.token_audience = format!("{}/{name}", of_all.server.token_audience);
        if config.server.token_secret.reveal().is_empty() {
            config.server.token_secret = secret_of(&of_all.server.token_secret, name);
        }
        Ok(())
    }

    /// The folder of its articles, which it may choose within its own.
    fn articles(
        &self,
        name: &TenantName,
        said: &toml::Table,
        config: &Config,
        file: &Path,
    ) -> Result<PathBuf, ConfigError> {
        let is_said = said
            .get("index")
            .and_then(|index| index.get("kb"))
            .is_some();
        let (root, base, usual) = match &self.config.tenants.articles {
            Some(articles) => {
                let root = fs_err::canonicalize(articles).map_err(unreadable(articles))?;
                (root, articles.join(name.as_str()), "")
            }
            None => (self.root.to_owned(), self.folder.to_owned(), ARTICLES),
        };
        let below = if is_said {
            config.index.kb.as_path()
        } else {
            Path::new(usual)
        };
        let is_inside = below
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_inside {
            return Err(refused(
                file,
                format!(
                    "`index.kb` is `{}`, which leads out of `{}`; write a folder in it, or set `tenants.articles` for all",
                    below.display(),
                    base.display()
                ),
            ));
        }
        let kb = base.join(below);
        if kb.exists() {
            stays(&kb, &root)?;
        }
        Ok(kb)
    }
}

/// A secret that is the same on every node that has the deployment's, and tells nobody that one or another help center's.
fn secret_of(deployment: &Secret, name: &TenantName) -> Secret {
    let secret = deployment.reveal();
    if secret.len() < SECRET_BYTES {
        // None, or one that is refused where it is used.
        return deployment.clone();
    }
    let material = [secret.as_bytes(), &[0], name.as_str().as_bytes()].concat();
    let made = blake3::derive_key(OF_TOKENS, &material);
    Secret::from(blake3::Hash::from_bytes(made).to_hex().to_string())
}
