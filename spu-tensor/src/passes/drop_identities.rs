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
use crate::pphlo::{Builder, Graph, Op, Strides};

pub(super) fn run(graph: &mut Graph) -> Changed {
    rewrite(graph, |b, node, operands| {
        let operand = *operands.first()?;
        // Whatever is secret may be an operand that adds nothing; the result stays secret.
        let secret = operands.iter().any(|&v| b.graph.ty(v).visibility > b.graph.ty(operand).visibility);
        if secret {
            return None;
        }
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
        Op::Slice { start, limit, strides } => {
            strides.is_unit() && start.iter().all(|&first| first == 0) && limit == shape.extents()
        }
        Op::Pad { low, high, interior } => {
            low.iter().chain(high).all(|&n| n == 0)
                && interior.iter().zip(shape.extents()).all(|(&gap, &n)| gap == 0 || n < 2)
        }
        Op::Reverse { axes } => axes.iter().all(|&axis| shape.extents()[axis] < 2),
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
        (Op::Slice { start, limit, strides }, Op::Slice { start: offset, strides: steps, .. }) => {
            // Element start + i · stride of what starts at `offset` and goes by `step`.
            let range = |axis: usize| {
                let (first, step) = (offset[axis], steps.on(axis));
                match limit[axis] - start[axis] {
                    0 => (first, first),
                    _ => (first + start[axis] * step, first + (limit[axis] - 1) * step + 1),
                }
            };
            let (from, to) = (0..start.len()).map(range).unzip();
            let joined = (0..start.len()).map(|axis| strides.on(axis) * steps.on(axis)).collect();
            Op::Slice { start: from, limit: to, strides: Strides::new(joined) }
        }
        (Op::Reverse { axes }, Op::Reverse { axes: inner }) if axes == inner => return Some(source),
        _ => return None,
    };
    Some(b.apply(op, &[source]))
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::{Changed, Graph, run};

    fn until_settled(graph: &mut Graph) -> Changed {
        let changed = run(graph);
        while run(graph) == Changed::Yes {}
        changed
    }

    #[test]
    fn identities_go() {
        let identities = [
            "%y = stop_gradient %x return y = %y",
            "%y = reshape %x {shape = [2, 3]} return y = %y",
            "%y = broadcast %x {shape = [2, 3], dimensions = [0, 1]} return y = %y",
            "%y = slice %x {start = [0, 0], limit = [2, 3]} return y = %y",
            "%y = transpose %x {permutation = [0, 1]} return y = %y",
        ];
        identities.into_iter().for_each(|before| rewrites(run, before, "return y = %x"));
        let turned_twice = "%t = transpose %x {permutation = [1, 0]} %y = transpose %t {permutation = [1, 0]}";
        rewrites(until_settled, &format!("{turned_twice} return y = %y"), "return y = %x");
    }

    #[test]
    fn movements_join() {
        rewrites(
            run,
            "%a = reshape %x {shape = [1, 2, 3]}
             %b = transpose %a {permutation = [2, 0, 1]}
             %y = transpose %b {permutation = [1, 0, 2]}
             return y = %y",
            "%a = reshape %x {shape = [1, 2, 3]} %y = transpose %a {permutation = [0, 2, 1]} return y = %y",
        );
        rewrites(
            run,
            "%a = broadcast %x {shape = [4, 2, 3], dimensions = [1, 2]}
             %y = broadcast %a {shape = [4, 5, 2, 3], dimensions = [0, 2, 3]}
             return y = %y",
            "%y = broadcast %x {shape = [4, 5, 2, 3], dimensions = [2, 3]} return y = %y",
        );
        rewrites(
            run,
            "%a = slice %x {start = [1, 1], limit = [2, 3]} %y = slice %a {start = [0, 1], limit = [1, 2]} return y = %y",
            "%y = slice %x {start = [1, 2], limit = [2, 3]} return y = %y",
        );
    }

    #[test]
    fn assumptions_stay() {
        keeps(run, "%y = assume %x {lo = 0.0, hi = 1.0} return y = %y");
    }
}
