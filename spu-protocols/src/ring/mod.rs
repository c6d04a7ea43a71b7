//! The rings Z_2^K and the kernels on their elements. This module knows no party.

mod element;
mod planes;

pub use element::{Ring, Z16};
pub use planes::Planes;
