//! The keys as a running service sees them: the file is looked at again every second that somebody calls.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use super::{KeyFile, KeyFileError, KeyRecord};

/// Time between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What was found.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// No keys have been made.
    Nothing,
    /// These, revoked ones too.
    Keys(Arc<[KeyRecord]>),
    /// A file that cannot be trusted, or none where there was one.
    Damaged,
}

/// The file, and what it held at the last look.
#[derive(Debug)]
pub(crate) struct KeyRing {
    file: KeyFile,
    look_every: Duration,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    looked: Instant,
    mark: Mark,
    found: Found,
}

/// What tells one state of the file from another without reading it. A replaced file is another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    changed: Option<SystemTime>,
    n_bytes: u64,
    inode: u64,
}

impl KeyRing {
    /// Reads the file.
    ///
    /// # Errors
    /// [`KeyFileError`] when it is there and cannot be read or trusted.
    pub(crate) fn open(file: KeyFile) -> Result<Self, KeyFileError> {
        let mark = mark(&file).map_err(KeyFileError::Read)?;
        let found = match file.read()? {
            Some(keys) => Found::Keys(keys.into()),
            None => Found::Nothing,
        };
        Ok(Self {
            look_every: LOOK_EVERY,
            seen: Mutex::new(Seen {
                looked: Instant::now(),
                mark: mark.unwrap_or(NO_FILE),
                found,
            }),
            file,
        })
    }

    /// A ring that lets nobody in until the file can be trusted again.
    pub(crate) fn shut(file: KeyFile) -> Self {
        Self {
            look_every: LOOK_EVERY,
            seen: Mutex::new(Seen {
                looked: Instant::now(),
                mark: mark(&file).ok().flatten().unwrap_or(NO_FILE),
                found: Found::Damaged,
            }),
            file,
        }
    }

    /// The same, looking at the file at every call.
    #[cfg(test)]
    pub(crate) fn always_looking(self) -> Self {
        Self {
            look_every: Duration::ZERO,
            ..self
        }
    }

    /// The keys there are now, at most a second late.
    pub(crate) fn now(&self) -> Found {
        // Nothing panics while the lock is held; were it so, what was seen would still be whole.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked.elapsed() >= self.look_every {
            seen.looked = Instant::now();
            self.look(&mut seen);
        }
        seen.found.clone()
    }

    fn look(&self, seen: &mut Seen) {
        let now = match mark(&self.file) {
            Ok(now) => now.unwrap_or(NO_FILE),
            Err(error) => return self.distrust(seen, NO_FILE, &KeyFileError::Read(error)),
        };
        if now == seen.mark {
            return;
        }
        match self.file.read() {
            Ok(Some(keys)) => {
                tracing::info!(n_keys = keys.len(), "the keys have changed");
                *seen = Seen {
                    looked: seen.looked,
                    mark: now,
                    found: Found::Keys(keys.into()),
                };
            }
            // Deleting the file must not open a service that is reachable.
            Ok(None) => {
                let gone = KeyFileError::Damaged {
                    path: self.file.path().to_owned(),
                    why: "it is gone".to_owned(),
                };
                self.distrust(seen, NO_FILE, &gone);
            }
            Err(error) => self.distrust(seen, now, &error),
        }
    }

    fn distrust(&self, seen: &mut Seen, mark: Mark, why: &KeyFileError) {
        if !matches!(seen.found, Found::Damaged) {
            tracing::error!(
                path = %self.file.path().display(),
                error = why as &dyn std::error::Error,
                "nobody is let in"
            );
        }
        seen.mark = mark;
        seen.found = Found::Damaged;
    }
}

/// Stands for the absence of a file.
const NO_FILE: Mark = Mark {
    changed: None,
    n_bytes: 0,
    inode: 0,
};

/// `None` when there is no file.
fn mark(file: &KeyFile) -> io::Result<Option<Mark>> {
    match fs_err::metadata(file.path()) {
        Ok(about) => Ok(Some(Mark {
            changed: about.modified().ok(),
            n_bytes: about.len(),
            inode: inode(&about),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn inode(about: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}
