//! From images to rows, and back.

use spu::{Fxp, Secret, Tensor};

use super::Stateless;
use super::without_weights::without_weights;

/// `x[n, …]` as rows `[n, features]`. It costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flatten;

/// `x[n, …]` as `[n, extents…]`: rows as images, whatever shape each has. It costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unflatten<const AXES: usize>([usize; AXES]);

impl<const AXES: usize> Unflatten<AXES> {
    /// To these extents, the first axis apart.
    pub const fn new(extents: [usize; AXES]) -> Self {
        Self(extents)
    }
}

impl Stateless for Flatten {
    without_weights!();

    fn apply(&self, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let shape = x.shape();
        let features = shape.extents().iter().skip(1).product();
        x.reshape([rows(x), features])
    }
}

impl<const AXES: usize> Stateless for Unflatten<AXES> {
    without_weights!();

    fn apply(&self, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.reshape([&[rows(x)], &self.0[..]].concat())
    }
}

/// The extent of the first axis; a scalar is one row.
fn rows(x: Tensor<Secret, Fxp>) -> usize {
    x.shape().extents().first().copied().unwrap_or(1)
}
