//! Adam with decoupled weight decay.

use spu::{Error, Fxp, HostOf, Public, ShapeOf, Tensor, Tree, refuse};

use super::constants::{Constant, are_sound};
use super::moments::factor;
use super::state::{UNITS, descend, descend_at};
use super::{Adam, Trainable};

/// AdamW (Loshchilov and Hutter, ICLR 2019): a step of [`Adam`], and w ← w − rate·decay·w beside it, which the moments do not see.
///
/// State, precision and range are Adam's, in every format.
///
/// **Bound**: that of Adam, and one more 2^−18 a step for the decay.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdamW {
    /// The step and its moments.
    pub adam: Adam,
    /// How much of a weight goes in a step of rate 1.
    pub weight_decay: f64,
}

impl Default for AdamW {
    /// [`Adam::DEFAULT`] with decay 0.01.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl AdamW {
    /// [`Adam::DEFAULT`] with decay 0.01.
    pub const DEFAULT: Self = Self { adam: Adam::DEFAULT, weight_decay: 0.01 };

    /// One step without correction of the start: the new weights and the new state. Constants that make no sense, such as a β of 1, are an error at the
    /// caller's line.
    #[track_caller]
    pub fn step<T: Trainable>(self, weights: T, state: (T, T), gradient: T) -> (T, (T, T)) {
        let Adam { rate, beta1, beta2, .. } = self.adam;
        if !are_sound("AdamW", weights, &[Constant::finite("the rate", rate)]) {
            return (weights, state);
        }
        self.stepped(weights, state, gradient, |direction| {
            let moved = descend(weights, direction, rate * factor(beta1, beta2));
            descend(moved, weights, rate * self.weight_decay)
        })
    }

    /// One step at the two public numbers that [`AdamW::rate_at`] gives, a vector; the rate of [`AdamW::adam`] is not used.
    #[track_caller]
    pub fn step_at<T: Trainable>(
        self,
        weights: T,
        state: (T, T),
        gradient: T,
        rate: Tensor<Public, Fxp>,
    ) -> (T, (T, T)) {
        if rate.shape() != [2].into() {
            let message =
                format!("cannot step at {}: AdamW takes the two numbers that its `rate_at` gives", rate.shape());
            refuse(message, rate);
            return (weights, state);
        }
        self.stepped(weights, state, gradient, |direction| {
            let [rate, decay] = [0, 1].map(|i| rate.slice(i..i + 1).reshape([]));
            descend_at(descend_at(weights, direction, rate), weights, decay)
        })
    }

    /// What [`AdamW::step_at`] takes for this rate in step `t`, counted from 1: that of [`Adam::rate_at`], and 256·rate·decay, which is not corrected.
    pub fn rate_at(self, rate: f64, t: u64) -> [f64; 2] {
        [self.adam.rate_at(rate, t), UNITS * rate * self.weight_decay]
    }

    /// The shape of the state: [`Adam::state`].
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<(T, T)> {
        Adam::state(shape)
    }

    /// The state before the first step: [`Adam::at_rest`].
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<(T, T)>, Error> {
        Adam::at_rest(shape)
    }

    #[track_caller]
    fn stepped<T: Trainable>(self, weights: T, state: (T, T), gradient: T, step: impl FnOnce(T) -> T) -> (T, (T, T)) {
        if !are_sound("AdamW", weights, &[Constant::finite("the weight decay", self.weight_decay)]) {
            return (weights, state);
        }
        self.adam.stepped("AdamW", weights, state, gradient, step)
    }
}
