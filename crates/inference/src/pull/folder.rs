//! A local folder as source: for machines without a network, and for files carried on a disk.

use std::io::Read as _;
use std::path::Path;

use super::part::PartFile;
use super::{OnProgress, PullProgress, SourceError};
use crate::catalogue::FileEntry;

/// Copies the file out of `dir`, where it may lie as `<file>` or as `<id>/<file>`. Copies rather than links,
/// because what is in the models folder must not change when the other folder does. Always from the start:
/// a copy is quick, and what an interrupted pull left may be of another file.
pub(super) fn fill(
    dir: &Path,
    model: &str,
    file: &FileEntry,
    part: &mut PartFile,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), SourceError> {
    let candidates = [dir.join(model).join(&file.name), dir.join(&file.name)];
    let Some(path) = candidates.iter().find(|path| path.is_file()) else {
        return Err(SourceError::Absent);
    };
    let mut source = fs_err::File::open(path)?;
    let found = source.metadata()?.len();
    if found != file.bytes {
        return Err(SourceError::WrongSize {
            found,
            expected: file.bytes,
        });
    }
    part.restart()?;
    let mut block = vec![0; 1 << 20];
    loop {
        match source.read(&mut block)? {
            0 => return Ok(()),
            n => part.append(&block[..n])?,
        }
        on_progress(PullProgress::Received {
            done: part.len(),
            bytes: part.expected(),
        });
    }
}
