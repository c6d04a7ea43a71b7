//! Functions of secret values: e^x, quotients, and the splines behind 1/x and ln x.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::{Interval, Op, Type};

use super::spline::Spline;
use super::{Entry, Lowering, Number};

impl Lowering<'_> {
    /// e^x for x ≤ hi: e^hi · e^−(hi − x). The upper bound must be known; below, the whole range is served and the result
    /// tends to 0. With hi ≤ 0 the error is that of [`crate::aby3::exp`]; a positive hi multiplies it by e^hi.
    pub(super) fn exponential(&mut self, x: Value) -> Result<Entry, Error> {
        let f = self.ring.fraction_bits;
        let hi = self.intervals[x.index()].hi;
        if hi > LARGEST_EXPONENT {
            return Err(self.unknown_range(format!(
                "cannot lower exp: its argument must be known to be at most {LARGEST_EXPONENT}, but its upper bound is {hi}; \
                 state one with `.assume(..=0.0)`, for example after subtracting the maximum"
            )));
        }
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        if hi <= 0.0 {
            let negated = self.build.negate(value);
            let result = self.build.exp_negative(negated);
            return Ok(self.number(result, f));
        }
        let bound = self.splat(hi.ceil(), self.shape(x), f);
        let distance = self.build.subtract(bound, value);
        let small = self.build.exp_negative(distance);
        let factor = self.splat(libm::exp(hi.ceil()), self.shape(x), f);
        let value = self.build.multiply(factor, small);
        Ok(self.number(value, f))
    }

    pub(super) fn divide(&mut self, x: Value, y: Value, ty: &Type) -> Result<Entry, Error> {
        let inverse = if self.graph.ty(y).is_secret() {
            self.spline(&Op::Reciprocal, y)?
        } else {
            let entries = self.public(&Op::Reciprocal, &[y], y);
            entries[0]
        };
        let (Entry::Number(x), Entry::Number(inverse)) = (Entry::Number(self.as_number(x)), inverse) else {
            unreachable!("a reciprocal is a number")
        };
        let product = self.product(x, inverse);
        Ok(Entry::Number(Number { precision: product.precision.max(self.ring.scale(ty.dtype)), ..product }))
    }

    /// 1/x or ln x on a known positive range: piecewise polynomials of degree 4, seven rounds.
    ///
    /// Round by round: [x ≥ θ_j] for the inner breakpoints (five rounds) beside x², x³, x⁴ (four); each coefficient is then a
    /// public combination of those bits, and Σ c_k·x^k is truncated once (two).
    pub(super) fn spline(&mut self, op: &Op, x: Value) -> Result<Entry, Error> {
        let interval = self.intervals[x.index()];
        let (lo, hi) = (interval.lo, interval.hi);
        let name = if *op == Op::Log { "log" } else { "reciprocal" };
        if !(lo > 0.0 && hi >= lo && hi / lo <= LARGEST_RATIO) {
            return Err(self.unknown_range(format!(
                "cannot lower {name}: its argument must be known to lie in [lo, hi] with 0 < lo and hi ≤ {LARGEST_RATIO}·lo, but it is \
                 known to lie in [{lo}, {hi}]; state its range with `.assume(lo..=hi)`"
            )));
        }
        // y = x · 2^up has its geometric centre in [2, 4), so it lies in [1/2, 16): the same ring element under another scale.
        let up = 1 - libm::floor(0.5 * libm::log2(lo * hi)) as i32;
        let f = self.ring.fraction_bits as i32;
        if !(1..=2 * f).contains(&(f - up)) {
            return Err(
                self.unknown_range(format!("cannot lower {name}: [{lo}, {hi}] is outside the fixed-point range"))
            );
        }
        let unit = libm::exp2(f64::from(up));
        let spline = match op {
            Op::Log => Spline::new(lo * unit, hi * unit, libm::log),
            _ => Spline::new(lo * unit, hi * unit, |y| 1.0 / y),
        };
        let number = self.as_number(x);
        let value = self.arith_at(number, f as u32);
        let y = self.build.rescale(value, (f - up) as u32);
        let result = self.evaluate(&spline, y);
        let f = f as u32;
        let value = match op {
            Op::Log => {
                let value = self.build.truncate(result, self.build.scale(result) - f);
                let shift = self.splat(-f64::from(up) * std::f64::consts::LN_2, self.shape(x), f);
                self.build.add(value, shift)
            }
            _ => {
                let scale = (self.build.scale(result) as i32 - up) as u32;
                let scaled = self.build.rescale(result, scale);
                let places = (f + self.spare_places(interval)).min(scale - 1);
                let value = self.build.truncate(scaled, scale - places);
                return Ok(self.number(value, places));
            }
        };
        Ok(self.number(value, f))
    }

    /// How many more fraction bits than the format's 1/x keeps: where x ≥ 1 may be large, so that x·(1/x), and with it a row of a
    /// softmax, is as near to 1 as at x = 1.
    fn spare_places(&self, x: Interval) -> u32 {
        let magnitude = libm::ceil(libm::log2(x.hi)) as u32;
        if x.lo >= 1.0 { (magnitude + 1).min(self.ring.extra()) } else { 0 }
    }

    /// Σ c_k·y^k as a `Sum`.
    fn evaluate(&mut self, spline: &Spline, y: Value) -> Value {
        let shape = self.build.shape(y);
        let n = shape.elements();
        let y = self.build.reshape(y, [n]);
        let scale = self.build.scale(y);
        let count = spline.breakpoints.len();
        let above = (count > 0).then(|| {
            let points: Vec<i128> = spline
                .breakpoints
                .iter()
                .flat_map(|&t| std::iter::repeat_n(super::encode::rounded(t, scale), n))
                .collect();
            let points = self.build.constant([count, n].into(), scale, points);
            let repeated = self.build.broadcast(y, [count, n], vec![1]);
            let difference = self.build.subtract(repeated, points);
            let below = self.build.sign_to_arith(difference);
            self.one_minus(below)
        });
        let inner = spline.power_bits(self.ring.bits);
        let powers = self.powers(y, inner);
        let coefficient = |this: &mut Self, k: usize| {
            let scale = this.ring.bits - RESULT_BITS - inner;
            let encoded: Vec<i128> = spline.coefficients.iter().map(|c| super::encode::rounded(c[k], scale)).collect();
            let first = this.build.constant([n].into(), scale, [encoded[0]]);
            let Some(above) = above else { return first };
            let steps = encoded.windows(2).flat_map(|w| std::iter::repeat_n(w[1] - w[0], n)).collect::<Vec<_>>();
            let steps = this.build.constant([count, n].into(), scale, steps);
            let chosen = this.build.multiply(above, steps);
            let chosen = this.build.reduce_sum(chosen, vec![0]);
            this.build.add(chosen, first)
        };
        let constant = coefficient(self, 0);
        let mut sum = self.build.shift_left(constant, inner);
        for (k, power) in powers.into_iter().enumerate() {
            let c = coefficient(self, k + 1);
            let term = self.build.multiply(c, power);
            sum = self.build.add(sum, term);
        }
        let sum = self.build.to_sum(sum);
        self.build.reshape(sum, shape)
    }

    /// y, y², y³, y⁴ with `bits` fraction bits.
    fn powers(&mut self, y: Value, bits: u32) -> [Value; 4] {
        let at = |this: &mut Self, v: Value| match (this.build.scale(v), bits) {
            (s, b) if s > b => this.build.truncate(v, s - b),
            (s, b) => this.build.shift_left(v, b - s),
        };
        let product = |this: &mut Self, a: Value, b: Value| {
            let product = this.build.multiply(a, b);
            let settled = if this.build.scale(product) > bits { product } else { this.build.reshare(product) };
            at(this, settled)
        };
        let first = at(self, y);
        let second = product(self, y, y);
        let third = product(self, second, y);
        let fourth = product(self, second, second);
        [first, second, third, fourth]
    }

    fn unknown_range(&self, message: String) -> Error {
        Error::program(message, self.location())
    }
}

/// The largest upper bound of x for which e^x is served: the error, e^bound times that of the kernel, is then below 0.015 at
/// 18 fraction bits.
const LARGEST_EXPONENT: f64 = 8.0;

/// The largest hi/lo that a spline serves.
const LARGEST_RATIO: f64 = 16.0;

/// Bits of the ring above the fraction bits of a spline's sum: its value is below 4 in absolute value, and the safe range is a
/// quarter of the ring.
const RESULT_BITS: u32 = 4;
