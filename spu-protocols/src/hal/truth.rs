//! Truth values: how they are tested, combined, and select.
//!
//! A comparison is kept as the test that it is until something needs it. A select takes the test itself and multiplies in the same
//! kernel (five rounds), unless what it selects comes later; logical operations take bits, three bits a conjunction; everything else takes the numbers 0 and 1.

use spu::graph::Value;
use spu::pphlo::{self, Op, Type};

use super::{Entry, Lowering, Number};
use crate::share::Kind;

/// What a truth value that is not a number yet asks of a share value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// Whether it is negative.
    Negative(Value),
    /// Whether it is 0.
    Zero(Value),
    /// The bit that it is.
    Bit(Value),
}

impl Lowering<'_> {
    /// `[x ∧ y]`, `[x ∨ y]`, `[x ⊕ y]`.
    pub(super) fn logical(&mut self, op: &Op, x: Value, y: Value, result: Value) -> Entry {
        match (self.entry(x), self.entry(y)) {
            (Entry::Bit { test: a, negated: not_a }, Entry::Bit { test: b, negated: not_b }) => {
                if *op == Op::Xor {
                    let [a, b] = [a, b].map(|test| self.bit_of(test));
                    return Entry::Bit { test: Test::Bit(self.build.bit_xor(a, b)), negated: not_a != not_b };
                }
                // A conjunction that becomes a number is a product of numbers: a round less.
                if !self.serves_logic(result) {
                    return self.logical_numbers(op, x, y);
                }
                let or = *op == Op::Or;
                let [a, b] = [(a, not_a), (b, not_b)].map(|(test, negated)| {
                    let bit = self.bit_of(test);
                    if negated != or { self.build.bit_not(bit) } else { bit }
                });
                Entry::Bit { test: Test::Bit(self.build.bit_and(a, b)), negated: or }
            }
            (Entry::Bit { test, negated }, _) => self.logical_mixed(op, test, negated, y),
            (_, Entry::Bit { test, negated }) => self.logical_mixed(op, test, negated, x),
            _ => self.logical_numbers(op, x, y),
        }
    }

    /// A test p with a number v: v·p, v + p·(1 − v), v + p·(1 − 2v).
    fn logical_mixed(&mut self, op: &Op, test: Test, negated: bool, v: Value) -> Entry {
        let number = self.as_number(v);
        let v = self.settled_number(number);
        let gap = match op {
            Op::And => v,
            Op::Or => self.one_minus(v),
            _ => {
                let doubled = self.build.add(v, v);
                self.one_minus(doubled)
            }
        };
        let chosen = self.chosen(test, negated, gap);
        let value = if *op == Op::And { chosen } else { self.build.add(chosen, v) };
        self.number(value, 0)
    }

    /// a·b, a + b − a·b, a + b − 2·a·b.
    fn logical_numbers(&mut self, op: &Op, x: Value, y: Value) -> Entry {
        let [a, b] = [x, y].map(|v| {
            let number = self.as_number(v);
            self.settled_number(number)
        });
        let both = self.build.multiply(a, b);
        if *op == Op::And {
            return self.number(both, 0);
        }
        let sum = self.build.add(a, b);
        let twice = if *op == Op::Or { both } else { self.build.add(both, both) };
        let value = self.build.subtract(sum, twice);
        self.number(value, 0)
    }

    pub(super) fn not(&mut self, x: Value) -> Entry {
        match self.entry(x) {
            Entry::Bit { test, negated } => Entry::Bit { test, negated: !negated },
            _ => {
                let number = self.as_number(x);
                let value = self.one_minus(number.value);
                self.number(value, 0)
            }
        }
    }

    /// b + p·(a − b); the product with a bit is never truncated.
    pub(super) fn select(&mut self, p: Value, a: Value, b: Value, ty: &Type) -> Entry {
        let by_zero = matches!(self.entry(b), Entry::Splat(x) if x == 0.0);
        if by_zero && let Some(chosen) = self.truncated_where(p, a) {
            return chosen;
        }
        // Both branches are truncated before they are told apart, so that the result equals one of them exactly.
        self.settle(a);
        self.settle(b);
        let (a, b, precision) = match by_zero {
            true => {
                let a = self.as_number(a);
                (a.value, None, a.precision)
            }
            false => {
                let ([a, b], precision) = self.leveled([a, b], ty);
                (a, Some(b), precision)
            }
        };
        let gap = b.map_or(a, |b| self.build.subtract(a, b));
        let chosen = match self.entry(p) {
            Entry::Bit { test, negated } => self.chosen(test, negated, gap),
            _ => {
                let mask = self.as_number(p);
                let mask = self.settled_number(mask);
                self.build.multiply(mask, gap)
            }
        };
        let value = b.map_or(chosen, |b| self.build.add(chosen, b));
        self.number(value, precision)
    }

    /// x where the bit p is set, else 0, with the truncation that x, a product with no other use, has before it.
    fn truncated_where(&mut self, p: Value, x: Value) -> Option<Entry> {
        let Entry::Bit { test: Test::Bit(bit), negated } = self.entry(p) else { return None };
        let Entry::Number(number) = self.entry(x) else { return None };
        let surplus = self.build.scale(number.value).saturating_sub(number.precision);
        if self.build.kind(number.value) != Kind::Sum || surplus == 0 || self.uses[x.index()] > 1 {
            return None;
        }
        let bit = if negated { self.build.bit_not(bit) } else { bit };
        let value = self.build.truncate_select(number.value, bit, surplus);
        Some(self.number(value, number.precision))
    }

    /// x where a test holds, or where it does not, else 0.
    pub(super) fn chosen(&mut self, test: Test, negated: bool, x: Value) -> Value {
        if self.build.kind(x) != Kind::Arith {
            let mask = self.truth_number(test, negated);
            return self.build.multiply(mask.value, x);
        }
        let product = match test {
            Test::Bit(bit) => self.build.bit_multiply(bit, x),
            Test::Negative(d) | Test::Zero(d) => {
                let [tested, held] = [d, x].map(|v| self.build.depth(v, self.ring));
                match (test, held.saturating_sub(tested)) {
                    (Test::Negative(_), 0) => self.build.where_negative(d, x),
                    (_, 0) => self.build.where_zero(d, x),
                    // x comes later than the test: it waits for no comparison. Past five rounds the test is a number, and the
                    // product takes one.
                    (_, 1..5) => {
                        let bit = self.bit_of(test);
                        self.build.bit_multiply(bit, x)
                    }
                    _ => {
                        let mask = self.truth_number(test, negated);
                        return self.build.multiply(mask.value, x);
                    }
                }
            }
        };
        if negated { self.build.subtract(x, product) } else { product }
    }

    /// A truth value as 0 or 1.
    pub(super) fn truth_number(&mut self, test: Test, negated: bool) -> Number {
        let value = match test {
            Test::Negative(d) => self.build.sign_to_arith(d),
            Test::Zero(d) => self.build.is_zero_to_arith(d),
            Test::Bit(bit) => self.build.bit_to_arith(bit),
        };
        Number { value: if negated { self.one_minus(value) } else { value }, precision: 0 }
    }

    /// What several uses can share: a bit where all of them are logical, else a number.
    pub(super) fn shared_truth(&mut self, value: Value, entry: Entry) -> Entry {
        let of_relu = matches!(self.graph.node(self.graph.definition(value).0).operation, Op::Relu);
        match entry {
            Entry::Bit { test: Test::Bit(_), .. } if of_relu && self.takes_bits(value) => entry,
            Entry::Bit { test, negated } if self.logical_uses[value.index()][0] == self.uses[value.index()] => {
                Entry::Bit { test: Test::Bit(self.bit_of(test)), negated }
            }
            entry => self.settled(entry),
        }
    }

    fn bit_of(&mut self, test: Test) -> Value {
        match test {
            Test::Negative(d) => self.build.sign(d),
            Test::Zero(d) => self.build.is_zero(d),
            Test::Bit(bit) => bit,
        }
    }

    /// Whether all uses of a truth value are logical operations or selects.
    fn takes_bits(&self, value: Value) -> bool {
        let [logical, predicates] = self.logical_uses[value.index()];
        self.uses[value.index()] == logical + predicates
    }

    /// Whether the uses of a truth value take a bit: logical operations, or one select.
    fn serves_logic(&self, value: Value) -> bool {
        let (uses, [logical, predicates]) = (self.uses[value.index()], self.logical_uses[value.index()]);
        logical == uses || uses == 1 && predicates == 1
    }
}

/// How often each value is used by logical operations, and as a predicate.
pub(super) fn logical_uses(graph: &pphlo::Graph) -> Vec<[usize; 2]> {
    let mut uses = vec![[0; 2]; graph.value_count()];
    for (_, node) in graph.nodes() {
        match node.operation {
            Op::And | Op::Or | Op::Xor | Op::Not => node.operands.iter().for_each(|v| uses[v.index()][0] += 1),
            Op::Select => uses[node.operands[0].index()][1] += 1,
            _ => {}
        }
    }
    uses
}
