//! What optimizers have in common, so that a training loop is written once for all.

use spu::tensor::LeavesAre;
use spu::{Error, Fxp, HostOf, Public, Secret, ShapeOf, Tensor, Tree};

use super::{Adam, AmsGrad, RmsProp, Sgd};

/// Trees of weights: every leaf is a secret fixed-point tensor.
pub trait Trainable: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy {}

impl<T: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy> Trainable for T {}

/// A rule by which weights follow gradients, for any tree of weights.
///
/// Each optimizer has these as methods of its own as well, by the same names; a loop that does not know its optimizer asks here. [`AdamW`](super::AdamW), whose steps take a
/// second public number, is none of them.
pub trait Optimizer: Copy {
    /// What is kept from step to step, beside weights `T`.
    type State<T: Trainable>: Trainable;

    /// The shape of the state for weights of this shape.
    fn state<T: Trainable>(self, shape: ShapeOf<T>) -> ShapeOf<Self::State<T>>;

    /// The state before the first step.
    fn at_rest<T: Trainable>(self, shape: ShapeOf<T>) -> Result<HostOf<Self::State<T>>, Error>;

    /// The public rate of step `t`, beginning with 1, for a learning rate: with what the optimizer corrects at that step.
    fn rate_at(self, rate: f64, t: u64) -> f64;

    /// The learning rate that the optimizer has by itself.
    fn rate(self) -> f64;

    /// New weights and the new state, by a rate from [`rate_at`](Self::rate_at).
    fn step_at<T: Trainable>(
        self,
        weights: T,
        state: Self::State<T>,
        gradient: T,
        rate: Tensor<Public, Fxp>,
    ) -> (T, Self::State<T>);
}

macro_rules! optimizers {
    ($($Name:ident $State:ty, |$own:ident, $rate:ident, $t:ident| $at:expr;)+) => { $(
        impl Optimizer for $Name {
            type State<T: Trainable> = $State;

            fn state<T: Trainable>(self, shape: ShapeOf<T>) -> ShapeOf<$State> {
                Self::state(shape)
            }

            fn at_rest<T: Trainable>(self, shape: ShapeOf<T>) -> Result<HostOf<$State>, Error> {
                Self::at_rest(shape)
            }

            fn rate_at(self, $rate: f64, $t: u64) -> f64 {
                let $own = self;
                $at
            }

            fn rate(self) -> f64 {
                self.rate
            }

            fn step_at<T: Trainable>(
                self,
                weights: T,
                state: $State,
                gradient: T,
                rate: Tensor<Public, Fxp>,
            ) -> (T, $State) {
                Self::step_at(self, weights, state, gradient, rate)
            }
        }
    )+ };
}

optimizers! {
    Sgd T, |own, rate, _t| Self::rate_at(own, rate);
    Adam (T, T), |own, rate, t| Self::rate_at(own, rate, t);
    AmsGrad (T, T, T), |own, rate, _t| Self::rate_at(own, rate);
    RmsProp T, |own, rate, _t| Self::rate_at(own, rate);
}
