//! A counted loop written out.

use super::{Builder, Graph, Literal, Op, Strides, Type, inline};
use crate::graph::Value;
use crate::host::{Elements, HostTensor};
use crate::shape::Shape;

/// Appends the region of a `For` once for each of its iterations, and gives what stands for its results; `types` are theirs.
pub(crate) fn unroll(b: &mut Builder, op: &Op, region: &Graph, operands: &[Value], types: &[Type]) -> Vec<Value> {
    let &Op::For { start, trips, carried, scanned } = op else { panic!("`{}` is not counted", op.name()) };
    let (initial, rest) = operands.split_at(carried);
    let (scanned, captured) = rest.split_at(scanned);
    let mut state = initial.to_vec();
    let mut stacked = vec![Vec::new(); types.len() - carried];
    for i in 0..trips {
        let index = HostTensor::int(Shape::SCALAR, vec![start + i as i64]);
        let index = b.apply(Op::Constant { literal: index.into() }, &[]);
        let rows: Vec<Value> = scanned.iter().map(|&x| row(b, x, i)).collect();
        let given = [&[index], &state[..], &rows, captured].concat();
        let made = inline(b.graph, region, &given);
        for (rows, &made) in stacked.iter_mut().zip(&made[carried..]) {
            let shape = Shape::new([&[1], b.graph.ty(made).shape.extents()].concat());
            rows.push(b.apply(Op::Reshape { shape }, &[made]));
        }
        state = made[..carried].to_vec();
    }
    let stacks = stacked.iter().zip(&types[carried..]).map(|(rows, ty)| stack(b, rows, ty));
    let stacks: Vec<Value> = stacks.collect();
    [state, stacks].concat()
}

/// Row i, without the axis of rows.
fn row(b: &mut Builder, x: Value, i: usize) -> Value {
    let mut limit = b.graph.ty(x).shape.extents().to_vec();
    let mut start = vec![0; limit.len()];
    let shape = Shape::new(limit[1..].to_vec());
    (start[0], limit[0]) = (i, i + 1);
    let block = b.apply(Op::Slice { start, limit, strides: Strides::UNIT }, &[x]);
    b.apply(Op::Reshape { shape }, &[block])
}

fn stack(b: &mut Builder, rows: &[Value], ty: &Type) -> Value {
    if !rows.is_empty() {
        return b.apply(Op::Concatenate { axis: 0 }, rows);
    }
    let literal: Literal = HostTensor::new(ty.shape.clone(), Elements::empty(ty.dtype)).into();
    let nothing = b.apply(Op::Constant { literal }, &[]);
    if ty.is_secret() { b.apply(Op::ToSecret, &[nothing]) } else { nothing }
}
