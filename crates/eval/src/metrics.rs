//! Metrics of ranked retrieval and their confidence intervals.

use serde::{Deserialize, Serialize};

/// 1 when a relevant article stands among the first `k`, else 0: success@k, averaged over questions.
pub fn success_at(k: usize, rank: Option<usize>) -> f64 {
    if rank.is_some_and(|rank| rank <= k) {
        1.0
    } else {
        0.0
    }
}

/// 1 / rank of the first relevant article, 0 when there is none; its mean over questions is MRR
/// (Voorhees, TREC-8 question answering track, 1999).
pub fn reciprocal_rank(rank: Option<usize>) -> f64 {
    rank.map_or(0.0, |rank| 1.0 / rank as f64)
}

/// Share of `n_relevant` articles whose `ranks` (from 1) are at most `k`; 0 when nothing is relevant.
pub fn recall_at(k: usize, ranks: &[usize], n_relevant: usize) -> f64 {
    let found = ranks.iter().filter(|rank| **rank <= k).count();
    found as f64 / n_relevant.max(1) as f64
}

/// Normalised discounted cumulative gain of the first `k` with gains 0 and 1: Σ 1 / log₂(rank + 1) over the
/// relevant articles, over the same sum for an ideal order (Järvelin and Kekäläinen, TOIS 20, 2002). 0 when
/// nothing is relevant.
pub fn ndcg_at(k: usize, ranks: &[usize], n_relevant: usize) -> f64 {
    let gain = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
    let gained: f64 = ranks
        .iter()
        .filter(|rank| **rank <= k)
        .map(|rank| gain(*rank))
        .sum();
    let ideal: f64 = (1..=n_relevant.min(k)).map(gain).sum();
    // The sum of nothing is -0.
    if gained > 0.0 { gained / ideal } else { 0.0 }
}

/// A mean with an interval, of 95 % where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean; 0 for no values.
    pub mean: f64,
    /// Its lower bound: the 2.5th percentile.
    pub low: f64,
    /// Its upper bound: the 97.5th percentile.
    pub high: f64,
    /// Number of values.
    pub n: usize,
}

/// Mean of `values` with a 95 % interval: the bootstrap's ([`mean_interval_of`]), or, of a share that is 0 or 1 throughout,
/// Wilson's ([`wilson`]), since however often such values are drawn again they say nothing of what was not seen.
pub fn mean_interval(values: &[f64]) -> Interval {
    let n = values.len();
    let all = |flag: f64| n > 0 && values.iter().all(|value| value.to_bits() == flag.to_bits());
    let n_yes = if all(1.0) {
        n
    } else if all(0.0) {
        0
    } else {
        return mean_interval_of(values, 50);
    };
    let (low, high) = wilson(n_yes, n);
    let mean = n_yes as f64 / n as f64;
    Interval { mean, low, high, n }
}

/// Seed of every bootstrap: the same values have the same interval, on any machine.
pub const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// Interval of 95 % of a share of which `n_yes` of `n` were seen (Wilson, Journal of the American Statistical Association
/// 22, 1927): unlike a bootstrap it does not collapse where all of a few are alike. From 0 to 1 for `n` of 0.
pub fn wilson(n_yes: usize, n: usize) -> (f64, f64) {
    // Of the standard normal distribution, 2.5 % lie above.
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return (0.0, 1.0);
    }
    let (share, n) = (n_yes as f64 / n as f64, n as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    )
}

/// Values beyond each bound of a bootstrap interval; more of them move it by less than half a point.
const BEYOND: usize = 25;

/// Mean of `values` with a percentile bootstrap interval (Efron and Tibshirani, An Introduction to the
/// Bootstrap, 1993, chapter 13), from a fixed seed. `outside` (above 0) is the share of resamples that lie outside,
/// per thousand.
pub fn mean_interval_of(values: &[f64], outside: usize) -> Interval {
    let n = values.len();
    if n == 0 {
        return Interval {
            mean: 0.0,
            low: 0.0,
            high: 0.0,
            n,
        };
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut state = SEED;
    let n_resamples = BEYOND * 2_000 / outside.max(1);
    let mut means: Vec<f64> = (0..n_resamples)
        .map(|_| (0..n).map(|_| values[draw(&mut state, n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Interval {
        mean,
        low: means[BEYOND],
        high: means[n_resamples - BEYOND - 1],
        n,
    }
}

/// `SplitMix64` (Steele, Lea, Flood, OOPSLA 2014), reduced to `0..n`.
fn draw(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((z ^ (z >> 31)) % n as u64).unwrap_or(0)
}

/// The `share`-quantile (0 to 1) of `values` by nearest rank; 0 for no values. Sorts in place.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is a small non-negative number"
    )]
    let index = (share * values.len() as f64).ceil() as usize;
    values[index.clamp(1, values.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_from_one() {
        assert!((success_at(3, Some(3)) - 1.0).abs() < f64::EPSILON);
        assert!(success_at(3, Some(4)).abs() < f64::EPSILON);
        assert!((reciprocal_rank(Some(4)) - 0.25).abs() < f64::EPSILON);
        assert!(reciprocal_rank(None).abs() < f64::EPSILON);
    }

    #[test]
    fn gains_are_discounted_by_rank() {
        assert!((ndcg_at(10, &[1, 2], 2) - 1.0).abs() < 1e-9);
        assert!((ndcg_at(10, &[2], 1) - 1.0 / 3_f64.log2()).abs() < 1e-9);
        assert!(ndcg_at(10, &[11], 1).abs() < 1e-9);
        assert!((recall_at(10, &[3, 11], 4) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_interval_holds_the_mean_and_narrows() {
        let few: Vec<f64> = (0..10).map(|i| f64::from(i % 2)).collect();
        let many: Vec<f64> = (0..1000).map(|i| f64::from(i % 2)).collect();
        let (few, many) = (mean_interval(&few), mean_interval(&many));
        assert!(few.low < 0.5 && few.high > 0.5);
        assert!(many.high - many.low < few.high - few.low);
        assert!((many.mean - 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_bootstrap_agrees_with_theory_where_there_is_one() {
        // A mean of many values is nearly normal: 1.96 standard errors to each side.
        let values: Vec<f64> = (0..2_000).map(|i| f64::from(i % 10)).collect();
        let interval = mean_interval(&values);
        let half = 1.96 * (8.25_f64 / 2_000.0).sqrt();
        assert!((interval.mean - 4.5).abs() < 1e-9);
        assert!((interval.low - (4.5 - half)).abs() < 0.02, "{interval:?}");
        assert!((interval.high - (4.5 + half)).abs() < 0.02, "{interval:?}");
        // One seed: the very same interval again.
        assert_eq!(interval, mean_interval(&values));
    }

    #[test]
    fn what_was_always_right_is_not_certain() {
        let interval = mean_interval(&[1.0; 10]);
        assert!((interval.mean - 1.0).abs() < 1e-12 && (interval.high - 1.0).abs() < 1e-12);
        assert!((interval.low - 0.7225).abs() < 5e-5, "{interval:?}");
        let never = mean_interval(&[0.0; 10]);
        assert!((never.high - 0.2775).abs() < 5e-5 && never.low.abs() < 1e-12);
        assert_eq!(mean_interval(&[]).n, 0);
    }

    #[test]
    fn shares_have_wilsons_interval() {
        let check = |n_yes, n, low: f64, high: f64| {
            let interval = wilson(n_yes, n);
            assert!((interval.0 - low).abs() < 5e-5, "{n_yes}/{n}: {interval:?}");
            assert!(
                (interval.1 - high).abs() < 5e-5,
                "{n_yes}/{n}: {interval:?}"
            );
        };
        // Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        check(81, 263, 0.2553, 0.3662);
        check(15, 148, 0.0624, 0.1605);
        check(0, 20, 0.0, 0.1611);
        check(1, 29, 0.0061, 0.1718);
        check(0, 0, 0.0, 1.0);
    }

    #[test]
    fn quantiles_are_values_of_the_sample() {
        let mut values = vec![4.0, 1.0, 3.0, 2.0];
        assert!((quantile(&mut values, 0.5) - 2.0).abs() < f64::EPSILON);
        assert!((quantile(&mut values, 0.95) - 4.0).abs() < f64::EPSILON);
    }
}
