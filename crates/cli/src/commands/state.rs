//! The state store behind commands: where it lies, by the settings, and how it is opened.

use std::{fmt, path::PathBuf};

use database::{Database, DatabaseConfig};
use support::{Store, StoreError};

use crate::config::{Config, IndexEngine};

/// Where the state store lies: beside the index, whichever engine that has.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In a file below this folder.
    File(PathBuf),
    /// On PostgreSQL.
    Postgres(Box<DatabaseConfig>),
}

/// Why it could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection.
    #[error(transparent)]
    Database(#[from] database::DatabaseError),
}

impl Place {
    /// The place the settings name.
    pub(super) fn of(config: &Config) -> Self {
        match config.index.engine {
            IndexEngine::Embedded => Self::File(config.index.data_dir.clone()),
            IndexEngine::Postgres => Self::Postgres(Box::new(config.postgres.clone())),
        }
    }

    /// Opens the store, and makes it when there is none. On PostgreSQL it has connections of its own.
    pub(super) async fn open(&self) -> Result<Store, PlaceError> {
        match self {
            Self::File(data_dir) => Ok(Store::open(data_dir).await?),
            Self::Postgres(config) => {
                let database = Database::connect(config).await?;
                Ok(Store::connect(&database).await?)
            }
        }
    }

    /// Whether there may be one: opening a file would make it.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::File(data_dir) => Store::exists(data_dir),
            Self::Postgres(_) => true,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(data_dir) => write!(f, "{}", data_dir.display()),
            Self::Postgres(config) => write!(f, "{}", config.url),
        }
    }
}
