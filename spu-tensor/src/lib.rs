//! The front end: typed tensors, tracing, PPHLO, its compiler and differentiation. It knows parties only by index.
#![forbid(unsafe_code)]

extern crate self as spu;

pub mod diagnose;
pub mod error;
pub mod executor;
pub mod format;
pub mod graph;
pub mod host;
pub mod location;
pub mod passes;
pub mod pphlo;
pub mod program;
pub mod shape;
pub mod strided;
pub mod tensor;
mod trace;

pub use error::Error;
pub use executor::Executor;
pub use format::{Deviation, Format, Tolerance, Warning};
pub use host::{Elements, HostTensor};
pub use location::Location;
pub use pphlo::Window;
pub use program::{BranchCost, Cost, LineCost, LoopCost, Manifest, Occurrence, Party, Program, Reveal, Target};
pub use shape::Shape;
pub use spu_macros::{Tree, spu_fn};
pub use tensor::{
    Axes, Bool, Convolution, DType, Differentiable, Disclosed, Evaluator, ExecutorExt, FlowsTo, Fxp, HostOf, Int,
    LeavesAre, Numeric, Operand, Padding, Permutation, Public, Secret, ShapeOf, Shared, Tensor, Tree, Visibility,
    accuracy, cond, evaluate, for_bounded, fori, keepdims, lexsort, located, random, refuse, scan, select,
    value_and_grad, value_and_grad_aux, while_loop, within,
};

/// What generated code names.
#[doc(hidden)]
pub mod generated {
    pub use crate::executor::Leaf;
    pub use crate::pphlo::Type;
    pub use crate::tensor::{
        Argument, Condition, FlowsInto, LeafSpec, Leaves, LeavesAre, ParameterTypes, Parameters, Returns, condition,
        join_name, program, run,
    };
}
