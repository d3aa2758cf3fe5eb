//! Kept: the generations there are, going back to the one before, and removing it for good.

use jiff::Timestamp;

use super::{IndexStore, is_generation_id};
use crate::{
    error::{BuildError, Damage, OpenError, RollbackError},
    snapshot::{self, OpenShards, Snapshot},
};

/// A generation that is kept, as its manifest tells.
#[derive(Debug)]
pub struct Kept {
    /// Its name.
    pub id: String,
    /// Whether it serves now.
    pub serves: bool,
    /// Whether it served before the one that serves now, so that [`IndexStore::roll_back`] goes to it.
    pub is_before: bool,
    /// What else is known of it, or why nothing is.
    pub contents: Result<KeptContents, Damage>,
}

/// What is in a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptContents {
    /// When it was built.
    pub built_at: Timestamp,
    /// Article versions.
    pub n_articles: usize,
    /// Passages.
    pub n_passages: usize,
    /// Size of its files in bytes; files that two generations share count in both.
    pub n_bytes: u64,
}

/// What a rollback came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The generation that served.
    pub from: String,
    /// The generation that serves now.
    pub to: String,
}

impl IndexStore {
    /// The generations that are kept, newest first.
    ///
    /// # Errors
    /// [`OpenError::Read`] when the directory cannot be read.
    pub fn kept(&self) -> Result<Vec<Kept>, OpenError> {
        if let Some(postgres) = &self.postgres {
            return Ok(postgres.kept()?);
        }
        let current = self.current_id();
        let before = current.as_ref().and_then(|id| self.before(id));
        let kept = self.generations()?.into_iter().rev().map(|id| Kept {
            serves: current.as_ref() == Some(&id),
            is_before: before.as_ref() == Some(&id),
            contents: self.contents(&id),
            id,
        });
        Ok(kept.collect())
    }

    fn contents(&self, id: &str) -> Result<KeptContents, Damage> {
        let manifest = snapshot::read_manifest(&self.generation_dir(id))?;
        Ok(KeptContents {
            built_at: manifest.built_at,
            n_articles: manifest.n_articles,
            n_passages: manifest.n_passages,
            n_bytes: manifest.files.values().map(|file| file.bytes).sum(),
        })
    }

    /// The generation that served when `id` was built, if it is there still.
    pub(super) fn before(&self, id: &str) -> Option<String> {
        let manifest = snapshot::read_manifest(&self.generation_dir(id)).ok()?;
        let before = manifest.before.filter(|before| is_generation_id(before))?;
        self.generation_dir(&before).is_dir().then_some(before)
    }

    /// Makes the generation before the one that serves the one that serves. A running service takes it up at its next
    /// look. The generation that was left stays until the next build.
    ///
    /// # Errors
    /// [`RollbackError`]; what served before serves still.
    pub fn roll_back(&self) -> Result<RolledBack, RollbackError> {
        let from = self.current_id().ok_or_else(|| OpenError::Missing {
            dir: self.dir().to_owned(),
        })?;
        let lock = self.lock()?;
        if let (Some(postgres), Some(lease)) = (&self.postgres, &lock.lease) {
            return postgres.roll_back(lease, from);
        }
        let to = self
            .before(&from)
            .ok_or_else(|| RollbackError::NoneBefore {
                current: from.clone(),
            })?;
        Snapshot::open(&self.generation_dir(&to), &OpenShards::new()).map_err(|source| {
            RollbackError::Damaged {
                generation: to.clone(),
                source,
            }
        })?;
        self.point_to(&lock, &to)?;
        Ok(RolledBack { from, to })
    }

    /// Removes every generation but the one that serves, and what builds that died left behind: then nothing that was
    /// deleted from the articles is left in the index. Gives the names of what was removed.
    ///
    /// # Errors
    /// [`BuildError::Busy`] while a build runs, [`BuildError::Remove`] when a generation cannot be removed, and
    /// [`BuildError::Write`].
    pub fn purge(&self) -> Result<Vec<String>, BuildError> {
        let lock = self.lock()?;
        self.clear_unfinished(&lock);
        let served = match (&self.postgres, &lock.lease) {
            (Some(postgres), Some(lease)) => Some(postgres.purge(lease)?),
            _ => None,
        };
        let Some(current) = self.copy_id() else {
            return Ok(served.unwrap_or_default());
        };
        let mut removed = Vec::new();
        for id in self.generations().unwrap_or_default() {
            if id != current {
                let path = self.generation_dir(&id);
                fs_err::remove_dir_all(&path)
                    .map_err(|source| BuildError::Remove { path, source })?;
                removed.push(id);
            }
        }
        // The working copy holds what the database held, or less.
        Ok(served.unwrap_or(removed))
    }
}
