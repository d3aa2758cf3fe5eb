//! Scores to the next token.

use super::error::WriteError;
use super::request::Sampling;

/// Tokens this many times less likely than the likeliest, as a natural logarithm, are never drawn: all of
/// them together weigh less than rounding does.
const LEAST_LOGIT: f32 = -25.0;

/// Takes the next token from its scores.
#[derive(Debug)]
pub(super) struct Sampler {
    sampling: Sampling,
    state: u64,
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        let state = match sampling {
            Sampling::Greedy => 0,
            Sampling::TopP { seed, .. } => seed,
        };
        Self { sampling, state }
    }

    /// Whether the likeliest token is always taken.
    pub(super) fn is_greedy(&self) -> bool {
        match self.sampling {
            Sampling::Greedy => true,
            Sampling::TopP { temperature, .. } => temperature.is_nan() || temperature <= 0.0,
        }
    }

    /// The next token, given a score for each.
    pub(super) fn next(&mut self, logits: &[f32]) -> Result<u32, WriteError> {
        let (best, largest) = likeliest(logits)?;
        let Sampling::TopP { temperature, p, .. } = self.sampling else {
            return Ok(best);
        };
        if self.is_greedy() {
            return Ok(best);
        }
        let mut candidates: Vec<(u32, f32)> = (0_u32..)
            .zip(logits)
            .map(|(id, logit)| (id, (logit - largest) / temperature))
            .filter(|(_, logit)| *logit >= LEAST_LOGIT)
            .map(|(id, logit)| (id, logit.exp()))
            .collect();
        candidates.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        let total: f32 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut kept = 0.0;
        let n_kept = candidates
            .iter()
            .position(|(_, weight)| {
                kept += weight;
                kept >= p * total
            })
            .map_or(candidates.len(), |index| index + 1);
        candidates.truncate(n_kept);
        let mut left = self.uniform() * kept;
        for (id, weight) in candidates {
            left -= weight;
            if left < 0.0 {
                return Ok(id);
            }
        }
        Ok(best)
    }

    /// The next number in `[0, 1)` of `SplitMix64` (doi:10.1145/2660193.2660195).
    fn uniform(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 40) as f32 / (1_u32 << 24) as f32
    }
}

/// The token with the highest score and that score; ties go to the lower id.
pub(super) fn likeliest(logits: &[f32]) -> Result<(u32, f32), WriteError> {
    let mut best = None;
    for (id, logit) in (0_u32..).zip(logits) {
        if logit.is_finite() && best.is_none_or(|(_, largest)| *logit > largest) {
            best = Some((id, *logit));
        }
    }
    best.ok_or(WriteError::NotANumber)
}

/// The natural logarithm of the probability of `id`.
pub(super) fn log_probability(logits: &[f32], id: u32) -> Result<f32, WriteError> {
    let (_, largest) = likeliest(logits)?;
    let total: f32 = logits
        .iter()
        .filter(|logit| logit.is_finite())
        .map(|logit| (logit - largest).exp())
        .sum();
    let own = logits
        .get(id as usize)
        .copied()
        .unwrap_or(f32::NEG_INFINITY);
    Ok(own - largest - total.ln())
}
