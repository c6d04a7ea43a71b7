//! Fully connected layers.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor, Tree};

use crate::init::Draws;

/// A fully connected layer: x·weight + bias.
#[derive(Clone, Copy, Tree)]
pub struct Dense {
    /// `[inputs, outputs]`.
    pub weight: Tensor<Secret, Fxp>,
    /// `[outputs]`.
    pub bias: Tensor<Secret, Fxp>,
}

impl Dense {
    /// The layer on rows `x[n, inputs]`: `[n, outputs]`. The product is truncated once.
    pub fn apply(self, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.matmul(self.weight) + self.bias
    }

    /// Its shape for these widths.
    pub fn shape(inputs: usize, outputs: usize) -> ShapeOf<Self> {
        ShapeOf::of(|| Self { weight: Tensor::with_shape([inputs, outputs]), bias: Tensor::with_shape([outputs]) })
    }

    /// Initial weights: Glorot normal, with a bias of standard deviation 0.01.
    pub fn initial(inputs: usize, outputs: usize, draws: &mut Draws) -> Result<HostOf<Self>, Error> {
        let weight = draws.glorot_normal(inputs, outputs);
        let bias = draws.normal([outputs], BIAS_DEVIATION);
        HostOf::of(|| Self { weight: Tensor::with_data(weight), bias: Tensor::with_data(bias) })
    }
}

const BIAS_DEVIATION: f64 = 1e-2;
