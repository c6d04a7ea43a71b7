//! Moments of gradients that keep their digits in fixed point, and the direction that they give.
//!
//! **Scales.** For the gradient g the state holds sums in place of means, so that no factor 1 − β is truncated, and of larger numbers:
//!
//! ```text
//! G = 2^6·g,   M ← β1·M + G = 2^6·m/(1 − β1),   X ← X + (2^6·G² − (1 − β2)·X) = 2^18·v/(1 − β2).
//! ```
//!
//! In a format with 18 fraction bits g has 24 of them and v has 46 for β2 = 0.999. The direction is
//! m/√(v + ε²) = (1 − β1)/√(1 − β2)·2^3·M/√(X + 2^18·ε²/(1 − β2)), whose public factor joins the rate. M/√X is one operation, which errs by 2^−10 of its value
//! however large X is. Factors that are powers of two change scales alone. 1 − β2 is rounded to eight significant bits, here and in the public factor:
//! β2 is another by at most 2^−8·(1 − β2).
//!
//! **Range.** |g| ≤ 16: then 2^6·G² and (1 − β2)·X lie below 2^26, with the 35 fraction bits that their sum has, within the safe range of 2^62. A root mean square gradient above
//! 8 (v/(1 − β2) from 2^16 on) makes no step: X is looked at below 2^34. Larger gradients are to be clipped.
//!
//! **Error.** Truncations round by less than one ulp, 2^−18, at random and without a bias: in every step once in G, in M, in X and in a
//! weight. So g errs by 2^−24, m by 2^−23, and v by 2^−46 a step at most. A gradient of 10^−5 in every step, for which 2^6·G² is seven ulp, has its direction within
//! some percent, one of 10^−4 within 2^−8.

use super::Trainable;

/// G.
pub(super) fn in_units<T: Trainable>(gradient: T) -> T {
    gradient.map(|g| UNITS * g)
}

/// M ← β1·M + G.
pub(super) fn first<T: Trainable>(sums: T, gradient: T, beta: f64) -> T {
    // With a bound the sum is truncated once, however many fraction bits a gradient has.
    let most = UNITS * LARGEST_GRADIENT / (1.0 - beta);
    sums.zip(gradient, |m, g| beta * m.assume(-most..=most) + g)
}

/// X ← β2·X + 2^6·G².
pub(super) fn second<T: Trainable>(sums: T, gradient: T, beta: f64) -> T {
    let less = complement(beta);
    // Tells the compiler to truncate what is added before it is: X would not fit with as many fraction bits.
    let most = LARGEST_SQUARE / less;
    sums.zip(gradient, |x, g| {
        let x = x.assume(-1.0..=most);
        x + (UNITS * (g * g) - less * x)
    })
}

/// 2^3·M/√(X + ε²), ε in the units of X.
pub(super) fn direction<T: Trainable>(first: T, second: T, epsilon: f64, beta: f64) -> T {
    let added = epsilon.powi(2) * UNITS.powi(3) / complement(beta);
    first.zip(second, |m, x| (ROOT_OF_UNITS * m) * (x + added.max(ULP)).rsqrt_approx())
}

/// By what 2^3·M/√X is to be multiplied for m/√v: (1 − β1)/√(1 − β2).
pub(super) fn factor(beta1: f64, beta2: f64) -> f64 {
    (1.0 - beta1) * root_factor(beta2)
}

/// 1/√(1 − β).
pub(super) fn root_factor(beta: f64) -> f64 {
    1.0 / complement(beta).sqrt()
}

/// The factor that Kingma and Ba (ICLR 2015) correct the start from zeros with: √(1 − β2^t)/(1 − β1^t) for t from 1.
pub(super) fn correction(beta1: f64, beta2: f64, t: u64) -> f64 {
    let t = t.max(1) as f64;
    (1.0 - (1.0 - complement(beta2)).powf(t)).sqrt() / (1.0 - beta1.powf(t))
}

/// 1 − β, rounded to so few digits that the product with X has room.
fn complement(beta: f64) -> f64 {
    let x = 1.0 - beta;
    let unit = (SIGNIFICANT_BITS - 1 - x.log2().floor() as i32).clamp(0, 64);
    let scale = f64::from(unit).exp2();
    (x * scale).round() / scale
}

/// G is so many times g, and X so many times the sum of G².
const UNITS: f64 = 64.0;
const ROOT_OF_UNITS: f64 = 8.0;
/// What |g| is to be below in every ring.
const LARGEST_GRADIENT: f64 = 256.0;
/// What 2^6·G² lies below.
const LARGEST_SQUARE: f64 = 67_108_864.0;
/// 2^−18, the least that is added under the root.
const ULP: f64 = 1.0 / 262_144.0;
const SIGNIFICANT_BITS: i32 = 8;
