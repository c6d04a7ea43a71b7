//! Operations that only move elements: each result element is one operand element, found by strides.

use super::ill_typed;
use crate::host::{Elements, HostTensor};
use crate::shape::Shape;

pub(super) fn transpose(x: &HostTensor, permutation: &[usize], shape: &Shape) -> Elements {
    let strides = x.shape.strides();
    let strides: Vec<usize> = permutation.iter().map(|&axis| strides[axis]).collect();
    gather(&x.elements, &strided(shape, &strides, 0))
}

pub(super) fn broadcast(x: &HostTensor, dimensions: &[usize], shape: &Shape) -> Elements {
    let mut strides = vec![0; shape.rank()];
    for ((&axis, stride), &extent) in dimensions.iter().zip(x.shape.strides()).zip(x.shape.extents()) {
        strides[axis] = if extent == 1 { 0 } else { stride };
    }
    gather(&x.elements, &strided(shape, &strides, 0))
}

pub(super) fn slice(x: &HostTensor, start: &[usize], shape: &Shape) -> Elements {
    let strides = x.shape.strides();
    let offset = start.iter().zip(&strides).map(|(first, stride)| first * stride).sum();
    gather(&x.elements, &strided(shape, &strides, offset))
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

/// The place `offset + Σ index · stride` of every index of a shape, row-major.
pub(super) fn strided(shape: &Shape, strides: &[usize], offset: usize) -> Vec<usize> {
    if shape.elements() == 0 {
        return Vec::new();
    }
    let mut places = vec![offset];
    for (&extent, &stride) in shape.extents().iter().zip(strides) {
        places = places.iter().flat_map(|place| (0..extent).map(move |i| place + i * stride)).collect();
    }
    places
}

fn gather(elements: &Elements, places: &[usize]) -> Elements {
    match elements {
        Elements::Fxp(v) => Elements::Fxp(places.iter().map(|&i| v[i]).collect()),
        Elements::Int(v) => Elements::Int(places.iter().map(|&i| v[i]).collect()),
        Elements::Bool(v) => Elements::Bool(places.iter().map(|&i| v[i]).collect()),
    }
}
