//! The back end: rings, randomness, links, the share program, lowering, the ABY3 kernels and sessions.
#![deny(unsafe_code)]

extern crate spu_tensor as spu;

pub mod aby3;
pub mod exec;
pub mod hal;
pub mod link;
pub mod plain;
pub mod random;
pub mod ring;
pub mod session;
pub mod share;
