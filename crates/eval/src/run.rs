//! A run: every question of a set through the engine, and what came of it, by language.

use std::collections::BTreeMap;

use answer::{Cancel, Engine, EscalationReason, Mode, Outcome};
use corpus::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    metrics::{Interval, mean_interval, quantile, reciprocal_rank, success_at},
    question_set::{Expectation, JudgedQuestion, QuestionSetError},
    risk::{self, Judged, RiskReport},
};

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// A checked answer.
    Answered,
    /// A choice between meanings.
    Clarify,
    /// A person.
    Escalated,
}

impl OutcomeKind {
    /// Whether it is what was expected.
    pub const fn meets(self, expected: Expectation) -> bool {
        matches!(
            (expected, self),
            (Expectation::Answered, Self::Answered)
                | (Expectation::Clarify, Self::Clarify)
                | (Expectation::Escalated, Self::Escalated)
        )
    }
}

/// One question's result.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionResult {
    /// The question's id.
    pub id: String,
    /// The question.
    pub question: String,
    /// Language it counts under: the file's, else the detected one.
    pub language: Language,
    /// Language of the reply.
    pub reply_language: Language,
    /// Rank of the first relevant article, from 1; `None` when not ranked or nothing is relevant.
    pub rank: Option<usize>,
    /// First three articles ranked.
    pub top: Vec<String>,
    /// Whether any article answers it.
    pub answerable: bool,
    /// What should have become of it.
    pub expected: Option<Expectation>,
    /// What did.
    pub outcome: OutcomeKind,
    /// Why it was escalated.
    pub reason: Option<&'static str>,
    /// The reply.
    pub text: String,
    /// Whether every citation's article is relevant; `None` without citations or judgments.
    pub cites_relevant: Option<bool>,
    /// Whether the reply holds one of the gold texts; `None` without a reply or gold.
    pub holds_gold: Option<bool>,
    /// Probability the engine gave its evidence.
    pub confidence: f32,
    /// Milliseconds until hits were ranked, until the first sentence, and in all.
    pub ms: (f64, Option<f64>, f64),
    /// Features of the best evidence, for calibration.
    pub features: answer::confidence::Features,
}

impl QuestionResult {
    /// Whether the outcome is the expected one; `None` when none was stated.
    pub fn as_expected(&self) -> Option<bool> {
        self.expected.map(|expected| self.outcome.meets(expected))
    }
}

/// Figures of one language, or of all together.
#[derive(Debug, Clone, Serialize)]
pub struct LanguageRow {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// Number of questions.
    pub n: usize,
    /// Of answerable questions: a relevant article is first.
    pub success_at_1: Interval,
    /// Of answerable questions: a relevant article is among the first three.
    pub success_at_3: Interval,
    /// Of answerable questions: mean reciprocal rank.
    pub mrr: Interval,
    /// Of questions with an expectation: it was met.
    pub as_expected: Interval,
    /// Of questions expected answered: they were.
    pub answered: Interval,
    /// Of questions nothing answers: they were answered anyway.
    pub answered_anyway: Interval,
    /// Of answered questions with gold texts: the reply holds one.
    pub holds_gold: Interval,
    /// Of answered questions: every citation is of a relevant article.
    pub cites_relevant: Interval,
    /// Of replies with sentences: written in the question's language.
    pub in_language: Interval,
    /// Median and 95th percentile of the whole answer, in milliseconds.
    pub total_ms: (f64, f64),
}

/// A whole run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// Generation that was asked.
    pub generation: String,
    /// Encoder.
    pub encoder: String,
    /// Writer, when answers were worded by one.
    pub writer: Option<String>,
    /// All languages together, then each in alphabetic order.
    pub rows: Vec<LanguageRow>,
    /// How far confidence can be relied on.
    pub risk: RiskReport,
    /// Every question.
    pub questions: Vec<QuestionResult>,
}

/// Runs a set; `progress` is called after every question with how many are done.
///
/// # Errors
/// [`QuestionSetError::UnknownArticle`] when a judgment names an article the index does not hold.
pub fn run(
    engine: &Engine,
    questions: &[JudgedQuestion],
    mode: Mode,
    now: Timestamp,
    progress: &mut dyn FnMut(usize),
) -> Result<RunReport, QuestionSetError> {
    check_judgments(engine, questions)?;
    let mut results = Vec::with_capacity(questions.len());
    for (done, question) in (1..).zip(questions) {
        results.push(ask(engine, question, mode, now));
        progress(done);
    }
    let mut by_language: BTreeMap<&'static str, Vec<&QuestionResult>> = BTreeMap::new();
    for result in &results {
        by_language
            .entry(result.language.code())
            .or_default()
            .push(result);
    }
    let all: Vec<&QuestionResult> = results.iter().collect();
    let mut rows = vec![row("all", &all)];
    rows.extend(
        by_language
            .iter()
            .map(|(language, results)| row(language, results)),
    );
    Ok(RunReport {
        generation: engine.snapshot().generation().to_owned(),
        encoder: engine.encoder_id().to_owned(),
        writer: engine
            .writer_id()
            .map(str::to_owned)
            .filter(|_| mode != Mode::Extractive),
        rows,
        risk: risk::risk(&judged(&results)),
        questions: results,
    })
}

/// What confidence is judged by: a question for a person says nothing of the articles, and one without a judgment
/// nothing at all.
fn judged(results: &[QuestionResult]) -> Vec<Judged> {
    let requested = EscalationReason::Requested.code();
    results
        .iter()
        .filter(|result| result.reason != Some(requested))
        .filter(|result| result.answerable || result.expected == Some(Expectation::Escalated))
        .map(|result| Judged {
            confidence: f64::from(result.confidence),
            is_answerable: result.answerable,
            is_right: result.rank == Some(1),
        })
        .collect()
}

fn check_judgments(engine: &Engine, questions: &[JudgedQuestion]) -> Result<(), QuestionSetError> {
    let known: std::collections::HashSet<&str> = engine
        .snapshot()
        .articles()
        .map(|(_, article)| article.id.as_str())
        .collect();
    for question in questions {
        for article in question.relevant_articles() {
            if !known.contains(article) {
                return Err(QuestionSetError::UnknownArticle {
                    id: question.id.clone(),
                    article: article.to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn ask(engine: &Engine, judged: &JudgedQuestion, mode: Mode, now: Timestamp) -> QuestionResult {
    let question = judged.to_question(now, mode);
    // First the answer: what is examined before would stand in the writer's cache, and the answer look faster than it is.
    let reply = engine.answer(&question, &Cancel::default(), &mut |_| {});
    let examined = engine.examine(&question).ok().flatten();
    let relevant: Vec<&str> = judged.relevant_articles().collect();
    let ranked: Vec<String> = examined
        .iter()
        .flat_map(|e| &e.articles)
        .map(|article| article.as_str().to_owned())
        .collect();
    let rank = ranked
        .iter()
        .position(|id| relevant.contains(&id.as_str()))
        .map(|index| index + 1);
    let (outcome, reason) = match &reply.outcome {
        Outcome::Answered => (OutcomeKind::Answered, None),
        Outcome::Clarify(_) => (OutcomeKind::Clarify, None),
        Outcome::Escalated(reason) => (OutcomeKind::Escalated, Some(reason.code())),
    };
    let text = reply.text();
    let cites_relevant = (!relevant.is_empty() && !reply.sources.is_empty()).then(|| {
        reply
            .sources
            .iter()
            .all(|source| relevant.contains(&source.article.as_str()))
    });
    let holds_gold = (!judged.answers.is_empty() && !text.is_empty())
        .then(|| judged.answers.iter().any(|gold| holds(&text, gold)));
    let wants_person = reason == Some(EscalationReason::Requested.code());
    let language = judged.language.unwrap_or(reply.language);
    QuestionResult {
        id: judged.id.clone(),
        question: judged.question.clone(),
        language,
        reply_language: reply.language,
        rank,
        top: ranked.into_iter().take(3).collect(),
        answerable: !relevant.is_empty() && !wants_person,
        expected: judged.expect,
        outcome,
        reason,
        cites_relevant,
        holds_gold,
        confidence: examined.as_ref().map_or(0.0, |e| e.confidence),
        features: examined.map(|e| e.features).unwrap_or_default(),
        ms: (
            reply.timings.search.as_secs_f64() * 1e3,
            reply
                .timings
                .first_sentence
                .map(|time| time.as_secs_f64() * 1e3),
            reply.timings.total.as_secs_f64() * 1e3,
        ),
        text,
    }
}

/// Whether `text` holds `gold`, whatever the case and white space.
pub(crate) fn holds(text: &str, gold: &str) -> bool {
    let fold = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
    fold(text).contains(&fold(gold))
}

fn row(language: &str, results: &[&QuestionResult]) -> LanguageRow {
    let over = |keep: &dyn Fn(&QuestionResult) -> Option<f64>| {
        mean_interval(
            &results
                .iter()
                .filter_map(|result| keep(result))
                .collect::<Vec<_>>(),
        )
    };
    let flag = |value: bool| if value { 1.0 } else { 0.0 };
    let is_answered = |r: &QuestionResult| r.outcome == OutcomeKind::Answered;
    let retrieval =
        |figure: &dyn Fn(Option<usize>) -> f64| over(&|r| r.answerable.then(|| figure(r.rank)));
    let mut totals: Vec<f64> = results.iter().map(|r| r.ms.2).collect();
    LanguageRow {
        language: language.to_owned(),
        n: results.len(),
        success_at_1: retrieval(&|rank| success_at(1, rank)),
        success_at_3: retrieval(&|rank| success_at(3, rank)),
        mrr: retrieval(&reciprocal_rank),
        as_expected: over(&|r| r.as_expected().map(flag)),
        answered: over(&|r| {
            (r.expected == Some(Expectation::Answered)).then(|| flag(is_answered(r)))
        }),
        answered_anyway: over(&|r| {
            (!r.answerable && r.expected == Some(Expectation::Escalated))
                .then(|| flag(is_answered(r)))
        }),
        holds_gold: over(&|r| r.holds_gold.filter(|_| is_answered(r)).map(flag)),
        cites_relevant: over(&|r| r.cites_relevant.filter(|_| is_answered(r)).map(flag)),
        in_language: over(&|r| (!r.text.is_empty()).then(|| flag(r.reply_language == r.language))),
        total_ms: (
            quantile(&mut totals.clone(), 0.5),
            quantile(&mut totals, 0.95),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn gold_is_found_whatever_the_spacing() {
        assert!(holds("Je betaalt € 2,50 per bestelling.", "€\u{A0}2,50"));
        assert!(!holds("Je betaalt € 2,50.", "€ 2,60"));
    }
}
