//! Windows that slide over a tensor: sums, extrema and pooling.

use super::accuracy::accuracy;
use super::operand::convert;
use super::reduce::divided;
use super::{Bool, DType, Fxp, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{Op, Window};
use crate::trace::{self, Handle};

impl Window {
    /// Windows of these sizes that begin at every place.
    pub fn sliding(sizes: impl Into<Vec<usize>>) -> Self {
        let sizes = sizes.into();
        Self { strides: vec![1; sizes.len()], ..Self::tiles(sizes) }
    }

    /// The same windows, this far apart.
    pub fn strides(self, strides: impl Into<Vec<usize>>) -> Self {
        Self { strides: strides.into(), ..self }
    }

    /// The same windows, whose elements are this far apart.
    pub fn dilations(self, dilations: impl Into<Vec<usize>>) -> Self {
        Self { dilations: dilations.into(), ..self }
    }

    /// The same windows on a tensor that is padded in front of and behind each axis.
    pub fn padding(self, padding: impl AsRef<[(usize, usize)]>) -> Self {
        let (low, high) = padding.as_ref().iter().copied().unzip();
        Self { low, high, ..self }
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The sum of each window; the window has an entry for each axis. Padding counts 0. It takes no message.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, Window, evaluate};
    ///
    /// let window = Window::sliding([3]).padding([(1, 1)]);
    /// let y = evaluate(vec![1, 2, 3, 4], |x: Tensor<Secret, Int>| x.reduce_window_sum(window))?;
    /// assert_eq!(y.values(), [3.0, 6.0, 9.0, 7.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_window_sum(self, window: Window) -> Tensor<V, D::AtLeastInt> {
        Tensor::from_handle(window_sum(self.handle, window, Location::caller()))
    }

    /// The maximum of each window; the window has an entry for each axis. What lies in the padding does not count; no window
    /// may lie in it wholly.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, Window, evaluate};
    ///
    /// let window = Window::sliding([2]).dilations([2]);
    /// let y = evaluate(vec![1, 4, 3, 2], |x: Tensor<Secret, Int>| x.reduce_window_max(window))?;
    /// assert_eq!(y.values(), [3.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_window_max(self, window: Window) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(window_max(operand, window, location))
    }

    /// The minimum of each window; the window has an entry for each axis. What lies in the padding does not count; no window
    /// may lie in it wholly.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, Window, evaluate};
    ///
    /// let window = Window::tiles([2]);
    /// let y = evaluate(vec![1, 4, 3, 2], |x: Tensor<Secret, Int>| x.reduce_window_min(window))?;
    /// assert_eq!(y.values(), [1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_window_min(self, window: Window) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let negated = trace::emit(Op::Negate, &[operand], location);
        let most = window_max(negated, window, location);
        Tensor::from_handle(trace::emit(Op::Negate, &[most], location))
    }

    /// Max pooling of `[batch, …, channels]`: the maximum of each window, which has an entry for each axis between. Padding
    /// never wins.
    ///
    /// The derivative goes to the first maximum of each window. One set of comparisons serves both ways: for each axis of the window one
    /// less than it has elements along it, three for 2 × 2, where it has two along each; all pairs of up to twelve along a longer one.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, Window, evaluate};
    ///
    /// let x: Vec<f64> = (0..16).map(f64::from).collect();
    /// let pool = |x: Tensor<Secret, Fxp>| x.reshape([1, 4, 4, 1]).max_pool(Window::tiles([2, 2]));
    /// assert_eq!(evaluate(x, pool)?.values(), [5.0, 7.0, 13.0, 15.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn max_pool(self, window: Window) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(window_max(operand, between_batch_and_channels(window), location))
    }

    /// Max pooling as [`Tensor::max_pool`], and along a new last axis which element of each window is the first that is the maximum, the elements numbered
    /// row-major: the max-pooling transformation, for networks that put values back where maxima stood.
    ///
    /// All pairs of a window's elements are compared, up to twelve of them, six for 2 × 2: where the places are not asked for,
    /// [`Tensor::max_pool`] compares fewer. What lies in the padding is left out, as [`Window`] says, and never the maximum.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, Window, evaluate};
    ///
    /// let pool = |x: Tensor<Secret, Fxp>| x.reshape([1, 2, 4, 1]).max_pool_with_one_hot(Window::tiles([2, 2]));
    /// let (most, place) = evaluate(vec![0.0, 1.0, 6.0, 7.0, 5.0, 4.0, 3.0, 2.0], pool)?.split();
    /// assert_eq!(most.values(), [5.0, 7.0]);
    /// assert_eq!(place.values(), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn max_pool_with_one_hot(self, window: Window) -> (Tensor<V, D::AtLeastInt>, Tensor<V, Bool>) {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        let axis = trace::ty(operand).shape.rank();
        let gather = Op::GatherWindows { window: between_batch_and_channels(window), repeat: true };
        let windows = trace::emit(gather, &[operand], location);
        let [most, place] = trace::emit_pair(Op::MaxWithOneHot { axis }, windows, location);
        (Tensor::from_handle(most), Tensor::from_handle(place))
    }

    /// Average pooling of `[batch, …, channels]`: the mean of each window, which has an entry for each axis between. Padding
    /// counts as zeros, and in the number of elements. As a [mean](Self::mean), it is the sum times 1/n of f significant bits.
    #[doc = accuracy!(mean)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, Window, evaluate};
    ///
    /// let x: Vec<f64> = (0..16).map(f64::from).collect();
    /// let pool = |x: Tensor<Secret, Fxp>| x.reshape([1, 4, 4, 1]).avg_pool(Window::tiles([2, 2]));
    /// assert_eq!(evaluate(x, pool)?.values(), [2.5, 4.5, 10.5, 12.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn avg_pool(self, window: Window) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let (window, count) = (between_batch_and_channels(window.clone()), window.elements().max(1));
        let total = window_sum(self.handle, window, location);
        Tensor::from_handle(divided(total, count, location))
    }
}

/// With an entry for the first and the last axis, on which nothing is pooled.
fn between_batch_and_channels(window: Window) -> Window {
    let around = |part: Vec<usize>, with: usize| [&[with], &part[..], &[with]].concat();
    Window {
        sizes: around(window.sizes, 1),
        strides: around(window.strides, 1),
        dilations: around(window.dilations, 1),
        low: around(window.low, 0),
        high: around(window.high, 0),
    }
}

fn window_sum(operand: Handle, window: Window, location: Location) -> Handle {
    let last = trace::ty(operand).shape.rank();
    let windows = trace::emit(Op::GatherWindows { window, repeat: false }, &[operand], location);
    trace::emit(Op::ReduceSum { axes: vec![last] }, &[windows], location)
}

/// Axis by axis, the last one first: the maximum of 2 × 2 elements takes three comparisons so instead of the six of all pairs, and the
/// first maximum of a window stays the first.
fn window_max(operand: Handle, window: Window, location: Location) -> Handle {
    let parts = match window.counts(&trace::ty(operand).shape) {
        Ok(_) => axis_by_axis(window),
        // The operation says what is wrong.
        Err(_) => vec![window],
    };
    parts.into_iter().fold(operand, |operand, window| {
        let last = trace::ty(operand).shape.rank();
        let windows = trace::emit(Op::GatherWindows { window, repeat: true }, &[operand], location);
        trace::emit(Op::ReduceMax { axis: last }, &[windows], location)
    })
}

/// Windows along one axis each that, one after another, see the elements of this one; the first of them takes what is left out
/// on axes with one element to a window.
fn axis_by_axis(window: Window) -> Vec<Window> {
    let rank = window.sizes.len();
    let wide: Vec<usize> = (0..rank).rev().filter(|&axis| window.sizes[axis] > 1).collect();
    let along = |axes: Vec<usize>| {
        let mut part = Window::tiles(vec![1; rank]);
        for axis in axes {
            part.sizes[axis] = window.sizes[axis];
            part.strides[axis] = window.strides[axis];
            part.dilations[axis] = window.dilations[axis];
            (part.low[axis], part.high[axis]) = (window.low[axis], window.high[axis]);
        }
        part
    };
    match wide.split_first() {
        Some((&first, others)) if !others.is_empty() => {
            let with_narrow = (0..rank).filter(|&axis| axis == first || window.sizes[axis] == 1).collect();
            [along(with_narrow)].into_iter().chain(others.iter().map(|&axis| along(vec![axis]))).collect()
        }
        _ => vec![window],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, evaluate, value_and_grad};

    /// The maximum of all elements of each window, and the first place where it stands, from [`Window::visit`].
    fn all_at_once(x: &[f64], window: &Window) -> (Vec<f64>, Vec<usize>) {
        let mut found = Vec::new();
        window.visit(&[5, 6].into(), |places, _| {
            let most = places.iter().map(|&at| x[at]).fold(f64::NEG_INFINITY, f64::max);
            found.push((most, *places.iter().find(|&&at| x[at] == most).unwrap()));
        });
        found.into_iter().unzip()
    }

    #[test]
    fn axis_by_axis_is_all_at_once() {
        // Few different values: ties in every window.
        let x: Vec<f64> = (0..30).map(|i| f64::from(i * i * 7 % 11 % 4)).collect();
        let windows = [
            Window::tiles([2, 2]),
            Window::sliding([3, 2]),
            Window::sliding([2, 3]).strides([1, 2]).dilations([3, 1]).padding([(1, 1), (2, 0)]),
            Window::tiles([1, 3]).strides([2, 1]),
        ];
        for window in windows {
            let (most, first) = all_at_once(&x, &window);
            let run = |x: Tensor<Secret, Fxp>| x.reshape([5, 6]).reduce_window_max(window.clone());
            assert_eq!(evaluate(x.clone(), run).unwrap().values(), most, "{window:?}");
            let mut expected = vec![0.0; 30];
            first.into_iter().for_each(|at| expected[at] += 1.0);
            let gradient = |x: Tensor<Secret, Fxp>| value_and_grad(x, |x| run(x).sum_all()).1;
            assert_eq!(evaluate(x.clone(), gradient).unwrap().values(), expected, "{window:?}");
        }
    }
}
