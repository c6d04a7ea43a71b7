//! 1/x, ln x and the roots of x, from its normalization.

use spu::graph::Value;
use spu::pphlo::{Interval, Op};

use super::function::is_narrow;
use super::normalize::{Needs, Normalized};
use super::polynomial::Polynomial;
use super::{Entry, Lowering, Number};

impl Lowering<'_> {
    /// 1/x for any x, 0 for 0: 19 rounds at most.
    pub(super) fn reciprocal(&mut self, x: Value) -> Entry {
        if self.is_narrow(x) {
            return Entry::Number(self.spline(&Op::Reciprocal, x));
        }
        let (value, range, needs) = self.for_normalization(x);
        Entry::Number(self.reciprocal_of(value, range, needs))
    }

    /// ln x, 0 for x ≤ 0.
    pub(super) fn logarithm(&mut self, x: Value) -> Entry {
        if self.is_narrow(x) {
            return Entry::Number(self.spline(&Op::Log, x));
        }
        let (value, range, needs) = self.for_normalization(x);
        Entry::Number(self.logarithm_of(value, range, needs))
    }

    /// ln(1 + x), 0 for x ≤ −1.
    pub(super) fn logarithm_plus_one(&mut self, x: Value) -> Entry {
        let f = self.ring.fraction_bits;
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        let one = self.splat(1.0, self.shape(x), f);
        let value = self.build.add(value, one);
        let Interval { lo, hi } = self.intervals[x.index()];
        let range = Interval { lo: lo + 1.0, hi: hi + 1.0 };
        Entry::Number(match is_narrow(range, self.ring) {
            true => self.spline_of(&Op::Log, value, range),
            false => self.logarithm_of(value, range, Needs::default()),
        })
    }

    /// √x (1) or 1/√x (−1), 0 for x ≤ 0.
    pub(super) fn root(&mut self, x: Value, exponent: i32) -> Entry {
        if self.is_narrow(x) {
            let op = if exponent == 1 { Op::Sqrt } else { Op::Rsqrt };
            return Entry::Number(self.spline(&op, x));
        }
        let (value, range, needs) = self.for_normalization(x);
        Entry::Number(self.root_of(value, range, needs, exponent))
    }

    /// 1/x of a share value; `needs` has the reciprocal and whatever shares the normalization.
    pub(super) fn reciprocal_of(&mut self, x: Value, range: Interval, needs: Needs) -> Number {
        let normalized = self.normalize(x, range, Needs { reciprocal: true, ..needs });
        let inverse = self.function(normalized.u, |u| 1.0 / u);
        let factor = self.reciprocal_factor(&normalized);
        self.scaled_to(inverse, factor, self.spare_places(range))
    }

    /// ln x of a share value.
    pub(super) fn logarithm_of(&mut self, x: Value, range: Interval, needs: Needs) -> Number {
        let normalized = self.normalize(x, range, Needs { log: true, ..needs });
        let sum = self.logarithm_of_normalized(&normalized);
        let value = match normalized.positive {
            Some(positive) => self.build.multiply(positive, sum),
            None => sum,
        };
        Number { value, precision: self.ring.fraction_bits }
    }

    /// ln |x| of a number normalized for it, where x has a position.
    pub(super) fn logarithm_of_normalized(&mut self, normalized: &Normalized) -> Value {
        let of_fraction = self.function(normalized.u, libm::log);
        let of_fraction = self.build.truncate(of_fraction, self.build.scale(of_fraction) - self.ring.fraction_bits);
        let of_power = normalized.log.expect("the logarithm's sums were asked for");
        self.build.add(of_fraction, of_power)
    }

    /// √x or 1/√x of a share value.
    pub(super) fn root_of(&mut self, x: Value, range: Interval, needs: Needs, exponent: i32) -> Number {
        let (of_fraction, normalized, factor);
        if exponent == 1 {
            normalized = self.normalize(x, range, Needs { sqrt: true, ..needs });
            of_fraction = self.function(normalized.u, libm::sqrt);
            factor = normalized.sqrt;
        } else {
            normalized = self.normalize(x, range, Needs { rsqrt: true, ..needs });
            of_fraction = self.function(normalized.u, |u| 1.0 / libm::sqrt(u));
            factor = normalized.rsqrt;
        }
        self.scaled(of_fraction, factor.expect("the root's sums were asked for"))
    }

    /// A smooth function of u in [1/2, 1] as a `Sum`.
    pub(super) fn function(&mut self, u: Value, f: impl Fn(f64) -> f64) -> Value {
        let degree = Polynomial::degree(self.ring.fraction_bits.saturating_sub(2));
        self.polynomial(&Polynomial::new(degree, f), u)
    }

    /// Whether a spline serves the range of a value.
    pub(super) fn is_narrow(&self, x: Value) -> bool {
        is_narrow(self.intervals[x.index()], self.ring)
    }

    /// The operand with the format's fraction bits, its range, and what it is normalized for.
    pub(super) fn for_normalization(&mut self, x: Value) -> (Value, Interval, Needs) {
        let number = self.as_number(x);
        let value = self.arith_at(number, self.ring.fraction_bits);
        (value, self.intervals[x.index()], self.needs[x.index()])
    }
}
