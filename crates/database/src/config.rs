//! Settings of a connection, and what is refused of them.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize, Serializer};
use sqlx::postgres::PgConnectOptions;

use crate::DatabaseError;

/// Longest name of a schema, in bytes: a channel's name begins with it, and PostgreSQL cuts names at 63.
const LONGEST_SCHEMA: usize = 40;

/// How PostgreSQL is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The server that is written to: `postgres://user@host:5432/database?sslmode=verify-full`. Empty for none.
    pub url: ServerUrl,
    /// A file with the password, readable by this user only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Schema everything of this deployment lies in. Default `loket`.
    pub schema: String,
    /// Most connections of this process to one server. Default 8.
    pub max_connections: u32,
    /// Longest wait for a connection. Default 3,000.
    pub connect_timeout_ms: u64,
    /// Longest time a statement may run. Default 5,000.
    pub statement_timeout_ms: u64,
    /// Standbys that are read from in turn, as `url`. None by default: everything is read from `url`.
    pub read_urls: Vec<ServerUrl>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: ServerUrl::default(),
            password_file: None,
            schema: "loket".to_owned(),
            max_connections: 8,
            connect_timeout_ms: 3_000,
            statement_timeout_ms: 5_000,
            read_urls: Vec::new(),
        }
    }
}

impl DatabaseConfig {
    /// Checks what can be told without a server and without reading a file.
    ///
    /// # Errors
    /// [`DatabaseError::Config`] for the first key that does not fit.
    pub fn validate(&self) -> Result<(), DatabaseError> {
        if self.url.is_empty() {
            return Err(DatabaseError::config(
                "url",
                "is empty; write postgres://user@host:5432/database",
            ));
        }
        self.url
            .options()
            .map_err(|problem| DatabaseError::config("url", problem))?;
        for url in &self.read_urls {
            url.options()
                .map_err(|problem| DatabaseError::config("read_urls", problem))?;
        }
        if !is_name(&self.schema) {
            return Err(DatabaseError::config(
                "schema",
                format!(
                    "`{}` is no name for a schema; use up to {LONGEST_SCHEMA} small letters, digits and `_`, a letter first, \
                     and nothing that begins with `pg_`",
                    self.schema
                ),
            ));
        }
        let ranges = [
            ("max_connections", u64::from(self.max_connections), 2, 1_000),
            ("connect_timeout_ms", self.connect_timeout_ms, 50, 60_000),
            (
                "statement_timeout_ms",
                self.statement_timeout_ms,
                50,
                600_000,
            ),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(DatabaseError::config(
                    key,
                    format!("{value} is not a number from {least} to {most}"),
                ));
            }
        }
        Ok(())
    }

    /// Longest wait for a connection.
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    /// Longest time a statement may run.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms)
    }

    /// The password of [`DatabaseConfig::password_file`]; `None` without one.
    pub(crate) fn password(&self) -> Result<Option<String>, DatabaseError> {
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let refused = |problem: String| DatabaseError::config("password_file", problem);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = fs_err::metadata(path).map_err(|error| refused(error.to_string()))?;
            // A group may read it: that is how secrets are mounted into containers.
            if file.permissions().mode() & 0o027 != 0 {
                return Err(refused(format!(
                    "`{}` can be read by others or written by its group; run `chmod 600` on it",
                    path.display()
                )));
            }
        }
        let text = fs_err::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() || password.contains('\n') {
            return Err(refused(format!(
                "`{}` must hold the password on one line and nothing else",
                path.display()
            )));
        }
        Ok(Some(password.to_owned()))
    }
}

/// Whether a name can stand in a statement as it is.
fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    name.len() <= LONGEST_SCHEMA
        && !name.starts_with("pg_")
        && name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

/// The address of a server. A password in it is shown to nobody.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// An address; it is checked when it is used.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn options(&self) -> Result<PgConnectOptions, String> {
        if !(self.0.starts_with("postgres://") || self.0.starts_with("postgresql://")) {
            return Err(format!(
                "`{self}` is no address of PostgreSQL; write postgres://user@host:5432/database"
            ));
        }
        PgConnectOptions::from_str(&self.0)
            .map_err(|error| format!("`{self}` cannot be read: {error}"))
    }
}

impl fmt::Display for ServerUrl {
    /// Without the password, and without parameters: one of them can be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.split_once('?').map_or(&*self.0, |(url, _)| url);
        let Some((scheme, rest)) = url.split_once("://") else {
            // Nobody knows where the password would be.
            return f.write_str(if url.is_empty() { "" } else { "***" });
        };
        match rest.rsplit_once('@') {
            Some((user, host)) => {
                let name = user.split_once(':').map_or(user, |(name, _)| name);
                write!(f, "{scheme}://{name}@{host}")
            }
            None => f.write_str(url),
        }
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
