//! The typed language: tensors with visibility and data type, trees of them, and what lives between programs.

mod arrange;
mod axes;
mod call;
mod compare;
mod control;
mod convolution;
mod describe;
mod disclose;
mod dtype;
mod einsum;
mod elementwise;
mod evaluator;
mod flow;
mod gradient;
mod host_array;
mod indexing;
mod layout;
mod linear;
mod operand;
mod operators;
mod order;
pub mod random;
mod reduce;
mod refuse;
mod session;
mod shared;
mod statistics;
mod tree;
mod tuples;
mod visibility;
mod windows;

use std::marker::PhantomData;

pub use axes::{Axes, KeepDims, keepdims};
pub use call::{Argument, ParameterTypes, Parameters, program, run};
pub use compare::select;
pub use control::{LoopCondition, Trips, cond, for_bounded, fori, scan, while_loop};
pub use convolution::{Convolution, Padding};
pub use describe::{HostOf, ShapeOf};
pub use disclose::Disclosed;
pub use dtype::{Bool, DType, Fxp, Int, Numeric, WidensTo};
pub use elementwise::{Endpoint, ShiftAmount};
pub use evaluator::{Evaluator, evaluate};
pub use flow::{Condition, FlowsInto, HostCondition, Returns, condition};
pub use gradient::{Differentiable, value_and_grad, value_and_grad_aux};
pub use layout::Ranges;
pub use operand::Operand;
pub use order::{Keys, Permutation, lexsort};
pub use refuse::{located, refuse};
pub use session::ExecutorExt;
pub use shared::Shared;
pub use tree::{LeafSpec, Leaves, LeavesAre, Tree, join_name};
pub use visibility::{FlowsTo, Public, Secret, Visibility};

use crate::location::Location;
use crate::shape::Shape;
use crate::trace::{self, Handle};

/// A tensor inside a traced function: a value of its graph, with visibility `V` and data type `D`.
///
/// It is `Copy`; every operation on it appends to the program that is being traced. Nothing is computed before
/// the program runs. A shape error surfaces as the error of the run.
pub struct Tensor<V, D> {
    handle: Handle,
    marker: PhantomData<fn() -> (V, D)>,
}

impl<V, D> Clone for Tensor<V, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, D> Copy for Tensor<V, D> {}

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// Its extents. They are public and known while tracing.
    pub fn shape(self) -> Shape {
        trace::ty(self.handle).shape
    }

    /// The tensor of `handle`, if its type is this one.
    fn checked(handle: Handle, location: Location) -> Self {
        let ty = trace::ty(handle);
        if ty.dtype != D::DTYPE || ty.visibility > V::VISIBILITY {
            let message = format!("cannot use {ty} as {}[{}]", D::DTYPE, V::VISIBILITY);
            trace::fault(message, &[handle], location);
        }
        Self::from_handle(handle)
    }

    fn from_handle(handle: Handle) -> Self {
        Self { handle, marker: PhantomData }
    }
}

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// The same value, to stand where a secret is expected. A public one stays known to every party.
    pub fn to_secret(self) -> Tensor<Secret, D> {
        Tensor::from_handle(self.handle)
    }
}

mod sealed {
    /// Nobody else's types take part in the rules of visibility and data type.
    pub trait Sealed {}
}
