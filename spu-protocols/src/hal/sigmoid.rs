//! Smooth steps and ramps: logistic, tanh, erf; softplus, silu, gelu.
//!
//! # A Fourier series for what is not periodic
//!
//! A step φ is odd and tends to ±1. Turned around at a distance L it becomes a smooth square wave,
//!
//! ```text
//! g(x) = φ(x) − (φ(x − L) + 1) − (φ(x + L) − 1)      of period 2L, with g(L − x) = g(x),
//! ```
//!
//! whose sine series has odd harmonics alone and converges exponentially, because φ is analytic: by e^(−ω²/4) for erf, e^(−πω) for the
//! logistic function. On |x| ≤ w = L/2 it differs from φ by 1 − φ(L − x) ≤ 1 − φ(w), and w is where that is less than an ulp. So the kernel
//! [`mod@crate::aby3::fourier`] gives φ on [−w, w] in three rounds, whatever the number of harmonics. Two comparisons run beside it; with
//! l = [x < −w] and h = [x ≥ w]
//!
//! ```text
//! result = (1 − l − h)·φ(x) + h − l,
//! ```
//!
//! one product with 0 or 1, without truncation. A ramp is ρ(x) = x/2 + r(x), r even and tending to |x|/2; r becomes a triangle wave, L/4 and odd
//! cosines, in the same way, and the result is (1 − l − h)·ρ(x) + h·x.
//!
//! | function | w | harmonics | rounds, bits (K = 64, f = 18) | known |x| ≤ w |
//! |---|---|---|---|---|
//! | logistic | 12.8 | 21 | 6, 4399 | 3, 3009 |
//! | tanh | 6.8 | 23 | 6, 4652 | 3, 3262 |
//! | erf | 3.3 | 8 | 6, 2732 | 3, 1342 |
//! | softplus | 12.8 | 19 | 7, 4134 | |
//! | silu | 15.6 | 27 | 7, 5158 | |
//! | gelu | 4.9 | 9 | 7, 2857 | |
//!
//! # Errors
//!
//! In ulp: the coin of the series 1, its end and roundings 0.1, the wave 0.8 inside, [`TAIL`] outside: below 2 in all, 2.2 in 2^32. A ramp is truncated
//! by one bit in the end: below 2.5, 2.7 in 2^32. Nothing is out of the domain.
//!
//! **0 ≤ logistic ≤ 1 and |tanh|, |erf| ≤ 1 for every x.** Outside [−w, w) the result is exactly 0 or ±1. Inside, g is largest at w,
//! where it is 1 − 2(1 − φ(w)); [`TAIL`] makes 2(1 − φ(w)) larger than what the series errs by before its truncation. So what is truncated lies
//! between −1 and 1 (0 and 1 for the logistic function), both multiples of the unit, and truncation gives a neighbouring multiple on this side of them.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use spu::graph::Value;
use spu::pphlo::Op;

use super::{Entry, Lowering, Number};
use crate::share::FourierSeries;

impl Lowering<'_> {
    /// One of the functions of this module.
    pub(super) fn sigmoid(&mut self, op: &Op, x: Value) -> Entry {
        let f = self.ring.fraction_bits;
        let wave = Wave::new(op, f);
        let interval = self.intervals[x.index()];
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        // A ramp is worth one bit more, so that x/2 has no error.
        let ramp = wave.is_ramp;
        let scale = f + u32::from(ramp);
        let series = wave.series(self.ring.bits, f, scale);
        let mut inner = self.build.fourier(value, series);
        let constant = self.splat(wave.constant, self.shape(x), scale);
        inner = self.build.add(inner, constant);
        if ramp {
            let half = self.build.rescale(value, scale);
            inner = self.build.add(inner, half);
        }
        // An argument may be beyond its bound by what it errs; within the wave that does no harm.
        let within = wave.half_width - 0.0625;
        let (below, above) = (interval.lo < -within, interval.hi > within);
        let mut inside = self.splat(1.0, self.shape(x), 0);
        let mut outside = None;
        if below {
            let low = self.is_below(value, -wave.half_width);
            inside = self.build.subtract(inside, low);
            if wave.floor != 0.0 {
                outside = Some(self.build.negate(low));
            }
        }
        if above {
            let low = self.is_below(value, wave.half_width);
            let high = self.one_minus(low);
            inside = self.build.subtract(inside, high);
            let high = match ramp {
                true => self.build.multiply(high, value),
                false => high,
            };
            outside = Some(outside.map_or(high, |low| self.build.add(low, high)));
        }
        let mut result = if below || above { self.build.multiply(inside, inner) } else { inner };
        if let Some(outside) = outside {
            let missing = scale - self.build.scale(outside);
            let outside = self.build.shift_left(outside, missing);
            result = self.build.add(result, outside);
        }
        Entry::Number(Number { value: result, precision: f })
    }

    /// [x < bound] as 0 or 1.
    fn is_below(&mut self, x: Value, bound: f64) -> Value {
        let bound = self.splat(bound, self.build.shape(x), self.build.scale(x));
        let difference = self.build.subtract(x, bound);
        self.build.sign_to_arith(difference)
    }
}

/// A function as a wave of period 2L, L = 2·half_width.
struct Wave {
    is_ramp: bool,
    /// The function's limit on the left.
    floor: f64,
    /// w, a multiple of 1/16.
    half_width: f64,
    /// What is added to the harmonics.
    constant: f64,
    /// Of sin or cos of (2i + 1)·πx/L.
    harmonics: Vec<f64>,
}

/// A real function.
type Real = fn(f64) -> f64;

impl Wave {
    /// The wave of `op` for f = `fraction_bits`.
    fn new(op: &Op, fraction_bits: u32) -> Self {
        let ulp = libm::exp2(-f64::from(fraction_bits));
        // The function's odd or even part, and how far it is from its limit at x > 0.
        let (part, tail): (Real, Real) = match op {
            Op::Logistic => (|x| 0.5 * libm::tanh(0.5 * x), |x| logistic(-x)),
            Op::Tanh => (libm::tanh, |x| 2.0 * logistic(-2.0 * x)),
            Op::Erf => (libm::erf, libm::erfc),
            Op::Softplus => (|x| 0.5 * x.abs() + libm::log1p(libm::exp(-x.abs())), |x| libm::log1p(libm::exp(-x))),
            Op::Silu => (|x| 0.5 * x * libm::tanh(0.5 * x), |x| x * logistic(-x)),
            Op::Gelu => (|x| 0.5 * x * libm::erf(x * FRAC_1_SQRT_2), |x| 0.5 * x * libm::erfc(x * FRAC_1_SQRT_2)),
            op => unreachable!("{} is no step or ramp", op.name()),
        };
        let is_ramp = matches!(op, Op::Softplus | Op::Silu | Op::Gelu);
        let half_width = (32..).map(|i| f64::from(i) / 16.0).find(|&w| tail(w) <= TAIL * ulp).expect("a tail vanishes");
        let length = 2.0 * half_width;
        let limit = if *op == Op::Logistic { 0.5 } else { 1.0 };
        let wave = |x: f64| match is_ramp {
            false => part(x) - (part(x - length) + limit) - (part(x + length) - limit),
            true => {
                part(x) - (part(x - length) - 0.5 * (x - length).abs()) - (part(x + length) - 0.5 * (x + length).abs())
            }
        };
        let points: Vec<f64> =
            (0..POINTS).map(|j| wave(length * (2.0 * f64::from(j) / f64::from(POINTS) - 1.0))).collect();
        let coefficient = |k: u32| {
            let term = |(j, value): (u32, &f64)| {
                // k·j mod POINTS keeps the angle exact.
                let angle = TAU * (f64::from(k * j % POINTS) / f64::from(POINTS) - 0.5 * f64::from(k % 2));
                value * if is_ramp { libm::cos(angle) } else { libm::sin(angle) }
            };
            2.0 / f64::from(POINTS) * (0..).zip(&points).map(term).sum::<f64>()
        };
        let odd = (0..POINTS / 8).map(|i| coefficient(2 * i + 1));
        let harmonics = odd.take_while(|c| c.abs() > SMALLEST * ulp).collect();
        let constant = match op {
            Op::Logistic => 0.5,
            _ if is_ramp => 0.25 * length,
            _ => 0.0,
        };
        let floor = if matches!(op, Op::Tanh | Op::Erf) { -1.0 } else { 0.0 };
        Self { is_ramp, floor, half_width, constant, harmonics }
    }

    /// The series in a ring of K = `bits` bits for an operand of scale `scale`.
    fn series(&self, bits: u32, scale: u32, result_scale: u32) -> FourierSeries {
        // A turn is 2L = 4w; 16w is an integer.
        let (whole, sixteenths) = (1i128 << (bits - scale + 2), (16.0 * self.half_width) as i128);
        let turn = (whole + sixteenths / 2) / sixteenths;
        let coefficient = |c: &f64| libm::rint(libm::ldexp(*c, FourierSeries::FRACTION as i32)) as i64;
        let coefficients = self.harmonics.iter().map(coefficient);
        let coefficients = coefficients.map(|c| if self.is_ramp { (0, c) } else { (c, 0) }).collect();
        FourierSeries { turn, step: 2, coefficients, result_scale }
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// How far a function may be from its limit at w, in ulp.
const TAIL: f64 = 0.75;
/// Harmonics below this many ulp are left out.
const SMALLEST: f64 = 1.0 / 64.0;
/// Points of the period that coefficients are computed from: many more than there are harmonics.
const POINTS: u32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    const OPS: [Op; 6] = [Op::Logistic, Op::Tanh, Op::Erf, Op::Softplus, Op::Silu, Op::Gelu];

    fn exact(op: &Op, x: f64) -> f64 {
        match op {
            Op::Logistic => logistic(x),
            Op::Tanh => libm::tanh(x),
            Op::Erf => libm::erf(x),
            Op::Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
            Op::Silu => x * logistic(x),
            _ => 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2),
        }
    }

    /// Largest error inside, and the values' extent, of the series in f64.
    fn measure(op: &Op, wave: &Wave) -> (f64, [f64; 2]) {
        let (mut error, mut extent) = (0f64, [f64::INFINITY, f64::NEG_INFINITY]);
        for i in -1000..=1000 {
            let x = wave.half_width * f64::from(i) / 1000.0;
            let harmonic = |(i, c): (u32, &f64)| {
                let angle = f64::from(2 * i + 1) * TAU * x / (4.0 * wave.half_width);
                c * if wave.is_ramp { libm::cos(angle) } else { libm::sin(angle) }
            };
            let sum = (0..).zip(&wave.harmonics).map(harmonic).sum::<f64>() + wave.constant;
            let value = sum + if wave.is_ramp { 0.5 * x } else { 0.0 };
            error = error.max((value - exact(op, x)).abs());
            extent = [extent[0].min(value), extent[1].max(value)];
        }
        (error, extent)
    }

    #[test]
    fn waves_are_their_functions_inside() {
        for (op, f) in OPS.iter().flat_map(|op| [8, 10, 18, 20, 26, 40].map(|f| (op, f))) {
            let (error, _) = measure(op, &Wave::new(op, f));
            assert!(error * f64::from(f).exp2() < TAIL + 0.1, "{} at {f}: {error}", op.name());
        }
    }

    /// The proof of the head, with the bound of `aby3::fourier` for what a series errs by before its truncation.
    #[test]
    fn no_series_passes_a_limit() {
        for (bits, f) in [(32, 8), (32, 10), (64, 18), (64, 20), (128, 26), (128, 40)] {
            for op in &OPS[..3] {
                let wave = Wave::new(op, f);
                let series = wave.series(bits, f, f);
                let places = bits - 3 - series.magnitude_bits();
                let (dealt, known) = (places / 2, places - places / 2);
                let sizes = || wave.harmonics.iter().map(|c| c.abs()).enumerate();
                let roundings = 2f64.sqrt()
                    * (sizes().map(|(_, c)| c).sum::<f64>() * (-f64::from(dealt + 1)).exp2()
                        + wave.harmonics.len() as f64 * (-f64::from(known + 1)).exp2());
                // Angles are rounded, and the factor of a turn by half a unit.
                let angle = TAU
                    * ((-f64::from(bits.min(f + 16))).exp2()
                        + wave.half_width * f64::from(f).exp2() * (-f64::from(bits + 1)).exp2());
                let angles = sizes().map(|(i, c)| (2 * i + 1) as f64 * c).sum::<f64>() * angle;
                let (_, [low, high]) = measure(op, &wave);
                let margin = (1.0 - high).min(low - wave.floor);
                assert!(roundings + angles < margin, "{} in 2^{bits} at {f}: {roundings} {angles} {margin}", op.name());
            }
        }
    }
}
