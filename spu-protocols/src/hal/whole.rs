//! Quotients of integers, rounded toward zero, and remainders, which have the sign of the dividend: exact.
//!
//! The remainder of fixed-point numbers is that of their ring elements. With a secret divisor, dividend and divisor lie below 2^D: D = 18, 40, 80
//! in rings of 32, 64, 128 bits ([`exact_bits`]); with a public divisor the dividend is any number of the safe range. Outside, results are meaningless.
//!
//! **Secret divisor b.** Its normalization ([`super::normalize`]) gives U, its sign σ_b (0 for b = 0), and a polynomial w of u with w ≈ 1/u. An approximate
//! quotient of r is r·U·2^−m·w, where U = U1·2^S + U0 keeps the products in the ring. Starting from r = a, each of a few steps takes r·U·2^−m·w off: q grows by
//! it, and r = a − q·b falls by as many bits as w is good for, 15 of 40 in the ring of 64, until |r| < 2·|b|.
//!
//! **Public divisor**: q from [`super::quotient`], off by less than 1.01.
//!
//! **The last step is exact.** With r' = σ_a·r, the truncated quotient's remainder lies in [0, |b|); r' is corrected by c·|b|, where
//!
//! ```text
//! c = [r' < 0] + [r' < −|b|] − [r' ≥ |b|],    remainder σ_a·(r' + c·|b|),    quotient q − c·σ_a·σ_b.
//! ```
//!
//! b = 0 has U = 0 and σ_b = 0, so that q = 0 and the remainder is a, as documented.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::{DType, Interval, Op};

use super::normalize::bits_of;
use super::polynomial::Polynomial;
use super::quotient::{Divisor, mantissa};
use super::{Entry, Lowering};
use crate::aby3::{Layout, Weights};
use crate::share::Kind;

/// A divisor's sign and absolute value, and the quotient so far.
struct Approximate {
    quotient: Value,
    sign: Value,
    absolute: Value,
}

/// Bits of dividend and divisor that a quotient or remainder with a secret divisor is exact for, in a ring of `ring_bits`.
pub fn exact_bits(ring_bits: u32) -> u32 {
    match ring_bits {
        32 => 18,
        64 => 40,
        _ => 80,
    }
}

impl Lowering<'_> {
    /// a/b of integers toward zero (`Divide`), or a − b·(a/b) of numbers (`Remainder`).
    pub(super) fn whole_division(&mut self, op: &Op, a: Value, b: Value) -> Result<Entry, Error> {
        let dtype = self.dtype(a);
        let scale = self.ring.scale(dtype);
        let ranges = [a, b].map(|v| self.intervals[v.index()]);
        let public = self.public_divisor(op, b)?;
        let number = self.as_number(a);
        let a = self.arith_at(number, scale);
        let a = self.build.rescale(a, 0);
        let number = self.as_number(b);
        let b = self.at_scale(number, scale);
        let b = self.build.rescale(b, 0);
        let bits = ranges.map(|range| self.integer_bits(range, dtype));
        let approximate = match public {
            Some((divisor, [sign, absolute])) => {
                let quotient = self.integer_quotient(op.name(), a, bits[0], &divisor, 0);
                Approximate { quotient, sign, absolute }
            }
            None => {
                let b = self.build.public_to_arith(b);
                let signed = ranges[1].lo < if dtype == DType::Int { 0.0 } else { 1.0 };
                self.approximate(a, b, bits, signed)
            }
        };
        let [quotient, remainder] = self.corrected(a, b, approximate, ranges[0].lo >= 0.0 && dtype == DType::Int);
        Ok(match op {
            Op::Divide => self.number(quotient, 0),
            _ => {
                let remainder = self.build.rescale(remainder, scale);
                self.number(remainder, scale)
            }
        })
    }

    /// A divisor that is public, its sign and its absolute value.
    fn public_divisor(&mut self, op: &Op, b: Value) -> Result<Option<(Divisor, [Value; 2])>, Error> {
        let scale = self.ring.scale(self.dtype(b));
        let shape = self.shape(b);
        match self.entry(b) {
            Entry::Splat(c) => {
                // The divisor is what the format holds of the constant.
                let encoded = super::encode::rounded(c, scale);
                let Some((mantissa, exponent)) = mantissa(encoded as f64) else {
                    return Err(self.no_divisor(op.name(), c));
                };
                let parts = [encoded.signum(), encoded.abs()].map(|x| self.build.constant(shape.clone(), 0, [x]));
                Ok(Some((Divisor::Constant { mantissa, exponent, negative: encoded < 0 }, parts)))
            }
            Entry::Number(number) if self.build.kind(number.value) == Kind::Public => {
                let y = self.at_scale(number, scale);
                let y = self.build.rescale(y, 0);
                let sign = self.build.public_sign(y);
                let absolute = self.build.multiply(sign, y);
                Ok(Some((Divisor::Tensor(y), [sign, absolute])))
            }
            _ => Ok(None),
        }
    }

    fn integer_bits(&self, range: Interval, dtype: DType) -> u32 {
        let bits = bits_of(self.ring, range);
        if dtype == DType::Fxp {
            return bits;
        }
        let most = range.lo.abs().max(range.hi.abs());
        let known = libm::floor(libm::log2(most.max(1.0))) + 1.0;
        if known < f64::from(self.ring.bits - 2) { known as u32 } else { self.ring.bits - 2 }
    }

    /// a/b up to less than 2, of integers of these bits.
    fn approximate(&mut self, a: Value, b: Value, bits: [u32; 2], signed: bool) -> Approximate {
        let most = exact_bits(self.ring.bits);
        let [dividend_bits, divisor_bits] = bits.map(|bits| bits.min(most));
        let (p, degree, good) = match self.ring.bits {
            32 => (12, 3, 7),
            64 => (23, 6, 15),
            _ => (40, 15, 36),
        };
        let split = most / 8 * 4;
        let layout = Layout::below(divisor_bits, divisor_bits, signed);
        let m = layout.magnitude();
        let exponent = |j: u32| 4 * (layout.blocks - 1 - j);
        let high = |j: u32| exponent(j).checked_sub(split).map_or(0, |e| 1 << e);
        let low = |j: u32| if exponent(j) < split { 1 << exponent(j) } else { 0 };
        let each = |weight: &dyn Fn(u32) -> i128| (0..layout.blocks).map(weight).collect();
        let weights = Weights {
            blocks: vec![each(&high), each(&low)],
            places: vec![[[8, 4, 2, 1], [-8, -4, -2, -1]]],
            signs: vec![[1, -1]],
        };
        let sums = self.build.leading_one(b, layout, weights, &[0; 4]);
        let [high, low, place, sign] = sums[..] else { unreachable!("four sums") };
        let product = |this: &mut Self, x: Value, y: Value| {
            let product = this.build.multiply(x, y);
            this.build.reshare(product)
        };
        let [u1, u0] = [product(self, high, place), product(self, low, place)];
        let absolute = product(self, b, sign);
        let power = self.times_power_of_two(u1, split);
        let power = self.build.add(power, u0);
        let u = self.build.multiply(b, power);
        let u = self.build.rescale(u, m);
        let u = match m.checked_sub(p) {
            Some(excess @ 1..) => self.build.truncate(u, excess),
            _ => {
                let u = self.build.reshare(u);
                self.build.shift_left(u, p - m)
            }
        };
        let inverse = self.polynomial(&Polynomial::new(degree, |u| 1.0 / u), u);

        let (mut rest, mut quotient) = (a, None);
        // |rest/b| < 2^left.
        let mut left = dividend_bits;
        loop {
            let places = (self.ring.bits - 6).saturating_sub(left).clamp(1, p);
            let guard = (self.ring.bits - 5 - left - places).min(6);
            let inverse = self.build.truncate(inverse, self.build.scale(inverse) - places);
            let inverse = self.build.rescale(inverse, 0);
            let [over_high, over_low] = [u1, u0].map(|part| self.build.multiply(rest, part));
            let over_high = self.shifted(over_high, m as i32 - (guard + split) as i32);
            let over_low = self.shifted(over_low, m as i32 - guard as i32);
            let ratio = self.build.add(over_high, over_low);
            let step = self.build.multiply(ratio, inverse);
            let step = self.shifted(step, (places + guard) as i32);
            let sum = match quotient {
                None => step,
                Some(before) => self.build.add(before, step),
            };
            quotient = Some(sum);
            let accurate = (places - 1).min(good);
            if left < accurate {
                return Approximate { quotient: sum, sign, absolute };
            }
            rest = self.remainder_of(a, sum, b);
            left = left.saturating_sub(accurate).max(1) + 1;
        }
    }

    /// a − q·b.
    fn remainder_of(&mut self, a: Value, q: Value, b: Value) -> Value {
        let product = self.build.multiply(q, b);
        let rest = self.build.subtract(a, product);
        self.reshared(rest)
    }

    /// The exact quotient and remainder.
    fn corrected(&mut self, a: Value, b: Value, approximate: Approximate, positive: bool) -> [Value; 2] {
        let Approximate { quotient, sign, absolute } = approximate;
        let rest = self.remainder_of(a, quotient, b);
        let one = |this: &mut Self| this.splat(1.0, this.build.shape(a), 0);
        let of_dividend = (!positive).then(|| {
            let negative = self.build.sign_to_arith(a);
            let twice = self.times_power_of_two(negative, 1);
            let one = one(self);
            self.build.subtract(one, twice)
        });
        let turned = |this: &mut Self, x: Value| match of_dividend {
            None => this.reshared(x),
            Some(sign) => {
                let product = this.build.multiply(sign, x);
                this.reshared(product)
            }
        };
        let rest = turned(self, rest);
        let [above, below] = [self.build.add(rest, absolute), self.build.subtract(rest, absolute)];
        let signs = [rest, above, below].map(|x| self.build.sign_to_arith(x));
        let count = self.build.add(signs[0], signs[1]);
        let count = self.build.add(count, signs[2]);
        let one = one(self);
        let count = self.build.subtract(count, one);
        let more = self.build.multiply(count, absolute);
        let rest = self.build.add(rest, more);
        let rest = self.reshared(rest);
        let remainder = turned(self, rest);
        let sign = match of_dividend {
            None => sign,
            Some(_) => turned(self, sign),
        };
        let more = self.build.multiply(count, sign);
        let quotient = self.build.subtract(quotient, more);
        [self.reshared(quotient), remainder]
    }
}
