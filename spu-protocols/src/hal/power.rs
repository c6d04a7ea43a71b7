//! Powers x^y.
//!
//! - **Integers**, modulo the ring; 0 for a secret y < 0, a public one is an error, and 0^0 = 1. A constant y: by squaring. Any other: bit by bit, Π_k (1 + y_k·(x^(2^k) − 1)), over as many bits as
//!   the range of y leaves.
//! - **Fixed point, a constant integer y**: by squaring, of 1/x for y < 0; x may be negative. Each product errs by an ulp, which the ones
//!   after it multiply, and 1/x by its own error, which y multiplies. y = ±1/2 is a root.
//! - **Fixed point, any other y**: e^(y·ln x) for x > 0, up to e^20 or what the format holds; beyond, the result is 0. It is 0 for x ≤ 0, but 1 where y = 0. ln x errs by 4 ulp
//!   and y·ln x by one more: the relative error is that of e^x and (4|y| + 1) ulp.

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

    /// e^(y·ln x), with the values for x ≤ 0.
    fn real_power(&mut self, x: Value, y: Value, constant: Option<f64>) -> Entry {
        let f = self.ring.fraction_bits;
        let (base, range, needs) = self.for_normalization(x);
        let logarithm = match self.is_narrow(x) {
            true => match self.spline(&Op::Log, x) {
                Entry::Number(number) => number,
                _ => unreachable!("a logarithm is a number"),
            },
            false => self.logarithm_of(base, range, needs),
        };
        let logarithm = self.settled_number(logarithm);
        let exponent = match constant {
            Some(c) => {
                let factor = self.splat(c, self.shape(x), f + 8);
                let product = self.build.multiply(factor, logarithm);
                self.build.truncate(product, f + 8)
            }
            None => {
                let number = self.as_number(y);
                let y = self.arith_at(number, f);
                self.settled_product(y, logarithm, f)
            }
        };
        let result = self.exponential_of(exponent, Interval::ALL);
        let positive = match self.is_narrow(x) {
            true => None,
            false => self.normalize(base, range, Needs { log: true, ..needs }).positive,
        };
        let Some(positive) = positive else { return self.number(result, f) };
        let mut value = self.build.multiply(positive, result);
        if constant.is_none() {
            let number = self.as_number(y);
            let y = self.arith_at(number, f);
            let zero = self.build.is_zero_to_arith(y);
            let other = self.one_minus(positive);
            let one = self.build.multiply(other, zero);
            let one = self.build.shift_left(one, f);
            value = self.build.add(value, one);
        }
        Entry::Number(Number { value, precision: f })
    }
}

/// Where integers are raised to powers.
const NO_NEGATIVE_POWERS: &str = "an integer has no negative powers";
/// The largest constant exponent that is raised by squaring.
const LARGEST_EXPONENT: f64 = 1024.0;
