//! Quotients of secret numbers.
//!
//! a/b comes from the normalization of b ([`super::normalize`]): a·U·2^(f − m) times 1/u, in ulp, for any a and b whose quotient is in the
//! safe range, and 0 for b = 0.
//!
//! - **b in a known narrow range**: a times a spline of 1/b that keeps enough bits ([`super::spline`]).
//! - **Small operands**, whose ranges are known: a·U fits the ring. W = a·U·2^(f − m) keeps four bits below the ulp.
//! - **Any operands**, K ≤ 64: one kernel in larger rings ([`crate::aby3::quotient`]), which takes a, U and the polynomial before its truncation.
//!   W keeps three bits below the ulp, 1/u has f + 2 fraction bits.
//! - **Any operands**, K = 128: in parts of h = K/2 bits, a = a1·2^h + a0 and U = U1·2^h + U0, of which one is 0. With e = m − f, W = H·2^(2h − e) +
//!   V·2^−4, exactly H = a1·U1, and
//!
//! ```text
//! V = (a0·U1 + a1·U0)·2^(h + 4 − e) + (a0/16)·U0·2^(8 − e).
//! ```
//!
//! W·(1/u) is again too large for one product. 1/u has v fraction bits; V = V1·2^(v + 4) + V0, so that a/b = (H·2^(2h − e − v) + V1)·(1/u)·2^v
//! exactly, plus V0·(1/u)·2^−4 truncated. m is at least f + h + 8, however small b is known to be: of a0/16, rounded, an error counts 16·U0·2^−e < 2^−4 ulp.
//!
//! Error: relative that of 1/u, and 2 ulp at most: 1 of the last truncation, and 1/8, or 1/16 for each of up to three before, times 1/u ≤ 2.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::Interval;

use super::normalize::{Factor, Needs, Normalized, bits_of, quotient_fits};
use super::{Entry, Lowering, Number};
use crate::aby3::Quotient;

impl Lowering<'_> {
    /// x/y of fixed-point numbers; `result` is the quotient's PPHLO value.
    pub(super) fn divide(&mut self, x: Value, y: Value, result: Value) -> Result<Entry, Error> {
        if let Some(quotient) = self.divide_by_public(x, y, result)? {
            return Ok(Entry::Number(quotient));
        }
        let range = self.intervals[x.index()];
        if self.is_narrow(y)
            && let Some(quotient) = self.divide_by_narrow(x, y)
        {
            return Ok(Entry::Number(quotient));
        }
        let dividend = self.as_number(x);
        let (divisor, divisor_range, needs) = self.for_normalization(y);
        let of_result = self.intervals[result.index()];
        Ok(Entry::Number(self.quotient_of(dividend, range, divisor, divisor_range, needs, of_result)))
    }

    /// a/b of share values, b `Arith` with the format's fraction bits.
    pub(super) fn quotient_of(
        &mut self,
        a: Number,
        range: Interval,
        b: Value,
        divisor_range: Interval,
        needs: Needs,
        of_result: Interval,
    ) -> Number {
        let f = self.ring.fraction_bits;
        let a = self.arith_at(a, f);
        let fits = quotient_fits(self.ring, range, divisor_range, of_result);
        let parts = needs.parts || !fits;
        let normalized = self.normalize(b, divisor_range, Needs { quotient: true, parts, ..needs });
        let inverse = self.function(normalized.u, |u| 1.0 / u);
        if fits {
            let e = normalized.magnitude as i32 - f as i32;
            let value = self.build.multiply(a, normalized.power);
            let value = self.build.rescale(value, 0);
            let (value, fraction) = match e - GUARD as i32 {
                excess @ 1.. => (self.shifted(value, excess), GUARD as i32),
                _ => (self.build.reshare(value), e),
            };
            let largest = bits_of(self.ring, of_result).min(bits_of(self.ring, range) + f) as i32 + fraction;
            return self.scaled(inverse, Factor { value, fraction, largest });
        }
        if normalized.parts.is_some() {
            return self.quotient_in_parts(a, &normalized, inverse);
        }
        let excess = normalized.magnitude - f;
        let scale = self.build.scale(inverse);
        let places = (f + 2).min(self.working_bits());
        let quotient = Quotient { excess, scale, places, guard: GUARD_OF_KERNEL };
        let value = self.build.quotient(a, normalized.power, inverse, quotient);
        Number { value: self.build.rescale(value, f), precision: f }
    }

    fn quotient_in_parts(&mut self, a: Value, normalized: &Normalized, inverse: Value) -> Number {
        let f = self.ring.fraction_bits;
        let h = Normalized::split(self.ring.bits);
        let e = normalized.magnitude as i32 - f as i32;
        let [u1, u0] = normalized.parts.expect("a quotient splits U");
        let a = self.build.rescale(a, 0);
        let [a1, a0] = self.halves(a, h);
        let sixteenth = self.shifted(a, GUARD as i32);
        let a1_above = self.times_power_of_two(a1, h - GUARD);
        let sixteenth = self.build.subtract(sixteenth, a1_above);

        let product = |this: &mut Self, x: Value, y: Value| this.build.multiply(x, y);
        let [cross, other] = [(a0, u1), (a1, u0)].map(|(x, y)| product(self, x, y));
        let cross = self.build.add(cross, other);
        let cross = self.shifted(cross, e - h as i32 - GUARD as i32);
        let low = product(self, sixteenth, u0);
        let low = self.shifted(low, e - 2 * GUARD as i32);
        let v = self.build.add(cross, low);
        let high = product(self, a1, u1);
        let high = self.build.reshare(high);

        // So many bits of 1/u that H·2^(2h − e − v) is an integer.
        let places = (2 * h as i32 - e).clamp(1, self.working_bits() as i32) as u32;
        let inverse = self.build.truncate(inverse, self.build.scale(inverse) - places);
        let inverse = self.build.rescale(inverse, 0);
        let [v1, v0] = self.halves(v, places + GUARD);
        let high = self.times_power_of_two(high, (2 * h as i32 - e) as u32 - places);
        let whole = self.build.add(high, v1);
        let whole = product(self, whole, inverse);
        let whole = self.build.reshare(whole);
        let rest = product(self, v0, inverse);
        let rest = self.shifted(rest, (places + GUARD) as i32);
        let sum = self.build.add(whole, rest);
        Number { value: self.build.rescale(sum, f), precision: f }
    }

    /// x1 and x0 with x = x1·2^bits + x0, |x0| < 2^bits.
    pub(super) fn halves(&mut self, x: Value, bits: u32) -> [Value; 2] {
        let high = self.shifted(x, bits as i32);
        let above = self.times_power_of_two(high, bits);
        [high, self.build.subtract(x, above)]
    }

    /// x·2^−by of an integer, rounded down or up; `Arith`.
    pub(super) fn shifted(&mut self, x: Value, by: i32) -> Value {
        match by {
            1.. => {
                let x = self.build.rescale(x, by as u32);
                self.build.truncate(x, by as u32)
            }
            _ => {
                let x = self.reshared(x);
                self.times_power_of_two(x, -by as u32)
            }
        }
    }

    /// a/b for b in a known narrow range; nothing if its inverse and a do not fit two words.
    fn divide_by_narrow(&mut self, a: Value, b: Value) -> Option<Number> {
        let f = self.ring.fraction_bits;
        let divisor = self.intervals[b.index()];
        // 1/b keeps r fraction bits, f + 4 of them significant, and lies below 2^above.
        let (lo, hi) = (libm::floor(libm::log2(divisor.lo)) as i32, libm::ceil(libm::log2(divisor.hi)) as i32);
        let r = (f as i32 + 4 + hi).max(1);
        let significant = r - lo + 1;
        let top = self.ring.bits as i32 - 3;
        let bits = bits_of(self.ring, self.intervals[a.index()]) as i32;
        let fits = bits + significant <= top;
        if r + significant > top {
            return None;
        }
        let inverse = self.narrow_inverse(b, r as u32);
        let dividend = self.as_number(a);
        if fits {
            let dividend = self.at_scale(dividend, f);
            let value = self.build.multiply(dividend, inverse);
            return Some(Number { value, precision: f });
        }
        let dividend = self.arith_at(dividend, f);
        let dividend = self.build.rescale(dividend, 0);
        let inverse = self.build.rescale(inverse, 0);
        let [high, low] = self.halves(dividend, r as u32);
        let high = self.build.multiply(high, inverse);
        let high = self.build.reshare(high);
        let low = self.build.multiply(low, inverse);
        let low = self.shifted(low, r);
        let sum = self.build.add(high, low);
        Some(Number { value: self.build.rescale(sum, f), precision: f })
    }
}

/// Fraction bits below the ulp.
pub(super) const GUARD: u32 = 4;
/// The same in larger rings.
pub(super) const GUARD_OF_KERNEL: u32 = 3;
