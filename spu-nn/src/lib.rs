//! Layers, losses, optimizers, metrics, initial weights and data sets, written in the typed language alone.
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
