//! Why a model is not there, in one line that names the file, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the files of a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The file was never pulled.
    #[error("`{file}` of model `{model}` has not been pulled")]
    NotPulled {
        /// Id of the model.
        model: String,
        /// Name of the file.
        file: String,
    },
    /// The file in place is not what the catalogue says.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// Id of the model.
        model: String,
        /// Name of the file.
        file: String,
        /// Where it lies.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is missing or damaged, and nothing may be fetched.
    #[error(
        "`{file}` of model `{model}` is not in the models folder and nothing is fetched offline"
    )]
    Offline {
        /// Id of the model.
        model: String,
        /// Name of the file.
        file: String,
    },
    /// Another process pulls into the same folder.
    #[error("another pull is running in `{}` ({holder})", dir.display())]
    Locked {
        /// The models folder.
        dir: PathBuf,
        /// What is known of the other process.
        holder: String,
    },
    /// The disk is full, or would be.
    #[error("the disk is too full for `{file}`: {}", space(*needed, *free))]
    DiskFull {
        /// Name of the file.
        file: String,
        /// The models folder.
        dir: PathBuf,
        /// Bytes that are still needed.
        needed: u64,
        /// Bytes that are free, where the system tells.
        free: Option<u64>,
    },
    /// No source delivered the file.
    #[error("`{file}` could not be pulled: {}", joined(attempts))]
    Sources {
        /// Id of the model.
        model: String,
        /// Name of the file.
        file: String,
        /// What each source said, in the order they were asked.
        attempts: Vec<Attempt>,
    },
    /// The models folder could not be read or written; the cause names the path.
    #[error("the models folder could not be used")]
    Io(#[source] io::Error),
}

impl PullError {
    /// What the user can do about it, in one line.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotPulled { model, .. } | Self::Damaged { model, .. } => {
                format!("run `loket models pull {model}`")
            }
            Self::Offline { model, file } => format!(
                "run `loket models pull {model}` without --offline, or give --from a folder that has `{file}`"
            ),
            Self::Locked { .. } => {
                "wait until it has finished, or end it, and try again".to_owned()
            }
            Self::DiskFull { dir, needed, .. } => format!(
                "free {} on the disk of `{}`, or choose another disk with --models-dir",
                readable_bytes(*needed),
                dir.display()
            ),
            Self::Sources {
                model,
                file,
                attempts,
            } => {
                let has =
                    |wanted: fn(&SourceError) -> bool| attempts.iter().any(|a| wanted(&a.error));
                let first = if has(|e| matches!(e, SourceError::PipMissing)) {
                    "install Python with pip"
                } else if has(|e| matches!(e, SourceError::WrongContent { .. })) {
                    "a source has another file than the catalogue names: pull again later"
                } else if has(|e| matches!(e, SourceError::Refused { status: 401 | 403 })) {
                    "set HF_TOKEN to a token that may read it"
                } else {
                    "check the network and run the pull again, it continues where it stopped"
                };
                format!(
                    "{first}; or get `{file}` by other means and run `loket models pull {model} --from FOLDER`"
                )
            }
            Self::Io(_) => {
                "check that the folder can be written, or choose another with --models-dir"
                    .to_owned()
            }
        }
    }
}

/// What one source said.
#[derive(Debug)]
pub struct Attempt {
    /// The source in words.
    pub source: String,
    /// Why it did not deliver.
    pub error: SourceError,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.error)?;
        let mut cause = std::error::Error::source(&self.error);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Why one source did not deliver a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The source does not have the file.
    #[error("no such file there")]
    Absent,
    /// The hub answered with a status that is not success.
    #[error("refused with HTTP status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The source is not to be asked.
    #[error("not asked because HF_HUB_OFFLINE is set")]
    HubOffline,
    /// The source could not be reached.
    #[error("could not be reached")]
    Unreachable(#[source] Box<ureq::Error>),
    /// The connection broke, and did so again without getting further.
    #[error("the connection broke after {received} of {expected} bytes")]
    Interrupted {
        /// Bytes that arrived, over all attempts.
        received: u64,
        /// Size of the file.
        expected: u64,
    },
    /// The source has a file of another size.
    #[error("wrong size: {found} bytes instead of {expected}")]
    WrongSize {
        /// Bytes the source has, or got to before it was stopped.
        found: u64,
        /// Bytes the catalogue says.
        expected: u64,
    },
    /// The source has a file of the right size and another content.
    #[error("wrong hash: SHA-256 {found} instead of {expected}")]
    WrongContent {
        /// SHA-256 of what arrived.
        found: String,
        /// SHA-256 the catalogue says.
        expected: String,
    },
    /// There is no pip to fetch packages with.
    #[error("pip was not found")]
    PipMissing,
    /// pip could not reach a package index.
    #[error("pip could not reach its package index for `{requirement}`")]
    PipUnreachable {
        /// What was asked for.
        requirement: String,
    },
    /// pip failed for another reason.
    #[error("pip could not download `{requirement}`: {message}")]
    Pip {
        /// What was asked for.
        requirement: String,
        /// The last thing pip said.
        message: String,
    },
    /// The wheel cannot be opened as an archive.
    #[error("the wheel of `{requirement}` cannot be read")]
    Wheel {
        /// What was asked for.
        requirement: String,
        /// What is wrong with the archive.
        #[source]
        source: zip::result::ZipError,
    },
    /// The wheel does not have the member, or has several that match.
    #[error("the wheel of `{requirement}` has {found} members that match `{member}`")]
    Member {
        /// What was asked for.
        requirement: String,
        /// Pattern of the member.
        member: String,
        /// How many match.
        found: usize,
    },
    /// The disk is full, or would be.
    #[error("the disk is too full: {}", space(*needed, *free))]
    DiskFull {
        /// Bytes that are still needed.
        needed: u64,
        /// Bytes that are free, where the system tells.
        free: Option<u64>,
    },
    /// A file could not be read or written; the cause names the path.
    #[error("a file could not be read or written")]
    Io(#[source] io::Error),
}

impl SourceError {
    /// Whether the source simply lacks the file.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// A full disk met while writing is told apart from every other failure. How much is missing is not known
/// here and left 0, which the store replaces by what is left of the file.
impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        if is_disk_full(&error) {
            Self::DiskFull {
                needed: 0,
                free: None,
            }
        } else {
            Self::Io(error)
        }
    }
}

/// Whether writing failed for lack of room or of quota.
pub(super) fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn joined(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "it has no source".to_owned();
    }
    let lines: Vec<String> = attempts.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

fn space(needed: u64, free: Option<u64>) -> String {
    let needed = readable_bytes(needed);
    match free {
        Some(free) => format!("{needed} more needed, {} free", readable_bytes(free)),
        None => format!("{needed} more needed"),
    }
}

/// A number of bytes as people read it, in powers of 1000 as disks are sold.
fn readable_bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "bytes" {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        assert_eq!(readable_bytes(0), "0 bytes");
        assert_eq!(readable_bytes(999), "999 bytes");
        assert_eq!(readable_bytes(71_622_400), "71.6 MB");
        assert_eq!(readable_bytes(1_117_320_768), "1.1 GB");
        assert_eq!(readable_bytes(u64::MAX), "18446744.1 TB");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_recognised() {
        use std::io::Write as _;
        let mut full = fs_err::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let error = full.write_all(b"x").expect_err("the device is always full");
        assert!(matches!(
            SourceError::from(error),
            SourceError::DiskFull { .. }
        ));
    }
}
