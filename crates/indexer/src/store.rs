//! Store: the directory that holds the generations, and which of them serves. Two are kept: the one that serves and the
//! one before it, to fall back on and to go back to.

use std::{
    fs::TryLockError,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    error::{BuildError, Damage, OpenError},
    format,
    snapshot::{OpenShards, Snapshot},
};

pub(crate) mod kept;

/// The index directory below a data directory.
#[derive(Debug, Clone)]
pub struct IndexStore {
    dir: PathBuf,
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
        }
    }

    /// The directory of the store.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The id of the generation that serves, as the pointer file says; `None` without one.
    pub fn current_id(&self) -> Option<String> {
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
        let open = open.map(Snapshot::open_shards).unwrap_or_default();
        let current = self.current_id();
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
            Ok(()) => Ok(BuildLock { file }),
            Err(TryLockError::WouldBlock) => Err(BuildError::Busy {
                dir: self.dir.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(write_error(&path, source)),
        }
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
        let (Some(current), Ok(ids)) = (self.current_id(), self.generations()) else {
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
}

impl Drop for BuildLock {
    fn drop(&mut self) {
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
