//! What optimizers have in common, so that a training loop is written once for all.

use spu::tensor::{Argument, LeavesAre};
use spu::{Error, Fxp, HostOf, Public, Secret, ShapeOf, Tensor, Tree};

use super::{Adam, AdamW, AmsGrad, RmsProp, Sgd};

/// Trees of weights: every leaf is a secret fixed-point tensor.
pub trait Trainable: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy {}

impl<T: Tree + LeavesAre<Tensor<Secret, Fxp>> + Copy> Trainable for T {}

/// A rule by which weights follow gradients, for any tree of weights.
///
/// Each optimizer has these as methods of its own as well, by the same names and with the same arguments, so that a loop is the same for all; one that does not
/// know its optimizer asks here.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Evaluator, ExecutorExt, Fxp, Party, Public, Secret, Tensor, spu_fn};
/// use spu_nn::optim::{AdamW, Optimizer, Trainable};
///
/// type Weights = Tensor<Secret, Fxp>;
///
/// /// One step down |w|², by any optimizer.
/// fn down<O: Optimizer, T: Trainable>(by: O, w: T, state: O::State<T>, rate: Tensor<Public, Fxp>) -> (T, O::State<T>) {
///     by.step_at(w, state, w.map(|w| 2.0 * w), rate)
/// }
///
/// const RULE: AdamW = AdamW::DEFAULT;
/// type State = <AdamW as Optimizer>::State<Weights>;
///
/// #[spu_fn]
/// fn step(w: Weights, state: State, rate: Tensor<Public, Fxp>) -> (Weights, State) {
///     down(RULE, w, state, rate)
/// }
///
/// # fn main() -> Result<(), spu::Error> {
/// let session = Evaluator::new();
/// let mut w = session.input(Party(0), [1], || Ok(vec![1.0]))?;
/// let mut state = session.input(Party(0), Optimizer::state(RULE, [1].into()), || Optimizer::at_rest(RULE, [1].into()))?;
/// for t in 1..=3 {
///     (w, state) = step::run(&session, &w, &state, RULE.rate_at(0.1, t))?.split();
/// }
/// // Each step goes 0.1 and takes 0.1·0.01 of the weight.
/// assert!((session.reveal(&w)?.values()[0] - 0.6972).abs() < 1e-3);
/// # Ok(())
/// # }
/// ```
pub trait Optimizer: Copy {
    /// What is kept from step to step, beside weights `T`.
    type State<T: Trainable>: Trainable;

    /// What a step takes from the host: a number, or of [`AdamW`] two. A program has a `Tensor<Public, Fxp>` for either, of shape [] or [2].
    type Rate: Copy + Argument<Tensor<Public, Fxp>>;

    /// The shape of the state for weights of this shape.
    fn state<T: Trainable>(self, shape: ShapeOf<T>) -> ShapeOf<Self::State<T>>;

    /// The state before the first step.
    fn at_rest<T: Trainable>(self, shape: ShapeOf<T>) -> Result<HostOf<Self::State<T>>, Error>;

    /// The public numbers of step `t`, beginning with 1, for a learning rate: with what the optimizer corrects at that step.
    fn rate_at(self, rate: f64, t: u64) -> Self::Rate;

    /// The learning rate that the optimizer has by itself.
    fn rate(self) -> f64;

    /// New weights and the new state, by what [`rate_at`](Self::rate_at) gives. Constants that make no sense are an error at the caller's line.
    #[track_caller]
    fn step_at<T: Trainable>(
        self,
        weights: T,
        state: Self::State<T>,
        gradient: T,
        rate: Tensor<Public, Fxp>,
    ) -> (T, Self::State<T>);
}

macro_rules! optimizers {
    ($($Name:ident $State:ty, $Rate:ty, |$own:ident| $rate:expr;)+) => { $(
        impl Optimizer for $Name {
            type State<T: Trainable> = $State;
            type Rate = $Rate;

            fn state<T: Trainable>(self, shape: ShapeOf<T>) -> ShapeOf<$State> {
                Self::state(shape)
            }

            fn at_rest<T: Trainable>(self, shape: ShapeOf<T>) -> Result<HostOf<$State>, Error> {
                Self::at_rest(shape)
            }

            fn rate_at(self, rate: f64, t: u64) -> $Rate {
                Self::rate_at(self, rate, t)
            }

            fn rate(self) -> f64 {
                let $own = self;
                $rate
            }

            #[track_caller]
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
    Sgd T, f64, |own| own.rate;
    Adam (T, T), f64, |own| own.rate;
    AdamW (T, T), [f64; 2], |own| own.adam.rate;
    AmsGrad (T, T, T), f64, |own| own.rate;
    RmsProp T, f64, |own| own.rate;
}
