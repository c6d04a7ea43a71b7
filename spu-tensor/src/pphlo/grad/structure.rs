//! Derivatives of operations that move, add or choose elements.

use super::super::append::Builder;
use super::super::window::dilated;
use super::super::{Literal, Op, Strides};
use super::adjoint::{masked, zeros};
use crate::graph::{Node, Value};
use crate::shape::Shape;

/// What `node` adds to the adjoint of its operand `i`, given its result's adjoint `g`.
pub(super) fn adjoint(b: &mut Builder, node: &Node<Op>, g: Value, i: usize) -> Value {
    let x = |i: usize| node.operands[i];
    let starts = |from: usize| node.operands[from..].iter().copied();
    match (&node.operation, i) {
        (Op::Reverse { .. }, _) => b.apply(node.operation.clone(), &[g]),
        (Op::Slice { start, strides, .. }, _) => spread(b, g, x(0), start, strides),
        (Op::Pad { low, high, interior }, 0) => kept(b, g, low, high, interior),
        // What is not the operand's is the value's.
        (Op::Pad { low, high, interior }, _) => {
            let own = kept(b, g, low, high, interior);
            let [all, own] = [g, own].map(|v| {
                let axes: Vec<usize> = (0..b.graph.ty(v).shape.rank()).collect();
                if axes.is_empty() { v } else { b.apply(Op::ReduceSum { axes }, &[v]) }
            });
            b.apply(Op::Subtract, &[all, own])
        }
        (Op::DynamicSlice { .. }, _) => {
            let zero = zeros(b, x(0));
            let operands: Vec<Value> = [zero, g].into_iter().chain(starts(1)).collect();
            b.apply(Op::DynamicUpdateSlice, &operands)
        }
        (Op::DynamicUpdateSlice, 0) => {
            let zero = zeros(b, x(1));
            let operands: Vec<Value> = [g, zero].into_iter().chain(starts(2)).collect();
            b.apply(Op::DynamicUpdateSlice, &operands)
        }
        (Op::DynamicUpdateSlice, _) => {
            let sizes = b.graph.ty(x(1)).shape.extents().to_vec();
            let operands: Vec<Value> = [g].into_iter().chain(starts(2)).collect();
            b.apply(Op::DynamicSlice { sizes }, &operands)
        }
        (Op::Gather { axis }, _) => {
            let zero = zeros(b, x(0));
            b.apply(Op::ScatterAdd { axis: *axis }, &[zero, x(1), g])
        }
        (Op::ScatterAdd { .. }, 0) => g,
        (Op::ScatterAdd { axis }, _) => b.apply(Op::Gather { axis: *axis }, &[g, x(1)]),
        (Op::Scatter { axis }, 0) => {
            let zero = zeros(b, x(2));
            b.apply(Op::Scatter { axis: *axis }, &[g, x(1), zero])
        }
        (Op::Scatter { axis }, _) => {
            let found = b.apply(Op::Gather { axis: *axis }, &[g, x(1)]);
            let last = last_of_equals(b, x(0), x(1), *axis);
            let dimensions = (*axis..axis + b.graph.ty(x(1)).shape.rank()).collect();
            let shape = b.graph.ty(found).shape.clone();
            let last = b.apply(Op::Broadcast { shape, dimensions }, &[last]);
            masked(b, last, found)
        }
        (op, _) => unreachable!("{} moves no elements", op.name()),
    }
}

/// `g` at the places of a slice, zeros elsewhere.
fn spread(b: &mut Builder, g: Value, like: Value, start: &[usize], strides: &Strides) -> Value {
    let (whole, part) = (b.graph.ty(like).shape.clone(), b.graph.ty(g).shape.clone());
    let interior: Vec<usize> = (0..start.len()).map(|axis| strides.on(axis) - 1).collect();
    let low: Vec<i64> = start.iter().map(|&n| n as i64).collect();
    let high = (0..start.len()).map(|axis| {
        let reach = start[axis] as i128 + dilated(part.extents()[axis], strides.on(axis));
        (whole.extents()[axis] as i128 - reach) as i64
    });
    let high = high.collect();
    padded(b, g, low, high, interior)
}

/// The elements of `g` that stand where a padding has put the operand's; zeros for those that it has removed.
fn kept(b: &mut Builder, g: Value, low: &[i64], high: &[i64], interior: &[usize]) -> Value {
    let removed = |n: &[i64]| n.iter().map(|n| n.saturating_neg()).collect();
    let whole = padded(b, g, removed(low), removed(high), vec![0; low.len()]);
    let limit = b.graph.ty(whole).shape.extents().to_vec();
    let strides = Strides::new(interior.iter().map(|gap| gap + 1).collect());
    b.apply(Op::Slice { start: vec![0; low.len()], limit, strides }, &[whole])
}

fn padded(b: &mut Builder, x: Value, low: Vec<i64>, high: Vec<i64>, interior: Vec<usize>) -> Value {
    if low.iter().chain(&high).all(|&n| n == 0) && interior.iter().all(|&gap| gap == 0) {
        return x;
    }
    let zero = b.splat(Literal::scalar(0.0), &Shape::SCALAR);
    b.apply(Op::Pad { low, high, interior }, &[x, zero])
}

/// For each element of the index, whether none of the later ones names the same entry.
fn last_of_equals(b: &mut Builder, x: Value, index: Value, axis: usize) -> Value {
    let shape = b.graph.ty(index).shape.clone();
    let entries = b.graph.ty(x).shape.extents()[axis];
    let flat = b.apply(Op::Iota { shape: [shape.elements()].into(), axis: 0 }, &[]);
    let numbers = b.apply(Op::Reshape { shape }, &[flat]);
    let nobody = b.apply(Op::Constant { literal: crate::host::HostTensor::int(Shape::SCALAR, vec![-1]).into() }, &[]);
    let nobody = b.apply(Op::Broadcast { shape: [entries].into(), dimensions: vec![] }, &[nobody]);
    let writers = b.apply(Op::Scatter { axis: 0 }, &[nobody, index, numbers]);
    let writer = b.apply(Op::Gather { axis: 0 }, &[writers, index]);
    b.apply(Op::Equal, &[writer, numbers])
}
