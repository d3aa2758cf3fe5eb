//! Reading ahead: what answers will need of the encoder, made while nobody waits.
//!
//! An answer holds the question against the statements of the articles it may rest on, by vectors that are made when a
//! statement is first met. After a start that is most of the time an answer without a writer takes; so statements are read in
//! idle moments, few at a time, and those an earlier generation had are not read again.

use corpus::StatementKind;

use super::{Engine, EngineError};
use crate::evidence::{MAX_LAYOUTS, StatementKey};

/// Statements read between two looks at whether to go on: hundredths of a second.
const AT_ONCE: usize = 16;

impl Engine {
    /// Takes over what `earlier` read of statements, if both read with one encoder.
    pub fn take_over(&self, earlier: &Self) {
        if self.encoder.id() == earlier.encoder.id() {
            self.statements.take_over(&earlier.statements);
        }
    }

    /// Reads statements ahead, article by article, until all are read that are kept, or `go_on` says no, which is asked
    /// before every few; it may block until there is time. Gives the number of readings that became known. Does nothing
    /// where the index or the encoder is on another machine: what it would spare is there to be shared.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails. What was read stays.
    pub fn read_ahead(&self, go_on: &dyn Fn() -> bool) -> Result<usize, EngineError> {
        if !self.snapshot.is_local() || self.encoder.remote().is_some() {
            return Ok(0);
        }
        let before = self.statements.n_read();
        let passages = self
            .snapshot
            .articles()
            .flat_map(|(article, _)| self.snapshot.passages_of(article))
            .take(MAX_LAYOUTS);
        let mut keys: Vec<StatementKey> = Vec::new();
        for passage in passages {
            let statements = self.snapshot.passage(passage)?.statements;
            keys.extend(
                (0..)
                    .zip(&statements)
                    .filter(|(_, statement)| statement.kind != StatementKind::Heading)
                    .map(|(index, _)| (passage, index)),
            );
            while keys.len() >= AT_ONCE {
                if !go_on() {
                    return Ok(self.statements.n_read().saturating_sub(before));
                }
                let some: Vec<StatementKey> = keys.drain(..AT_ONCE).collect();
                self.read_some(&some)?;
            }
        }
        if go_on() {
            self.read_some(&keys)?;
        }
        Ok(self.statements.n_read().saturating_sub(before))
    }

    fn read_some(&self, keys: &[StatementKey]) -> Result<(), EngineError> {
        for (passage, _) in keys {
            self.statements
                .layout(&self.snapshot, &*self.encoder, *passage)?;
        }
        self.statements
            .vectors(&self.snapshot, &*self.encoder, keys)?;
        Ok(())
    }
}
