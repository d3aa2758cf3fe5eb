//! Engine: the steps from question to outcome, in order.
//!
//! Holds one generation, one encoder and, when there is one, a writer; a reload makes a new engine. Every
//! failure inside ends as an escalation, never as an error for the customer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use corpus::{ArticleId, Language, Sensitivity};
use indexer::{AskedTerm, Readings, SearchError, Snapshot, Visibility};
use inference::{
    EncodeError, Encoder, TextKind,
    writer::{CancelFlag, Writer},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    AnswerConfig, clarify,
    confidence::Features,
    evidence::{self, Asked, Budget, Evidence, Reader, Statements},
    memory::Memory,
    outcome::{
        Answer, Citation, Clarification, EscalationReason, Outcome, Sentence, Source, Timings,
        Wording,
    },
    policy::{Policy, SensitiveTopic},
    query::{Query, Unusable, Vocabulary},
    question::{Mode, Question},
    retrieve::{self, Candidate, QuestionTerms, Sought},
    search::{self, SearchReply, SearchRequest},
};

mod examine;
mod facts;
mod opening;
mod parts;
mod read;
mod write;

use opening::Opening;

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
}

/// Answers questions from one generation of an index.
pub struct Engine {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) encoder: Arc<dyn Encoder>,
    writer: Option<Arc<Mutex<Writer>>>,
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
struct Found {
    query: Query,
    vector: Vec<f32>,
    candidates: Vec<Candidate>,
    /// What the question may mean, when it is too short to tell.
    meanings: Vec<Clarification>,
    evidence: Evidence,
    features: Features,
    confidence: f32,
    search: Duration,
}

impl Engine {
    /// Joins a generation with models.
    ///
    /// # Errors
    /// [`EngineError::Encoder`] when the generation's vectors are another encoder's.
    pub fn new(
        snapshot: Arc<Snapshot>,
        encoder: Arc<dyn Encoder>,
        writer: Option<Arc<Mutex<Writer>>>,
        config: AnswerConfig,
    ) -> Result<Self, EngineError> {
        if snapshot.encoder_id() != encoder.id() {
            return Err(EngineError::Encoder {
                built_with: snapshot.encoder_id().to_owned(),
                loaded: encoder.id().to_owned(),
            });
        }
        let writer_id = writer.as_ref().map(|writer| {
            writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .id()
                .to_owned()
        });
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
        }))
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

    fn find(
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
            search,
        })
    }

    /// What statements are held against.
    fn asked<'a>(&'a self, question: &'a Question, query: &Query, sought: &'a Sought) -> Asked<'a> {
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
        let fifth = candidates
            .get(4)
            .or(candidates.last())
            .map_or(0.0, |c| c.score);
        let statement = evidence
            .pieces
            .iter()
            .map(|piece| piece.signals.likeness())
            .fold(0.0, f32::max);
        let cross = self.snapshot.article(top.article).language != sought.language();
        Features {
            nearness: top.signals.nearness - 3.0,
            versions: top.signals.versions - 3.0,
            lead: top.score - fifth,
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

    fn conclude(
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
        let mut worded = write::Worded::new(started, on_event);
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
            if question.mode != Mode::Extractive && !is_disputed && opening != Opening::Quotes {
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
        answer.writer = self
            .writer_id
            .clone()
            .filter(|_| answer.wording == Some(Wording::Generated));
        answer.timings.first_sentence = worded.first_sentence;
        answer.sentences = worded.sentences;
        answer.sources = Self::cited(&answer.sentences);
        answer
    }

    /// Whether the article that answers best is one a person must decide on.
    fn is_sensitive(&self, found: &Found) -> bool {
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

    fn topics(&self, topic: Option<SensitiveTopic>, found: &Found) -> Vec<String> {
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

    fn source(&self, article: indexer::ArticleOrdinal) -> Source {
        let article = self.snapshot.article(article);
        Source {
            article: article.id.clone(),
            title: article.title.clone(),
            url: article.url.clone(),
            language: article.language,
        }
    }

    /// The cited articles, in order of first citation.
    fn cited(sentences: &[Sentence]) -> Vec<Source> {
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

/// The day an instant falls on for the validity of articles, in UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
