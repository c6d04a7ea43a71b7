//! Functions of one tensor, element by element, and what is asserted of its elements.

use std::ops::{Bound, RangeBounds};

use super::operand::convert;
use super::sealed::Sealed;
use super::{Bool, DType, Fxp, Int, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{self, Op, Real};
use crate::trace;

macro_rules! functions {
    ($($(#[$doc:meta])+ $method:ident = $op:expr;)+) => {
        impl<V: Visibility, D: Numeric> Tensor<V, D> { $(
            $(#[$doc])+
            #[track_caller]
            pub fn $method(self) -> Tensor<V, Fxp> {
                let location = Location::caller();
                let operand = convert(self.handle, pphlo::DType::Fxp, location);
                Tensor::from_handle(trace::emit($op, &[operand], location))
            }
        )+ }
    };
}

functions! {
    /// e^x.
    exp = Op::Exponential;
    /// The natural logarithm, for x > 0.
    ln = Op::Log;
    /// The natural logarithm, for x > 0; the same as `ln`.
    log = Op::Log;
    /// 1/x, for x ≠ 0.
    reciprocal = Op::Reciprocal;
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The same values as fixed-point numbers.
    #[track_caller]
    pub fn to_fxp(self) -> Tensor<V, Fxp> {
        Tensor::from_handle(convert(self.handle, pphlo::DType::Fxp, Location::caller()))
    }

    /// The same tensor, which the author asserts to lie within `range`: cheaper protocols become possible. A value outside
    /// makes the result wrong under a protocol, and an error in the plain evaluator. An open end counts as closed.
    #[track_caller]
    pub fn assume<E: Endpoint>(self, range: impl RangeBounds<E>) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let end = |bound: Bound<&E>, unbounded| match bound {
            Bound::Included(&end) | Bound::Excluded(&end) => Real(end.to_real()),
            Bound::Unbounded => Real(unbounded),
        };
        let lo = end(range.start_bound(), f64::NEG_INFINITY);
        let hi = end(range.end_bound(), f64::INFINITY);
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(trace::emit(Op::Assume { lo, hi }, &[operand], location))
    }

    /// The same tensor, through which no derivative flows.
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        Self::from_handle(trace::emit(Op::StopGradient, &[self.handle], Location::caller()))
    }
}

impl<V: Visibility> Tensor<V, Bool> {
    /// 1 where it holds, else 0.
    #[track_caller]
    pub fn to_int(self) -> Tensor<V, Int> {
        Tensor::from_handle(convert(self.handle, pphlo::DType::Int, Location::caller()))
    }
}

/// An end of an assumed range: `f64` or `i64`.
pub trait Endpoint: Sealed + Copy {
    #[doc(hidden)]
    fn to_real(self) -> f64;
}

impl Endpoint for f64 {
    fn to_real(self) -> f64 {
        self
    }
}

impl Endpoint for i64 {
    fn to_real(self) -> f64 {
        self as f64
    }
}
