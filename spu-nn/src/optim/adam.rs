//! Adam.

use spu::{Error, Fxp, HostOf, Location, Public, ShapeOf, Tensor, Tree, located};

use super::Trainable;
use super::constants::{Constant, are_sound};
use super::moments::{self, correction, factor};
use super::state::{UNITS, descend, descend_at, zeros};

/// Adam (Kingma and Ba, ICLR 2015): m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g², w ← w − rate·m/√(v + ε²).
///
/// The correction of the start from zeros, √(1 − β2^t)/(1 − β1^t) in step t, is public: [`Adam::rate_at`] has it in the rate that [`Adam::step_at`] takes.
/// [`Adam::step`] has none.
///
/// **State**: 2^6·m/(1 − β1) and 2^18·v/(1 − β2), so that in a format with 18 fraction bits g counts with 24 of them and v with 46. ε stands under the root,
/// where its square is at least the last bit of v, (1 − β2)·2^−36: √(v + ε²) lies between √v and √v + ε. 10^−8 is below the noise that fixed point leaves in
/// a gradient; the default of 2^−20 is above it. 1 − β2 is rounded to eight significant bits.
///
/// **Range** in 2^64 with 18 fraction bits: |g| ≤ 16 and √v ≤ 256·√(1 − β2), 8 by default; beyond, a step means nothing. Clip gradients that may be larger. [`moments`] has the range
/// in every other format; fewer than 18 fraction bits, and so the ring 2^32, are refused where the program is compiled.
///
/// **Error** of the direction m/√(v + ε²): 2^−10 of its value; that of m, 2^−23; and that of v, at most 2^−46 a step. So gradients of 10^−4 and more are followed
/// within 2^−8, those of 10^−5 within some percent. A weight moves with a resolution of one unit in the last place.
///
/// **Bound**: after n steps from the same state a weight is within n·2^−18 + Σ rate·δ of that of real numbers, δ = 2^−8·|m/√v| + 2^−17·(1/√v + 3.2) where √v ≥ 10^−3 ([`moments`] derives
/// it; tests follow it for 100 steps).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adam {
    /// How far a step of [`Adam::step`] goes.
    pub rate: f64,
    /// β1: how much of the mean of gradients stays.
    pub beta1: f64,
    /// β2: how much of the mean of squared gradients stays.
    pub beta2: f64,
    /// ε: below which root mean square gradients count less.
    pub epsilon: f64,
}

impl Default for Adam {
    /// Rate 0.001, β1 0.9, β2 0.999, ε 2^−20.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Adam {
    /// Rate 0.001, β1 0.9, β2 0.999, ε 2^−20.
    pub const DEFAULT: Self = Self { rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1.0 / 1_048_576.0 };

    /// One step without correction: the new weights and the new state. Constants that make no sense, such as a β of 1, are an error at the caller's line.
    #[track_caller]
    pub fn step<T: Trainable>(self, weights: T, state: (T, T), gradient: T) -> (T, (T, T)) {
        let rate = Constant::finite("the rate", self.rate);
        if !are_sound("Adam", weights, &[rate]) {
            return (weights, state);
        }
        let rate = self.rate * factor(self.beta1, self.beta2);
        self.stepped("Adam", weights, state, gradient, |direction| descend(weights, direction, rate))
    }

    /// One step at the public `rate` that [`Adam::rate_at`] gives; [`Adam::rate`] is not used.
    #[track_caller]
    pub fn step_at<T: Trainable>(
        self,
        weights: T,
        state: (T, T),
        gradient: T,
        rate: Tensor<Public, Fxp>,
    ) -> (T, (T, T)) {
        self.stepped("Adam", weights, state, gradient, |direction| descend_at(weights, direction, rate))
    }

    /// What [`Adam::step_at`] takes for this rate in step `t`, counted from 1: with the correction, and in units of the step.
    pub fn rate_at(self, rate: f64, t: u64) -> f64 {
        UNITS * rate * factor(self.beta1, self.beta2) * correction(self.beta1, self.beta2, t)
    }

    /// The shape of the state: two trees like the weights.
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<(T, T)> {
        ShapeOf::of(|| (shape.clone().graft(), shape.graft()))
    }

    /// The state before the first step, for weights of this shape: zeros.
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<(T, T)>, Error> {
        zeros(Self::state(shape))
    }

    /// New weights by where the step goes, up to a public factor, and the new state.
    #[track_caller]
    pub(super) fn stepped<T: Trainable>(
        self,
        whose: &str,
        weights: T,
        state: (T, T),
        gradient: T,
        step: impl FnOnce(T) -> T,
    ) -> (T, (T, T)) {
        if !are_sound(whose, weights, &moments::constants(self.beta1, self.beta2, self.epsilon)) {
            return (weights, state);
        }
        located(Location::caller(), || {
            let (direction, state) = self.direction(state, gradient);
            (step(direction), state)
        })
    }

    /// Where a step goes, up to a public factor, and the new state.
    fn direction<T: Trainable>(self, (first, second): (T, T), gradient: T) -> (T, (T, T)) {
        let gradient = moments::in_units(gradient);
        let first = moments::first(first, gradient, self.beta1);
        let second = moments::second(second, gradient, self.beta2);
        (moments::direction(first, second, self.epsilon, self.beta2), (first, second))
    }
}
