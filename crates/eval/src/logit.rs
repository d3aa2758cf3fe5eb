//! Conditional logit: what signals are worth, from questions of which the right ones among several are known.
//!
//! Among the options of one question, the probability of each grows with its weighted signals, and the weights make the
//! right ones most probable (`McFadden`, 1974; as a ranking loss: Cao et al., ICML 2007, "Learning to Rank: From Pairwise
//! Approach to Listwise Approach", with top-one probabilities). Every collection counts the same, however many
//! questions it has.

/// The options of one question, by `N` signals each.
#[derive(Debug, Clone)]
pub(crate) struct Choice<const N: usize> {
    /// The signals of each option.
    pub(crate) rows: Vec<[f32; N]>,
    /// Whether it is right.
    pub(crate) is_right: Vec<bool>,
}

/// Penalty on squared weights, per standard deviation of their signal, against one question's likelihood.
const PENALTY: f64 = 0.002;

/// What options with `row` are worth by `weights`.
fn worth<const N: usize>(row: &[f32; N], weights: &[f32; N]) -> f32 {
    row.iter().zip(weights).map(|(x, w)| x * w).sum()
}

/// Share of questions whose best option by `weights` is right.
pub(crate) fn success<const N: usize>(questions: &[Choice<N>], weights: &[f32; N]) -> f64 {
    let is_right = |question: &&Choice<N>| {
        let best = (0..question.rows.len()).max_by(|a, b| {
            let [a, b] = [a, b].map(|i| worth(&question.rows[*i], weights));
            a.total_cmp(&b)
        });
        best.is_some_and(|best| question.is_right[best])
    };
    questions.iter().filter(is_right).count() as f64 / questions.len().max(1) as f64
}

/// Projected gradient ascent on the penalised conditional likelihood, which is concave, with a step that grows
/// while it helps. No weight is negative: more of what speaks for an option never speaks against it, which
/// also keeps signals that go together from being played off against each other. Signals are scaled to unit
/// spread, so that the penalty means the same for each.
pub(crate) fn maximise<const N: usize>(collections: &[&[Choice<N>]]) -> [f32; N] {
    let scales = spreads(collections);
    let mut w = [0.0; N];
    let (mut likelihood, mut gradient) = climb(collections, &scales, &w);
    let mut step = 1.0;
    while step > 1e-6 {
        let next: [f64; N] = std::array::from_fn(|i| (w[i] + step * gradient[i]).max(0.0));
        let (reached, slope) = climb(collections, &scales, &next);
        let gained = reached - likelihood;
        if gained > 0.0 {
            (w, likelihood, gradient) = (next, reached, slope);
            step *= 1.5;
            if gained < 1e-8 {
                break;
            }
        } else {
            step /= 2.0;
        }
    }
    std::array::from_fn(|i| narrow(w[i] / scales[i]))
}

/// The penalised log-likelihood at `w`, every collection counting the same, and its gradient.
fn climb<const N: usize>(
    collections: &[&[Choice<N>]],
    scales: &[f64; N],
    w: &[f64; N],
) -> (f64, [f64; N]) {
    let mut likelihood = -PENALTY / 2.0 * w.iter().map(|weight| weight * weight).sum::<f64>();
    let mut gradient = w.map(|weight| -PENALTY * weight);
    for questions in collections {
        let share = 1.0 / (questions.len().max(1) * collections.len()) as f64;
        for question in *questions {
            likelihood += share * add_question(question, scales, w, share, &mut gradient);
        }
    }
    (likelihood, gradient)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weights of order one need no more than f32"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Standard deviation of each signal over all options; 1 for one that never varies.
fn spreads<const N: usize>(collections: &[&[Choice<N>]]) -> [f64; N] {
    let (mut n, mut sum, mut squares) = (0.0, [0.0; N], [0.0; N]);
    let rows = collections.iter().copied().flatten().flat_map(|q| &q.rows);
    for row in rows {
        n += 1.0;
        for (i, value) in row.iter().enumerate() {
            sum[i] += f64::from(*value);
            squares[i] += f64::from(*value).powi(2);
        }
    }
    std::array::from_fn(|i| {
        let variance = squares[i] / f64::max(n, 1.0) - (sum[i] / f64::max(n, 1.0)).powi(2);
        if variance > 1e-9 {
            variance.sqrt()
        } else {
            1.0
        }
    })
}

/// One question's log-likelihood; adds `share` of its gradient.
fn add_question<const N: usize>(
    question: &Choice<N>,
    scales: &[f64; N],
    w: &[f64; N],
    share: f64,
    gradient: &mut [f64; N],
) -> f64 {
    let n_right = question.is_right.iter().filter(|right| **right).count();
    if n_right == 0 || n_right == question.rows.len() {
        return 0.0;
    }
    let rows: Vec<[f64; N]> = question
        .rows
        .iter()
        .map(|row| std::array::from_fn(|i| f64::from(row[i]) / scales[i]))
        .collect();
    let worth: Vec<f64> = rows
        .iter()
        .map(|row| row.iter().zip(w).map(|(x, w)| x * w).sum())
        .collect();
    let highest = worth.iter().copied().fold(f64::MIN, f64::max);
    let total: f64 = worth.iter().map(|z| (z - highest).exp()).sum();
    let mut likelihood = 0.0;
    for ((row, worth), is_right) in rows.iter().zip(&worth).zip(&question.is_right) {
        let log_share = worth - highest - total.ln();
        let target = if *is_right { 1.0 / n_right as f64 } else { 0.0 };
        likelihood += target * log_share;
        for (slope, x) in gradient.iter_mut().zip(row) {
            *slope += share * (target - log_share.exp()) * x;
        }
    }
    likelihood
}
