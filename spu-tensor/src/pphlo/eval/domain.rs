//! Where functions of public numbers are defined: outside, a public operand is an error, whatever the others are.

use crate::host::HostTensor;
use crate::pphlo::{DType, Op};

/// Refuses public operands outside the domain of `op`, with the place of the first.
pub(super) fn check(op: &Op, operands: &[&HostTensor], public: &[bool]) -> Result<(), String> {
    let first_outside = |i: usize, inside: &dyn Fn(f64) -> bool| {
        let elements = public[i].then(|| operands[i].elements.to_f64())?;
        elements.into_iter().enumerate().find(|&(_, x)| !inside(x))
    };
    let (found, domain) = match op {
        Op::Divide | Op::Remainder => (first_outside(1, &|x| x != 0.0), "the divisor must not be 0"),
        Op::Reciprocal => (first_outside(0, &|x| x != 0.0), "it must not be 0"),
        Op::Log | Op::Rsqrt | Op::RsqrtApprox => (first_outside(0, &|x| x > 0.0), "it must be above 0"),
        Op::LogPlusOne => (first_outside(0, &|x| x > -1.0), "it must be above -1"),
        Op::Sqrt => (first_outside(0, &|x| x >= 0.0), "it must not be negative"),
        Op::ShiftLeft | Op::ShiftRightArithmetic | Op::ShiftRightLogical => {
            (first_outside(1, &|n| n >= 0.0), "the amount must not be negative")
        }
        Op::Power if operands[1].elements.dtype() == DType::Int => {
            (first_outside(1, &|y| y >= 0.0), "an integer has no negative powers")
        }
        Op::Power if public == [true; 2] => return power(operands),
        _ => return Ok(()),
    };
    match found {
        Some((place, x)) => Err(format!("cannot take `{}` of element {place}, {x}: {domain}", op.name())),
        None => Ok(()),
    }
}

fn power(operands: &[&HostTensor]) -> Result<(), String> {
    let [bases, exponents] = [0, 1].map(|i| operands[i].elements.to_f64());
    for (place, (a, b)) in bases.into_iter().zip(exponents).enumerate() {
        let fault = match (a, b) {
            (a, b) if a == 0.0 && b < 0.0 => "0 has no negative powers",
            (a, b) if a < 0.0 && b.fract() != 0.0 => "a negative number has integer powers only",
            _ => continue,
        };
        return Err(format!("cannot take `power` of element {place}, {a} and {b}: {fault}"));
    }
    Ok(())
}
