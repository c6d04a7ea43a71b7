//! Comparisons, truth values and what selects by them.

use spu::graph::Value;
use spu::pphlo::{Op, Type};

use super::{Entry, Lowering, Number};
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
        Entry::Bit { difference: self.difference(less, more), negated }
    }

    /// [x = y] = [x ≥ y]·[y ≥ x].
    pub(super) fn equal(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        let difference = self.difference(x, y);
        let opposite = self.build.negate(difference);
        let signs = [difference, opposite].map(|d| self.build.sign_to_arith(d));
        let [a, b] = signs.map(|sign| self.one_minus(sign));
        let product = self.build.multiply(a, b);
        let equal = self.build.reshare(product);
        let value = if matches!(op, Op::Equal) { equal } else { self.one_minus(equal) };
        self.number(value, 0)
    }

    fn difference(&mut self, x: Value, y: Value) -> Value {
        let ty = Type::secret(self.shape(x), self.dtype(x));
        let Entry::Number(number) = self.subtract(x, y, &ty) else { unreachable!("a difference is a number") };
        self.settled_number(number)
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
        let gap = if by_zero { self.as_number(a) } else { self.gap(a, b, ty) };
        let gap = Number { value: self.settled_number(gap), ..gap };
        let shared = self.build.kind(gap.value) == Kind::Arith;
        let chosen = match self.entry(p) {
            Entry::Bit { difference, negated } if shared => {
                let bit = self.build.sign(difference);
                let product = self.build.bit_multiply(bit, gap.value);
                if negated { self.build.subtract(gap.value, product) } else { product }
            }
            _ => {
                let mask = self.as_number(p);
                let mask = self.settled_number(mask);
                self.build.multiply(mask, gap.value)
            }
        };
        let chosen = Number { value: chosen, precision: gap.precision };
        if by_zero { Entry::Number(chosen) } else { self.plus(chosen, b, ty) }
    }

    fn gap(&mut self, a: Value, b: Value, ty: &Type) -> Number {
        match (self.entry(a), self.entry(b)) {
            (Entry::Splat(x), Entry::Splat(y)) => {
                let scale = self.ring.scale(ty.dtype);
                Number { value: self.splat(x - y, ty.shape.clone(), scale), precision: scale }
            }
            _ => match self.subtract(a, b, ty) {
                Entry::Number(number) => number,
                _ => unreachable!("a difference is a number"),
            },
        }
    }

    fn plus(&mut self, x: Number, b: Value, ty: &Type) -> Entry {
        let scale = self.build.scale(x.value);
        let addend = match self.entry(b) {
            Entry::Splat(c) => self.splat(c, ty.shape.clone(), scale),
            _ => self.as_number(b).value,
        };
        let common = scale.max(self.build.scale(addend));
        let [x_value, addend] = [x.value, addend].map(|v| self.build.shift_left(v, common - self.build.scale(v)));
        let value = self.build.add(x_value, addend);
        self.number(value, x.precision)
    }

    /// max(x, y) = y + relu(x − y), min(x, y) = x − relu(x − y).
    pub(super) fn extremum(&mut self, op: &Op, x: Value, y: Value, ty: &Type) -> Entry {
        let (a, b, precision) = self.aligned(x, y, ty);
        let difference = self.build.subtract(a, b);
        let difference = self.settled_number(Number { value: difference, precision });
        let (excess, _) = self.build.relu(difference);
        let lost = self.build.scale(a) - self.build.scale(excess);
        let excess = self.build.shift_left(excess, lost);
        let value = if matches!(op, Op::Maximum) { self.build.add(b, excess) } else { self.build.subtract(a, excess) };
        self.number(value, precision)
    }

    /// max(x, 0) and [x ≥ 0] from one comparison.
    pub(super) fn relu(&mut self, x: Value) -> Vec<Entry> {
        let number = self.as_number(x);
        let settled = self.settled_number(number);
        let (value, mask) = self.build.relu(settled);
        vec![self.number(value, number.precision), self.number(mask, 0)]
    }
}
