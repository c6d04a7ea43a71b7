//! Operations along axes.

use spu_tensor::pphlo::{DType, Op, Window};
use spu_tensor::{HostTensor, Shape};

use super::Rings::All;
use super::{ANY, NUMBERS, Row, divided, row, some_axes, tensor, with_axis};
use crate::case::{Bound, Case};
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("reduce_sum", All, |d| {
        let shape = d.shape();
        let axes = some_axes(d, &shape);
        let dtype = d.one_of(ANY);
        let x = summands(d, shape, dtype);
        Case::new(d, Op::ReduceSum { axes }, [x])
    }),
    row("reduce_max", All, |d| along_one(d, |axis| Op::ReduceMax { axis }, NUMBERS)),
    row("reduce_min", All, |d| along_one(d, |axis| Op::ReduceMin { axis }, NUMBERS)),
    row("arg_max", All, |d| along_one(d, |axis| Op::ArgMax { axis }, NUMBERS)),
    row("max_with_one_hot", All, |d| along_one(d, |axis| Op::MaxWithOneHot { axis }, NUMBERS)),
    row("reduce_product", All, |d| {
        let (shape, dtype) = (d.few(0, 3), d.one_of(NUMBERS));
        let axes = some_axes(d, &shape);
        let n = shape.elements();
        let most = if n > 9 { 1 } else { 3 };
        let real = 1.0 + 1.0 / n.max(1) as f64;
        let elements = if dtype == DType::Int { d.int(n, -most, most) } else { d.fxp(n, -real, real) };
        // Fewer than n products, each a unit off, of which the others make at most (1 + 1/n)^n < e.
        let bound = if dtype == DType::Int { Bound::EXACT } else { Bound::units(3.0 * n as f64) };
        Case::new(d, Op::ReduceProduct { axes }, [HostTensor::new(shape, elements)]).within(bound, bound)
    }),
    row("reduce_any", All, |d| along_some(d, |axes| Op::ReduceAny { axes })),
    row("reduce_all", All, |d| along_some(d, |axes| Op::ReduceAll { axes })),
    row("cumulative_sum", All, |d| {
        let (shape, reverse, dtype) = (d.few(1, usize::MAX), d.coin(), d.one_of(ANY));
        let axis = d.below(shape.rank());
        let x = summands(d, shape, dtype);
        Case::new(d, Op::CumulativeSum { axis, reverse }, [x])
    }),
    row("gather_windows", All, |d| {
        let ((shape, window), dtype) = (windows(d), d.one_of(ANY));
        let repeat = d.coin() && !window.has_empty_window(&shape);
        let x = tensor(d, shape, dtype);
        Case::new(d, Op::GatherWindows { window, repeat }, [x])
    }),
    row("scatter_windows", All, |d| {
        let ((shape, window), dtype) = (windows(d), d.one_of(ANY));
        let repeat = d.coin() && !window.has_empty_window(&shape);
        let counts = window.counts(&shape).expect("the window has the grid's axes");
        let x = summands(d, [counts.extents(), &[window.elements()]].concat().into(), dtype);
        Case::new(d, Op::ScatterWindows { window, repeat, shape }, [x])
    }),
];

/// A reduction over one axis of numbers with ties.
fn along_one(d: &mut Draw, op: impl Fn(usize) -> Op, dtypes: &[DType]) -> Case {
    let ((shape, axis), dtype) = (with_axis(d), d.one_of(dtypes));
    let HostTensor { shape, elements } = tensor(d, shape, dtype);
    let few = if dtype == DType::Int { d.int(elements.len(), -1, 1) } else { d.fxp(elements.len(), -0.5, 0.5) };
    let elements = if d.coin() { d.mixed(&elements, few) } else { elements };
    Case::new(d, op(axis), [HostTensor::new(shape, elements)])
}

fn along_some(d: &mut Draw, op: impl Fn(Vec<usize>) -> Op) -> Case {
    let shape = d.shape();
    let axes = some_axes(d, &shape);
    let x = tensor(d, shape, DType::Bool);
    Case::new(d, op(axes), [x])
}

/// A shape and a window over each of its axes; of more axes they are smaller.
fn windows(d: &mut Draw) -> (Shape, Window) {
    let shape = d.few(0, 5);
    let rank = shape.rank();
    let few = usize::from(rank > 3);
    let mut each = |least: usize, n: usize| (0..rank).map(|_| least + d.below(n - few)).collect::<Vec<_>>();
    let (sizes, strides, dilations) = (each(1, 3), each(1, 2), each(1, 2));
    (shape, Window { sizes, strides, dilations, low: each(0, 2), high: each(0, 2) })
}

/// Numbers so small that as many as a shape has can be added.
fn summands(d: &mut Draw, shape: Shape, dtype: DType) -> HostTensor {
    let HostTensor { shape, elements } = tensor(d, shape, dtype);
    HostTensor::new(shape, divided(elements, 8192, d))
}
