//! The table: for each operation, cases and bounds.

use spu_tensor::pphlo::{DType, Op, Real};
use spu_tensor::{Elements, HostTensor, Party, Shape};

use crate::case::{Bound, Case};
use crate::draw::Draw;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rings {
    /// 2^32, 2^64 and 2^128.
    All,
    /// 2^64 alone.
    Z64,
}
use Rings::{All, Z64};

pub struct Row {
    /// The operation's name in PPHLO.
    pub name: &'static str,
    pub rings: Rings,
    pub case: fn(&mut Draw) -> Case,
}

const fn row(name: &'static str, rings: Rings, case: fn(&mut Draw) -> Case) -> Row {
    Row { name, rings, case }
}

/// Operations without a row: the parameters are in every case.
pub const ELSEWHERE: &[&str] = &["parameter"];

const NUMBERS: &[DType] = &[DType::Int, DType::Fxp];

/// One row an operation; several where it has several kinds of operands.
pub const ROWS: &[Row] = &[
    row("constant", All, |d| {
        let shape = d.shape();
        let elements = d.numbers(shape.elements(), DType::Fxp);
        Case::new(d, Op::Constant { literal: HostTensor::new(shape, elements).into() }, [])
    }),
    // Arithmetic.
    row("add", All, |d| Case::of_pair(d, Op::Add, NUMBERS)),
    row("subtract", All, |d| Case::of_pair(d, Op::Subtract, NUMBERS)),
    row("negate", All, |d| one(d, Op::Negate, NUMBERS)),
    row("multiply", All, |d| {
        let dtypes = [0; 2].map(|_| d.one_of(&[DType::Bool, DType::Int, DType::Fxp]));
        let bound = if dtypes == [DType::Fxp; 2] { Bound::units(1.0) } else { Bound::EXACT };
        Case::elementwise(d, Op::Multiply, |d, n| dtypes.map(|dtype| d.factors(n, dtype)).into()).within(bound, bound)
    }),
    row("dot", All, |d| {
        let [rows, inner, columns] = [0; 3].map(|_| d.below(9));
        let dtypes = [0; 2].map(|_| d.one_of(&[DType::Bool, DType::Int, DType::Fxp]));
        let bound = if dtypes == [DType::Fxp; 2] { Bound::units(1.0) } else { Bound::EXACT };
        let x = eighths(d.factors(rows * inner, dtypes[0]), d);
        let y = d.factors(inner * columns, dtypes[1]);
        let tensors = [HostTensor::new([rows, inner].into(), x), HostTensor::new([inner, columns].into(), y)];
        Case::new(d, Op::Dot, tensors).within(bound, bound)
    }),
    row("maximum", All, |d| Case::of_pair(d, Op::Maximum, NUMBERS)),
    row("minimum", All, |d| Case::of_pair(d, Op::Minimum, NUMBERS)),
    row("relu", All, |d| one(d, Op::Relu, NUMBERS)),
    // Comparisons, truth values.
    row("equal", All, |d| Case::of_pair(d, Op::Equal, NUMBERS)),
    row("not_equal", All, |d| Case::of_pair(d, Op::NotEqual, NUMBERS)),
    row("less", All, |d| Case::of_pair(d, Op::Less, NUMBERS)),
    row("less_equal", All, |d| Case::of_pair(d, Op::LessEqual, NUMBERS)),
    row("greater", All, |d| Case::of_pair(d, Op::Greater, NUMBERS)),
    row("greater_equal", All, |d| Case::of_pair(d, Op::GreaterEqual, NUMBERS)),
    row("select", All, |d| {
        let dtype = d.one_of(&[DType::Bool, DType::Int, DType::Fxp]);
        Case::elementwise(d, Op::Select, |d, n| vec![d.bool(n), d.numbers(n, dtype), d.numbers(n, dtype)])
    }),
    // Movement.
    row("reshape", All, |d| {
        let shape = d.shape();
        let mut extents = shape.extents().to_vec();
        extents.rotate_left(d.below(shape.rank().max(1)) % shape.rank().max(1));
        extents.insert(d.below(extents.len() + 1), 1);
        Case::moves(d, shape, Op::Reshape { shape: extents.into() })
    }),
    row("transpose", All, |d| {
        let shape = d.shape();
        let mut permutation: Vec<usize> = (0..shape.rank()).collect();
        (1..shape.rank()).rev().for_each(|i| permutation.swap(i, d.below(i + 1)));
        Case::moves(d, shape, Op::Transpose { permutation })
    }),
    row("broadcast", All, |d| {
        let rank = d.below(6);
        let shape = d.shape_of_rank(rank);
        let dimensions: Vec<usize> = (0..rank).filter(|_| d.coin()).collect();
        let operand: Vec<usize> =
            dimensions.iter().map(|&axis| if d.coin() { 1 } else { shape.extents()[axis] }).collect();
        Case::moves(d, operand.into(), Op::Broadcast { shape, dimensions })
    }),
    row("slice", All, |d| {
        let shape = d.shape();
        let start: Vec<usize> = shape.extents().iter().map(|&n| d.below(n + 1)).collect();
        let limit = shape.extents().iter().zip(&start).map(|(&n, &from)| from + d.below(n - from + 1)).collect();
        Case::moves(d, shape, Op::Slice { start, limit })
    }),
    row("concatenate", All, |d| {
        let rank = 1 + d.below(4);
        let (first, axis) = (d.shape_of_rank(rank), d.below(rank));
        let dtype = d.one_of(&[DType::Bool, DType::Int, DType::Fxp]);
        let parts: Vec<HostTensor> = (0..1 + d.below(3))
            .map(|_| {
                let mut extents = first.extents().to_vec();
                extents[axis] = d.below(4);
                let shape = Shape::from(extents);
                let elements = d.numbers(shape.elements(), dtype);
                HostTensor::new(shape, elements)
            })
            .collect();
        Case::new(d, Op::Concatenate { axis }, parts)
    }),
    row("convert", All, |d| {
        let (from, dtype) = d.one_of(&[(DType::Bool, DType::Int), (DType::Bool, DType::Fxp), (DType::Int, DType::Fxp)]);
        let most = d.largest_integer() >> d.ring.fraction_bits;
        Case::elementwise(d, Op::Convert { dtype }, |d, n| {
            vec![if from == DType::Bool { d.bool(n) } else { d.int(n, -most, most) }]
        })
    }),
    row("assume", All, |d| one(d, Op::Assume { lo: Real(-1e15), hi: Real(f64::INFINITY) }, NUMBERS)),
    row("stop_gradient", All, |d| one(d, Op::StopGradient, NUMBERS)),
    row("reveal", All, |d| secret(one(d, Op::Reveal, NUMBERS))),
    row("reveal_to", All, |d| {
        let party = Party(d.below(3));
        secret(one(d, Op::RevealTo { party }, NUMBERS))
    }),
    // Reductions.
    row("reduce_sum", All, |d| {
        let shape = d.shape();
        let axes = (0..shape.rank()).filter(|_| d.coin()).collect();
        let dtype = d.one_of(&[DType::Bool, DType::Int, DType::Fxp]);
        let most = d.largest_integer() >> 13;
        let n = shape.elements();
        let elements = match dtype {
            DType::Bool => d.bool(n),
            DType::Int => d.int(n, -most, most),
            DType::Fxp => {
                let most = most as f64 * d.unit_in_last_place();
                d.fxp(n, -most, most)
            }
        };
        Case::new(d, Op::ReduceSum { axes }, [HostTensor::new(shape, elements)])
    }),
    row("reduce_max", All, |d| {
        let (shape, axis) = with_axis(d);
        let dtype = d.one_of(NUMBERS);
        let elements = d.numbers(shape.elements(), dtype);
        Case::new(d, Op::ReduceMax { axis }, [HostTensor::new(shape, elements)])
    }),
];

/// One operand of one of these data types.
fn one(d: &mut Draw, op: Op, dtypes: &[DType]) -> Case {
    let dtype = d.one_of(dtypes);
    Case::elementwise(d, op, |d, n| vec![d.numbers(n, dtype)])
}

fn secret(mut case: Case) -> Case {
    case.operands.iter_mut().for_each(|operand| operand.is_secret = true);
    case
}

/// A shape with an axis of at least one element.
fn with_axis(d: &mut Draw) -> (Shape, usize) {
    let rank = 1 + d.below(5);
    let mut extents = d.shape_of_rank(rank).extents().to_vec();
    let axis = d.below(rank);
    if rank > 1 && d.below(6) == 0 {
        extents[(axis + 1) % rank] = 0;
    }
    (extents.into(), axis)
}

/// Numbers an eighth as large, for sums of eight products.
fn eighths(elements: Elements, d: &Draw) -> Elements {
    let ulp = d.unit_in_last_place();
    match elements {
        Elements::Fxp(v) => Elements::Fxp(v.into_iter().map(|x| (x / 8.0 / ulp).round() * ulp).collect()),
        Elements::Int(v) => Elements::Int(v.into_iter().map(|x| x / 8).collect()),
        Elements::Bool(v) => Elements::Bool(v),
    }
}
