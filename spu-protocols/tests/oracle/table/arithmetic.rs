//! Sums, products, quotients, order and truth values.

use spu_tensor::pphlo::{DType, Op, Real};
use spu_tensor::{HostTensor, Party};

use super::Rings::{All, Z64};
use super::{ANY, NUMBERS, Row, one, row, tensor};
use crate::case::Case;
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("constant", All, |d| {
        let (shape, dtype) = (d.shape(), d.one_of(ANY));
        let literal = tensor(d, shape, dtype).into();
        Case::new(d, Op::Constant { literal }, [])
    }),
    row("add", All, |d| Case::of_pair(d, Op::Add, NUMBERS)),
    row("subtract", All, |d| Case::of_pair(d, Op::Subtract, NUMBERS)),
    row("negate", All, |d| one(d, Op::Negate, NUMBERS)),
    row("multiply", All, |d| {
        let shape = d.shape();
        super::product(d, Op::Multiply, [shape.clone(), shape], 1)
    }),
    // Integers, truncated toward zero; 0 where a secret divisor is 0.
    row("divide", All, |d| {
        let case = Case::elementwise(d, Op::Divide, |d, n| {
            let most = divisible(d);
            vec![d.int(n, -most, most), d.int(n, -most, most)]
        });
        without_public_zeros(case)
    }),
    row("divide", All, |d| {
        let case = Case::elementwise(d, Op::Divide, |d, n| {
            let most = d.factor();
            vec![d.fxp(n, -most, most), d.fxp(n, -most, most)]
        });
        let bound = super::functions::relative(d);
        without_public_zeros(case).within(bound.doubled(), bound)
    }),
    row("remainder", All, |d| {
        let case = Case::elementwise(d, Op::Remainder, |d, n| {
            let (most, dtype) = (divisible(d), d.one_of(NUMBERS));
            let unit = d.unit_in_last_place();
            let mut draw = || match dtype {
                DType::Int => d.int(n, -most, most),
                _ => d.fxp(n, -most as f64 * unit, most as f64 * unit),
            };
            vec![draw(), draw()]
        });
        without_public_zeros(case)
    }),
    row("abs", All, |d| one(d, Op::Abs, NUMBERS)),
    row("sign", All, |d| one(d, Op::Sign, NUMBERS)),
    row("clamp", All, |d| {
        let dtype = d.one_of(NUMBERS);
        Case::elementwise(d, Op::Clamp, |d, n| vec![d.numbers(n, dtype), d.numbers(n, dtype), d.numbers(n, dtype)])
    }),
    row("maximum", All, |d| Case::of_pair(d, Op::Maximum, NUMBERS)),
    row("minimum", All, |d| Case::of_pair(d, Op::Minimum, NUMBERS)),
    row("relu", All, |d| one(d, Op::Relu, NUMBERS)),
    row("equal", All, |d| Case::of_pair(d, Op::Equal, NUMBERS)),
    row("not_equal", All, |d| Case::of_pair(d, Op::NotEqual, NUMBERS)),
    row("less", All, |d| Case::of_pair(d, Op::Less, NUMBERS)),
    row("less_equal", All, |d| Case::of_pair(d, Op::LessEqual, NUMBERS)),
    row("greater", All, |d| Case::of_pair(d, Op::Greater, NUMBERS)),
    row("greater_equal", All, |d| Case::of_pair(d, Op::GreaterEqual, NUMBERS)),
    row("select", All, |d| {
        let dtype = d.one_of(ANY);
        Case::elementwise(d, Op::Select, |d, n| vec![d.bool(n), d.numbers(n, dtype), d.numbers(n, dtype)])
    }),
    row("convert", All, |d| {
        let choices = [(DType::Bool, DType::Int), (DType::Bool, DType::Fxp), (DType::Int, DType::Fxp)];
        let (from, dtype) = d.one_of(&choices);
        let most = d.largest_integer() >> d.ring.fraction_bits;
        Case::elementwise(d, Op::Convert { dtype }, |d, n| {
            vec![if from == DType::Bool { d.bool(n) } else { d.int(n, -most, most) }]
        })
    }),
    row("assume", All, |d| one(d, Op::Assume { lo: Real(-1e16), hi: Real(f64::INFINITY) }, NUMBERS)),
    row("stop_gradient", All, |d| one(d, Op::StopGradient, NUMBERS)),
    row("to_secret", All, |d| one(d, Op::ToSecret, ANY).with_visibility(0, false)),
    row("reveal", All, |d| one(d, Op::Reveal, ANY).with_visibility(0, true)),
    row("reveal_to", Z64, |d| {
        let party = Party(d.below(3));
        one(d, Op::RevealTo { party }, ANY).with_visibility(0, true)
    }),
];

/// What dividends and divisors are below, where quotients are exact.
fn divisible(d: &Draw) -> i64 {
    d.largest_integer().min(if d.ring.bits == 32 { 1 << 18 } else { 1 << 40 }) - 1
}

/// A public divisor is not 0, unless the dividend is secret.
fn without_public_zeros(mut case: Case) -> Case {
    use spu_tensor::Elements::{Bool, Fxp, Int};
    if !case.operands.iter().any(|x| x.is_secret) || !case.operands[1].is_secret {
        let HostTensor { elements, .. } = &mut case.operands[1].tensor;
        match elements {
            Fxp(v) => v.iter_mut().filter(|x| **x == 0.0).for_each(|x| *x = 1.0),
            Int(v) => v.iter_mut().filter(|x| **x == 0).for_each(|x| *x = 1),
            Bool(_) => unreachable!("a divisor is a number"),
        }
    }
    case
}
