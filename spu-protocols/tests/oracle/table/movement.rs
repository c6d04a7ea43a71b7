//! Operations that move elements, also to where an index says.

use spu_tensor::pphlo::{DType, Op, Strides};
use spu_tensor::{HostTensor, Shape};

use super::Rings::All;
use super::{ANY, NUMBERS, Row, row, tensor};
use crate::case::Case;
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("iota", All, |d| {
        let shape = d.few(1, usize::MAX);
        let axis = d.below(shape.rank());
        Case::new(d, Op::Iota { shape, axis }, [])
    }),
    row("reshape", All, |d| {
        let shape = d.shape();
        let mut extents = shape.extents().to_vec();
        let by = if extents.is_empty() { 0 } else { d.below(extents.len()) };
        extents.rotate_left(by);
        extents.insert(d.below(extents.len() + 1), 1);
        Case::moves(d, shape, Op::Reshape { shape: extents.into() })
    }),
    row("transpose", All, |d| {
        let shape = d.shape();
        let mut permutation: Vec<usize> = (0..shape.rank()).collect();
        (1..shape.rank()).rev().for_each(|i| permutation.swap(i, d.below(i + 1)));
        Case::moves(d, shape, Op::Transpose { permutation })
    }),
    row("reverse", All, |d| {
        let shape = d.shape();
        let axes = super::some_axes(d, &shape);
        Case::moves(d, shape, Op::Reverse { axes })
    }),
    row("broadcast", All, |d| {
        let shape = d.few(0, usize::MAX);
        let dimensions: Vec<usize> = (0..shape.rank()).filter(|_| d.coin()).collect();
        let operand: Vec<usize> =
            dimensions.iter().map(|&axis| if d.coin() { 1 } else { shape.extents()[axis] }).collect();
        Case::moves(d, operand.into(), Op::Broadcast { shape, dimensions })
    }),
    row("slice", All, |d| {
        let shape = d.shape();
        let start: Vec<usize> = shape.extents().iter().map(|&n| d.below(n + 1)).collect();
        let limit = shape.extents().iter().zip(&start).map(|(&n, &from)| from + d.below(n - from + 1)).collect();
        let strides = Strides::new(shape.extents().iter().map(|_| 1 + d.below(3)).collect());
        Case::moves(d, shape, Op::Slice { start, limit, strides })
    }),
    row("concatenate", All, |d| {
        let (first, dtype) = (d.few(1, usize::MAX), d.one_of(ANY));
        let axis = d.below(first.rank());
        let part = |_| {
            let mut extents = first.extents().to_vec();
            extents[axis] = d.below(4);
            tensor(d, extents, dtype)
        };
        let parts: Vec<HostTensor> = (0..3).map(part).collect();
        let count = 1 + d.below(3);
        Case::new(d, Op::Concatenate { axis }, parts.into_iter().take(count))
    }),
    row("pad", All, |d| {
        let (shape, dtype) = (d.few(0, 12), d.one_of(ANY));
        let most = if shape.rank() > 3 { 2 } else { 5 };
        // At most one element is taken off, where there are more.
        let mut edge = |spare: usize| {
            let padding = |&n: &usize| d.below(most) as i64 - i64::from(n > spare);
            shape.extents().iter().map(padding).collect::<Vec<_>>()
        };
        let (low, high) = (edge(1), edge(2));
        let interior = (0..shape.rank()).map(|_| d.below(most.min(3))).collect();
        let tensors = [tensor(d, shape, dtype), tensor(d, Shape::SCALAR, dtype)];
        Case::new(d, Op::Pad { low, high, interior }, tensors)
    }),
    row("dynamic_slice", All, |d| {
        let (shape, dtype) = (d.few(0, 5), d.one_of(ANY));
        let sizes: Vec<usize> = shape.extents().iter().map(|&n| d.below(n + 1)).collect();
        let starts = starts(d, &shape);
        let x = tensor(d, shape, dtype);
        Case::new(d, Op::DynamicSlice { sizes }, [x].into_iter().chain(starts))
    }),
    row("dynamic_update_slice", All, |d| {
        let (shape, dtype) = (d.few(0, 5), d.one_of(ANY));
        let sizes: Vec<usize> = shape.extents().iter().map(|&n| d.below(n + 1)).collect();
        let starts = starts(d, &shape);
        let tensors = [tensor(d, shape, dtype), tensor(d, sizes, dtype)];
        Case::new(d, Op::DynamicUpdateSlice, tensors.into_iter().chain(starts))
    }),
    row("gather", All, |d| {
        let (shape, axis) = axis_of_few(d);
        let (x, index) = (d.one_of(ANY), index(d, &shape, axis));
        let x = tensor(d, shape, x);
        Case::new(d, Op::Gather { axis }, [x, index])
    }),
    row("scatter_add", All, |d| scatter(d, |axis| Op::ScatterAdd { axis }, NUMBERS)),
    row("scatter", All, |d| {
        let mut case = scatter(d, |axis| Op::Scatter { axis }, ANY);
        case.operands[1].is_secret = false;
        case
    }),
    row("one_hot", All, |d| {
        let (shape, depth) = (d.few(0, 5), d.below(7));
        let elements = d.int(shape.elements(), -1, depth as i64);
        Case::new(d, Op::OneHot { depth }, [HostTensor::new(shape, elements)])
    }),
];

fn axis_of_few(d: &mut Draw) -> (Shape, usize) {
    let shape = d.few(1, 5);
    let axis = d.below(shape.rank());
    (shape, axis)
}

/// A scalar for each axis, inside or outside.
fn starts(d: &mut Draw, shape: &Shape) -> Vec<HostTensor> {
    let start = |&n: &usize| HostTensor::new(Shape::SCALAR, d.int(1, -2, n as i64 + 1));
    shape.extents().iter().map(start).collect()
}

/// Places of an axis, inside or outside.
fn index(d: &mut Draw, shape: &Shape, axis: usize) -> HostTensor {
    let index = match d.below(3) {
        0 => Shape::SCALAR,
        1 => [d.below(6)].into(),
        _ => [d.below(4), 1 + d.below(3)].into(),
    };
    let elements = d.int(index.elements(), -1, shape.extents()[axis] as i64);
    HostTensor::new(index, elements)
}

fn scatter(d: &mut Draw, op: impl Fn(usize) -> Op, dtypes: &[DType]) -> Case {
    let (shape, axis) = axis_of_few(d);
    let (dtype, index) = (d.one_of(dtypes), index(d, &shape, axis));
    let extents = shape.extents();
    let rows = [&extents[..axis], index.shape.extents(), &extents[axis + 1..]].concat();
    let [x, rows] = [shape.clone(), rows.into()].map(|shape: Shape| {
        let HostTensor { shape, elements } = tensor(d, shape, dtype);
        // Many rows may be added to one place.
        HostTensor::new(shape, super::divided(elements, 64, d))
    });
    Case::new(d, op(axis), [x, index, rows])
}
