//! Functions of one tensor, element by element, and what is asserted of its elements.

use std::ops::{Bound, RangeBounds};

use super::accuracy::accuracy;
use super::operand::{Operand, convert, elementwise};
use super::sealed::Sealed;
use super::{Bool, DType, FlowsTo, Fxp, Int, Numeric, Public, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{self, Op, Real};
use crate::trace;

/// The documentation's example of a method without arguments.
macro_rules! example {
    ($method:ident, $dtype:ident, $input:tt, $output:tt) => {
        concat!(
            "\n```\nuse spu_tensor::{",
            stringify!($dtype),
            ", Secret, Tensor, evaluate};\n\nlet y = evaluate(vec!",
            stringify!($input),
            ", |x: Tensor<Secret, ",
            stringify!($dtype),
            ">| x.",
            stringify!($method),
            "())?;\nassert_eq!(y.values(), ",
            stringify!($output),
            ");\n# Ok::<(), spu_tensor::Error>(())\n```"
        )
    };
}

macro_rules! functions {
    ($($(#[$doc:meta])+ $method:ident = $op:expr, $input:tt => $output:tt;)+) => {
        impl<V: Visibility, D: Numeric> Tensor<V, D> { $(
            $(#[$doc])+
            #[doc = example!($method, Fxp, $input, $output)]
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
    /// e^x, for x ≤ 20 or ln of the largest number that the format holds, if that is less; 0 far below 0, and 0 above, where real numbers (the plain evaluator) have e^x. A check
    /// shows where they part, and where a bound of x is known that is larger the compiler warns.
    ///
    /// A known upper bound (`assume`) makes it cheaper.
    #[doc = accuracy!(exp, exp_above_0, exp_decay)]
    exp = Op::Exponential, [0.0] => [1.0];
    /// e^x − 1, from the same protocol as [`Tensor::exp`].
    #[doc = accuracy!(exp_m1, exp_m1_above_0)]
    exp_m1 = Op::ExponentialMinusOne, [0.0] => [0.0];
    /// The natural logarithm, for x > 0; 0 elsewhere.
    ///
    /// Eighteen rounds; seven on a narrow range, as [`Tensor::reciprocal`] says.
    #[doc = accuracy!(ln, ln_narrow)]
    ln = Op::Log, [1.0, -1.0] => [0.0, 0.0];
    /// The natural logarithm, for x > 0; the same as [`Tensor::ln`].
    log = Op::Log, [1.0] => [0.0];
    /// ln(1 + x), for x > −1; 0 elsewhere.
    ///
    /// Eighteen rounds; seven where 1 + x is known to lie in a narrow range, as [`Tensor::reciprocal`] says.
    #[doc = accuracy!(ln_1p)]
    ln_1p = Op::LogPlusOne, [0.0] => [0.0];
    /// 1/x; 0 where x is 0.
    ///
    /// Nineteen rounds;
    /// seven in the ring 2^64 where x is known to lie in a narrow range, [lo, hi] with 0 < lo, hi ≤ 16·lo and √(lo·hi) between 2^(2 − f) and 2^(f + 2) (then eight from 2^(24 − f) or so on): piecewise
    /// polynomials, whose comparisons and powers all functions of one x share. There 1/x of x ≥ 1 has more bits than the format, for a
    /// product that is to be as near to 1; a result that is none loses them in two more rounds. Other rings have too few bits for those, or too many for their precision.
    /// With other fraction bits f the relative error is 2^(3 − f), no less than 2^−16 in the ring 2^64 and 2^−37 in 2^128.
    #[doc = accuracy!(reciprocal, reciprocal_narrow)]
    reciprocal = Op::Reciprocal, [4.0, 0.0] => [0.25, 0.0];
    /// The square root; 0 where x is negative.
    ///
    /// Nineteen rounds; seven on a narrow range, as [`Tensor::reciprocal`] says. With other fraction bits f the relative error is 2^(3 − f), no less than 2^−16 in the ring 2^64 and 2^−37 in 2^128.
    #[doc = accuracy!(sqrt, sqrt_narrow)]
    sqrt = Op::Sqrt, [4.0, -1.0] => [2.0, 0.0];
    /// 1/√x, for x > 0; 0 elsewhere.
    ///
    /// Nineteen rounds; seven on a narrow range, as [`Tensor::reciprocal`] says. With other fraction bits f the relative error is 2^(3 − f), no less than 2^−16 in the ring 2^64 and 2^−37 in 2^128.
    #[doc = accuracy!(rsqrt, rsqrt_narrow)]
    rsqrt = Op::Rsqrt, [4.0, 0.0] => [0.5, 0.0];
    /// 1/√x with few digits, for 0 < x < 2^(2f − 2), f the format's fraction bits (2^34 for 18); 0 for 0 and negative x as small. For optimizers, which need no more.
    ///
    /// Fifteen rounds. Above its range the result means nothing; where more is asserted to occur (`assume`) than a format serves,
    /// the program is refused for it. A product y·x.rsqrt_approx() whose root has no other use
    /// is one operation: it errs by 2^-10 of itself and two ulp, however few digits the root has, as long as it is below 2^14.
    #[doc = accuracy!(rsqrt_approx)]
    rsqrt_approx = Op::RsqrtApprox, [4.0, 0.0] => [0.5, 0.0];
    /// 1/(1 + e^−x), exactly 0 and 1 far out.
    ///
    /// Half the rounds where |x| is known to be small (`assume`).
    #[doc = accuracy!(logistic)]
    logistic = Op::Logistic, [0.0, 1000.0] => [0.5, 1.0];
    /// 1/(1 + e^−x), between 0 and 1; the same as [`Tensor::logistic`].
    sigmoid = Op::Logistic, [0.0] => [0.5];
    /// The hyperbolic tangent, exactly ±1 far out.
    ///
    /// Half the rounds where |x| is known to be small (`assume`).
    #[doc = accuracy!(tanh)]
    tanh = Op::Tanh, [0.0, 1000.0] => [0.0, 1.0];
    /// The sine of an angle in radians.
    ///
    /// Beyond |x| = 2^10 the error grows by π·|x|·2^(2f − K) ulp, f fraction bits of K: 2 ulp at |x| = 2^25 in 2^64.
    #[doc = accuracy!(sin)]
    sin = Op::Sine, [0.0] => [0.0];
    /// The cosine of an angle in radians.
    ///
    /// Beyond |x| = 2^10 the error grows as that of [`Tensor::sin`].
    #[doc = accuracy!(cos)]
    cos = Op::Cosine, [0.0] => [1.0];
    /// The error function 2/√π·∫ e^(−t²) dt from 0 to x, exactly ±1 far out, at 18 fraction bits from |x| = 4 on.
    #[doc = accuracy!(erf)]
    erf = Op::Erf, [0.0, 10.0] => [0.0, 1.0];
    /// x·Φ(x), Φ the normal distribution function: x·(1 + erf(x/√2))/2; exactly 0 and x far out.
    #[doc = accuracy!(gelu)]
    gelu = Op::Gelu, [0.0, 10.0] => [0.0, 10.0];
    /// x/(1 + e^−x), also called swish; exactly 0 and x far out.
    #[doc = accuracy!(silu)]
    silu = Op::Silu, [0.0] => [0.0];
    /// ln(1 + e^x); exactly 0 and x far out.
    #[doc = accuracy!(softplus)]
    softplus = Op::Softplus, [1000.0] => [1000.0];
}

macro_rules! of_numbers {
    ($($(#[$doc:meta])+ $method:ident = $op:expr => $result:ty, $input:tt => $output:tt;)+) => {
        impl<V: Visibility, D: Numeric> Tensor<V, D> { $(
            $(#[$doc])+
            #[doc = example!($method, Fxp, $input, $output)]
            #[track_caller]
            pub fn $method(self) -> Tensor<V, $result> {
                let location = Location::caller();
                let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
                Tensor::from_handle(trace::emit($op, &[operand], location))
            }
        )+ }
    };
}

of_numbers! {
    /// The absolute value.
    #[doc = accuracy!(abs)]
    abs = Op::Abs => D::AtLeastInt, [-2.5, 3.0] => [2.5, 3.0];
    /// −1, 0 or 1 as the element is negative, zero or positive.
    #[doc = accuracy!(sign)]
    sign = Op::Sign => Int, [-2.5, 0.0, 3.0] => [-1.0, 0.0, 1.0];
}

macro_rules! roundings {
    ($($(#[$doc:meta])+ $method:ident = $op:expr, $input:tt => $output:tt;)+) => {
        /// To integers, exactly.
        impl<V: Visibility> Tensor<V, Fxp> { $(
            $(#[$doc])+
            #[doc = example!($method, Fxp, $input, $output)]
            #[track_caller]
            pub fn $method(self) -> Tensor<V, Int> {
                Tensor::from_handle(trace::emit($op, &[self.handle], Location::caller()))
            }
        )+ }
    };
}

roundings! {
    /// The largest integer that is not above.
    #[doc = accuracy!(floor)]
    floor = Op::Floor, [-2.5, -0.75, 2.5] => [-3.0, -1.0, 2.0];
    /// The smallest integer that is not below.
    #[doc = accuracy!(floor)]
    ceil = Op::Ceil, [-2.5, -0.75, 2.5] => [-2.0, 0.0, 3.0];
    /// The nearest integer, halves away from zero.
    #[doc = accuracy!(round)]
    round = Op::RoundNearestAfz, [-2.5, -0.75, 2.5] => [-3.0, -1.0, 3.0];
    /// The nearest integer, halves to the even one.
    #[doc = accuracy!(round)]
    round_ties_even = Op::RoundNearestEven, [-2.5, -0.75, 2.5] => [-2.0, -1.0, 2.0];
    /// The integer part, toward zero.
    #[doc = accuracy!(trunc)]
    trunc = Op::Truncate, [-2.5, -0.75, 2.5] => [-2.0, 0.0, 2.0];
}

type Joined<V, R> = <V as Visibility>::Join<<R as Operand>::Visibility>;
type Promoted<D, R> = <D as Numeric>::Promote<<R as Operand>::DType>;
type Clamped<V, D, A, B> = Tensor<Joined<Joined<V, A>, B>, Promoted<Promoted<D, A>, B>>;

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// x^y. Integers stay integers, for y ≥ 0, modulo the ring; else both are fixed-point.
    ///
    /// Integers: 0 for a secret y < 0, an error for a public one. Fixed point: of x < 0 the power is ±|x|^y where y is an integer, to the last bit of the format, and 0 elsewhere; 0^y is 0,
    /// but x^0 = 1 for every x. A constant integer n takes products that err by n − 1 ulp or, if that is more, by (n − 1)·2^−f of the value, and for n < 0 those of
    /// 1/x; ±1/2 is a root; any other power is e^(y·ln |x|) up to e^20 and 0 beyond, which the compiler warns about where it is known to happen, with a relative error of 2^−15 and
    /// 4·|y| + 1 ulp. Where x is known to be no less than 0 (`assume`), the power of a secret y costs a fifth less.
    #[doc = accuracy!(pow, pow_constant, pow_whole, pow_negative, pow_int)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2, -3], |x: Tensor<Secret, Int>| x.pow(3))?;
    /// assert_eq!(y.values(), [8.0, -27.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn pow<R: Operand>(self, exponent: R) -> Tensor<Joined<V, R>, D::Promote<R::DType>> {
        let location = Location::caller();
        let dtype = <D::Promote<R::DType>>::DTYPE;
        Tensor::from_handle(elementwise(Op::Power, &[self.handle, exponent.handle(location)], dtype, location))
    }

    /// No less than `lo`, and then no more than `hi`. The bounds have the tensor's data type.
    #[doc = accuracy!(clamp)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![-2.0, 0.5, 7.0], |x: Tensor<Secret, Fxp>| x.clamp(0.0, 1.0))?;
    /// assert_eq!(y.values(), [0.0, 0.5, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn clamp<A: Operand, B: Operand>(self, lo: A, hi: B) -> Clamped<V, D, A, B> {
        let location = Location::caller();
        let dtype = Promoted::<Promoted<D, A>, B>::DTYPE;
        let operands = [lo.handle(location), self.handle, hi.handle(location)];
        Tensor::from_handle(elementwise(Op::Clamp, &operands, dtype, location))
    }
}

/// Amounts of a shift: a public integer tensor, or a number of the host.
pub trait ShiftAmount: Operand<DType = Int> {}

#[diagnostic::do_not_recommend]
impl<T: Operand<DType = Int, Visibility = V>, V: FlowsTo<Public>> ShiftAmount for T {}

macro_rules! shifts {
    ($($(#[$doc:meta])+ $method:ident = $op:expr, $output:tt;)+) => {
        impl<V: Visibility> Tensor<V, Int> { $(
            $(#[$doc])+
            #[doc = accuracy!(shift)]
            ///
            /// ```
            /// use spu_tensor::{Int, Secret, Tensor, evaluate};
            ///
            #[doc = concat!("let y = evaluate(vec![-5, 12], |x: Tensor<Secret, Int>| x.", stringify!($method), "(2))?;")]
            #[doc = concat!("assert_eq!(y.values(), ", stringify!($output), ");")]
            /// # Ok::<(), spu_tensor::Error>(())
            /// ```
            #[track_caller]
            pub fn $method(self, amount: impl ShiftAmount) -> Self {
                let location = Location::caller();
                let operands = [self.handle, amount.handle(location)];
                Self::from_handle(elementwise($op, &operands, pphlo::DType::Int, location))
            }
        )+ }
    };
}

shifts! {
    /// x·2^n modulo the ring, for a public n ≥ 0. By a secret n, multiply with `2.pow(n)`.
    shift_left = Op::ShiftLeft, [-20.0, 48.0];
    /// ⌊x/2^n⌋, for a public n ≥ 0; there is no shift to the right by a secret one.
    shift_right_arithmetic = Op::ShiftRightArithmetic, [-2.0, 3.0];
    /// The bits of the ring element n places lower, zeros above, for a public n ≥ 0.
    shift_right_logical = Op::ShiftRightLogical, [((1_i64 << 62) - 2) as f64, 3.0];
}

impl<V: Visibility> Tensor<V, Int> {
    /// How many bits of the ring element are set.
    #[doc = accuracy!(count_ones)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![0, 12], |x: Tensor<Secret, Int>| x.count_ones())?;
    /// assert_eq!(y.values(), [0.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn count_ones(self) -> Self {
        Self::from_handle(trace::emit(Op::PopulationCount, &[self.handle], Location::caller()))
    }

    /// The quotient of integers, toward zero; 0 where the divisor is 0.
    ///
    /// By a secret number, and by a public one:
    #[doc = accuracy!(div_trunc, div_trunc_public)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![7, -7, 1], |x: Tensor<Secret, Int>| x.div_trunc(2))?;
    /// assert_eq!(y.values(), [3.0, -3.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn div_trunc<R: Operand<DType = Int>>(self, divisor: R) -> Tensor<Joined<V, R>, Int> {
        let location = Location::caller();
        let operands = [self.handle, divisor.handle(location)];
        Tensor::from_handle(elementwise(Op::Divide, &operands, pphlo::DType::Int, location))
    }

    /// Where it is not 0. Of a fixed-point number, say `x.not_equal(0.0)`: hardly one that was computed is exactly 0.
    #[doc = accuracy!(to_bool)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![0, 12], |x: Tensor<Secret, Int>| x.to_bool())?;
    /// assert_eq!(y.values(), [0.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn to_bool(self) -> Tensor<V, Bool> {
        Tensor::from_handle(self.not_equal(0).handle)
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The same values as fixed-point numbers.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1, 2], |x: Tensor<Secret, Int>| x.to_fxp() * 0.5)?;
    /// assert_eq!(y.values(), [0.5, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn to_fxp(self) -> Tensor<V, Fxp> {
        Tensor::from_handle(convert(self.handle, pphlo::DType::Fxp, Location::caller()))
    }

    /// The same tensor, which the author asserts to lie within `range`: cheaper protocols become possible. A value outside
    /// makes the result wrong under a protocol. An open end counts as closed.
    ///
    /// The assertion is tested where somebody sees the value: by the plain evaluator, by a check ([`Program::check`](crate::Program::check)), and by sessions: a public
    /// value at every party, a secret one in a session in the clear. Fixed-point numbers may leave a bound there by what a check
    /// allows ([`Tolerance`](crate::format::Tolerance)), as they are rounded on the way; integers may not. Where a unit decides (a floor, a sign), the compiler takes
    /// an assertion about a computed number to be off by up to 64 units.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.assume(1.0..=2.0).reciprocal())?;
    /// assert_eq!(y.values(), [1.0, 0.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
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
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate, value_and_grad};
    ///
    /// // The second factor counts as a constant.
    /// let slope = evaluate(vec![3.0], |x: Tensor<Secret, Fxp>| value_and_grad(x, |x| (x * x.stop_gradient()).sum_all()).1)?;
    /// assert_eq!(slope.values(), [3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        Self::from_handle(trace::emit(Op::StopGradient, &[self.handle], Location::caller()))
    }
}

impl<V: Visibility> Tensor<V, Bool> {
    /// 1 where it holds, else 0.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![-1.0, 2.0], |x: Tensor<Secret, Fxp>| x.gt(0.0).to_int() + 1)?;
    /// assert_eq!(y.values(), [1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
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
