//! Stochastic gradient descent with momentum.

use spu::tensor::LeavesAre;
use spu::{Error, Fxp, HostOf, HostTensor, Secret, ShapeOf, Tensor, Tree};

/// Momentum SGD: v ← momentum·v + g, w ← w − rate·v.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sgd {
    /// How far a step goes.
    pub rate: f64,
    /// How much of the last step's direction stays.
    pub momentum: f64,
}

impl Default for Sgd {
    /// Rate 0.01, momentum 0.9.
    fn default() -> Self {
        Self { rate: 0.01, momentum: 0.9 }
    }
}

impl Sgd {
    /// One step: the new weights and the new velocity. Both numbers are public constants, rounded to the format's precision;
    /// each product is truncated, so that a weight moves with a resolution of one unit in the last place.
    pub fn step<T: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy>(self, weights: T, velocity: T, gradient: T) -> (T, T) {
        let velocity = velocity.zip(gradient, |v, g| self.momentum * v + g);
        (weights.zip(velocity, |w, v| w - self.rate * v), velocity)
    }

    /// The velocity before the first step, for weights of this shape: zeros.
    pub fn at_rest<T: Tree + LeavesAre<Tensor<Secret, Fxp>>>(shape: ShapeOf<T>) -> Result<HostOf<T>, Error> {
        HostOf::of(|| {
            shape.graft().map(|leaf| {
                let shape = leaf.shape();
                let zeros = vec![0.0; shape.elements()];
                Tensor::with_data(HostTensor::fxp(shape, zeros))
            })
        })
    }
}
