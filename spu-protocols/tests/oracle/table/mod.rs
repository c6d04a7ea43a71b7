//! The table: for each operation, cases and bounds. One row an operation, several where it has several kinds of operands.

mod arithmetic;
mod bits;
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
    [arithmetic::ROWS, bits::ROWS, functions::ROWS, linear::ROWS, movement::ROWS, order::ROWS, reductions::ROWS]
        .into_iter()
        .flatten()
}

/// Operations without a row: parameters are in every case, draws are others in each run (`tests/random.rs`), and branches and
/// loops have regions (`tests/control.rs` of the package).
pub(crate) const ELSEWHERE: &[&str] =
    &["parameter", "random_permutation", "random_uniform", "random_bernoulli", "if", "while", "for"];

/// Operations whose lowering is still to come.
pub(crate) const NOT_YET: &[&str] = &["atan2", "log_plus_one", "logistic", "tanh", "erf", "gelu", "silu", "softplus"];

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
    let rank = 1 + d.below(5);
    let mut extents = d.shape_of_rank(rank).extents().to_vec();
    let axis = d.below(rank);
    if rank > 1 && d.below(6) == 0 {
        extents[(axis + 1) % rank] = 0;
    }
    (extents.into(), axis)
}

/// Each axis of a shape, or not.
fn some_axes(d: &mut Draw, shape: &Shape) -> Vec<usize> {
    (0..shape.rank()).filter(|_| d.coin()).collect()
}

/// Factors of one of the data types each, so small that sums of 64 products are held, and the bounds of such a sum.
fn product(d: &mut Draw, op: Op, shapes: [Shape; 2]) -> Case {
    let dtypes = [0; 2].map(|_| d.one_of(ANY));
    let [x, y] = [0, 1].map(|i| {
        let elements = d.factors(shapes[i].elements(), dtypes[i]);
        HostTensor::new(shapes[i].clone(), divided(elements, 8, d))
    });
    let truncates = f64::from(u8::from(dtypes == [DType::Fxp; 2]));
    let slack = if dtypes.contains(&DType::Fxp) { d.slack(d.largest_factor().powi(2)) } else { 0.0 };
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
