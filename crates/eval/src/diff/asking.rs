//! Asking: both versions, and only what the edit can touch.
//!
//! For every question both sides say what an answer would rest on ([`Engine::grounds`]). Where that is the same, both
//! answer alike and neither is asked. What a side said and answered is kept as [`Known`], for the next run over the
//! same articles.

use std::collections::{BTreeMap, BTreeSet};

use answer::{Cancel, Engine, EngineError, Grounds, Mode};
use corpus::Language;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Edit, Reply};
use crate::question_set::JudgedQuestion;

/// Scores and shares that differ by no more than this are the same: rounding, and what an edit moves in the statistics
/// of every other article. A score of the ranking is made of standard deviations, of which the best articles are several
/// apart. An answer of the sample help center changed its second source at 0.0068 by an edit of another article, so this
/// stays below; an answer may still hang on less, which only `--all` rules out.
pub const TOLERANCE: f32 = 0.005;

/// What one side said of questions before, by what names the question.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Known(BTreeMap<String, KnownQuestion>);

/// What one side said of one question.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct KnownQuestion {
    grounds: Option<Grounds>,
    reply: Option<Reply>,
}

/// One version of the articles, and what it said before.
#[derive(Debug)]
pub struct Side<'a> {
    /// Its engine.
    pub engine: &'a Engine,
    /// What it said; grows while it is asked.
    pub known: &'a mut Known,
}

/// How questions are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskOptions {
    /// How answers may be worded.
    pub mode: Mode,
    /// When questions are asked that name no instant.
    pub now: Timestamp,
    /// Ask every question, also those the edit cannot touch.
    pub all: bool,
}

/// What was found out about one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Whether the edit can touch it, or all questions were to be asked.
    pub is_touched: bool,
    /// Article versions in reach on either side.
    pub in_reach: BTreeSet<(String, Language)>,
    /// What the base replies; `None` when nobody asked and it does not matter.
    pub before: Option<Reply>,
    /// What the head replies, likewise.
    pub after: Option<Reply>,
    /// Answers made for it in this run: 0 to 2.
    pub n_made: usize,
}

impl Asked {
    /// Whether `edit` bears on the question: the article is in reach, is cited, or is what the question is judged by.
    pub(super) fn is_reached_by(&self, edit: &Edit, question: &JudgedQuestion) -> bool {
        let replies = [&self.before, &self.after].into_iter().flatten();
        self.in_reach
            .iter()
            .any(|(id, language)| edit.is_of(id, *language))
            || replies
                .flat_map(|reply| &reply.sources)
                .any(|source| edit.is_of(&source.article, source.language))
            || (question
                .language
                .is_none_or(|language| language == edit.language)
                && question.relevant_articles().any(|id| edit.is_named(id)))
    }
}

/// Puts `questions` to both sides, in order; `progress` is called after each with how many are done.
///
/// # Errors
/// [`EngineError`] when an index or the encoder fails.
pub fn ask(
    base: &mut Side<'_>,
    head: &mut Side<'_>,
    questions: &[JudgedQuestion],
    options: AskOptions,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Asked>, EngineError> {
    let mut asked = Vec::with_capacity(questions.len());
    for (done, question) in (1..).zip(questions) {
        asked.push(ask_one(base, head, question, options)?);
        progress(done);
    }
    Ok(asked)
}

fn ask_one(
    base: &mut Side<'_>,
    head: &mut Side<'_>,
    question: &JudgedQuestion,
    options: AskOptions,
) -> Result<Asked, EngineError> {
    let name = name_of(question, options);
    let old = base.grounds(&name, question, options)?;
    let new = head.grounds(&name, question, options)?;
    let is_touched = options.all || !old.agree(&new, TOLERANCE);
    let in_reach = [&old, &new]
        .into_iter()
        .flat_map(Grounds::articles)
        .map(|(id, language)| (id.as_str().to_owned(), language))
        .collect();
    let mut n_made = 0;
    let (before, after) = if is_touched {
        (
            Some(base.reply(&name, question, options, &mut n_made)),
            Some(head.reply(&name, question, options, &mut n_made)),
        )
    } else {
        // Either side speaks for both.
        let known = base.known_reply(&name).or_else(|| head.known_reply(&name));
        (known.clone(), known)
    };
    Ok(Asked {
        is_touched,
        in_reach,
        before,
        after,
        n_made,
    })
}

/// Names a question as it is put: its words, what is known of the asker, the day, and how it may be answered.
fn name_of(question: &JudgedQuestion, options: AskOptions) -> String {
    let at = question.at.unwrap_or(options.now);
    // Judgments are left out: they decide nothing about the answer.
    let asked = JudgedQuestion {
        relevant: Vec::new(),
        answers: Vec::new(),
        expect: None,
        ..question.clone()
    };
    let text = serde_json::to_string(&asked).unwrap_or_default();
    let day = at.to_zoned(TimeZone::UTC).date();
    // Articles are valid by the day; what is told of an order may depend on the hour.
    let hour = asked.subject.is_some().then_some(at);
    let named = format!("{text}\n{day}\n{hour:?}\n{:?}", options.mode);
    blake3::hash(named.as_bytes()).to_hex()[..32].to_owned()
}

impl Side<'_> {
    fn grounds(
        &mut self,
        name: &str,
        question: &JudgedQuestion,
        options: AskOptions,
    ) -> Result<Grounds, EngineError> {
        let known = self.known.0.entry(name.to_owned()).or_default();
        if let Some(grounds) = &known.grounds {
            return Ok(grounds.clone());
        }
        let found = self
            .engine
            .grounds(&question.to_question(options.now, options.mode))?;
        known.grounds = Some(found.clone());
        Ok(found)
    }

    fn known_reply(&self, name: &str) -> Option<Reply> {
        self.known.0.get(name)?.reply.clone()
    }

    fn reply(
        &mut self,
        name: &str,
        question: &JudgedQuestion,
        options: AskOptions,
        n_made: &mut usize,
    ) -> Reply {
        if let Some(reply) = self.known_reply(name) {
            return reply;
        }
        let question = question.to_question(options.now, options.mode);
        let answer = self
            .engine
            .answer(&question, &Cancel::default(), &mut |_| ());
        *n_made += 1;
        let reply = Reply::from(&answer);
        // What failed may succeed the next time.
        if reply.reason.as_deref() != Some(answer::EscalationReason::Error.code()) {
            self.known.0.entry(name.to_owned()).or_default().reply = Some(reply.clone());
        }
        reply
    }
}
