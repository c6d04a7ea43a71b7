//! Windows over images.

use spu::{Fxp, Secret, Tensor};

/// Refuses windows that are nowhere on an image of one pixel or more: a pool or a convolution would be of nothing.
#[track_caller]
pub(super) fn expect_places(x: Tensor<Secret, Fxp>, window: [usize; 2], result: Tensor<Secret, Fxp>) {
    let (given, found) = (x.shape(), result.shape());
    let is_empty = |extents: &[usize]| extents.get(1..3).is_some_and(|image| image.contains(&0));
    if !is_empty(given.extents()) && is_empty(found.extents()) {
        spu::refuse(
            format!("cannot move windows of {window:?} over {given}: they are larger than what they move over"),
            x,
        );
    }
}
