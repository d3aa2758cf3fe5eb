//! Engine: the steps from question to outcome, in order.
//!
//! Holds one generation, one encoder and, when there is one, a writer; a reload makes a new engine. Every
//! failure inside ends as an escalation, never as an error for the customer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use corpus::Language;
use indexer::{AskedTerm, Readings, SearchError, Snapshot};
use inference::{
    EncodeError, Encoder,
    remote::RemoteStatus,
    writer::{CancelFlag, Writer},
};

use crate::{
    AnswerConfig,
    evidence::Statements,
    memory::Memory,
    outcome::{Answer, EscalationReason, Outcome, Sentence, Source, Timings},
    policy::{Policy, SensitiveTopic},
    query::{Query, Unusable, Vocabulary},
    question::Question,
    search::{self, SearchReply, SearchRequest},
};

mod ahead;
mod conclude;
mod examine;
mod facts;
mod find;
mod grounds;
mod opening;
mod parts;
mod read;
mod related;
mod write;

pub use examine::Examination;
pub use find::Retrieved;
pub use grounds::Grounds;

use find::Found;
pub(crate) use find::day_of;

/// Why an engine cannot be made or a search not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Vectors of different encoders cannot be compared.
    #[error(
        "the index was built by encoder `{built_with}` but `{loaded}` is loaded; reindex with `loket index`"
    )]
    Encoder {
        /// Encoder named by the index.
        built_with: String,
        /// Encoder at hand.
        loaded: String,
    },
    /// The index could not be searched.
    #[error("the index could not be searched")]
    Search(#[from] SearchError),
    /// A text could not be encoded.
    #[error("a text could not be encoded")]
    Encode(#[from] EncodeError),
}

/// How an answer may be stopped from outside.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    /// Set when nobody waits for the answer any more; polled at every token.
    pub flag: CancelFlag,
    /// When the answer is due; past it, what is checked so far is the answer.
    pub deadline: Option<Instant>,
}

/// What an answer shows while it is being made.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The articles the answer will rest on, before the first sentence.
    Sources(&'a [Source]),
    /// A checked sentence.
    Sentence(&'a Sentence),
}

/// Answers questions from one generation of an index.
pub struct Engine {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) encoder: Arc<dyn Encoder>,
    writer: Option<Arc<dyn Writer>>,
    writer_id: Option<String>,
    pub(crate) config: AnswerConfig,
    config_hash: String,
    memory: Memory,
    statements: Statements,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("generation", &self.snapshot.generation())
            .field("encoder", &self.encoder.id())
            .field("writer", &self.writer_id)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Joins a generation with models.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] when the generation's vectors are another encoder's.
    pub fn new(
        snapshot: Arc<Snapshot>,
        encoder: Arc<dyn Encoder>,
        writer: Option<Arc<dyn Writer>>,
        config: AnswerConfig,
    ) -> Result<Self, EngineError> {
        if snapshot.encoder_id() != encoder.id() {
            return Err(EngineError::Encoder {
                built_with: snapshot.encoder_id().to_owned(),
                loaded: encoder.id().to_owned(),
            });
        }
        let writer_id = writer.as_ref().map(|writer| writer.id().to_owned());
        Ok(Self {
            snapshot,
            encoder,
            writer,
            writer_id,
            config_hash: config.hash(),
            memory: Memory::new(config.memory.clone()),
            config,
            statements: Statements::default(),
        })
    }

    /// The generation that is read.
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Identifier of the encoder.
    pub fn encoder_id(&self) -> &str {
        self.encoder.id()
    }

    /// Identifier of the writer, when there is one.
    pub fn writer_id(&self) -> Option<&str> {
        self.writer_id.as_deref()
    }

    /// How things stand with the endpoints that encode and write, by role; empty when both are in this process.
    pub fn remote(&self) -> Vec<(inference::Role, RemoteStatus)> {
        let writer = self.writer.as_ref().and_then(|writer| writer.remote());
        [
            (inference::Role::Encoder, self.encoder.remote()),
            (inference::Role::Writer, writer),
        ]
        .into_iter()
        .filter_map(|(role, status)| Some((role, status?)))
        .collect()
    }

    /// Answers a question. Blocks on CPU, for seconds when the writer works.
    ///
    /// `on_event` sees the sources, then each checked sentence as soon as it is checked. Failures become
    /// [`EscalationReason::Error`] and are logged with their cause, never with the question.
    pub fn answer(
        &self,
        question: &Question,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Answer {
        let started = Instant::now();
        if let Some(answer) = self.memory.recall(question) {
            return reuse(answer, started, on_event);
        }
        let language = question.language;
        let query = match self.read(question) {
            Ok(query) => query,
            Err(Unusable::UnsupportedLanguage) => {
                let language = language.unwrap_or(Language::En);
                return self.escalate(EscalationReason::UnsupportedLanguage, language, started);
            }
            Err(Unusable::Blank(language)) => {
                return self.escalate(EscalationReason::NoEvidence, language, started);
            }
        };
        let language = query.language;
        let topic = SensitiveTopic::of(&query.text);
        if let Some(answer) = self.send_to_person(&query, topic, started) {
            return answer;
        }
        // On a sensitive topic a person decides, whatever else was asked.
        if topic.is_none()
            && let Some(answer) = self.answer_parts(question, &query, cancel, started, on_event)
        {
            // No one vector stands for several needs, so only the same words find this again.
            if self.is_whole(&answer, cancel) {
                self.memory.keep(question, &[], &answer);
            }
            return answer;
        }
        let mut found = match self.find(question, query, started) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "retrieval failed");
                return self.escalate(EscalationReason::Error, language, started);
            }
        };
        if topic.is_none()
            && let Some(answer) = self.memory.recall_near(question, &found.vector)
        {
            return reuse(answer, started, on_event);
        }
        // On a sensitive topic nothing is worded, so the writer has nothing to be asked.
        if topic.is_none() {
            self.let_writer_read(question, &mut found, cancel);
        }
        let mut answer = self.conclude(question, &found, topic, cancel, started, on_event);
        answer.confidence = found.confidence;
        let nearest = found.candidates.iter().take(Answer::MAX_NEAREST);
        answer.nearest = nearest
            .map(|candidate| self.snapshot.article(candidate.article).id.clone())
            .collect();
        answer.related = self.related(&answer.outcome, &found);
        answer.topics = self.topics(topic, &found);
        answer.timings.search = found.search;
        answer.timings.total = started.elapsed();
        if self.is_whole(&answer, cancel) {
            self.memory.keep(question, &found.vector, &answer);
        }
        answer
    }

    /// The answer to a question that was answered before, as [`Engine::answer`] would give it. Takes no model and
    /// microseconds, so it needs no place in a queue.
    pub fn recall(
        &self,
        question: &Question,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Option<Answer> {
        let started = Instant::now();
        let answer = self.memory.recall(question)?;
        Some(reuse(answer, started, on_event))
    }

    /// Whether an answer says all it would say with more time.
    fn is_whole(&self, answer: &Answer, cancel: &Cancel) -> bool {
        let had_time = answer.timings.total < Duration::from_millis(self.config.writer_deadline_ms)
            && cancel.deadline.is_none_or(|due| Instant::now() < due);
        answer.outcome == Outcome::Answered && had_time && !cancel.flag.is_cancelled()
    }

    /// Searches articles.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchReply, EngineError> {
        search::search(self, request)
    }

    /// What needs no article to be decided: a wish for a person, and words nobody but a person should answer.
    fn send_to_person(
        &self,
        query: &Query,
        topic: Option<SensitiveTopic>,
        started: Instant,
    ) -> Option<Answer> {
        let topic_alone = topic.filter(|topic| !topic.may_quote());
        let reason = match (topic_alone, query.wants_person) {
            (Some(_), _) => EscalationReason::SensitiveTopic,
            (None, true) => EscalationReason::Requested,
            (None, false) => return None,
        };
        let mut answer = self.escalate(reason, query.language, started);
        answer.policy = Some(topic.map_or(Policy::Requested, Policy::Words));
        answer
            .topics
            .extend(topic.map(|topic| topic.code().to_owned()));
        Some(answer)
    }

    /// An escalation without an answer.
    fn escalate(&self, reason: EscalationReason, language: Language, started: Instant) -> Answer {
        let mut answer = Answer::escalated(reason, language);
        self.snapshot
            .generation()
            .clone_into(&mut answer.generation);
        self.encoder.id().clone_into(&mut answer.encoder);
        self.config_hash.clone_into(&mut answer.config);
        answer.timings.total = started.elapsed();
        answer
    }

    pub(crate) fn read(&self, question: &Question) -> Result<Query, Unusable> {
        let vocabulary = Vocabulary {
            familiarity: &|text, language| self.snapshot.familiarity(text, language),
            terms: &|text, language| {
                let asked = self.snapshot.ask(text, language, Readings::Lenient);
                let weight = |term: &AskedTerm| (!term.variants.is_empty()).then_some(term.weight);
                asked.iter().map(weight).collect()
            },
        };
        Query::read(question, &vocabulary, self.config.question_as_typed)
    }
}

/// `answer` once more, under an id of its own, with the events that would come if it were made now.
fn reuse(mut answer: Answer, started: Instant, on_event: &mut dyn FnMut(Event<'_>)) -> Answer {
    answer.reused_from = Some(std::mem::replace(&mut answer.id, new_id()));
    on_event(Event::Sources(&answer.sources));
    for sentence in &answer.sentences {
        on_event(Event::Sentence(sentence));
    }
    let elapsed = started.elapsed();
    answer.timings = Timings {
        search: elapsed,
        first_sentence: Some(elapsed),
        total: elapsed,
    };
    answer
}

fn new_id() -> String {
    format!("ans_{}", ulid::Ulid::generate())
}

impl Answer {
    /// An escalation that needed no engine: no index, no time, no room.
    pub fn escalated(reason: EscalationReason, language: Language) -> Self {
        Self {
            id: new_id(),
            outcome: Outcome::Escalated(reason),
            language,
            sentences: Vec::new(),
            sources: Vec::new(),
            related: Vec::new(),
            nearest: Vec::new(),
            unanswered: Vec::new(),
            confidence: 0.0,
            wording: None,
            topics: Vec::new(),
            policy: None,
            reused_from: None,
            generation: String::new(),
            encoder: String::new(),
            writer: None,
            config: String::new(),
            timings: Timings::default(),
        }
    }
}
