//! PPHLO, the privacy-preserving high-level operations: tensors with a shape, a data type and a visibility.

mod append;
mod attribute;
mod control;
mod eval;
#[cfg(test)]
pub(crate) mod generate;
mod grad;
mod infer;
mod inline;
mod literal;
mod ops;
mod range;
mod scan;
mod text;
mod types;
mod unroll;
mod verify;
mod window;
mod windows;

pub(crate) use append::Builder;
pub use append::append;
pub use control::{infer_with_regions, region_count, region_parameters};
#[cfg(test)]
pub(crate) use eval::evaluate_one;
pub(crate) use eval::{apply, argument, draw, public_operands};
pub use eval::{evaluate, evaluate_seeded, gelu, logistic, silu, softplus};
pub use grad::gradient;
pub use infer::infer;
pub(crate) use inline::{copy, draws, number_draws};
pub use inline::{inline, parameter_nodes};
pub use literal::{Literal, Real};
pub use ops::Op;
pub(crate) use range::logarithm_of_power;
pub use range::{Interval, Numbers, intervals, intervals_of, region_intervals};
pub use text::{parse, print};
pub use types::{DType, Type, Visibility};
pub(crate) use unroll::unroll;
pub use verify::verify;
pub use window::{ConvolutionWindow, Strides};
pub use windows::{Window, gathered, scattered};

/// A PPHLO graph.
pub type Graph = crate::graph::Graph<Op>;
