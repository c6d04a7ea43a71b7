//! RMSProp.

use spu::{Error, Fxp, HostOf, Public, ShapeOf, Tensor, Tree};

use super::Trainable;
use super::moments;
use super::state::{UNITS, descend, descend_at, zeros};

/// RMSProp (Tieleman and Hinton, 2012): v ← β·v + (1 − β)·g², w ← w − rate·g/√(v + ε²).
///
/// **State**: 2^18·v/(1 − β). Precision and range are those of [`Adam`](super::Adam), v with 36 fraction bits and those of 1/(1 − β).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RmsProp {
    /// How far a step of [`RmsProp::step`] goes.
    pub rate: f64,
    /// β: how much of the mean of squared gradients stays.
    pub beta: f64,
    /// ε: below which root mean square gradients count less.
    pub epsilon: f64,
}

impl Default for RmsProp {
    /// Rate 0.001, β 0.99, ε 2^−20.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl RmsProp {
    /// Rate 0.001, β 0.99, ε 2^−20.
    pub const DEFAULT: Self = Self { rate: 0.001, beta: 0.99, epsilon: 1.0 / 1_048_576.0 };

    /// One step: the new weights and the new state.
    pub fn step<T: Trainable>(self, weights: T, state: T, gradient: T) -> (T, T) {
        let (direction, state) = self.direction(state, gradient);
        (descend(weights, direction, self.rate * moments::root_factor(self.beta)), state)
    }

    /// One step at the public `rate` that [`RmsProp::rate_at`] gives; [`RmsProp::rate`] is not used.
    pub fn step_at<T: Trainable>(self, weights: T, state: T, gradient: T, rate: Tensor<Public, Fxp>) -> (T, T) {
        let (direction, state) = self.direction(state, gradient);
        (descend_at(weights, direction, rate), state)
    }

    /// What [`RmsProp::step_at`] takes for this rate: in units of the step.
    pub fn rate_at(self, rate: f64) -> f64 {
        UNITS * rate * moments::root_factor(self.beta)
    }

    /// The shape of the state: that of the weights.
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<T> {
        shape
    }

    /// The state before the first step, for weights of this shape: zeros.
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<T>, Error> {
        zeros(shape)
    }

    /// Where a step goes, up to a public factor, and the new state.
    fn direction<T: Trainable>(self, state: T, gradient: T) -> (T, T) {
        let gradient = moments::in_units(gradient);
        let second = moments::second(state, gradient, self.beta);
        (moments::direction(gradient, second, self.epsilon, self.beta), second)
    }
}
