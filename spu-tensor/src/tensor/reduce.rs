//! Reductions over axes: sums, means, products, extrema, truth values; and running sums.

use super::accuracy::accuracy;
use super::axes::Axes;
use super::operand::{convert, elementwise};
use super::{Bool, DType, Fxp, Int, Numeric, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace::{self, Handle};

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The sum over axes, which disappear. Truth values are counted.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
    /// let y = evaluate(x, |x: Tensor<Secret, Fxp>| x.sum(0))?;
    /// assert_eq!(y.values(), [4.0, 7.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sum(self, axes: impl Axes) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        Tensor::from_handle(reduced(self.handle, &axes, location, |x, axes| sum(x, axes, location)))
    }

    /// The sum of all elements. Truth values are counted.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.sum_all())?;
    /// assert_eq!(y.values(), [3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sum_all(self) -> Tensor<V, D::AtLeastInt> {
        self.sum(..)
    }

    /// The mean over axes, which disappear; they have at least one element. It is the sum times 1/n of f significant bits: off by 2^−f
    /// of itself at most, besides one unit in the last place; exact where n is a power of two but for that unit.
    #[doc = accuracy!(mean)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
    /// let y = evaluate(x, |x: Tensor<Secret, Fxp>| x.mean(1))?;
    /// assert_eq!(y.values(), [1.5, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn mean(self, axes: impl Axes) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let Some(count) = count("mean", self.handle, &axes, 0, location) else {
            return Tensor::from_handle(self.handle);
        };
        let total = reduced(self.handle, &axes, location, |x, axes| sum(x, axes, location));
        Tensor::from_handle(divided(total, count, location))
    }

    /// The mean of all elements, of which there is at least one.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0], |x: Tensor<Secret, Fxp>| x.mean_all())?;
    /// assert_eq!(y.values(), [1.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn mean_all(self) -> Tensor<V, Fxp> {
        self.mean(..)
    }

    /// The product over axes, which disappear; 1 of no elements.
    ///
    /// Of fixed-point numbers each product is rounded, by an ulp that the factors after it multiply: n − 1 ulp for n numbers of at most 1.
    #[doc = accuracy!(prod, prod_int)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2, -3, 5], |x: Tensor<Secret, Int>| x.prod(0))?;
    /// assert_eq!(y.values(), [-30.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn prod(self, axes: impl Axes) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let product = |x, axes| trace::emit(Op::ReduceProduct { axes }, &[x], location);
        Tensor::from_handle(reduced(operand, &axes, location, product))
    }

    /// The maximum over axes, which disappear; they have at least one element. Its derivative goes to the first element that
    /// is the maximum.
    #[doc = accuracy!(max)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
    /// let y = evaluate(x, |x: Tensor<Secret, Fxp>| x.max(1))?;
    /// assert_eq!(y.values(), [2.0, 5.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn max(self, axes: impl Axes) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(extremum(operand, &axes, location, |axis| Op::ReduceMax { axis }))
    }

    /// The maximum over one axis, which disappears, and in this shape whether the element is the first that is the maximum: one set of comparisons
    /// gives both. The axis has at least one element. No derivative flows through where it stands.
    #[doc = accuracy!(max_with_one_hot)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let (most, place) = evaluate(vec![1.0, 7.0, 7.0], |x: Tensor<Secret, Fxp>| x.max_with_one_hot(0))?.split();
    /// assert_eq!((most.values(), place.values()), (vec![7.0], vec![0.0, 1.0, 0.0]));
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn max_with_one_hot(self, axis: usize) -> (Tensor<V, D::AtLeastInt>, Tensor<V, Bool>) {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let [most, place] = trace::emit_pair(Op::MaxWithOneHot { axis }, operand, location);
        (Tensor::from_handle(most), Tensor::from_handle(place))
    }

    /// The minimum over axes, which disappear; they have at least one element. Its derivative goes to the first element that
    /// is the minimum.
    #[doc = accuracy!(max)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
    /// let y = evaluate(x, |x: Tensor<Secret, Fxp>| x.min([0, 1]))?;
    /// assert_eq!(y.values(), [1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn min(self, axes: impl Axes) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(extremum(operand, &axes, location, |axis| Op::ReduceMin { axis }))
    }

    /// Where on the axis, which disappears, the maximum stands: of several, the first.
    #[doc = accuracy!(argmax)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 7.0, 7.0, -2.0], |x: Tensor<Secret, Fxp>| x.argmax(0))?;
    /// assert_eq!(y.values(), [1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn argmax(self, axis: usize) -> Tensor<V, Int> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(trace::emit(Op::ArgMax { axis }, &[operand], location))
    }

    /// Where on the axis, which disappears, the minimum stands: of several, the first.
    #[doc = accuracy!(argmax)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, -2.0, 7.0, -2.0], |x: Tensor<Secret, Fxp>| x.argmin(0))?;
    /// assert_eq!(y.values(), [1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn argmin(self, axis: usize) -> Tensor<V, Int> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let negated = trace::emit(Op::Negate, &[operand], location);
        Tensor::from_handle(trace::emit(Op::ArgMax { axis }, &[negated], location))
    }

    /// Each element and all before it on the axis, added up. It takes no message. Truth values are counted.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2, -3, 5], |x: Tensor<Secret, Int>| x.cumsum(0))?;
    /// assert_eq!(y.values(), [2.0, -1.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn cumsum(self, axis: usize) -> Tensor<V, D::AtLeastInt> {
        let op = Op::CumulativeSum { axis, reverse: false };
        Tensor::from_handle(trace::emit(op, &[self.handle], Location::caller()))
    }
}

impl<V: Visibility> Tensor<V, Bool> {
    /// Whether some element holds, over axes, which disappear; false of no elements.
    #[doc = accuracy!(any)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[0, 0], [0, 5]];
    /// let y = evaluate(x, |x: Tensor<Secret, Int>| x.gt(3).any(1))?;
    /// assert_eq!(y.values(), [0.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn any(self, axes: impl Axes) -> Self {
        let location = Location::caller();
        let some = |x, axes| trace::emit(Op::ReduceAny { axes }, &[x], location);
        Self::from_handle(reduced(self.handle, &axes, location, some))
    }

    /// Whether all elements hold, over axes, which disappear; true of no elements.
    #[doc = accuracy!(any)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let x = ndarray::array![[4, 4], [0, 5]];
    /// let y = evaluate(x, |x: Tensor<Secret, Int>| x.gt(3).all(1))?;
    /// assert_eq!(y.values(), [1.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn all(self, axes: impl Axes) -> Self {
        let location = Location::caller();
        let all = |x, axes| trace::emit(Op::ReduceAll { axes }, &[x], location);
        Self::from_handle(reduced(self.handle, &axes, location, all))
    }
}

/// The reduction over `axes`, with the axes put back if they are to stay.
pub(super) fn reduced(
    operand: Handle,
    axes: &impl Axes,
    location: Location,
    reduce: impl FnOnce(Handle, Vec<usize>) -> Handle,
) -> Handle {
    let shape = trace::ty(operand).shape;
    let axes_are_kept = axes.are_kept();
    let axes = axes.to_axes(shape.rank());
    let result = reduce(operand, axes.clone());
    if !axes_are_kept || axes.is_empty() || axes.iter().any(|&axis| axis >= shape.rank()) {
        return result;
    }
    let mut extents = shape.extents().to_vec();
    axes.iter().for_each(|&axis| extents[axis] = 1);
    trace::emit(Op::Reshape { shape: extents.into() }, &[result], location)
}

/// The number of elements along `axes` less `ddof`, if that is at least one.
pub(super) fn count(name: &str, operand: Handle, axes: &impl Axes, ddof: usize, location: Location) -> Option<usize> {
    let shape = trace::ty(operand).shape;
    let axes = axes.to_axes(shape.rank());
    if let Some(axis) = axes.iter().find(|&&axis| axis >= shape.rank()) {
        trace::fault(format!("cannot take the {name} over axis {axis} of {shape}"), &[operand], location);
        return None;
    }
    let elements: usize = axes.iter().map(|&axis| shape.extents()[axis]).product();
    let count = elements.checked_sub(ddof).filter(|&count| count > 0);
    if count.is_none() {
        let message = match elements {
            0 => format!("cannot take the {name} of no elements"),
            n => format!("cannot take the {name} of {n} elements with {ddof} degrees of freedom less"),
        };
        trace::fault(message, &[operand], location);
    }
    count
}

/// `total` / count, fixed-point.
pub(super) fn divided(total: Handle, count: usize, location: Location) -> Handle {
    let share = trace::constant(HostTensor::fxp(Shape::SCALAR, vec![1.0 / count as f64]), location);
    elementwise(Op::Multiply, &[total, share], pphlo::DType::Fxp, location)
}

pub(super) fn sum(operand: Handle, axes: Vec<usize>, location: Location) -> Handle {
    trace::emit(Op::ReduceSum { axes }, &[operand], location)
}

/// A maximum or minimum; several axes become one.
fn extremum(operand: Handle, axes: &impl Axes, location: Location, op: impl Fn(usize) -> Op) -> Handle {
    reduced(operand, axes, location, |x, axes| {
        let shape = trace::ty(x).shape;
        if let [axis] = axes[..] {
            return trace::emit(op(axis), &[x], location);
        }
        if axes.windows(2).any(|pair| pair[0] == pair[1]) || axes.iter().any(|&axis| axis >= shape.rank()) {
            trace::fault(format!("cannot reduce {shape} over axes {axes:?}"), &[x], location);
            return x;
        }
        let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
        let extent = |axis: &usize| shape.extents()[*axis];
        let mut extents: Vec<usize> = kept.iter().map(extent).collect();
        extents.push(axes.iter().map(extent).product());
        let permutation = kept.iter().chain(&axes).copied().collect();
        let moved = trace::emit(Op::Transpose { permutation }, &[x], location);
        let rows = trace::emit(Op::Reshape { shape: extents.into() }, &[moved], location);
        trace::emit(op(kept.len()), &[rows], location)
    })
}
