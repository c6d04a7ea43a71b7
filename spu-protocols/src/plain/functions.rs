//! e^−x on a window and trigonometric polynomials through f64: within one unit of what the kernels give, and what they err.

use crate::ring::Ring;
use crate::share::{ExpWindow, FourierSeries};

/// e^−x for an x of `scale` fraction bits.
pub(super) fn exp_negative<R: Ring>(x: R, window: &ExpWindow, scale: u32) -> R {
    let inside = x.plus(R::from_i128(window.offset.into())).shr(scale + window.range_bits) == R::ZERO;
    let value = libm::exp(-libm::ldexp(x.signed() as f64, -(scale as i32)));
    let encoded = libm::rint(libm::ldexp(value, window.result_scale as i32));
    // A window that does not saturate promises that nothing is outside.
    if inside { R::from_i128(encoded as i128) } else { R::ZERO }
}

/// The series' value at x.
pub(super) fn fourier<R: Ring>(x: R, series: &FourierSeries) -> R {
    let angle = x.times(R::from_i128(series.turn)).signed() as f64 * libm::exp2(-f64::from(R::BITS));
    let term = |(i, &(s, c)): (usize, &(i64, i64))| {
        let turns = (1 + i as u32 * series.step) as f64 * angle;
        let phi = std::f64::consts::TAU * (turns - libm::rint(turns));
        s as f64 * libm::sin(phi) + c as f64 * libm::cos(phi)
    };
    let sum: f64 = series.coefficients.iter().enumerate().map(term).sum();
    R::from_i128(libm::rint(libm::ldexp(sum, series.result_scale as i32 - FourierSeries::FRACTION as i32)) as i128)
}
