//! Comparisons, truth values and what selects by them.

use spu::graph::Value;
use spu::pphlo::{Op, Type};

use super::{Entry, Lowering};
use crate::share::Kind;

impl Lowering<'_> {
    /// An order comparison as the sign of a difference, not yet computed.
    pub(super) fn compare(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        let (less, more, negated) = match op {
            Op::Less => (x, y, false),
            Op::GreaterEqual => (x, y, true),
            Op::Greater => (y, x, false),
            _ => (y, x, true),
        };
        let ty = Type::secret(self.shape(x), self.dtype(x));
        let Entry::Number(difference) = self.subtract(less, more, &ty) else {
            unreachable!("a difference is a number")
        };
        // A sign does not depend on the scale: nothing is truncated, and the comparison is exact.
        let difference = match self.build.kind(difference.value) {
            Kind::Sum => self.build.reshare(difference.value),
            _ => difference.value,
        };
        Entry::Bit { difference, negated }
    }

    /// [x = y] = [x ≥ y]·[y ≥ x], for numbers as they are at their precision.
    pub(super) fn equal(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        self.settle(x);
        self.settle(y);
        let ty = Type::secret(self.shape(x), self.dtype(x));
        let (x, y, _) = self.aligned(x, y, &ty);
        let difference = self.build.subtract(x, y);
        let opposite = self.build.negate(difference);
        let signs = [difference, opposite].map(|d| self.build.sign_to_arith(d));
        let [a, b] = signs.map(|sign| self.one_minus(sign));
        let product = self.build.multiply(a, b);
        let equal = self.build.reshare(product);
        let value = if matches!(op, Op::Equal) { equal } else { self.one_minus(equal) };
        self.number(value, 0)
    }

    pub(super) fn and_or(&mut self, op: &Op, x: Value, y: Value, ty: &Type) -> Entry {
        let both = self.multiply(x, y, ty);
        if matches!(op, Op::And) {
            return both;
        }
        let Entry::Number(both) = both else { unreachable!("a product is a number") };
        let Entry::Number(sum) = self.add(x, y, ty) else { unreachable!("a sum is a number") };
        let value = self.build.subtract(sum.value, both.value);
        self.number(value, 0)
    }

    pub(super) fn not(&mut self, x: Value) -> Entry {
        match self.entry(x) {
            Entry::Bit { difference, negated } => Entry::Bit { difference, negated: !negated },
            _ => {
                let number = self.as_number(x);
                let value = self.one_minus(number.value);
                self.number(value, 0)
            }
        }
    }

    /// b + p·(a − b); the product with a bit is never truncated. A comparison that serves this select alone multiplies as a bit.
    pub(super) fn select(&mut self, p: Value, a: Value, b: Value, ty: &Type) -> Entry {
        let by_zero = matches!(self.entry(b), Entry::Splat(x) if x == 0.0);
        // Both branches are truncated before they are told apart, so that the result equals one of them exactly.
        self.settle(a);
        self.settle(b);
        let (a, b, precision) = match by_zero {
            true => {
                let a = self.as_number(a);
                (a.value, None, a.precision)
            }
            false => {
                let (a, b, precision) = self.aligned(a, b, ty);
                (a, Some(b), precision)
            }
        };
        let gap = b.map_or(a, |b| self.build.subtract(a, b));
        let shared = self.build.kind(gap) == Kind::Arith;
        let chosen = match self.entry(p) {
            Entry::Bit { difference, negated } if shared => {
                let bit = self.build.sign(difference);
                let product = self.build.bit_multiply(bit, gap);
                if negated { self.build.subtract(gap, product) } else { product }
            }
            _ => {
                let mask = self.as_number(p);
                let mask = self.settled_number(mask);
                self.build.multiply(mask, gap)
            }
        };
        let value = b.map_or(chosen, |b| self.build.add(chosen, b));
        self.number(value, precision)
    }

    /// max(x, y) = y + relu(x − y), min(x, y) = x − relu(x − y). Both are truncated before they are compared, so that the result
    /// equals one of them exactly.
    pub(super) fn extremum(&mut self, op: &Op, x: Value, y: Value, ty: &Type) -> Entry {
        self.settle(x);
        self.settle(y);
        let (a, b, precision) = self.aligned(x, y, ty);
        let difference = self.build.subtract(a, b);
        let (excess, _) = self.build.relu(difference);
        let value = if matches!(op, Op::Maximum) { self.build.add(b, excess) } else { self.build.subtract(a, excess) };
        self.number(value, precision)
    }

    /// max(x, 0) and [x ≥ 0] from one comparison; of a product that has one use, together with its truncation.
    pub(super) fn relu(&mut self, x: Value) -> Vec<Entry> {
        let number = self.as_number(x);
        let surplus = self.build.scale(number.value).saturating_sub(number.precision);
        if self.build.kind(number.value) == Kind::Sum && surplus > 0 {
            let (value, mask) = self.build.truncate_relu(number.value, surplus);
            return vec![self.number(value, number.precision), self.number(mask, 0)];
        }
        let settled = self.settled_number(number);
        let (value, mask) = self.build.relu(settled);
        vec![self.number(value, number.precision), self.number(mask, 0)]
    }
}
