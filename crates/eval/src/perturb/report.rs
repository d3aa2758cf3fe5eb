//! Figures of a run: caught of the false, lost of the true, by language and kind.

use answer::check::{Fault, Features};
use serde::Serialize;

use super::{Kind, suite::Checked};
use crate::metrics::{Interval, quantile};

/// What a run of the suite gives.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// False sentences that were not let through, over all.
    pub caught: Interval,
    /// True sentences that were, over all.
    pub lost: Interval,
    /// By language of the sentence and kind; those against evidence in another language apart.
    pub rows: Vec<CheckRow>,
    /// Time one check took with its encoding, in milliseconds: median and 95th percentile.
    pub check_ms: (f64, f64),
    /// Every sentence with its verdict.
    pub sentences: Vec<Checked>,
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    /// Code of the language, or `all`.
    pub language: String,
    /// The kind, or `all`.
    pub kind: String,
    /// Whether the evidence is in another language; `None` for both.
    pub is_cross_lingual: Option<bool>,
    /// Share caught, for false sentences.
    pub caught: Option<Interval>,
    /// Share lost, for true ones.
    pub lost: Option<Interval>,
}

/// Features of a sentence that got as far as its meaning, with what became of it.
pub type Scored = (Features, bool);

impl CheckReport {
    /// Makes the figures of checked sentences.
    pub fn new(sentences: Vec<Checked>, mut took_ms: Vec<f64>) -> Self {
        let refused = |keep: &dyn Fn(&Checked) -> bool| -> (Interval, Interval) {
            let share = |is_true: bool| {
                let of: Vec<bool> = sentences
                    .iter()
                    .filter(|checked| checked.sample.kind.is_true() == is_true && keep(checked))
                    .map(|checked| !checked.is_supported)
                    .collect();
                wilson(of.iter().filter(|refused| **refused).count(), of.len())
            };
            (share(false), share(true))
        };
        let mut rows = Vec::new();
        let mut add =
            |language: &str, kind: &str, cross: Option<bool>, keep: &dyn Fn(&Checked) -> bool| {
                let (caught, lost) = refused(keep);
                if caught.n + lost.n > 0 {
                    rows.push(CheckRow {
                        language: language.to_owned(),
                        kind: kind.to_owned(),
                        is_cross_lingual: cross,
                        caught: (caught.n > 0).then_some(caught),
                        lost: (lost.n > 0).then_some(lost),
                    });
                }
            };
        let languages = corpus::Language::ALL;
        add("all", "all", None, &|_| true);
        for cross in [false, true] {
            add("all", "all", Some(cross), &|c| {
                c.is_cross_lingual() == cross
            });
            for kind in Kind::ALL {
                add("all", kind.name(), Some(cross), &|c| {
                    c.sample.kind == kind && c.is_cross_lingual() == cross
                });
            }
            for language in languages {
                add(language.code(), "all", Some(cross), &|c| {
                    c.sample.language == language && c.is_cross_lingual() == cross
                });
            }
        }
        for language in languages {
            for kind in Kind::ALL {
                add(language.code(), kind.name(), None, &|c| {
                    c.sample.language == language && c.sample.kind == kind
                });
            }
        }
        let (caught, lost) = refused(&|_| true);
        let check_ms = (quantile(&mut took_ms, 0.5), quantile(&mut took_ms, 0.95));
        Self {
            caught,
            lost,
            rows,
            check_ms,
            sentences,
        }
    }

    /// How often each fault was found, in true and in false sentences.
    pub fn faults(&self) -> Vec<(Fault, usize, usize)> {
        let mut faults: Vec<(Fault, usize, usize)> = Vec::new();
        for checked in &self.sentences {
            let Some(why) = checked.why else { continue };
            let at = faults
                .iter()
                .position(|(fault, ..)| *fault == why)
                .unwrap_or_else(|| {
                    faults.push((why, 0, 0));
                    faults.len() - 1
                });
            if checked.sample.kind.is_true() {
                faults[at].1 += 1;
            } else {
                faults[at].2 += 1;
            }
        }
        faults
    }
}

/// A share with its 95 % interval (Wilson, Journal of the American Statistical Association 22, 1927).
pub fn wilson(successes: usize, n: usize) -> Interval {
    const Z: f64 = 1.959_964;
    if n == 0 {
        return Interval {
            mean: 0.0,
            low: 0.0,
            high: 0.0,
            n,
        };
    }
    let (successes, trials) = (successes as f64, n as f64);
    let mean = successes / trials;
    let centre = (mean + Z * Z / (2.0 * trials)) / (1.0 + Z * Z / trials);
    let half = Z / (1.0 + Z * Z / trials)
        * (mean * (1.0 - mean) / trials + Z * Z / (4.0 * trials * trials)).sqrt();
    Interval {
        mean,
        low: (centre - half).max(0.0),
        high: (centre + half).min(1.0),
        n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(successes: usize, n: usize, low: f64, high: f64) {
        let interval = wilson(successes, n);
        assert!((interval.low - low).abs() < 5e-4, "{interval:?}");
        assert!((interval.high - high).abs() < 5e-4, "{interval:?}");
    }

    #[test]
    fn intervals_are_wilsons() {
        check(0, 10, 0.0, 0.2775);
        check(10, 10, 0.7225, 1.0);
        check(81, 263, 0.2553, 0.3662);
        check(0, 0, 0.0, 0.0);
    }
}
