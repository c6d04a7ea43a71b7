//! Sine and cosine: one harmonic of [`mod@crate::aby3::fourier`], three rounds and 449 bits (f = 18 in 2^64). Angles of points.

use std::f64::consts::{FRAC_PI_2, PI};

use spu::graph::Value;
use spu::pphlo::{Interval, Op};

use super::normalize::Needs;
use super::polynomial::Polynomial;
use super::{Entry, Lowering, Number};
use crate::share::FourierSeries;

impl Lowering<'_> {
    /// sin x or cos x.
    pub(super) fn sine(&mut self, op: &Op, x: Value) -> Entry {
        let f = self.ring.fraction_bits;
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        let one = 1 << FourierSeries::FRACTION;
        let coefficients = [if *op == Op::Sine { (one, 0) } else { (0, one) }].into();
        // 2^K / (2π · 2^f), rounded.
        let turn = (PER_RADIAN >> (127 - self.ring.bits + f)).div_ceil(2) as i128;
        let result = self.build.fourier(value, FourierSeries { turn, step: 1, coefficients, result_scale: f });
        self.number(result, f)
    }

    /// The angle of (x, y): atan(n/m) for the smaller n and the larger m of |x| and |y|, turned into its octant.
    ///
    /// With the bits s = [|y| > |x|], l = [x < 0] and d = [y < 0], each ±1 where it says so,
    ///
    /// ```text
    /// angle = (1 − 2d)·(s·π/2 + l·π − s·l·π + (1 − 2s)(1 − 2l)·atan(n/m)).
    /// ```
    ///
    /// t = n/m is n·U·2^−k times a polynomial of 1/u, m being normalized to u = m·U·2^−k; both are 0 at the origin. Rounds: 6 for absolute
    /// values, 5 for their order, 11 for u, 6 for 1/u, 2 for n/m, 6 for atan t/t, 2 for the product with t, already turned.
    pub(super) fn arc_tangent(&mut self, y: Value, x: Value) -> Entry {
        let f = self.ring.fraction_bits;
        let largest = |range: Interval| range.lo.abs().max(range.hi.abs());
        let hi = [x, y].map(|v| largest(self.intervals[v.index()])).into_iter().fold(0.0, f64::max);
        let [(l, x), (d, y)] = [x, y].map(|v| {
            let number = self.as_number(v);
            let value = self.arith_at(number, f);
            self.absolute(value)
        });
        let difference = self.build.subtract(x, y);
        let (excess, ordered) = self.build.relu(difference);
        let (m, n) = (self.build.add(y, excess), self.build.subtract(x, excess));
        let s = self.one_minus(ordered);

        let needs = Needs { quotient: true, ..Needs::default() };
        let normalized = self.normalize(m, Interval { lo: 0.0, hi }, needs);
        let (p, degree) = (self.working_bits(), Polynomial::degree(f));
        let inverse = self.polynomial(&Polynomial::new(degree, |u| 1.0 / u), normalized.u);
        let inverse = self.build.truncate(inverse, self.build.scale(inverse) - p);
        let part = self.fraction(n, normalized.power, normalized.magnitude);
        let quotient = self.build.multiply(part, inverse);
        // (1 + n/m)/2 lies in [1/2, 1], where polynomials are made: the same ring element with one more fraction bit.
        let quotient = self.build.truncate(quotient, p + 1);
        let one = self.splat(1.0, self.build.shape(quotient), p - 1);
        let shifted = self.build.add(quotient, one);
        let shifted = self.build.rescale(shifted, p);
        let slope = self.polynomial(&Polynomial::new(degree, |u| slope(2.0 * u - 1.0)), shifted);
        let slope = self.build.truncate(slope, self.build.scale(slope) - p);

        let both = self.product_of_bits(s, l);
        let sign = |this: &mut Self, bit: Value| {
            let twice = this.build.add(bit, bit);
            this.one_minus(twice)
        };
        // (1 − 2s)(1 − 2l) = 1 − 2·(s + l − 2sl).
        let twice_both = self.build.add(both, both);
        let either = self.build.add(s, l);
        let differ = self.build.subtract(either, twice_both);
        let (turn, side) = (sign(self, differ), sign(self, d));
        let turn = self.product_of_bits(turn, side);
        let mut offset = None;
        for (bit, angle) in [(s, FRAC_PI_2), (l, PI), (both, -PI)] {
            let angle = self.splat(angle, self.build.shape(bit), f);
            let term = self.build.multiply(angle, bit);
            offset = Some(offset.map_or(term, |sum| self.build.add(sum, term)));
        }
        let offset = self.build.multiply(side, offset.expect("there are terms"));
        // At the origin and on the axes n/m is 0, and so is its arc tangent, exactly.
        let turned = self.product_of_bits(turn, quotient);
        let angle = self.build.multiply(turned, slope);
        let offset = self.build.shift_left(offset, 2 * p - 1 - f);
        let value = self.build.add(offset, angle);
        Entry::Number(Number { value, precision: f })
    }

    /// [v < 0] as 0 or 1, and |v|.
    fn absolute(&mut self, v: Value) -> (Value, Value) {
        let negative = self.build.sign_to_arith(v);
        let half = self.build.multiply(negative, v);
        let half = self.build.reshare(half);
        let twice = self.build.add(half, half);
        (negative, self.build.subtract(v, twice))
    }

    /// The product with 0 or ±1.
    fn product_of_bits(&mut self, x: Value, y: Value) -> Value {
        let product = self.build.multiply(x, y);
        self.build.reshare(product)
    }
}

/// atan t / t.
fn slope(t: f64) -> f64 {
    if t.abs() < 1e-9 { 1.0 } else { libm::atan(t) / t }
}

/// 2^128 / 2π, rounded down.
const PER_RADIAN: u128 = 0x28be_60db_9391_054a_7f09_d5f4_7d4d_3770;
