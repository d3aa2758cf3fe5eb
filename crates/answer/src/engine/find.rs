//! Finding: from a question as it was read to what its answer may rest on.
//!
//! query → **ranked articles → evidence → confidence** → conclusion.

use std::time::{Duration, Instant};

use corpus::Language;
use indexer::Visibility;
use inference::TextKind;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Engine, EngineError};
use crate::{
    clarify,
    confidence::Features,
    evidence::{self, Asked, Budget, Evidence, Reader},
    outcome::Clarification,
    query::{Query, Unusable},
    question::Question,
    retrieve::{self, Candidate, QuestionTerms, Sought},
};

/// What retrieval found for one question.
#[derive(Debug, Clone)]
pub struct Retrieved {
    /// The question as it was read.
    pub query: Query,
    /// Its unit-length vector.
    pub vector: Vec<f32>,
    /// The question as it was compared.
    pub sought: Sought,
    /// The articles, best first.
    pub candidates: Vec<Candidate>,
}

/// Everything found for one question.
pub(super) struct Found {
    pub(super) query: Query,
    pub(super) vector: Vec<f32>,
    pub(super) candidates: Vec<Candidate>,
    /// What the question may mean, when it is too short to tell.
    pub(super) meanings: Vec<Clarification>,
    pub(super) evidence: Evidence,
    pub(super) features: Features,
    pub(super) confidence: f32,
    /// Whether the writer should have read the evidence and its endpoint could not.
    pub(super) is_unread: bool,
    pub(super) search: Duration,
}

impl Engine {
    /// Ranks the articles for a question; `None` when there is nothing to search for. The articles of several needs
    /// in one message stand in turn: the best of each, then the second of each.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn retrieve(&self, question: &Question) -> Result<Option<Retrieved>, EngineError> {
        match self.read(question) {
            Ok(query) => {
                let of_parts = self.rank_parts(question, &query)?;
                let mut retrieved = self.rank(question, query, None)?;
                if let Some(candidates) = of_parts {
                    retrieved.candidates = candidates;
                }
                Ok(Some(retrieved))
            }
            Err(Unusable::Blank(_) | Unusable::UnsupportedLanguage) => Ok(None),
        }
    }

    /// Ranks the articles someone who asks `question` may see, in `languages` only where given.
    pub(crate) fn rank(
        &self,
        question: &Question,
        query: Query,
        languages: Option<&[Language]>,
    ) -> Result<Retrieved, EngineError> {
        let selection = self.snapshot.select(&Visibility {
            audience: question.audience.as_deref(),
            region: question.region.as_deref(),
            day: day_of(question.at),
            languages,
        });
        let mut encoded = self
            .encoder
            .encode_with_tokens(&[&query.retrieval_text], TextKind::Query)?;
        let sought = Sought::new(
            &self.snapshot,
            &query.retrieval_text,
            &encoded,
            query.language,
        );
        let candidates = retrieve::rank(
            &self.snapshot,
            &selection,
            &sought,
            self.config.hits_per_retriever.get(),
            &self.config.fusion,
        )?;
        Ok(Retrieved {
            query,
            vector: std::mem::take(&mut encoded.texts.values),
            sought,
            candidates,
        })
    }

    pub(super) fn find(
        &self,
        question: &Question,
        query: Query,
        started: Instant,
    ) -> Result<Found, EngineError> {
        let Retrieved {
            query,
            vector,
            sought,
            candidates,
        } = self.rank(question, query, None)?;
        let search = started.elapsed();
        let budget = Budget {
            max_articles: self.config.max_articles.get(),
            tokens: self.config.evidence_budget_tokens.get(),
        };
        let evidence = evidence::gather(
            &self.snapshot,
            &*self.encoder,
            &self.statements,
            self.asked(question, &query, &sought),
            &candidates,
            budget,
        )?;
        let features = self.features(&sought, &candidates, &evidence);
        let confidence = self.config.calibration.probability(&features);
        tracing::debug!(?features, confidence, "examined");
        Ok(Found {
            meanings: clarify::meanings(&self.snapshot, &query, &sought, &candidates),
            query,
            vector,
            candidates,
            evidence,
            features,
            confidence,
            is_unread: false,
            search,
        })
    }

    /// What statements are held against.
    pub(super) fn asked<'a>(
        &'a self,
        question: &'a Question,
        query: &Query,
        sought: &'a Sought,
    ) -> Asked<'a> {
        Asked {
            sought,
            wanted: query.wanted(),
            weights: &self.config.statements,
            reader: Reader {
                region: question.region.as_deref(),
                audience: question.audience.as_deref(),
            },
        }
    }

    fn features(&self, sought: &Sought, candidates: &[Candidate], evidence: &Evidence) -> Features {
        let Some(top) = candidates.first() else {
            return Features::default();
        };
        // A language without articles has no terms; `cross_lingual` tells of that.
        let terms = sought.terms_in(sought.language());
        let n_terms = terms.map_or(0, QuestionTerms::len);
        // A code names its article, and says nothing of whether that answers.
        let likeness = |c: &Candidate| c.score - self.config.fusion.codes * c.codes;
        let fifth = candidates.get(4).or(candidates.last());
        let lead = likeness(top) - fifth.map_or(0.0, likeness);
        let statement = evidence
            .pieces
            .iter()
            .map(|piece| piece.signals.likeness())
            .fold(0.0, f32::max);
        let cross = self.snapshot.article(top.article).language != sought.language();
        Features {
            nearness: top.signals.nearness - 3.0,
            versions: top.signals.versions - 3.0,
            lead: lead.max(0.0),
            statement: statement - 3.0,
            coverage: top.signals.coverage,
            words: top.signals.passage_words,
            unknown: terms.map_or(0.0, QuestionTerms::unknown)
                * (4.0 / n_terms.max(1) as f32).min(1.0),
            agreement: f32::from(u8::from(top.dense_rank == 1 && top.lexical_rank == Some(1))),
            cross_lingual: f32::from(u8::from(cross)),
            length: ((n_terms + 1) as f32).ln() - 1.5,
            ..Features::default()
        }
    }
}

/// The day an instant falls on for the validity of articles, in UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
