//! Losses: one secret number for a batch.

use spu::{Fxp, Int, Secret, Tensor};

use crate::rows::last_axis;

/// Mean cross-entropy of `logits[…, classes]` against one-hot `labels` of the same shape: the mean over the rows of
/// −Σ labels·log_softmax(logits).
///
/// Since Σ labels = 1 in each row, this is the mean of logsumexp(logits) − Σ labels·logits, which is what is computed: the
/// integer labels need no truncation, and the gradient (softmax − labels)/n has the public factor 1/n and no division in
/// front of it. Labels that do not sum to 1 give another number.
pub fn cross_entropy(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Secret, Fxp> {
    let (axis, _) = last_axis(logits);
    (log_sum_exp(logits) - (labels * logits).sum(axis)).mean_all()
}

/// log Σ_j exp(x_j) over the last axis of `x[…, classes]`; its gradient is the softmax of the row.
pub fn log_sum_exp(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.logsumexp(last_axis(x).0)
}
