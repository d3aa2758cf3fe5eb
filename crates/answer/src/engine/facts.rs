//! Facts of the subject in an answer: beside the article, or alone when no article answers.

use std::time::Instant;

use corpus::Language;

use super::{Engine, Event, Found, write::Worded};
use crate::{
    outcome::{Answer, EscalationReason, Outcome},
    question::Question,
    subject::{
        Told,
        tell::{self, Asked},
    },
};

impl Engine {
    /// What the subject says to the question, given the article that answers best.
    pub(super) fn told(&self, question: &Question, found: &Found) -> Told {
        let Some(subject) = &question.subject else {
            return Told::default();
        };
        let article = found
            .candidates
            .first()
            .filter(|_| self.is_answerable(found));
        let topics = article.map_or(&[][..], |top| &self.snapshot.article(top.article).topics);
        tell::tell(
            subject,
            &Asked {
                text: &found.query.standalone,
                language: found.query.language,
                audience: question.audience.as_deref(),
                topics,
                at: question.at,
            },
        )
    }

    /// Whether an article answers: there is evidence, it is good enough, and the question is not too short to tell.
    pub(super) fn is_answerable(&self, found: &Found) -> bool {
        found.meanings.is_empty()
            && !found.evidence.pieces.is_empty()
            && found.confidence >= self.config.min_confidence.get()
    }

    /// An answer of facts alone.
    pub(super) fn tell_alone(
        &self,
        told: Told,
        language: Language,
        started: Instant,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Answer {
        on_event(Event::Sources(&[]));
        let mut worded = Worded::new(started, on_event);
        told.sentences
            .into_iter()
            .for_each(|sentence| worded.send(sentence));
        // Everything but the outcome and the sentences is as in an answer without articles.
        let mut answer = self.escalate(EscalationReason::NoEvidence, language, started);
        answer.outcome = Outcome::Answered;
        answer.wording = worded.wording();
        answer.timings.first_sentence = worded.first_sentence;
        answer.sentences = worded.sentences;
        answer
    }
}
