//! Reliability: whether of the questions answered with a confidence of 0.8 eight in ten are right.
//!
//! Questions are put into ten bins of equal width by their confidence. In each, the mean confidence is held against the
//! share that is right (a reliability diagram: Niculescu-Mizil and Caruana, ICML 2005). The expected calibration error
//! is the mean gap, weighted by the bins' counts: `Σ (n_b / n) · |right_b − confidence_b|` (Naeini, Cooper and Hauskrecht,
//! AAAI 2015). The Brier score is the mean of (confidence − right)², with right 0 or 1 (Brier, Monthly Weather Review
//! 78, 1950): 0 is perfect, 0.25 is what always saying one half earns.

use serde::{Deserialize, Serialize};

use crate::{metrics::wilson, risk::Judged};

/// Number of bins.
pub const BINS: usize = 10;

/// Questions of one span of confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lowest confidence that belongs to it; the next bin's is the first that does not.
    pub from: f64,
    /// Number of questions.
    pub n: usize,
    /// Their mean confidence; 0 for none.
    pub confidence: f64,
    /// Share of which the first article is right; 0 for none.
    pub right: f64,
    /// Interval of that share, of 95 % ([`wilson`]).
    pub interval: (f64, f64),
}

/// How well confidence agrees with how often the first article is right.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reliability {
    /// Questions that count.
    pub n: usize,
    /// Expected calibration error, 0 to 1; 0 for no questions.
    pub expected_error: f64,
    /// Brier score, 0 to 1; 0 for no questions.
    pub brier: f64,
    /// The bins, from the least confidence.
    pub bins: Vec<Bin>,
}

/// Holds confidences (0 to 1) against what is right.
pub fn reliability(scored: &[(f64, bool)]) -> Reliability {
    if scored.is_empty() {
        return Reliability::default();
    }
    let n = scored.len() as f64;
    let bins: Vec<Bin> = (0..BINS).map(|place| bin(place, scored)).collect();
    let gaps = bins
        .iter()
        .map(|bin| bin.n as f64 / n * (bin.right - bin.confidence).abs());
    let squares = scored.iter().map(|(confidence, right)| {
        let truth = if *right { 1.0 } else { 0.0 };
        (confidence - truth).powi(2)
    });
    Reliability {
        n: scored.len(),
        expected_error: gaps.sum(),
        brier: squares.sum::<f64>() / n,
        bins,
    }
}

/// The same of judged questions.
pub(crate) fn of_judged(judged: &[Judged]) -> Reliability {
    let scored: Vec<(f64, bool)> = judged
        .iter()
        .map(|question| (question.confidence, question.is_right))
        .collect();
    reliability(&scored)
}

fn bin(place: usize, scored: &[(f64, bool)]) -> Bin {
    let bounds = |place: usize| place as f64 / BINS as f64;
    let (from, to) = (bounds(place), bounds(place + 1));
    // The last one holds certainty too.
    let is_last = place + 1 == BINS;
    let inside: Vec<(f64, bool)> = scored
        .iter()
        .filter(|(confidence, _)| *confidence >= from && (*confidence < to || is_last))
        .copied()
        .collect();
    let n = inside.len();
    let n_right = inside.iter().filter(|(_, right)| *right).count();
    let sum: f64 = inside.iter().map(|(confidence, _)| confidence).sum();
    Bin {
        from,
        n,
        confidence: sum / n.max(1) as f64,
        right: n_right as f64 / n.max(1) as f64,
        interval: wilson(n_right, n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_weighted_by_their_counts() {
        // Four of confidence 0.85 of which two are right, one of 0.25 that is wrong.
        let scored = [
            (0.85, true),
            (0.85, true),
            (0.85, false),
            (0.85, false),
            (0.25, false),
        ];
        let report = reliability(&scored);
        let counts: Vec<usize> = report.bins.iter().map(|bin| bin.n).collect();
        assert_eq!(counts, [0, 0, 1, 0, 0, 0, 0, 0, 4, 0]);
        assert!((report.bins[8].right - 0.5).abs() < 1e-12);
        // 4/5 · 0.35 + 1/5 · 0.25
        assert!((report.expected_error - 0.33).abs() < 1e-12, "{report:?}");
        // (2 · 0.15² + 2 · 0.85² + 0.25²) / 5
        assert!((report.brier - 0.3105).abs() < 1e-12, "{report:?}");
    }

    #[test]
    fn certainty_belongs_to_the_last_bin() {
        let report = reliability(&[(1.0, true), (0.9, true), (0.0, false)]);
        assert_eq!((report.bins[9].n, report.bins[0].n), (2, 1));
        assert!((report.expected_error - 0.1 / 3.0).abs() < 1e-12);
        assert_eq!(reliability(&[]), Reliability::default());
    }
}
