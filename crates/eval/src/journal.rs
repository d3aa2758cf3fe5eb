//! Journals: what a run has finished, so that one that was killed goes on where it was.
//!
//! A text file: a line that tells which run it is of, then one JSON object for every finished question, written as soon
//! as it is finished. A line lost in the middle of being written is dropped when the journal is opened again, and its
//! question asked again. A journal of another run is refused: results of two settings in one report would be figures
//! of neither.

use std::{
    fs::TryLockError,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fs_err::{File, OpenOptions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::run::RunFacts;

/// Which run a journal is of: two that differ in any of it have different results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// See [`RunFacts::set`].
    pub set: String,
    /// Generation of the index.
    pub generation: String,
    /// Encoder.
    pub encoder: String,
    /// Writer, when there is one.
    pub writer: Option<String>,
    /// See [`RunFacts::config`].
    pub config: String,
    /// Hash of what else decides on results, such as the settings of routing; empty for none.
    pub more: String,
    /// See [`RunFacts::mode`].
    pub mode: String,
    /// See [`RunFacts::seed`].
    pub seed: u64,
}

impl Identity {
    /// The identity of a run of `facts` by `engine`.
    pub fn new(facts: &RunFacts, engine: &answer::Engine, more: String) -> Self {
        Self {
            set: facts.set.clone(),
            generation: engine.snapshot().generation().to_owned(),
            encoder: engine.encoder_id().to_owned(),
            writer: engine.writer_id().map(str::to_owned),
            config: facts.config.clone(),
            more,
            mode: facts.mode.clone(),
            seed: facts.seed,
        }
    }

    /// The first thing in which `other` differs: what it is, its value there and here.
    fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let none = || "none".to_owned();
        let pairs = [
            ("the mode", &self.mode, &other.mode),
            ("the questions", &self.set, &other.set),
            ("the index generation", &self.generation, &other.generation),
            ("the encoder", &self.encoder, &other.encoder),
            (
                "the writer",
                &self.writer.clone().unwrap_or_else(none),
                &other.writer.clone().unwrap_or_else(none),
            ),
            ("the settings", &self.config, &other.config),
            ("what else was asked for", &self.more, &other.more),
            ("the seed", &self.seed.to_string(), &other.seed.to_string()),
        ];
        let different = pairs.into_iter().find(|(_, a, b)| a != b)?;
        Some((different.0, different.1.clone(), different.2.clone()))
    }
}

/// The first line of a journal.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    run: Identity,
    started: Timestamp,
}

/// Why a journal cannot be gone on with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It is of another run.
    #[error(
        "`{}` is the journal of another run ({what}: `{there}` there, `{here}` here); repeat that run, name another file \
         with `--resume`, or begin anew with `--restart`",
        path.display()
    )]
    OtherRun {
        /// The journal.
        path: PathBuf,
        /// What is different.
        what: &'static str,
        /// Its value in the journal.
        there: String,
        /// Its value in this run.
        here: String,
    },
    /// It is something else.
    #[error("`{}` is no journal of a run; name another file with `--resume`", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A whole line of it cannot be read.
    #[error("line {line} of the journal `{}` cannot be read; begin anew with `--restart`", path.display())]
    Line {
        /// The journal.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A run that is not over writes it.
    #[error(
        "another run writes the journal `{}`; wait for it, or name another file with `--resume`",
        path.display()
    )]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the journal cannot be written")]
    Io(#[from] io::Error),
}

/// Longest time a finished question is kept from the disk. Lines are handed to the system at once, so killing the process
/// loses none; what a power cut may lose is bounded without paying for the disk thousands of times a minute.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// What one run has finished.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    synced: Instant,
    started: Timestamp,
}

impl Journal {
    /// Opens the journal at `path` for the run `identity`, which begins `now` if it is new, and gives what it has
    /// finished. `restart` forgets what is there, whichever run it is of.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open<T: DeserializeOwned>(
        path: &Path,
        identity: &Identity,
        now: Timestamp,
        restart: bool,
    ) -> Result<(Self, Vec<T>), JournalError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = path.to_owned();
                return Err(JournalError::Busy { path });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let head = head_of(path, &text)?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            synced: Instant::now(),
            started: now,
        };
        let Some(head) = head.filter(|_| !restart) else {
            journal.file.set_len(0)?;
            journal.file.seek(SeekFrom::Start(0))?;
            let run = identity.clone();
            journal.write(&Head { run, started: now })?;
            journal.file.sync_all()?;
            return Ok((journal, Vec::new()));
        };
        if let Some((what, there, here)) = head.run.difference(identity) {
            return Err(JournalError::OtherRun {
                path: path.to_owned(),
                what,
                there,
                here,
            });
        }
        journal.started = head.started;
        let n_whole = end_of_lines(&text);
        let finished = results_of(path, &text[..n_whole])?;
        // Behind the last whole line stands one that was being written when the run was killed.
        journal.file.set_len(n_whole as u64)?;
        journal.file.seek(SeekFrom::End(0))?;
        Ok((journal, finished))
    }

    /// When the run was begun.
    pub const fn started(&self) -> Timestamp {
        self.started
    }

    /// Keeps one finished question.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn add<T: Serialize>(&mut self, result: &T) -> Result<(), JournalError> {
        self.write(result)?;
        if self.synced.elapsed() >= SYNC_EVERY {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Removes it: the run is over and its report is written.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn remove(self) -> Result<(), JournalError> {
        Ok(fs_err::remove_file(&self.path)?)
    }

    fn write<T: Serialize>(&mut self, value: &T) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(value).map_err(io::Error::from)?;
        line.push(b'\n');
        Ok(self.file.write_all(&line)?)
    }
}

/// Bytes of whole lines.
fn end_of_lines(text: &[u8]) -> usize {
    let last = text.iter().rposition(|byte| *byte == b'\n');
    last.map_or(0, |end| end + 1)
}

/// The first line of a journal; `None` of an empty one, or one whose first line was never finished. What is no journal is
/// somebody's file, and stays as it is.
fn head_of(path: &Path, text: &[u8]) -> Result<Option<Head>, JournalError> {
    let other = || JournalError::NotAJournal {
        path: path.to_owned(),
    };
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    match serde_json::from_slice(first) {
        Ok(head) if first.len() < text.len() => Ok(Some(head)),
        _ if text.is_empty() || first.len() == text.len() && text.starts_with(OPENING) => Ok(None),
        _ => Err(other()),
    }
}

/// How every journal begins.
const OPENING: &[u8] = b"{\"run\":{";

/// What the lines behind the first hold.
fn results_of<T: DeserializeOwned>(path: &Path, lines: &[u8]) -> Result<Vec<T>, JournalError> {
    let numbered = (1..).zip(lines.split(|byte| *byte == b'\n')).skip(1);
    let written = numbered.filter(|(_, text)| !text.is_empty());
    let read = written.map(|(line, text)| {
        serde_json::from_slice(text).map_err(|source| JournalError::Line {
            path: path.to_owned(),
            line,
            source,
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests;
