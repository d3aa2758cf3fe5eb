//! Risk and coverage: how often the surest share of questions would be answered from a wrong article.
//!
//! Answering only what one is surest of trades coverage for risk; a confidence worth its name keeps the risk low
//! until little is left out (Geifman and El-Yaniv, `NeurIPS` 2017, "Selective Classification for Deep Neural
//! Networks").

use serde::{Deserialize, Serialize};

use crate::calibrate::auroc;

/// What the engine thought of a question and what is true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Probability the engine gave its evidence, 0 to 1.
    pub confidence: f64,
    /// Whether any article answers the question.
    pub is_answerable: bool,
    /// Whether the article ranked first does.
    pub is_right: bool,
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Share of the questions that are answered, the surest first; above 0, at most 1.
    pub coverage: f64,
    /// Share of those whose first article does not answer them.
    pub risk: f64,
    /// Confidence of the least sure of them.
    pub confidence: f64,
}

/// How far confidence can be relied on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RiskReport {
    /// Questions that count: all but those that ask for a person.
    pub n: usize,
    /// Of them those an article answers.
    pub n_answerable: usize,
    /// Area under the ROC curve between questions an article answers and others; `None` without either kind.
    pub auroc_answerable: Option<f64>,
    /// The same between questions whose first article is right and others.
    pub auroc_right: Option<f64>,
    /// Mean risk over all coverages: 0 is perfect.
    pub area: f64,
    /// At every tenth of coverage.
    pub curve: Vec<RiskPoint>,
}

/// Judges the confidence of `questions`.
pub fn risk(questions: &[Judged]) -> RiskReport {
    let n = questions.len();
    let between = |is: fn(&Judged) -> bool| {
        let scored: Vec<(f64, bool)> = questions.iter().map(|q| (q.confidence, is(q))).collect();
        let n_yes = scored.iter().filter(|(_, yes)| *yes).count();
        (n_yes > 0 && n_yes < n).then(|| auroc(&scored))
    };
    let points = points(questions);
    RiskReport {
        n,
        n_answerable: questions.iter().filter(|q| q.is_answerable).count(),
        auroc_answerable: between(|q| q.is_answerable),
        auroc_right: between(|q| q.is_right),
        area: points.iter().map(|point| point.risk).sum::<f64>() / n.max(1) as f64,
        curve: (1..=10)
            .filter_map(|tenth| {
                points
                    .get((n * tenth).div_ceil(10).checked_sub(1)?)
                    .copied()
            })
            .collect(),
    }
}

/// The curve at every question, the surest first.
pub(crate) fn points(questions: &[Judged]) -> Vec<RiskPoint> {
    let n = questions.len();
    let mut sorted = questions.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut n_wrong = 0;
    (1..)
        .zip(&sorted)
        .map(|(covered, question): (usize, _)| {
            n_wrong += usize::from(!question.is_right);
            RiskPoint {
                coverage: covered as f64 / n as f64,
                risk: n_wrong as f64 / covered as f64,
                confidence: question.confidence,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(confidence: f64, is_right: bool) -> Judged {
        Judged {
            confidence,
            is_answerable: is_right,
            is_right,
        }
    }

    #[test]
    fn the_surest_are_covered_first() {
        // The ten surest are right, the ten others wrong.
        let questions: Vec<Judged> = (0..20_u8)
            .map(|i| judged(f64::from(i) / 20.0, i >= 10))
            .collect();
        let report = risk(&questions);
        assert_eq!(
            (report.n, report.n_answerable, report.curve.len()),
            (20, 10, 10)
        );
        assert_eq!(report.auroc_right, Some(1.0));
        let risks: Vec<f64> = report.curve.iter().map(|point| point.risk).collect();
        assert!(risks[..5].iter().all(|risk| risk.abs() < 1e-9), "{risks:?}");
        assert!((risks[9] - 0.5).abs() < 1e-9 && (report.curve[4].confidence - 0.5).abs() < 1e-9);
        assert!(report.area > 0.1 && report.area < 0.2, "{}", report.area);
    }

    #[test]
    fn one_kind_alone_cannot_be_told_apart() {
        let report = risk(&[judged(0.5, true)]);
        assert_eq!((report.auroc_right, report.auroc_answerable), (None, None));
        assert_eq!(risk(&[]), RiskReport::default());
    }
}
