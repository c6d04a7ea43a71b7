//! AMSGrad.

use spu::{Error, Fxp, HostOf, Location, Public, ShapeOf, Tensor, Tree, located};

use super::Trainable;
use super::constants::{Constant, are_sound};
use super::moments::{self, factor};
use super::state::{UNITS, descend, descend_at, zeros};

/// AMSGrad (Reddi, Kale and Kumar, ICLR 2018): as [`Adam`](super::Adam), but w ← w − rate·m/√(v̂ + ε²) with v̂ ← max(v̂, v), and without correction of the start.
///
/// **State**: 2^6·m/(1 − β1), 2^18·v/(1 − β2), and v̂ in the same units. Precision and range are Adam's, in every format.
///
/// **Bound**: after n steps from the same state a weight is within n·2^−18 + Σ rate·δ of that of real numbers, δ = 2^−8·|m/√v̂| + 2^−17·(1/√v̂ + 3.2) where √v̂ ≥ 10^−3
/// ([`moments`] derives it; tests follow it for 100 steps).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AmsGrad {
    /// How far a step of [`AmsGrad::step`] goes.
    pub rate: f64,
    /// β1: how much of the mean of gradients stays.
    pub beta1: f64,
    /// β2: how much of the mean of squared gradients stays.
    pub beta2: f64,
    /// ε: below which root mean square gradients count less.
    pub epsilon: f64,
}

impl Default for AmsGrad {
    /// Rate 0.001, β1 0.9, β2 0.999, ε 2^−20.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl AmsGrad {
    /// Rate 0.001, β1 0.9, β2 0.999, ε 2^−20.
    pub const DEFAULT: Self = Self { rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0 / 1_048_576.0 };

    /// One step: the new weights and the new state. Constants that make no sense, such as a β of 1, are an error at the caller's line.
    #[track_caller]
    pub fn step<T: Trainable>(self, weights: T, state: (T, T, T), gradient: T) -> (T, (T, T, T)) {
        let rate = Constant::finite("the rate", self.rate);
        if !are_sound("AMSGrad", weights, &[rate]) {
            return (weights, state);
        }
        let rate = self.rate * factor(self.beta1, self.beta2);
        self.stepped(weights, state, gradient, |direction| descend(weights, direction, rate))
    }

    /// One step at the public `rate` that [`AmsGrad::rate_at`] gives; [`AmsGrad::rate`] is not used.
    #[track_caller]
    pub fn step_at<T: Trainable>(
        self,
        weights: T,
        state: (T, T, T),
        gradient: T,
        rate: Tensor<Public, Fxp>,
    ) -> (T, (T, T, T)) {
        self.stepped(weights, state, gradient, |direction| descend_at(weights, direction, rate))
    }

    /// What [`AmsGrad::step_at`] takes for this rate, in every step `t`: in units of the step.
    pub fn rate_at(self, rate: f64, _t: u64) -> f64 {
        UNITS * rate * factor(self.beta1, self.beta2)
    }

    /// The shape of the state: three trees like the weights.
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<(T, T, T)> {
        ShapeOf::of(|| (shape.clone().graft(), shape.clone().graft(), shape.graft()))
    }

    /// The state before the first step, for weights of this shape: zeros.
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<(T, T, T)>, Error> {
        zeros(Self::state(shape))
    }

    /// New weights by where the step goes, up to a public factor, and the new state.
    #[track_caller]
    fn stepped<T: Trainable>(
        self,
        weights: T,
        state: (T, T, T),
        gradient: T,
        step: impl FnOnce(T) -> T,
    ) -> (T, (T, T, T)) {
        if !are_sound("AMSGrad", weights, &moments::constants(self.beta1, self.beta2, self.epsilon)) {
            return (weights, state);
        }
        located(Location::caller(), || {
            let (direction, state) = self.direction(state, gradient);
            (step(direction), state)
        })
    }

    /// Where a step goes, up to a public factor, and the new state.
    fn direction<T: Trainable>(self, (first, second, largest): (T, T, T), gradient: T) -> (T, (T, T, T)) {
        let gradient = moments::in_units(gradient);
        let first = moments::first(first, gradient, self.beta1);
        let second = moments::second(second, gradient, self.beta2);
        let largest = largest.zip(second, |largest, x| largest.maximum(x));
        (moments::direction(first, largest, self.epsilon, self.beta2), (first, second, largest))
    }
}
