//! Windows that slide over a tensor: sums, extrema and pooling.

use super::operand::convert;
use super::reduce::divided;
use super::{DType, Fxp, Numeric, Tensor, Visibility};
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
    /// The derivative goes to the first maximum of each window. One set of comparisons serves both ways.
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

    /// Average pooling of `[batch, …, channels]`: the mean of each window, which has an entry for each axis between. Padding
    /// counts as zeros, and in the number of elements.
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

fn window_max(operand: Handle, window: Window, location: Location) -> Handle {
    let last = trace::ty(operand).shape.rank();
    let windows = trace::emit(Op::GatherWindows { window, repeat: true }, &[operand], location);
    trace::emit(Op::ReduceMax { axis: last }, &[windows], location)
}
