//! Interval analysis: where each value lies, whatever the parties put in.
//!
//! Bounds are computed in f64 and not rounded outwards; whoever relies on one leaves room for an ulp.

use super::{Graph, Op};
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

    /// What lies in both, or `assumed` if nothing does.
    fn assume(self, assumed: Self) -> Self {
        let (lo, hi) = (self.lo.max(assumed.lo), self.hi.min(assumed.hi));
        if lo <= hi { Self { lo, hi } } else { assumed }
    }
}

/// An interval for each value of the graph, by its index. Parameters are unbounded, truth values lie in [0, 1].
pub fn intervals(graph: &Graph) -> Vec<Interval> {
    let mut known: Vec<Interval> = Vec::with_capacity(graph.value_count());
    for (_, node) in graph.nodes() {
        let first = interval(graph, node, &known);
        known.push(first);
        known.extend(node.results().skip(1).map(|_| Interval::BOOL));
    }
    known
}

/// Where a node's first result lies.
fn interval(graph: &Graph, node: &Node<Op>, known: &[Interval]) -> Interval {
    let x = |i: usize| known[node.operands[i].index()];
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
        Op::Divide => x(0).multiply(x(1).reciprocal()),
        Op::Negate => x(0).negate(),
        Op::Maximum => Interval::new(x(0).lo.max(x(1).lo), x(0).hi.max(x(1).hi)),
        Op::Minimum => Interval::new(x(0).lo.min(x(1).lo), x(0).hi.min(x(1).hi)),
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => Interval::BOOL,
        Op::And | Op::Or | Op::Not => Interval::BOOL,
        Op::Select => x(1).hull(x(2)),
        Op::Exponential => x(0).monotone(libm::exp),
        Op::Log if x(0).hi > 0.0 => x(0).monotone(|bound| libm::log(bound.max(0.0))),
        Op::Log => Interval::ALL,
        Op::Reciprocal => x(0).reciprocal(),
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
        Op::ReduceMax { .. } | Op::Convert { .. } | Op::StopGradient | Op::Reveal | Op::RevealTo { .. } => x(0),
    }
}

fn constant(elements: &Elements) -> Interval {
    let values = elements.to_f64();
    if values.is_empty() || values.iter().any(|x| x.is_nan()) {
        return Interval::ALL;
    }
    values.iter().map(|&x| Interval { lo: x, hi: x }).reduce(Interval::hull).unwrap_or(Interval::ALL)
}

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
