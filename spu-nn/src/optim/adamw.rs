//! Adam with decoupled weight decay.

use spu::{Error, Fxp, HostOf, Public, ShapeOf, Tensor, Tree};

use super::state::{UNITS, descend, descend_at};
use super::{Adam, Trainable};

/// AdamW (Loshchilov and Hutter, ICLR 2019): a step of [`Adam`], and w ← w − rate·decay·w beside it, which the moments do not see.
///
/// State, precision and range are Adam's.
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

    /// One step without correction of the start: the new weights and the new state.
    pub fn step<T: Trainable>(self, weights: T, state: (T, T), gradient: T) -> (T, (T, T)) {
        let (moved, state) = self.adam.step(weights, state, gradient);
        (descend(moved, weights, self.adam.rate * self.weight_decay), state)
    }

    /// One step at the public `rate` and `decay` that [`AdamW::rate_at`] and [`AdamW::decay_at`] give.
    pub fn step_at<T: Trainable>(
        self,
        weights: T,
        state: (T, T),
        gradient: T,
        rate: Tensor<Public, Fxp>,
        decay: Tensor<Public, Fxp>,
    ) -> (T, (T, T)) {
        let (moved, state) = self.adam.step_at(weights, state, gradient, rate);
        (descend_at(moved, weights, decay), state)
    }

    /// The `rate` that [`AdamW::step_at`] takes for this rate in step `t`: [`Adam::rate_at`].
    pub fn rate_at(self, rate: f64, t: u64) -> f64 {
        self.adam.rate_at(rate, t)
    }

    /// The `decay` that [`AdamW::step_at`] takes for this rate: 256·rate·decay.
    pub fn decay_at(self, rate: f64) -> f64 {
        UNITS * rate * self.weight_decay
    }

    /// The shape of the state: [`Adam::state`].
    pub fn state<T: Tree>(shape: ShapeOf<T>) -> ShapeOf<(T, T)> {
        Adam::state(shape)
    }

    /// The state before the first step: [`Adam::at_rest`].
    pub fn at_rest<T: Trainable>(shape: ShapeOf<T>) -> Result<HostOf<(T, T)>, Error> {
        Adam::at_rest(shape)
    }
}
