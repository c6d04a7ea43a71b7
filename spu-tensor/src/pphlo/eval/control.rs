//! Branches and loops in the clear.

use super::super::{Graph, Op, Strides, Type};
use super::{movement, random, run};
use crate::error::Error;
use crate::host::{Elements, HostTensor};
use crate::shape::Shape;

/// The results of a well-typed operation with regions; only what the predicates choose is evaluated. Each iteration has random draws
/// of its own.
pub(super) fn apply(
    op: &Op,
    operands: &[&HostTensor],
    regions: &[Graph],
    types: &[&Type],
    seed: u64,
) -> Result<Vec<HostTensor>, Error> {
    match *op {
        Op::If => run(&regions[usize::from(!holds(operands[0]))], &operands[1..], seed),
        Op::While { carried } => {
            let mut goes_on = holds(operands[0]);
            let mut iteration = 0;
            let (initial, captured) = operands[1..].split_at(carried);
            let mut state: Vec<HostTensor> = initial.iter().map(|&x| x.clone()).collect();
            while goes_on {
                let given: Vec<&HostTensor> = state.iter().chain(captured.iter().copied()).collect();
                let mut made = run(&regions[0], &given, random::inside(seed, iteration))?;
                iteration += 1;
                goes_on = holds(&made.remove(0));
                state = made;
            }
            Ok(state)
        }
        Op::For { start, trips, carried, scanned } => {
            let (initial, rest) = operands.split_at(carried);
            let (scanned, captured) = rest.split_at(scanned);
            let mut state: Vec<HostTensor> = initial.iter().map(|&x| x.clone()).collect();
            let mut stacked: Vec<Vec<HostTensor>> = vec![Vec::new(); types.len() - carried];
            for i in 0..trips {
                let index = HostTensor::int(Shape::SCALAR, vec![start + i as i64]);
                let rows: Vec<HostTensor> = scanned.iter().map(|x| row(x, i)).collect();
                let given: Vec<&HostTensor> =
                    [&index].into_iter().chain(&state).chain(&rows).chain(captured.iter().copied()).collect();
                let mut made = run(&regions[0], &given, random::inside(seed, i))?;
                for (rows, row) in stacked.iter_mut().zip(made.drain(carried..)) {
                    rows.push(HostTensor::new(one_row(&row.shape), row.elements));
                }
                state = made;
            }
            let stacks = stacked.iter().zip(&types[carried..]).map(|(rows, ty)| stack(rows, ty));
            Ok(state.into_iter().chain(stacks).collect())
        }
        ref op => panic!("`{}` has no regions", op.name()),
    }
}

fn holds(predicate: &HostTensor) -> bool {
    matches!(&predicate.elements, Elements::Bool(v) if v[0])
}

/// Row i, without the axis of rows.
fn row(x: &HostTensor, i: usize) -> HostTensor {
    let rest = Shape::new(x.shape.extents()[1..].to_vec());
    let start: Vec<usize> = [vec![i], vec![0; rest.rank()]].concat();
    HostTensor::new(rest.clone(), movement::slice(x, &start, &Strides::UNIT, &one_row(&rest)))
}

fn one_row(shape: &Shape) -> Shape {
    Shape::new([&[1], shape.extents()].concat())
}

fn stack(rows: &[HostTensor], ty: &Type) -> HostTensor {
    let elements = match rows.is_empty() {
        true => Elements::empty(ty.dtype),
        false => movement::concatenate(&rows.iter().collect::<Vec<_>>(), 0),
    };
    HostTensor::new(ty.shape.clone(), elements)
}
