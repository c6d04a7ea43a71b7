//! PPHLO, the privacy-preserving high-level operations: tensors with a shape, a data type and a visibility.

mod infer;
mod ops;
mod types;

pub use infer::infer;
pub use ops::{Literal, Op, Real};
pub use types::{DType, Type, Visibility};

/// A PPHLO graph.
pub type Graph = crate::graph::Graph<Op>;
