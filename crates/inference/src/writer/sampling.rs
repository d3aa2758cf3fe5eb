//! Scores to the next token.
//!
//! Greedy decoding is our own, because drafting compares its choices position by position; drawing is
//! `candle-transformers`' nucleus sampling.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Drawing};

use super::error::WriteError;
use super::request::Sampling;

/// Takes the next token from its scores.
pub(super) struct Sampler {
    /// `None` when the likeliest token is always taken.
    drawing: Option<LogitsProcessor>,
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler")
            .field("is_greedy", &self.is_greedy())
            .finish()
    }
}

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        let drawing = match sampling {
            Sampling::TopP {
                temperature,
                p,
                seed,
            } if temperature > 0.0 => {
                let drawing = Drawing::TopP {
                    p: f64::from(p),
                    temperature: f64::from(temperature),
                };
                Some(LogitsProcessor::from_sampling(seed, drawing))
            }
            Sampling::TopP { .. } | Sampling::Greedy => None,
        };
        Self { drawing }
    }

    /// Whether the likeliest token is always taken.
    pub(super) fn is_greedy(&self) -> bool {
        self.drawing.is_none()
    }

    /// The next token, given a score for each.
    pub(super) fn next(&mut self, logits: &[f32]) -> Result<u32, WriteError> {
        let (best, _) = likeliest(logits)?;
        let Some(drawing) = &mut self.drawing else {
            return Ok(best);
        };
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(WriteError::NotANumber);
        }
        Ok(drawing.sample(&Tensor::new(logits, &Device::Cpu)?)?)
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
