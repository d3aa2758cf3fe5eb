//! Layers: the settings file and the environment, laid over the defaults; and what each help center of several lays over
//! those ([`super::tenants`]).

use std::{
    error::Error,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::{Config, SECRET};

/// What `LOKET_<SECTION>__<KEY>` starts with.
const PREFIX: &str = "LOKET_";
/// What the variables of one help center of several start with; its name follows.
const OF_TENANT: &str = "LOKET_TENANT_";
/// What separates the parts of a key in the name of a variable.
const SEPARATOR: &str = "__";
/// What ends the name of a variable that holds the path of a file with a secret in it.
const FILE: &str = "_file";
/// A setting that ends like it.
const PASSWORD_FILE: &str = "postgres__password_file";
/// The settings file that is read when none is named.
const DEFAULT_FILE: &str = "loket.toml";

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line of the settings file is wrong.
    #[error("`{}` line {line}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and which keys are known there.
        problem: String,
    },
    /// A variable of the environment is wrong.
    #[error("variable `{name}`: {problem}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong with it, and which keys are known there.
        problem: String,
    },
    /// A variable for a help center is of none that is there.
    #[error("variable `{name}` is for no help center that is there; {remedy}")]
    NoTenant {
        /// The variable.
        name: String,
        /// What to do.
        remedy: String,
    },
    /// A help center's folder or file is not what it must be.
    #[error("`{}`: {problem}", path.display())]
    Tenant {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The settings of a help center do not fit.
    #[error("`{}`", path.display())]
    InTenant {
        /// Its file.
        path: PathBuf,
        /// What does not fit.
        source: Box<Self>,
    },
    /// A value does not fit.
    #[error("`{key}`")]
    Value {
        /// The key or section.
        key: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Settings in the making: what was said, beside what that means.
pub(super) struct Layered {
    /// What was said.
    pub(super) table: toml::Table,
    /// What that means.
    pub(super) config: Config,
    /// Variables that are for one help center of several.
    pub(super) of_tenants: Vec<Variable>,
}

/// A variable of the environment.
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// The name of the help center it is for, hyphens as `_`; empty for none.
    pub(super) tenant: String,
    /// What is left of the name: section and key.
    key: String,
    value: OsString,
}

/// Loads the settings from `file`, or from `loket.toml` when there is one, and from `variables`. Those of several help centers
/// are not looked at; see [`super::load_all`].
///
/// # Errors
/// [`ConfigError`] for the first thing that is wrong.
pub fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    layered(file, variables).map(|layered| layered.config)
}

pub(super) fn layered(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Layered, ConfigError> {
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    let table = match fs_err::read_to_string(path) {
        Ok(text) => read_text(path, &text)?,
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {
            toml::Table::new()
        }
        Err(source) => {
            return Err(ConfigError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let config = read(&table).map_err(|error| in_file(path, "", &error))?;
    let mut layered = Layered {
        table,
        config,
        of_tenants: Vec::new(),
    };
    for variable in sorted(variables) {
        if variable.tenant.is_empty() {
            layered.config = variable.lay_over(&mut layered.table)?;
        } else {
            layered.of_tenants.push(variable);
        }
    }
    Ok(layered)
}

/// What `text` of the file `path` says.
pub(super) fn read_text(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    // Read as settings first: only this way an error knows its line.
    toml::from_str::<Config>(text).map_err(|error| in_file(path, text, &error))?;
    toml::from_str(text).map_err(|error| in_file(path, text, &error))
}

/// The variables that are settings, in an order that is always the same.
fn sorted(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<Variable> {
    let mut variables: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && name.contains(SEPARATOR))
        .collect();
    variables.sort_unstable();
    let variable = |(name, value): (String, OsString)| {
        let of_tenant = name
            .strip_prefix(OF_TENANT)
            .and_then(|rest| rest.split_once(SEPARATOR))
            .filter(|(tenant, _)| !tenant.is_empty());
        let (tenant, key) = of_tenant.unwrap_or(("", &name[PREFIX.len()..]));
        Variable {
            tenant: tenant.to_lowercase(),
            key: key.to_lowercase(),
            name,
            value,
        }
    };
    variables.into_iter().map(variable).collect()
}

impl Variable {
    /// Section and key it is for.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.key.split(SEPARATOR).collect()
    }

    /// Lays it over `table`, and reads what that is by then: one by one, so that the variable that is wrong is the one that
    /// is named.
    pub(super) fn lay_over(&self, table: &mut toml::Table) -> Result<Config, ConfigError> {
        let wrong = |problem: String| ConfigError::Variable {
            name: self.name.clone(),
            problem,
        };
        let value = self
            .value
            .to_str()
            .ok_or_else(|| wrong("it is not UTF-8".to_owned()))?;
        let mut key = self.key.clone();
        let mut value = value.to_owned();
        // `password_file` of `[postgres]` is a setting of its own, and the file is read with more care there.
        let secret = key.strip_suffix(FILE).filter(|key| is_secret(key));
        if let Some(secret) = secret.filter(|_| key != PASSWORD_FILE) {
            let text = fs_err::read_to_string(&value);
            let text = text.map_err(|_| wrong(format!("`{value}` cannot be read")))?;
            text.trim_end_matches(['\r', '\n']).clone_into(&mut value);
            key = secret.to_owned();
        }
        let parts: Vec<&str> = key.split(SEPARATOR).collect();
        let known = toml::Table::try_from(Config::default()).unwrap_or_default();
        set(table, &known, &parts, &value).map_err(&wrong)?;
        read(table).map_err(|error| wrong(problem(&error)))
    }
}

fn is_secret(key: &str) -> bool {
    key.rsplit('_')
        .next()
        .is_some_and(|last| SECRET.contains(&last))
}

pub(super) fn read(table: &toml::Table) -> Result<Config, toml::de::Error> {
    table.clone().try_into()
}

pub(super) fn in_file(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::File {
        path: path.to_owned(),
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        problem: problem(error),
    }
}

/// The line of `text` that holds the byte `at`, from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.matches('\n').count() + 1
}

fn problem(error: &toml::de::Error) -> String {
    error
        .message()
        .replace("unknown field", "unknown key")
        .replace('\n', ", ")
}

/// Puts `text` at the key `parts`, as the type the default has there; as text where there is no default.
fn set(
    table: &mut toml::Table,
    known: &toml::Table,
    parts: &[&str],
    text: &str,
) -> Result<(), String> {
    let [first, rest @ ..] = parts else {
        return Err("it names no key".to_owned());
    };
    let default = known.get(*first);
    if rest.is_empty() {
        table.insert((*first).to_owned(), typed(default, text)?);
        return Ok(());
    }
    let nothing = toml::Table::new();
    let known = default.and_then(toml::Value::as_table).unwrap_or(&nothing);
    let inner = table
        .entry((*first).to_owned())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()))
        .as_table_mut()
        .ok_or_else(|| format!("`{first}` has no keys below it"))?;
    set(inner, known, rest, text)
}

fn typed(default: Option<&toml::Value>, text: &str) -> Result<toml::Value, String> {
    let refuse = |wanted: &str| format!("`{text}` is not {wanted}");
    match default {
        None | Some(toml::Value::String(_)) => Ok(toml::Value::String(text.to_owned())),
        Some(toml::Value::Integer(_)) => text
            .trim()
            .parse()
            .map(toml::Value::Integer)
            .map_err(|_| refuse("a whole number")),
        Some(toml::Value::Float(_)) => text
            .trim()
            .parse()
            .map(toml::Value::Float)
            .map_err(|_| refuse("a number")),
        Some(toml::Value::Boolean(_)) => match text.trim() {
            "true" | "1" => Ok(toml::Value::Boolean(true)),
            "false" | "0" => Ok(toml::Value::Boolean(false)),
            _ => Err(refuse("true or false")),
        },
        Some(_) => toml::from_str::<toml::Table>(&format!("value = {text}"))
            .ok()
            .and_then(|mut table| table.remove("value"))
            .ok_or_else(|| refuse("a TOML value")),
    }
}
