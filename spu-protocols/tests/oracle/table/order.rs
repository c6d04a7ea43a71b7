//! Sorts and permutations.

use spu_tensor::pphlo::Op;
use spu_tensor::{HostTensor, Shape};

use super::Rings::All;
use super::{ANY, NUMBERS, Row, row, tensor};
use crate::case::Case;
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("arg_sort", All, |d| {
        let shape = lists(d);
        let keys: Vec<HostTensor> = (0..3).map(|_| key(d, &shape)).collect();
        let (count, descending) = (1 + d.below(3), d.coin());
        Case::new(d, Op::ArgSort { descending }, keys.into_iter().take(count))
    }),
    row("permute", All, |d| {
        let (shape, dtype, descending) = (lists(d), d.one_of(ANY), d.coin());
        let rows = if d.coin() { vec![2] } else { vec![] };
        let x = tensor(d, [shape.extents(), &rows].concat(), dtype);
        let (key, inverse) = (key(d, &shape), d.coin());
        Case { before: Some(Op::ArgSort { descending }), ..Case::new(d, Op::Permute { inverse }, [key, x]) }
    }),
];

/// A few lists, or one of none, one or many elements.
fn lists(d: &mut Draw) -> Shape {
    match d.below(4) {
        0 => [d.one_of(&[0, 1, 70])].into(),
        1 => d.few(1, 5),
        _ => [1 + d.below(3), 1 + d.below(9)].into(),
    }
}

/// Numbers with ties.
fn key(d: &mut Draw, shape: &Shape) -> HostTensor {
    let dtype = d.one_of(NUMBERS);
    let HostTensor { elements, .. } = tensor(d, shape.clone(), dtype);
    let others = match dtype {
        spu_tensor::pphlo::DType::Fxp => d.fxp(elements.len(), -1.0, 1.0),
        _ => d.int(elements.len(), -1, 1),
    };
    HostTensor::new(shape.clone(), d.mixed(&elements, others))
}
