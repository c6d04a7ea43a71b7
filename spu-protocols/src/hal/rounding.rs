//! Rounding to integers, signs and magnitudes.
//!
//! All roundings are floors of what the value holds, exactly (`aby3::floor`, four rounds), with S its fraction bits and h = 2^(S−1):
//!
//! ```text
//! ⌈x⌉ = ⌊x + 1 − 2^−S⌋
//! to nearest, ties to even:     ⌊(x + 3/2 − 2^−S) / 2⌋ + ⌊(x + 1/2) / 2⌋
//! to nearest, ties away from 0: ⌊x + 1/2⌋ where x ≥ 0, ⌊x + 1/2 − 2^−S⌋ where x < 0
//! toward 0:                     ⌊x⌋ where x ≥ 0, ⌈x⌉ where x < 0
//! ```
//!
//! The second line counts one for each k with x > 2k + 1/2 and one for each k with x ≥ 2k + 3/2. The last two take both floors beside the sign, and
//! one bit multiplies their difference; one floor is enough where the sign is known.

use spu::graph::Value;
use spu::pphlo::Op;

use super::truth::Test;
use super::{Entry, Lowering};

impl Lowering<'_> {
    /// x as an integer, rounded as `op` says.
    pub(super) fn round(&mut self, op: &Op, x: Value) -> Entry {
        let interval = self.ring.numbers().of_rounded(self.graph, x, self.intervals[x.index()]);
        let number = self.as_number(x);
        let value = self.settled_number(number);
        let value = self.build.public_to_arith(value);
        let scale = self.build.scale(value);
        if scale == 0 {
            return self.number(value, 0);
        }
        let (unit, half) = (1i128 << scale, 1i128 << (scale - 1));
        let mut floor = |offset: i128| self.build.floor(value, scale, offset);
        let [positive, negative] = match op {
            Op::Floor => [0; 2],
            Op::Ceil => [unit - 1; 2],
            Op::RoundNearestEven => {
                let two = [unit + half - 1, half].map(|offset| self.build.floor(value, scale + 1, offset));
                let rounded = self.build.add(two[0], two[1]);
                return self.number(rounded, 0);
            }
            Op::RoundNearestAfz => [half, half - 1],
            _ => [0, unit - 1],
        };
        let rounded = if positive == negative || interval.lo >= 0.0 {
            floor(positive)
        } else if interval.hi <= 0.0 {
            floor(negative)
        } else {
            let [above, below] = [positive, negative].map(floor);
            let gap = self.build.subtract(below, above);
            let sign = self.build.sign(value);
            let change = self.chosen(Test::Bit(sign), false, gap);
            self.build.add(above, change)
        };
        self.number(rounded, 0)
    }

    /// −1, 0 or 1: 1 − [x = 0] − 2·[x < 0].
    pub(super) fn sign(&mut self, x: Value) -> Entry {
        let interval = self.ring.numbers().of_rounded(self.graph, x, self.intervals[x.index()]);
        let number = self.as_number(x);
        let value = self.settled_number(number);
        let value = self.build.public_to_arith(value);
        let zero = self.build.is_zero_to_arith(value);
        let mut sign = self.one_minus(zero);
        if interval.hi <= 0.0 {
            sign = self.build.negate(sign);
        } else if interval.lo < 0.0 {
            let negative = self.build.sign_to_arith(value);
            let twice = self.build.add(negative, negative);
            sign = self.build.subtract(sign, twice);
        }
        self.number(sign, 0)
    }

    /// |x| = 2·max(x, 0) − x.
    pub(super) fn abs(&mut self, x: Value) -> Entry {
        let interval = self.intervals[x.index()];
        if interval.lo >= 0.0 {
            return self.entry(x);
        }
        if interval.hi <= 0.0 {
            return self.negate(x);
        }
        let number = self.as_number(x);
        let value = self.settled_number(number);
        let value = self.build.public_to_arith(value);
        let (positive, _) = self.build.relu(value);
        let twice = self.build.add(positive, positive);
        let magnitude = self.build.subtract(twice, value);
        self.number(magnitude, number.precision)
    }

    /// min(max(x, lo), hi). Where lo ≤ hi is known both comparisons run at once: x + max(lo − x, 0) − max(x − hi, 0).
    pub(super) fn clamp(&mut self, [lo, x, hi]: [Value; 3], ty: &spu::pphlo::Type) -> Entry {
        for v in [lo, x, hi] {
            self.settle(v);
        }
        let [least, most] = [lo, hi].map(|v| self.intervals[v.index()]);
        let ([low, x, high], precision) = self.leveled([lo, x, hi], ty);
        let below = self.build.subtract(low, x);
        let missing = self.positive_part(below);
        let raised = self.build.add(x, missing);
        let above = if least.hi <= most.lo { self.build.subtract(x, high) } else { self.build.subtract(raised, high) };
        let excess = self.positive_part(above);
        let value = self.build.subtract(raised, excess);
        self.number(value, precision)
    }

    fn positive_part(&mut self, x: Value) -> Value {
        let x = self.build.public_to_arith(x);
        self.build.relu(x).0
    }
}
