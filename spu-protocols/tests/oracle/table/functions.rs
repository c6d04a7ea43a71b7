//! Functions of real numbers, with the bounds of their documentation.

use spu_tensor::Elements;
use spu_tensor::pphlo::Op;

use super::Rings::All;
use super::{Row, row};
use crate::case::{Bound, Case};
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("exponential", All, |d| exponential(d, Op::Exponential)),
    row("exponential_minus_one", All, |d| exponential(d, Op::ExponentialMinusOne)),
    row("log", All, |d| {
        function(d, Op::Log, 2f64.powi(-10), 2f64.powi(20), Bound::units(4.0)).with_outside(d, &[0.0, -3.5])
    }),
    row("log_plus_one", All, |d| {
        let bound = Bound::units(4f64.max((-36f64).exp2() / d.unit_in_last_place()));
        function(d, Op::LogPlusOne, 2f64.powi(-10) - 1.0, 2f64.powi(20), bound).with_outside(d, &[-1.0, -3.5])
    }),
    row("reciprocal", All, |d| {
        let case = function(d, Op::Reciprocal, d.unit_in_last_place(), d.largest() / 2.0, relative(d));
        case.with_outside(d, &[0.0, -1.0, -0.25, -1e4])
    }),
    row("sqrt", All, |d| function(d, Op::Sqrt, 0.0, d.largest() / 2.0, relative(d)).with_outside(d, &[-1.0, -1e4])),
    row("rsqrt", All, |d| {
        let case = function(d, Op::Rsqrt, d.unit_in_last_place(), d.largest() / 2.0, relative(d));
        case.with_outside(d, &[0.0, -1.0, -1e4])
    }),
    row("rsqrt_approx", All, |d| {
        let most = (f64::from(d.ring.fraction_bits) - 2.0).exp2().min(d.largest() / 2.0);
        let bound = Bound { relative: relative(d).relative.max(1.0 / 1024.0), ..relative(d) };
        function(d, Op::RsqrtApprox, d.unit_in_last_place(), most, bound).with_outside(d, &[0.0, -1.0])
    }),
    // e^(y·ln |x|) has the relative error of e^x, 2^−15, or 4·|y| + 8 units.
    row("power", All, |d| {
        let case = Case::elementwise(d, Op::Power, |d, n| {
            let (x, y, whole) = (d.fxp(n, -8.0, 8.0), d.fxp(n, -2.0, 2.0), d.int(n, -2, 2));
            let y = d.mixed(&Elements::Fxp(whole.to_f64()), y);
            let apart = |x: f64| if x != 0.0 && x.abs() < 0.125 { x + x.signum() } else { x };
            vec![Elements::Fxp(x.to_f64().into_iter().map(apart).collect()), y]
        });
        let bound = Bound::units(2.0).and_relative((16.0 * d.unit_in_last_place()).max((-15f64).exp2()));
        positive_unless_secret(case).within(bound.doubled(), bound)
    }),
    row("power", All, |d| Case::elementwise(d, Op::Power, |d, n| vec![d.int(n, -9, 9), d.int(n, 0, 9)])),
    row("atan2", All, |d| {
        let case = Case::elementwise(d, Op::Atan2, |d, n| vec![d.fxp(n, -100.0, 100.0), d.fxp(n, -100.0, 100.0)]);
        let bound = Bound::units(6f64.max((-36f64).exp2() / d.unit_in_last_place()));
        case.within(bound.doubled(), bound)
    }),
    row("logistic", All, |d| function(d, Op::Logistic, -100.0, 100.0, Bound::units(2.2))),
    row("tanh", All, |d| function(d, Op::Tanh, -100.0, 100.0, Bound::units(2.2))),
    row("erf", All, |d| function(d, Op::Erf, -100.0, 100.0, Bound::units(2.2))),
    row("sine", All, |d| function(d, Op::Sine, -1024.0, 1024.0, Bound::units(1.4))),
    row("cosine", All, |d| function(d, Op::Cosine, -1024.0, 1024.0, Bound::units(1.4))),
    row("gelu", All, |d| function(d, Op::Gelu, -100.0, 100.0, Bound::units(2.7))),
    row("silu", All, |d| function(d, Op::Silu, -100.0, 100.0, Bound::units(2.7))),
    row("softplus", All, |d| function(d, Op::Softplus, -100.0, 100.0, Bound::units(2.7))),
];

/// Public bases have every power, or it is an error.
fn positive_unless_secret(mut case: Case) -> Case {
    if let (false, Elements::Fxp(x)) =
        (case.operands.iter().any(|x| x.is_secret), &mut case.operands[0].tensor.elements)
    {
        x.iter_mut().for_each(|x| *x = if *x == 0.0 { 1.0 } else { x.abs() });
    }
    case
}

fn function(d: &mut Draw, op: Op, lo: f64, hi: f64, bound: Bound) -> Case {
    Case::function(d, op, lo, hi).within(bound.doubled(), bound)
}

/// As far as the result fits, at most 20.
fn exponential(d: &mut Draw, op: Op) -> Case {
    let bound = Bound::units(4.0).and_relative((-15f64).exp2());
    function(d, op, -40.0, 20f64.min(d.largest().ln() - 0.5), bound)
}

/// What normalization is good for: 2^(3 − f) of the value, f the fraction bits, and two units; 2^−16 with 20 in the ring of 64
/// bits, where large results have few bits.
pub(super) fn relative(d: &Draw) -> Bound {
    let units = if d.ring.fraction_bits == 20 { 16.0 } else { 8.0 };
    Bound::units(2.0).and_relative(units * d.unit_in_last_place())
}
