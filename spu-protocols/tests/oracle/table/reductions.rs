//! Operations along axes.

use spu_tensor::HostTensor;
use spu_tensor::pphlo::{DType, Op};

use super::Rings::All;
use super::{ANY, NUMBERS, Row, divided, row, some_axes, tensor, with_axis};
use crate::case::Case;
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("reduce_sum", All, |d| {
        let shape = d.shape();
        let axes = some_axes(d, &shape);
        let dtype = d.one_of(ANY);
        let x = summands(d, shape, dtype);
        Case::new(d, Op::ReduceSum { axes }, [x])
    }),
    row("reduce_max", All, |d| {
        let ((shape, axis), dtype) = (with_axis(d), d.one_of(NUMBERS));
        let x = tensor(d, shape, dtype);
        Case::new(d, Op::ReduceMax { axis }, [x])
    }),
];

/// Numbers so small that as many as a shape has can be added.
fn summands(d: &mut Draw, shape: spu_tensor::Shape, dtype: DType) -> HostTensor {
    let HostTensor { shape, elements } = tensor(d, shape, dtype);
    HostTensor::new(shape, divided(elements, 8192, d))
}
