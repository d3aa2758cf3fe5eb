//! SHA-256 of files, and the stamp that says a file was verified and has not changed since.
//!
//! Hashing a gigabyte takes about a second, too long for every start. So a verified file gets a stamp
//! beside it, `<file>.sha256-ok`, with the hash, the size and the time of last change; the stamp counts only
//! while all three still hold. It guards against accidents (truncation, a bad copy, another version), not
//! against someone who can write to the models folder: such a person could replace the stamp as well.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

/// Bytes read and hashed at a time.
const BLOCK_BYTES: usize = 1 << 20;

/// SHA-256 of a whole file in lower-case hexadecimal.
pub(super) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut block)? {
            0 => break,
            n => hasher.update(&block[..n]),
        }
    }
    Ok(hexadecimal(&hasher.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether the file with `metadata` has this hash according to its stamp.
pub(super) fn is_stamped(path: &Path, metadata: &Metadata, sha256: &str) -> bool {
    let Some(expected) = stamp_text(metadata, sha256) else {
        return false;
    };
    fs_err::read_to_string(stamp_path(path)).is_ok_and(|found| found == expected)
}

/// Records that the file with `metadata` was hashed and has this hash. A stamp that cannot be written (a
/// read-only models folder) only costs another hashing later.
pub(super) fn stamp(path: &Path, metadata: &Metadata, sha256: &str) {
    if let Some(text) = stamp_text(metadata, sha256)
        && let Err(error) = fs_err::write(stamp_path(path), text)
    {
        tracing::debug!(%error, "verification stamp not written");
    }
}

/// Forgets that the file was verified.
pub(super) fn remove_stamp(path: &Path) {
    let _ = fs_err::remove_file(stamp_path(path));
}

fn stamp_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256-ok");
    PathBuf::from(name)
}

/// `None` where the file system keeps no time of change; then nothing is ever stamped.
fn stamp_text(metadata: &Metadata, sha256: &str) -> Option<String> {
    let changed = metadata.modified().ok()?;
    let changed_ns = changed.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    Some(format!("{sha256} {} {changed_ns}\n", metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        fs_err::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            sha256_of(&path).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_stamp_counts_for_one_state_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m");
        fs_err::write(&path, "one").unwrap();
        let metadata = path.metadata().unwrap();
        assert!(!is_stamped(&path, &metadata, "h"));
        stamp(&path, &metadata, "h");
        assert!(is_stamped(&path, &metadata, "h"));
        assert!(!is_stamped(&path, &metadata, "other"));
        let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
        file.file()
            .set_modified(UNIX_EPOCH + std::time::Duration::from_secs(5))
            .unwrap();
        assert!(!is_stamped(&path, &path.metadata().unwrap(), "h"));
    }
}
