//! Products, extrema, truth values and running sums along axes.

use super::elementwise::widen;
use super::ill_typed;
use super::matrix::folded;
use crate::host::{Elements, HostTensor};
use crate::pphlo::DType;
use crate::shape::Shape;

pub(super) fn minimum(x: &HostTensor, axis: usize, shape: &Shape) -> Elements {
    let least = |least: f64, x: f64| if x <= least { x } else { least };
    match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(folded((v, &x.shape), &[axis], shape, f64::INFINITY, least)),
        Elements::Int(v) => Elements::Int(folded((v, &x.shape), &[axis], shape, i64::MAX, i64::min)),
        other => ill_typed(other),
    }
}

pub(super) fn product(x: &HostTensor, axes: &[usize], shape: &Shape) -> Elements {
    match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(folded((v, &x.shape), axes, shape, 1.0, |product, x| product * x)),
        Elements::Int(v) => Elements::Int(folded((v, &x.shape), axes, shape, 1, i64::wrapping_mul)),
        other => ill_typed(other),
    }
}

/// Whether all elements hold, or whether some element does.
pub(super) fn truth(x: &HostTensor, axes: &[usize], shape: &Shape, all: bool) -> Elements {
    let Elements::Bool(v) = &x.elements else { ill_typed(&x.elements) };
    let step = |known: bool, x: bool| if all { known & x } else { known | x };
    Elements::Bool(folded((v, &x.shape), axes, shape, all, step))
}

/// The index of the first maximum.
pub(super) fn arg_max(x: &HostTensor, axis: usize, shape: &Shape) -> Elements {
    fn first<T: Copy + PartialOrd>(v: &[T], [outer, extent, inner]: [usize; 3]) -> Vec<i64> {
        let column = |o: usize, i: usize| {
            let at = |k: usize| v[(o * extent + k) * inner + i];
            (1..extent).fold(0, |best, k| if at(k) > at(best) { k } else { best }) as i64
        };
        (0..outer).flat_map(|o| (0..inner).map(move |i| column(o, i))).collect()
    }
    let extents = around(&x.shape, axis);
    debug_assert_eq!(extents[0] * extents[2], shape.elements());
    match &x.elements {
        Elements::Fxp(v) => Elements::Int(first(v, extents)),
        Elements::Int(v) => Elements::Int(first(v, extents)),
        other => ill_typed(other),
    }
}

/// Whether an element of the shape stands where `first` says, along the axis.
pub(super) fn one_hot(first: &Elements, axis: usize, shape: &Shape) -> Elements {
    let Elements::Int(first) = first else { ill_typed(first) };
    let [outer, extent, inner] = around(shape, axis);
    let is_first = |o: usize, k: usize, i: usize| first[o * inner + i] == k as i64;
    let rows = (0..outer).flat_map(|o| (0..extent).map(move |k| (o, k)));
    Elements::Bool(rows.flat_map(|(o, k)| (0..inner).map(move |i| is_first(o, k, i))).collect())
}

pub(super) fn cumulative_sum(x: &HostTensor, axis: usize, reverse: bool, dtype: DType) -> Elements {
    fn running<T: Copy>(v: &[T], [_, extent, inner]: [usize; 3], reverse: bool, add: impl Fn(T, T) -> T) -> Vec<T> {
        let mut sums = v.to_vec();
        for block in sums.chunks_exact_mut((extent * inner).max(1)) {
            for k in 1..extent {
                for i in 0..inner {
                    let (from, to) = if reverse { (extent - k, extent - k - 1) } else { (k - 1, k) };
                    block[to * inner + i] = add(block[from * inner + i], block[to * inner + i]);
                }
            }
        }
        sums
    }
    let extents = around(&x.shape, axis);
    match &*widen(&x.elements, dtype) {
        Elements::Fxp(v) => Elements::Fxp(running(v, extents, reverse, |a, b| a + b)),
        Elements::Int(v) => Elements::Int(running(v, extents, reverse, i64::wrapping_add)),
        other => ill_typed(other),
    }
}

/// How many elements the axes in front of `axis` have, itself, and those behind it.
fn around(shape: &Shape, axis: usize) -> [usize; 3] {
    let extents = shape.extents();
    [extents[..axis].iter().product(), extents[axis], extents[axis + 1..].iter().product()]
}
