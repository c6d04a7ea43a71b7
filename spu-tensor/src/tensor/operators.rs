//! `+ - * / %` and unary `-` on tensors and numbers, `& | ^ !` on truth values and the bits of integers, `<< >>` on integers.
//!
//! Shapes broadcast as in NumPy. The result is secret if an operand is; it is fixed-point if an operand is, and at least
//! `Int`. A quotient is always fixed-point; a remainder has the sign of the dividend.
//!
//! **Quotients** of secret numbers err by 2^(3 − f) of the value, f the format's fraction bits (2^-15 for 18), or 2 ulp if that is more, for all
//! operands whose quotient the format holds; x/0 is 0. Ranges of the operands that are known make them cheaper. Quotients by public numbers are within
//! one ulp; a public 0 is an error. **Remainders** are exact for a public divisor, and for a secret one where the ring elements of both are below
//! 2^40 (integers below 2^40, fixed-point numbers below 2^(40 − f); 18 and 80 instead of 40 in the rings of 2^32 and 2^128), about which the compiler warns where a
//! larger bound is known; x % 0 is x.
//!
//! ```
//! use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
//!
//! let y = evaluate(vec![5.0, -5.0], |x: Tensor<Secret, Fxp>| 1.0 - x * 2.0 + x / 5.0 - x % 3.0)?;
//! assert_eq!(y.values(), [1.0 - 10.0 + 1.0 - 2.0, 1.0 + 10.0 - 1.0 + 2.0]);
//! let z = evaluate(vec![6, 3], |x: Tensor<Secret, Int>| ((x & 2) | (x ^ 1)) + !x + (x << 1) + (x >> 1))?;
//! assert_eq!(z.values(), [7.0 - 7.0 + 12.0 + 3.0, 2.0 - 4.0 + 6.0 + 1.0]);
//! # Ok::<(), spu_tensor::Error>(())
//! ```

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
