//! A difference: which answers change, break, lose or gain a source because articles were edited.
//!
//! Two versions of the articles and judged questions → [`asking`] → what each version replies → [`change`] with
//! [`marks`] → a [`DiffReport`], for the terminal, as JSON and as a [`page`](mod@page). Only questions the edit can
//! touch are asked; how that is known is told in [`answer::Grounds`]. The caller reads the versions and the files.

pub mod asking;
pub mod change;
pub mod edits;
pub mod marks;
pub mod page;
pub mod reply;

use std::collections::{BTreeMap, BTreeSet};

use corpus::Language;
use serde::Serialize;

pub use asking::{AskOptions, Asked, Known, Side, ask};
pub use change::{Kind, ParseKindError};
pub use edits::{Edit, EditKind, Version, edits};
pub use marks::{Row, Run};
pub use page::page;
pub use reply::{Reply, ReplySource};

use crate::question_set::{Expectation, JudgedQuestion};

/// Counts up when a field of [`DiffReport`] changes its meaning.
pub const REPORT_VERSION: u32 = 1;

/// One side of a comparison, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideName {
    /// As it was asked for: `HEAD~1`, `working tree`, a folder.
    pub name: String,
    /// The commit, in full, where it is one.
    pub commit: Option<String>,
    /// Article versions in it.
    pub articles: usize,
}

/// A file that is on one side and was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// `base` or `head`.
    pub side: &'static str,
    /// Path inside the folder of the articles.
    pub path: String,
    /// Line in the file, from 1, when the reason has one.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A judgment that names an article the new version does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleJudgment {
    /// The question's id.
    pub question: String,
    /// The article it names.
    pub article: String,
    /// What the article is called now, when it was moved.
    pub now: Option<String>,
}

/// A question whose answer is another one now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The question's id.
    pub id: String,
    /// The question.
    pub question: String,
    /// Language it is answered in.
    pub language: Language,
    /// What is said of it first.
    pub kind: Kind,
    /// All that holds of it, the severest first.
    pub kinds: Vec<Kind>,
    /// What should become of it.
    pub expected: Option<Expectation>,
    /// Gold texts the reply held before and does not hold now.
    pub gold_lost: Vec<String>,
    /// The reply of the base.
    pub before: Reply,
    /// The reply of the head.
    pub after: Reply,
    /// Articles the reply rests on no more.
    pub sources_lost: Vec<ReplySource>,
    /// Articles it rests on now.
    pub sources_gained: Vec<ReplySource>,
    /// Its sentences side by side.
    pub sentences: Vec<Row>,
    /// Which edits reach it, by index into [`DiffReport::edits`].
    pub edits: Vec<usize>,
}

/// What an edit of the articles does to a set of questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// The articles as they were.
    pub base: SideName,
    /// The articles as they are.
    pub head: SideName,
    /// How answers were worded: `extractive` or `auto`.
    pub mode: answer::Mode,
    /// Number of questions.
    pub questions: usize,
    /// Questions the edit can touch; all of them when all were asked.
    pub touched: usize,
    /// Answers made in this run, of both sides; the others were known from an earlier one.
    pub answers_made: usize,
    /// Questions by what is said of each first.
    pub counts: BTreeMap<Kind, usize>,
    /// What makes the comparison fail.
    pub fail_on: Vec<Kind>,
    /// Ids of the questions that do.
    pub failed: Vec<String>,
    /// The edits, by language and article.
    pub edits: Vec<Edit>,
    /// Questions with a change, severest first.
    pub changes: Vec<Change>,
    /// Ids of questions that were answered and no longer are.
    pub no_longer_answered: Vec<String>,
    /// Judgments that name articles the head does not have.
    pub stale_judgments: Vec<StaleJudgment>,
    /// Files that were not read.
    pub left_out: Vec<LeftOut>,
    /// How long the whole took, in milliseconds.
    pub elapsed_ms: u64,
}

impl DiffReport {
    /// Whether nothing it should fail on was found.
    pub const fn passes(&self) -> bool {
        self.failed.is_empty()
    }
}

/// What a comparison is made of, besides the questions and what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The articles as they were.
    pub base: (SideName, Vec<Version>),
    /// The articles as they are.
    pub head: (SideName, Vec<Version>),
    /// How answers were worded.
    pub mode: answer::Mode,
    /// What makes the comparison fail.
    pub fail_on: Vec<Kind>,
    /// Files that were not read.
    pub left_out: Vec<LeftOut>,
}

/// Puts together what became of `questions`, each with its entry in `asked`. `elapsed_ms` is left at 0 for the caller.
pub fn report(compared: Compared, questions: &[JudgedQuestion], asked: &[Asked]) -> DiffReport {
    let (base, old) = compared.base;
    let (head, new) = compared.head;
    let mut edits = edits(&old, &new);
    let moved = edits::renamed(&edits);
    let mut changes: Vec<Change> = Vec::new();
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for (question, asked) in questions.iter().zip(asked) {
        let reached: Vec<usize> = (0..edits.len())
            .filter(|i| asked.is_reached_by(&edits[*i], question))
            .collect();
        for i in &reached {
            edits[*i].questions.push(question.id.clone());
        }
        let change = match (&asked.before, &asked.after) {
            (Some(before), Some(after)) => {
                change_of(question, before, after, &moved).map(|change| Change {
                    edits: reached,
                    ..change
                })
            }
            _ => None,
        };
        let kind = change
            .as_ref()
            .map_or(Kind::Unchanged, |change| change.kind);
        *counts.entry(kind).or_default() += 1;
        changes.extend(change);
    }
    changes.sort_by_key(|change| change.kind);
    let fails = |change: &&Change| change.kinds.iter().any(|k| compared.fail_on.contains(k));
    let was_answered =
        |change: &&Change| change.before.is_answered() && !change.after.is_answered();
    DiffReport {
        version: REPORT_VERSION,
        stale_judgments: stale(questions, &new, &moved),
        base,
        head,
        mode: compared.mode,
        questions: questions.len(),
        touched: asked.iter().filter(|asked| asked.is_touched).count(),
        answers_made: asked.iter().map(|asked| asked.n_made).sum(),
        counts,
        failed: ids(changes.iter().filter(fails)),
        no_longer_answered: ids(changes.iter().filter(was_answered)),
        fail_on: compared.fail_on,
        edits,
        changes,
        left_out: compared.left_out,
        elapsed_ms: 0,
    }
}

fn ids<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<String> {
    changes.map(|change| change.id.clone()).collect()
}

fn change_of(
    question: &JudgedQuestion,
    before: &Reply,
    after: &Reply,
    moved: &edits::Renamed,
) -> Option<Change> {
    let sources_lost: Vec<ReplySource> = before
        .sources
        .iter()
        .filter(|source| !after.cites(&edits::now(moved, source)))
        .cloned()
        .collect();
    let kept: BTreeSet<_> = before
        .sources
        .iter()
        .map(|source| edits::now(moved, source))
        .collect();
    let sources_gained: Vec<ReplySource> = after
        .sources
        .iter()
        .filter(|source| !kept.contains(&source.key()))
        .cloned()
        .collect();
    let gold_lost = change::gold_lost(question, before, after);
    let kinds = change::kinds(&change::Facts {
        expected: question.expect,
        before,
        after,
        loses_source: !sources_lost.is_empty(),
        gains_source: !sources_gained.is_empty(),
        loses_gold: !gold_lost.is_empty(),
        gains_gold: change::gains_gold(question, before, after),
    });
    let kind = change::headline(&kinds);
    (kind != Kind::Unchanged).then(|| Change {
        id: question.id.clone(),
        question: question.question.clone(),
        language: question.language.unwrap_or(after.language),
        kind,
        kinds,
        expected: question.expect,
        gold_lost,
        sources_lost,
        sources_gained,
        sentences: marks::side_by_side(&before.sentences, &after.sentences),
        before: before.clone(),
        after: after.clone(),
        edits: Vec::new(),
    })
}

/// Judgments that name articles which are not in `articles`, by question.
fn stale(
    questions: &[JudgedQuestion],
    articles: &[Version],
    moved: &edits::Renamed,
) -> Vec<StaleJudgment> {
    let known: BTreeSet<&str> = articles
        .iter()
        .map(|version| version.article.as_str())
        .collect();
    let mut stale = Vec::new();
    for question in questions {
        for article in question.relevant_articles() {
            if !known.contains(article) {
                let now = moved.iter().find(|((id, _), _)| id == article);
                stale.push(StaleJudgment {
                    question: question.id.clone(),
                    article: article.to_owned(),
                    now: now.map(|(_, now)| now.clone()),
                });
            }
        }
    }
    stale
}

#[cfg(test)]
mod tests;
