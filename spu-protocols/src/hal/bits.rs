//! Operations on the bits of integers.
//!
//! An integer's bits are computed once, whoever asks (five rounds). An integer that was made of bits remembers them, so a chain of
//! operations stays in bits, one round a conjunction, and becomes a number where one is needed (two rounds). All of it is exact
//! modulo the ring.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::{Interval, Op};

use super::{Entry, Lowering};
use crate::share::{BitFunction, Kind};

/// What a shift's amounts are: one for all, or one for each element.
enum Amounts {
    One(u32),
    Each(Value),
}

impl Lowering<'_> {
    /// x ∧ y, x ∨ y = ¬(¬x ∧ ¬y), x ⊕ y; a public operand takes no message beyond the bits.
    pub(super) fn bitwise(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        let [x, y] = [x, y].map(|v| self.integer(v));
        let (x, y) = if self.build.kind(x) == Kind::Public { (y, x) } else { (x, y) };
        let x = self.bits_of(x);
        let public = self.build.kind(y) == Kind::Public;
        let y = if public { y } else { self.bits_of(y) };
        let bits = match op {
            Op::And => self.build.bit_and(x, y),
            Op::Xor => self.build.bit_xor(x, y),
            _ => {
                let not_x = self.build.bit_not(x);
                let not_y = match public {
                    true => self.build.public_bits(BitFunction::Not, vec![y]),
                    false => self.build.bit_not(y),
                };
                let neither = self.build.bit_and(not_x, not_y);
                self.build.bit_not(neither)
            }
        };
        self.made_of(bits)
    }

    /// −1 − x.
    pub(super) fn complement(&mut self, x: Value) -> Entry {
        let x = self.integer(x);
        let ones = self.splat(-1.0, self.build.shape(x), 0);
        let value = self.build.subtract(ones, x);
        if let Some(&bits) = self.words.get(&x) {
            let bits = self.build.bit_not(bits);
            self.words.insert(value, bits);
        }
        self.number(value, 0)
    }

    /// x·2^n, without a message.
    pub(super) fn shift_left(&mut self, x: Value, amounts: Value) -> Result<Entry, Error> {
        let amounts = self.amounts(&Op::ShiftLeft, amounts)?;
        let (x, k) = (self.integer(x), self.ring.bits);
        let factor = match amounts {
            Amounts::One(0) => return Ok(self.number(x, 0)),
            Amounts::One(n) => {
                let power = if n < k { 1i128 << n } else { 0 };
                self.build.constant(self.build.shape(x), 0, [power])
            }
            Amounts::Each(amounts) => {
                let ones = self.splat(1.0, self.build.shape(x), 0);
                self.build.public_bits(BitFunction::ShiftLeft, vec![ones, amounts])
            }
        };
        let value = self.build.multiply(factor, x);
        if let (Amounts::One(n), Some(&bits)) = (amounts, self.words.get(&x)) {
            let bits = self.build.bit_planes(bits, (0..k).map(|j| j.checked_sub(n)).collect());
            self.words.insert(value, bits);
        }
        Ok(self.number(value, 0))
    }

    /// The bits of x n places lower: zeros come in from above, or the sign. One amount for all takes no bits, unless others ask for them.
    pub(super) fn shift_right(&mut self, arithmetic: bool, x: Value, amounts: Value) -> Result<Entry, Error> {
        let op = if arithmetic { Op::ShiftRightArithmetic } else { Op::ShiftRightLogical };
        let amounts = self.amounts(&op, amounts)?;
        let interval = self.intervals[x.index()];
        let (x, k) = (self.integer(x), self.ring.bits);
        let n = match amounts {
            Amounts::One(0) => return Ok(self.number(x, 0)),
            Amounts::One(n) if !arithmetic && n >= k => {
                let zero = self.build.constant(self.build.shape(x), 0, [0]);
                let value = self.build.public_to_arith(zero);
                return Ok(self.number(value, 0));
            }
            // Only the sign is left from K − 1 on.
            Amounts::One(n) => n.min(k - 1),
            Amounts::Each(amounts) => {
                let bits = self.bits_of(x);
                let shifted = self.build.bit_shift(bits, amounts, arithmetic);
                return Ok(self.made_of(shifted));
            }
        };
        let value = match self.words.get(&x) {
            Some(&bits) => {
                let kept = self.build.bit_planes(bits, (n..k).map(Some).collect());
                if arithmetic { self.build.signed_bits_to_arith(kept) } else { self.build.bits_to_arith(kept) }
            }
            None if arithmetic && n <= k - 2 && self.is_safe(interval) => self.build.floor(x, n, 0),
            None => self.build.shift_right(x, n, arithmetic),
        };
        let bits = self.bits_of(x);
        let from = |j: u32| if j < k - n { Some(j + n) } else { arithmetic.then_some(k - 1) };
        let shifted = self.build.bit_planes(bits, (0..k).map(from).collect());
        self.words.insert(value, shifted);
        Ok(self.number(value, 0))
    }

    fn is_safe(&self, interval: Interval) -> bool {
        let bound = self.ring.safe_bound(0);
        -bound <= interval.lo && interval.hi < bound
    }

    pub(super) fn population_count(&mut self, x: Value) -> Entry {
        let x = self.integer(x);
        let bits = self.bits_of(x);
        let value = self.build.weigh(bits, vec![1; self.ring.bits as usize]);
        self.number(value, 0)
    }

    /// A function of bits of public integers, or nothing if `op` is not one.
    pub(super) fn public_bits(&mut self, op: &Op, operands: &[Value]) -> Option<Entry> {
        let function = match op {
            Op::And => BitFunction::And,
            Op::Or => BitFunction::Or,
            Op::Xor => BitFunction::Xor,
            Op::Not => BitFunction::Not,
            Op::ShiftLeft => BitFunction::ShiftLeft,
            Op::ShiftRightArithmetic => BitFunction::ShiftRight,
            Op::ShiftRightLogical => BitFunction::ShiftRightLogical,
            Op::PopulationCount => BitFunction::PopulationCount,
            _ => return None,
        };
        let operands = operands.iter().map(|&v| {
            let number = self.as_number(v);
            self.at_scale(number, 0)
        });
        let operands = operands.collect();
        let value = self.build.public_bits(function, operands);
        Some(self.number(value, 0))
    }

    /// An integer as it is: shares of what is secret, the public value of what is public.
    fn integer(&mut self, x: Value) -> Value {
        let number = self.as_number(x);
        let value = self.at_scale(number, 0);
        if self.graph.ty(x).is_secret() { self.build.public_to_arith(value) } else { value }
    }

    /// All bits of an integer.
    fn bits_of(&mut self, x: Value) -> Value {
        match self.words.get(&x) {
            Some(&bits) => bits,
            None => self.build.decompose(x, 0, self.ring.bits),
        }
    }

    /// The integer of bits, which it remembers.
    fn made_of(&mut self, bits: Value) -> Entry {
        let value = self.build.bits_to_arith(bits);
        self.words.insert(value, bits);
        self.number(value, 0)
    }

    fn amounts(&mut self, op: &Op, amounts: Value) -> Result<Amounts, Error> {
        match self.entry(amounts) {
            Entry::Splat(n) if n < 0.0 => {
                let message = format!("cannot take `{}` of {n}: the amount must not be negative", op.name());
                Err(Error::program(message, self.location()))
            }
            Entry::Splat(n) => Ok(Amounts::One(n.min(f64::from(self.ring.bits)) as u32)),
            _ => Ok(Amounts::Each(self.integer(amounts))),
        }
    }
}
