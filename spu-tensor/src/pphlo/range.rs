//! Interval analysis: where each value lies, whatever the parties put in.
//!
//! Of real numbers ([`Numbers::REAL`]) bounds are computed in f64 and not rounded outwards. Of what a number format holds ([`Numbers::held`]) they are:
//! what is computed with an error may leave where real numbers lie, and a unit below 0 is floored to −1.

mod control;
mod held;

pub use control::region_intervals;
pub use held::Numbers;

use super::{Graph, Op, gelu, logistic, silu, softplus};
use crate::graph::{Node, Value};
use crate::host::Elements;
use crate::pphlo::DType;

/// The numbers from `lo` to `hi`, both perhaps infinite; truth values are 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least.
    pub lo: f64,
    /// The greatest.
    pub hi: f64,
}

impl Interval {
    /// Every number.
    pub const ALL: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// Truth values.
    pub const BOOL: Self = Self { lo: 0.0, hi: 1.0 };

    /// The numbers from `lo` to `hi`; all numbers if a bound is not one.
    pub fn new(lo: f64, hi: f64) -> Self {
        if lo <= hi { Self { lo, hi } } else { Self::ALL }
    }

    /// Whether it has this number.
    pub fn contains(self, x: f64) -> bool {
        (self.lo..=self.hi).contains(&x)
    }

    /// The smallest interval that has both.
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.lo.min(other.lo), self.hi.max(other.hi))
    }

    fn negate(self) -> Self {
        Self::new(-self.hi, -self.lo)
    }

    fn add(self, other: Self) -> Self {
        Self::new(self.lo + other.lo, self.hi + other.hi)
    }

    fn multiply(self, other: Self) -> Self {
        let corners = [(self.lo, other.lo), (self.lo, other.hi), (self.hi, other.lo), (self.hi, other.hi)];
        // An infinite bound is not reached, so against zero it gives zero.
        let products = corners.map(|(a, b)| if a == 0.0 || b == 0.0 { 0.0 } else { a * b });
        Self::new(
            products.into_iter().fold(f64::INFINITY, f64::min),
            products.into_iter().fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// Products of n such numbers.
    fn product_of(self, n: f64) -> Self {
        if n == 0.0 {
            return Self::new(1.0, 1.0);
        }
        let Self { lo: least, hi: most } = self.magnitude();
        let (least, most) = (libm::pow(least, n), libm::pow(most, n));
        if self.lo >= 0.0 { Self::new(least, most) } else { Self::new(-most, most) }
    }

    fn square(self) -> Self {
        let Self { lo, hi } = self.multiply(self);
        Self::new(lo.max(0.0), hi)
    }

    fn reciprocal(self) -> Self {
        match (self.lo >= 0.0, self.hi <= 0.0) {
            (true, false) => Self::new(1.0 / self.hi, 1.0 / self.lo.abs()),
            (false, true) => Self::new(-1.0 / self.hi.abs(), 1.0 / self.lo),
            _ => Self::ALL,
        }
    }

    /// Values of a rising function whose values at the bounds these are.
    fn monotone(self, function: impl Fn(f64) -> f64) -> Self {
        Self::new(function(self.lo), function(self.hi))
    }

    /// Between its two bounds, each as much further out.
    fn widened(self, below: f64, above: f64) -> Self {
        Self::new(self.lo - below, self.hi + above)
    }

    /// What lies in `other` as well: of what is known to lie there.
    fn within(self, other: Self) -> Self {
        Self::new(self.lo.clamp(other.lo, other.hi), self.hi.clamp(other.lo, other.hi))
    }

    /// With 0, if a value outside the domain may become it.
    fn with_zero_if(self, outside: bool) -> Self {
        if outside { self.hull(Self::new(0.0, 0.0)) } else { self }
    }

    /// Values of a rising function of positive numbers, 0 for others.
    fn positive(self, function: impl Fn(f64) -> f64) -> Self {
        if self.hi <= 0.0 {
            return Self::new(0.0, 0.0);
        }
        Self::new(function(self.lo.max(0.0)), function(self.hi)).with_zero_if(self.lo <= 0.0)
    }

    /// Absolute values.
    fn magnitude(self) -> Self {
        let least = if self.contains(0.0) { 0.0 } else { self.lo.abs().min(self.hi.abs()) };
        Self::new(least, self.lo.abs().max(self.hi.abs()))
    }

    /// Powers of positive numbers: monotone in base and exponent, so the bounds are at corners.
    fn power(self, exponent: Self) -> Self {
        if self.lo <= 0.0 {
            return Self::ALL;
        }
        let corners = [(self.lo, exponent.lo), (self.lo, exponent.hi), (self.hi, exponent.lo), (self.hi, exponent.hi)];
        let powers = corners.map(|(a, b)| libm::pow(a, b));
        if powers.iter().any(|x| x.is_nan()) {
            return Self::new(0.0, f64::INFINITY);
        }
        Self::new(powers.into_iter().fold(f64::INFINITY, f64::min), powers.into_iter().fold(0.0, f64::max))
    }

    /// Values of a function that falls from 0 at −∞ to its least, a little above `least`, at `place`, and rises from there.
    fn with_dip(self, function: impl Fn(f64) -> f64, place: f64, least: f64) -> Self {
        let at = |bound: f64| if bound == f64::NEG_INFINITY { 0.0 } else { function(bound) };
        let lo = if self.lo > place {
            at(self.lo)
        } else if self.hi < place {
            at(self.hi)
        } else {
            least
        };
        Self::new(lo, at(self.lo).max(at(self.hi)))
    }

    /// What lies in both, or `assumed` if nothing does.
    fn assume(self, assumed: Self) -> Self {
        let (lo, hi) = (self.lo.max(assumed.lo), self.hi.min(assumed.hi));
        if lo <= hi { Self { lo, hi } } else { assumed }
    }
}

/// An interval for each value of the graph, by its index. Parameters are unbounded, truth values lie in [0, 1].
pub fn intervals(graph: &Graph) -> Vec<Interval> {
    intervals_of(graph, &[])
}

/// As [`intervals`], where `parameters` tells by index where parameters lie; those that it lacks are unbounded.
pub fn intervals_of(graph: &Graph, parameters: &[Interval]) -> Vec<Interval> {
    Numbers::REAL.intervals(graph, parameters)
}

impl Numbers {
    /// [`intervals_of`] of these numbers.
    pub fn intervals(self, graph: &Graph, parameters: &[Interval]) -> Vec<Interval> {
        let mut known: Vec<Interval> = Vec::with_capacity(graph.value_count());
        for (_, node) in graph.nodes() {
            match node.operation {
                Op::Parameter { index } if index < parameters.len() => known.push(parameters[index]),
                Op::If | Op::While { .. } | Op::For { .. } => {
                    let results = self.results(node, &known);
                    known.extend(results);
                }
                _ => {
                    let first = self.interval(graph, node, &known);
                    known.push(first);
                    known.extend(node.results().skip(1).map(|_| Interval::BOOL));
                }
            }
        }
        known
    }
}

/// Where a node's first result lies in real numbers, if its operands lie in `operands`.
fn interval(graph: &Graph, node: &Node<Op>, operands: &[Interval]) -> Interval {
    let x = |i: usize| operands[i];
    let elements = |v: Value| graph.ty(v).shape.elements() as f64;
    let count = |n: f64| Interval::new(n, n);
    match &node.operation {
        Op::Parameter { .. } if graph.ty(node.result(0)).dtype == DType::Bool => Interval::BOOL,
        Op::Parameter { .. } => Interval::ALL,
        Op::Constant { literal } => constant(&literal.0.elements),
        Op::Iota { shape, axis } => Interval::new(0.0, shape.extents()[*axis].max(1) as f64 - 1.0),
        Op::Add => x(0).add(x(1)),
        Op::Subtract => x(0).add(x(1).negate()),
        Op::Multiply if node.operands[0] == node.operands[1] => x(0).square(),
        Op::Multiply => x(0).multiply(x(1)),
        // Where the divisor is 0 the quotient is 0; an integer quotient is nearer to 0 than the real one.
        Op::Divide => x(0).multiply(x(1).reciprocal()).with_zero_if(x(1).contains(0.0) || is_int(graph, node)),
        // The remainder is no larger than the dividend, and smaller than a divisor that is not 0.
        Op::Remainder => {
            let most = if x(1).contains(0.0) { f64::INFINITY } else { x(1).lo.abs().max(x(1).hi.abs()) };
            Interval::new(x(0).lo.min(0.0).max(-most), x(0).hi.max(0.0).min(most))
        }
        // A negative power of an integer is 0, and so is e^(y·ln x) beyond what e^x serves.
        Op::Power if is_int(graph, node) => {
            let exponent = Interval { lo: x(1).lo.max(0.0), hi: x(1).hi.max(0.0) };
            x(0).power(exponent).with_zero_if(x(1).lo < 0.0)
        }
        Op::Power => x(0).power(x(1)).with_zero_if(logarithm_of_power(x(0), x(1)).hi > LARGEST_EXPONENT),
        Op::Atan2 => Interval::new(-std::f64::consts::PI, std::f64::consts::PI),
        Op::Abs => x(0).magnitude(),
        Op::Sign => x(0).monotone(|bound| f64::from(i8::from(bound > 0.0) - i8::from(bound < 0.0))),
        Op::Clamp => {
            let bound = |lo: f64, x: f64, hi: f64| x.max(lo).min(hi);
            Interval::new(bound(x(0).lo, x(1).lo, x(2).lo), bound(x(0).hi, x(1).hi, x(2).hi))
        }
        Op::Floor => x(0).monotone(libm::floor),
        Op::Ceil => x(0).monotone(libm::ceil),
        Op::RoundNearestAfz => x(0).monotone(libm::round),
        Op::RoundNearestEven => x(0).monotone(libm::rint),
        Op::Truncate => x(0).monotone(libm::trunc),
        Op::Negate => x(0).negate(),
        Op::Maximum => Interval::new(x(0).lo.max(x(1).lo), x(0).hi.max(x(1).hi)),
        Op::Minimum => Interval::new(x(0).lo.min(x(1).lo), x(0).hi.min(x(1).hi)),
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => Interval::BOOL,
        Op::And | Op::Or | Op::Xor | Op::Not if graph.ty(node.result(0)).dtype == DType::Bool => Interval::BOOL,
        Op::Not => Interval::new(-1.0 - x(0).hi, -1.0 - x(0).lo),
        Op::And if x(0).lo >= 0.0 || x(1).lo >= 0.0 => {
            let most = |x: Interval| if x.lo >= 0.0 { x.hi } else { f64::INFINITY };
            Interval::new(0.0, most(x(0)).min(most(x(1))))
        }
        // No bit above the highest of both.
        Op::Or | Op::Xor if x(0).lo >= 0.0 && x(1).lo >= 0.0 => {
            let most = x(0).hi.max(x(1).hi);
            Interval::new(0.0, libm::exp2(libm::ceil(libm::log2(most + 1.0))) - 1.0)
        }
        Op::ShiftLeft => x(0).multiply(x(1).monotone(libm::exp2)),
        Op::ShiftRightLogical if x(0).lo >= 0.0 => Interval::new(0.0, x(0).hi),
        Op::And | Op::Or | Op::Xor | Op::ShiftRightLogical => Interval::ALL,
        Op::ShiftRightArithmetic => Interval::new(x(0).lo.min(0.0), x(0).hi.max(0.0)),
        Op::PopulationCount => Interval::new(0.0, 128.0),
        Op::Select => x(1).hull(x(2)),
        // Of what is above their domain these are 0 and −1.
        Op::Exponential => x(0).monotone(libm::exp).with_zero_if(x(0).hi > LARGEST_EXPONENT),
        Op::ExponentialMinusOne => {
            let least = if x(0).hi > LARGEST_EXPONENT { -1.0 } else { f64::INFINITY };
            let Interval { lo, hi } = x(0).monotone(libm::expm1);
            Interval::new(lo.min(least), hi)
        }
        // Outside their domains these are 0.
        Op::Log => x(0).positive(libm::log),
        Op::LogPlusOne => x(0).add(Interval::new(1.0, 1.0)).positive(libm::log),
        Op::Reciprocal => x(0).reciprocal().with_zero_if(x(0).contains(0.0)),
        Op::Sqrt => x(0).monotone(|bound| libm::sqrt(bound.max(0.0))),
        Op::Rsqrt | Op::RsqrtApprox => match x(0) {
            Interval { hi, .. } if hi <= 0.0 => Interval::new(0.0, 0.0),
            Interval { lo, hi } => {
                Interval::new(1.0 / libm::sqrt(hi), 1.0 / libm::sqrt(lo.max(0.0))).with_zero_if(lo <= 0.0)
            }
        },
        Op::Logistic => x(0).monotone(logistic),
        Op::Tanh => x(0).monotone(libm::tanh),
        Op::Sine | Op::Cosine => Interval::new(-1.0, 1.0),
        Op::Erf => x(0).monotone(libm::erf),
        Op::Gelu => x(0).with_dip(gelu, -0.7518, -0.1701),
        Op::Silu => x(0).with_dip(silu, -1.2785, -0.2785),
        Op::Softplus => x(0).monotone(softplus),
        Op::Relu => x(0).monotone(|bound| bound.max(0.0)),
        Op::Dot => {
            let inner = graph.ty(node.operands[0]).shape.extents()[1];
            x(0).multiply(x(1)).multiply(count(inner as f64))
        }
        Op::DotGeneral { contract, .. } => {
            let shape = &graph.ty(node.operands[0]).shape;
            let terms: usize = contract.iter().map(|pair| shape.extents()[pair.0]).product();
            x(0).multiply(x(1)).multiply(count(terms as f64))
        }
        Op::Convolution { .. } => {
            // At the border some factors are zeros around the input.
            let features = graph.ty(node.result(0)).shape.extents().last().map_or(1.0, |&n| n as f64);
            let terms = if features == 0.0 { 0.0 } else { elements(node.operands[1]) / features };
            x(0).hull(Interval::new(0.0, 0.0)).multiply(x(1)).multiply(count(terms))
        }
        Op::ReduceSum { .. } => {
            let (before, after) = (elements(node.operands[0]), elements(node.result(0)));
            x(0).multiply(count(if after == 0.0 { 0.0 } else { before / after }))
        }
        Op::ReduceProduct { .. } => {
            let (before, after) = (elements(node.operands[0]), elements(node.result(0)));
            x(0).product_of(if after == 0.0 { 0.0 } else { before / after })
        }
        Op::ReduceAny { .. } | Op::ReduceAll { .. } => Interval::BOOL,
        Op::ArgMax { axis } => {
            Interval::new(0.0, graph.ty(node.operands[0]).shape.extents()[*axis].saturating_sub(1) as f64)
        }
        Op::CumulativeSum { axis, .. } => {
            let extent = graph.ty(node.operands[0]).shape.extents()[*axis] as f64;
            x(0).hull(x(0).multiply(count(extent)))
        }
        Op::GatherWindows { window, repeat } => {
            let padded = window.low.iter().chain(&window.high).any(|&n| n > 0);
            x(0).with_zero_if(padded && !repeat)
        }
        // An element of the result is the first of one window at most, the second of another, and so on; a window that
        // repeats it has it so often again.
        Op::ScatterWindows { window, repeat, .. } => {
            let most = (window.elements() as f64) * if *repeat { window.elements() as f64 } else { 1.0 };
            x(0).multiply(count(most)).hull(x(0)).with_zero_if(true)
        }
        Op::ArgSort { .. } | Op::RandomPermutation { .. } => {
            let n = graph.ty(node.result(0)).shape.extents().last().map_or(0.0, |&n| n as f64);
            Interval::new(0.0, (n - 1.0).max(0.0))
        }
        Op::Permute { .. } => x(0),
        Op::RandomUniform { .. } => Interval::new(0.0, 1.0),
        Op::RandomBernoulli { .. } => Interval::BOOL,
        Op::Concatenate { .. } => (0..node.operands.len()).map(x).reduce(Interval::hull).unwrap_or(Interval::ALL),
        Op::Pad { .. } | Op::DynamicUpdateSlice => x(0).hull(x(1)),
        Op::Gather { .. } => x(0).hull(count(0.0)),
        Op::Scatter { .. } => x(0).hull(x(2)),
        // Any number of entries, all or none, may meet an element.
        Op::ScatterAdd { .. } => {
            let most = elements(node.operands[1]);
            x(0).add(x(2).hull(count(0.0)).multiply(count(most)))
        }
        Op::OneHot { .. } => Interval::BOOL,
        Op::Assume { lo, hi } => x(0).assume(Interval { lo: lo.0, hi: hi.0 }),
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } | Op::Slice { .. } => x(0),
        Op::Reverse { .. } | Op::DynamicSlice { .. } => x(0),
        Op::ReduceMax { .. } | Op::ReduceMin { .. } | Op::MaxWithOneHot { .. } => x(0),
        Op::Convert { .. } | Op::StopGradient | Op::ToSecret | Op::Reveal | Op::RevealTo { .. } => x(0),
        Op::If | Op::While { .. } | Op::For { .. } => unreachable!("`{}` has regions", node.operation.name()),
    }
}

fn is_int(graph: &Graph, node: &Node<Op>) -> bool {
    graph.ty(node.result(0)).dtype == DType::Int
}

fn constant(elements: &Elements) -> Interval {
    let values = elements.to_f64();
    if values.is_empty() || values.iter().any(|x| x.is_nan()) {
        return Interval::ALL;
    }
    values.iter().map(|&x| Interval { lo: x, hi: x }).reduce(Interval::hull).unwrap_or(Interval::ALL)
}

/// Where y·ln x lies, for x > 0.
pub(crate) fn logarithm_of_power(x: Interval, y: Interval) -> Interval {
    if x.hi <= 0.0 { Interval::ALL } else { x.positive(libm::log).multiply(y) }
}

/// The largest x whose e^x every format is meant to give, if it holds it.
pub(crate) const LARGEST_EXPONENT: f64 = 20.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::{evaluate, generate, parse};
    use proptest::prelude::*;

    fn outputs(text: &str) -> Vec<Interval> {
        let graph = parse(text).unwrap().graph;
        let known = intervals(&graph);
        graph.outputs.iter().map(|v| known[v.index()]).collect()
    }

    #[test]
    fn a_softmax_is_bounded() {
        let text = "program softmax(x: fxp[secret][4, 10])
            %x = parameter {index = 0} : fxp[secret][4, 10]
            %most = reduce_max %x {axis = 1}
            %m = broadcast %most {shape = [4, 10], dimensions = [0]}
            %shifted = subtract %x, %m
            %s = assume %shifted {lo = -inf, hi = 0.0}
            %e = exponential %s
            %sum = reduce_sum %e {axes = [1]}
            %total = assume %sum {lo = 1.0, hi = inf}
            %r = reciprocal %total
            %l = log %total
            return x = %x, e = %e, sum = %sum, total = %total, r = %r, l = %l";
        let interval = |lo, hi| Interval { lo, hi };
        let expected = vec![
            Interval::ALL,
            interval(0.0, 1.0),
            interval(0.0, 10.0),
            interval(1.0, 10.0),
            interval(0.1, 1.0),
            interval(0.0, 10f64.ln()),
        ];
        assert_eq!(outputs(text), expected);
    }

    #[test]
    fn reciprocals_know_the_sign() {
        let of = |lo, hi| Interval { lo, hi }.reciprocal();
        assert_eq!(of(2.0, 4.0), Interval { lo: 0.25, hi: 0.5 });
        assert_eq!(of(-4.0, -2.0), Interval { lo: -0.5, hi: -0.25 });
        assert_eq!(of(0.0, 4.0), Interval { lo: 0.25, hi: f64::INFINITY });
        assert_eq!(of(-4.0, 0.0), Interval { lo: f64::NEG_INFINITY, hi: -0.25 });
        assert_eq!(of(-1.0, 4.0), Interval::ALL);
    }

    #[test]
    fn a_shift_keeps_a_bound_and_a_negative_power_is_0() {
        let text = "program f(x: int[secret][], y: int[secret][])
            %x = parameter {index = 0} : int[secret][]
            %y = parameter {index = 1} : int[secret][]
            %a = assume %x {lo = 0.0, hi = 1048576.0}
            %n = constant {literal = int[] (40)}
            %s = shift_left %a, %n
            %b = assume %x {lo = 2.0, hi = 3.0}
            %e = assume %y {lo = -2.0, hi = 2.0}
            %p = power %b, %e
            return s = %s, p = %p";
        assert_eq!(outputs(text), [Interval::new(0.0, libm::exp2(60.0)), Interval::new(0.0, 9.0)]);
    }

    #[test]
    fn powers_of_e_beyond_the_domain_may_be_0() {
        let text = |hi: &str| {
            format!(
                "program f(x: fxp[secret][])
                %x = parameter {{index = 0}} : fxp[secret][]
                %a = assume %x {{lo = 2.0, hi = {hi}}}
                %e = exponential %a
                %m = exponential_minus_one %a
                %p = power %a, %a
                return e = %e, m = %m, p = %p"
            )
        };
        let lowest = |hi: &str| outputs(&text(hi)).iter().map(|interval| interval.lo).collect::<Vec<_>>();
        assert_eq!(lowest("8.0"), [libm::exp(2.0), libm::expm1(2.0), 4.0]);
        // 10^10 is above e^20.
        assert_eq!(lowest("10.0"), [libm::exp(2.0), libm::expm1(2.0), 0.0]);
        assert_eq!(lowest("21.0"), [0.0, -1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn every_value_lies_in_its_interval(seed: u64) {
            let (program, arguments) = generate::program(seed, 40);
            let mut graph = program.graph;
            let returnable = |v: &Value| {
                let (node, _) = graph.definition(*v);
                !matches!(graph.node(node).operation, Op::RevealTo { .. })
            };
            graph.outputs = (0..graph.value_count() as u32).map(Value).filter(returnable).collect();
            let known = intervals(&graph);
            for (value, tensor) in graph.outputs.iter().zip(evaluate(&graph, &arguments).unwrap()) {
                let Interval { lo, hi } = known[value.index()];
                let slack = |bound: f64| 1e-9 * (1.0 + bound.abs());
                for x in tensor.elements.to_f64() {
                    prop_assert!(lo - slack(lo) <= x && x <= hi + slack(hi), "{value:?} is {x}, not in {lo}..={hi}");
                }
            }
        }
    }
}
