//! Losses: one secret number for a batch.

use spu::{Fxp, Int, Secret, Tensor};

/// Mean cross-entropy of `logits[n, classes]` against one-hot `labels[n, classes]`: the mean over the rows of
/// −Σ labels·log_softmax(logits).
///
/// Since Σ labels = 1 in each row, this is the mean of logsumexp(logits) − Σ labels·logits, which is what is computed: the
/// integer labels need no truncation, and the gradient (softmax − labels)/n has the public factor 1/n and no division in
/// front of it. Labels that do not sum to 1 give another number. The error in fixed point is that of [`log_sum_exp`] and
/// one unit in the last place.
pub fn cross_entropy(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Secret, Fxp> {
    (log_sum_exp(logits) - (labels * logits).sum(1)).mean()
}

/// log Σ_j exp(x_j) of each row of `x[n, classes]`: `[n]`.
///
/// The row's maximum m is taken out, so that exponents lie in (−∞, 0] and their sum in [1, classes] whatever the logits
/// are. As m cancels, no derivative flows through it, and the gradient is the softmax of the row.
pub fn log_sum_exp(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let shape = x.shape();
    let &[rows, classes] = shape.extents() else {
        // The maximum over axis 1 reports an operand that is no matrix at all; what has more axes fails in the reshape.
        return x.max(1);
    };
    let m = x.max(1).stop_gradient();
    let terms = (x - m.reshape([rows, 1])).assume(..=0.0).exp();
    terms.sum(1).assume(1.0..=classes as f64).ln() + m
}
