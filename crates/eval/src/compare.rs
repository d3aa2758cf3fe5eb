//! Comparison of two runs, question by question.
//!
//! Runs of the same questions differ by what changed and not by which questions were drawn, so the interval is
//! that of the paired differences, which is far narrower than those of the runs: the questions are resampled with both
//! their results (paired bootstrap; Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 16; for
//! retrieval: Sakai, SIGIR 2006). A regression is a loss beyond chance, and no smaller than one cares for.

use std::collections::{BTreeMap, HashMap};

use corpus::Language;
use serde::Serialize;

use crate::metrics::{Interval, mean_interval_of};

#[cfg(test)]
mod tests;
mod written;

pub use written::ReplyThen;
use written::{Figures, Read, ReadQuestion};

/// Why two runs cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A text is no report.
    #[error("`{name}` is no report of `loket eval run`; write one with `--json {name}`")]
    NotAReport {
        /// The report's name.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// One ranked articles, the other asked for answers.
    #[error("one report is of `--mode retrieval` and the other is not; compare runs of one mode")]
    Kinds,
    /// They are over different questions or judgments.
    #[error(
        "`{before}` is over {set_before} and `{after}` over {set_after}; run one of them again over the other's \
         questions, or compare the questions both have with `--common`"
    )]
    Sets {
        /// Name of the first report.
        before: String,
        /// Its questions.
        set_before: String,
        /// Name of the second.
        after: String,
        /// Its questions.
        set_after: String,
    },
    /// No question is in both.
    #[error("the reports have no question in common; compare runs over one file of questions")]
    Nothing,
}

/// How runs are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareOptions {
    /// Whether runs over different sets are compared, by the questions both have.
    pub common: bool,
    /// A mean loss smaller than this, 0 to 1, is no regression.
    pub min_effect: f64,
}

/// One figure of one language in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedFigure {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// The figure's name: `S@1`, `outcomes`, …; only figures are told that some question in both counts for.
    pub figure: &'static str,
    /// Mean in the first run, over the questions in both.
    pub before: f64,
    /// Mean in the second.
    pub after: f64,
    /// What the second gained, positive when it is better: of a figure that is better when it falls, by how much it
    /// fell. Of 95 % for all languages together, of 99.5 % for one of them, since there are many.
    pub gain: Interval,
    /// Questions that did better in the second run.
    pub n_better: usize,
    /// Questions that did worse.
    pub n_worse: usize,
    /// Whether the second run is worse beyond chance, and by no less than asked.
    pub regression: bool,
}

impl ComparedFigure {
    /// Whether the second run is worse beyond chance, and by no less than asked.
    pub const fn is_regression(&self) -> bool {
        self.regression
    }
}

/// A question some figure of which changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedQuestion {
    /// Its id.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Its words; empty in reports that do not say.
    pub question: String,
    /// Figures that got better.
    pub better: Vec<&'static str>,
    /// Figures that got worse.
    pub worse: Vec<&'static str>,
    /// What came of it in the first run; `None` where only articles were ranked.
    pub before: Option<ReplyThen>,
    /// What came of it in the second.
    pub after: Option<ReplyThen>,
}

impl ChangedQuestion {
    /// Whether it is worse by the first figure that changed: what became of the question counts before its citations.
    pub fn is_worse(&self, order: &[&str]) -> bool {
        let first = order
            .iter()
            .find(|name| self.better.contains(name) || self.worse.contains(name));
        first.is_some_and(|name| self.worse.contains(name))
    }
}

/// Two runs compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// All languages together, then each.
    pub figures: Vec<ComparedFigure>,
    /// The smallest loss that is a regression.
    pub min_effect: f64,
    /// Questions in both.
    pub n_common: usize,
    /// Questions in one of them only, which count for nothing.
    pub n_alone: usize,
    /// Ids of questions that lost their first right article or their expected outcome.
    pub lost: Vec<String>,
    /// Ids of those that won it.
    pub won: Vec<String>,
    /// Questions that got worse, in the order of the second run.
    pub worse: Vec<ChangedQuestion>,
    /// Questions that got better.
    pub better: Vec<ChangedQuestion>,
}

/// Compares two reports, each a name and a text; the first is the older.
///
/// # Errors
/// [`CompareError`].
pub fn compare(
    before: (&str, &str),
    after: (&str, &str),
    options: CompareOptions,
) -> Result<Comparison, CompareError> {
    let (then, now) = (written::read(before)?, written::read(after)?);
    if then.is_retrieval != now.is_retrieval {
        return Err(CompareError::Kinds);
    }
    let is_one_set = then.set.is_some() && then.set == now.set;
    if !is_one_set && !options.common {
        return Err(CompareError::Sets {
            before: before.0.to_owned(),
            set_before: then.set_words(),
            after: after.0.to_owned(),
            set_after: now.set_words(),
        });
    }
    pair(then, now, options.min_effect)
}

fn pair(before: Read, after: Read, min_effect: f64) -> Result<Comparison, CompareError> {
    let n_questions = before.questions.len() + after.questions.len();
    let mut known: HashMap<String, ReadQuestion> = before
        .questions
        .into_iter()
        .map(|question| (question.id.clone(), question))
        .collect();
    let mut pairs: BTreeMap<&str, Vec<(Figures, Figures)>> = BTreeMap::new();
    let mut comparison = Comparison {
        figures: Vec::new(),
        min_effect,
        n_common: 0,
        n_alone: 0,
        lost: Vec::new(),
        won: Vec::new(),
        worse: Vec::new(),
        better: Vec::new(),
    };
    for now in after.questions {
        let Some(then) = known.remove(&now.id) else {
            continue;
        };
        comparison.n_common += 1;
        for row in ["all", now.language.code()] {
            let pair = (then.figures.clone(), now.figures.clone());
            pairs.entry(row).or_default().push(pair);
        }
        comparison.note(then, now);
    }
    if comparison.n_common == 0 {
        return Err(CompareError::Nothing);
    }
    comparison.n_alone = n_questions - 2 * comparison.n_common;
    comparison.figures = pairs
        .iter()
        .flat_map(|(language, pairs)| rows(language, pairs, min_effect))
        .collect();
    Ok(comparison)
}

impl Comparison {
    /// Notes what changed about one question.
    fn note(&mut self, then: ReadQuestion, now: ReadQuestion) {
        let changes = then.figures.iter().zip(&now.figures);
        let changes: Vec<(&'static str, f64)> = changes
            .filter_map(|((name, then), (_, now))| {
                Some((*name, written::gain(name, (*then)?, (*now)?)))
            })
            .collect();
        if let Some((first, gain)) = changes.first()
            && then.figures.first().is_some_and(|(name, _)| name == first)
        {
            if *gain < 0.0 {
                self.lost.push(now.id.clone());
            } else if *gain > 0.0 {
                self.won.push(now.id.clone());
            }
        }
        let names = |is: fn(f64) -> bool| -> Vec<&'static str> {
            let changed = changes.iter().filter(|(_, gain)| is(*gain));
            changed.map(|(name, _)| *name).collect()
        };
        let (better, worse) = (names(|gain| gain > 0.0), names(|gain| gain < 0.0));
        if better.is_empty() && worse.is_empty() {
            return;
        }
        let order: Vec<&str> = now.figures.iter().map(|(name, _)| *name).collect();
        let changed = ChangedQuestion {
            id: now.id,
            language: now.language,
            question: now.question,
            better,
            worse,
            before: then.reply,
            after: now.reply,
        };
        if changed.is_worse(&order) {
            self.worse.push(changed);
        } else {
            self.better.push(changed);
        }
    }
}

/// Resamples outside the interval, per thousand: of all languages together and of one.
const OUTSIDE: (usize, usize) = (50, 5);

fn rows(language: &str, pairs: &[(Figures, Figures)], min_effect: f64) -> Vec<ComparedFigure> {
    let n_figures = pairs.first().map_or(0, |(then, _)| then.len());
    let row = |place: usize| {
        let values: Vec<(f64, f64)> = pairs
            .iter()
            .filter_map(|(then, now)| Some((then[place].1?, now[place].1?)))
            .collect();
        if values.is_empty() {
            return None;
        }
        let name = pairs[0].0[place].0;
        let gains: Vec<f64> = values
            .iter()
            .map(|(then, now)| written::gain(name, *then, *now))
            .collect();
        let n = values.len() as f64;
        let outside = if language == "all" {
            OUTSIDE.0
        } else {
            OUTSIDE.1
        };
        let gain = mean_interval_of(&gains, outside);
        Some(ComparedFigure {
            language: language.to_owned(),
            figure: name,
            before: values.iter().map(|(then, _)| then).sum::<f64>() / n,
            after: values.iter().map(|(_, now)| now).sum::<f64>() / n,
            n_better: gains.iter().filter(|gain| **gain > 0.0).count(),
            n_worse: gains.iter().filter(|gain| **gain < 0.0).count(),
            regression: gain.high < 0.0 && -gain.mean >= min_effect,
            gain,
        })
    };
    (0..n_figures).filter_map(row).collect()
}
