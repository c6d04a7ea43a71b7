//! Losses: one secret number for a batch.
//!
//! All are traced functions with derivatives. Predictions and labels have the same shape, or that of the rows where labels are numbers of classes: others are refused, for
//! they would be stretched over each other. Labels may be secret or public.
//!
//! **A session does not look at labels.** Each loss says what one outside its range does; whoever has the labels checks them before they are shared:
//! [`Dataset::labels`](crate::data::Dataset::labels) and [`Dataset::one_hot`](crate::data::Dataset::one_hot) those of a table, [`crate::classes`] others.

use spu::{Fxp, Int, Numeric, Secret, Tensor, Visibility};

use crate::rows::{expect_same_shape, last_axis, one_hot};

/// Mean cross-entropy of `logits[…, classes]` against one-hot `labels` of the same shape: the mean over the rows of
/// −Σ labels·log_softmax(logits). Labels may be shares of several classes, as fixed-point numbers that sum to 1 in each row.
///
/// Since Σ labels = 1 in each row, this is the mean of logsumexp(logits) − Σ labels·logits, which is what is computed:
/// integer labels need no truncation, and the gradient (softmax − labels)/n has the public factor 1/n and no division in
/// front of it. Labels that do not sum to 1 give another number.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([1, 2], vec![0.0, 3f64.ln()]);
/// let labels = HostTensor::int([1, 2], vec![0, 1]);
/// let found = evaluate((logits, labels), |(x, y): Batch| loss::cross_entropy(x, y))?;
/// assert!((found.values()[0] - (4f64 / 3.0).ln()).abs() < 1e-12);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn cross_entropy<V: Visibility, D: Numeric>(
    logits: Tensor<Secret, Fxp>,
    labels: Tensor<V, D>,
) -> Tensor<Secret, Fxp> {
    expect_same_shape(("logits", logits), ("labels", labels));
    let (axis, _) = last_axis(logits);
    (log_sum_exp(logits) - (logits * labels).sum(axis)).mean_all()
}

/// [`cross_entropy`] of `logits[…, classes]` against the numbers of the classes, `labels[…]`, from 0.
///
/// A secret label takes the rounds of one equality test more, before anything else. One that is no class counts as belonging to none: its row adds logsumexp(logits) to
/// the sum, and its gradient lowers all logits.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([1, 2], vec![0.0, 3f64.ln()]);
/// let found = evaluate((logits, vec![1]), |(x, y): Batch| loss::cross_entropy_of_classes(x, y))?;
/// assert!((found.values()[0] - (4f64 / 3.0).ln()).abs() < 1e-12);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn cross_entropy_of_classes<V: Visibility>(
    logits: Tensor<Secret, Fxp>,
    labels: Tensor<V, Int>,
) -> Tensor<Secret, Fxp> {
    cross_entropy(logits, one_hot(labels, logits))
}

/// Mean binary cross-entropy of `logits` against `labels` 0 and 1 of the same shape: the mean of −y·ln σ(z) − (1 − y)·ln(1 − σ(z)).
///
/// That is the mean of softplus(z) − y·z, which neither overflows nor has a logarithm of 0; its gradient is (σ(z) − y)/n. A fixed-point label between 0 and 1 is the
/// probability of a 1. Any other y gives just that number: it is not checked.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let found = evaluate((vec![0.0, 1000.0], vec![1, 1]), |(z, y): Batch| loss::binary_cross_entropy(z, y))?;
/// assert!((found.values()[0] - 2f64.ln() / 2.0).abs() < 1e-12);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn binary_cross_entropy<V: Visibility, D: Numeric>(
    logits: Tensor<Secret, Fxp>,
    labels: Tensor<V, D>,
) -> Tensor<Secret, Fxp> {
    expect_same_shape(("logits", logits), ("labels", labels));
    (logits.softplus() - logits * labels).mean_all()
}

/// The mean of the squared differences of two tensors of the same shape.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// type Vector = Tensor<Secret, Fxp>;
/// let found = evaluate((vec![1.0, 2.0], vec![0.0, 4.0]), |(x, y): (Vector, Vector)| loss::mean_squared_error(x, y))?;
/// assert_eq!(found.values(), [2.5]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn mean_squared_error<V: Visibility, D: Numeric>(
    predictions: Tensor<Secret, Fxp>,
    targets: Tensor<V, D>,
) -> Tensor<Secret, Fxp> {
    expect_same_shape(("predictions", predictions), ("targets", targets));
    let difference = predictions - targets.to_fxp();
    (difference * difference).mean_all()
}

/// The mean of Huber's loss (1964) of the differences d of two tensors of the same shape: d²/2 up to |d| = `delta`, then delta·(|d| − delta/2).
///
/// With e = d brought into [−delta, delta] that is e·(d − e/2) in both cases, with the derivative e.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// type Vector = Tensor<Secret, Fxp>;
/// let found = evaluate((vec![1.0, 0.0], vec![0.0, 4.0]), |(x, y): (Vector, Vector)| loss::huber(x, y, 2.0))?;
/// assert_eq!(found.values(), [3.25]); // (0.5 + 2·(4 − 1))/2
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn huber<V: Visibility, D: Numeric>(
    predictions: Tensor<Secret, Fxp>,
    targets: Tensor<V, D>,
    delta: f64,
) -> Tensor<Secret, Fxp> {
    expect_same_shape(("predictions", predictions), ("targets", targets));
    if !(delta > 0.0 && delta.is_finite()) {
        spu::refuse(
            format!("cannot use {delta} as the delta of Huber's loss: it must be positive and finite"),
            predictions,
        );
        return predictions;
    }
    let difference = predictions - targets.to_fxp();
    let near = difference.clamp(-delta, delta);
    (near * (difference - 0.5 * near)).mean_all()
}

/// log Σ_j exp(x_j) over the last axis of `x[…, classes]`; its gradient is the softmax of the row.
///
/// ```
/// use spu_nn::loss;
/// use spu_tensor::{Fxp, HostTensor, Secret, Tensor, evaluate};
///
/// let x = HostTensor::fxp([2, 2], vec![0.0, 0.0, 1000.0, -1000.0]);
/// let found = evaluate(x, |x: Tensor<Secret, Fxp>| loss::log_sum_exp(x))?;
/// assert_eq!(found.values(), [2f64.ln(), 1000.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn log_sum_exp(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.logsumexp(last_axis(x).0)
}
