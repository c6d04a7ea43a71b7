//! Removes operations that give their operand back, and joins chains of movements.
//!
//! ```text
//! %1 = stop_gradient %0
//! %2 = transpose %1 {permutation = [1, 0]}
//! %3 = transpose %2 {permutation = [1, 0]}   →
//! %4 = negate %3                                 %4 = negate %0
//! ```
//!
//! A derivative has been taken before any pass runs, so that `stop_gradient` has done its work. `assume` stays: the interval
//! analysis reads it.

use super::Changed;
use super::rewrite::{maker, rewrite};
use crate::graph::Value;
use crate::pphlo::{Builder, Graph, Op};

pub(super) fn run(graph: &mut Graph) -> Changed {
    rewrite(graph, |b, node, operands| {
        let operand = *operands.first()?;
        match is_identity(&node.operation, b.graph, operand) {
            true => Some(vec![operand]),
            false => joined(b, &node.operation, operand).map(|result| vec![result]),
        }
    })
}

fn is_identity(op: &Op, graph: &Graph, operand: Value) -> bool {
    let shape = &graph.ty(operand).shape;
    match op {
        Op::StopGradient => true,
        Op::Reshape { shape: to } | Op::Broadcast { shape: to, .. } => to == shape,
        Op::Transpose { permutation } => permutation.iter().copied().eq(0..shape.rank()),
        Op::Slice { start, limit } => start.iter().all(|&first| first == 0) && limit == shape.extents(),
        _ => false,
    }
}

/// A movement of the same movement, as one.
fn joined(b: &mut Builder, op: &Op, operand: Value) -> Option<Value> {
    let inner = maker(b.graph, operand);
    let source = *inner.operands.first()?;
    let op = match (op, &inner.operation) {
        (Op::Reshape { .. }, Op::Reshape { .. }) => op.clone(),
        (Op::Transpose { permutation: outer }, Op::Transpose { permutation: inner }) => {
            Op::Transpose { permutation: outer.iter().map(|&axis| inner[axis]).collect() }
        }
        (Op::Broadcast { shape, dimensions: outer }, Op::Broadcast { dimensions: inner, .. }) => {
            Op::Broadcast { shape: shape.clone(), dimensions: inner.iter().map(|&axis| outer[axis]).collect() }
        }
        (Op::Slice { start, limit }, Op::Slice { start: offset, .. }) => {
            let moved = |places: &[usize]| places.iter().zip(offset).map(|(place, offset)| place + offset).collect();
            Op::Slice { start: moved(start), limit: moved(limit) }
        }
        _ => return None,
    };
    Some(b.apply(op, &[source]))
}
