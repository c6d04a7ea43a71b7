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
        let (rank, dtype) = (d.below(3), d.one_of(NUMBERS));
        let shape: Shape = (0..rank).map(|_| d.below(4)).collect::<Vec<_>>().into();
        let axes = some_axes(d, &shape);
        let n = shape.elements();
        let elements = if dtype == DType::Int { d.int(n, -3, 3) } else { d.fxp(n, -1.25, 1.25) };
        // Eight products, each a unit off, of which the others make at most 1.25^9.
        let bound = if dtype == DType::Int { Bound::EXACT } else { Bound::units(64.0) };
        Case::new(d, Op::ReduceProduct { axes }, [HostTensor::new(shape, elements)]).within(bound, bound)
    }),
    row("reduce_any", All, |d| along_some(d, |axes| Op::ReduceAny { axes })),
    row("reduce_all", All, |d| along_some(d, |axes| Op::ReduceAll { axes })),
    row("cumulative_sum", All, |d| {
        let ((shape, axis), reverse, dtype) = (with_axis(d), d.coin(), d.one_of(ANY));
        let x = summands(d, shape, dtype);
        Case::new(d, Op::CumulativeSum { axis, reverse }, [x])
    }),
    row("gather_windows", All, |d| {
        let (shape, window, dtype) = (grid(d), windows(d), d.one_of(ANY));
        let repeat = d.coin() && !window.has_empty_window(&shape);
        let x = tensor(d, shape, dtype);
        Case::new(d, Op::GatherWindows { window, repeat }, [x])
    }),
    row("scatter_windows", All, |d| {
        let (shape, window, dtype) = (grid(d), windows(d), d.one_of(ANY));
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

fn grid(d: &mut Draw) -> Shape {
    [1 + d.below(5), 1 + d.below(5)].into()
}

fn windows(d: &mut Draw) -> Window {
    let mut two = |least: usize, n: usize| vec![least + d.below(n), least + d.below(n)];
    Window { sizes: two(1, 3), strides: two(1, 2), dilations: two(1, 2), low: two(0, 2), high: two(0, 2) }
}

/// Numbers so small that as many as a shape has can be added.
fn summands(d: &mut Draw, shape: Shape, dtype: DType) -> HostTensor {
    let HostTensor { shape, elements } = tensor(d, shape, dtype);
    HostTensor::new(shape, divided(elements, 8192, d))
}
