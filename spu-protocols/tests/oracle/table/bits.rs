//! Truth values and bits of integers, and integers near a real number.

use spu_tensor::Elements;
use spu_tensor::pphlo::{DType, Op};

use super::Rings::{All, Z64};
use super::{Row, one, row};
use crate::case::Case;
use crate::draw::Draw;

const BITS: &[DType] = &[DType::Bool, DType::Int];

pub(crate) const ROWS: &[Row] = &[
    row("and", All, |d| Case::of_pair(d, Op::And, BITS)),
    row("or", All, |d| Case::of_pair(d, Op::Or, BITS)),
    row("xor", All, |d| Case::of_pair(d, Op::Xor, BITS)),
    row("not", All, |d| one(d, Op::Not, BITS)),
    row("shift_left", All, |d| {
        Case::elementwise(d, Op::ShiftLeft, |d, n| {
            // Up to the top of the safe range.
            let most = i64::from(d.ring.bits.min(54)) - 3;
            let amounts = d.int(n, 0, most);
            let Elements::Int(places) = &amounts else { unreachable!("amounts are integers") };
            let x = places.iter().map(|&places| {
                let most = 1 << (most - places);
                let Elements::Int(x) = d.int(1, -most, most) else { unreachable!("integers") };
                x[0]
            });
            vec![Elements::Int(x.collect()), amounts]
        })
        .with_visibility(1, false)
    }),
    row("shift_right_arithmetic", All, |d| shift_right(d, Op::ShiftRightArithmetic)),
    // The evaluator has 64 bits.
    row("shift_right_logical", Z64, |d| shift_right(d, Op::ShiftRightLogical)),
    row("population_count", Z64, |d| one(d, Op::PopulationCount, &[DType::Int])),
    row("floor", All, |d| rounding(d, Op::Floor)),
    row("ceil", All, |d| rounding(d, Op::Ceil)),
    row("round_nearest_afz", All, |d| rounding(d, Op::RoundNearestAfz)),
    row("round_nearest_even", All, |d| rounding(d, Op::RoundNearestEven)),
    row("truncate", All, |d| rounding(d, Op::Truncate)),
];

fn shift_right(d: &mut Draw, op: Op) -> Case {
    let case = Case::elementwise(d, op, |d, n| {
        let most = i64::from(d.ring.bits) - 1;
        vec![d.numbers(n, DType::Int), d.int(n, 0, most.min(63))]
    });
    case.with_visibility(1, false)
}

/// Halves among the numbers.
fn rounding(d: &mut Draw, op: Op) -> Case {
    Case::elementwise(d, op, |d, n| {
        let most = d.largest() / 4.0;
        let Elements::Fxp(halves) = d.fxp(n, -1000.0, 1000.0) else { unreachable!("fixed point") };
        let halves = Elements::Fxp(halves.into_iter().map(|x| x.floor() + 0.5).collect());
        let x = d.fxp(n, -most, most);
        vec![d.mixed(&halves, x)]
    })
}
