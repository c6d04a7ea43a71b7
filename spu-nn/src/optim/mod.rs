//! Optimizers: traced functions from weights, state and gradients to new weights and state.
//!
//! Each is a small struct of public constants. `step` has a constant rate; `step_at` takes it as a public input of the program, as `rate_at(rate, t)` gives it, so
//! that one compiled program serves every step of a [`schedule`]. All take the same arguments: another optimizer is another constant, and nothing else in a loop changes. Constants that make
//! no sense are an error at the line of the step. `state` and `at_rest` are the shape and the values of the state before the first step. The
//! weights are any tree of secret fixed-point tensors, and all leaves are updated in the rounds of one. [`Sgd`] serves every ring; the others divide by a root mean square, for which
//! [`moments`] states ranges and errors.
//!
//! ```
//! # extern crate spu_tensor as spu;
//! use spu::{Evaluator, ExecutorExt, Fxp, Party, Public, Secret, Tensor, spu_fn, value_and_grad};
//! use spu_nn::optim::{Adam, schedule};
//!
//! const ADAM: Adam = Adam::DEFAULT;
//! type Weights = Tensor<Secret, Fxp>;
//!
//! #[spu_fn]
//! fn step(w: Weights, state: (Weights, Weights), rate: Tensor<Public, Fxp>) -> (Weights, (Weights, Weights)) {
//!     let (_, gradient) = value_and_grad(w, |w| (w * w).sum_all());
//!     ADAM.step_at(w, state, gradient, rate)
//! }
//!
//! # fn main() -> Result<(), spu::Error> {
//! let session = Evaluator::new();
//! let mut w = session.input(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
//! let mut state = session.input(Party(0), Adam::state([2].into()), || Adam::at_rest([2].into()))?;
//! for t in 1..=10 {
//!     let rate = schedule::warm_up(0.1, 4, t);
//!     (w, state) = step::run(&session, &w, &state, ADAM.rate_at(rate, t))?.split();
//! }
//! let w = session.reveal(&w)?.values();
//! assert!(w[0].abs() < 0.3 && w[1].abs() < 1.3);
//! # Ok(())
//! # }
//! ```

mod adam;
mod adamw;
mod amsgrad;
mod constants;
mod optimizer;
mod rmsprop;
mod sgd;
mod state;

pub mod clip;
pub mod moments;
pub mod schedule;

pub use adam::Adam;
pub use adamw::AdamW;
pub use amsgrad::AmsGrad;
pub use optimizer::{Optimizer, Trainable};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
