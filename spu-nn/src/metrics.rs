//! How good a model is, found under secret sharing.

use spu::{Fxp, Int, Secret, Tensor};

use crate::rows::last_axis;

/// How many rows of `logits[…, classes]` have their one largest value where the one-hot `labels` have their 1.
///
/// With z the row and y its label, z_y = Σ labels·z is exact, and the row is right if exactly one z_j is at least z_y: z_y
/// itself. A tie for the maximum counts as wrong. The count stays secret until it is revealed.
pub fn count_correct(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Secret, Int> {
    let (axis, column) = last_axis(logits);
    let of_label = (labels * logits).sum(axis).reshape(column);
    let at_least = logits.ge(of_label).sum(axis);
    at_least.lt(2).sum_all()
}
