//! What can go wrong with a database, by what a person can do about it.

use sqlx::error::ErrorKind;

/// Why the database could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A setting does not fit.
    #[error("`postgres.{key}` {problem}")]
    Config {
        /// The key, below `postgres`.
        key: &'static str,
        /// What is wrong with it, and what to write instead.
        problem: String,
    },
    /// No server answers.
    #[error(
        "PostgreSQL at `{server}` cannot be reached; check `postgres.url` and that the server runs"
    )]
    Unreachable {
        /// The address, without a password.
        server: String,
        /// What the system says.
        #[source]
        source: sqlx::Error,
    },
    /// The server lets this user not in, or has no such database.
    #[error("PostgreSQL at `{server}` refuses the connection; check user, password and database")]
    Refused {
        /// The address, without a password.
        server: String,
        /// What the server says.
        #[source]
        source: sqlx::Error,
    },
    /// The connection cannot be protected as `sslmode` asks.
    #[error(
        "the connection to PostgreSQL at `{server}` cannot be protected; check `sslmode` and `sslrootcert`"
    )]
    Tls {
        /// The address, without a password.
        server: String,
        /// What does not fit.
        #[source]
        source: sqlx::Error,
    },
    /// The server is older than what is needed.
    #[error("PostgreSQL {found} is too old; run version 16 or newer")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// An extension is not there.
    #[error("the database has no extension `{name}`; have its owner run `CREATE EXTENSION {name}`")]
    MissingExtension {
        /// Its name.
        name: String,
    },
    /// A newer program made the tables.
    #[error(
        "the tables of `{component}` have version {found}, and this program knows up to {known}; run the newer version of loket"
    )]
    Newer {
        /// Whose tables.
        component: &'static str,
        /// Their version.
        found: i32,
        /// The newest version that is known here.
        known: i32,
    },
    /// The user may not do this.
    #[error("the database does not let this user do this; see the grants in docs/operations.md")]
    Denied {
        /// What the server says.
        #[source]
        source: sqlx::Error,
    },
    /// It took too long: a statement, a lock, or the wait for a connection.
    #[error("the database took too long")]
    Timeout {
        /// What was waited for.
        #[source]
        source: sqlx::Error,
    },
    /// The connection was lost, or the server stops, starts or has become a standby. What ran may have happened or not.
    #[error("the connection to the database was lost")]
    Lost {
        /// What the system or the server says.
        #[source]
        source: sqlx::Error,
    },
    /// Others were in the way; the same transaction may succeed now.
    #[error("the database ended a transaction because of others at work")]
    Conflict {
        /// What the server says.
        #[source]
        source: sqlx::Error,
    },
    /// The server is out of space, memory or connections.
    #[error("the database server is out of resources; see its log")]
    Exhausted {
        /// What the server says.
        #[source]
        source: sqlx::Error,
    },
    /// A row breaks a rule of its table: it is there already, or belongs to none that is.
    #[error("a row does not fit its table")]
    Constraint {
        /// What the server says.
        #[source]
        source: sqlx::Error,
    },
    /// Something else.
    #[error("the database failed")]
    Other {
        /// What the server or the program says.
        #[source]
        source: sqlx::Error,
    },
}

impl DatabaseError {
    pub(crate) fn config(key: &'static str, problem: impl Into<String>) -> Self {
        Self::Config {
            key,
            problem: problem.into(),
        }
    }

    /// Whether the same may succeed in a moment, on another connection or another server.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Timeout { .. }
                | Self::Lost { .. }
                | Self::Conflict { .. }
                | Self::Exhausted { .. }
        )
    }

    /// Whether no server answers: what was asked is not known to have happened, and asking more is of no use for a moment. A
    /// statement that took too long is none.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } => true,
            Self::Timeout { source } => matches!(source, sqlx::Error::PoolTimedOut),
            _ => false,
        }
    }

    /// Sorts what a first connection to `server` came to.
    pub(crate) fn connecting(server: String, source: sqlx::Error) -> Self {
        if let sqlx::Error::Tls(_) = source {
            return Self::Tls { server, source };
        }
        match code(&source).as_deref() {
            Some("28P01" | "28000" | "3D000") => Self::Refused { server, source },
            Some(_) => Self::from(source),
            None => Self::Unreachable { server, source },
        }
    }
}

/// The five letters and digits by which PostgreSQL names an error.
fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

impl From<sqlx::Error> for DatabaseError {
    /// Sorts an error by what the server calls it.
    fn from(source: sqlx::Error) -> Self {
        let kind = source
            .as_database_error()
            .map(sqlx::error::DatabaseError::kind);
        match (&source, code(&source).as_deref()) {
            // A protocol is out of step after a connection broke in the middle of a message.
            (
                sqlx::Error::Io(_)
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_),
                _,
            )
            | (_, Some("25006" | "57P01" | "57P02" | "57P03" | "57P05")) => Self::Lost { source },
            (_, Some(code)) if code.starts_with("08") => Self::Lost { source },
            (sqlx::Error::PoolTimedOut, _) | (_, Some("57014" | "55P03" | "25P03" | "25P04")) => {
                Self::Timeout { source }
            }
            (_, Some("40001" | "40P01")) => Self::Conflict { source },
            (_, Some("42501")) => Self::Denied { source },
            (_, Some(code)) if code.starts_with("53") => Self::Exhausted { source },
            _ => match kind {
                Some(
                    ErrorKind::UniqueViolation
                    | ErrorKind::ForeignKeyViolation
                    | ErrorKind::NotNullViolation
                    | ErrorKind::CheckViolation,
                ) => Self::Constraint { source },
                _ => Self::Other { source },
            },
        }
    }
}
