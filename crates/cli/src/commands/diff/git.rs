//! The articles of a git revision, read with the `git` program into a folder of their own.
//!
//! Only regular files with a name the indexer reads are taken, as the commit has them. What else a tree may hold, such
//! as symbolic links, submodules and names that lead out of the folder, is named and left out. Nothing is fetched, no
//! hook or filter runs, and the working tree stays as it is.

use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Larger files are no articles; the indexer says so of its own.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error(
        "the program `git` cannot be run; install it, or compare two folders with `--base-kb DIR`"
    )]
    Program(#[source] io::Error),
    #[error("`{dir}` is in no git repository; compare two folders with `--base-kb DIR`")]
    NoRepository { dir: PathBuf },
    #[error("git knows no revision `{revision}`{hint}")]
    Revision {
        revision: String,
        hint: &'static str,
    },
    #[error("`{one}` and `{other}` have no commit in common{hint}")]
    NoMergeBase {
        one: String,
        other: String,
        hint: &'static str,
    },
    #[error(
        "`{folder}` is not in `{revision}`; commit the folder first, name another revision with `--base`, or compare \
         two folders with `--base-kb DIR`"
    )]
    NoFolder { revision: String, folder: String },
    #[error("git could not {task}: {said}")]
    Failed { task: &'static str, said: String },
    #[error("git lacks the content of `{path}`; fetch the commit in full")]
    Missing { path: String },
    #[error("what git wrote could not be read")]
    Read(#[source] io::Error),
    #[error("the articles of the revision could not be written")]
    Write(#[source] io::Error),
}

/// A file of a revision that is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) path: String,
    pub(super) reason: &'static str,
}

/// The repository a folder of articles lies in.
#[derive(Debug)]
pub(super) struct Repository {
    dir: PathBuf,
    /// Of the folder inside the repository, without a slash at its end; empty for the whole of it.
    prefix: OsString,
    is_shallow: bool,
}

impl Repository {
    /// Finds the repository of the folder `kb`.
    pub(super) fn of(kb: &Path) -> Result<Self, GitError> {
        let found = git(kb, &["rev-parse", "--show-prefix"])?;
        if !found.status.success() {
            let said = said(&found);
            // Of another user's repository git says so, and how to allow it.
            return Err(if said.contains("not a git repository") {
                GitError::NoRepository { dir: kb.to_owned() }
            } else {
                GitError::Failed {
                    task: "open the repository",
                    said,
                }
            });
        }
        let prefix = found.stdout.strip_suffix(b"\n").unwrap_or(&found.stdout);
        let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
        let shallow = git(kb, &["rev-parse", "--is-shallow-repository"])?;
        Ok(Self {
            dir: kb.to_owned(),
            prefix: os_string(prefix),
            is_shallow: shallow.stdout.starts_with(b"true"),
        })
    }

    /// What to do about a commit that is not there.
    const fn hint(&self) -> &'static str {
        if self.is_shallow {
            "; the clone is shallow, fetch more of its history (`git fetch --unshallow`, or `fetch-depth: 0` in CI)"
        } else {
            "; `git log --oneline` lists some, and `git fetch` brings those of the server"
        }
    }

    /// The full name of the commit `revision`.
    pub(super) fn commit(&self, revision: &str) -> Result<String, GitError> {
        let unknown = || GitError::Revision {
            revision: revision.to_owned(),
            hint: self.hint(),
        };
        // One that begins so would be an option, and none is called so.
        if revision.is_empty() || revision.starts_with('-') {
            return Err(unknown());
        }
        let wanted = format!("{revision}^{{commit}}");
        let found = git(
            &self.dir,
            &["rev-parse", "--verify", "--quiet", wanted.as_str()],
        )?;
        line_of(&found).ok_or_else(unknown)
    }

    /// The last commit `one` and `other` have in common.
    pub(super) fn merge_base(&self, one: &str, other: &str) -> Result<String, GitError> {
        let (a, b) = (self.commit(one)?, self.commit(other)?);
        let found = git(&self.dir, &["merge-base", a.as_str(), b.as_str()])?;
        line_of(&found).ok_or_else(|| GitError::NoMergeBase {
            one: one.to_owned(),
            other: other.to_owned(),
            hint: self.hint(),
        })
    }

    /// Whether the folder differs from the last commit, new files included.
    pub(super) fn is_edited(&self) -> Result<bool, GitError> {
        let args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--",
            ".",
        ];
        let found = git(&self.dir, &args)?;
        if found.status.success() {
            Ok(!found.stdout.is_empty())
        } else {
            Err(GitError::Failed {
                task: "compare the folder with the last commit",
                said: said(&found),
            })
        }
    }

    /// Writes the articles of the folder as `commit`, which people know as `revision`, has them to the empty folder
    /// `into`, and names what was left out.
    pub(super) fn check_out(
        &self,
        commit: &str,
        revision: &str,
        into: &Path,
    ) -> Result<Vec<Skipped>, GitError> {
        let mut tree = OsString::from(commit);
        tree.push(":");
        tree.push(&self.prefix);
        let args = ["ls-tree", "-r", "-z", "-l", "--full-tree"].map(OsStr::new);
        let args = [&args[..], &[tree.as_os_str()]].concat();
        let listed = git(&self.dir, &args)?;
        if !listed.status.success() {
            return Err(GitError::NoFolder {
                revision: revision.to_owned(),
                folder: self.prefix.to_string_lossy().into_owned(),
            });
        }
        let (wanted, skipped) = entries(&listed.stdout);
        self.write(&wanted, into)?;
        Ok(skipped)
    }

    fn write(&self, wanted: &[Entry<'_>], into: &Path) -> Result<(), GitError> {
        let mut child = command(&self.dir)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Program)?;
        let mut names = child.stdin.take().expect("it was asked for");
        let asked: Vec<u8> = wanted
            .iter()
            .flat_map(|entry| [entry.object, &b"\n"[..]])
            .flatten()
            .copied()
            .collect();
        let mut content = BufReader::new(child.stdout.take().expect("it was asked for"));
        // Apart, because git writes while it reads, and neither waits for the other for ever.
        let asking = std::thread::spawn(move || names.write_all(&asked));
        let written = wanted
            .iter()
            .try_for_each(|entry| write_one(&mut content, entry, into));
        drop(content);
        let _ = asking.join();
        if written.is_err() {
            let _ = child.kill();
        }
        child.wait().map_err(GitError::Read)?;
        written
    }
}

/// An article of a tree.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    object: &'a [u8],
    path: &'a [u8],
}

/// Sorts the entries of `git ls-tree -z -l` into articles and what is left out; other files are not mentioned.
fn entries(listed: &[u8]) -> (Vec<Entry<'_>>, Vec<Skipped>) {
    let (mut wanted, mut skipped) = (Vec::new(), Vec::new());
    for line in listed.split(|byte| *byte == 0) {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let (meta, path) = (&line[..tab], &line[tab + 1..]);
        let mut meta = meta
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty());
        let (Some(mode), Some(_kind), Some(object), size) =
            (meta.next(), meta.next(), meta.next(), meta.next())
        else {
            continue;
        };
        let size = size.and_then(|size| std::str::from_utf8(size).ok()?.parse::<u64>().ok());
        let mut skip = |reason| {
            skipped.push(Skipped {
                path: String::from_utf8_lossy(path).into_owned(),
                reason,
            });
        };
        match mode {
            b"120000" => {
                skip("it is a symbolic link, which is not followed; put the article itself here");
            }
            b"160000" => {
                skip("it is a submodule, which is not followed; put the articles themselves here");
            }
            _ if !is_safe(path) => skip("its name leads out of the folder; rename it"),
            _ if !is_article(path) => {}
            _ if size.is_some_and(|size| size > MAX_FILE_BYTES) => {
                skip("it is larger than any article may be; split it");
            }
            _ => wanted.push(Entry { object, path }),
        }
    }
    (wanted, skipped)
}

/// Whether every part of a path is a plain name.
fn is_safe(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').all(|part| {
        !matches!(part, b"" | b"." | b"..")
            && !part.eq_ignore_ascii_case(b".git")
            && (cfg!(not(windows)) || !part.iter().any(|byte| matches!(byte, b'\\' | b':')))
    })
}

/// Whether the indexer would read a file of that name.
fn is_article(path: &[u8]) -> bool {
    let is_hidden = path
        .split(|byte| *byte == b'/')
        .any(|part| part.starts_with(b"."));
    let extension = path.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let is_markdown = ["md", "markdown", "mdx"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known.as_bytes()));
    is_markdown && !is_hidden
}

/// Reads the next object from `content` and writes it to its place below `into`.
fn write_one(
    content: &mut impl io::BufRead,
    entry: &Entry<'_>,
    into: &Path,
) -> Result<(), GitError> {
    let mut head = String::new();
    (&mut *content)
        .take(4_096)
        .read_line(&mut head)
        .map_err(GitError::Read)?;
    let size = match head.trim_end().rsplit_once(' ') {
        Some((rest, size)) if rest.ends_with(" blob") => size.parse::<u64>().ok(),
        _ => None,
    };
    let Some(size) = size else {
        return Err(GitError::Missing {
            path: String::from_utf8_lossy(entry.path).into_owned(),
        });
    };
    let path = into.join(os_string(entry.path));
    let copy = |content: &mut dyn io::Read| -> io::Result<u64> {
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        // Never one that is there: a tree may hold a name twice.
        let mut file = fs_err::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        io::copy(&mut content.take(size), &mut file)
    };
    let copied = copy(content).map_err(GitError::Write)?;
    let mut end = [0];
    content.read_exact(&mut end).map_err(GitError::Read)?;
    if copied == size && end == *b"\n" {
        Ok(())
    } else {
        Err(GitError::Read(io::ErrorKind::UnexpectedEof.into()))
    }
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(dir)
        .args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"])
        // Settings of a repository may name programs; none of these is needed for reading.
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C");
    command
}

fn git<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> Result<Output, GitError> {
    let mut command = command(dir);
    command.args(args).stdin(Stdio::null());
    command.output().map_err(GitError::Program)
}

/// The first line git wrote, when it succeeded.
fn line_of(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// The first line of what git complained of.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("it gave no reason");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(lines: &[&str]) -> Vec<u8> {
        lines
            .iter()
            .flat_map(|line| format!("{line}\0").into_bytes())
            .collect()
    }

    #[test]
    fn only_articles_with_plain_names_are_taken() {
        let tree = listed(&[
            "100644 blob aaaa     120\ten/fees.md",
            "100755 blob bbbb      10\tnl/Één artikel, met komma.MD",
            "100644 blob cccc     120\ten/picture.png",
            "100644 blob dddd     120\t.github/readme.md",
            "100644 blob eeee 9000000\ten/huge.md",
            "120000 blob ffff      11\ten/link.md",
            "160000 commit 1111       -\tvendor",
            "100644 blob 2222     120\t../out.md",
            "100644 blob 3333     120\ten/../../out.md",
            "100644 blob 4444     120\t/etc/motd.md",
            "100644 blob 5555     120\ten/.GIT/hooks.md",
            "100644 blob 6666     120\ten/tab\there.md",
        ]);
        let (wanted, skipped) = entries(&tree);
        let taken: Vec<_> = wanted
            .iter()
            .map(|entry| String::from_utf8_lossy(entry.path))
            .collect();
        assert_eq!(
            taken,
            [
                "en/fees.md",
                "nl/Één artikel, met komma.MD",
                "en/tab\there.md"
            ]
        );
        assert_eq!(wanted[0].object, b"aaaa");
        let left: Vec<&str> = skipped.iter().map(|skipped| &*skipped.path).collect();
        assert_eq!(
            left,
            [
                "en/huge.md",
                "en/link.md",
                "vendor",
                "../out.md",
                "en/../../out.md",
                "/etc/motd.md",
                "en/.GIT/hooks.md"
            ]
        );
        assert_eq!(entries(b""), (Vec::new(), Vec::new()));
    }

    #[track_caller]
    fn written(content: &[u8]) -> Result<Vec<u8>, GitError> {
        let dir = tempfile::tempdir().expect("a folder");
        let entry = Entry {
            object: b"aaaa",
            path: b"en/fees.md",
        };
        write_one(&mut io::Cursor::new(content), &entry, dir.path())?;
        Ok(fs_err::read(dir.path().join("en/fees.md")).expect("written"))
    }

    #[test]
    fn an_object_is_written_whole_or_not_taken() {
        assert_eq!(written(b"aaaa blob 6\n# Fees\n").expect("whole"), b"# Fees");
        assert_eq!(written(b"aaaa blob 0\n\n").expect("empty"), b"");
        assert!(
            matches!(written(b"aaaa missing\n"), Err(GitError::Missing { path }) if path == "en/fees.md")
        );
        assert!(matches!(
            written(b"aaaa blob 60\n# Fees\n"),
            Err(GitError::Read(_))
        ));
    }
}
