//! What the examples share: options and sessions of the parties, processes, what is printed, and training on MNIST.
// Each example is a program of its own and uses some of this.
#![allow(dead_code)]

pub(crate) mod launch;
pub(crate) mod ledger;
pub(crate) mod parties;
pub(crate) mod print;
pub(crate) mod progress;
