//! Store: the directory that holds the generations, and which of them serves. Two are kept: the one that serves and the
//! one before it, to fall back on and to go back to.

use std::{
    fs::TryLockError,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use database::Lease;

use crate::{
    error::{BuildError, Damage, OpenError},
    format,
    postgres::{self, Postgres},
    snapshot::{OpenShards, Snapshot},
};

pub(crate) mod kept;

/// The index directory below a data directory, and the database it is copied to where there is one.
///
/// With a database, what serves is what the database says, on every machine; the directory is the working copy of the
/// machine that builds, made again from the database where it is not there.
#[derive(Debug, Clone)]
pub struct IndexStore {
    dir: PathBuf,
    postgres: Option<Postgres>,
}

/// An opened generation.
#[derive(Debug)]
pub struct Opened {
    /// The generation that will serve.
    pub snapshot: Snapshot,
    /// Set when that is not the one that should.
    pub fallback: Option<Fallback>,
}

/// Why an older generation stands in for the current one.
#[derive(Debug)]
pub struct Fallback {
    /// The generation that should serve; `None` when the pointer to it is lost.
    pub wanted: Option<String>,
    /// What is wrong with it.
    pub damage: Damage,
}

impl IndexStore {
    /// The store below `data_dir`. Nothing is read or made yet.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("index"),
            postgres: None,
        }
    }

    /// The same with all generations in a database.
    #[must_use]
    pub fn in_database(self, postgres: Postgres) -> Self {
        Self {
            postgres: Some(postgres),
            ..self
        }
    }

    /// Whether what serves is in a database.
    pub const fn is_in_database(&self) -> bool {
        self.postgres.is_some()
    }

    /// The directory of the store.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The id of the generation that serves, as the pointer says; `None` without one, and while it cannot be read.
    pub fn current_id(&self) -> Option<String> {
        let Some(postgres) = &self.postgres else {
            return self.copy_id();
        };
        postgres.current().unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "which generation serves cannot be read");
            None
        })
    }

    /// The id of the generation in the directory, as the pointer file says.
    pub(crate) fn copy_id(&self) -> Option<String> {
        let text = fs_err::read_to_string(self.dir.join(format::CURRENT)).ok()?;
        let id = text.trim();
        is_generation_id(id).then(|| id.to_owned())
    }

    /// Opens the current generation, or when that is damaged the newest intact one.
    ///
    /// # Errors
    /// [`OpenError::Missing`] when nothing was ever built, [`OpenError::Damaged`] when nothing is intact.
    pub fn open(&self) -> Result<Opened, OpenError> {
        self.open_beside(None)
    }

    /// As [`IndexStore::open`], beside a snapshot that is open already: what both have in common is neither read nor
    /// verified again.
    ///
    /// # Errors
    /// As [`IndexStore::open`].
    pub fn open_beside(&self, open: Option<&Snapshot>) -> Result<Opened, OpenError> {
        match &self.postgres {
            Some(postgres) => self.open_served(postgres),
            None => self.open_copy(open),
        }
    }

    fn open_served(&self, postgres: &Postgres) -> Result<Opened, OpenError> {
        let missing = || OpenError::Missing {
            dir: self.dir.clone(),
        };
        let wanted = postgres.read_current()?.ok_or_else(missing)?;
        let damage = match postgres.open(&wanted) {
            Ok(snapshot) => {
                return Ok(Opened {
                    snapshot: snapshot.ok_or_else(missing)?,
                    fallback: None,
                });
            }
            Err(OpenError::Damaged { source, .. }) => source,
            Err(error) => return Err(error),
        };
        for kept in postgres.kept()?.into_iter().filter(|kept| !kept.serves) {
            if let Ok(Some(snapshot)) = postgres.open(&kept.id) {
                let wanted = Some(wanted);
                return Ok(Opened {
                    snapshot,
                    fallback: Some(Fallback { wanted, damage }),
                });
            }
        }
        Err(OpenError::Damaged {
            dir: postgres.schema().into(),
            source: damage,
        })
    }

    /// As [`IndexStore::open_beside`], of what is in the directory.
    pub(crate) fn open_copy(&self, open: Option<&Snapshot>) -> Result<Opened, OpenError> {
        let open = open.map(Snapshot::open_shards).unwrap_or_default();
        let current = self.copy_id();
        let damage = match &current {
            Some(id) => match Snapshot::open(&self.generation_dir(id), &open) {
                Ok(snapshot) => {
                    return Ok(Opened {
                        snapshot,
                        fallback: None,
                    });
                }
                Err(damage) => damage,
            },
            None => Damage::Missing {
                file: format::CURRENT.to_owned(),
            },
        };
        let mut others = self.generations()?;
        others.retain(|id| Some(id) != current.as_ref());
        if others.is_empty() && current.is_none() {
            return Err(OpenError::Missing {
                dir: self.dir.clone(),
            });
        }
        for id in others.iter().rev() {
            if let Ok(snapshot) = Snapshot::open(&self.generation_dir(id), &open) {
                return Ok(Opened {
                    snapshot,
                    fallback: Some(Fallback {
                        wanted: current,
                        damage,
                    }),
                });
            }
        }
        Err(OpenError::Damaged {
            dir: self.dir.clone(),
            source: damage,
        })
    }

    /// Opens the generation `id`; `None` when it is not there any more.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] when it is there and not intact.
    pub fn open_generation(&self, id: &str) -> Result<Option<Snapshot>, OpenError> {
        if let Some(postgres) = &self.postgres {
            return if is_generation_id(id) {
                postgres.open(id)
            } else {
                Ok(None)
            };
        }
        if !self.generations()?.iter().any(|known| known == id) {
            return Ok(None);
        }
        let snapshot = Snapshot::open(&self.generation_dir(id), &OpenShards::new());
        snapshot.map(Some).map_err(|source| OpenError::Damaged {
            dir: self.dir.clone(),
            source,
        })
    }

    /// Ids of complete generations, oldest first.
    pub(crate) fn generations(&self) -> Result<Vec<String>, OpenError> {
        let dir = self.dir.join(format::GENERATIONS);
        let entries = match fs_err::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(OpenError::Read { path: dir, source }),
        };
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_generation_id(name))
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }

    pub(crate) fn generation_dir(&self, id: &str) -> PathBuf {
        self.dir.join(format::GENERATIONS).join(id)
    }

    /// Takes the right to build; it ends with the returned value, also when the process dies.
    ///
    /// # Errors
    /// [`BuildError::Busy`] when another build has it, [`BuildError::Write`].
    pub(crate) fn lock(&self) -> Result<BuildLock, BuildError> {
        let generations = self.dir.join(format::GENERATIONS);
        fs_err::create_dir_all(&generations).map_err(|source| write_error(&generations, source))?;
        let path = self.dir.join(format::LOCK);
        let file = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| write_error(&path, source))?;
        match file.file().try_lock() {
            Ok(()) => {
                let lease = match &self.postgres {
                    Some(postgres) => Some(postgres.lease()?.ok_or_else(|| BuildError::Busy {
                        dir: postgres.schema().into(),
                    })?),
                    None => None,
                };
                Ok(BuildLock { file, lease })
            }
            Err(TryLockError::WouldBlock) => Err(BuildError::Busy {
                dir: self.dir.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(write_error(&path, source)),
        }
    }

    /// Makes the directory the working copy of what the database serves, and gives the name of that. With `afresh`, as
    /// nothing of it will be taken over, only where it lies here already.
    ///
    /// # Errors
    /// [`BuildError`].
    pub(crate) fn follow(
        &self,
        lock: &BuildLock,
        afresh: bool,
    ) -> Result<Option<String>, BuildError> {
        let Some(postgres) = &self.postgres else {
            return Ok(None);
        };
        let served = postgres.read_current()?;
        if let Some(id) = served
            .as_deref()
            .filter(|id| self.copy_id().as_deref() != Some(id))
        {
            let is_intact = || Snapshot::open(&self.generation_dir(id), &OpenShards::new()).is_ok();
            if self.generation_dir(id).is_dir() && is_intact() {
                self.point_to(lock, id)?;
            } else if !afresh {
                // What is there and damaged is in the way.
                let _ = fs_err::remove_dir_all(self.generation_dir(id));
                postgres.restore(self, lock, id)?;
            }
        }
        Ok(served)
    }

    /// Has the database serve what the directory holds, as it is: for an index that was built before there was a database.
    /// Gives the name of the generation.
    ///
    /// # Errors
    /// [`BuildError`]; what served before serves still.
    pub fn share(&self) -> Result<String, BuildError> {
        let lock = self.lock()?;
        let served = self
            .postgres
            .as_ref()
            .map(Postgres::read_current)
            .transpose()?
            .flatten();
        let opened = self.open_copy(None).map_err(|error| match error {
            OpenError::Damaged { source, .. } => BuildError::Restore(source),
            _ => BuildError::Restore(Damage::Content("there is no index in the data folder")),
        })?;
        self.serve(&lock, &opened.snapshot, served.as_deref())?;
        Ok(opened.snapshot.generation().to_owned())
    }

    /// Has the database serve the generation `snapshot` of the directory in the place of `before`.
    ///
    /// # Errors
    /// [`BuildError`]; what served before serves still.
    pub(crate) fn serve(
        &self,
        lock: &BuildLock,
        snapshot: &Snapshot,
        before: Option<&str>,
    ) -> Result<(), BuildError> {
        let (Some(postgres), Some(lease)) = (&self.postgres, &lock.lease) else {
            return Ok(());
        };
        if before == Some(snapshot.generation()) {
            return Ok(());
        }
        postgres.publish(lease, snapshot, before)?;
        // What is left goes with the next build.
        if let Err(error) = postgres.remove_old(lease) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "old generations are still in the database");
        }
        Ok(())
    }

    /// Removes what a build that died left behind.
    pub(crate) fn clear_unfinished(&self, _: &BuildLock) {
        let Ok(entries) = fs_err::read_dir(self.dir.join(format::GENERATIONS)) else {
            return;
        };
        for entry in entries.flatten() {
            if entry
                .file_name()
                .to_string_lossy()
                .starts_with(format::UNFINISHED)
            {
                // Left for the next build when it cannot be removed now; nothing reads it.
                let _ = fs_err::remove_dir_all(entry.path());
            }
        }
    }

    /// Where a new generation is written until it is complete.
    pub(crate) fn unfinished_dir(&self, id: &str) -> PathBuf {
        self.dir
            .join(format::GENERATIONS)
            .join(format!("{}{id}", format::UNFINISHED))
    }

    /// Gives a complete, synced directory its name and points to it.
    ///
    /// # Errors
    /// [`BuildError::Write`]; the pointer then still names the old generation.
    pub(crate) fn publish(
        &self,
        lock: &BuildLock,
        unfinished: &Path,
        id: &str,
    ) -> Result<(), BuildError> {
        let complete = self.generation_dir(id);
        fs_err::rename(unfinished, &complete).map_err(|source| write_error(&complete, source))?;
        sync_dir(&self.dir.join(format::GENERATIONS))?;
        self.point_to(lock, id)
    }

    /// Makes `id` the generation that serves.
    ///
    /// # Errors
    /// [`BuildError::Write`].
    pub(crate) fn point_to(&self, _: &BuildLock, id: &str) -> Result<(), BuildError> {
        let temporary = self.dir.join(".CURRENT.new");
        write_synced(&temporary, format!("{id}\n").as_bytes())?;
        let pointer = self.dir.join(format::CURRENT);
        fs_err::rename(&temporary, &pointer).map_err(|source| write_error(&pointer, source))?;
        sync_dir(&self.dir)
    }

    /// Removes all generations but the one that serves and the one that served before it.
    pub(crate) fn remove_old(&self, _: &BuildLock) {
        let (Some(current), Ok(ids)) = (self.copy_id(), self.generations()) else {
            return;
        };
        let before = self.before(&current);
        for id in ids {
            if id != current && Some(&id) != before.as_ref() {
                // Left for the next build when it cannot be removed now; nothing points to it.
                let _ = fs_err::remove_dir_all(self.generation_dir(&id));
            }
        }
    }
}

/// The right to build, held as an operating-system lock.
#[derive(Debug)]
pub(crate) struct BuildLock {
    file: fs_err::File,
    /// The same among all machines.
    lease: Option<Lease>,
}

impl Drop for BuildLock {
    fn drop(&mut self) {
        // Waited for, so that whoever builds next finds it free.
        if let Some(lease) = self.lease.take() {
            postgres::release(lease);
        }
        // Closing is not enough: a child process that is just being started shares the open file for a moment. The
        // system unlocks when the last copy is closed at the latest, so failing here fails nothing.
        let _ = self.file.file().unlock();
    }
}

fn is_generation_id(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

pub(crate) fn write_error(path: &Path, source: io::Error) -> BuildError {
    BuildError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Writes a file and waits until it is on the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let write = || {
        let mut file = fs_err::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| write_error(path, source))
}

/// Waits until the entries of a directory are on the disk.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), BuildError> {
    // Windows cannot sync a directory and does not need it.
    if cfg!(windows) {
        return Ok(());
    }
    let sync = || fs_err::File::open(dir)?.sync_all();
    sync().map_err(|source| write_error(dir, source))
}
