//! Operations that only move elements: each result element is one operand element, found by strides.

use super::ill_typed;
use crate::host::{Elements, HostTensor};
use crate::pphlo::Strides;
use crate::shape::Shape;
use crate::strided::{signed, strided};

pub(super) fn transpose(x: &HostTensor, permutation: &[usize], shape: &Shape) -> Elements {
    let strides = signed(&x.shape.strides());
    let strides: Vec<isize> = permutation.iter().map(|&axis| strides[axis]).collect();
    moved(&x.elements, shape, &strides, 0)
}

pub(super) fn broadcast(x: &HostTensor, dimensions: &[usize], shape: &Shape) -> Elements {
    let mut strides = vec![0; shape.rank()];
    for ((&axis, stride), &extent) in dimensions.iter().zip(signed(&x.shape.strides())).zip(x.shape.extents()) {
        strides[axis] = if extent == 1 { 0 } else { stride };
    }
    moved(&x.elements, shape, &strides, 0)
}

pub(super) fn slice(x: &HostTensor, start: &[usize], steps: &Strides, shape: &Shape) -> Elements {
    let strides = x.shape.strides();
    let offset = start.iter().zip(&strides).map(|(first, stride)| first * stride).sum();
    let strides: Vec<usize> = strides.iter().enumerate().map(|(axis, stride)| stride * steps.on(axis)).collect();
    moved(&x.elements, shape, &signed(&strides), offset)
}

pub(super) fn reverse(x: &HostTensor, axes: &[usize]) -> Elements {
    let mut strides = signed(&x.shape.strides());
    let mut first = 0;
    for &axis in axes {
        first += strides[axis] as usize * x.shape.extents()[axis].saturating_sub(1);
        strides[axis] = -strides[axis];
    }
    moved(&x.elements, &x.shape, &strides, first)
}

pub(super) fn pad(x: &HostTensor, value: &HostTensor, low: &[i64], interior: &[usize], shape: &Shape) -> Elements {
    // For every result element the operand element that lies there, if one does.
    let mut places = vec![Some(0)];
    for (axis, (&extent, stride)) in shape.extents().iter().zip(x.shape.strides()).enumerate() {
        let (n, step) = (x.shape.extents()[axis] as i128, interior[axis] as i128 + 1);
        let place = |i: usize| {
            let at = i as i128 - i128::from(low[axis]);
            (at >= 0 && at % step == 0 && at / step < n).then(|| (at / step) as usize * stride)
        };
        let along: Vec<Option<usize>> = (0..extent).map(place).collect();
        places = places.iter().flat_map(|first| along.iter().map(move |at| Some((*first)? + (*at)?))).collect();
    }
    gather_or(&x.elements, &places, &value.elements)
}

pub(super) fn concatenate(operands: &[&HostTensor], axis: usize) -> Elements {
    let runs: usize = operands[0].shape.extents()[..axis].iter().product();
    macro_rules! joined {
        ($kind:ident) => {{
            let parts = operands.iter().map(|x| match &x.elements {
                Elements::$kind(v) => v.as_slice(),
                other => ill_typed(other),
            });
            let parts: Vec<_> = parts.collect();
            let run = |part: &[_], i: usize| i * (part.len() / runs)..(i + 1) * (part.len() / runs);
            Elements::$kind((0..runs).flat_map(|i| parts.iter().flat_map(move |p| &p[run(p, i)])).copied().collect())
        }};
    }
    match &operands[0].elements {
        Elements::Fxp(_) => joined!(Fxp),
        Elements::Int(_) => joined!(Int),
        Elements::Bool(_) => joined!(Bool),
    }
}

/// The elements at these places; where there is none, the scalar `other`.
pub(super) fn gather_or(elements: &Elements, places: &[Option<usize>], other: &Elements) -> Elements {
    fn found<T: Copy>(elements: &[T], places: &[Option<usize>], other: T) -> Vec<T> {
        places.iter().map(|place| place.map_or(other, |i| elements[i])).collect()
    }
    match (elements, other) {
        (Elements::Fxp(v), Elements::Fxp(other)) => Elements::Fxp(found(v, places, other[0])),
        (Elements::Int(v), Elements::Int(other)) => Elements::Int(found(v, places, other[0])),
        (Elements::Bool(v), Elements::Bool(other)) => Elements::Bool(found(v, places, other[0])),
        _ => ill_typed(other),
    }
}

fn moved(elements: &Elements, shape: &Shape, strides: &[isize], first: usize) -> Elements {
    match elements {
        Elements::Fxp(v) => Elements::Fxp(strided(v, shape, strides, first)),
        Elements::Int(v) => Elements::Int(strided(v, shape, strides, first)),
        Elements::Bool(v) => Elements::Bool(strided(v, shape, strides, first)),
    }
}
