//! One pull at a time in a models folder.

use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::PullError;

/// Name of the lock file in the models folder. It stays there: removing it would let two processes lock
/// two different files of that name.
const LOCK_FILE: &str = ".pull.lock";

/// Prefix of the temporary folders of a pull.
pub(super) const SCRATCH_PREFIX: &str = ".pull-scratch-";

/// Held while pulling. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct PullLock {
    file: fs_err::File,
}

impl Drop for PullLock {
    fn drop(&mut self) {
        // Closing is not enough: a child process that is just being started shares the open file for a moment. The
        // system unlocks when the last copy is closed at the latest, so failing here fails nothing.
        let _ = self.file.file().unlock();
    }
}

/// Takes the lock of the models folder `dir`, creating the folder if need be, and clears away what a killed
/// pull left of its temporary folders. Does not wait.
pub(super) fn acquire(dir: &Path, model: &str) -> Result<PullLock, PullError> {
    fs_err::create_dir_all(dir).map_err(PullError::Io)?;
    let mut file = fs_err::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(LOCK_FILE))
        .map_err(PullError::Io)?;
    match file.file().try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "it did not say which process it is".to_owned(),
                text => text.to_owned(),
            };
            return Err(PullError::Locked {
                dir: dir.to_owned(),
                holder,
            });
        }
        Err(std::fs::TryLockError::Error(error)) => return Err(PullError::Io(error)),
    }
    // The content only tells others who holds the lock, so failing to write it fails nothing.
    let _ = file
        .file()
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "process {}, model {model}", std::process::id()));
    remove_leftovers(dir);
    Ok(PullLock { file })
}

/// Temporary folders are removed by the pull that made them unless it was killed, and only the holder of the
/// lock makes any, so those found now are nobody's.
fn remove_leftovers(dir: &Path) {
    let Ok(entries) = fs_err::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(SCRATCH_PREFIX)
        {
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}
