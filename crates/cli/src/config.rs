//! Settings: the defaults, then `loket.toml`, then `LOKET_<SECTION>__<KEY>`, then flags; the later one wins. Each help center
//! of several lays its own over those ([`tenants`]).
//!
//! The sections are the configuration types of the crates they are for; here they are only put together. A key
//! nobody knows is refused with its name, its place and the keys known there, so a misspelt setting never
//! passes for a default. Relative paths are relative to the working directory.

use std::path::PathBuf;

use answer::AnswerConfig;
use database::DatabaseConfig;
use eval::diff::Kind;
use inference::remote::{EncoderConfig, WriterConfig};
use serde::{Deserialize, Serialize};
use server::{ServerConfig, config::HostName};
use support::SupportConfig;

mod layers;
mod tenants;
#[cfg(test)]
mod tests;

pub use layers::{ConfigError, load};
pub(crate) use tenants::names;
pub use tenants::{Failed, Settings, Tenant, load_all};

/// All settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which models are used and where they lie.
    pub models: ModelsConfig,
    /// Where texts are written: here, or by an endpoint.
    pub writer: WriterConfig,
    /// Where vectors are computed: here, or by an endpoint.
    pub encoder: EncoderConfig,
    /// What is indexed and where to.
    pub index: IndexConfig,
    /// How PostgreSQL is reached, where the index and the state store lie on it.
    pub postgres: DatabaseConfig,
    /// How answers are made.
    pub answer: AnswerConfig,
    /// How the service runs.
    pub server: ServerConfig,
    /// What is logged.
    pub log: LogConfig,
    /// Who answers when Loket does not.
    pub support: SupportConfig,
    /// What is checked in articles, and how much it weighs (`loket check`).
    pub check: lint::LintConfig,
    /// What edits of articles may do to answers (`loket diff`).
    pub diff: DiffConfig,
    /// How unanswered questions are put together (`loket gaps`).
    pub gaps: GapsConfig,
    /// Several help centers in one deployment.
    #[serde(skip_serializing_if = "TenantsConfig::is_none")]
    pub tenants: TenantsConfig,
    /// What makes one of them found; only in its own file.
    #[serde(skip_serializing_if = "TenantConfig::is_none")]
    pub tenant: TenantConfig,
}

/// Several help centers in one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantsConfig {
    /// Folder with a folder for each help center, and in that its `loket.toml`. None by default: there is one help center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Folder with a folder of articles for each, where they lie elsewhere. Default: `knowledge_base` beside its `loket.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articles: Option<PathBuf>,
}

impl TenantsConfig {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What makes a help center found among several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantConfig {
    /// Names of hosts it is asked under. Default none: it is found by its path alone.
    pub hosts: Vec<HostName>,
}

impl TenantConfig {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What edits of articles may do to answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiffConfig {
    /// Kinds of change that make `loket diff` end with exit code 1; none for never. Default `broken`.
    pub fail_on: Vec<Kind>,
}

impl Default for DiffConfig {
    fn default() -> Self {
        Self {
            fail_on: vec![Kind::Broken],
        }
    }
}

/// How unanswered questions are put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GapsConfig {
    /// What a hand-off to a person costs; put your own figure here. Default 5.
    pub cost_per_handoff: f64,
    /// The currency of that. Default `EUR`.
    pub currency: String,
    /// How near questions of one gap are on average, 0 to 1; lower joins more. Fitted to the default encoder,
    /// `loket eval clusters` measures it. Default 0.48.
    pub likeness: f32,
}

impl Default for GapsConfig {
    fn default() -> Self {
        Self {
            cost_per_handoff: 5.0,
            currency: "EUR".to_owned(),
            likeness: 0.48,
        }
    }
}

/// Which models are used and where they lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// Folder of the model files. Default `$XDG_CACHE_HOME/loket/models`, or `~/.cache/loket/models`.
    pub dir: PathBuf,
    /// Id of the encoder, or `default` for the catalogue's.
    pub encoder: String,
    /// Id of the writer, `default` for the catalogue's, or `none` to answer in exact sentences.
    pub writer: String,
    /// Fetch nothing from the network. Default false.
    pub offline: bool,
    /// A file with more models in the form of the shipped catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<PathBuf>,
    /// A folder that may hold model files; asked before any other source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

/// Names the catalogue's default model of a role.
pub(crate) const DEFAULT_MODEL: &str = "default";
/// Names the absence of a writer.
pub(crate) const NO_MODEL: &str = "none";

impl Default for ModelsConfig {
    fn default() -> Self {
        let set = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let cache = set("XDG_CACHE_HOME")
            // The specification tells programs to ignore a relative one.
            .filter(|dir| dir.is_absolute())
            .or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
        Self {
            dir: cache.map_or_else(
                || PathBuf::from(".loket/models"),
                |dir| dir.join("loket/models"),
            ),
            encoder: DEFAULT_MODEL.to_owned(),
            writer: DEFAULT_MODEL.to_owned(),
            offline: false,
            catalogue: None,
            folder: None,
        }
    }
}

/// What is indexed and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexConfig {
    /// Folder of the articles. Default `knowledge_base`.
    pub kb: PathBuf,
    /// Folder the index is kept in. Default `.loket`.
    pub data_dir: PathBuf,
    /// Most encoder tokens of one passage. Default 180.
    pub passage_tokens: usize,
    /// Where the index and the state store lie. Default `embedded`.
    pub engine: IndexEngine,
    /// In the database: from as many passages on, nearest passages are found through an HNSW index instead of exactly.
    /// Default 50,000.
    pub hnsw_from: usize,
    /// In the database: candidates that index looks at; more find more of the true neighbours and take longer. Default
    /// 200.
    pub ef_search: u32,
    /// In the database: memory of a node for parts of articles that were read, in megabytes. Default 256.
    pub cache_mb: usize,
    /// In the database: its foreign servers, by name, over which passages are spread. None by default.
    pub data_servers: Vec<String>,
}

impl IndexConfig {
    /// How generations are kept in the database.
    pub fn postgres_options(&self) -> indexer::PostgresOptions {
        indexer::PostgresOptions {
            hnsw_from: self.hnsw_from,
            ef_search: self.ef_search,
            cache_mb: self.cache_mb,
            data_servers: self.data_servers.clone(),
        }
    }
}

/// Where the index lies; the state store follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexEngine {
    /// In the data folder of this machine.
    #[default]
    Embedded,
    /// On the server of `[postgres]`, for any number of machines.
    Postgres,
}

impl Default for IndexConfig {
    fn default() -> Self {
        let postgres = indexer::PostgresOptions::default();
        Self {
            kb: PathBuf::from("knowledge_base"),
            data_dir: PathBuf::from(".loket"),
            passage_tokens: indexer::BuildOptions::default().passage_tokens,
            engine: IndexEngine::default(),
            hnsw_from: postgres.hnsw_from,
            ef_search: postgres.ef_search,
            cache_mb: postgres.cache_mb,
            data_servers: postgres.data_servers,
        }
    }
}

/// What is logged, to the error output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Directives of `tracing`: `warn`, `server=info,warn`. Default `warn`; `-v` adds our own crates.
    pub filter: String,
    /// Form of a line. Default `text`.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "warn".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// Form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Checks what no single value can tell.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first value that does not fit.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key: &str, source| ConfigError::Value {
            key: key.to_owned(),
            source,
        };
        self.support
            .validate()
            .map_err(|error| wrong("support", error.into()))?;
        for (name, destination) in &self.support.destinations {
            dispatch::check(destination)
                .map_err(|error| wrong(&format!("support.destinations.{name}"), error.into()))?;
        }
        if !self.tenant.is_none() {
            let problem = "it is for the file of one help center of several; where there is one, every host leads to it";
            return Err(wrong("tenant", problem.into()));
        }
        if self.tenants.dir.is_none() && self.tenants.articles.is_some() {
            let problem =
                "there are no help centers whose articles that could be; set `tenants.dir`, too";
            return Err(wrong("tenants.articles", problem.into()));
        }
        if !(16..=480).contains(&self.index.passage_tokens) {
            let problem = format!(
                "{} is not a number from 16 to 480",
                self.index.passage_tokens
            );
            return Err(wrong("index.passage_tokens", problem.into()));
        }
        if !(10..=1_000).contains(&self.index.ef_search) {
            let problem = format!("{} is not a number from 10 to 1000", self.index.ef_search);
            return Err(wrong("index.ef_search", problem.into()));
        }
        if let Some(fault) = self.index.postgres_options().fault() {
            return Err(wrong("index.data_servers", fault.into()));
        }
        if !(32..=65_536).contains(&self.index.cache_mb) {
            let problem = format!("{} is not a number from 32 to 65536", self.index.cache_mb);
            return Err(wrong("index.cache_mb", problem.into()));
        }
        // A section that is not used yet may be unfinished, not wrong.
        if self.index.engine == IndexEngine::Postgres || !self.postgres.url.is_empty() {
            self.postgres
                .validate()
                .map_err(|error| wrong("postgres", error.into()))?;
        }
        if self.server.answer_threads.get() > 256 {
            let problem = format!(
                "{} is not a number from 1 to 256",
                self.server.answer_threads
            );
            return Err(wrong("server.answer_threads", problem.into()));
        }
        self.writer
            .validate()
            .map_err(|error| wrong("writer", error.into()))?;
        self.encoder
            .validate()
            .map_err(|error| wrong("encoder", error.into()))?;
        let cost = self.gaps.cost_per_handoff;
        if !(cost.is_finite() && cost >= 0.0) {
            let problem = format!("{cost} is no amount; write what a hand-off costs, such as 4.50");
            return Err(wrong("gaps.cost_per_handoff", problem.into()));
        }
        if !(0.0..=1.0).contains(&self.gaps.likeness) {
            let problem = format!("{} is not a number from 0 to 1", self.gaps.likeness);
            return Err(wrong("gaps.likeness", problem.into()));
        }
        tracing_subscriber::EnvFilter::try_new(&self.log.filter)
            .map_err(|error| wrong("log.filter", error.into()))?;
        Ok(())
    }

    /// The settings as TOML, secrets masked.
    ///
    /// # Errors
    /// When a value has no form in TOML.
    pub fn to_toml(&self) -> Result<toml::Table, toml::ser::Error> {
        let mut table = toml::Table::try_from(self)?;
        mask(&mut table);
        shorten(&mut table);
        Ok(table)
    }
}

/// Last words of keys whose values nobody should read over a shoulder.
pub(crate) const SECRET: [&str; 5] = ["token", "secret", "password", "key", "keys"];

fn mask(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        let last = key.rsplit('_').next().unwrap_or(key);
        match value {
            toml::Value::Table(inner) => mask(inner),
            toml::Value::Array(items) => {
                items
                    .iter_mut()
                    .filter_map(toml::Value::as_table_mut)
                    .for_each(mask);
            }
            _ => {}
        }
        // An empty one is none, and as such it may be seen.
        if SECRET.contains(&last) && !value.is_table() && value.as_str() != Some("") {
            *value = toml::Value::String("***".to_owned());
        }
    }
}

/// Gives numbers that were 32 bits wide the digits they were written with: 0.05, not 0.05000000074505806.
pub(crate) fn shorten(table: &mut toml::Table) {
    table.iter_mut().for_each(|(_, value)| shorten_value(value));
}

fn shorten_value(value: &mut toml::Value) {
    match value {
        toml::Value::Float(number) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "only an exact result is used"
            )]
            let narrow = *number as f32;
            if f64::from(narrow).to_bits() == number.to_bits() {
                *number = narrow.to_string().parse().unwrap_or(*number);
            }
        }
        toml::Value::Table(inner) => shorten(inner),
        toml::Value::Array(items) => items.iter_mut().for_each(shorten_value),
        _ => {}
    }
}
