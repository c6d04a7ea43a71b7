//! The typed language: tensors with visibility and data type, trees of them, and what lives between programs.

pub mod accuracy;
mod angles;
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

use accuracy::accuracy;
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
pub use refuse::{Within, located, refuse, within};
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
///
/// # Operators
///
/// `+ - * / %` and unary `-` on tensors and numbers, `& | ^ !` on truth values and the bits of integers, `<< >>` on integers.
///
/// Shapes broadcast as in NumPy. The result is secret if an operand is; it is fixed-point if an operand is, and at least
/// `Int`. A quotient is always fixed-point ([`Tensor::div_trunc`] stays with integers); a remainder has the sign of the dividend. Sums, differences and
/// products of integers are exact modulo the ring, those of fixed-point numbers but for the rounding of products. Ranges of operands that are known
/// make quotients cheaper. With other fraction bits f the relative error of quotients by secrets is 2^(3 − f), no less than 2^−16 in the ring 2^64 and 2^−37 in 2^128.
#[doc = accuracy!(multiply, divide, divide_public, divide_constant, remainder, remainder_int, remainder_public, and)]
///
/// ```
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
///
/// let y = evaluate(vec![5.0, -5.0], |x: Tensor<Secret, Fxp>| 1.0 - x * 2.0 + x / 5.0 - x % 3.0)?;
/// assert_eq!(y.values(), [1.0 - 10.0 + 1.0 - 2.0, 1.0 + 10.0 - 1.0 + 2.0]);
/// let y = evaluate(vec![5.0, -5.0], |x: Tensor<Secret, Fxp>| -x)?;
/// assert_eq!(y.values(), [-5.0, 5.0]);
/// let z = evaluate(vec![6, 3], |x: Tensor<Secret, Int>| ((x & 2) | (x ^ 1)) + !x + (x << 1) + (x >> 1))?;
/// assert_eq!(z.values(), [7.0 - 7.0 + 12.0 + 3.0, 2.0 - 4.0 + 6.0 + 1.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
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
    ///
    /// ```
    /// use spu_tensor::{Fxp, Public, Secret, Tensor, evaluate};
    ///
    /// // What starts as zeros can carry a secret on.
    /// let sum = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| {
    ///     let start: Tensor<Secret, Fxp> = Tensor::<Public, _>::constant(vec![0.0, 0.5]).to_secret();
    ///     start + x
    /// })?;
    /// assert_eq!(sum.values(), [1.0, 2.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn to_secret(self) -> Tensor<Secret, D> {
        Tensor::from_handle(self.handle)
    }
}

mod sealed {
    /// Nobody else's types take part in the rules of visibility and data type.
    pub trait Sealed {}
}
