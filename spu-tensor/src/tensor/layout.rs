//! The same elements in another arrangement, parts of tensors, and tensors joined.

use std::ops::Range;

use super::operand::broadcast;
use super::{DType, Fxp, HostOf, Public, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Op, Strides};
use crate::shape::Shape;
use crate::trace;

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// The same elements, row-major, in another shape of as many elements.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.reshape([2, 1]))?;
    /// assert_eq!(y.shape().extents(), [2, 1]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        Self::from_handle(trace::emit(Op::Reshape { shape: shape.into() }, &[self.handle], Location::caller()))
    }

    /// With an axis of extent 1 inserted before axis `axis`.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.expand_dims(0))?;
    /// assert_eq!(y.shape().extents(), [1, 2]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn expand_dims(self, axis: usize) -> Self {
        let location = Location::caller();
        let mut extents = self.shape().extents().to_vec();
        if axis > extents.len() {
            trace::fault(format!("cannot insert axis {axis} into {}", self.shape()), &[self.handle], location);
            return self;
        }
        extents.insert(axis, 1);
        Self::from_handle(trace::emit(Op::Reshape { shape: extents.into() }, &[self.handle], location))
    }

    /// Axis `i` of the result is axis `permutation[i]` of this.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| x.reshape([2, 2]).transpose([1, 0]))?;
    /// assert_eq!(y.values(), [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn transpose(self, permutation: impl AsRef<[usize]>) -> Self {
        let permutation = permutation.as_ref().to_vec();
        Self::from_handle(trace::emit(Op::Transpose { permutation }, &[self.handle], Location::caller()))
    }

    /// All axes in reverse: of a matrix, its transpose.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| x.reshape([2, 2]).t())?;
    /// assert_eq!(y.values(), [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn t(self) -> Self {
        let permutation = (0..self.shape().rank()).rev().collect();
        Self::from_handle(trace::emit(Op::Transpose { permutation }, &[self.handle], Location::caller()))
    }

    /// Repeated to `shape`; its axes are aligned with the last ones, and an extent of 1 is stretched.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.broadcast_to([2, 2]))?;
    /// assert_eq!(y.values(), [1.0, 2.0, 1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Self {
        Self::from_handle(broadcast(self.handle, &shape.into(), Location::caller()))
    }

    /// The elements within a range of each axis, as in `x.slice(0..10)` or `x.slice([0..10, 3..4])`; axes without a
    /// range stay whole.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| x.slice(1..3))?;
    /// assert_eq!(y.values(), [2.0, 3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn slice(self, ranges: impl Ranges) -> Self {
        let location = Location::caller();
        let (ranges, shape) = (ranges.to_ranges(), self.shape());
        let rest = shape.extents().iter().skip(ranges.len());
        let start = ranges.iter().map(|range| range.start).chain(rest.clone().map(|_| 0)).collect();
        let limit = ranges.iter().map(|range| range.end).chain(rest.copied()).collect();
        Self::from_handle(trace::emit(Op::Slice { start, limit, strides: Strides::UNIT }, &[self.handle], location))
    }

    /// The tensors one after another along `axis`; their other extents are equal.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| Tensor::concat([x, x], 0))?;
    /// assert_eq!(y.values(), [1.0, 2.0, 1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn concat(parts: impl AsRef<[Self]>, axis: usize) -> Self {
        let parts: Vec<_> = parts.as_ref().iter().map(|part| part.handle).collect();
        Self::from_handle(trace::emit(Op::Concatenate { axis }, &parts, Location::caller()))
    }
}

impl<D: DType> Tensor<Public, D> {
    /// A constant of the program: part of its text, known to every party.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Public, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x + Tensor::<Public, Fxp>::constant(vec![10.0, 20.0]))?;
    /// assert_eq!(y.values(), [11.0, 22.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn constant(value: impl Into<HostOf<Self>>) -> Self {
        let location = Location::caller();
        let [tensor] = <[HostTensor; 1]>::try_from(value.into().into_leaves()).expect("a tensor is one leaf");
        Self::checked(trace::constant(tensor, location), location)
    }
}

impl Tensor<Public, Fxp> {
    /// The constant `value` everywhere.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x + Tensor::full([2], 0.5))?;
    /// assert_eq!(y.values(), [1.5, 2.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: f64) -> Self {
        let location = Location::caller();
        let scalar = trace::constant(HostTensor::fxp(Shape::SCALAR, vec![value]), location);
        Self::from_handle(broadcast(scalar, &shape.into(), location))
    }

    /// Zeros.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x + Tensor::zeros([2]))?;
    /// assert_eq!(y.values(), [1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Self::full(shape, 0.0)
    }
}

/// Ranges of the first axes: one, or a list.
pub trait Ranges {
    #[doc(hidden)]
    fn to_ranges(self) -> Vec<Range<usize>>;
}

impl Ranges for Range<usize> {
    fn to_ranges(self) -> Vec<Self> {
        vec![self]
    }
}

impl<const N: usize> Ranges for [Range<usize>; N] {
    fn to_ranges(self) -> Vec<Range<usize>> {
        self.into()
    }
}

impl Ranges for Vec<Range<usize>> {
    fn to_ranges(self) -> Self {
        self
    }
}
