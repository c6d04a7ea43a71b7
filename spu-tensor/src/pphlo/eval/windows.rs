//! Windows: gathered, and added back.

use super::elementwise::widen;
use super::ill_typed;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{DType, Window};
use crate::shape::Shape;

pub(super) fn gather(x: &HostTensor, window: &Window, repeat: bool) -> Elements {
    fn taken<T: Copy>(v: &[T], places: &[Option<usize>], zero: T) -> Vec<T> {
        places.iter().map(|place| place.map_or(zero, |at| v[at])).collect()
    }
    let places = places(&x.shape, window, repeat);
    match &x.elements {
        Elements::Fxp(v) => Elements::Fxp(taken(v, &places, 0.0)),
        Elements::Int(v) => Elements::Int(taken(v, &places, 0)),
        Elements::Bool(v) => Elements::Bool(taken(v, &places, false)),
    }
}

pub(super) fn scatter(x: &HostTensor, window: &Window, repeat: bool, shape: &Shape, dtype: DType) -> Elements {
    fn added<T: Copy>(v: &[T], places: &[Option<usize>], mut sums: Vec<T>, add: impl Fn(T, T) -> T) -> Vec<T> {
        for (&x, at) in v.iter().zip(places).filter_map(|(x, place)| place.map(|at| (x, at))) {
            sums[at] = add(sums[at], x);
        }
        sums
    }
    let places = places(shape, window, repeat);
    match &*widen(&x.elements, dtype) {
        Elements::Fxp(v) => Elements::Fxp(added(v, &places, vec![0.0; shape.elements()], |a, b| a + b)),
        Elements::Int(v) => Elements::Int(added(v, &places, vec![0; shape.elements()], i64::wrapping_add)),
        other => ill_typed(other),
    }
}

fn places(shape: &Shape, window: &Window, repeat: bool) -> Vec<Option<usize>> {
    window.places(shape, Some, |last| last.filter(|_| repeat))
}
