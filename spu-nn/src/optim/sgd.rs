//! Stochastic gradient descent with momentum.

use spu::{Error, Fxp, HostOf, Location, Public, ShapeOf, Tensor, Tree, located};

use super::Trainable;
use super::constants::{Constant, are_sound};
use super::state::{UNITS, descend, descend_at, zeros};

/// Momentum SGD: v ← momentum·v + g, w ← w − rate·v, with g the gradient + decay·w.
///
/// After Nesterov, as Sutskever et al. (ICML 2013) write it: w ← w − rate·(g + momentum·v) with the new v.
///
/// The numbers are public constants, rounded to the format's precision; each product is truncated, so that a weight moves with a resolution of one
/// unit in the last place, and v errs by at most 1/(1 − momentum) units of its own. Two rounds. No element of v is above 4096, which is asserted: clip gradients
/// that would make it so.
///
/// **Bound**: after n steps from the same state a weight is within n·(u + rate·V·2^−12 + 2·rate·u·(2 + V)/(1 − momentum)) of that of real numbers, for a unit in the last place u
/// (2^−18 by default), |v| ≤ V, and no decay; tests follow it for 100 steps.
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

    /// One step: the new weights and the new velocity. Constants that make no sense, such as a momentum of 1, are an error at the caller's line.
    #[track_caller]
    pub fn step<T: Trainable>(self, weights: T, velocity: T, gradient: T) -> (T, T) {
        let rate = Constant::finite("the rate", self.rate);
        if !are_sound("SGD", weights, &[rate]) {
            return (weights, velocity);
        }
        self.stepped(weights, velocity, gradient, |direction| descend(weights, direction, self.rate))
    }

    /// One step at the public `rate` that [`Sgd::rate_at`] gives; [`Sgd::rate`] is not used.
    #[track_caller]
    pub fn step_at<T: Trainable>(self, weights: T, velocity: T, gradient: T, rate: Tensor<Public, Fxp>) -> (T, T) {
        self.stepped(weights, velocity, gradient, |direction| descend_at(weights, direction, rate))
    }

    /// What [`Sgd::step_at`] takes for this rate: 256 times the rate, in every step `t`.
    pub fn rate_at(self, rate: f64, _t: u64) -> f64 {
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

    /// New weights by where the step goes, and the new velocity.
    #[track_caller]
    fn stepped<T: Trainable>(self, weights: T, velocity: T, gradient: T, step: impl FnOnce(T) -> T) -> (T, T) {
        let momentum = Constant::fading("the momentum", self.momentum);
        let decay = Constant::finite("the weight decay", self.weight_decay);
        if !are_sound("SGD", weights, &[momentum, decay]) {
            return (weights, velocity);
        }
        located(Location::caller(), || {
            let (direction, velocity) = self.direction(weights, velocity, gradient);
            (step(direction), velocity)
        })
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
