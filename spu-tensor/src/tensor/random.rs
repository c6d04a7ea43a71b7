//! Random tensors: public ones, on which all parties agree and which none of them chooses, and secret ones, which no party knows.
//!
//! Each run of a program draws anew. The plain evaluator and the plain oracle draw from a generator that is seeded by the number of the run.

use std::ops::Range;

use super::operand::elementwise;
use super::{Bool, Fxp, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op, Real, Strides};
use crate::shape::Shape;
use crate::trace;

/// Uniform in `range`: lo + (hi − lo)·u with u uniform among the multiples of 2^−f in [0, 1), f the format's fraction bits; the product is rounded to
/// the format.
///
/// Secret numbers take five rounds that depend on nothing, so they pass while something else is computed; public ones take one.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, random};
///
/// let y = evaluate(vec![0.0; 100], |x: Tensor<Secret, Fxp>| x + random::uniform::<Secret>([100], -1.0..3.0))?;
/// assert!(y.values().iter().all(|y| (-1.0..3.0).contains(y)));
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn uniform<V: Visibility>(shape: impl Into<Shape>, range: Range<f64>) -> Tensor<V, Fxp> {
    let location = Location::caller();
    let op = Op::RandomUniform { shape: shape.into(), visibility: V::VISIBILITY, draw: trace::draw() };
    let unit = Tensor::from_handle(trace::emit(op, &[], location));
    let width = range.end - range.start;
    if !(width.is_finite() && width > 0.0) {
        trace::fault(format!("cannot draw from {}..{}: it is empty", range.start, range.end), &[], location);
        return unit;
    }
    let constant = |x: f64| trace::constant(HostTensor::fxp(Shape::SCALAR, vec![x]), location);
    let scaled = match width == 1.0 {
        true => unit.handle,
        false => elementwise(Op::Multiply, &[unit.handle, constant(width)], pphlo::DType::Fxp, location),
    };
    match range.start == 0.0 {
        true => Tensor::from_handle(scaled),
        false => {
            Tensor::from_handle(elementwise(Op::Add, &[scaled, constant(range.start)], pphlo::DType::Fxp, location))
        }
    }
}

/// True with probability p, rounded to a multiple of 2^−24, each element by itself: the mask of a dropout.
///
/// A secret mask with a probability of j fraction bits, at most 24, takes j + 1 rounds that depend on nothing and 3·(j − 1) + 192 bits an element;
/// of a half, two rounds.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, random};
///
/// // Half of the elements are dropped, the others doubled.
/// let y = evaluate(vec![1.0; 64], |x: Tensor<Secret, Fxp>| x * random::bernoulli::<Secret>(0.5, [64]) * 2.0)?;
/// assert!(y.values().iter().all(|&y| y == 0.0 || y == 2.0));
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn bernoulli<V: Visibility>(p: f64, shape: impl Into<Shape>) -> Tensor<V, Bool> {
    let op = Op::RandomBernoulli { p: Real(p), shape: shape.into(), visibility: V::VISIBILITY, draw: trace::draw() };
    Tensor::from_handle(trace::emit(op, &[], Location::caller()))
}

/// Normally distributed with mean 0 and variance 1, by the transformation of Box and Muller (1958): of two uniform numbers u and v, r·cos(2πv) and
/// r·sin(2πv) with r = √(−2·ln(1 − u)), so that two numbers take one logarithm and one root.
///
/// u has the format's f fraction bits: no number is larger than √(2·f·ln 2), 4.99 for 18 bits, which is exceeded with probability 6·10^−7 by
/// the normal distribution; the distribution functions differ by less than 2^−f and 0.4 times the error of the functions used.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, random};
///
/// let y = evaluate(vec![0.0; 1000], |x: Tensor<Secret, Fxp>| x + random::normal::<Secret>([1000]))?;
/// let mean = y.values().iter().sum::<f64>() / 1000.0;
/// assert!(mean.abs() < 0.3);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn normal<V: Visibility>(shape: impl Into<Shape>) -> Tensor<V, Fxp> {
    let location = Location::caller();
    let shape = shape.into();
    let count = shape.elements();
    let pairs = count.div_ceil(2);
    let uniform = || {
        let op = Op::RandomUniform { shape: [pairs].into(), visibility: V::VISIBILITY, draw: trace::draw() };
        trace::emit(op, &[], location)
    };
    let (u, v) = (uniform(), uniform());
    let constant = |x: f64| trace::constant(HostTensor::fxp(Shape::SCALAR, vec![x]), location);
    let of_two = |op, x, y| elementwise(op, &[x, y], pphlo::DType::Fxp, location);
    // In (0, 1]: its logarithm exists.
    let positive = of_two(Op::Subtract, constant(1.0), u);
    let logarithm = trace::emit(Op::Log, &[positive], location);
    let square = of_two(Op::Multiply, logarithm, constant(-2.0));
    let radius = trace::emit(Op::Sqrt, &[square], location);
    let angle = of_two(Op::Multiply, v, constant(std::f64::consts::TAU));
    let [x, y] = [Op::Cosine, Op::Sine].map(|op| {
        let direction = trace::emit(op, &[angle], location);
        of_two(Op::Multiply, radius, direction)
    });
    let both = trace::emit(Op::Concatenate { axis: 0 }, &[x, y], location);
    let some = Op::Slice { start: vec![0], limit: vec![count], strides: Strides::UNIT };
    let some = trace::emit(some, &[both], location);
    Tensor::from_handle(trace::emit(Op::Reshape { shape }, &[some], location))
}
