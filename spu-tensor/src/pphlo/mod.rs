//! PPHLO, the privacy-preserving high-level operations: tensors with a shape, a data type and a visibility.

mod append;
mod attribute;
mod eval;
#[cfg(test)]
pub(crate) mod generate;
mod grad;
mod infer;
mod literal;
mod ops;
mod range;
mod scan;
mod text;
mod types;
mod verify;
mod window;
mod windows;

pub(crate) use append::Builder;
pub use append::append;
#[cfg(test)]
pub(crate) use eval::evaluate_one;
pub(crate) use eval::{apply, argument};
pub use eval::{evaluate, evaluate_seeded, gelu, logistic, silu, softplus};
pub use grad::gradient;
pub use infer::infer;
pub use literal::{Literal, Real};
pub use ops::Op;
pub use range::{Interval, intervals};
pub use text::{parse, print};
pub use types::{DType, Type, Visibility};
pub use verify::verify;
pub use window::{ConvolutionWindow, Strides};
pub use windows::Window;

/// A PPHLO graph.
pub type Graph = crate::graph::Graph<Op>;
