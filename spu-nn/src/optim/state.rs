//! The state of an optimizer before its first step, and public rates.

use spu::{Error, Fxp, HostOf, HostTensor, Public, ShapeOf, Tensor};

use super::Trainable;

/// Zeros in the place of every leaf.
pub(super) fn zeros<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<T>, Error> {
    HostOf::of(|| {
        shape.graft().map(|leaf| {
            let shape = leaf.shape();
            let zeros = vec![0.0; shape.elements()];
            Tensor::with_data(HostTensor::fxp(shape, zeros))
        })
    })
}

/// w − rate·d for each leaf; the constant is a part of the program.
pub(super) fn descend<T: Trainable>(weights: T, direction: T, rate: f64) -> T {
    weights.zip(direction, |w, d| w - rate * d)
}

/// The same with a public rate in units of 1/[`UNITS`].
pub(super) fn descend_at<T: Trainable>(weights: T, direction: T, rate: Tensor<Public, Fxp>) -> T {
    weights.zip(direction, |w, d| w - rate * (d * (1.0 / UNITS)))
}

/// A public rate is given as a multiple of 1/256, so that a rate of 10^−5 still has eight bits in a format with 18 fraction bits. The direction is
/// divided by 256, which changes its scale alone.
pub(super) const UNITS: f64 = 256.0;
