//! The front end: typed tensors, tracing, PPHLO, its compiler and differentiation. It knows parties only by index.
#![forbid(unsafe_code)]

extern crate self as spu;

pub mod error;
pub mod executor;
pub mod graph;
pub mod host;
pub mod location;
pub mod passes;
pub mod pphlo;
pub mod program;
pub mod shape;

pub use error::Error;
pub use host::{Elements, HostTensor};
pub use location::Location;
pub use program::{Cost, LineCost, Manifest, Party, Program, Reveal, Target};
pub use shape::Shape;
