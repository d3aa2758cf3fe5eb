//! Several questions in one message: each answered by itself, the answers joined in order.
//!
//! Whether the parts really are different needs shows in what they find: parts that all find the same article are one
//! question after all, and so is a message none of whose parts finds anything. Those go the ordinary way.

use std::{collections::HashSet, time::Instant};

use corpus::ArticleId;

use super::{Cancel, Engine, EngineError, Event, Found};
use crate::{
    outcome::{Answer, EscalationReason, Outcome, Sentence, Source, Wording},
    policy::Policy,
    query::Query,
    question::Question,
    retrieve::Candidate,
};

/// One part with what was found for it.
struct FoundPart {
    text: String,
    found: Found,
    /// Whether an article or a fact answers it.
    is_answerable: bool,
}

impl Engine {
    /// Answers a message of several needs; `None` when it is to be answered as one.
    pub(super) fn answer_parts(
        &self,
        question: &Question,
        query: &Query,
        cancel: &Cancel,
        started: Instant,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Option<Answer> {
        let mut parts = match self.find_parts(question, query, cancel, started) {
            Ok(parts) => parts?,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "retrieval failed");
                return Some(self.escalate(EscalationReason::Error, query.language, started));
            }
        };
        // A person decides on a sensitive matter; what else was asked waits for them.
        let is_sensitive = |part: &FoundPart| part.is_answerable && self.is_sensitive(&part.found);
        if parts.iter().any(is_sensitive) {
            for part in &mut parts {
                part.is_answerable &= self.is_sensitive(&part.found);
            }
        }
        let mut sources: Vec<Source> = Vec::new();
        for part in parts.iter().filter(|part| part.is_answerable) {
            if !self.is_answerable(&part.found) {
                continue;
            }
            for article in part.found.evidence.articles() {
                let source = self.source(article);
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
        }
        on_event(Event::Sources(&sources));
        let mut joined = Joined::default();
        for part in &parts {
            if !part.is_answerable {
                joined.unanswered.push(part.text.clone());
                continue;
            }
            let mut forward = |event: Event<'_>| {
                if let Event::Sentence(sentence) = event
                    && joined.take(sentence)
                {
                    on_event(event);
                }
            };
            let answer = self.conclude(question, &part.found, None, cancel, started, &mut forward);
            joined.add(&part.text, &answer, part.found.confidence);
        }
        let mut answer = self.escalate(EscalationReason::Unsupported, query.language, started);
        answer.topics = Vec::new();
        for part in parts.iter().filter(|part| part.is_answerable) {
            for topic in self.topics(None, &part.found) {
                if !answer.topics.contains(&topic) {
                    answer.topics.push(topic);
                }
            }
        }
        answer.timings.search = parts
            .iter()
            .map(|part| part.found.search)
            .max()
            .unwrap_or_default();
        joined.into_answer(&mut answer);
        if answer.outcome == Outcome::Escalated(EscalationReason::SensitiveTopic) {
            answer.policy = Some(Policy::Article);
        }
        answer.sources = Self::cited(&answer.sentences);
        answer.timings.total = started.elapsed();
        Some(answer)
    }

    /// The articles of the parts of `query`, taken in turn; `None` when it is one question.
    pub(super) fn rank_parts(
        &self,
        question: &Question,
        query: &Query,
    ) -> Result<Option<Vec<Candidate>>, EngineError> {
        let mut rankings = Vec::with_capacity(query.parts.len());
        for part in &query.parts {
            let ranked = self.rank(question, query.of_part(part), None)?;
            rankings.push(ranked.candidates.into_iter());
        }
        let mut seen = HashSet::new();
        let mut in_turn: Vec<Candidate> = Vec::new();
        while rankings.iter().any(|ranking| ranking.len() > 0) {
            let next = rankings.iter_mut().filter_map(Iterator::next);
            in_turn.extend(next.filter(|candidate| seen.insert(candidate.article)));
        }
        Ok((!query.parts.is_empty()).then_some(in_turn))
    }

    /// What the parts of `query` find; `None` when they are one question after all.
    fn find_parts(
        &self,
        question: &Question,
        query: &Query,
        cancel: &Cancel,
        started: Instant,
    ) -> Result<Option<Vec<FoundPart>>, EngineError> {
        let mut parts = Vec::with_capacity(query.parts.len());
        for part in &query.parts {
            let mut found = self.find(question, query.of_part(part), started)?;
            self.let_writer_read(question, &mut found, cancel);
            let is_answerable = self.is_answerable(&found) || self.told(question, &found).is_full;
            parts.push(FoundPart {
                text: part.clone(),
                found,
                is_answerable,
            });
        }
        let tops: Vec<Option<&ArticleId>> = parts
            .iter()
            .map(|part| part.found.candidates.first())
            .map(|top| top.map(|top: &Candidate| &self.snapshot.article(top.article).id))
            .collect();
        let differ = tops.windows(2).any(|pair| pair[0] != pair[1]);
        let any = parts.iter().any(|part| part.is_answerable);
        Ok((differ && any).then_some(parts))
    }
}

/// The answers to the parts, joined.
#[derive(Default)]
struct Joined {
    sentences: Vec<Sentence>,
    unanswered: Vec<String>,
    outcome: Option<Outcome>,
    confidence: Option<f32>,
    /// The writer that worded a part, where one did.
    writer: Option<String>,
    first_sentence: Option<std::time::Duration>,
}

impl Joined {
    /// Takes a sentence unless one that says the same, or quotes the same, is there.
    fn take(&mut self, sentence: &Sentence) -> bool {
        let is_said = self.sentences.iter().any(|said| {
            said.text == sentence.text
                || sentence
                    .citations
                    .iter()
                    .all(|citation| said.citations.contains(citation))
        });
        if !is_said {
            self.sentences.push(sentence.clone());
        }
        !is_said
    }

    /// Adds what became of a part, whose sentences were taken as they came.
    fn add(&mut self, text: &str, answer: &Answer, confidence: f32) {
        self.writer = self.writer.take().or_else(|| answer.writer.clone());
        self.first_sentence = self.first_sentence.or(answer.timings.first_sentence);
        match answer.outcome {
            Outcome::Answered => {
                if self.outcome.is_none() {
                    self.outcome = Some(Outcome::Answered);
                }
                let lowest = self.confidence.map_or(confidence, |c| c.min(confidence));
                self.confidence = Some(lowest);
            }
            Outcome::Escalated(EscalationReason::SensitiveTopic) => {
                self.outcome = Some(Outcome::Escalated(EscalationReason::SensitiveTopic));
                self.confidence = Some(confidence);
            }
            _ => self.unanswered.push(text.to_owned()),
        }
    }

    fn into_answer(self, answer: &mut Answer) {
        answer.wording = match (self.sentences.is_empty(), self.writer.is_some()) {
            (true, _) => None,
            (false, true) => Some(Wording::Generated),
            (false, false) => Some(Wording::Extractive),
        };
        answer.writer = self.writer.filter(|_| answer.wording.is_some());
        answer.confidence = self.confidence.unwrap_or_default();
        answer.timings.first_sentence = self.first_sentence;
        answer.sentences = self.sentences;
        if let Some(outcome) = self.outcome {
            answer.outcome = outcome;
            answer.unanswered = self.unanswered;
        }
    }
}
