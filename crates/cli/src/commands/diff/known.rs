//! Answers known from an earlier run, below the data directory.
//!
//! One file for each version of the articles, with the settings, models and program that answered: with another of any
//! of these nothing is taken for known. A file that cannot be read is as good as none.

use std::path::{Path, PathBuf};

use ::eval::diff::Known;
use answer::{AnswerConfig, Engine};
use anyhow::Context as _;

/// Versions whose answers are kept.
const N_KEPT: usize = 8;

/// The folder of what is known.
#[derive(Debug)]
pub(super) struct KnownAnswers {
    folder: PathBuf,
    /// Names the settings and the program.
    made_by: String,
}

impl KnownAnswers {
    /// What is known below `folder` of answers made with `config`.
    pub(super) fn of(folder: &Path, config: &AnswerConfig) -> Self {
        Self {
            folder: folder.join("answers"),
            made_by: format!("{} {}", config.hash(), program()),
        }
    }

    fn path(&self, engine: &Engine) -> PathBuf {
        let named = format!(
            "{} {} {} {}",
            engine.snapshot().content_key(),
            engine.encoder_id(),
            engine.writer_id().unwrap_or("none"),
            self.made_by
        );
        let name = blake3::hash(named.as_bytes()).to_hex();
        self.folder.join(format!("{}.json", &name[..32]))
    }

    /// What `engine` said before; nothing when that is not known.
    pub(super) fn read(&self, engine: &Engine) -> Known {
        let read = fs_err::read(self.path(engine)).ok();
        read.and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps what each engine said, and forgets the oldest of others.
    pub(super) fn keep(&self, said: &[(&Engine, &Known)]) -> anyhow::Result<()> {
        fs_err::create_dir_all(&self.folder).context("keeping the answers")?;
        for (engine, known) in said {
            let path = self.path(engine);
            let mut file =
                tempfile::NamedTempFile::new_in(&self.folder).context("keeping the answers")?;
            serde_json::to_writer(&mut file, known).context("keeping the answers")?;
            // By rename, so that a run beside this one reads the old file or the new one.
            file.persist(&path).context("keeping the answers")?;
        }
        self.forget();
        Ok(())
    }

    fn forget(&self) {
        let Ok(entries) = fs_err::read_dir(&self.folder) else {
            return;
        };
        let mut files: Vec<_> = entries
            .flatten()
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort_unstable();
        let n_old = files.len().saturating_sub(N_KEPT);
        for (_, path) in files.into_iter().take(n_old) {
            // Left for the next run when it cannot be removed now.
            let _ = fs_err::remove_file(path);
        }
    }
}

/// Tells this program from one built before: it may answer otherwise from the same articles.
fn program() -> String {
    let file = std::env::current_exe().and_then(fs_err::metadata);
    let told = file.and_then(|file| Ok((file.len(), file.modified()?)));
    told.map_or_else(
        |_| env!("CARGO_PKG_VERSION").to_owned(),
        |told| format!("{told:?}"),
    )
}
