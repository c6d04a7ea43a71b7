//! The table: for each operation, cases and bounds. One row an operation, several where it has several kinds of operands.

mod arithmetic;
mod bits;
mod control;
mod draws;
mod functions;
mod linear;
mod movement;
mod order;
mod reductions;

use spu_tensor::pphlo::{DType, Op};
use spu_tensor::{Elements, HostTensor, Shape};

use crate::case::{Bound, Case};
use crate::draw::Draw;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rings {
    /// 2^32, 2^64 and 2^128.
    All,
    /// 2^64 alone.
    Z64,
}

pub(crate) struct Row {
    /// The operation's name in PPHLO.
    pub(crate) name: &'static str,
    pub(crate) rings: Rings,
    pub(crate) case: fn(&mut Draw) -> Case,
}

const fn row(name: &'static str, rings: Rings, case: fn(&mut Draw) -> Case) -> Row {
    Row { name, rings, case }
}

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    let computed = [arithmetic::ROWS, bits::ROWS, functions::ROWS, linear::ROWS, reductions::ROWS];
    let others = [movement::ROWS, order::ROWS, control::ROWS, draws::ROWS];
    computed.into_iter().chain(others).flatten()
}

/// Operations without a row: parameters are in every case.
pub(crate) const ELSEWHERE: &[&str] = &["parameter"];

const NUMBERS: &[DType] = &[DType::Int, DType::Fxp];
const ANY: &[DType] = &[DType::Bool, DType::Int, DType::Fxp];

/// One operand of one of these data types.
fn one(d: &mut Draw, op: Op, dtypes: &[DType]) -> Case {
    let dtype = d.one_of(dtypes);
    Case::elementwise(d, op, |d, n| vec![d.numbers(n, dtype)])
}

/// A tensor of numbers of the whole range.
fn tensor(d: &mut Draw, shape: impl Into<Shape>, dtype: DType) -> HostTensor {
    let shape = shape.into();
    let elements = d.numbers(shape.elements(), dtype);
    HostTensor::new(shape, elements)
}

/// A shape, and one of its axes, which has at least one element; others may have none.
fn with_axis(d: &mut Draw) -> (Shape, usize) {
    let mut extents = d.few(1, usize::MAX).extents().to_vec();
    let axis = d.below(extents.len());
    extents[axis] = extents[axis].max(1);
    (extents.into(), axis)
}

/// Each axis of a shape, or not.
fn some_axes(d: &mut Draw, shape: &Shape) -> Vec<usize> {
    (0..shape.rank()).filter(|_| d.coin()).collect()
}

/// Factors of one of the data types each, of which sums of so many products, 64 at most, are held, and the bounds of such a sum.
fn product(d: &mut Draw, op: Op, shapes: [Shape; 2], terms: usize) -> Case {
    assert!(terms <= 64, "{terms} terms may overflow");
    let dtypes = [0; 2].map(|_| d.one_of(ANY));
    let is_short = d.coin();
    let [x, y] = [0, 1].map(|i| {
        let n = shapes[i].elements();
        let elements = if is_short { d.short_factors(n, dtypes[i]) } else { d.factors(n, dtypes[i]) };
        HostTensor::new(shapes[i].clone(), elements)
    });
    let truncates = f64::from(u8::from(dtypes == [DType::Fxp; 2]));
    // What an `f64` may itself be off: one product is rounded to nothing coarser than itself, and integers are summed as integers.
    let slack = if is_short || terms == 1 || !dtypes.contains(&DType::Fxp) {
        0.0
    } else {
        let [x, y] = [&x, &y].map(|x| x.elements.to_f64().into_iter().fold(0f64, |most, x| most.max(x.abs())));
        (terms * terms) as f64 * x * y * (-52f64).exp2() / d.unit_in_last_place()
    };
    Case::new(d, op, [x, y]).within(Bound::units(truncates), Bound::units(truncates + slack))
}

/// Numbers of the format a whole factor smaller.
fn divided(elements: Elements, by: i64, d: &Draw) -> Elements {
    let ulp = d.unit_in_last_place();
    match elements {
        Elements::Fxp(v) => Elements::Fxp(v.into_iter().map(|x| (x / by as f64 / ulp).round() * ulp).collect()),
        Elements::Int(v) => Elements::Int(v.into_iter().map(|x| x / by).collect()),
        Elements::Bool(v) => Elements::Bool(v),
    }
}
