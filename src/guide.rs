//! From nothing to a network of your own: seven short chapters, each with one program that runs.
//!
//! | chapter | what it shows |
//! |---|---|
//! | [`network`] | layers, weights, sessions, inputs, costs |
//! | [`training`] | a step, a loop over shuffled batches, the smaller last batch |
//! | [`modes`] | dropout and batch normalization: training, state, use afterwards |
//! | [`optimizers`] | optimizers, learning rates over time, clipped gradients, trainings as structs |
//! | [`evaluation`] | accuracy over batches, the confusion matrix, the area under the ROC curve |
//! | [`saving`] | weights, optimizer and statistics in files, and to whom they go |
//! | [`layers`] | layers of your own |
//!
//! They use [`spu::prelude`](crate::prelude) and the parts of [`spu::nn`](crate::nn); every name has its page there. Programs by themselves, on more
//! lines, are the examples of the repository.

#[doc = include_str!("../docs/guide/1-network.md")]
///
/// Pages: [`Layer`](crate::nn::layers::Layer), [`layers`](crate::nn::layers), [`networks`](crate::nn::networks), [`init`](crate::nn::init),
/// [`Session`](crate::Session), [`ExecutorExt`](crate::ExecutorExt), [`spu_fn`](crate::spu_fn).
pub mod network {}

#[doc = include_str!("../docs/guide/2-training.md")]
///
/// Pages: [`value_and_grad`](crate::value_and_grad()), [`Tree`](crate::tensor::Tree), [`loss`](crate::nn::loss), [`classes`](crate::nn::classes),
/// [`data`](crate::nn::data).
pub mod training {}

#[doc = include_str!("../docs/guide/3-modes.md")]
///
/// Pages: [`value_and_grad_aux`](crate::value_and_grad_aux()), [`Dropout`](crate::nn::layers::Dropout), [`BatchNorm`](crate::nn::layers::BatchNorm).
pub mod modes {}

#[doc = include_str!("../docs/guide/4-optimizers.md")]
///
/// Pages: [`optim`](crate::nn::optim), [`schedule`](crate::nn::optim::schedule), [`clip`](crate::nn::optim::clip), [`ShapeOf`](crate::ShapeOf),
/// [`HostOf`](crate::HostOf).
pub mod optimizers {}

#[doc = include_str!("../docs/guide/5-evaluation.md")]
///
/// Pages: [`metrics`](crate::nn::metrics), [`data`](crate::nn::data), [`ExecutorExt`](crate::ExecutorExt), [`Deviation`](crate::Deviation).
pub mod evaluation {}

#[doc = include_str!("../docs/guide/6-saving.md")]
///
/// Pages: [`weights`](crate::nn::weights), [`ShapeOf`](crate::ShapeOf), [`HostOf`](crate::HostOf), [`Shared`](crate::Shared).
pub mod saving {}

#[doc = include_str!("../docs/guide/7-layers.md")]
///
/// Pages: [`Stateless`](crate::nn::layers::Stateless), [`Function`](crate::nn::layers::Function), [`Layer`](crate::nn::layers::Layer),
/// [`refuse`](crate::refuse), [`within`](crate::within), [`Tensor`](crate::Tensor).
pub mod layers {}
