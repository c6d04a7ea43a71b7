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

pub(crate) use append::Builder;
pub use append::append;
pub use control::{infer_with_regions, region_count, region_parameters};
pub(crate) use eval::{apply, argument};
pub use eval::{evaluate, gelu, logistic, silu, softplus};
pub use grad::gradient;
pub use infer::infer;
pub use inline::{inline, parameter_nodes};
pub(crate) use inline::copy;
pub use literal::{Literal, Real};
pub use ops::Op;
pub use range::{Interval, intervals, intervals_of, region_intervals};
pub use text::{parse, print};
pub use types::{DType, Type, Visibility};
pub(crate) use unroll::unroll;
pub use verify::verify;

/// A PPHLO graph.
pub type Graph = crate::graph::Graph<Op>;
