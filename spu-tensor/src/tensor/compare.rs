//! Comparisons, and what is chosen by them.

use super::accuracy::accuracy;
use super::operand::{Operand, broadcast, common_shape, convert, elementwise};
use super::{Bool, DType, Numeric, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace;

type Joined<V, R> = <V as Visibility>::Join<<R as Operand>::Visibility>;
type Selected<C, A, B> = Tensor<<C as Visibility>::Join<Joined<<A as Operand>::Visibility, B>>, Widest<A, B>>;
type Widest<A, B> = <<A as Operand>::DType as Numeric>::Widest<<B as Operand>::DType>;

macro_rules! comparisons {
    ($($(#[$doc:meta])+ $method:ident = $op:expr, $output:tt;)+) => {
        /// Comparisons, element by element; both sides are first promoted to one data type and broadcast to one shape.
        impl<V: Visibility, D: Numeric> Tensor<V, D> { $(
            $(#[$doc])+
            ///
            /// ```
            /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
            ///
            #[doc = concat!("let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| x.", stringify!($method), "(2.0))?;")]
            #[doc = concat!("assert_eq!(y.values(), ", stringify!($output), ");")]
            /// # Ok::<(), spu_tensor::Error>(())
            /// ```
            #[track_caller]
            pub fn $method<R: Operand>(self, other: R) -> Tensor<Joined<V, R>, Bool> {
                let location = Location::caller();
                let dtype = <D::Promote<R::DType>>::DTYPE;
                Tensor::from_handle(elementwise($op, &[self.handle, other.handle(location)], dtype, location))
            }
        )+ }
    };
}

comparisons! {
    /// Where `self > other`.
    #[doc = accuracy!(less)]
    gt = Op::Greater, [0.0, 0.0, 1.0];
    /// Where `self ≥ other`.
    #[doc = accuracy!(less)]
    ge = Op::GreaterEqual, [0.0, 1.0, 1.0];
    /// Where `self < other`.
    #[doc = accuracy!(less)]
    lt = Op::Less, [1.0, 0.0, 0.0];
    /// Where `self ≤ other`.
    #[doc = accuracy!(less)]
    le = Op::LessEqual, [1.0, 1.0, 0.0];
    /// Where `self = other`.
    #[doc = accuracy!(equal)]
    equal = Op::Equal, [0.0, 1.0, 0.0];
    /// Where `self ≠ other`.
    #[doc = accuracy!(equal)]
    not_equal = Op::NotEqual, [1.0, 0.0, 1.0];
}

macro_rules! choices {
    ($($(#[$doc:meta])+ $method:ident = $op:expr, $output:tt;)+) => {
        impl<V: Visibility, D: Numeric> Tensor<V, D> { $(
            $(#[$doc])+
            ///
            /// ```
            /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
            ///
            #[doc = concat!("let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| x.", stringify!($method), "(2.0))?;")]
            #[doc = concat!("assert_eq!(y.values(), ", stringify!($output), ");")]
            /// # Ok::<(), spu_tensor::Error>(())
            /// ```
            #[track_caller]
            pub fn $method<R: Operand>(self, other: R) -> Tensor<Joined<V, R>, D::Promote<R::DType>> {
                let location = Location::caller();
                let dtype = <D::Promote<R::DType>>::DTYPE;
                Tensor::from_handle(elementwise($op, &[self.handle, other.handle(location)], dtype, location))
            }
        )+ }
    };
}

choices! {
    /// The larger of both, element by element.
    #[doc = accuracy!(maximum)]
    maximum = Op::Maximum, [2.0, 2.0, 3.0];
    /// The smaller of both, element by element.
    #[doc = accuracy!(maximum)]
    minimum = Op::Minimum, [1.0, 2.0, 2.0];
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// max(x, 0), element by element.
    #[doc = accuracy!(relu)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![-1.0, 2.0], |x: Tensor<Secret, Fxp>| x.relu())?;
    /// assert_eq!(y.values(), [0.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn relu(self) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let x = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let zero = match D::AtLeastInt::DTYPE {
            pphlo::DType::Fxp => HostTensor::fxp(Shape::SCALAR, vec![0.0]),
            _ => HostTensor::int(Shape::SCALAR, vec![0]),
        };
        let zero = broadcast(trace::constant(zero, location), &trace::ty(x).shape, location);
        let positive = trace::emit(Op::GreaterEqual, &[x, zero], location);
        Tensor::from_handle(trace::emit(Op::Select, &[positive, x, zero], location))
    }
}

/// `a` where `cond` holds, else `b`, element by element; both are evaluated. The condition's visibility joins the result's.
#[doc = accuracy!(select)]
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, select};
///
/// let y = evaluate(vec![-1.0, 2.0], |x: Tensor<Secret, Fxp>| select(x.gt(0.0), x, 10.0 * x))?;
/// assert_eq!(y.values(), [-10.0, 2.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn select<C: Visibility, A: Operand, B: Operand>(cond: Tensor<C, Bool>, a: A, b: B) -> Selected<C, A, B> {
    let location = Location::caller();
    let dtype = Widest::<A, B>::DTYPE;
    let (a, b) = (a.handle(location), b.handle(location));
    let shapes = [cond.handle, a, b].map(|operand| trace::ty(operand).shape);
    let Some(shape) = common_shape(&[&shapes[0], &shapes[1], &shapes[2]]) else {
        let message = format!("cannot select by shape {} between {} and {}", shapes[0], shapes[1], shapes[2]);
        trace::fault(message, &[cond.handle, a, b], location);
        return Tensor::from_handle(a);
    };
    let fit = |operand| broadcast(operand, &shape, location);
    let operands = [fit(cond.handle), fit(convert(a, dtype, location)), fit(convert(b, dtype, location))];
    Tensor::from_handle(trace::emit(Op::Select, &operands, location))
}
