//! How [`Adam`](super::Adam), [`AdamW`](super::AdamW), [`AmsGrad`](super::AmsGrad) and [`RmsProp`](super::RmsProp) keep the digits of gradients and their squares in fixed point: scales, the ranges that each
//! ring serves, and errors.
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
//! **Range**, for β2 = 0.999:
//!
//! | ring | fraction bits f | \|g\| at most | √v at most |
//! |---|---|---|---|
//! | 2^32 | any | refused | |
//! | 2^64 | 8 to 17 | refused | |
//! | 2^64 | 18, 19, 20 | 16, 11, 8 | 8 |
//! | 2^128 | 16, 17 | refused | |
//! | 2^128 | 18 to 44 | 250 | 8 |
//!
//! 1/√X serves X < 2^(2f − 2). The state is laid out for X ≤ 2^34, that is √v ≤ 2^8·√(1 − β2), and so for 18 fraction bits; where there are fewer, the program is refused,
//! with an error that names the ring. In 2^32 no other layout would help: 1/√X has eight fraction bits there, too few for gradients that differ by more than a factor of ten. Where v is kept
//! for less long, √v ≤ 16 is a further limit. X ← X + (2^6·G² − (1 − β2)·X) is summed with f + 17 fraction bits, f + 7 and those by which 1 − β2 is small: both terms
//! must lie below 2^(K − 2 − f − 17) = 2^27 for K = 64 and f = 18. For 2^6·G² = 2^18·g² that is |g| ≤ 2^(18 − f/2)·√(1 − β2) in 2^64; in 2^128 it is no limit, and |g| has that of √v,
//! as v ≥ (1 − β2)·g². Beyond these ranges a step means nothing: larger gradients are to be [clipped](super::clip).
//!
//! **Error** with 18 fraction bits. Truncations round by less than one ulp, 2^−18, at random and without a bias: in every step once in G, in M, in X and in a
//! weight. So g errs by 2^−24, m by 2^−23, and v by 2^−46 a step at most. A gradient of 10^−5 in every step, for which 2^6·G² is seven ulp, has its direction within
//! some percent, one of 10^−4 within 2^−8. A gradient that was rounded to the format before, as an input of the program is, errs by 2^−19 already.
//!
//! With that, a direction d errs by at most δ = 2^−8·|d| + 2^−17·(1/√v + (1 − β1)/√(1 − β2)) where √v ≥ 10^−3, and after n steps from the same state a weight is within **n·2^−18 + Σ rate·δ** of that of real numbers. In other
//! formats 2^−18 and 2^−17 are 2^−f and 2^(1 − f); with 19 and 20 bits in 2^64 a public rate leaves d as a multiple of 2^(8 − f) alone.

use super::Trainable;
use super::constants::Constant;

/// What β1, β2 and ε must be.
pub(super) fn constants(beta1: f64, beta2: f64, epsilon: f64) -> [Constant; 3] {
    [Constant::fading("β1", beta1), Constant::fading("β2", beta2), Constant::positive("ε", epsilon)]
}

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
    let most = (LARGEST_SQUARE / less).min(LARGEST_SUM);
    sums.zip(gradient, |x, g| {
        let x = x.assume(-1.0..=most);
        x + (UNITS * (g * g) - less * x)
    })
}

/// 2^3·M/√(X + ε²), ε in the units of X.
pub(super) fn direction<T: Trainable>(first: T, second: T, epsilon: f64, beta: f64) -> T {
    let added = epsilon.powi(2) * UNITS.powi(3) / complement(beta);
    first.zip(second, |m, x| {
        // A format that serves less is refused.
        let x = (x + added.max(ULP)).assume(-1.0..=LARGEST_SUM);
        (ROOT_OF_UNITS * m) * x.rsqrt_approx()
    })
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
    let unit = (SIGNIFICANT_BITS - 1.0 - x.log2().floor()).clamp(0.0, 64.0);
    let scale = unit.exp2();
    (x * scale).round() / scale
}

/// G is so many times g, and X so many times the sum of G².
const UNITS: f64 = 64.0;
const ROOT_OF_UNITS: f64 = 8.0;
/// What |g| is to be below in every ring.
const LARGEST_GRADIENT: f64 = 256.0;
/// What (1 − β)·X, 2^18·v, lies below.
const LARGEST_SQUARE: f64 = 67_108_864.0;
/// What X and what is added to it lie below: what 1/√x serves with 18 fraction bits.
const LARGEST_SUM: f64 = 17_179_869_184.0;
/// 2^−18, the least that is added under the root.
const ULP: f64 = 1.0 / 262_144.0;
const SIGNIFICANT_BITS: f64 = 8.0;
