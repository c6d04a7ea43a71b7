//! `+ - * / %` and unary `-` on tensors and numbers, `& | ^ !` on truth values and the bits of integers, `<< >>` on integers. What they promise stands at
//! [`Tensor`].

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};

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
    Rem::rem = Op::Remainder => Promoted;
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
    ($($Operator:ident :: $method:ident = $op:expr, $dtype:ty;)+) => { $(
        impl<V: Visibility, W: Visibility> $Operator<Tensor<W, $dtype>> for Tensor<V, $dtype> {
            type Output = Tensor<V::Join<W>, $dtype>;

            #[track_caller]
            fn $method(self, other: Tensor<W, $dtype>) -> Self::Output {
                Tensor::from_handle(elementwise($op, &[self.handle, other.handle], <$dtype>::DTYPE, Location::caller()))
            }
        }
    )+ };
}

logic! {
    BitAnd::bitand = Op::And, Bool;
    BitOr::bitor = Op::Or, Bool;
    BitXor::bitxor = Op::Xor, Bool;
    BitAnd::bitand = Op::And, Int;
    BitOr::bitor = Op::Or, Int;
    BitXor::bitxor = Op::Xor, Int;
}

macro_rules! logic_with_host {
    ($($Operator:ident :: $method:ident = $op:expr, $host:ty, $dtype:ty;)+) => { $(
        impl<V: Visibility> $Operator<$host> for Tensor<V, $dtype> {
            type Output = Self;

            #[track_caller]
            fn $method(self, other: $host) -> Self {
                let location = Location::caller();
                let operands = [self.handle, other.handle(location)];
                Self::from_handle(elementwise($op, &operands, <$dtype>::DTYPE, location))
            }
        }
    )+ };
}

logic_with_host! {
    BitAnd::bitand = Op::And, i64, Int;
    BitOr::bitor = Op::Or, i64, Int;
    BitXor::bitxor = Op::Xor, i64, Int;
    Shl::shl = Op::ShiftLeft, i64, Int;
    Shr::shr = Op::ShiftRightArithmetic, i64, Int;
}

macro_rules! complements {
    ($($dtype:ty;)+) => { $(
        impl<V: Visibility> Not for Tensor<V, $dtype> {
            type Output = Self;

            #[track_caller]
            fn not(self) -> Self {
                Self::from_handle(trace::emit(Op::Not, &[self.handle], Location::caller()))
            }
        }
    )+ };
}

complements! {
    Bool;
    Int;
}
