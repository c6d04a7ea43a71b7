//! Angles of points, and of their coordinates.

use super::accuracy::accuracy;
use super::operand::{Operand, convert, elementwise};
use super::{Fxp, Numeric, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace::{self, Handle};

type Joined<V, R> = <V as Visibility>::Join<<R as Operand>::Visibility>;

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The angle of the point (x, y) = (`x`, self), in (−π, π]; 0 at the origin.
    ///
    /// On the axes the angle is exact to the format.
    #[doc = accuracy!(atan2)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let angle = evaluate(vec![0.0, 1.0], |y: Tensor<Secret, Fxp>| y.atan2(0.0))?;
    /// assert_eq!(angle.values(), [0.0, std::f64::consts::FRAC_PI_2]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn atan2<R: Operand>(self, x: R) -> Tensor<Joined<V, R>, Fxp> {
        let location = Location::caller();
        let operands = [self.handle, x.handle(location)];
        Tensor::from_handle(elementwise(Op::Atan2, &operands, pphlo::DType::Fxp, location))
    }

    /// The angle in [−π/2, π/2] whose sine this is, for −1 ≤ x ≤ 1: that of the point (√(1 − x²), x).
    ///
    /// Exactly 0 for 0. Secret numbers beyond ±1 count as ±1, up to 2^12 in the ring 2^64, 3 in 2^32. The
    /// derivative is infinite at ±1, where it means nothing. A root and an angle: 60 rounds in 2^64.
    #[doc = accuracy!(asin)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let angle = evaluate(vec![-1.0, 0.0, 2.0], |x: Tensor<Secret, Fxp>| x.asin())?;
    /// assert_eq!(angle.values(), [-std::f64::consts::FRAC_PI_2, 0.0, std::f64::consts::FRAC_PI_2]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn asin(self) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let [cathetus, x] = self.unit_triangle(location);
        Tensor::from_handle(trace::emit(Op::Atan2, &[x, cathetus], location))
    }

    /// The angle in [0, π] whose cosine this is, for −1 ≤ x ≤ 1: that of the point (x, √(1 − x²)). Error, other numbers and derivative are those of
    /// [`Tensor::asin`]; exactly 0 for 1.
    #[doc = accuracy!(acos)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let angle = evaluate(vec![-1.0, 0.0, 1.0], |x: Tensor<Secret, Fxp>| x.acos())?;
    /// assert_eq!(angle.values(), [std::f64::consts::PI, std::f64::consts::FRAC_PI_2, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn acos(self) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let [cathetus, x] = self.unit_triangle(location);
        Tensor::from_handle(trace::emit(Op::Atan2, &[cathetus, x], location))
    }

    /// √(1 − x²) and x.
    ///
    /// (1 − x)(1 + x) has twice the format's fraction bits before it is truncated. A power of two brings most of them above the unit, so that the root is
    /// as precise near ±1, where it is small, as elsewhere.
    fn unit_triangle(self, location: Location) -> [Handle; 2] {
        let x = convert(self.handle, pphlo::DType::Fxp, location);
        let scalar = |c: f64| trace::constant(HostTensor::fxp(Shape::SCALAR, vec![c]), location);
        let apply = |op: Op, x: Handle, y: Handle| elementwise(op, &[x, y], pphlo::DType::Fxp, location);
        let (below, above) = (apply(Op::Subtract, scalar(1.0), x), apply(Op::Add, scalar(1.0), x));
        let square = apply(Op::Multiply, below, above);
        let large = apply(Op::Multiply, square, scalar(ROOM * ROOM));
        let root = trace::emit(Op::Sqrt, &[large], location);
        [apply(Op::Multiply, root, scalar(1.0 / ROOM)), x]
    }
}

/// What every format holds the square of, times 1.
const ROOM: f64 = 512.0;
