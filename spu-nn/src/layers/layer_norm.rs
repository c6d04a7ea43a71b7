//! Layer normalization.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor};

use super::norm::{self, Moments, expect_features, inverse_deviation};
use super::{Affine, Stateless};
use crate::init::Draws;
use crate::rows::last_axis;

/// Layer normalization (Ba, Kiros and Hinton, 2016) of `x[…, features]`, row by row over the last axis:
/// (x − μ)/√(σ² + ε)·weight + bias, with μ and σ² mean and variance of the row.
///
/// Begins with weight 1 and bias 0. It takes one reciprocal root for each row. In the ring 2^32 the default ε is too small for the format: see
/// [`LayerNorm::epsilon`].
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Layer, LayerNorm};
///
/// const NORM: LayerNorm = LayerNorm::new(2).epsilon(0.0);
/// let weights = NORM.initial(&mut spu_nn::init::Draws::seeded(1))?;
/// let y = evaluate((weights, vec![3.0, 7.0]), |(weights, x)| NORM.apply(weights, x))?;
/// assert_eq!(y.values(), [-1.0, 1.0]);
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LayerNorm {
    features: usize,
    epsilon: f64,
}

impl LayerNorm {
    /// Of so many features, with ε = 10⁻⁵.
    pub const fn new(features: usize) -> Self {
        Self { features, epsilon: norm::EPSILON }
    }

    /// With this ε: at least two units in the last place of the number format, 2^(1 − f) with f fraction bits.
    ///
    /// The default has so many in the rings 2^64 with 18 fraction bits or more and 2^128. In the ring 2^32, with 8, it rounds to 0: give 2^−7 or more there.
    /// With less, a variance that comes out as 0 or a unit below has no root, the factor 1/√(σ² + ε) is 0, and the result is the bias alone.
    pub const fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

impl Stateless for LayerNorm {
    type Weights = Affine;

    fn shape(&self) -> ShapeOf<Affine> {
        norm::shape(self.features)
    }

    fn initial(&self, _: &mut Draws) -> Result<HostOf<Affine>, Error> {
        norm::identity(self.features)
    }

    fn apply(&self, weights: Affine, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        expect_features(x, self.features);
        let Moments { variance, distance, .. } = Moments::new(x, &[last_axis(x).0]);
        distance * inverse_deviation(variance, self.epsilon) * weights.weight + weights.bias
    }
}
