//! Every kernel against plain arithmetic in double precision, on everything this processor can pretend to be.

use super::pointwise::{erf, exp};
use super::*;
use pulp::Simd;

/// Values between -1 and 1, the same every time.
fn values(count: usize, seed: u32) -> Vec<f32> {
    (0..count)
        .map(|index| {
            let index = u32::try_from(index).unwrap().wrapping_mul(2_654_435_761);
            let mixed = (index ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
            (mixed ^ (mixed >> 13)) as f32 / u32::MAX as f32 * 2.0 - 1.0
        })
        .collect()
}

#[track_caller]
fn check_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(
            difference <= tolerance,
            "value {index} is {found}, expected {expected}"
        );
    }
}

/// `[tokens, width]` value of a matrix in panels.
fn at(panels: &[f32], tokens: usize, token: usize, column: usize) -> f64 {
    f64::from(panels[(column / PANEL * tokens + token) * PANEL + column % PANEL])
}

struct Apply<'a> {
    values: &'a mut [f32],
    is_exp: bool,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    fn with_simd<S: Simd>(self, simd: S) {
        for value in S::as_mut_simd_f32s(self.values).0 {
            *value = if self.is_exp {
                exp(simd, *value)
            } else {
                erf(simd, *value)
            };
        }
    }
}

#[test]
fn exponentials() {
    let inputs: Vec<f32> = (0..1024).map(|i| -(i as f32) * 0.085).collect();
    for processor in Processor::variants() {
        let mut found = inputs.clone();
        processor.run(Apply {
            values: &mut found,
            is_exp: true,
        });
        let expected: Vec<f64> = inputs.iter().map(|x| f64::from(*x).exp()).collect();
        check_close(&found, &expected, 2e-7);
        let mut beyond = vec![-1e30; PANEL];
        processor.run(Apply {
            values: &mut beyond,
            is_exp: true,
        });
        check_close(&beyond, &[0.0; PANEL], 1e-30);
    }
}

#[test]
fn error_function() {
    // Abramowitz and Stegun, table 7.1.
    let table = [
        (0.0, 0.0),
        (0.1, 0.112_462_916),
        (0.5, 0.520_499_878),
        (1.0, 0.842_700_793),
        (1.5, 0.966_105_146),
        (2.0, 0.995_322_265),
        (3.0, 0.999_977_910),
        (9.0, 1.0),
    ];
    for processor in Processor::variants() {
        for (x, expected) in table {
            for sign in [1.0, -1.0] {
                let mut found = vec![sign * x; PANEL];
                processor.run(Apply {
                    values: &mut found,
                    is_exp: false,
                });
                check_close(&found, &[f64::from(sign) * expected; PANEL], 1e-6);
            }
        }
    }
}

#[test]
fn gelu_is_half_a_line() {
    for processor in Processor::variants() {
        let mut found: Vec<f32> = (0..PANEL).map(|i| i as f32 - 16.0).collect();
        processor.run(Gelu { values: &mut found });
        assert!((found[17] - 0.841_345).abs() < 1e-5, "{}", found[17]);
        assert!((found[15] + 0.158_655).abs() < 1e-5, "{}", found[15]);
        check_close(
            &found[24..],
            &(8..16).map(f64::from).collect::<Vec<_>>(),
            1e-4,
        );
        check_close(&found[..8], &[0.0; 8], 1e-4);
    }
}

#[test]
fn layer_normalisation() {
    let (tokens, width) = (5, 3 * PANEL);
    let norm = Norm {
        weight: values(width, 1),
        bias: values(width, 2),
        epsilon: 1e-5,
    };
    let (x, y) = (values(tokens * width, 3), values(tokens * width, 4));
    for processor in Processor::variants() {
        let mut found = x.clone();
        processor.run(AddNorm {
            x: &mut found,
            y: &y,
            norm: &norm,
            tokens,
        });
        for token in 0..tokens {
            let row: Vec<f64> = (0..width)
                .map(|column| at(&x, tokens, token, column) + at(&y, tokens, token, column))
                .collect();
            let mean = row.iter().sum::<f64>() / width as f64;
            let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
            for (column, value) in row.iter().enumerate() {
                let expected = (value - mean) / (variance + 1e-5).sqrt()
                    * f64::from(norm.weight[column])
                    + f64::from(norm.bias[column]);
                let found = at(&found, tokens, token, column);
                assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            }
        }
    }
}

#[track_caller]
fn check_attention(lengths: &[usize], panels: usize) {
    let mut bounds = vec![0];
    for length in lengths {
        bounds.push(bounds.last().unwrap() + length);
    }
    let tokens = *bounds.last().unwrap();
    let width = panels * PANEL;
    let [query, key, value] = [5, 6, 7].map(|seed| values(tokens * width, seed));
    for processor in Processor::variants() {
        let mut found = vec![f32::NAN; tokens * width];
        processor.run(Attend {
            query: &query,
            key: &key,
            value: &value,
            output: &mut found,
            tokens,
            bounds: &bounds,
        });
        for bound in bounds.windows(2) {
            for token in bound[0]..bound[1] {
                let weights: Vec<f64> = (bound[0]..bound[1])
                    .map(|other| {
                        let dot: f64 = (0..width)
                            .map(|c| at(&query, tokens, token, c) * at(&key, tokens, other, c))
                            .sum();
                        (dot / (width as f64).sqrt()).exp()
                    })
                    .collect();
                let sum: f64 = weights.iter().sum();
                for column in 0..width {
                    let expected: f64 = (bound[0]..bound[1])
                        .zip(&weights)
                        .map(|(other, weight)| weight / sum * at(&value, tokens, other, column))
                        .sum();
                    let found = at(&found, tokens, token, column);
                    assert!((found - expected).abs() < 1e-5, "{found} {expected}");
                }
            }
        }
    }
}

#[test]
fn attention() {
    check_attention(&[1], 1);
    check_attention(&[3, 1, 9], 1);
    check_attention(&[32, 33, 31], 1);
    check_attention(&[70, 8], 2);
    check_attention(&[5, 0, 4], 1);
}
