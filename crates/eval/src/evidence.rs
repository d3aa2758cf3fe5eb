//! Evidence measured: whether the statements that are chosen hold the answer, and what each signal is worth.
//!
//! questions with gold texts → statements with their signals → figures, an ablation, and **weights** by a conditional
//! logit ([`crate::logit`]). No writer takes part: what is measured is what an answer may rest on.

use answer::{
    Engine, EngineError, Mode,
    draft::extractive,
    evidence::{Evidence, Piece, StatementSignals, StatementWeights},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Interval, JudgedQuestion,
    logit::{self, Choice},
    mean_interval,
    run::holds,
};

/// Share of a statement's words a gold text must have to be said by it, when the gold text is the longer one.
const WITHIN_GOLD: f64 = 0.8;

/// Fewest words of such a statement.
const MIN_WORDS_WITHIN: usize = 4;

/// One statement of a question's best articles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgedStatement {
    /// Whether it is of a relevant article and holds a gold text.
    pub right: bool,
    /// What speaks for it.
    pub signals: StatementSignals,
}

/// The statements of one question that state something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedStatements {
    /// The question's id.
    pub id: String,
    /// Its statements.
    pub statements: Vec<JudgedStatement>,
}

/// How often evidence holds the answer, over questions with a gold text and a relevant article.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvidenceFigures {
    /// The best statement is right.
    pub first: Interval,
    /// One of those an extractive answer is made of is.
    pub in_answer: Interval,
    /// Mean number of statements of such an answer.
    pub n_statements: f64,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceReport {
    /// Share of questions of which any statement looked at is right: what no choice can pass.
    pub reachable: Interval,
    /// Share of which the evidence, cut to its budget, holds a right statement: what the writer may read.
    pub in_evidence: Interval,
    /// With the weights in use.
    pub as_used: EvidenceFigures,
    /// With each signal left out in turn, by its name.
    pub without: Vec<(&'static str, EvidenceFigures)>,
}

/// A run with what weights are fitted on.
#[derive(Debug)]
pub struct EvidenceRun {
    /// The figures.
    pub report: EvidenceReport,
    /// The statements of each question.
    pub statements: Vec<JudgedStatements>,
}

/// Measures the choice of statements for `questions`, of which those without a gold text are left out; `weights` are
/// those the engine uses.
///
/// # Errors
/// [`EngineError`] when the index or the encoder fails.
pub fn run(
    engine: &Engine,
    questions: &[JudgedQuestion],
    weights: &StatementWeights,
    max_sentences: usize,
    now: Timestamp,
    on_done: &mut dyn FnMut(usize),
) -> Result<EvidenceRun, EngineError> {
    let mut asked = Vec::new();
    let mut in_evidence = Vec::new();
    for (done, judged) in (1..).zip(questions) {
        on_done(done);
        if judged.answers.is_empty() || judged.relevant.is_empty() {
            continue;
        }
        let question = judged.to_question(now, Mode::Extractive);
        let pieces = engine.statements(&question)?;
        let is_right = |piece: &Piece| {
            let id = engine.snapshot().article(piece.article).id.as_str();
            let is_relevant = judged.relevant_articles().any(|relevant| relevant == id);
            is_relevant && judged.answers.iter().any(|gold| says(&piece.text, gold))
        };
        let right = pieces.iter().map(is_right).collect();
        let evidence = engine.evidence(&question)?;
        in_evidence.push(flag(evidence.pieces.iter().any(is_right)));
        asked.push(Asked {
            id: &judged.id,
            pieces,
            right,
        });
    }
    let figures = |weights: &StatementWeights| measure(&mut asked.clone(), weights, max_sentences);
    let without = (0..StatementSignals::NAMES.len()).map(|i| {
        let mut values = weights.0.values();
        values[i] = 0.0;
        let ablated = StatementWeights(StatementSignals::from_values(values));
        (StatementSignals::NAMES[i], figures(&ablated))
    });
    let reachable: Vec<f64> = asked
        .iter()
        .map(|asked| flag(asked.right.contains(&true)))
        .collect();
    Ok(EvidenceRun {
        report: EvidenceReport {
            reachable: mean_interval(&reachable),
            in_evidence: mean_interval(&in_evidence),
            as_used: figures(weights),
            without: without.collect(),
        },
        statements: asked.iter().map(Asked::judged).collect(),
    })
}

#[derive(Clone)]
struct Asked<'a> {
    id: &'a str,
    pieces: Vec<Piece>,
    right: Vec<bool>,
}

impl Asked<'_> {
    fn judged(&self) -> JudgedStatements {
        let pairs = self.pieces.iter().zip(&self.right);
        JudgedStatements {
            id: self.id.to_owned(),
            statements: pairs
                .filter(|(piece, _)| piece.is_claim())
                .map(|(piece, right)| JudgedStatement {
                    right: *right,
                    signals: piece.signals,
                })
                .collect(),
        }
    }
}

fn measure(
    questions: &mut [Asked<'_>],
    weights: &StatementWeights,
    max_sentences: usize,
) -> EvidenceFigures {
    let (mut first, mut in_answer, mut n_statements) = (Vec::new(), Vec::new(), 0);
    for asked in questions.iter_mut() {
        for piece in &mut asked.pieces {
            piece.score = weights.score(&piece.signals);
        }
        let evidence = Evidence {
            pieces: std::mem::take(&mut asked.pieces),
            ..Evidence::default()
        };
        let is_right = |chosen: &[&Piece]| {
            let pairs = evidence.pieces.iter().zip(&asked.right);
            let mut right = pairs.filter(|(_, right)| **right);
            flag(right.any(|(piece, _)| chosen.iter().any(|own| std::ptr::eq(*own, piece))))
        };
        let best = (evidence.pieces.iter())
            .filter(|piece| piece.is_claim())
            .max_by(|a, b| a.score.total_cmp(&b.score));
        first.push(best.map_or(0.0, |best| is_right(&[best])));
        let chosen = extractive::choose(&evidence, max_sentences);
        in_answer.push(is_right(&chosen));
        n_statements += chosen.len();
    }
    EvidenceFigures {
        first: mean_interval(&first),
        in_answer: mean_interval(&in_answer),
        n_statements: n_statements as f64 / questions.len().max(1) as f64,
    }
}

fn flag(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

/// Whether a statement says `gold`: holds it, or is most of a sentence of a longer gold text.
fn says(statement: &str, gold: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    if holds(statement, gold) {
        return true;
    }
    let (own, gold) = (words(statement), words(gold));
    let n_within = own.iter().filter(|word| gold.contains(word)).count();
    own.len() >= MIN_WORDS_WITHIN
        && gold.len() > own.len()
        && n_within as f64 >= WITHIN_GOLD * own.len() as f64
}

/// A fit and how well it chooses.
#[derive(Debug, Clone, Serialize)]
pub struct StatementFit {
    /// The fitted weights; those of signals that never vary are kept.
    pub weights: StatementWeights,
    /// For each collection, in the order given: share of questions whose best statement is right, with the weights in
    /// use, with weights fitted on all collections, and with weights fitted on the others only.
    pub collections: Vec<[f64; 3]>,
}

const N: usize = StatementSignals::NAMES.len();

/// Fits weights on `collections`; `before` are those in use.
pub fn fit(collections: &[Vec<JudgedStatements>], before: &StatementWeights) -> StatementFit {
    let choices: Vec<Vec<Choice<N>>> = collections
        .iter()
        .map(|questions| questions.iter().map(choice).collect())
        .collect();
    let all: Vec<&[Choice<N>]> = choices.iter().map(Vec::as_slice).collect();
    let fitted = logit::maximise(&all);
    let figures = (0..all.len()).map(|held_out| {
        let mut others = all.clone();
        let own = others.remove(held_out);
        let without = logit::maximise(&others);
        [before.0.values(), fitted, without].map(|weights| logit::success(own, &weights))
    });
    StatementFit {
        collections: figures.collect(),
        weights: StatementWeights(StatementSignals::from_values(fitted)),
    }
}

fn choice(question: &JudgedStatements) -> Choice<N> {
    Choice {
        rows: question
            .statements
            .iter()
            .map(|statement| statement.signals.values())
            .collect(),
        is_right: question.statements.iter().map(|s| s.right).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_says_what_it_holds_or_what_it_is_a_sentence_of() {
        assert!(says("You pay within 4 days.", "4 days"));
        let long = "Refunds take five days. They go back the way you paid, in full.";
        assert!(says("They go back the way you paid.", long));
        assert!(!says("They go to the seller at once.", long));
        assert!(!says("In full.", long));
    }

    #[test]
    fn the_signal_that_tells_the_answer_gets_the_weight() {
        let question = |q: u8| JudgedStatements {
            id: q.to_string(),
            statements: (0..4)
                .map(|s| JudgedStatement {
                    right: s == q % 4,
                    signals: StatementSignals {
                        interaction: f32::from(u8::from(
                            s == (q + u8::from(q.is_multiple_of(5))) % 4,
                        )),
                        coverage: f32::from(q.wrapping_mul(37).wrapping_add(s * 11) % 10) / 10.0,
                        ..StatementSignals::default()
                    },
                })
                .collect(),
        };
        let questions: Vec<JudgedStatements> = (0..60).map(question).collect();
        let report = fit(
            &[questions.clone(), questions],
            &StatementWeights(StatementSignals::default()),
        );
        let weights = report.weights.0;
        assert!(weights.interaction > 1.0, "{weights:?}");
        assert!(weights.coverage < 0.5, "{weights:?}");
        assert!(
            report.collections.iter().all(|[_, all, others]| {
                (all - 0.8).abs() < 1e-9 && (others - 0.8).abs() < 1e-9
            })
        );
    }
}
