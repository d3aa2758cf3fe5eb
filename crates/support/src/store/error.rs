//! What can go wrong with the state store, by what a person can do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use database::{DatabaseError, Transient};

/// Why the state store could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process writes for too long.
    #[error("the state store `{}` is locked by another process; stop it and try again", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
    /// There is no room.
    #[error("the disk of the state store `{}` is full; free some space", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
    /// The file may not be opened or written.
    #[error("the state store `{}` cannot be written; let this user write the file and its folder", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
    /// A later version of Loket made the file.
    #[error(
        "the state store `{}` has schema {found}, and this version knows up to {known}; run the newer version of loket",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
    },
    /// The file is another program's.
    #[error("`{}` is no state store of loket; move it away", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the state store `{}` is damaged; restore a backup, or move it away and lose what it holds",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
    /// The disk failed while the file was read or written.
    #[error("the disk of the state store `{}` failed; see what the system's log says of the disk", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
    /// The disk failed before, and the file has not been found whole since.
    #[error(
        "the state store `{}` takes nothing since its disk failed; it is tried again by itself",
        path.display()
    )]
    Suspect {
        /// The file.
        path: PathBuf,
    },
    /// The directory of the file cannot be made or synced.
    #[error("the directory of the state store failed")]
    Directory {
        /// The system's error, with the path.
        #[source]
        source: io::Error,
    },
    /// PostgreSQL went away while it was asked, or has not been found since. A write may have happened or not.
    #[error("the state store takes nothing while PostgreSQL is away; it is tried again by itself")]
    Away {
        /// What it came to; `None` when it was not asked, because it is known to be away.
        #[source]
        source: Option<DatabaseError>,
    },
    /// PostgreSQL does not do what it is asked.
    #[error("the state store on PostgreSQL failed")]
    Database {
        /// What it says, with what to do about it.
        #[source]
        source: DatabaseError,
    },
    /// Something else.
    #[error("the state store `{}` failed", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        #[source]
        source: sqlx::Error,
    },
}

impl StoreError {
    /// There is less room left than must stay.
    pub(super) fn full(path: &Path) -> Self {
        Self::Full {
            path: path.to_owned(),
            source: sqlx::Error::Io(io::Error::from(io::ErrorKind::StorageFull)),
        }
    }

    /// Sorts an error by `SQLite`'s primary result code.
    pub(super) fn of(path: &Path, source: sqlx::Error) -> Self {
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok())
            .map(|code| code & 0xFF);
        let path = path.to_owned();
        match code {
            Some(5 | 6) => Self::Locked { path, source },
            Some(13) => Self::Full { path, source },
            Some(3 | 8 | 14 | 23) => Self::Unwritable { path, source },
            Some(10) => Self::Io { path, source },
            Some(11 | 26) => Self::Damaged { path, source },
            _ => Self::Other { path, source },
        }
    }
}

impl Transient for StoreError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Away { source: Some(_) } => true,
            Self::Database { source } => source.is_transient(),
            _ => false,
        }
    }
}
