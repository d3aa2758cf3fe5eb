//! The file keys are kept in: `<data dir>/state/keys.json`.
//!
//! It is replaced whole, by rename, under a lock of the operating system, so that readers see the old keys or the new
//! ones. A digest over its content tells damage: half a list of keys must not pass for a list, nor a revoked key for a
//! good one. Without the file nothing is protected; that is why it stays when the last key is revoked.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use fs_err::{File, OpenOptions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{KeyRecord, NewKey, Scope, hex};

/// Version of the file's form.
const FORMAT: u32 = 1;

/// Why keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It is not what was written.
    #[error(
        "the key file `{}` is damaged ({why}), so nobody is let in; put it back from a backup, or delete it and make new keys",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A newer program wrote it.
    #[error("the key file `{}` has the newer format {found}; run the newer program", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// It cannot be read.
    #[error("reading the key file")]
    Read(#[source] io::Error),
    /// It cannot be written.
    #[error("writing the key file")]
    Write(#[source] io::Error),
    /// The system has no random numbers.
    #[error("getting random numbers")]
    Random(#[source] getrandom::Error),
    /// No key has this id.
    #[error("there is no key `{id}`; `loket keys list` shows those there are")]
    Unknown {
        /// The id.
        id: String,
    },
}

/// What revoking a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It counts no more.
    Now,
    /// It did not count any more.
    Before,
}

/// The document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    keys: Vec<KeyRecord>,
    /// SHA-256 of the keys, in hex.
    digest: String,
}

/// The file of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file below `data_dir`, whether it exists or not.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            path: data_dir.join("state").join("keys.json"),
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys, oldest first, revoked ones too; `None` when there is no file.
    ///
    /// # Errors
    /// [`KeyFileError::Damaged`], [`KeyFileError::Newer`], [`KeyFileError::Read`].
    pub fn read(&self) -> Result<Option<Vec<KeyRecord>>, KeyFileError> {
        let text = match fs_err::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyFileError::Read(error)),
        };
        let damaged = |why: String| KeyFileError::Damaged {
            path: self.path.clone(),
            why,
        };
        let format = serde_json::from_slice::<serde_json::Value>(&text)
            .map_err(|error| damaged(format!("it is no JSON: {error}")))?
            .get("format")
            .and_then(serde_json::Value::as_u64)
            .and_then(|format| u32::try_from(format).ok())
            .ok_or_else(|| damaged("it names no format".to_owned()))?;
        if format > FORMAT {
            return Err(KeyFileError::Newer {
                path: self.path.clone(),
                found: format,
            });
        }
        let document: Document =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if document.digest != digest_of(&document.keys) {
            return Err(damaged("its digest does not fit its keys".to_owned()));
        }
        Ok(Some(document.keys))
    }

    /// Makes a key. The first one protects a running service within seconds.
    ///
    /// # Errors
    /// [`KeyFileError`]; no key was made then.
    pub fn create(
        &self,
        scope: Scope,
        name: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(KeyRecord, NewKey), KeyFileError> {
        let _lock = self.lock()?;
        let mut keys = self.read()?.unwrap_or_default();
        let (record, key) =
            KeyRecord::new(scope, name, expires_at, now).map_err(KeyFileError::Random)?;
        keys.push(record.clone());
        self.write(keys)?;
        Ok((record, key))
    }

    /// Ends the key `id`. A running service refuses it within seconds, and every token made with it.
    ///
    /// # Errors
    /// [`KeyFileError`]; nothing has changed then.
    pub fn revoke(&self, id: &str, now: Timestamp) -> Result<Revoked, KeyFileError> {
        let _lock = self.lock()?;
        let mut keys = self.read()?.unwrap_or_default();
        let key = keys.iter_mut().find(|key| key.id == id);
        let key = key.ok_or_else(|| KeyFileError::Unknown { id: id.to_owned() })?;
        if key.revoked_at.is_some() {
            return Ok(Revoked::Before);
        }
        key.revoked_at = Some(now);
        self.write(keys)?;
        Ok(Revoked::Now)
    }

    fn write(&self, keys: Vec<KeyRecord>) -> Result<(), KeyFileError> {
        let document = Document {
            format: FORMAT,
            digest: digest_of(&keys),
            keys,
        };
        let mut text = serde_json::to_vec_pretty(&document)
            .map_err(|error| KeyFileError::Write(error.into()))?;
        text.push(b'\n');
        write_private(&self.path, &text).map_err(KeyFileError::Write)
    }

    /// Keeps other processes from changing the file while the returned value lives.
    fn lock(&self) -> Result<File, KeyFileError> {
        let lock = || -> io::Result<File> {
            make_private_parent(&self.path)?;
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(self.path.with_extension("lock"))?;
            file.file().lock()?;
            Ok(file)
        };
        lock().map_err(KeyFileError::Write)
    }
}

fn digest_of(keys: &[KeyRecord]) -> String {
    // Plain records always have a form in JSON.
    hex(&Sha256::digest(
        serde_json::to_vec(keys).unwrap_or_default(),
    ))
}

/// Replaces the file at `path`, readable by its owner only; it is on the disk when this returns.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    make_private_parent(path)?;
    let unfinished = path.with_extension("unfinished");
    // Left by a process that died; making it anew gives it our mode whatever it had.
    if let Err(error) = fs_err::remove_file(&unfinished)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs_err::rename(&unfinished, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn make_private_parent(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|directory| !directory.is_dir()) else {
        return Ok(());
    };
    fs_err::create_dir_all(directory)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs_err::set_permissions(directory, PermissionsExt::from_mode(0o700))?;
    }
    Ok(())
}
