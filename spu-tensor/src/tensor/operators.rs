//! `+ - * /` and unary `-` on tensors and numbers, `& | !` on truth values.
//!
//! Shapes broadcast as in NumPy. The result is secret if an operand is; it is fixed-point if an operand is, and at least
//! `Int`. A quotient is always fixed-point.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::operand::{Operand, convert, elementwise};
use super::{Bool, DType, Fxp, Int, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::Op;
use crate::trace;

type Promoted<D, E> = <D as Numeric>::Promote<E>;
type Quotient<D, E> = <D as Numeric>::Quotient<E>;

macro_rules! arithmetic {
    ($($Operator:ident :: $method:ident = $op:expr => $Result:ident;)+) => { $(
        impl<V: Visibility, D: Numeric, W: Visibility, E: Numeric> $Operator<Tensor<W, E>> for Tensor<V, D> {
            type Output = Tensor<V::Join<W>, $Result<D, E>>;

            #[track_caller]
            fn $method(self, other: Tensor<W, E>) -> Self::Output {
                let operands = [self.handle, other.handle];
                Tensor::from_handle(elementwise($op, &operands, $Result::<D, E>::DTYPE, Location::caller()))
            }
        }

        with_host_number!($Operator :: $method = $op => $Result, f64, Fxp);
        with_host_number!($Operator :: $method = $op => $Result, i64, Int);
    )+ };
}

macro_rules! with_host_number {
    ($Operator:ident :: $method:ident = $op:expr => $Result:ident, $host:ty, $Host:ty) => {
        impl<V: Visibility, D: Numeric> $Operator<$host> for Tensor<V, D> {
            type Output = Tensor<V, $Result<D, $Host>>;

            #[track_caller]
            fn $method(self, other: $host) -> Self::Output {
                let location = Location::caller();
                let operands = [self.handle, other.handle(location)];
                Tensor::from_handle(elementwise($op, &operands, $Result::<D, $Host>::DTYPE, location))
            }
        }

        impl<V: Visibility, D: Numeric> $Operator<Tensor<V, D>> for $host {
            type Output = Tensor<V, $Result<D, $Host>>;

            #[track_caller]
            fn $method(self, other: Tensor<V, D>) -> Self::Output {
                let location = Location::caller();
                let operands = [self.handle(location), other.handle];
                Tensor::from_handle(elementwise($op, &operands, $Result::<D, $Host>::DTYPE, location))
            }
        }
    };
}

arithmetic! {
    Add::add = Op::Add => Promoted;
    Sub::sub = Op::Subtract => Promoted;
    Mul::mul = Op::Multiply => Promoted;
    Div::div = Op::Divide => Quotient;
}

impl<V: Visibility, D: Numeric> Neg for Tensor<V, D> {
    type Output = Tensor<V, D::AtLeastInt>;

    #[track_caller]
    fn neg(self) -> Self::Output {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(trace::emit(Op::Negate, &[operand], location))
    }
}

macro_rules! logic {
    ($($Operator:ident :: $method:ident = $op:expr;)+) => { $(
        impl<V: Visibility, W: Visibility> $Operator<Tensor<W, Bool>> for Tensor<V, Bool> {
            type Output = Tensor<V::Join<W>, Bool>;

            #[track_caller]
            fn $method(self, other: Tensor<W, Bool>) -> Self::Output {
                Tensor::from_handle(elementwise($op, &[self.handle, other.handle], Bool::DTYPE, Location::caller()))
            }
        }
    )+ };
}

logic! {
    BitAnd::bitand = Op::And;
    BitOr::bitor = Op::Or;
}

impl<V: Visibility> Not for Tensor<V, Bool> {
    type Output = Self;

    #[track_caller]
    fn not(self) -> Self {
        Self::from_handle(trace::emit(Op::Not, &[self.handle], Location::caller()))
    }
}
