//! RMSProp.

use spu::{Error, Fxp, HostOf, Location, Public, ShapeOf, Tensor, Tree, located};

use super::Trainable;
use super::constants::{Constant, are_sound};
use super::moments;
use super::state::{UNITS, descend, descend_at, zeros};

/// RMSProp (Tieleman and Hinton, 2012): v ← β·v + (1 − β)·g², w ← w − rate·g/√(v + ε²).
///
/// **State**: 2^18·v/(1 − β). Precision is that of [`Adam`](super::Adam), v with 36 fraction bits and those of 1/(1 − β). **Range** in 2^64 with 18 fraction bits: √v ≤ 16 and
/// |g| ≤ 512·√(1 − β), 51 by default; [`moments`] has the others.
///
/// **Bound**: after n steps from the same state a weight is within n·2^−18 + Σ rate·δ of that of real numbers, δ = 2^−8·|g/√v| + 2^−17·(1/√v + 10) where √v ≥ 10^−3
/// ([`moments`] derives it; tests follow it for 100 steps).
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

    /// One step: the new weights and the new state. Constants that make no sense, such as a β of 1, are an error at the caller's line.
    #[track_caller]
    pub fn step<T: Trainable>(self, weights: T, state: T, gradient: T) -> (T, T) {
        let rate = Constant::finite("the rate", self.rate);
        if !are_sound("RMSProp", weights, &[rate]) {
            return (weights, state);
        }
        let rate = self.rate * moments::root_factor(self.beta);
        self.stepped(weights, state, gradient, |direction| descend(weights, direction, rate))
    }

    /// One step at the public `rate` that [`RmsProp::rate_at`] gives; [`RmsProp::rate`] is not used.
    #[track_caller]
    pub fn step_at<T: Trainable>(self, weights: T, state: T, gradient: T, rate: Tensor<Public, Fxp>) -> (T, T) {
        self.stepped(weights, state, gradient, |direction| descend_at(weights, direction, rate))
    }

    /// What [`RmsProp::step_at`] takes for this rate, in every step `t`: in units of the step.
    pub fn rate_at(self, rate: f64, _t: u64) -> f64 {
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

    /// New weights by where the step goes, up to a public factor, and the new state.
    #[track_caller]
    fn stepped<T: Trainable>(self, weights: T, state: T, gradient: T, step: impl FnOnce(T) -> T) -> (T, T) {
        let constants = [Constant::fading("β", self.beta), Constant::positive("ε", self.epsilon)];
        if !are_sound("RMSProp", weights, &constants) {
            return (weights, state);
        }
        located(Location::caller(), || {
            let (direction, state) = self.direction(state, gradient);
            (step(direction), state)
        })
    }

    /// Where a step goes, up to a public factor, and the new state.
    fn direction<T: Trainable>(self, state: T, gradient: T) -> (T, T) {
        let gradient = moments::in_units(gradient);
        let second = moments::second(state, gradient, self.beta);
        (moments::direction(gradient, second, self.epsilon, self.beta), second)
    }
}
