//! Stochastic gradient descent with momentum.

use spu::{Error, Fxp, HostOf, Public, ShapeOf, Tensor, Tree};

use super::Trainable;
use super::state::{UNITS, descend, descend_at, zeros};

/// Momentum SGD: v ← momentum·v + g, w ← w − rate·v, with g the gradient + decay·w.
///
/// After Nesterov, as Sutskever et al. (ICML 2013) write it: w ← w − rate·(g + momentum·v) with the new v.
///
/// The numbers are public constants, rounded to the format's precision; each product is truncated, so that a weight moves with a resolution of one
/// unit in the last place, and v errs by at most 1/(1 − momentum) units of its own. Two rounds. No element of v is above 4096, which is asserted: clip gradients
/// that would make it so.
///
/// ```
/// use spu_nn::optim::Sgd;
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// type Weights = Tensor<Secret, Fxp>;
/// let sgd = Sgd { rate: 0.5, momentum: 0.5, ..Sgd::default() };
/// let (w, v) = evaluate((vec![1.0], vec![2.0]), |(w, v): (Weights, Weights)| sgd.step(w, v, w))?.split();
/// assert_eq!((w.values(), v.values()), (vec![0.0], vec![2.0])); // v = 0.5·2 + 1, w = 1 − 0.5·2
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sgd {
    /// How far a step goes.
    pub rate: f64,
    /// How much of the last step's direction stays.
    pub momentum: f64,
    /// Whether a step looks ahead by the momentum.
    pub nesterov: bool,
    /// How much of the weights is added to their gradient.
    pub weight_decay: f64,
}

impl Default for Sgd {
    /// Rate 0.01, momentum 0.9, nothing else.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Sgd {
    /// Rate 0.01, momentum 0.9, nothing else.
    pub const DEFAULT: Self = Self { rate: 0.01, momentum: 0.9, nesterov: false, weight_decay: 0.0 };

    /// One step: the new weights and the new velocity.
    pub fn step<T: Trainable>(self, weights: T, velocity: T, gradient: T) -> (T, T) {
        let (direction, velocity) = self.direction(weights, velocity, gradient);
        (descend(weights, direction, self.rate), velocity)
    }

    /// One step at the public `rate` that [`Sgd::rate_at`] gives; [`Sgd::rate`] is not used.
    pub fn step_at<T: Trainable>(self, weights: T, velocity: T, gradient: T, rate: Tensor<Public, Fxp>) -> (T, T) {
        let (direction, velocity) = self.direction(weights, velocity, gradient);
        (descend_at(weights, direction, rate), velocity)
    }

    /// What [`Sgd::step_at`] takes for this rate: 256 times the rate.
    pub fn rate_at(self, rate: f64) -> f64 {
        UNITS * rate
    }

    /// The shape of the velocity: that of the weights.
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<T> {
        shape
    }

    /// The velocity before the first step, for weights of this shape: zeros.
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<T>, Error> {
        zeros(shape)
    }

    /// Where a step goes, and the new velocity.
    fn direction<T: Trainable>(self, weights: T, velocity: T, gradient: T) -> (T, T) {
        let gradient = match self.weight_decay {
            0.0 => gradient,
            decay => gradient.zip(weights, |g, w| g + decay * w),
        };
        // With a bound the sum is truncated once, however many fraction bits a gradient has.
        let velocity =
            velocity.zip(gradient, |v, g| self.momentum * v.assume(-LARGEST_VELOCITY..=LARGEST_VELOCITY) + g);
        match self.nesterov {
            false => (velocity, velocity),
            true => (gradient.zip(velocity, |g, v| g + self.momentum * v), velocity),
        }
    }
}

/// What no velocity is above: at a rate of 0.01 it moves a weight by 40.
const LARGEST_VELOCITY: f64 = 4096.0;
