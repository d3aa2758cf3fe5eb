//! What the articles have for a gap today: nothing, something that is not found, or something that does not help.

use std::cmp::Reverse;

use answer::{Engine, EngineError, Mode, Question};
use corpus::{ArticleId, Language};
use jiff::Timestamp;
use serde::Serialize;

use super::{Gap, Unanswered, Why};

/// Questions of a gap that are put to the engine.
const EXAMINED: usize = 8;

/// Share of the confidence an answer needs from which on an article seems to be about a question it does not answer. Of the
/// escalated questions of the sample help center, 42 % of those whose article is ranked first reach it, and 17 % of those
/// nothing answers.
const NEARLY: f32 = 0.7;

/// Articles of a ranking that count as near.
const NEAR: usize = 3;

/// Articles named for a gap.
const NAMED: usize = 3;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No article is about it.
    Missing,
    /// An article seems to be about it, and is not sure enough for an answer.
    HardToFind,
    /// It is answered, and customers say that this does not help.
    Unclear,
    /// It is answered by now: it was asked before an article changed.
    AnsweredNow,
}

impl Kind {
    /// The name used in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::HardToFind => "hard_to_find",
            Self::Unclear => "unclear",
            Self::AnsweredNow => "answered_now",
        }
    }
}

/// An article near a gap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Near {
    /// Its id.
    pub article: String,
    /// Its title, in the gap's language where there is one.
    pub title: String,
    /// Questions it ranks first for, of those examined.
    pub first: usize,
    /// Questions it ranks among the first three for.
    pub among_first_three: usize,
    /// Highest probability that it answers one of those it ranks first for, 0 to 1.
    pub confidence: f32,
    /// Topics of its front matter.
    pub topics: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Look {
    /// What is wrong.
    pub kind: Kind,
    /// Questions that were examined.
    pub examined: usize,
    /// Of those, how many would be answered now.
    pub answered: usize,
    /// The nearest articles: first for most questions first.
    pub nearest: Vec<Near>,
}

/// Puts the most central questions of `gap` to `engine`, which answers from `min_confidence` on, as they would be asked at
/// `now`.
///
/// # Errors
/// [`EngineError`] when the index or the encoder fails.
pub fn look(
    engine: &Engine,
    gap: &Gap,
    questions: &[Unanswered],
    min_confidence: f32,
    now: Timestamp,
) -> Result<Look, EngineError> {
    let language = gap.language(questions);
    let mut found: Vec<Near> = Vec::new();
    let (mut examined, mut answered) = (0, 0);
    for asked in gap.examples(questions, EXAMINED) {
        let unanswered = &questions[asked];
        let question = Question {
            language: unanswered.language,
            audience: unanswered.audience.clone(),
            region: unanswered.region.clone(),
            mode: Mode::Extractive,
            ..Question::new(&*unanswered.text, now)
        };
        examined += 1;
        let Some(examination) = engine.examine(&question)? else {
            continue;
        };
        answered += usize::from(examination.confidence >= min_confidence);
        for (place, article) in examination.articles.iter().take(NEAR).enumerate() {
            let id = article.as_str();
            let index = found
                .iter()
                .position(|near| near.article == id)
                .unwrap_or_else(|| {
                    found.push(near(engine, article, language));
                    found.len() - 1
                });
            let near = &mut found[index];
            near.among_first_three += 1;
            if place == 0 {
                near.first += 1;
                near.confidence = near.confidence.max(examination.confidence);
            }
        }
    }
    found.sort_by_key(|near| Reverse((near.first, near.among_first_three)));
    found.truncate(NAMED);
    let n_unclear = gap
        .questions
        .iter()
        .filter(|question| questions[**question].why == Why::NotHelpful)
        .count();
    Ok(Look {
        kind: kind(
            n_unclear * 2 >= gap.questions.len(),
            (answered, examined),
            found.first(),
            min_confidence,
        ),
        examined,
        answered,
        nearest: found,
    })
}

fn near(engine: &Engine, id: &ArticleId, language: Language) -> Near {
    let snapshot = engine.snapshot();
    let version = snapshot
        .find(id, language)
        .or_else(|| snapshot.versions(id).first().copied());
    let article = version.map(|version| snapshot.article(version));
    Near {
        article: id.to_string(),
        title: article.map_or_else(|| id.to_string(), |article| article.title.clone()),
        first: 0,
        among_first_three: 0,
        confidence: 0.0,
        topics: article
            .map(|article| article.topics.clone())
            .unwrap_or_default(),
    }
}

fn kind(
    is_unclear: bool,
    (answered, examined): (usize, usize),
    nearest: Option<&Near>,
    min_confidence: f32,
) -> Kind {
    let is_about_it = nearest.is_some_and(|near| {
        near.first * 2 > examined && near.confidence >= min_confidence * NEARLY
    });
    if is_unclear {
        Kind::Unclear
    } else if examined > 0 && answered * 2 > examined {
        Kind::AnsweredNow
    } else if is_about_it {
        Kind::HardToFind
    } else {
        Kind::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is_unclear: bool, answered: usize, first: usize, confidence: f32, expected: Kind) {
        let near = Near {
            article: "a".to_owned(),
            title: "A".to_owned(),
            first,
            among_first_three: first,
            confidence,
            topics: Vec::new(),
        };
        assert_eq!(kind(is_unclear, (answered, 4), Some(&near), 0.6), expected);
    }

    #[test]
    fn what_is_wrong_follows_from_what_is_found() {
        check(false, 0, 1, 0.5, Kind::Missing);
        check(false, 0, 4, 0.2, Kind::Missing);
        check(false, 1, 3, 0.7, Kind::HardToFind);
        check(false, 0, 2, 0.5, Kind::Missing);
        check(false, 3, 4, 0.9, Kind::AnsweredNow);
        check(true, 4, 4, 0.9, Kind::Unclear);
        assert_eq!(kind(false, (0, 0), None, 0.6), Kind::Missing);
    }
}
