//! Change: what an edit did to one question, and how bad that is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Reply;
use crate::{
    question_set::{Expectation, JudgedQuestion},
    run::{OutcomeKind, holds},
};

/// Confidence that moved less than this did not move: every edit shifts the statistics all articles are told apart by.
pub const CONFIDENCE_MOVED: f32 = 0.05;

/// What an edit did to a question, the severest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It ended as it should and does not any more, or was answered and goes to a person, or a text the reply should
    /// hold is gone.
    Broken,
    /// The reply rests no more on an article it rested on.
    LostSource,
    /// The reply rests on an article it did not rest on.
    GainedSource,
    /// The reply says it in other words, or says something else.
    TextChanged,
    /// It ends in another way: answered, a choice, or a person for another reason.
    OutcomeChanged,
    /// Confidence moved by [`CONFIDENCE_MOVED`] or more.
    ConfidenceMoved,
    /// It did not end as it should and does now.
    Fixed,
    /// Nothing of these.
    Unchanged,
}

impl Kind {
    /// Every kind, the severest first.
    pub const ALL: [Self; 8] = [
        Self::Broken,
        Self::LostSource,
        Self::GainedSource,
        Self::TextChanged,
        Self::OutcomeChanged,
        Self::ConfidenceMoved,
        Self::Fixed,
        Self::Unchanged,
    ];

    /// The name used in JSON and settings.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::LostSource => "lost_source",
            Self::GainedSource => "gained_source",
            Self::TextChanged => "text_changed",
            Self::OutcomeChanged => "outcome_changed",
            Self::ConfidenceMoved => "confidence_moved",
            Self::Fixed => "fixed",
            Self::Unchanged => "unchanged",
        }
    }

    /// The name for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::LostSource => "lost a source",
            Self::GainedSource => "gained a source",
            Self::TextChanged => "text changed",
            Self::OutcomeChanged => "outcome changed",
            Self::ConfidenceMoved => "confidence moved",
            Self::Fixed => "fixed",
            Self::Unchanged => "unchanged",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A name that is no kind of change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no kind of change; there are broken, lost_source, gained_source, text_changed, outcome_changed, \
     confidence_moved and fixed"
)]
pub struct ParseKindError(pub String);

impl FromStr for Kind {
    type Err = ParseKindError;

    /// Reads a kind one may fail on, with `-` or `_` between its words.
    fn from_str(text: &str) -> Result<Self, ParseKindError> {
        let name = text.trim().replace('-', "_");
        let mut kinds = Self::ALL
            .into_iter()
            .filter(|kind| *kind != Self::Unchanged);
        kinds
            .find(|kind| kind.code() == name)
            .ok_or_else(|| ParseKindError(text.to_owned()))
    }
}

/// What the kinds of a change follow from.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, any may hold with any"
)]
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) expected: Option<Expectation>,
    pub(super) before: &'a Reply,
    pub(super) after: &'a Reply,
    pub(super) loses_source: bool,
    pub(super) gains_source: bool,
    pub(super) loses_gold: bool,
    pub(super) gains_gold: bool,
}

/// All kinds that hold, the severest first; only [`Kind::Unchanged`] when none does.
pub(super) fn kinds(facts: &Facts<'_>) -> Vec<Kind> {
    let Facts { before, after, .. } = facts;
    // Without an expectation, an answer is better than a person.
    let is_met = |reply: &Reply| match facts.expected {
        Some(expected) => reply.outcome.meets(expected),
        None => reply.outcome != OutcomeKind::Escalated,
    };
    let (was_met, now_met) = (is_met(before), is_met(after));
    let broken = (was_met && !now_met) || facts.loses_gold;
    let holds = [
        (Kind::Broken, broken),
        (Kind::LostSource, facts.loses_source),
        (Kind::GainedSource, facts.gains_source),
        (
            Kind::TextChanged,
            before.sentences != after.sentences || before.unanswered != after.unanswered,
        ),
        (
            Kind::OutcomeChanged,
            before.outcome != after.outcome || before.reason != after.reason,
        ),
        (
            Kind::ConfidenceMoved,
            (before.confidence - after.confidence).abs() >= CONFIDENCE_MOVED,
        ),
        (
            Kind::Fixed,
            !broken && ((!was_met && now_met) || facts.gains_gold),
        ),
    ];
    let mut kinds: Vec<Kind> = holds
        .iter()
        .filter(|(_, holds)| *holds)
        .map(|(kind, _)| *kind)
        .collect();
    if kinds.is_empty() {
        kinds.push(Kind::Unchanged);
    }
    kinds
}

/// What is said of a question first: what got better is no loss of a source, though it may have brought one.
pub(super) fn headline(kinds: &[Kind]) -> Kind {
    if kinds.contains(&Kind::Fixed) {
        return Kind::Fixed;
    }
    kinds.first().copied().unwrap_or(Kind::Unchanged)
}

/// Gold texts the reply held and does not hold any more, unless it holds another one now.
pub(super) fn gold_lost(question: &JudgedQuestion, before: &Reply, after: &Reply) -> Vec<String> {
    let held = |reply: &Reply| -> Vec<&String> {
        let text = reply.sentences.join(" ");
        question
            .answers
            .iter()
            .filter(|gold| holds(&text, gold))
            .collect()
    };
    if held(after).is_empty() {
        held(before).into_iter().cloned().collect()
    } else {
        Vec::new()
    }
}

/// Whether the reply holds a gold text that an answer before did not hold.
pub(super) fn gains_gold(question: &JudgedQuestion, before: &Reply, after: &Reply) -> bool {
    before.is_answered() && after.is_answered() && !gold_lost(question, after, before).is_empty()
}
