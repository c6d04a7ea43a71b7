//! What the kernels of e^x and of Fourier series are told.

use std::sync::Arc;

/// A stretch of the real line on which e^−x is computed: the x with 0 ≤ x + offset < 2^(s + range_bits), x and offset in units of 2^−s,
/// s being the operand's scale.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExpWindow {
    /// What is added to x: the window begins at −offset.
    pub offset: i64,
    /// The window is 2^range_bits wide, in units of 1.
    pub range_bits: u32,
    /// Fraction bits of the result.
    pub result_scale: u32,
    /// Whether an x outside gives 0; otherwise it must not occur.
    pub saturating: bool,
    /// How the bits of the ring are spent.
    pub accuracy: Accuracy,
}

/// How precise e^−x is on its window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Accuracy {
    /// One dealt factor: the error is relative to the largest value on the window.
    Absolute,
    /// Two dealt factors, one for each carry: large and small values alike.
    Relative,
    /// Two dealt factors in a ring of twice the bits; K must be 32 or 64.
    Wide,
}

/// Σ_i s_i·sin(k_i·φ) + c_i·cos(k_i·φ) with k_i = 1 + i·step.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FourierSeries {
    /// φ = 2π·turn·x/2^K for the ring element x.
    pub turn: i128,
    /// From one harmonic to the next.
    pub step: u32,
    /// (s_i, c_i) with [`FourierSeries::FRACTION`] fraction bits.
    pub coefficients: Arc<[(i64, i64)]>,
    /// Fraction bits of the result.
    pub result_scale: u32,
}

impl FourierSeries {
    /// Fraction bits of coefficients.
    pub const FRACTION: u32 = 52;

    /// The least g with Σ |s_i| + |c_i| ≤ 2^g, not below 0.
    pub fn magnitude_bits(&self) -> u32 {
        let size: u128 =
            self.coefficients.iter().map(|(s, c)| u128::from(s.unsigned_abs()) + u128::from(c.unsigned_abs())).sum();
        (0..).find(|g| size >> g <= 1 << Self::FRACTION).expect("a sum of 64-bit numbers has few bits")
    }
}
