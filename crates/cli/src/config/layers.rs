//! Layers: the settings file and the environment, laid over the defaults.

use std::{
    error::Error,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::{Config, SECRET};

/// What `LOKET_<SECTION>__<KEY>` starts with.
const PREFIX: &str = "LOKET_";
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
    /// A value does not fit.
    #[error("`{key}`")]
    Value {
        /// The key or section.
        key: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Loads the settings from `file`, or from `loket.toml` when there is one, and from `variables`.
///
/// # Errors
/// [`ConfigError`] for the first thing that is wrong.
pub fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    let mut table = toml::Table::new();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    match fs_err::read_to_string(path) {
        Ok(text) => {
            // Read as settings first: only this way an error knows its line.
            toml::from_str::<Config>(&text).map_err(|error| in_file(path, &text, &error))?;
            table = toml::from_str(&text).map_err(|error| in_file(path, &text, &error))?;
        }
        Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(ConfigError::Read {
                path: path.to_owned(),
                source,
            });
        }
    }
    let mut config = read(&table).map_err(|error| in_file(path, "", &error))?;
    let known = toml::Table::try_from(Config::default()).unwrap_or_default();
    let mut variables: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && name.contains(SEPARATOR))
        .collect();
    variables.sort_unstable();
    for (name, value) in variables {
        let wrong = |problem: String| ConfigError::Variable {
            name: name.clone(),
            problem,
        };
        let value = value
            .into_string()
            .map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let mut key = name[PREFIX.len()..].to_lowercase();
        let mut value = value;
        // `password_file` of `[postgres]` is a setting of its own, and the file is read with more care there.
        let secret = key.strip_suffix(FILE).filter(|key| is_secret(key));
        if let Some(secret) = secret.filter(|_| key != PASSWORD_FILE) {
            let text = fs_err::read_to_string(&value);
            let text = text.map_err(|_| wrong(format!("`{value}` cannot be read")))?;
            text.trim_end_matches(['\r', '\n']).clone_into(&mut value);
            key = secret.to_owned();
        }
        let parts: Vec<&str> = key.split(SEPARATOR).collect();
        set(&mut table, &known, &parts, &value).map_err(&wrong)?;
        // One by one, so that the variable that is wrong is the one that is named.
        config = read(&table).map_err(|error| wrong(problem(&error)))?;
    }
    Ok(config)
}

fn is_secret(key: &str) -> bool {
    key.rsplit('_')
        .next()
        .is_some_and(|last| SECRET.contains(&last))
}

fn read(table: &toml::Table) -> Result<Config, toml::de::Error> {
    table.clone().try_into()
}

fn in_file(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    ConfigError::File {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        problem: problem(error),
    }
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
