//! The back end: rings, randomness, links, the share program, lowering, the ABY3 kernels and sessions.
#![deny(unsafe_code)]

extern crate spu_tensor as spu;

pub mod aby3;
pub mod ring;
