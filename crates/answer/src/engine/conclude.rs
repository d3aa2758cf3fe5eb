//! Concluding: what becomes of a question once its evidence is known.
//!
//! evidence, confidence → **clarify, escalate, quote or word** → answer.

use std::time::Instant;

use corpus::Sensitivity;

use super::{Cancel, Engine, Event, Found, opening::Opening, write::Worded};
use crate::{
    outcome::{Answer, Citation, EscalationReason, Outcome, Sentence, Source, Wording},
    policy::{Policy, SensitiveTopic},
    question::{Mode, Question},
};

impl Engine {
    pub(super) fn conclude(
        &self,
        question: &Question,
        found: &Found,
        topic: Option<SensitiveTopic>,
        cancel: &Cancel,
        started: Instant,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Answer {
        let language = found.query.language;
        let told = self.told(question, found);
        // On a sensitive topic nobody is asked what they mean, facts alone are no answer, and not finding an article
        // is no reason of its own.
        if topic.is_none() && told.is_full && !self.is_answerable(found) {
            return self.tell_alone(told, language, started, on_event);
        }
        if topic.is_none() && !found.meanings.is_empty() {
            let mut answer = self.escalate(EscalationReason::NoEvidence, language, started);
            answer.outcome = Outcome::Clarify(found.meanings.clone());
            return answer;
        }
        if !self.is_answerable(found) {
            let Some(topic) = topic else {
                return self.escalate(EscalationReason::NoEvidence, language, started);
            };
            let mut answer = self.escalate(EscalationReason::SensitiveTopic, language, started);
            answer.policy = Some(Policy::Words(topic));
            return answer;
        }
        let policy = topic
            .map(Policy::Words)
            .or_else(|| self.is_sensitive(found).then_some(Policy::Article));
        let sources: Vec<Source> = found
            .evidence
            .articles()
            .into_iter()
            .map(|article| self.source(article))
            .collect();
        on_event(Event::Sources(&sources));
        let mut worded = Worded::new(started, on_event);
        if policy.is_none() || told.is_deadlines {
            told.sentences
                .into_iter()
                .for_each(|sentence| worded.send(sentence));
        }
        let n_told = worded.sentences.len();
        let outcome = if policy.is_some() {
            self.quote(found, &mut worded);
            Outcome::Escalated(EscalationReason::SensitiveTopic)
        } else {
            // A writer that is shown two figures for one thing takes one of them.
            let is_disputed = found
                .evidence
                .best()
                .is_some_and(|best| found.evidence.against(best).next().is_some());
            let opening = self.opening(question, found);
            let may_word = !is_disputed && !found.is_unread && opening != Opening::Quotes;
            if question.mode != Mode::Extractive && may_word {
                self.write(found, opening, cancel, &mut worded);
            }
            // "Open your orders." is right and no answer: the article's own words go on from there.
            let is_thin = worded.sentences.len() == n_told || worded.is_thin(language);
            if is_thin && question.mode != Mode::Generated {
                self.quote(found, &mut worded);
            }
            if worded.sentences.is_empty() {
                Outcome::Escalated(EscalationReason::Unsupported)
            } else {
                Outcome::Answered
            }
        };
        let mut answer = self.escalate(EscalationReason::Unsupported, language, started);
        answer.outcome = outcome;
        answer.policy = policy;
        answer.wording = worded.wording();
        answer.writer = worded
            .by
            .take()
            .or_else(|| self.writer_id.clone())
            .filter(|_| answer.wording == Some(Wording::Generated));
        answer.timings.first_sentence = worded.first_sentence;
        answer.sentences = worded.sentences;
        answer.sources = Self::cited(&answer.sentences);
        answer
    }

    /// Whether the article that answers best is one a person must decide on.
    pub(super) fn is_sensitive(&self, found: &Found) -> bool {
        let best = found
            .evidence
            .best()
            .map(|index| found.evidence.pieces[index].article);
        let top = found.candidates.first().map(|candidate| candidate.article);
        [best, top]
            .into_iter()
            .flatten()
            .any(|article| self.snapshot.article(article).sensitivity == Sensitivity::Sensitive)
    }

    pub(super) fn topics(&self, topic: Option<SensitiveTopic>, found: &Found) -> Vec<String> {
        let mut topics: Vec<String> = topic.map(|t| t.code().to_owned()).into_iter().collect();
        for article in found.evidence.articles() {
            for topic in &self.snapshot.article(article).topics {
                if !topics.contains(topic) {
                    topics.push(topic.clone());
                }
            }
        }
        topics
    }

    pub(super) fn source(&self, article: indexer::ArticleOrdinal) -> Source {
        let article = self.snapshot.article(article);
        Source {
            article: article.id.clone(),
            title: article.title.clone(),
            url: article.url.clone(),
            language: article.language,
        }
    }

    /// The cited articles, in order of first citation.
    pub(super) fn cited(sentences: &[Sentence]) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        let citations = sentences.iter().flat_map(|sentence| &sentence.citations);
        for citation in citations.filter_map(Citation::article) {
            if sources
                .iter()
                .all(|s| (&s.article, s.language) != (&citation.article, citation.language))
            {
                sources.push(Source {
                    article: citation.article.clone(),
                    title: citation.title.clone(),
                    url: citation.url.clone(),
                    language: citation.language,
                });
            }
        }
        sources
    }
}
