//! Loops over single values and single tokens: GELU, the exponential, layer normalisation.

use pulp::{Simd, WithSimd};

use super::PANEL;

/// Adding and subtracting `1.5 * 2^23` rounds to the nearest integer, which then sits in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// `value = value / 2 * (1 + erf(value / sqrt(2)))` for each of `values`, a multiple of [`PANEL`].
#[derive(Debug)]
pub(in crate::encoder) struct Gelu<'a> {
    pub(in crate::encoder) values: &'a mut [f32],
}

impl WithSimd for Gelu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (values, rest) = S::as_mut_simd_f32s(self.values);
        assert!(rest.is_empty(), "panels divide into vectors");
        let (root, half) = (
            simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2),
            simd.splat_f32s(0.5),
        );
        for value in values {
            let halved = simd.mul_f32s(*value, half);
            let erf = erf(simd, simd.mul_f32s(*value, root));
            *value = simd.mul_add_e_f32s(halved, erf, halved);
        }
    }
}

/// The error function as a rational function, odd of degree 13 over even of degree 8, of arguments clamped
/// to where it is 1 within rounding. Coefficients of Eigen's `generic_fast_erf_float`.
#[inline(always)]
pub(super) fn erf<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = simd.max_f32s(
        simd.min_f32s(x, simd.splat_f32s(4.0)),
        simd.splat_f32s(-4.0),
    );
    let square = simd.mul_f32s(x, x);
    let above = polynomial(
        simd,
        square,
        [
            -2.726_142_3e-10,
            2.770_681_4e-8,
            -2.101_024e-6,
            -5.692_506_5e-5,
            -7.349_906_3e-4,
            -2.954_6e-3,
            -1.609_603_4e-2,
        ],
    );
    let below = polynomial(
        simd,
        square,
        [
            -1.456_607_2e-5,
            -2.133_740_6e-4,
            -1.682_827e-3,
            -7.373_329e-3,
            -1.426_474e-2,
        ],
    );
    simd.div_f32s(simd.mul_f32s(x, above), below)
}

/// `e^x` for `x <= 0`; below -87 it stays at `e^-87`. Reduction by ln 2 in two parts and the polynomial of
/// the Cephes library (`expf`).
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let rounder = simd.splat_f32s(ROUNDER);
    let x = simd.max_f32s(x, simd.splat_f32s(-87.0));
    let shifted = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), rounder);
    let whole = simd.sub_f32s(shifted, rounder);
    let rest = simd.mul_add_e_f32s(whole, simd.splat_f32s(-0.693_359_4), x);
    let rest = simd.mul_add_e_f32s(whole, simd.splat_f32s(2.121_944_4e-4), rest);
    let series = polynomial(
        simd,
        rest,
        [
            1.987_569_1e-4,
            1.398_2e-3,
            8.333_452e-3,
            4.166_579_6e-2,
            1.666_666_5e-1,
            0.5,
        ],
    );
    let value = simd.mul_add_e_f32s(series, simd.mul_f32s(rest, rest), rest);
    let value = simd.add_f32s(value, simd.splat_f32s(1.0));
    let exponent = simd.add_u32s(
        simd.transmute_u32s_f32s(shifted),
        simd.splat_u32s(127_u32.wrapping_sub(ROUNDER.to_bits())),
    );
    let power = simd.wrapping_dyn_shl_u32s(exponent, simd.splat_u32s(23));
    simd.mul_f32s(value, simd.transmute_f32s_u32s(power))
}

/// Horner's rule, highest coefficient first.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::f32s, coefficients: [f32; N]) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[0]);
    for coefficient in &coefficients[1..] {
        sum = simd.mul_add_e_f32s(sum, x, simd.splat_f32s(*coefficient));
    }
    sum
}

/// Scale and shift of a layer normalisation, `[width]` each.
#[derive(Debug)]
pub(in crate::encoder) struct Norm {
    pub(in crate::encoder) weight: Vec<f32>,
    pub(in crate::encoder) bias: Vec<f32>,
    pub(in crate::encoder) epsilon: f32,
}

/// `x = (x + y - mean) / sqrt(variance + epsilon) * weight + bias` for every token, mean and variance over its
/// values; all in panels.
#[derive(Debug)]
pub(in crate::encoder) struct AddNorm<'a> {
    pub(in crate::encoder) x: &'a mut [f32],
    pub(in crate::encoder) y: &'a [f32],
    pub(in crate::encoder) norm: &'a Norm,
    pub(in crate::encoder) tokens: usize,
}

impl WithSimd for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, y, norm, tokens } = self;
        let width = norm.weight.len();
        let panels = width / PANEL;
        assert!(x.len() == tokens * width && y.len() == x.len() && norm.bias.len() == width);
        let per_panel = PANEL / S::F32_LANES;
        let (x, _) = S::as_mut_simd_f32s(x);
        let (y, _) = S::as_simd_f32s(y);
        let (weight, _) = S::as_simd_f32s(&norm.weight);
        let (bias, _) = S::as_simd_f32s(&norm.bias);
        let scale = 1.0 / width as f32;
        for token in 0..tokens {
            let at = |panel: usize| (panel * tokens + token) * per_panel;
            let mut sums = simd.splat_f32s(0.0);
            for panel in 0..panels {
                let x = &mut x[at(panel)..][..per_panel];
                for (x, y) in x.iter_mut().zip(&y[at(panel)..][..per_panel]) {
                    *x = simd.add_f32s(*x, *y);
                    sums = simd.add_f32s(sums, *x);
                }
            }
            let mean = simd.splat_f32s(simd.reduce_sum_f32s(sums) * scale);
            let mut squares = simd.splat_f32s(0.0);
            for panel in 0..panels {
                for x in &x[at(panel)..][..per_panel] {
                    let centred = simd.sub_f32s(*x, mean);
                    squares = simd.mul_add_e_f32s(centred, centred, squares);
                }
            }
            let variance = simd.reduce_sum_f32s(squares) * scale;
            let inverse = simd.splat_f32s(1.0 / (variance + norm.epsilon).sqrt());
            for panel in 0..panels {
                let x = &mut x[at(panel)..][..per_panel];
                let parameters = panel * per_panel..(panel + 1) * per_panel;
                for ((x, weight), bias) in x
                    .iter_mut()
                    .zip(&weight[parameters.clone()])
                    .zip(&bias[parameters])
                {
                    let normal = simd.mul_f32s(simd.sub_f32s(*x, mean), inverse);
                    *x = simd.mul_add_e_f32s(normal, *weight, *bias);
                }
            }
        }
    }
}
