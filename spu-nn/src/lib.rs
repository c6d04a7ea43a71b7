//! Layers, losses, optimizers, metrics, initial weights and data sets, written in the typed language alone. Users have it as `spu::nn`; the guide
//! `spu::guide` (`docs/guide` in the repository) leads through it, from a first network to layers of one's own.
//!
//! | what | where |
//! |---|---|
//! | layers, and networks as tuples of them | [`layers`] |
//! | a layer of your own | [`layers::Stateless`] |
//! | networks A to D of the benchmark | [`networks`] |
//! | how weights begin | [`init`] |
//! | losses of a batch | [`loss`] |
//! | optimizers, learning rates, clipped gradients | [`optim`] |
//! | accuracy, confusion, area under the ROC curve | [`metrics`] |
//! | tables and arrays of one or several parties, batches | [`data`] |
//! | labels checked at their owner | [`classes`] |
//! | weights and checkpoints in files | [`weights`] |
//!
//! All of it is traced code on `Tensor<Secret, Fxp>` and its kin: what is missing can be written beside it in the same way, and needs nothing of this
//! crate's insides. A network, a step and a loop:
//!
//! ```
//! # extern crate spu_tensor as spu;
//! use spu::{Error, Evaluator, ExecutorExt, Fxp, Int, Party, Public, Secret, Tensor, spu_fn, value_and_grad};
//! use spu_nn::init::Draws;
//! use spu_nn::layers::{Dense, Layer, Relu, Weights};
//! use spu_nn::loss::cross_entropy;
//! use spu_nn::optim::Sgd;
//!
//! type Network = (Dense, Relu, Dense);
//! const NETWORK: Network = (Dense::new(3, 8), Relu, Dense::new(8, 2));
//!
//! type Model = Weights<Network>;
//!
//! #[spu_fn]
//! fn step(
//!     model: Model,
//!     velocity: Model,
//!     x: Tensor<Secret, Fxp>,
//!     y: Tensor<Secret, Int>,
//! ) -> (Model, Model, Tensor<Public, Fxp>) {
//!     let (loss, gradient) = value_and_grad(model, |model| cross_entropy(NETWORK.apply(model, x), y));
//!     let (model, velocity) = Sgd::DEFAULT.step(model, velocity, gradient);
//!     (model, velocity, loss.reveal())
//! }
//!
//! fn main() -> Result<(), Error> {
//!     let session = Evaluator::new(); // or any other session
//!     let x = session.input(Party(0), [2, 3], || Ok(vec![1.0, 0.5, 0.0, -0.5, 0.0, 2.0]))?;
//!     let y = session.input(Party(1), [2, 2], || Ok(vec![1_i64, 0, 0, 1]))?;
//!     let mut model = session.input(Party(2), NETWORK.shape(), || NETWORK.initial(&mut Draws::from_system()?))?;
//!     let mut velocity = session.input(Party(2), Sgd::state(NETWORK.shape()), || Sgd::at_rest(NETWORK.shape()))?;
//!     for _ in 0..3 {
//!         let (next, moved, loss) = step::run(&session, &model, &velocity, &x, &y)?.split();
//!         (model, velocity) = (next, moved);
//!         println!("loss {:.4}", loss.item());
//!     }
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

extern crate spu_tensor as spu;

pub mod classes;
pub mod data;
pub mod init;
pub mod layers;
pub mod loss;
pub mod metrics;
pub mod networks;
pub mod optim;
pub mod weights;

mod rows;
