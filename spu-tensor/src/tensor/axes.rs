//! The axes of a reduction.

use super::sealed::Sealed;

/// Axes that a reduction runs over: one (`1`), several (`[0, 2]`), or all (`..`), which disappear; in [`keepdims`] they stay
/// with an extent of 1.
#[diagnostic::on_unimplemented(
    message = "cannot reduce over `{Self}`",
    label = "an axis is a `usize`, several are an array of them, all are `..`"
)]
pub trait Axes: Sealed {
    /// The axes in increasing order, of a tensor with `rank` axes.
    #[doc(hidden)]
    fn to_axes(&self, rank: usize) -> Vec<usize>;

    /// Whether they stay.
    #[doc(hidden)]
    fn are_kept(&self) -> bool {
        false
    }
}

/// These axes, which stay in the result with an extent of 1, so that it broadcasts against the operand.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, keepdims};
///
/// let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
/// let y = evaluate(x, |x: Tensor<Secret, Fxp>| x - x.mean(keepdims(1)))?;
/// assert_eq!(y.values(), [-0.5, 0.5, -1.0, 1.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
pub fn keepdims<A: Axes>(axes: A) -> KeepDims<A> {
    KeepDims(axes)
}

/// Axes that stay with an extent of 1: see [`keepdims`].
#[derive(Clone, Copy, Debug)]
pub struct KeepDims<A>(A);

impl<A: Axes> Axes for KeepDims<A> {
    fn to_axes(&self, rank: usize) -> Vec<usize> {
        self.0.to_axes(rank)
    }

    fn are_kept(&self) -> bool {
        true
    }
}

impl Axes for usize {
    fn to_axes(&self, _: usize) -> Vec<usize> {
        vec![*self]
    }
}

impl<const N: usize> Axes for [usize; N] {
    fn to_axes(&self, _: usize) -> Vec<usize> {
        sorted(self)
    }
}

impl Axes for &[usize] {
    fn to_axes(&self, _: usize) -> Vec<usize> {
        sorted(self)
    }
}

impl Axes for Vec<usize> {
    fn to_axes(&self, _: usize) -> Vec<usize> {
        sorted(self)
    }
}

impl Axes for std::ops::RangeFull {
    fn to_axes(&self, rank: usize) -> Vec<usize> {
        (0..rank).collect()
    }
}

fn sorted(axes: &[usize]) -> Vec<usize> {
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    axes
}

impl<A> Sealed for KeepDims<A> {}

impl Sealed for usize {}

impl<const N: usize> Sealed for [usize; N] {}

impl Sealed for &[usize] {}

impl Sealed for Vec<usize> {}

impl Sealed for std::ops::RangeFull {}
