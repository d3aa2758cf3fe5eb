//! The writer as a reader: whether the evidence states what is asked.
//!
//! Likeness tells a passage that is near the question from one that is not; whether the near one answers takes reading.
//! The writer is not asked to refuse, which small ones do by mood: the odds of its "Yes" over its "No" are one feature
//! of confidence among others. It reads the very text its answer is made from, which then stands in its cache, so that
//! asking costs little more than the words of the request.

use inference::writer::WriteError;

use super::{Cancel, Engine, Found, opening::Opening};
use crate::{
    prompt,
    question::{Mode, Question},
};

/// Confidence below which nobody is asked: no reading makes an answer of so little.
const WORTH_READING: f32 = 0.15;

impl Engine {
    /// Has the writer read the evidence, where it may word an answer and one is in reach, and takes what it says into
    /// the confidence. Without a writer, or when it fails or is stopped, confidence stays as it is. What a writer elsewhere
    /// should have read and could not is then quoted and not worded: it is no surer for a lost connection.
    pub(super) fn let_writer_read(&self, question: &Question, found: &mut Found, cancel: &Cancel) {
        let Some(writer) = &self.writer else { return };
        let is_in_reach = found.meanings.is_empty()
            && !found.evidence.pieces.is_empty()
            && found.confidence >= WORTH_READING;
        if question.mode == Mode::Extractive || !is_in_reach || self.is_sensitive(found) {
            return;
        }
        // What is sure already does not wait.
        if self.opening(question, found) != Opening::Writer {
            return;
        }
        let evidence = std::mem::take(&mut found.evidence);
        found.evidence = evidence.within(self.config.reading_budget_tokens.get());
        let messages = prompt::reading(
            &self.snapshot,
            &found.evidence,
            &found.query.standalone,
            found.query.language,
        );
        let chances = writer.choose(&messages, &["Yes", "No"], &cancel.flag, cancel.deadline);
        match chances.as_deref() {
            Ok([yes, no]) => {
                found.features.read = 1.0;
                found.features.reading = yes - no;
                found.confidence = self.config.calibration.probability(&found.features);
                tracing::debug!(
                    reading = found.features.reading,
                    confidence = found.confidence,
                    "the writer read the evidence"
                );
            }
            Ok(_) => {}
            Err(error) => {
                found.is_unread = matches!(error, WriteError::Remote(_));
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "the writer could not read the evidence"
                );
            }
        }
    }
}
