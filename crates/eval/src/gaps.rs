//! Gaps: what customers ask and the articles do not answer, as a list an editor works through from the top.
//!
//! questions, vectors → [`cluster`] → [`Gap`]s, ranked by what they cost → [`look`] (what the articles have today) →
//! [`outline`] (a draft to fill in). Questions of one gap mean the same in whatever language; nothing here words an
//! answer, and an outline holds only what customers asked. Everything but `look` is a pure function, and the same
//! questions always give the same gaps.

use std::{cmp::Reverse, collections::BTreeMap};

use corpus::Language;
use jiff::civil::Date;
use serde::Serialize;

pub mod agreement;
pub mod cluster;
pub mod look;
pub mod outline;
mod words;

/// Days after which a question counts half as much as one of today.
const HALF_LIFE_DAYS: f64 = 30.0;

/// Hand-offs a question is expected to make that was asked back or whose answer did not help: nobody knows whether its
/// asker went on to a person.
const MAYBE: f64 = 0.5;

/// How much nearer than those of one gap questions must be to be one open point of it.
const POINT_LIKENESS: f32 = 0.12;

/// Why a question counts as unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No article answered it.
    NoEvidence,
    /// No sentence of a drafted answer survived its check.
    Unsupported,
    /// It is in a language Loket does not answer in.
    UnsupportedLanguage,
    /// The customer was handed to a person.
    HandedOver,
    /// It was asked back.
    Clarify,
    /// It was answered, and the customer or a judgment says that this did not help.
    NotHelpful,
    /// A file says so.
    Listed,
}

impl Why {
    /// The name used in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoEvidence => "no_evidence",
            Self::Unsupported => "unsupported",
            Self::UnsupportedLanguage => "unsupported_language",
            Self::HandedOver => "handed_over",
            Self::Clarify => "clarify",
            Self::NotHelpful => "not_helpful",
            Self::Listed => "listed",
        }
    }

    /// The reason of this name; `None` for one that is no gap of the articles, such as `overloaded`.
    pub fn of(code: &str) -> Option<Self> {
        [
            Self::NoEvidence,
            Self::Unsupported,
            Self::UnsupportedLanguage,
            Self::HandedOver,
            Self::Clarify,
            Self::NotHelpful,
            Self::Listed,
        ]
        .into_iter()
        .find(|why| why.code() == code)
    }

    /// Hand-offs one such question makes, 0 to 1.
    const fn expected_handoffs(self) -> f64 {
        match self {
            Self::Clarify | Self::NotHelpful => MAYBE,
            _ => 1.0,
        }
    }
}

/// A question the articles did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Unanswered {
    /// The customer's words, redacted.
    pub text: String,
    /// Its language; `None` for one of no language Loket answers in.
    pub language: Option<Language>,
    /// Why it counts.
    pub why: Why,
    /// `buyer`, `seller`, …
    pub audience: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub region: Option<String>,
    /// When it was asked; one without a day counts as of today.
    pub day: Option<Date>,
}

/// Questions that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The questions, by their place in the input; those nearest to all others first.
    pub questions: Vec<usize>,
    /// The distinct questions among them, most asked first; each is its questions, the most central first.
    pub points: Vec<Vec<usize>>,
    /// Hand-offs they made, or are expected to.
    pub expected_handoffs: f64,
    /// The same, with older questions counting less: what gaps are ranked by.
    pub weight: f64,
}

impl Gap {
    /// How many questions there are of each kind, most first, then by name.
    pub fn tally<K: Ord>(
        &self,
        questions: &[Unanswered],
        kind: impl Fn(&Unanswered) -> Option<K>,
    ) -> Vec<(K, usize)> {
        let mut counts: BTreeMap<K, usize> = BTreeMap::new();
        for question in &self.questions {
            if let Some(kind) = kind(&questions[*question]) {
                *counts.entry(kind).or_default() += 1;
            }
        }
        let mut counts: Vec<(K, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, n)| Reverse(*n));
        counts
    }

    /// The language most of its questions are in; English without one.
    pub fn language(&self, questions: &[Unanswered]) -> Language {
        self.tally(questions, |question| question.language)
            .first()
            .map_or(Language::En, |(language, _)| *language)
    }

    /// At most `limit` questions that show what is asked: the most central one of every language, then others in order.
    /// The same words count once.
    pub fn examples(&self, questions: &[Unanswered], limit: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::new();
        let is_new = |chosen: &[usize], one: usize| {
            let text = folded(&questions[one].text);
            chosen
                .iter()
                .all(|other| folded(&questions[*other].text) != text)
        };
        let mut languages = Vec::new();
        for &one in &self.questions {
            let language = questions[one].language;
            if !languages.contains(&language) && is_new(&chosen, one) {
                languages.push(language);
                chosen.push(one);
            }
        }
        for &one in &self.questions {
            if is_new(&chosen, one) {
                chosen.push(one);
            }
        }
        chosen.truncate(limit);
        chosen
    }
}

/// A text as it is compared: letter case, space and what a sentence ends with tell no two questions apart.
pub fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words
        .join(" ")
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_owned()
}

/// The gaps in `questions`, costliest first. `vectors` holds one of unit length for each question, as
/// [`indexer::Aim::direction`] gives it; questions are of one gap when they are as near as `likeness` on average. Ages are
/// counted back from `today`.
///
/// # Panics
/// When there are not as many vectors as questions.
pub fn find(
    questions: &[Unanswered],
    vectors: &[Vec<f32>],
    likeness: f32,
    today: Date,
) -> Vec<Gap> {
    assert_eq!(questions.len(), vectors.len(), "one vector a question");
    let mut gaps: Vec<Gap> = cluster::average_link(vectors, likeness)
        .into_iter()
        .map(|members| gap(members, questions, vectors, likeness, today))
        .collect();
    // The order of the input decides between equals, so that two runs give one list.
    gaps.sort_by(|one, other| {
        other.weight.total_cmp(&one.weight).then_with(|| {
            one.questions
                .iter()
                .min()
                .cmp(&other.questions.iter().min())
        })
    });
    gaps
}

fn gap(
    members: Vec<usize>,
    questions: &[Unanswered],
    vectors: &[Vec<f32>],
    likeness: f32,
    today: Date,
) -> Gap {
    let own: Vec<Vec<f32>> = members
        .iter()
        .map(|member| vectors[*member].clone())
        .collect();
    let mut points: Vec<Vec<usize>> = cluster::average_link(&own, likeness + POINT_LIKENESS)
        .into_iter()
        .map(|point| point.into_iter().map(|index| members[index]).collect())
        .collect();
    points.sort_by_key(|point: &Vec<usize>| (Reverse(point.len()), point.iter().min().copied()));
    let handoffs = |question: &usize| questions[*question].why.expected_handoffs();
    let weight = |question: &usize| handoffs(question) * recency(questions[*question].day, today);
    Gap {
        points,
        expected_handoffs: members.iter().map(handoffs).sum(),
        weight: members.iter().map(weight).sum(),
        questions: members,
    }
}

/// What a question of `day` counts, 0 to 1.
fn recency(day: Option<Date>, today: Date) -> f64 {
    let Some(age) = day.and_then(|day| today.since(day).ok()) else {
        return 1.0;
    };
    0.5_f64.powf(f64::from(age.get_days().max(0)) / HALF_LIFE_DAYS)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn question(text: &str, language: Language, why: Why, day: Option<Date>) -> Unanswered {
        Unanswered {
            text: text.to_owned(),
            language: Some(language),
            why,
            audience: None,
            region: None,
            day,
        }
    }

    /// Two matters on two axes, with a little of each other.
    fn vector(matter: usize, noise: f32) -> Vec<f32> {
        let mut vector = vec![noise; 3];
        vector[matter] = (1.0 - 2.0 * noise * noise).sqrt();
        vector
    }

    #[test]
    fn gaps_cross_languages_and_the_costliest_is_first() {
        let today = date(2026, 11, 27);
        let recent = Some(today);
        let questions = [
            question("Can I swap it?", Language::En, Why::NotHelpful, recent),
            question("Can I pay in cash?", Language::En, Why::NoEvidence, recent),
            question(
                "Kan ik contant betalen?",
                Language::Nl,
                Why::NoEvidence,
                recent,
            ),
            question("Kan ik ruilen?", Language::Nl, Why::Clarify, recent),
            question("kan ik RUILEN", Language::Nl, Why::Clarify, recent),
        ];
        let vectors = [
            vector(0, 0.1),
            vector(1, 0.1),
            vector(1, 0.0),
            vector(0, 0.0),
            vector(0, 0.0),
        ];
        let gaps = find(&questions, &vectors, 0.5, today);
        assert_eq!(gaps.len(), 2);
        // Two sent to a person cost more than three that may have been.
        assert_eq!(gaps[0].questions, [1, 2]);
        assert!((gaps[0].expected_handoffs - 2.0).abs() < 1e-9);
        assert!((gaps[1].expected_handoffs - 1.5).abs() < 1e-9);
        assert_eq!(gaps[1].questions[..2], [3, 4]);
        assert_eq!(gaps[1].examples(&questions, 3), [3, 0]);
        assert_eq!(gaps[1].language(&questions), Language::Nl);
        assert_eq!(
            gaps[1].tally(&questions, |question| Some(question.why)),
            [(Why::Clarify, 2), (Why::NotHelpful, 1)]
        );
    }

    #[test]
    fn what_was_asked_long_ago_counts_less() {
        let today = date(2026, 11, 27);
        assert!((recency(Some(date(2026, 10, 28)), today) - 0.5).abs() < 1e-9);
        assert!((recency(None, today) - 1.0).abs() < 1e-9);
        // A clock that was ahead.
        assert!((recency(Some(date(2026, 12, 1)), today) - 1.0).abs() < 1e-9);
        let old = Some(date(2026, 8, 1));
        let questions = [
            question("a", Language::En, Why::NoEvidence, old),
            question("b", Language::En, Why::NoEvidence, old),
            question("c", Language::En, Why::NoEvidence, Some(today)),
        ];
        let vectors = [vector(0, 0.0), vector(0, 0.0), vector(1, 0.0)];
        let gaps = find(&questions, &vectors, 0.5, today);
        assert_eq!(gaps[0].questions, [2]);
        assert!(find(&[], &[], 0.5, today).is_empty());
    }

    #[test]
    fn reasons_have_one_name() {
        for why in [Why::NoEvidence, Why::HandedOver, Why::Listed] {
            assert_eq!(Why::of(why.code()), Some(why));
            assert_eq!(serde_json::to_value(why).expect("JSON"), why.code());
        }
        assert_eq!(Why::of("overloaded"), None);
        assert_eq!(Why::of("sensitive_topic"), None);
    }
}
