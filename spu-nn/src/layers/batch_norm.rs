//! Batch normalization.

use spu::{Error, Fxp, HostOf, HostTensor, Secret, ShapeOf, Tensor, Tree};

use super::norm::{self, Moments, expect_features, inverse_deviation};
use super::{Affine, Layer};
use crate::init::Draws;

/// Batch normalization (Ioffe and Szegedy, 2015) of `x[…, features]`, feature by feature over all other axes:
/// (x − μ)/√(σ² + ε)·weight + bias.
///
/// In training μ and σ² are mean and variance of the batch, and the state moves towards them: running ← momentum·running +
/// (1 − momentum)·batch. Afterwards they are the state. Both variances divide by the number of elements, as in Flax and Keras;
/// PyTorch's running variance divides by one less, and its momentum is one minus this.
///
/// In the ring 2^32 the default ε is too small for the format: see [`BatchNorm::epsilon`].
///
/// A variance has an absolute precision: features whose variance is not far above a unit in the last place come out with a relative
/// error of half a unit divided by the variance. Bring data to a scale of about 1 first.
///
/// Begins with weight 1, bias 0, running mean 0, running variance 1. A training pass takes one reciprocal root for each
/// feature, whatever the batch.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{BatchNorm, Layer};
///
/// const NORM: BatchNorm = BatchNorm::new(1).epsilon(0.0).momentum(0.5);
/// let weights = NORM.initial(&mut spu_nn::init::Draws::seeded(1))?;
/// let found = evaluate((weights, NORM.initial_state()?, vec![3.0, 7.0]), |(weights, state, x)| {
///     let x: Tensor<Secret, Fxp> = x;
///     let (y, next) = NORM.train(weights, state, x.reshape([2, 1]));
///     (y, next.running_mean, next.running_var)
/// })?;
/// let (y, mean, variance) = found.split();
/// assert_eq!((y.values(), mean.values(), variance.values()), (vec![-1.0, 1.0], vec![2.5], vec![2.5]));
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchNorm {
    features: usize,
    momentum: f64,
    epsilon: f64,
}

/// The running statistics of a [`BatchNorm`].
#[derive(Clone, Copy, Tree)]
pub struct Running {
    /// `[features]`.
    pub running_mean: Tensor<Secret, Fxp>,
    /// `[features]`.
    pub running_var: Tensor<Secret, Fxp>,
}

impl BatchNorm {
    /// Of so many features, with momentum 0.9 and ε = 10⁻⁵.
    pub const fn new(features: usize) -> Self {
        Self { features, momentum: 0.9, epsilon: norm::EPSILON }
    }

    /// With this share of the running statistics that stays at each step.
    pub const fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// With this ε: at least two units in the last place of the number format, 2^(1 − f) with f fraction bits.
    ///
    /// The default has so many in the rings 2^64 with 18 fraction bits or more and 2^128. In the ring 2^32, with 8, it rounds to 0: give 2^−7 or more there.
    /// With less, a variance that comes out as 0 or a unit below has no root, the factor 1/√(σ² + ε) is 0, and the result is the bias alone.
    pub const fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Running statistics, moved towards those of a batch.
    #[track_caller]
    fn moved(self, running: Tensor<Secret, Fxp>, batch: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        self.momentum * running + (1.0 - self.momentum) * batch.reshape([self.features])
    }

    /// `distance` from the mean, divided by the deviation, scaled and shifted. Both factors become one for each feature first.
    #[track_caller]
    fn normalized(
        self,
        weights: Affine,
        distance: Tensor<Secret, Fxp>,
        variance: Tensor<Secret, Fxp>,
    ) -> Tensor<Secret, Fxp> {
        distance * (weights.weight * inverse_deviation(variance, self.epsilon)) + weights.bias
    }
}

impl Layer for BatchNorm {
    type Weights = Affine;
    type State = Running;

    fn shape(self) -> ShapeOf<Affine> {
        norm::shape(self.features)
    }

    fn state_shape(self) -> ShapeOf<Running> {
        let leaf = || Tensor::with_shape([self.features]);
        ShapeOf::of(|| Running { running_mean: leaf(), running_var: leaf() })
    }

    fn initial(self, _: &mut Draws) -> Result<HostOf<Affine>, Error> {
        norm::identity(self.features)
    }

    fn initial_state(self) -> Result<HostOf<Running>, Error> {
        let leaf = |value: f64| Tensor::with_data(HostTensor::fxp([self.features], vec![value; self.features]));
        HostOf::of(|| Running { running_mean: leaf(0.0), running_var: leaf(1.0) })
    }

    fn infer(self, weights: Affine, state: Running, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        expect_features(x, self.features);
        self.normalized(weights, x - state.running_mean, state.running_var)
    }

    fn train(self, weights: Affine, state: Running, x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Running) {
        expect_features(x, self.features);
        let axes: Vec<usize> = (0..x.shape().rank().saturating_sub(1)).collect();
        let Moments { mean, variance, distance } = Moments::new(x, &axes);
        let state = Running {
            running_mean: self.moved(state.running_mean, mean),
            running_var: self.moved(state.running_var, variance),
        };
        (self.normalized(weights, distance, variance), state)
    }
}
