//! Comparisons, and what is larger.

use spu::graph::Value;
use spu::pphlo::{Op, Type};

use super::truth::Test;
use super::{Entry, Lowering};
use crate::share::Kind;

impl Lowering<'_> {
    /// An order comparison as the sign of a difference, not yet computed. A product beside something that is known to fit is compared as it is.
    pub(super) fn compare(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        let (less, more, negated) = match op {
            Op::Less => (x, y, false),
            Op::GreaterEqual => (x, y, true),
            Op::Greater => (y, x, false),
            _ => (y, x, true),
        };
        let ty = Type::secret(self.shape(x), self.dtype(x));
        let ([less, more], _) = self.leveled([less, more], &ty);
        let difference = self.build.subtract(less, more);
        // A sign does not depend on the scale: nothing else is truncated, and the comparison is exact.
        let difference = match self.build.kind(difference) {
            Kind::Sum => self.build.reshare(difference),
            _ => self.build.public_to_arith(difference),
        };
        Entry::Bit { test: Test::Negative(difference), negated }
    }

    /// [x = y], for numbers as they are at their precision: whether their difference is 0, not yet computed.
    pub(super) fn equal(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        self.settle(x);
        self.settle(y);
        let ty = Type::secret(self.shape(x), self.dtype(x));
        let ([x, y], _) = self.leveled([x, y], &ty);
        let difference = self.build.subtract(x, y);
        let difference = self.build.public_to_arith(difference);
        Entry::Bit { test: Test::Zero(difference), negated: *op == Op::NotEqual }
    }

    /// max(x, y) = y + relu(x − y), min(x, y) = x − relu(x − y). Both are truncated before they are compared, so that the result
    /// equals one of them exactly.
    pub(super) fn extremum(&mut self, op: &Op, x: Value, y: Value, ty: &Type) -> Entry {
        self.settle(x);
        self.settle(y);
        let ([a, b], precision) = self.leveled([x, y], ty);
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
            let (value, negative) = self.build.truncate_relu(number.value, surplus);
            let mask = Entry::Bit { test: Test::Bit(negative), negated: true };
            return vec![self.number(value, number.precision), mask];
        }
        let settled = self.settled_number(number);
        let (value, mask) = self.build.relu(settled);
        vec![self.number(value, number.precision), self.number(mask, 0)]
    }
}
