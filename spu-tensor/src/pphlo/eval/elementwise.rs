//! Operations that work on each element by itself.

use std::borrow::Cow;

use super::ill_typed;
use crate::host::Elements;
use crate::pphlo::DType;

/// The same values in a data type at least as wide.
pub(super) fn widen(elements: &Elements, dtype: DType) -> Cow<'_, Elements> {
    match (elements, dtype) {
        (Elements::Bool(v), DType::Int) => Cow::Owned(Elements::Int(v.iter().map(|&x| i64::from(x)).collect())),
        (Elements::Bool(_) | Elements::Int(_), DType::Fxp) => Cow::Owned(Elements::Fxp(elements.to_f64())),
        _ => Cow::Borrowed(elements),
    }
}

/// Numbers to a number of the same data type.
pub(super) fn arithmetic(
    a: &Elements,
    b: &Elements,
    fxp: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> i64,
) -> Elements {
    match (a, b) {
        (Elements::Fxp(a), Elements::Fxp(b)) => Elements::Fxp(zipped(a, b, fxp)),
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(zipped(a, b, int)),
        _ => ill_typed(a),
    }
}

/// Numbers to a truth value.
pub(super) fn compare(
    a: &Elements,
    b: &Elements,
    fxp: impl Fn(f64, f64) -> bool,
    int: impl Fn(i64, i64) -> bool,
) -> Elements {
    match (a, b) {
        (Elements::Fxp(a), Elements::Fxp(b)) => Elements::Bool(zipped(a, b, fxp)),
        (Elements::Int(a), Elements::Int(b)) => Elements::Bool(zipped(a, b, int)),
        _ => ill_typed(a),
    }
}

/// Truth values to a truth value, or the bits of integers.
pub(super) fn logical(
    a: &Elements,
    b: &Elements,
    bool: impl Fn(bool, bool) -> bool,
    int: impl Fn(i64, i64) -> i64,
) -> Elements {
    match (a, b) {
        (Elements::Bool(a), Elements::Bool(b)) => Elements::Bool(zipped(a, b, bool)),
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(zipped(a, b, int)),
        _ => ill_typed(a),
    }
}

/// A real number to an integer; one outside of i64 is cut to its ends.
pub(super) fn rounded(a: &Elements, function: impl Fn(f64) -> f64) -> Elements {
    match a {
        Elements::Fxp(a) => Elements::Int(a.iter().map(|&x| function(x) as i64).collect()),
        _ => ill_typed(a),
    }
}

/// Real numbers to a real number.
pub(super) fn real_of_two(a: &Elements, b: &Elements, function: impl Fn(f64, f64) -> f64) -> Elements {
    match (a, b) {
        (Elements::Fxp(a), Elements::Fxp(b)) => Elements::Fxp(zipped(a, b, function)),
        _ => ill_typed(a),
    }
}

/// A real function.
pub(super) fn real(a: &Elements, function: impl Fn(f64) -> f64) -> Elements {
    match a {
        Elements::Fxp(a) => Elements::Fxp(a.iter().map(|&x| function(x)).collect()),
        _ => ill_typed(a),
    }
}

pub(super) fn select(predicate: &Elements, yes: &Elements, no: &Elements) -> Elements {
    fn chosen<T: Copy>(predicate: &[bool], yes: &[T], no: &[T]) -> Vec<T> {
        predicate.iter().zip(yes.iter().zip(no)).map(|(&p, (&yes, &no))| if p { yes } else { no }).collect()
    }
    match (predicate, yes, no) {
        (Elements::Bool(p), Elements::Fxp(a), Elements::Fxp(b)) => Elements::Fxp(chosen(p, a, b)),
        (Elements::Bool(p), Elements::Int(a), Elements::Int(b)) => Elements::Int(chosen(p, a, b)),
        (Elements::Bool(p), Elements::Bool(a), Elements::Bool(b)) => Elements::Bool(chosen(p, a, b)),
        _ => ill_typed(predicate),
    }
}

fn zipped<T: Copy, U>(a: &[T], b: &[T], function: impl Fn(T, T) -> U) -> Vec<U> {
    a.iter().zip(b).map(|(&a, &b)| function(a, b)).collect()
}
