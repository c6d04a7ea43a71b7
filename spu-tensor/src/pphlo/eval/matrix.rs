//! Matrix products and reductions.

use super::elementwise::widen;
use super::ill_typed;
use super::movement::strided;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{DType, Type};
use crate::shape::Shape;

/// The matrix product in the result's data type.
pub(super) fn dot(x: &HostTensor, y: &HostTensor, dtype: DType) -> Elements {
    let (&[m, k], &[_, n]) = (x.shape.extents(), y.shape.extents()) else { ill_typed(&x.elements) };
    match (&*widen(&x.elements, dtype), &*widen(&y.elements, dtype)) {
        (Elements::Fxp(a), Elements::Fxp(b)) => Elements::Fxp(product(a, b, [m, k, n], 0.0, |sum, a, b| sum + a * b)),
        (Elements::Int(a), Elements::Int(b)) => {
            Elements::Int(product(a, b, [m, k, n], 0, |sum, a, b| sum.wrapping_add(a.wrapping_mul(b))))
        }
        (other, _) => ill_typed(other),
    }
}

pub(super) fn reduce_sum(x: &HostTensor, axes: &[usize], ty: &Type) -> Elements {
    let places = kept(&x.shape, axes, &ty.shape);
    match &*widen(&x.elements, ty.dtype) {
        Elements::Fxp(v) => Elements::Fxp(folded(v, &places, vec![0.0; ty.shape.elements()], |sum, x| sum + x)),
        Elements::Int(v) => Elements::Int(folded(v, &places, vec![0; ty.shape.elements()], i64::wrapping_add)),
        other => ill_typed(other),
    }
}

pub(super) fn reduce_max(x: &HostTensor, axis: usize, shape: &Shape) -> Elements {
    let places = kept(&x.shape, &[axis], shape);
    match &x.elements {
        Elements::Fxp(v) => {
            let least = vec![f64::NEG_INFINITY; shape.elements()];
            Elements::Fxp(folded(v, &places, least, |most, x| if x >= most { x } else { most }))
        }
        Elements::Int(v) => Elements::Int(folded(v, &places, vec![i64::MIN; shape.elements()], i64::max)),
        other => ill_typed(other),
    }
}

/// i-k-j: the innermost loop runs along rows of `b` and of the result.
pub(super) fn product<T: Copy>(
    a: &[T],
    b: &[T],
    [m, k, n]: [usize; 3],
    zero: T,
    step: impl Fn(T, T, T) -> T,
) -> Vec<T> {
    let mut result = vec![zero; m * n];
    if k == 0 || n == 0 {
        return result;
    }
    for (row, a) in result.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
        for (&a, b) in a.iter().zip(b.chunks_exact(n)) {
            row.iter_mut().zip(b).for_each(|(sum, &b)| *sum = step(*sum, a, b));
        }
    }
    result
}

/// For each operand element, the result element that it belongs to.
pub(super) fn kept(operand: &Shape, axes: &[usize], result: &Shape) -> Vec<usize> {
    let mut remaining = result.strides().into_iter();
    let stride = |axis| if axes.contains(&axis) { 0 } else { remaining.next().expect("one axis for each kept one") };
    let strides: Vec<usize> = (0..operand.rank()).map(stride).collect();
    strided(operand, &strides, 0)
}

pub(super) fn folded<T: Copy>(
    elements: &[T],
    places: &[usize],
    mut result: Vec<T>,
    step: impl Fn(T, T) -> T,
) -> Vec<T> {
    elements.iter().zip(places).for_each(|(&x, &place)| result[place] = step(result[place], x));
    result
}
