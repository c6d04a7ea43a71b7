//! Derivatives of element-wise functions.

use super::super::append::Builder;
use super::super::{DType, Literal, Op};
use super::adjoint::{masked, masked_out};
use crate::graph::{Node, Value};

/// As [`super::adjoint::adjoints`], for element-wise functions.
pub(super) fn adjoints(
    b: &mut Builder,
    node: &Node<Op>,
    g: Value,
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<(usize, Value)> {
    let y = node.result(0);
    let operands = node.operands.clone();
    let x = |i: usize| operands[i];
    let parts = (0..operands.len()).filter(|&i| wanted(i));
    let mut slopes: Vec<(usize, Value)> = Vec::new();
    for i in parts {
        let slope = match (&node.operation, i) {
            // Where x = 0 the derivative from the right is taken.
            (Op::Abs, _) => {
                let zero = constant(b, 0.0, g);
                let positive = b.apply(Op::GreaterEqual, &[x(0), zero]);
                let negated = b.apply(Op::Negate, &[g]);
                slopes.push((i, b.apply(Op::Select, &[positive, g, negated])));
                continue;
            }
            // The bound that is reached takes all of it; at the bound itself x does.
            (Op::Clamp, _) => {
                slopes.push((i, clamp(b, [x(0), x(1), x(2)], i, g)));
                continue;
            }
            // d(x − y·trunc(x/y)) = dx − trunc(x/y)·dy
            (Op::Remainder, 0) => {
                slopes.push((i, g));
                continue;
            }
            (Op::Remainder, _) => {
                let quotient = b.apply(Op::Divide, &[x(0), x(1)]);
                let whole = b.apply(Op::Truncate, &[quotient]);
                let whole = b.apply(Op::Convert { dtype: DType::Fxp }, &[whole]);
                b.apply(Op::Negate, &[whole])
            }
            // d(x^y) = y·x^(y−1)·dx + x^y·ln x·dy
            (Op::Power, 0) => {
                let one = constant(b, 1.0, g);
                let less = b.apply(Op::Subtract, &[x(1), one]);
                let power = b.apply(Op::Power, &[x(0), less]);
                b.apply(Op::Multiply, &[x(1), power])
            }
            (Op::Power, _) => {
                let log = b.apply(Op::Log, &[x(0)]);
                b.apply(Op::Multiply, &[y, log])
            }
            // d atan2(y, x) = (x·dy − y·dx)/(x² + y²)
            (Op::Atan2, i) => {
                let squares = [x(0), x(1)].map(|v| b.apply(Op::Multiply, &[v, v]));
                let distance = b.apply(Op::Add, &squares);
                let quotient = b.apply(Op::Divide, &[x(1 - i), distance]);
                if i == 0 { quotient } else { b.apply(Op::Negate, &[quotient]) }
            }
            (op, _) => slope(b, op, x(0), y),
        };
        slopes.push((i, b.apply(Op::Multiply, &[g, slope])));
    }
    slopes
}

/// The derivative of a function of one operand x with the value y.
fn slope(b: &mut Builder, op: &Op, x: Value, y: Value) -> Value {
    match op {
        // e^x = (e^x − 1) + 1
        Op::ExponentialMinusOne => shifted(b, y, 1.0),
        // 1/(1 + x)
        Op::LogPlusOne => {
            let sum = shifted(b, x, 1.0);
            b.apply(Op::Reciprocal, &[sum])
        }
        // 1/(2√x)
        Op::Sqrt => {
            let inverse = b.apply(Op::Rsqrt, &[x]);
            scaled(b, inverse, 0.5)
        }
        // −1/2·x^(−3/2)
        Op::Rsqrt | Op::RsqrtApprox => {
            let square = b.apply(Op::Multiply, &[y, y]);
            let cube = b.apply(Op::Multiply, &[square, y]);
            scaled(b, cube, -0.5)
        }
        // y·(1 − y)
        Op::Logistic => {
            let rest = complement(b, y);
            b.apply(Op::Multiply, &[y, rest])
        }
        // 1 − y²
        Op::Tanh => {
            let square = b.apply(Op::Multiply, &[y, y]);
            complement(b, square)
        }
        Op::Sine => b.apply(Op::Cosine, &[x]),
        Op::Cosine => {
            let sine = b.apply(Op::Sine, &[x]);
            b.apply(Op::Negate, &[sine])
        }
        // 2/√π·e^(−x²)
        Op::Erf => {
            let bell = bell(b, x, 1.0);
            scaled(b, bell, std::f64::consts::FRAC_2_SQRT_PI)
        }
        // (1 + erf(x/√2))/2 + x·e^(−x²/2)/√(2π)
        Op::Gelu => {
            let inner = scaled(b, x, std::f64::consts::FRAC_1_SQRT_2);
            let erf = b.apply(Op::Erf, &[inner]);
            let sum = shifted(b, erf, 1.0);
            let share = scaled(b, sum, 0.5);
            let bell = bell(b, x, 0.5);
            let product = b.apply(Op::Multiply, &[x, bell]);
            let density = scaled(b, product, 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
            b.apply(Op::Add, &[share, density])
        }
        // s + y·(1 − s) with s = 1/(1 + e^−x)
        Op::Silu => {
            let s = b.apply(Op::Logistic, &[x]);
            let rest = complement(b, s);
            let product = b.apply(Op::Multiply, &[y, rest]);
            b.apply(Op::Add, &[s, product])
        }
        Op::Softplus => b.apply(Op::Logistic, &[x]),
        op => unreachable!("`{}` is differentiated elsewhere", op.name()),
    }
}

/// The part of `g` that operand i of clamp(lo, x, hi) takes.
fn clamp(b: &mut Builder, [lo, x, hi]: [Value; 3], i: usize, g: Value) -> Value {
    let above = b.apply(Op::Maximum, &[x, lo]);
    let capped = b.apply(Op::Greater, &[above, hi]);
    if i == 2 {
        return masked(b, capped, g);
    }
    let below = b.apply(Op::Less, &[x, lo]);
    let rest = masked_out(b, capped, g);
    if i == 0 { masked(b, below, rest) } else { masked_out(b, below, rest) }
}

/// e^(−c·x²)
fn bell(b: &mut Builder, x: Value, c: f64) -> Value {
    let square = b.apply(Op::Multiply, &[x, x]);
    let exponent = scaled(b, square, -c);
    b.apply(Op::Exponential, &[exponent])
}

fn constant(b: &mut Builder, c: f64, like: Value) -> Value {
    let shape = b.graph.ty(like).shape.clone();
    b.splat(Literal::scalar(c), &shape)
}

fn shifted(b: &mut Builder, x: Value, c: f64) -> Value {
    let c = constant(b, c, x);
    b.apply(Op::Add, &[x, c])
}

fn scaled(b: &mut Builder, x: Value, c: f64) -> Value {
    let c = constant(b, c, x);
    b.apply(Op::Multiply, &[x, c])
}

/// 1 − x
fn complement(b: &mut Builder, x: Value) -> Value {
    let one = constant(b, 1.0, x);
    b.apply(Op::Subtract, &[one, x])
}
