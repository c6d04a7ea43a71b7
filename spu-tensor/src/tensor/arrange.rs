//! Tensors reversed, padded, stacked, split and repeated.

use super::layout::Ranges;
use super::linear::reshaped;
use super::operand::{Operand, convert};
use super::{DType, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{Op, Strides};
use crate::shape::Shape;
use crate::trace;

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// The elements in reverse order along an axis.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| x.flip(0))?;
    /// assert_eq!(y.values(), [3.0, 2.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn flip(self, axis: usize) -> Self {
        Self::from_handle(trace::emit(Op::Reverse { axes: vec![axis] }, &[self.handle], Location::caller()))
    }

    /// Every `strides[i]`-th element within a range of each axis.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0, 5.0], |x: Tensor<Secret, Fxp>| x.slice_strided(1..5, [2]))?;
    /// assert_eq!(y.values(), [2.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn slice_strided(self, ranges: impl Ranges, strides: impl AsRef<[usize]>) -> Self {
        let (start, limit) = ranges.to_ranges().into_iter().map(|range| (range.start, range.end)).unzip();
        let strides = Strides::new(strides.as_ref().to_vec());
        Self::from_handle(trace::emit(Op::Slice { start, limit, strides }, &[self.handle], Location::caller()))
    }

    /// Without an axis of extent 1.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| {
    ///     let y = x.reshape([1, 2]).squeeze(0);
    ///     assert_eq!(y.shape().extents(), [2]);
    ///     y
    /// })?;
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn squeeze(self, axis: usize) -> Self {
        let location = Location::caller();
        let mut extents = self.shape().extents().to_vec();
        if extents.get(axis) != Some(&1) {
            let message = format!("cannot squeeze axis {axis} of {}: its extent is not 1", self.shape());
            trace::fault(message, &[self.handle], location);
            return self;
        }
        extents.remove(axis);
        Self::from_handle(reshaped(self.handle, &extents, location))
    }

    /// Tensors of one shape along a new axis.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| Tensor::stack([x, x], 1))?;
    /// assert_eq!(y.values(), [1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn stack(parts: impl AsRef<[Self]>, axis: usize) -> Self {
        let location = Location::caller();
        let parts: Vec<_> = parts.as_ref().iter().map(|part| part.handle).collect();
        let widened = parts.iter().map(|&part| {
            let mut extents = trace::ty(part).shape.extents().to_vec();
            if axis > extents.len() {
                trace::fault(format!("cannot stack {extents:?} along axis {axis}"), &[part], location);
                return part;
            }
            extents.insert(axis, 1);
            reshaped(part, &extents, location)
        });
        let widened: Vec<_> = widened.collect();
        Self::from_handle(trace::emit(Op::Concatenate { axis }, &widened, location))
    }

    /// Equal parts along an axis, whose extent is a multiple of `sections`.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let halves = x.split(2, 0);
    ///     halves[0] * halves[1]
    /// })?;
    /// assert_eq!(y.values(), [3.0, 8.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn split(self, sections: usize, axis: usize) -> Vec<Self> {
        let location = Location::caller();
        let shape = self.shape();
        let width = match shape.extents().get(axis) {
            Some(&n) if sections > 0 && n % sections == 0 => n / sections,
            _ => {
                let message = format!("cannot split axis {axis} of {shape} into {sections} equal parts");
                trace::fault(message, &[self.handle], location);
                return vec![self; sections];
            }
        };
        let part = |i: usize| {
            let (mut start, mut limit) = (vec![0; shape.rank()], shape.extents().to_vec());
            (start[axis], limit[axis]) = (i * width, (i + 1) * width);
            let op = Op::Slice { start, limit, strides: Strides::UNIT };
            Self::from_handle(trace::emit(op, &[self.handle], location))
        };
        (0..sections).map(part).collect()
    }

    /// The whole tensor `repetitions[i]` times along each axis.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.tile([2]))?;
    /// assert_eq!(y.values(), [1.0, 2.0, 1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn tile(self, repetitions: impl AsRef<[usize]>) -> Self {
        let (location, shape, repetitions) = (Location::caller(), self.shape(), repetitions.as_ref());
        if repetitions.len() != shape.rank() {
            let message = format!("cannot tile {shape} {repetitions:?} times: that is not a number for each axis");
            trace::fault(message, &[self.handle], location);
            return self;
        }
        let pairs = repetitions.iter().zip(shape.extents());
        let wide: Vec<usize> = pairs.clone().flat_map(|(&times, &n)| [times, n]).collect();
        let dimensions = (0..shape.rank()).map(|axis| 2 * axis + 1).collect();
        let extents: Vec<usize> = pairs.map(|(&times, &n)| times.saturating_mul(n)).collect();
        let repeated = trace::emit(Op::Broadcast { shape: Shape::new(wide), dimensions }, &[self.handle], location);
        Self::from_handle(reshaped(repeated, &extents, location))
    }

    /// Each element `times` times in a row along an axis.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.repeat(2, 0))?;
    /// assert_eq!(y.values(), [1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn repeat(self, times: usize, axis: usize) -> Self {
        let (location, shape) = (Location::caller(), self.shape());
        if axis >= shape.rank() {
            trace::fault(format!("cannot repeat along axis {axis} of {shape}"), &[self.handle], location);
            return self;
        }
        let (mut wide, mut extents) = (shape.extents().to_vec(), shape.extents().to_vec());
        wide.insert(axis + 1, times);
        extents[axis] = extents[axis].saturating_mul(times);
        let dimensions = (0..=shape.rank()).filter(|&other| other != axis + 1).collect();
        let repeated = trace::emit(Op::Broadcast { shape: Shape::new(wide), dimensions }, &[self.handle], location);
        Self::from_handle(reshaped(repeated, &extents, location))
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// With copies of `value` around and between the elements: for each axis how many before, after, and between two
    /// neighbours. Negative numbers before or after take elements away.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.pad(0.0, [(1, 2, 1)]))?;
    /// assert_eq!(y.values(), [0.0, 1.0, 0.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn pad<R: Operand>(
        self,
        value: R,
        sides: impl AsRef<[(i64, i64, usize)]>,
    ) -> Tensor<V::Join<R::Visibility>, D::Widest<R::DType>> {
        let location = Location::caller();
        let dtype = <D::Widest<R::DType>>::DTYPE;
        let operands = [self.handle, value.handle(location)].map(|operand| convert(operand, dtype, location));
        let sides = sides.as_ref();
        let low = sides.iter().map(|side| side.0).collect();
        let high = sides.iter().map(|side| side.1).collect();
        let interior = sides.iter().map(|side| side.2).collect();
        Tensor::from_handle(trace::emit(Op::Pad { low, high, interior }, &operands, location))
    }
}
