//! Whether git is at work on the files of a folder.

use std::path::{Path, PathBuf};

/// There from before git takes the first file away until it has written the last.
const LOCK: &str = "index.lock";

/// Whether the repository that `folder` lies in, if it lies in one, is locked by a git that changes files.
pub(super) fn is_at_work(folder: &Path) -> bool {
    let Ok(folder) = fs_err::canonicalize(folder) else {
        return false;
    };
    let mut repositories = folder.ancestors().filter_map(repository);
    // The innermost one: a file is of one repository alone.
    repositories
        .next()
        .is_some_and(|repository| repository.join(LOCK).exists())
}

/// Where the repository of the working tree at `root` is kept: below it, or, of a linked one, where a file says.
fn repository(root: &Path) -> Option<PathBuf> {
    let kept = root.join(".git");
    if kept.is_dir() {
        return Some(kept);
    }
    let said = fs_err::read_to_string(kept).ok()?;
    Some(root.join(said.strip_prefix("gitdir:")?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dir: &Path, folder: &str, expected: bool) {
        assert_eq!(is_at_work(&dir.join(folder)), expected, "{folder}");
    }

    #[test]
    fn the_lock_of_the_repository_around_a_folder_tells() {
        let dir = tempfile::tempdir().expect("a folder");
        let dir = dir.path();
        for folder in [
            "plain/kb",
            "own/.git",
            "own/kb/en",
            "linked/kb",
            "own/.git/worktrees/linked",
        ] {
            fs_err::create_dir_all(dir.join(folder)).expect("a folder");
        }
        let linked = "gitdir: ../own/.git/worktrees/linked\n";
        fs_err::write(dir.join("linked/.git"), linked).expect("a file");
        for folder in ["plain/kb", "own", "own/kb/en", "linked/kb", "nothing"] {
            check(dir, folder, false);
        }
        fs_err::write(dir.join("own/.git/index.lock"), "").expect("a file");
        check(dir, "own", true);
        check(dir, "own/kb/en", true);
        check(dir, "linked/kb", false);
        fs_err::write(dir.join("own/.git/worktrees/linked/index.lock"), "").expect("a file");
        check(dir, "linked/kb", true);
        check(dir, "plain/kb", false);
    }
}
