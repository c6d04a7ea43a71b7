//! Derivatives of reductions, running sums and windows.

use super::super::append::Builder;
use super::super::{Literal, Op, Strides};
use super::adjoint::{masked, repeated};
use crate::graph::{Node, Value};
use crate::shape::Shape;

/// The part that `node` adds to its operand's adjoint, given its first result's adjoint `g`.
pub(super) fn adjoint(b: &mut Builder, node: &Node<Op>, g: Value) -> Value {
    let x = node.operands[0];
    match &node.operation {
        Op::ReduceMax { axis } => {
            let one_hot = b.apply_all(Op::MaxWithOneHot { axis: *axis }, &[x])[1];
            spread(b, g, x, *axis, one_hot)
        }
        Op::ReduceMin { axis } => {
            let negated = b.apply(Op::Negate, &[x]);
            let one_hot = b.apply_all(Op::MaxWithOneHot { axis: *axis }, &[negated])[1];
            spread(b, g, x, *axis, one_hot)
        }
        Op::MaxWithOneHot { axis } => spread(b, g, x, *axis, node.result(1)),
        Op::ReduceProduct { axes } => product(b, x, axes, g),
        // Element i is in the sums i, i + 1, …
        Op::CumulativeSum { axis, reverse } => b.apply(Op::CumulativeSum { axis: *axis, reverse: !reverse }, &[g]),
        Op::GatherWindows { window, repeat } => {
            let shape = b.graph.ty(x).shape.clone();
            b.apply(Op::ScatterWindows { window: window.clone(), repeat: *repeat, shape }, &[g])
        }
        Op::ScatterWindows { window, repeat, .. } => {
            b.apply(Op::GatherWindows { window: window.clone(), repeat: *repeat }, &[g])
        }
        op => unreachable!("{} is no reduction", op.name()),
    }
}

/// `g`, which lacks an axis of x, where the one-hot holds; 0 elsewhere. The last place has what the others leave: a product less.
fn spread(b: &mut Builder, g: Value, x: Value, axis: usize, one_hot: Value) -> Value {
    let shape = b.graph.ty(x).shape.clone();
    let last = shape.extents()[axis] - 1;
    if last == 0 {
        return repeated(b, g, x, &[axis]);
    }
    let mut limit = shape.extents().to_vec();
    limit[axis] = last;
    let others = Op::Slice { start: vec![0; shape.rank()], limit: limit.clone(), strides: Strides::UNIT };
    let others = b.apply(others, &[one_hot]);
    let spread = repeated(b, g, others, &[axis]);
    let chosen = masked(b, others, spread);
    let taken = b.apply(Op::ReduceSum { axes: vec![axis] }, &[chosen]);
    let rest = b.apply(Op::Subtract, &[g, taken]);
    limit[axis] = 1;
    let rest = b.apply(Op::Reshape { shape: Shape::new(limit) }, &[rest]);
    b.apply(Op::Concatenate { axis }, &[chosen, rest])
}

/// The product is a tree of products of two halves, as the back end computes it, and needs no division: each node hands
/// down its adjoint times its other half.
fn product(b: &mut Builder, x: Value, axes: &[usize], g: Value) -> Value {
    let shape = b.graph.ty(x).shape.clone();
    let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    let permutation: Vec<usize> = kept.iter().chain(axes).copied().collect();
    let moved = b.apply(Op::Transpose { permutation: permutation.clone() }, &[x]);
    let moved_shape = b.graph.ty(moved).shape.clone();
    let width: usize = axes.iter().map(|&axis| shape.extents()[axis]).product();
    let rows: usize = kept.iter().map(|&axis| shape.extents()[axis]).product();
    if width == 0 {
        return b.splat(Literal::scalar(0.0), &shape);
    }
    let columns = |b: &mut Builder, matrix: Value, from: usize, to: usize| {
        b.apply(Op::Slice { start: vec![0, from], limit: vec![rows, to], strides: Strides::UNIT }, &[matrix])
    };
    let join = |b: &mut Builder, parts: Vec<Value>| b.apply(Op::Concatenate { axis: 1 }, &parts);
    let mut level = b.apply(Op::Reshape { shape: Shape::from([rows, width]) }, &[moved]);
    let (mut halves, mut extent) = (Vec::new(), width);
    while extent > 1 {
        let half = extent / 2;
        let pair = [columns(b, level, 0, half), columns(b, level, half, 2 * half)];
        let mut parts = vec![b.apply(Op::Multiply, &pair)];
        if extent % 2 == 1 {
            parts.push(columns(b, level, 2 * half, extent));
        }
        level = if parts.len() > 1 { join(b, parts) } else { parts[0] };
        halves.push((pair, extent));
        extent = extent.div_ceil(2);
    }
    let mut adjoint = b.apply(Op::Reshape { shape: Shape::from([rows, 1]) }, &[g]);
    for ([left, right], extent) in halves.into_iter().rev() {
        let half = extent / 2;
        let of_products = columns(b, adjoint, 0, half);
        let mut parts = [right, left].map(|other| b.apply(Op::Multiply, &[of_products, other])).to_vec();
        if extent % 2 == 1 {
            parts.push(columns(b, adjoint, half, half + 1));
        }
        adjoint = join(b, parts);
    }
    let moved = b.apply(Op::Reshape { shape: moved_shape }, &[adjoint]);
    let mut inverse = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(to, &from)| inverse[from] = to);
    b.apply(Op::Transpose { permutation: inverse }, &[moved])
}
