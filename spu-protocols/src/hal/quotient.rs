//! Quotients by public numbers: within one ulp of the true quotient of any dividend.
//!
//! Let x be an integer, the quotient x·2^e/y with a public integer y. x = Σ_k x_k·2^(k·l) in L limbs of l bits, by truncation (two rounds; none for L = 1). Every party
//! computes 2^(e + k·l)/y = I_k + F_k·2^−c: an integer and a fraction of c bits, exact integer arithmetic. Then
//!
//! ```text
//! x·2^e/y = Σ x_k·I_k + (Σ x_k·F_k) >> c:
//! ```
//!
//! no product leaves the ring that is not part of the result, the rounding of F_k adds L·2^(l − c − 1) ≤ 2^−7 ulp, and one truncation of two rounds follows.
//! As many limbs as the bits that x is known to have demand.
//!
//! Divisors that are powers of two cost what a product with one costs.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::{DType, Op};

use super::normalize::bits_of;
use super::{Entry, Lowering, Number};
use crate::ring::reciprocal_parts;
use crate::share::Kind;

/// A public divisor.
pub(super) enum Divisor {
    /// The constant mantissa·2^exponent, mantissa ≥ 1, and its sign.
    Constant { mantissa: u128, exponent: i32, negative: bool },
    /// A public tensor with this scale.
    Tensor(Value),
}

impl Lowering<'_> {
    /// x/y if y is public: of fixed-point numbers, whose quotient has the format's fraction bits.
    pub(super) fn divide_by_public(&mut self, x: Value, y: Value, result: Value) -> Result<Option<Number>, Error> {
        let of = Op::Divide.name();
        let f = self.ring.scale(self.dtype(result));
        let divisor = match self.entry(y) {
            Entry::Splat(c) => {
                let Some((mantissa, exponent)) = mantissa(c) else {
                    return Err(self.no_divisor(of, c));
                };
                if mantissa == 1 {
                    let Entry::Number(product) = self.times_constant(1.0 / c, x) else { unreachable!("a product") };
                    return Ok(Some(product));
                }
                Divisor::Constant { mantissa, exponent, negative: c < 0.0 }
            }
            Entry::Number(number) if self.build.kind(number.value) == Kind::Public => Divisor::Tensor(number.value),
            _ => return Ok(None),
        };
        let dividend = self.as_number(x);
        let dividend = self.settled_number(dividend);
        let dividend = self.build.public_to_arith(dividend);
        let scale = self.build.scale(dividend);
        let bits = (bits_of(self.ring, self.intervals[x.index()]) + scale).saturating_sub(self.ring.scale(DType::Fxp));
        let integer = self.build.rescale(dividend, 0);
        let value = self.integer_quotient(of, integer, bits, &divisor, f as i32 - scale as i32);
        Ok(Some(Number { value: self.build.rescale(value, f), precision: f }))
    }

    /// That a constant divisor is 0 in the format.
    pub(super) fn no_divisor(&self, of: &str, c: f64) -> Error {
        let message = format!("cannot take `{of}` of the constant {c}: the divisor must not be 0");
        Error::program(message, self.location())
    }

    /// x·2^e/y for an integer |x| < 2^bits, rounded down or up; `Arith` of scale 0. `of` is the name of the operation.
    pub(super) fn integer_quotient(
        &mut self,
        of: &'static str,
        x: Value,
        bits: u32,
        divisor: &Divisor,
        e: i32,
    ) -> Value {
        let top = self.ring.bits - 2;
        // l − c ≤ −8 and L·2^(l + c) ≤ 2^(K − 3).
        let length = (top - 1 - 8) / 2;
        let count = if bits <= length {
            1
        } else if bits <= 2 * (length - 1) {
            2
        } else {
            3
        };
        let l = bits.div_ceil(count);
        let c = top - 1 - l - if count == 1 { 0 } else { count - 1 };
        let mut limbs = vec![];
        let mut rest = x;
        // From above: t_k = x >> k·l, and limb k is t_k − t_(k+1)·2^l.
        let cut: Vec<Value> = (1..count).map(|k| self.shifted(x, (k * l) as i32)).collect();
        for &above in &cut {
            let shifted = self.times_power_of_two(above, l);
            limbs.push(self.build.subtract(rest, shifted));
            rest = above;
        }
        limbs.push(rest);
        let (mut whole, mut fraction): (Option<Value>, Option<Value>) = (None, None);
        for (k, &limb) in limbs.iter().enumerate() {
            let parts = self.public_reciprocal(of, divisor, e + (k as u32 * l) as i32, c, self.build.shape(x));
            for (part, sum) in parts.into_iter().zip([&mut whole, &mut fraction]) {
                let product = self.build.multiply(part, limb);
                *sum = Some(match *sum {
                    Some(sum) => self.build.add(sum, product),
                    None => product,
                });
            }
        }
        let (whole, fraction) = (whole.expect("there is a limb"), fraction.expect("there is a limb"));
        let fraction = self.shifted(fraction, c as i32);
        self.build.add(whole, fraction)
    }

    /// The integer part of 2^e/y and `places` bits of its fraction, both with the sign of y.
    fn public_reciprocal(
        &mut self,
        of: &'static str,
        divisor: &Divisor,
        e: i32,
        places: u32,
        shape: spu::Shape,
    ) -> [Value; 2] {
        match *divisor {
            Divisor::Constant { mantissa, exponent, negative } => {
                let parts = reciprocal_parts(mantissa, e - exponent, places);
                parts.map(|part| {
                    let part = part as i128;
                    self.build.constant(shape.clone(), 0, [if negative { -part } else { part }])
                })
            }
            Divisor::Tensor(y) => {
                let e = e + self.build.scale(y) as i32;
                [None, Some(places)].map(|places| self.build.public_reciprocal(of, y, e, places))
            }
        }
    }
}

/// |c| as mantissa·2^exponent with an odd mantissa; nothing for 0 and what is not a number.
pub(super) fn mantissa(c: f64) -> Option<(u128, i32)> {
    if c == 0.0 || !c.is_finite() {
        return None;
    }
    let (fraction, exponent) = libm::frexp(c.abs());
    let mantissa = libm::ldexp(fraction, f64::MANTISSA_DIGITS as i32) as u128;
    let zeros = mantissa.trailing_zeros();
    Some((mantissa >> zeros, exponent - f64::MANTISSA_DIGITS as i32 + zeros as i32))
}
