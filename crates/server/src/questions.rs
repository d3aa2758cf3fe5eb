//! Questions the articles did not answer, kept for those who write the articles (`loket gaps`).
//!
//! reply → **[`Noticed`]** → redacted text, in a queue → state store. The question of an answered reply stays in memory
//! for some hours, and reaches the disk only when the customer says that the answer did not help. What is written holds no
//! customer, no order and nothing of what was said before; see [`Noticed::of`]. Nothing here is waited for, and what the
//! store refuses is lost: a gap in the statistics costs no answer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use answer::{Answer, EscalationReason, Outcome, Policy, Question, SensitiveTopic};
use jiff::Timestamp;
use support::{Store, Unanswered, handoff::anonymous};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::MissedTickBehavior,
};
use tracing::Instrument as _;

/// Replies whose questions may wait for the disk.
const QUEUE: usize = 256;

/// Most replies of one transaction.
const BATCH: usize = 64;

/// Answered questions held for a judgment.
const HELD: usize = 4_096;

/// How long an answered question is held for a judgment.
const HELD_FOR: Duration = Duration::from_hours(6);

/// Time between deletions of old questions.
const CLEANING: Duration = Duration::from_hours(1);

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// What a reply means to those who write the articles.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Noticed {
    /// Nothing: the service had no time or no room, or failed.
    Nothing,
    /// Questions no article answered, ready to be written.
    Unanswered(Vec<Unanswered>),
    /// A question that was answered, with parts that were not: worth writing once someone says that it did not help.
    Answered {
        /// Id of the answer.
        answer: String,
        /// The question.
        question: Box<Unanswered>,
        /// Parts no article answered.
        parts: Vec<Unanswered>,
    },
}

impl Noticed {
    /// What `answer` to `question` means; `known` is what the caller sent beside it, as
    /// [`support::handoff::known_texts`] gives it. Texts are made anonymous here, before they are held or sent
    /// anywhere. A wish for a person and a matter a person decides on are counted without a text: no article settles them,
    /// and nobody who writes articles needs to read them.
    pub(crate) fn of(question: &Question, known: &[String], answer: &Answer) -> Self {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let record = |why: &str, text: Option<&str>| {
            let topic = text.and_then(SensitiveTopic::of).map(SensitiveTopic::code);
            let text = text.filter(|_| topic.is_none());
            Unanswered {
                day: today(),
                why: topic
                    .map_or(why, |_| EscalationReason::SensitiveTopic.code())
                    .to_owned(),
                question: text.map(|text| anonymous(text, &known)),
                topic: topic.map(str::to_owned),
                language: answer.language.code().to_owned(),
                audience: question.audience.clone(),
                region: question.region.clone(),
                confidence: answer.confidence,
                nearest: answer.nearest.iter().map(ToString::to_string).collect(),
                generation: answer.generation.clone(),
                n: 1,
            }
        };
        let text = Some(&*question.text);
        match &answer.outcome {
            Outcome::Answered => Self::Answered {
                answer: answer.id.clone(),
                question: Box::new(record("not_helpful", text)),
                parts: answer
                    .unanswered
                    .iter()
                    .map(|part| record(EscalationReason::NoEvidence.code(), Some(part)))
                    .collect(),
            },
            Outcome::Clarify(_) => Self::Unanswered(vec![record("clarify", text)]),
            Outcome::Escalated(reason) => match reason {
                EscalationReason::NoEvidence | EscalationReason::Unsupported => {
                    Self::Unanswered(vec![record(reason.code(), text)])
                }
                EscalationReason::UnsupportedLanguage => Self::Unanswered(vec![Unanswered {
                    // The reply's language is not the question's.
                    language: "und".to_owned(),
                    ..record(reason.code(), text)
                }]),
                EscalationReason::Requested => {
                    Self::Unanswered(vec![counted(record(reason.code(), None))])
                }
                EscalationReason::SensitiveTopic => Self::Unanswered(vec![Unanswered {
                    topic: answer.policy.map(|policy| match policy {
                        Policy::Words(topic) => topic.code().to_owned(),
                        other => other.code(),
                    }),
                    ..counted(record(reason.code(), None))
                }]),
                EscalationReason::Overloaded | EscalationReason::Error => Self::Nothing,
            },
        }
    }
}

/// Without what would tell one that is counted from another.
fn counted(record: Unanswered) -> Unanswered {
    Unanswered {
        question: None,
        audience: None,
        region: None,
        confidence: 0.0,
        nearest: Vec::new(),
        generation: String::new(),
        ..record
    }
}

fn today() -> i32 {
    let day = Timestamp::now().as_second().div_euclid(SECONDS_A_DAY);
    i32::try_from(day).unwrap_or_default()
}

/// The way to the task that stores, and what is held for a judgment.
#[derive(Debug)]
pub(crate) struct Questions {
    /// `None` when none are kept.
    to_store: Option<mpsc::Sender<Vec<Unanswered>>>,
    held: Mutex<VecDeque<Held>>,
}

#[derive(Debug)]
struct Held {
    answer: String,
    since: Instant,
    question: Unanswered,
}

impl Questions {
    /// Starts the task that stores, and deletes what is older than `days`; with 0 days nothing is kept and everything
    /// that was is deleted.
    pub(crate) fn start(store: Store, days: u32) -> Self {
        let (to_store, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(work(store, days, waiting).in_current_span());
        Self {
            to_store: (days > 0).then_some(to_store),
            held: Mutex::default(),
        }
    }

    pub(crate) const fn is_kept(&self) -> bool {
        self.to_store.is_some()
    }

    /// Takes in what was noticed of a reply.
    pub(crate) fn note(&self, noticed: Noticed) {
        match noticed {
            Noticed::Nothing => {}
            Noticed::Unanswered(questions) => self.send(questions),
            Noticed::Answered {
                answer,
                question,
                parts,
            } => {
                if !parts.is_empty() {
                    self.send(parts);
                }
                let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                while held.len() >= HELD || held.front().is_some_and(Held::is_over) {
                    held.pop_front();
                }
                held.push_back(Held {
                    answer,
                    since: Instant::now(),
                    question: *question,
                });
            }
        }
    }

    /// Takes in that an answer did not help; nothing happens when its question is not held any more.
    pub(crate) fn note_not_helpful(&self, answer: &str) {
        let found = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let place = held.iter().rposition(|held| held.answer == answer);
            place.and_then(|place| held.remove(place))
        };
        if let Some(held) = found.filter(|held| !held.is_over()) {
            self.send(vec![held.question]);
        }
    }

    fn send(&self, questions: Vec<Unanswered>) {
        let sent = self
            .to_store
            .as_ref()
            .map(|to_store| to_store.try_send(questions));
        if let Some(Err(TrySendError::Full(lost))) = sent {
            tracing::warn!(
                n = lost.len(),
                "unanswered questions are lost: too many wait for the disk"
            );
        }
    }
}

impl Held {
    fn is_over(&self) -> bool {
        self.since.elapsed() > HELD_FOR
    }
}

async fn work(store: Store, days: u32, mut waiting: mpsc::Receiver<Vec<Unanswered>>) {
    let mut cleaning = tokio::time::interval(CLEANING);
    cleaning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_open = true;
    while is_open {
        tokio::select! {
            biased;
            first = waiting.recv(), if days > 0 => {
                let mut batch = first.unwrap_or_default();
                is_open = !batch.is_empty();
                for _ in 1..BATCH {
                    let Ok(next) = waiting.try_recv() else { break };
                    batch.extend(next);
                }
                put(&store, batch).await;
            }
            _ = cleaning.tick() => {
                clean(&store, days).await;
                // There is nothing to come, and nothing more to delete.
                is_open = days > 0;
            }
        }
    }
}

async fn put(store: &Store, questions: Vec<Unanswered>) {
    if questions.is_empty() {
        return;
    }
    if let Err(error) = store.put_unanswered(&questions).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            n = questions.len(),
            "unanswered questions are lost"
        );
    }
}

async fn clean(store: &Store, days: u32) {
    let before = match i32::try_from(days) {
        Ok(0) => i32::MAX,
        Ok(days) => today().saturating_sub(days),
        Err(_) => return,
    };
    match store.delete_unanswered(before).await {
        Ok(0) => {}
        Ok(n) => tracing::info!(n, "deleted old unanswered questions"),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "old unanswered questions could not be deleted"
        ),
    }
}
