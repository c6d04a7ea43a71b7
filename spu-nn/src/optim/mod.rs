//! Optimizers: traced functions from weights, state and gradients to new weights and state.

mod sgd;

pub use sgd::Sgd;
