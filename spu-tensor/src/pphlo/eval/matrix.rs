//! Matrix products and reductions.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::elementwise::widen;
use super::ill_typed;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{DType, Type};
use crate::shape::Shape;
use crate::strided::fold_axes;

/// The matrix product in the result's data type.
pub(super) fn dot(x: &HostTensor, y: &HostTensor, dtype: DType) -> Elements {
    let (&[m, k], &[_, n]) = (x.shape.extents(), y.shape.extents()) else { ill_typed(&x.elements) };
    match (&*widen(&x.elements, dtype), &*widen(&y.elements, dtype)) {
        (Elements::Fxp(a), Elements::Fxp(b)) => {
            let mut product = vec![0.0; m * n];
            add_product(a, b, [m, k, n], &mut product);
            Elements::Fxp(product)
        }
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(product(a, b, [m, k, n])),
        (other, _) => ill_typed(other),
    }
}

pub(super) fn reduce_sum(x: &HostTensor, axes: &[usize], ty: &Type) -> Elements {
    match &*widen(&x.elements, ty.dtype) {
        Elements::Fxp(v) => Elements::Fxp(folded((v, &x.shape), axes, &ty.shape, 0.0, |sum, x| sum + x)),
        Elements::Int(v) => Elements::Int(folded((v, &x.shape), axes, &ty.shape, 0, i64::wrapping_add)),
        other => ill_typed(other),
    }
}

pub(super) fn reduce_max(x: &HostTensor, axis: usize, shape: &Shape) -> Elements {
    let most = |most: f64, x: f64| if x >= most { x } else { most };
    match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(folded((v, &x.shape), &[axis], shape, f64::NEG_INFINITY, most)),
        Elements::Int(v) => Elements::Int(folded((v, &x.shape), &[axis], shape, i64::MIN, i64::max)),
        other => ill_typed(other),
    }
}

/// The fold of elements of a shape along axes, each beginning with `start`.
pub(super) fn folded<T: Copy>(
    (elements, shape): (&[T], &Shape),
    axes: &[usize],
    result: &Shape,
    start: T,
    step: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut folded = vec![start; result.elements()];
    fold_axes(elements, shape, axes, &mut folded, step);
    folded
}

/// c + a · b.
pub(super) fn add_product(a: &[f64], b: &[f64], [m, k, n]: [usize; 3], c: &mut [f64]) {
    let view = |values, shape| ArrayView2::from_shape(shape, values).expect("a matrix has rows × columns elements");
    let mut c = ArrayViewMut2::from_shape((m, n), c).expect("a matrix has rows × columns elements");
    general_mat_mul(1.0, &view(a, (m, k)), &view(b, (k, n)), 1.0, &mut c);
}

/// i-k-j: the innermost loop runs along rows of `b` and of the result.
pub(super) fn product(a: &[i64], b: &[i64], [m, k, n]: [usize; 3]) -> Vec<i64> {
    let mut result = vec![0i64; m * n];
    if k == 0 || n == 0 {
        return result;
    }
    for (row, a) in result.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
        for (&a, b) in a.iter().zip(b.chunks_exact(n)) {
            row.iter_mut().zip(b).for_each(|(sum, &b)| *sum = sum.wrapping_add(a.wrapping_mul(b)));
        }
    }
    result
}
