//! Fully connected layers.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor};

use super::{Affine, Bias, Biased, Stateless, Unbiased};
use crate::init::{Draws, Initializer};

/// A fully connected layer: `x[…, inputs]` to x·weight + bias, `[…, outputs]`, with `weight[inputs, outputs]`.
///
/// It takes one multiplication and one truncation, however many rows there are. Initial weights are Glorot normal, a bias is normal with
/// standard deviation 0.01, unless the layer is given another [`Initializer`].
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
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dense<B = Biased> {
    inputs: usize,
    outputs: usize,
    initializer: Initializer,
    bias_initializer: Initializer,
    bias: B,
}

impl Dense {
    /// From so many inputs to so many outputs.
    pub const fn new(inputs: usize, outputs: usize) -> Self {
        let (initializer, bias_initializer) = (Initializer::GlorotNormal, BIAS);
        Self { inputs, outputs, initializer, bias_initializer, bias: Biased }
    }

    /// With a bias that begins otherwise.
    pub const fn bias_initializer(self, bias_initializer: Initializer) -> Self {
        Self { bias_initializer, ..self }
    }

    /// The same without a bias.
    pub const fn without_bias(self) -> Dense<Unbiased> {
        let Self { inputs, outputs, initializer, bias_initializer, bias: Biased } = self;
        Dense { inputs, outputs, initializer, bias_initializer, bias: Unbiased }
    }
}

impl<B: Copy> Dense<B> {
    /// With a weight matrix that begins otherwise.
    ///
    /// ```
    /// use spu_nn::init::Initializer;
    /// use spu_nn::layers::Dense;
    ///
    /// const HIDDEN: Dense =
    ///     Dense::new(784, 128).initializer(Initializer::HeNormal).bias_initializer(Initializer::Constant(0.0));
    /// ```
    pub const fn initializer(self, initializer: Initializer) -> Self {
        Self { initializer, ..self }
    }
}

impl<B: Bias> Stateless for Dense<B> {
    type Weights = Affine<B::Weight>;

    fn shape(&self) -> ShapeOf<Self::Weights> {
        Affine::shape([self.inputs, self.outputs], B::shape(self.outputs))
    }

    fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
        let weight = draws.weights(self.initializer, [self.inputs, self.outputs]);
        Affine::given(weight, B::initial(self.outputs, self.bias_initializer, draws))
    }

    fn apply(&self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        B::add(weights.bias, x.matmul(weights.weight))
    }
}

const BIAS: Initializer = Initializer::Normal(1e-2);
