//! Memory of answers: a question that was answered is not answered again.
//!
//! Holds complete checked answers of one engine, so of one generation and one set of settings; a reload starts
//! an empty one. A question with anything of a customer in it (a conversation, a customer, an order) is neither
//! looked up nor kept. Two questions are the same when their words are, but for case, punctuation,
//! politeness and articles; with a typing error or an accent missing they are near, and near questions share
//! an answer only when their vectors are as close as well, see [`same`].

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use corpus::Language;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    config::Probability,
    engine::day_of,
    outcome::{Answer, Citation},
    question::{Mode, Question},
};

pub mod same;

/// Settings of the memory (`[answer.memory]` in `loket.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryConfig {
    /// Whether answers are remembered at all. Default true.
    pub enabled: bool,
    /// Most answers that are remembered; the one not asked for longest goes first. Default 2,000.
    pub entries: NonZeroUsize,
    /// Most bytes they may take together. Default 16,777,216.
    pub max_bytes: usize,
    /// Cosine of the vectors of two questions from which on they may share an answer, 0 to 1; 1 wants the same
    /// words. Default 0.93.
    pub near_threshold: Probability,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            entries: NonZeroUsize::MIN.saturating_add(1_999),
            max_bytes: 16 * 1024 * 1024,
            near_threshold: Probability::try_from(0.93).expect("it is one"),
        }
    }
}

/// What must be equal for two questions to share an answer, beside their words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Circumstances {
    language: Option<Language>,
    audience: Option<String>,
    region: Option<String>,
    day: Date,
    mode: Mode,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    words: String,
    circumstances: Circumstances,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    vector: Vec<f32>,
    bytes: usize,
    used: u64,
}

/// Answers by question.
#[derive(Debug)]
pub struct Memory {
    config: MemoryConfig,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<Key, Entry>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, Key>,
    clock: u64,
    bytes: usize,
}

impl Memory {
    /// An empty memory.
    pub fn new(config: MemoryConfig) -> Self {
        Self {
            config,
            kept: Mutex::default(),
        }
    }

    /// The answer to the same question, if it is remembered. Takes microseconds; needs no model.
    pub fn recall(&self, question: &Question) -> Option<Answer> {
        let key = self.key(question)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.touch(&key)
    }

    /// The answer to a near question, whose vector of unit length is `vector` close enough.
    pub fn recall_near(&self, question: &Question, vector: &[f32]) -> Option<Answer> {
        let key = self.key(question)?;
        let threshold = self.config.near_threshold.get();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (near, cosine) = kept
            .entries
            .iter()
            .filter(|(other, _)| other.circumstances == key.circumstances)
            .map(|(other, entry)| (other, cosine(vector, &entry.vector)))
            .filter(|(other, cosine)| {
                *cosine >= threshold && same::are_near(&key.words, &other.words)
            })
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(other, cosine)| (other.clone(), cosine))?;
        tracing::debug!(cosine, "a near question was answered before");
        kept.touch(&near)
    }

    /// Remembers `answer`, which must be whole and checked.
    pub fn keep(&self, question: &Question, vector: &[f32], answer: &Answer) {
        let Some(key) = self.key(question) else {
            return;
        };
        let bytes = bytes_of(&key, vector, answer);
        if bytes > self.config.max_bytes {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&key);
        kept.clock += 1;
        let used = kept.clock;
        kept.bytes += bytes;
        kept.order.insert(used, key.clone());
        let entry = Entry {
            answer: answer.clone(),
            vector: vector.to_vec(),
            bytes,
            used,
        };
        kept.entries.insert(key, entry);
        while kept.entries.len() > self.config.entries.get() || kept.bytes > self.config.max_bytes {
            let Some((_, oldest)) = kept.order.first_key_value() else {
                break;
            };
            let oldest = oldest.clone();
            kept.remove(&oldest);
        }
    }

    /// How many answers are remembered.
    pub fn len(&self) -> usize {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `None` for a question that is nobody else's business.
    fn key(&self, question: &Question) -> Option<Key> {
        let is_personal =
            question.personal || question.subject.is_some() || !question.conversation.is_empty();
        if !self.config.enabled || is_personal {
            return None;
        }
        let words = same::words(&question.text);
        (!words.is_empty()).then(|| Key {
            words,
            circumstances: Circumstances {
                language: question.language,
                audience: question.audience.clone(),
                region: question.region.clone(),
                day: day_of(question.at),
                mode: question.mode,
            },
        })
    }
}

impl Kept {
    fn touch(&mut self, key: &Key) -> Option<Answer> {
        let entry = self.entries.get_mut(key)?;
        self.clock += 1;
        self.order.remove(&entry.used);
        entry.used = self.clock;
        self.order.insert(self.clock, key.clone());
        Some(entry.answer.clone())
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// About how many bytes an entry takes.
fn bytes_of(key: &Key, vector: &[f32], answer: &Answer) -> usize {
    let sentences = answer.sentences.iter().map(|sentence| {
        let articles = sentence.citations.iter().filter_map(Citation::article);
        let citations = articles.map(|citation| {
            let section: usize = citation.section.iter().map(String::len).sum();
            size_of::<Citation>() + citation.quote.len() + citation.title.len() + section
        });
        size_of::<crate::Sentence>() + sentence.text.len() + citations.sum::<usize>()
    });
    let sources = answer.sources.len() * (size_of::<crate::Source>() + 64);
    size_of::<Entry>()
        + 2 * (size_of::<Key>() + key.words.len())
        + 4 * vector.len()
        + sources
        + sentences.sum::<usize>()
}

#[cfg(test)]
mod tests;
