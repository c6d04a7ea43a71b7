//! Training on MNIST: any of the benchmark's networks by any of its optimizers.
// Each example is a program of its own and uses some of this.
#![allow(dead_code)]

pub(crate) mod curve;
pub(crate) mod data;
pub(crate) mod options;
pub(crate) mod real;
pub(crate) mod report;
pub(crate) mod tasks;
pub(crate) mod train;
