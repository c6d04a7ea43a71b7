//! Fully connected layers.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor};

use super::{Affine, Bias, Biased, Stateless, Unbiased};
use crate::init::Draws;

/// A fully connected layer: `x[…, inputs]` to x·weight + bias, `[…, outputs]`, with `weight[inputs, outputs]`.
///
/// It takes one multiplication and one truncation, however many rows there are. Initial weights are Glorot normal, with a bias of
/// standard deviation 0.01.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Affine, Dense, Layer};
///
/// let y = evaluate(vec![2.0, 3.0], |x: Tensor<Secret, Fxp>| {
///     let weight = Tensor::constant(vec![1.0, 10.0]).to_secret().reshape([2, 1]);
///     Dense::new(2, 1).apply(Affine { weight, bias: Tensor::constant(vec![0.5]).to_secret() }, x)
/// })?;
/// assert_eq!(y.values(), [32.5]);
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dense<B = Biased> {
    inputs: usize,
    outputs: usize,
    bias: B,
}

impl Dense {
    /// From so many inputs to so many outputs.
    pub const fn new(inputs: usize, outputs: usize) -> Self {
        Self { inputs, outputs, bias: Biased }
    }

    /// The same without a bias.
    pub const fn without_bias(self) -> Dense<Unbiased> {
        Dense { inputs: self.inputs, outputs: self.outputs, bias: Unbiased }
    }
}

impl<B: Bias> Stateless for Dense<B> {
    type Weights = Affine<B::Weight>;

    fn shape(&self) -> ShapeOf<Self::Weights> {
        Affine::shape([self.inputs, self.outputs], B::shape(self.outputs))
    }

    fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
        let weight = draws.glorot_normal(self.inputs, self.outputs);
        Affine::given(weight, B::initial(self.outputs, BIAS_DEVIATION, draws))
    }

    fn apply(&self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        B::add(weights.bias, x.matmul(weights.weight))
    }
}

const BIAS_DEVIATION: f64 = 1e-2;
