//! Powers x^y.
//!
//! - **Integers**, modulo the ring; 0 for a secret y < 0, a public one is an error, and 0^0 = 1. A constant y: by squaring. Any other: bit by bit, Π_k (1 + y_k·(x^(2^k) − 1)), over as many bits as
//!   the range of y leaves.
//! - **Fixed point, a constant integer y**: by squaring, of 1/x for y < 0; x may be negative. Each product errs by an ulp, which the ones
//!   after it multiply, and 1/x by its own error, which y multiplies. y = ±1/2 is a root.
//! - **Fixed point, any other y**: e^(y·ln |x|), up to e^20 or what the format holds; beyond, the result is 0. For x < 0 it is negated where y is an odd integer, and 0
//!   where y is none, to the last bit. For x = 0 it is 0, but 1 where y = 0. ln |x| errs by 4 ulp and y·ln |x| by one more: the relative error is that of e^x and (4|y| + 1) ulp.
//!
//! No result depends on whether y is a constant, which the optimizer may find out or not. The sign of a power with a secret y, where x may be negative, takes an
//! equality and a sign bit beside the logarithm: no more rounds.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::{DType, Interval, Op, Real};

use super::normalize::Needs;
use super::{Entry, Lowering, Number};
use crate::share::{Assertion, Kind};

impl Lowering<'_> {
    /// x^y; `result` is its PPHLO value.
    pub(super) fn power(&mut self, x: Value, y: Value, result: Value) -> Result<Entry, Error> {
        let constant = match self.entry(y) {
            Entry::Splat(c) => Some(c),
            _ => None,
        };
        if self.dtype(result) == DType::Int {
            return Ok(match constant {
                Some(c) if c < 0.0 => {
                    let message = format!("cannot take `power` of the constant {c}: {NO_NEGATIVE_POWERS}");
                    return Err(Error::program(message, self.location()));
                }
                Some(c) => self.integer_power(x, c as u64),
                None => self.power_by_bits(x, y),
            });
        }
        Ok(match constant {
            Some(0.5) => self.root(x, 1),
            Some(-0.5) => self.root(x, -1),
            Some(c) if c.fract() == 0.0 && c.abs() <= LARGEST_EXPONENT => {
                let base = if c < 0.0 { self.reciprocal(x) } else { self.entry(x) };
                self.repeated(base, x, c.abs() as u64)
            }
            _ => self.real_power(x, y, constant),
        })
    }

    fn constant_integer(&mut self, x: Value, c: f64) -> Entry {
        let value = self.splat(c, self.shape(x), 0);
        let value = self.build.public_to_arith(value);
        self.number(value, 0)
    }

    fn integer_power(&mut self, x: Value, exponent: u64) -> Entry {
        if exponent == 0 {
            return self.constant_integer(x, 1.0);
        }
        self.repeated(self.entry(x), x, exponent)
    }

    /// base^exponent by squaring.
    fn repeated(&mut self, base: Entry, x: Value, exponent: u64) -> Entry {
        let scale = self.ring.scale(self.dtype(x));
        let Entry::Number(number) = base else {
            let number = self.as_number(x);
            return self.repeated(Entry::Number(number), x, exponent);
        };
        if exponent == 0 {
            let one = self.splat(1.0, self.shape(x), scale);
            let one = self.build.public_to_arith(one);
            return self.number(one, scale);
        }
        let mut square = self.arith_at(number, scale);
        let (mut result, mut rest) = (None, exponent);
        loop {
            if rest & 1 == 1 {
                result = Some(match result {
                    None => square,
                    Some(result) => self.settled_product(result, square, scale),
                });
            }
            rest >>= 1;
            match (rest, result) {
                (0, Some(result)) => return self.number(result, scale),
                _ => square = self.settled_product(square, square, scale),
            }
        }
    }

    fn settled_product(&mut self, x: Value, y: Value, scale: u32) -> Value {
        let product = self.build.multiply(x, y);
        if scale == 0 { self.build.reshare(product) } else { self.build.truncate(product, scale) }
    }

    fn power_by_bits(&mut self, x: Value, y: Value) -> Entry {
        let range = self.intervals[y.index()];
        let most = libm::floor(libm::log2(range.hi.max(1.0))) + 1.0;
        let count = if most < f64::from(self.ring.bits - 2) { most as u32 } else { self.ring.bits - 2 };
        let exponent = self.as_number(y);
        if self.build.kind(exponent.value) == Kind::Public {
            let domain = Some((Op::Power.name(), NO_NEGATIVE_POWERS));
            let (lo, hi) = (Real(0.0), Real(f64::INFINITY));
            self.build.assert(exponent.value, Assertion { lo, hi, dtype: DType::Int, domain });
        }
        let [x, exponent] = [x, y].map(|v| {
            let number = self.as_number(v);
            self.arith_at(number, 0)
        });
        let bits = self.build.decompose(exponent, 0, count);
        let one = self.splat(1.0, self.build.shape(x), 0);
        let (mut square, mut result) = (x, None);
        for k in 0..count {
            if k > 0 {
                square = self.settled_product(square, square, 0);
            }
            let bit = self.build.bit_planes(bits, vec![Some(k)]);
            let less = self.build.subtract(square, one);
            let chosen = self.build.bit_multiply(bit, less);
            let factor = self.build.add(chosen, one);
            result = Some(match result {
                None => factor,
                Some(result) => self.settled_product(result, factor, 0),
            });
        }
        let result = result.expect("an exponent has a bit");
        if range.lo >= 0.0 {
            return self.number(result, 0);
        }
        let negative = self.build.sign_to_arith(exponent);
        let one = self.splat(1.0, self.build.shape(x), 0);
        let counts = self.build.subtract(one, negative);
        let value = self.build.multiply(counts, result);
        self.number(value, 0)
    }

    /// e^(y·ln |x|), with the sign that y gives it for x < 0, and the values for x = 0.
    fn real_power(&mut self, x: Value, y: Value, constant: Option<f64>) -> Entry {
        let f = self.ring.fraction_bits;
        if self.is_narrow(x) {
            let logarithm = self.spline(&Op::Log, x);
            let logarithm = self.settled_number(logarithm);
            let result = self.exponential_of_product(y, constant, logarithm);
            return self.number(result, f);
        }
        let (base, range, needs) = self.for_normalization(x);
        // Of a negative number, no constant root.
        let sign = range.lo < 0.0 && constant.is_none_or(|c| c.fract() == 0.0);
        let normalized = self.normalize(base, range, Needs { log: true, sign, ..needs });
        let logarithm = self.logarithm_of_normalized(&normalized);
        let result = self.exponential_of_product(y, constant, logarithm);
        let Some(positive) = normalized.positive else { return self.number(result, f) };
        let (mut factor, mut others) = (positive, self.one_minus(positive));
        if let Some(negative) = normalized.negative {
            let signed = match constant {
                Some(c) if (0.5 * c).fract() == 0.0 => negative,
                Some(_) => self.build.negate(negative),
                None => {
                    let sign = self.sign_of_powers(y);
                    let signed = self.build.multiply(negative, sign);
                    self.reshared(signed)
                }
            };
            factor = self.build.add(factor, signed);
            others = self.build.subtract(others, negative);
        }
        let mut value = self.build.multiply(factor, result);
        if constant.is_none() {
            let exponent = self.exponent(y);
            let zero = self.indicator_of_zero(exponent);
            let one = self.build.multiply(others, zero);
            let one = self.build.shift_left(one, f);
            value = self.build.add(value, one);
        }
        Entry::Number(Number { value, precision: f })
    }

    /// e^(y·z).
    fn exponential_of_product(&mut self, y: Value, constant: Option<f64>, z: Value) -> Value {
        let f = self.ring.fraction_bits;
        let product = match constant {
            Some(c) => {
                let factor = self.splat(c, self.shape(y), f + 8);
                let product = self.build.multiply(factor, z);
                self.build.truncate(product, f + 8)
            }
            None => {
                let y = self.exponent(y);
                let product = self.build.multiply(y, z);
                self.build.truncate(product, f)
            }
        };
        self.exponential_of(product, Interval::ALL)
    }

    /// y with the format's fraction bits.
    fn exponent(&mut self, y: Value) -> Value {
        let number = self.as_number(y);
        self.at_scale(number, self.ring.fraction_bits)
    }

    /// The sign of (−1)^y: 1 or −1 where y is an even or odd integer, else 0.
    fn sign_of_powers(&mut self, y: Value) -> Value {
        let (bits, f) = (self.ring.bits, self.ring.fraction_bits);
        let y = self.exponent(y);
        // Bit f of y, the last one of its integer part, or all bits below it, stand at the top of the ring.
        let [parity, fraction] = [bits - 1 - f, bits - f].map(|places| self.times_power_of_two(y, places));
        let is_integer = self.indicator_of_zero(fraction);
        let sign = match self.build.kind(y) {
            Kind::Public => {
                let sign = self.build.public_sign(parity);
                // Of an integer, −1 where it is odd, else 0.
                let twice = self.build.add(sign, sign);
                let one = self.splat(1.0, self.build.shape(y), 0);
                self.build.add(twice, one)
            }
            _ => {
                let odd = self.build.sign_to_arith(parity);
                let twice = self.build.add(odd, odd);
                self.one_minus(twice)
            }
        };
        let sign = self.build.multiply(sign, is_integer);
        self.reshared(sign)
    }

    /// `[y = 0]` as 0 or 1.
    fn indicator_of_zero(&mut self, y: Value) -> Value {
        match self.build.kind(y) {
            Kind::Public => {
                let sign = self.build.public_sign(y);
                let other = self.build.multiply(sign, sign);
                self.one_minus(other)
            }
            _ => self.build.is_zero_to_arith(y),
        }
    }
}

/// Where integers are raised to powers.
const NO_NEGATIVE_POWERS: &str = "an integer has no negative powers";
/// The largest constant exponent that is raised by squaring.
const LARGEST_EXPONENT: f64 = 1024.0;
