//! `<name>.part`: a file on its way in.
//!
//! Bytes are only ever appended, in order, so whatever is there is a beginning of the file and a source that
//! can start anywhere (the hub) continues from its length. A source that delivers in pieces needs to know
//! where a piece ended: that is written to `<name>.part.json` after the piece was synced.

use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{SourceError, digest, error};

/// A file being fetched. Dropping it keeps what has arrived.
#[derive(Debug)]
pub(super) struct PartFile {
    path: PathBuf,
    mark_path: PathBuf,
    file: fs_err::File,
    len: u64,
    /// Size of the finished file; nothing is written beyond it.
    expected: u64,
}

/// How far a source that delivers in pieces has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Which source it was, in words.
    pub source: String,
    /// Whole pieces that have arrived.
    pub pieces: u32,
    /// Length of the part file after them.
    pub bytes: u64,
}

impl PartFile {
    /// Opens or creates the part file of `target`.
    pub(super) fn open(target: &Path, expected: u64) -> io::Result<Self> {
        if let Some(dir) = target.parent() {
            fs_err::create_dir_all(dir)?;
        }
        let with = |suffix: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let path = with(".part");
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let len = file.seek(SeekFrom::End(0))?;
        let mut part = Self {
            path,
            mark_path: with(".part.json"),
            file,
            len,
            expected,
        };
        if len > expected {
            part.restart()?;
        }
        Ok(part)
    }

    /// Bytes that have arrived.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Size of the finished file.
    pub(super) fn expected(&self) -> u64 {
        self.expected
    }

    /// Bytes that are still to come.
    pub(super) fn missing(&self) -> u64 {
        self.expected - self.len
    }

    /// Appends bytes. A source that has more than the expected size has another file, so then what came from
    /// it is forgotten.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        let len = self.len + bytes.len() as u64;
        if len > self.expected {
            self.restart()?;
            return Err(SourceError::WrongSize {
                found: len,
                expected: self.expected,
            });
        }
        self.file
            .write_all(bytes)
            .map_err(|error| self.failed(error))?;
        self.len = len;
        Ok(())
    }

    /// Forgets everything after the first `len` bytes.
    pub(super) fn truncate(&mut self, len: u64) -> Result<(), SourceError> {
        self.cut(len).map_err(|error| self.failed(error))
    }

    /// Forgets everything.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        match fs_err::remove_file(&self.mark_path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.cut(0),
        }
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.file.seek(SeekFrom::Start(len))?;
        self.len = len;
        Ok(())
    }

    /// How far `source` had come, if it was the one that delivered last and its bytes are still there.
    pub(super) fn mark(&self, source: &str) -> Option<Mark> {
        let text = fs_err::read_to_string(&self.mark_path).ok()?;
        let mark: Mark = serde_json::from_str(&text).ok()?;
        (mark.source == source && mark.bytes <= self.len).then_some(mark)
    }

    /// Makes what has arrived durable, then records it as whole pieces of `source`. In this order, so that a
    /// recorded piece is on disk.
    pub(super) fn set_mark(&mut self, source: &str, pieces: u32) -> Result<(), SourceError> {
        let mark = Mark {
            source: source.to_owned(),
            pieces,
            bytes: self.len,
        };
        self.file
            .sync_data()
            .and_then(|()| fs_err::write(&self.mark_path, serde_json::to_vec(&mark)?))
            .map_err(|error| self.failed(error))
    }

    /// Refuses to start when the disk has less room than the rest of the file and `scratch_bytes` take.
    pub(super) fn check_space(&self, scratch_bytes: u64) -> Result<(), SourceError> {
        let needed = self.missing() + scratch_bytes;
        match free_bytes(&self.path) {
            Some(free) if free < needed => Err(SourceError::DiskFull {
                needed: needed - free,
                free: Some(free),
            }),
            _ => Ok(()),
        }
    }

    /// Checks size and hash of what has arrived, reading it back from the file.
    pub(super) fn verify(&mut self, sha256: &str) -> Result<(), SourceError> {
        if self.len != self.expected {
            return Err(SourceError::WrongSize {
                found: self.len,
                expected: self.expected,
            });
        }
        self.file.sync_all().map_err(|error| self.failed(error))?;
        let found = digest::sha256_of(&self.path)?;
        if found == sha256 {
            Ok(())
        } else {
            Err(SourceError::WrongContent {
                found,
                expected: sha256.to_owned(),
            })
        }
    }

    /// Gives the verified and synced file its name, and makes the name durable.
    pub(super) fn commit(&mut self, target: &Path) -> io::Result<()> {
        digest::remove_stamp(target);
        fs_err::rename(&self.path, target)?;
        let _ = fs_err::remove_file(&self.mark_path);
        #[cfg(unix)]
        if let Some(dir) = target.parent() {
            fs_err::File::open(dir)?.sync_all()?;
        }
        Ok(())
    }

    /// Removes the part file and its mark.
    pub(super) fn discard(self) {
        let _ = fs_err::remove_file(&self.mark_path);
        let _ = fs_err::remove_file(&self.path);
    }

    /// Removes the part file when nothing has arrived, so that a pull that failed at once leaves no trace.
    pub(super) fn discard_if_empty(self) {
        if self.len == 0 {
            self.discard();
        }
    }

    fn failed(&self, error: io::Error) -> SourceError {
        if error::is_disk_full(&error) {
            SourceError::DiskFull {
                needed: self.missing(),
                free: free_bytes(&self.path),
            }
        } else {
            SourceError::Io(error)
        }
    }
}

/// Room left for an ordinary user on the file system of `path`, where the system tells.
#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> Option<u64> {
    None
}
