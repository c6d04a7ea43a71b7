//! How good a model is, found under secret sharing.

use spu::{Fxp, Int, Permutation, Secret, Tensor, Visibility, lexsort};

use crate::rows::{expect_same_shape, last_axis};

/// How many rows of `logits[…, classes]` have their one largest value where the one-hot `labels` have their 1.
///
/// With z the row and y its label, z_y = Σ labels·z is exact, and the row is right if exactly one z_j is at least z_y: z_y
/// itself. A tie for the maximum counts as wrong. The count stays secret until it is revealed.
#[track_caller]
pub fn count_correct<V: Visibility>(logits: Tensor<Secret, Fxp>, labels: Tensor<V, Int>) -> Tensor<Secret, Int> {
    expect_same_shape(("logits", logits), ("labels", labels));
    let (axis, column) = last_axis(logits);
    let of_label = (logits * labels).sum(axis).reshape(column);
    let at_least = logits.ge(of_label).sum(axis);
    at_least.lt(2).sum_all()
}

/// How often class i was taken for class j: `[classes, classes]`, a row for each class of the one-hot `labels[n, classes]`, a column for each class that `logits[n, classes]` are
/// largest in, of equal ones the first. A row of labels without a 1 counts nowhere.
///
/// ```
/// use spu_nn::metrics;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([3, 2], vec![0.5, 0.1, 0.2, 0.9, 0.3, 0.1]);
/// let labels = HostTensor::int([3, 2], vec![1, 0, 1, 0, 0, 1]);
/// let counts = evaluate((logits, labels), |(x, y): Batch| metrics::confusion_matrix(x, y))?;
/// assert_eq!(counts.values(), [1.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn confusion_matrix<V: Visibility>(logits: Tensor<Secret, Fxp>, labels: Tensor<V, Int>) -> Tensor<Secret, Int> {
    expect_same_shape(("logits", logits), ("labels", labels));
    let (axis, _) = last_axis(logits);
    let classes = logits.shape().extents().last().copied().unwrap_or(0);
    let found = logits.argmax(axis).one_hot(classes).to_int();
    // found[n, j] and labels[n, i], summed over n.
    found.dot_general(labels, [(0, 0)], []).transpose([1, 0])
}

/// The area under the ROC curve of `scores[n]` against `labels[n]` of 0 and 1: the share of the pairs of a row with label 1 and one with label 0 in which the
/// former has the higher score, ties counted half (Mann and Whitney 1947). It is 0 if either label is missing. n < 2^20.
///
/// Exact but for the quotient at its end: rows are ordered twice, by score and among equal scores by label, rising and falling. The label-0 rows in front of a
/// label-1 row are those with no larger score in the first order, those with a smaller one in the second, so that the mean of both sums counts ties half. The orders
/// are found side by side, in the rounds of a sort. Labels must be 0 or 1.
///
/// ```
/// use spu_nn::metrics;
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let area = evaluate((vec![0.1, 0.4, 0.4, 0.8], vec![0, 1, 0, 1]), |(s, y): Batch| metrics::auc(s, y))?;
/// assert_eq!(area.values(), [0.875]); // 3.5 of four pairs
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn auc(scores: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Secret, Fxp> {
    expect_same_shape(("scores", scores), ("labels", labels));
    let labels = labels.assume(0..=1);
    let rows = scores.shape().elements() as f64;
    let negative = 1 - labels;
    let twice = falling(labels, lexsort((labels, scores))) + falling(labels, lexsort((negative, scores)));
    let pairs = labels.sum_all() * negative.sum_all();
    0.5 * (twice.to_fxp().assume(0.0..=rows * rows) / pairs.to_fxp().assume(0.0..=rows * rows))
}

/// In how many pairs of rows in this order one with label 0 stands in front of one with label 1.
#[track_caller]
fn falling(labels: Tensor<Secret, Int>, order: Permutation<Secret>) -> Tensor<Secret, Int> {
    let labels = labels.permute(order);
    (labels * (1 - labels).cumsum(0)).sum_all()
}
