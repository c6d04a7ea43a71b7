//! The derivative of each operation.

use super::super::append::Builder;
use super::super::{Literal, Op, Strides};
use super::{linear, structure};
use crate::graph::{Node, Value};

/// The parts that `node` adds to its operands' adjoints, by operand, given its first result's adjoint `g`. Parts of operands
/// that are not `wanted` may be left out.
pub(super) fn adjoints(
    b: &mut Builder,
    node: &Node<Op>,
    g: Value,
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<(usize, Value)> {
    let result = node.result(0);
    let x = |i: usize| node.operands[i];
    let mut parts = Vec::new();
    let mut give = |i: usize, part: &mut dyn FnMut() -> Value| {
        if wanted(i) {
            parts.push((i, part()));
        }
    };
    match &node.operation {
        Op::Add => (0..2).for_each(|i| give(i, &mut || g)),
        Op::Subtract => {
            give(0, &mut || g);
            give(1, &mut || b.apply(Op::Negate, &[g]));
        }
        Op::Multiply => {
            give(0, &mut || b.apply(Op::Multiply, &[g, x(1)]));
            give(1, &mut || b.apply(Op::Multiply, &[g, x(0)]));
        }
        // d(x/y) = dx/y − (dy/y)·(x/y)
        Op::Divide => {
            let scaled = b.apply(Op::Divide, &[g, x(1)]);
            give(0, &mut || scaled);
            give(1, &mut || {
                let product = b.apply(Op::Multiply, &[scaled, result]);
                b.apply(Op::Negate, &[product])
            });
        }
        Op::Negate => give(0, &mut || b.apply(Op::Negate, &[g])),
        Op::Remainder
        | Op::Power
        | Op::Atan2
        | Op::Abs
        | Op::Clamp
        | Op::ExponentialMinusOne
        | Op::LogPlusOne
        | Op::Sqrt
        | Op::Rsqrt
        | Op::RsqrtApprox
        | Op::Logistic
        | Op::Tanh
        | Op::Sine
        | Op::Cosine
        | Op::Erf
        | Op::Gelu
        | Op::Silu
        | Op::Softplus => return super::functions::adjoints(b, node, g, wanted),
        Op::Maximum => {
            let first = b.apply(Op::GreaterEqual, &[x(0), x(1)]);
            give(0, &mut || masked(b, first, g));
            give(1, &mut || masked_out(b, first, g));
        }
        Op::Minimum => {
            let first = b.apply(Op::LessEqual, &[x(0), x(1)]);
            give(0, &mut || masked(b, first, g));
            give(1, &mut || masked_out(b, first, g));
        }
        Op::Select => {
            give(1, &mut || masked(b, x(0), g));
            give(2, &mut || masked_out(b, x(0), g));
        }
        Op::Exponential => give(0, &mut || b.apply(Op::Multiply, &[g, result])),
        Op::Log => give(0, &mut || {
            let inverse = b.apply(Op::Reciprocal, &[x(0)]);
            b.apply(Op::Multiply, &[g, inverse])
        }),
        // d(1/x) = −dx · (1/x)²
        Op::Reciprocal => give(0, &mut || {
            let once = b.apply(Op::Multiply, &[g, result]);
            let twice = b.apply(Op::Multiply, &[once, result]);
            b.apply(Op::Negate, &[twice])
        }),
        Op::Relu => give(0, &mut || masked(b, node.result(1), g)),
        // d(X Y) = dX Y + X dY
        Op::Dot => {
            give(0, &mut || {
                let right = transposed(b, x(1));
                b.apply(Op::Dot, &[g, right])
            });
            give(1, &mut || {
                let left = transposed(b, x(0));
                b.apply(Op::Dot, &[left, g])
            });
        }
        Op::Reshape { .. } => give(0, &mut || reshaped(b, g, x(0))),
        Op::Transpose { permutation } => give(0, &mut || {
            let mut inverse = vec![0; permutation.len()];
            permutation.iter().enumerate().for_each(|(to, &from)| inverse[from] = to);
            b.apply(Op::Transpose { permutation: inverse }, &[g])
        }),
        Op::Broadcast { shape, dimensions } => give(0, &mut || {
            let operand = b.graph.ty(x(0)).shape.clone();
            let repeated = |axis: &usize| match dimensions.iter().position(|d| d == axis) {
                Some(from) => operand.extents()[from] != shape.extents()[*axis],
                None => true,
            };
            let axes: Vec<usize> = (0..shape.rank()).filter(repeated).collect();
            let sum = if axes.is_empty() { g } else { b.apply(Op::ReduceSum { axes }, &[g]) };
            reshaped(b, sum, x(0))
        }),
        Op::DotGeneral { .. } | Op::Convolution { .. } => {
            (0..2).for_each(|i| give(i, &mut || linear::adjoint(b, node, g, i)))
        }
        Op::Reverse { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::DynamicSlice { .. }
        | Op::DynamicUpdateSlice
        | Op::Gather { .. }
        | Op::ScatterAdd { .. }
        | Op::Scatter { .. } => {
            (0..node.operands.len()).for_each(|i| give(i, &mut || structure::adjoint(b, node, g, i)))
        }
        Op::Permute { inverse } => give(0, &mut || b.apply(Op::Permute { inverse: !inverse }, &[g, x(1)])),
        Op::ArgSort { .. } | Op::RandomPermutation { .. } | Op::RandomUniform { .. } | Op::RandomBernoulli { .. } => {}
        Op::Concatenate { axis } => {
            let mut first = 0;
            for (i, &operand) in node.operands.iter().enumerate() {
                let shape = b.graph.ty(operand).shape.clone();
                let mut start = vec![0; shape.rank()];
                let mut limit = shape.extents().to_vec();
                start[*axis] = first;
                limit[*axis] += first;
                first = limit[*axis];
                give(i, &mut || {
                    let (start, limit) = (start.clone(), limit.clone());
                    b.apply(Op::Slice { start, limit, strides: Strides::UNIT }, &[g])
                });
            }
        }
        Op::ReduceSum { axes } => give(0, &mut || repeated(b, g, x(0), axes)),
        Op::ReduceMax { .. }
        | Op::ReduceMin { .. }
        | Op::ReduceProduct { .. }
        | Op::MaxWithOneHot { .. }
        | Op::CumulativeSum { .. }
        | Op::GatherWindows { .. }
        | Op::ScatterWindows { .. } => give(0, &mut || super::reduce::adjoint(b, node, g)),
        Op::Assume { .. } | Op::ToSecret | Op::Reveal | Op::RevealTo { .. } => give(0, &mut || g),
        Op::Convert { .. } | Op::StopGradient | Op::Parameter { .. } | Op::Constant { .. } => {}
        Op::Iota { .. } | Op::OneHot { .. } => {}
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {}
        Op::And | Op::Or | Op::Xor | Op::Not => {}
        Op::ReduceAny { .. } | Op::ReduceAll { .. } | Op::ArgMax { .. } => {}
        Op::If | Op::While { .. } | Op::For { .. } => unreachable!("`{}` has regions", node.operation.name()),
        Op::Sign | Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate => {}
        Op::ShiftLeft | Op::ShiftRightArithmetic | Op::ShiftRightLogical | Op::PopulationCount => {}
    }
    parts
}

/// `g` where the predicate holds, else 0.
pub(super) fn masked(b: &mut Builder, predicate: Value, g: Value) -> Value {
    let zero = zeros(b, g);
    b.apply(Op::Select, &[predicate, g, zero])
}

/// 0 where the predicate holds, else `g`.
pub(super) fn masked_out(b: &mut Builder, predicate: Value, g: Value) -> Value {
    let zero = zeros(b, g);
    b.apply(Op::Select, &[predicate, zero, g])
}

pub(super) fn zeros(b: &mut Builder, like: Value) -> Value {
    let shape = b.graph.ty(like).shape.clone();
    b.splat(Literal::scalar(0.0), &shape)
}

fn transposed(b: &mut Builder, matrix: Value) -> Value {
    b.apply(Op::Transpose { permutation: vec![1, 0] }, &[matrix])
}

/// `value` in the shape of `like`.
pub(super) fn reshaped(b: &mut Builder, value: Value, like: Value) -> Value {
    let shape = b.graph.ty(like).shape.clone();
    match b.graph.ty(value).shape == shape {
        true => value,
        false => b.apply(Op::Reshape { shape }, &[value]),
    }
}

/// `value`, which lacks `axes`, repeated along them to the shape of `like`.
pub(super) fn repeated(b: &mut Builder, value: Value, like: Value, axes: &[usize]) -> Value {
    let shape = b.graph.ty(like).shape.clone();
    let dimensions = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    b.apply(Op::Broadcast { shape, dimensions }, &[value])
}
