//! Moments of gradients that keep their digits in fixed point, and the direction that they give.
//!
//! **Scales.** For the gradient g the state holds sums in place of means, so that no factor 1 − β is truncated, and of a larger number:
//!
//! ```text
//! G = 64·g,   M ← β1·M + G = 64·m/(1 − β1),   X ← X + (G² − (1 − β2)·X) = 4096·v/(1 − β2).
//! ```
//!
//! In a format with 18 fraction bits g has 24 of them, v has 40 for β2 = 0.999, and the direction is
//! m/√(v + ε²) = (1 − β1)/√(1 − β2)·M/√(X + 4096·ε²/(1 − β2)), whose public factor joins the rate. Factors that are powers of two change the scale alone.
//!
//! **Range.** |g| ≤ 32: then G² lies below 2^22, with the 40 fraction bits that a product may have within the safe range of 2^62, and X below
//! 2^22/(1 − β2), which is told to the compiler. Larger gradients are to be clipped.
//!
//! **Error.** Truncations round at random without a bias. With an ulp of 2^−18: G errs by one, M by 2/(1 − β1), X by 1 + 2·|G| a step, and 1/√ by
//! 2^−10 of its value and one. 1 − β2 is rounded to 12 significant bits. A step of a weight errs by one.

use spu::tensor::LeavesAre;
use spu::{Fxp, Secret, Tensor, Tree};

/// What moments are made of: trees of secret numbers.
pub(super) trait Weights: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy {}

impl<T: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy> Weights for T {}

/// G.
pub(super) fn in_units<T: Weights>(gradient: T) -> T {
    gradient.map(|g| UNITS * g)
}

/// M ← β1·M + G.
pub(super) fn first<T: Weights>(sums: T, gradient: T, beta: f64) -> T {
    sums.zip(gradient, |m, g| beta * m + g)
}

/// X ← β2·X + G².
pub(super) fn second<T: Weights>(sums: T, gradient: T, beta: f64) -> T {
    let (less, most) = (significant(1.0 - beta), LARGEST_SQUARE / (1.0 - beta));
    sums.zip(gradient, |x, g| {
        let x = x.assume(-1.0..=most);
        x + (g * g - less * x)
    })
}

/// M/√(X + ε²) in the units of X.
pub(super) fn direction<T: Weights>(first: T, second: T, epsilon: f64, beta: f64) -> T {
    let added = (epsilon * UNITS).powi(2) / (1.0 - beta);
    first.zip(second, |m, x| m * (x + added.max(ULP)).rsqrt_approx())
}

/// By what M/√X is to be multiplied for m/√v: (1 − β1)/√(1 − β2).
pub(super) fn factor(beta1: f64, beta2: f64) -> f64 {
    (1.0 - beta1) / (1.0 - beta2).sqrt()
}

/// The factor that Kingma and Ba (ICLR 2015) correct the start from zeros with: √(1 − β2^t)/(1 − β1^t) for t from 1.
pub(super) fn correction(beta1: f64, beta2: f64, t: u64) -> f64 {
    let t = t.max(1) as f64;
    (1.0 - beta2.powf(t)).sqrt() / (1.0 - beta1.powf(t))
}

/// Rounded to so few digits that the product with X has room.
fn significant(x: f64) -> f64 {
    let unit = (SIGNIFICANT_BITS - 1 - x.log2().floor() as i32).clamp(0, 64);
    let scale = f64::from(unit).exp2();
    (x * scale).round() / scale
}

/// G is so many times g.
const UNITS: f64 = 64.0;
/// What G² lies below.
const LARGEST_SQUARE: f64 = 4_194_304.0;
/// 2^−18, the least that is added under the root.
const ULP: f64 = 1.0 / 262_144.0;
const SIGNIFICANT_BITS: i32 = 12;
