//! Parts of answering on their own, for evaluation: evidence without an answer, a check without a writer.

use std::time::Instant;

use corpus::{ArticleId, Language};
use inference::TextKind;

use super::{Cancel, Engine, EngineError};
use crate::{
    check::{self, Assessment, Drafted},
    confidence::Features,
    evidence::{self, Evidence, Piece},
    question::Question,
};

/// What the engine thinks of a question before anything is worded; for evaluation.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The language of the reply.
    pub language: Language,
    /// Whether a person is asked for.
    pub wants_person: bool,
    /// Ranked articles, best first.
    pub articles: Vec<ArticleId>,
    /// Features of the best evidence.
    pub features: Features,
    /// Probability that it answers the question.
    pub confidence: f32,
    /// The evidence an answer would rest on.
    pub evidence: Evidence,
}

impl Engine {
    /// What the engine thinks of a question, without wording an answer. The writer reads where an answer would wait for
    /// it; in [`Mode::Generated`] that is always.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn examine(&self, question: &Question) -> Result<Option<Examination>, EngineError> {
        let Ok(query) = self.read(question) else {
            return Ok(None);
        };
        let wants_person = query.wants_person;
        let mut found = self.find(question, query, Instant::now())?;
        self.let_writer_read(question, &mut found, &Cancel::default());
        Ok(Some(Examination {
            language: found.query.language,
            wants_person,
            articles: found
                .candidates
                .iter()
                .map(|candidate| self.snapshot.article(candidate.article).id.clone())
                .collect(),
            features: found.features,
            confidence: found.confidence,
            evidence: found.evidence,
        }))
    }

    /// The evidence an answer to `question` would rest on; empty when there is nothing to search for.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn evidence(&self, question: &Question) -> Result<Evidence, EngineError> {
        let Ok(query) = self.read(question) else {
            return Ok(Evidence::default());
        };
        Ok(self.find(question, query, Instant::now())?.evidence)
    }

    /// Every statement evidence for `question` is selected from, scored; empty when there is nothing to search for.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn statements(&self, question: &Question) -> Result<Vec<Piece>, EngineError> {
        let Ok(query) = self.read(question) else {
            return Ok(Vec::new());
        };
        let retrieved = self.rank(question, query, None)?;
        let asked = self.asked(question, &retrieved.query, &retrieved.sought);
        let chosen = evidence::within_reach(&retrieved.candidates, self.config.max_articles.get());
        evidence::take_apart(
            &self.snapshot,
            &*self.encoder,
            &self.statements,
            asked,
            &chosen,
        )
    }

    /// Holds `sentence` against `evidence` as if the writer had drafted it in answer to `question`.
    ///
    /// # Errors
    /// [`EngineError::Encode`].
    pub fn assess(
        &self,
        sentence: &str,
        language: Language,
        question: &str,
        evidence: &Evidence,
    ) -> Result<Assessment, EngineError> {
        let drafted = Drafted {
            text: sentence,
            language,
            question,
        };
        let min_support = self.config.min_support.get();
        Ok(check::assess(
            &self.snapshot,
            &*self.encoder,
            evidence,
            drafted,
            min_support,
        )?)
    }

    /// Unit-length vectors of `texts`, read as passages are.
    ///
    /// # Errors
    /// [`EngineError::Encode`].
    pub fn vectors_of(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EngineError> {
        let encoded = self.encoder.encode(texts, TextKind::Passage)?;
        Ok((0..encoded.len())
            .map(|row| encoded.row(row).to_vec())
            .collect())
    }
}
