//! Where the numbers lie that a format holds.
//!
//! A held result is what the operation makes of its held operands, off by the operation's own error: the bounds that `docs/functions.md` has,
//! or more. A truncation gives one of the two multiples of the unit beside a number, and that number itself if it is one. So a product leaves no bound
//! that is a multiple of the unit, 0 above all.
//!
//! What an author asserts of a value is taken for true of what is held; only where a unit would become 1 ([`Numbers::of_rounded`]) an assertion about
//! what is computed with an error is trusted up to some units.

use super::{Graph, Interval, LARGEST_EXPONENT, interval, logarithm_of_power};
use crate::graph::{Node, Value};
use crate::pphlo::{DType, Op};

/// Whose bounds an analysis is to find.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Numbers {
    /// The distance of two fixed-point numbers; 0 for real ones.
    unit: f64,
    /// What fixed-point numbers are below.
    bound: f64,
}

impl Numbers {
    /// Real numbers, and integers that do not wrap.
    pub const REAL: Self = Self { unit: 0.0, bound: f64::INFINITY };

    /// The numbers of a format with so many fraction bits, below `bound` in absolute value, and integers that do not wrap.
    pub fn held(fraction_bits: u32, bound: f64) -> Self {
        Self { unit: libm::ldexp(1.0, -(fraction_bits as i32)), bound }
    }

    /// Where a node's first result lies.
    pub(super) fn interval(self, graph: &Graph, node: &Node<Op>, known: &[Interval]) -> Interval {
        let fixed_point = |v: Value| graph.ty(v).dtype == DType::Fxp;
        let moves = moves(&node.operation);
        let operands = node.operands.iter().map(|&v| match known[v.index()] {
            x if self.unit == 0.0 || moves || !fixed_point(v) => x,
            x if rounds(&node.operation) => self.of_rounded(graph, v, x),
            x => self.outward(x),
        });
        let operands: Vec<Interval> = operands.collect();
        let exact = interval(graph, node, &operands);
        match self.unit > 0.0 && !moves && fixed_point(node.result(0)) {
            true => self.outward(self.with_error(graph, node, &operands, exact)),
            false => exact,
        }
    }

    /// Where a held value lies of which x is known, for who would make 1 of a unit: an assertion about a computed value is trusted up to some units.
    pub fn of_rounded(self, graph: &Graph, value: Value, x: Interval) -> Interval {
        let leeway = if is_asserted(graph, value) { LEEWAY * self.unit } else { 0.0 };
        self.outward(x.widened(leeway, leeway))
    }

    /// To the multiples of the unit.
    fn outward(self, x: Interval) -> Interval {
        let to = |bound: f64, round: fn(f64) -> f64| match bound / self.unit {
            units if units.abs() < LARGEST_INTEGER => round(units) * self.unit,
            _ => bound,
        };
        Interval { lo: to(x.lo, libm::floor), hi: to(x.hi, libm::ceil) }
    }

    /// What a fixed-point operation makes of operands that lie in `operands`, if real numbers make `exact` of them.
    fn with_error(self, graph: &Graph, node: &Node<Op>, operands: &[Interval], exact: Interval) -> Interval {
        let exact = self.beyond_domain(&node.operation, operands, exact);
        let Error { units, relative } = self.error(graph, node, operands, exact);
        if units == 0.0 && relative == 0.0 {
            return exact;
        }
        let [below, above] = [exact.lo, exact.hi].map(|bound| match bound.is_finite() {
            true => units * self.unit + relative * bound.abs(),
            false => 0.0,
        });
        let widened = exact.widened(below, above);
        match node.operation {
            Op::Logistic => widened.within(Interval::BOOL),
            Op::Tanh | Op::Erf => widened.within(Interval::new(-1.0, 1.0)),
            // Products of numbers that are not negative, truncated.
            Op::Exponential
            | Op::Power
            | Op::Reciprocal
            | Op::Divide
            | Op::Sqrt
            | Op::Rsqrt
            | Op::RsqrtApprox
            | Op::ReduceProduct { .. }
                if exact.lo >= 0.0 =>
            {
                Interval { lo: widened.lo.max(0.0), ..widened }
            }
            _ => widened,
        }
    }

    /// By how much the result of an operation is off.
    fn error(self, graph: &Graph, node: &Node<Op>, operands: &[Interval], exact: Interval) -> Error {
        let most = |x: Interval| x.lo.abs().max(x.hi.abs());
        // Functions err by 2^(3 − f) of the value at most.
        let fine = FINE.max(16.0 * self.unit);
        let is_rough = |v: &Value| graph.node(graph.definition(*v).0).operation == Op::RsqrtApprox;
        match node.operation {
            Op::Divide | Op::Reciprocal | Op::Sqrt | Op::Rsqrt => Error { units: 4.0, relative: fine },
            Op::Exponential | Op::ExponentialMinusOne | Op::Log | Op::LogPlusOne => {
                Error { units: 16.0, relative: fine }
            }
            Op::Logistic | Op::Tanh | Op::Erf | Op::Gelu | Op::Silu | Op::Softplus | Op::Sine | Op::Cosine => {
                Error { units: 8.0, relative: 0.0 }
            }
            Op::Atan2 => Error { units: 8.0, relative: fine },
            Op::RsqrtApprox => Error { units: 4.0, relative: ROUGH.max(fine) },
            // y/√x is one operation.
            Op::Multiply if node.operands.iter().any(is_rough) => Error { units: 4.0, relative: 0.0 },
            // Each of |y| products, or of y·ln x a unit for each 1 of y, of a result above 1 as much more.
            Op::Power => {
                Error { units: (64.0 + 8.0 * most(operands[1])) * most(exact).max(1.0), relative: ROUGH.max(fine) }
            }
            Op::ReduceProduct { .. } => {
                let elements = |v: Value| graph.ty(v).shape.elements() as f64;
                let terms = elements(node.operands[0]) / elements(node.result(0)).max(1.0);
                Error { units: terms * most(exact).max(1.0), relative: 0.0 }
            }
            _ => Error { units: 0.0, relative: 0.0 },
        }
    }
}

impl Numbers {
    /// What a format makes of arguments that it does not serve, besides.
    fn beyond_domain(self, op: &Op, operands: &[Interval], exact: Interval) -> Interval {
        // A little less than the largest number of the format.
        let top = (libm::log(self.bound) - 0.07).min(LARGEST_EXPONENT);
        match op {
            Op::Exponential => exact.with_zero_if(operands[0].hi > top),
            Op::ExponentialMinusOne if operands[0].hi > top => exact.hull(Interval::new(-1.0, -1.0)),
            Op::Power => exact.with_zero_if(logarithm_of_power(operands[0], operands[1]).hi > top),
            // Bits beyond the domain are not looked at.
            Op::RsqrtApprox if operands[0].hi >= 0.25 / (self.unit * self.unit) => {
                exact.hull(Interval::new(0.0, 1.0 / libm::sqrt(self.unit)))
            }
            _ => exact,
        }
    }
}

/// So many units, and so much of the value.
struct Error {
    units: f64,
    relative: f64,
}

/// Whether an operation gives elements of its operands, or their negations: whatever bounds them bounds it.
fn moves(op: &Op) -> bool {
    matches!(
        op,
        Op::Parameter { .. }
            | Op::Constant { .. }
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Broadcast { .. }
            | Op::Slice { .. }
            | Op::Reverse { .. }
            | Op::Pad { .. }
            | Op::Concatenate { .. }
            | Op::DynamicSlice { .. }
            | Op::DynamicUpdateSlice
            | Op::Gather { .. }
            | Op::Scatter { .. }
            | Op::GatherWindows { .. }
            | Op::Permute { .. }
            | Op::Select
            | Op::Negate
            | Op::Maximum
            | Op::Minimum
            | Op::Clamp
            | Op::Relu
            | Op::ReduceMax { .. }
            | Op::ReduceMin { .. }
            | Op::MaxWithOneHot { .. }
            | Op::Assume { .. }
            | Op::StopGradient
            | Op::ToSecret
            | Op::Reveal
            | Op::RevealTo { .. }
            | Op::Convert { .. }
            | Op::RandomUniform { .. }
    )
}

/// Whether an operation makes 1 of a unit.
fn rounds(op: &Op) -> bool {
    matches!(op, Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate | Op::Sign)
}

/// Whether a bound of a value comes from an assertion about what is computed.
fn is_asserted(graph: &Graph, value: Value) -> bool {
    let mut seen = vec![false; value.index() + 1];
    let mut rest = vec![(value, false)];
    while let Some((value, asserted)) = rest.pop() {
        let node = graph.node(graph.definition(value).0);
        if !moves(&node.operation) && asserted {
            return true;
        }
        if moves(&node.operation) && !std::mem::replace(&mut seen[value.index()], true) {
            let asserted = asserted || matches!(node.operation, Op::Assume { .. });
            let operands = node.operands.iter().filter(|v| graph.ty(**v).dtype == DType::Fxp);
            rest.extend(operands.map(|&v| (v, asserted)));
        }
    }
    false
}

/// The relative error of functions: the documented one twice.
const FINE: f64 = 1.0 / 16_384.0;
/// That of 1/√x with few digits, and of powers.
const ROUGH: f64 = 1.0 / 512.0;
/// By how many units an assertion about a computed value may fail.
const LEEWAY: f64 = 64.0;
/// From here on every `f64` is an integer.
const LARGEST_INTEGER: f64 = 4_503_599_627_370_496.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::parse;

    /// Where the outputs lie with 10 fraction bits below 2^20.
    fn held(body: &str) -> Vec<Interval> {
        let head = "program f(x: fxp[secret][], y: fxp[secret][])
            %x = parameter {index = 0} : fxp[secret][]
            %y = parameter {index = 1} : fxp[secret][]\n";
        let graph = parse(&format!("{head}{body}")).unwrap_or_else(|error| panic!("{error}")).graph;
        let known = Numbers::held(10, 1_048_576.0).intervals(&graph, &[]);
        graph.outputs.iter().map(|v| known[v.index()]).collect()
    }

    #[test]
    fn functions_may_leave_real_bounds_and_truncations_do_not() {
        let body = "%a = assume %x {lo = 1.0, hi = 9.0}
            %l = log %a
            %f = floor %l
            %s = sqrt %a
            %g = floor %s
            %t = truncate %l
            %o = logistic %x
            %i = floor %o
            %p = multiply %o, %a
            %j = floor %p
            return f = %f, g = %g, t = %t, i = %i, j = %j";
        let interval = |lo, hi| Interval { lo, hi };
        // ln 1 and √1 may be some units less.
        let expected =
            [interval(-1.0, 2.0), interval(0.0, 3.0), interval(0.0, 2.0), Interval::BOOL, interval(0.0, 9.0)];
        assert_eq!(held(body), expected);
    }

    #[test]
    fn exact_values_keep_their_bounds() {
        let body = "%a = assume %x {lo = 0.1, hi = 9.0}
            %s = add %a, %a
            %m = subtract %s, %y
            %r, %mask = relu %m
            %f = floor %r
            %u = assume %x {lo = 0.0, hi = 9.999}
            %i = floor %u
            return a = %a, f = %f, i = %i";
        let expected = [Interval::new(0.1, 9.0), Interval::new(0.0, f64::INFINITY), Interval::new(0.0, 9.0)];
        assert_eq!(held(body), expected);
    }

    #[test]
    fn an_assertion_about_a_computed_value_may_fail_by_units() {
        let body = |of: &str| {
            format!(
                "%l = log %x
                %a = assume {of} {{lo = 0.0, hi = 2.0}}
                %n = negate %a
                %c = ceil %n
                return c = %c"
            )
        };
        assert_eq!(held(&body("%l")), [Interval::new(-2.0, 1.0)]);
        assert_eq!(held(&body("%x")), [Interval::new(-2.0, 0.0)]);
    }

    #[test]
    fn a_rough_root_beyond_its_domain_may_be_anything() {
        let body = "%a = assume %x {lo = 4.0, hi = 1048576.0}
            %r = rsqrt_approx %a
            %b = assume %x {lo = 4.0, hi = 16.0}
            %s = rsqrt_approx %b
            return r = %r, s = %s";
        let [far, near] = held(body)[..] else { panic!("two results") };
        assert!(far.contains(0.0) && far.hi >= 32.0, "{far:?}");
        assert!(near.lo > 0.24 && near.hi < 0.52, "{near:?}");
    }
}
