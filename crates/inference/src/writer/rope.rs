//! Rotary positions (arXiv:2104.09864).

use super::architecture::Pairing;

/// Sines and cosines of every position the context may have.
#[derive(Debug)]
pub(super) struct Rope {
    pairing: Pairing,
    head_width: usize,
    /// `[n_positions, head_width / 2]`.
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rope {
    /// Angles for `n_positions`. Frequency `i` is `base^(-2i / head_width)`, divided by `divisor` and by
    /// `factors[i]` where a model (Llama 3.1 onwards) brings factors.
    pub(super) fn new(
        pairing: Pairing,
        head_width: usize,
        (base, divisor): (f64, f64),
        factors: Option<&[f32]>,
        n_positions: usize,
    ) -> Self {
        let half = head_width / 2;
        let frequencies: Vec<f64> = (0..half)
            .map(|i| {
                let factor = factors.map_or(1.0, |factors| f64::from(factors[i]));
                base.powf(-2.0 * i as f64 / head_width as f64) / (factor * divisor)
            })
            .collect();
        let mut cosines = Vec::with_capacity(n_positions * half);
        let mut sines = Vec::with_capacity(n_positions * half);
        for position in 0..n_positions {
            for frequency in &frequencies {
                let (sine, cosine) = (position as f64 * frequency).sin_cos();
                #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
                {
                    cosines.push(cosine as f32);
                    sines.push(sine as f32);
                }
            }
        }
        Self {
            pairing,
            head_width,
            cosines,
            sines,
        }
    }

    /// Rotates every head of `row` to `position`, which must be below the number of positions.
    pub(super) fn rotate(&self, row: &mut [f32], position: usize) {
        let half = self.head_width / 2;
        let angles = position * half..(position + 1) * half;
        let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
        for head in row.chunks_exact_mut(self.head_width) {
            match self.pairing {
                Pairing::Halves => {
                    let (first, second) = head.split_at_mut(half);
                    for (i, (a, b)) in first.iter_mut().zip(second).enumerate() {
                        (*a, *b) = turn(*a, *b, cosines[i], sines[i]);
                    }
                }
                Pairing::Neighbours => {
                    for (i, pair) in head.chunks_exact_mut(2).enumerate() {
                        (pair[0], pair[1]) = turn(pair[0], pair[1], cosines[i], sines[i]);
                    }
                }
            }
        }
    }
}

fn turn(a: f32, b: f32, cosine: f32, sine: f32) -> (f32, f32) {
    (a * cosine - b * sine, b * cosine + a * sine)
}
