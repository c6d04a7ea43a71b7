//! How good a model is, found under secret sharing.
//!
//! Labels may be secret or public; they are one-hot rows, or numbers of classes for the functions `…_of_classes`. What does not have the shape of the predictions is
//! refused.

use spu::{Fxp, Int, Permutation, Secret, Tensor, Visibility, lexsort};

use crate::rows::{expect_same_shape, last_axis, one_hot};

/// How many rows of `logits[…, classes]` have their one largest value where the one-hot `labels` of the same shape have their 1.
///
/// With z the row and y its label, z_y = Σ labels·z is exact, and the row is right if exactly one z_j is at least z_y: z_y
/// itself. A tie for the maximum counts as wrong, and so does a row of labels without a 1, as of padding. The count stays secret until it is revealed.
///
/// ```
/// use spu_nn::metrics;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([3, 2], vec![0.5, 0.1, 0.2, 0.9, 0.3, 0.1]);
/// let labels = HostTensor::int([3, 2], vec![1, 0, 1, 0, 1, 0]);
/// let count = evaluate((logits, labels), |(x, y): Batch| metrics::count_correct(x, y))?;
/// assert_eq!(count.values(), [2.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn count_correct<V: Visibility>(logits: Tensor<Secret, Fxp>, labels: Tensor<V, Int>) -> Tensor<Secret, Int> {
    expect_same_shape(("logits", logits), ("labels", labels));
    let (axis, column) = last_axis(logits);
    let classes = logits.shape().extents().last().map_or(0, |&classes| classes as i64);
    let of_label = (logits * labels).sum(axis).reshape(column);
    let at_least = logits.ge(of_label).sum(axis);
    // Two more than a right row has, where there is no 1.
    let absent = 1 - labels.sum(axis);
    (at_least + 2 * absent).assume(0..=classes + 2).lt(2).sum_all()
}

/// [`count_correct`] of `logits[…, classes]` against the numbers of the classes, `labels[…]`, from 0. One that is no class counts as wrong.
///
/// ```
/// use spu_nn::metrics;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([3, 2], vec![0.5, 0.1, 0.2, 0.9, 0.3, 0.1]);
/// let count = evaluate((logits, vec![0, 0, 0]), |(x, y): Batch| metrics::count_correct_of_classes(x, y))?;
/// assert_eq!(count.values(), [2.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn count_correct_of_classes<V: Visibility>(
    logits: Tensor<Secret, Fxp>,
    labels: Tensor<V, Int>,
) -> Tensor<Secret, Int> {
    count_correct(logits, one_hot(labels, logits))
}

/// How often class i was taken for class j: `[classes, classes]`, a row for each class of the one-hot `labels[…, classes]`, a column for each class that
/// `logits[…, classes]` are largest in, of equal ones the first. A row of labels without a 1 counts nowhere.
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
    // found[…, j] and labels[…, i], summed over the rows.
    let rows: Vec<(usize, usize)> = (0..axis).map(|axis| (axis, axis)).collect();
    found.dot_general(labels, rows, []).transpose([1, 0])
}

/// [`confusion_matrix`] of `logits[…, classes]` against the numbers of the classes, `labels[…]`, from 0. One that is no class counts nowhere.
///
/// ```
/// use spu_nn::metrics;
/// use spu_tensor::{Fxp, HostTensor, Int, Secret, Tensor, evaluate};
///
/// type Batch = (Tensor<Secret, Fxp>, Tensor<Secret, Int>);
/// let logits = HostTensor::fxp([3, 2], vec![0.5, 0.1, 0.2, 0.9, 0.3, 0.1]);
/// let counts = evaluate((logits, vec![0, 0, 1]), |(x, y): Batch| metrics::confusion_matrix_of_classes(x, y))?;
/// assert_eq!(counts.values(), [1.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn confusion_matrix_of_classes<V: Visibility>(
    logits: Tensor<Secret, Fxp>,
    labels: Tensor<V, Int>,
) -> Tensor<Secret, Int> {
    confusion_matrix(logits, one_hot(labels, logits))
}

/// The area under the ROC curve of `scores[n]` against `labels[n]` of 0 and 1: the share of the pairs of a row with label 1 and one with label 0 in which the
/// former has the higher score, ties counted half (Mann and Whitney 1947). It is 0 if either label is missing. Labels must be 0 or 1.
///
/// Rows are ordered twice, by score and among equal scores by label, rising and falling. The label-0 rows in front of a
/// label-1 row are those with no larger score in the first order, those with a smaller one in the second, so that the mean of both sums counts ties half. The orders
/// are found side by side, in the rounds of a sort.
///
/// All is exact but the quotient at the end, which errs as those of the ring do: by 2^(3 − f) of itself with f fraction bits, 2^−15 in the ring 2^64, but 2^−5 in
/// 2^32. That holds for n ≤ 2^20 rows; the counts of more lose their last bits. In the ring 2^32 it takes n < 2^15, for its integers do not hold the number of pairs of
/// more; there a range warning is given from some hundred rows on, since nothing tells it that the quotient is 2 at most.
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
pub fn auc<V: Visibility>(scores: Tensor<Secret, Fxp>, labels: Tensor<V, Int>) -> Tensor<Secret, Fxp> {
    expect_same_shape(("scores", scores), ("labels", labels));
    let labels = labels.to_secret().assume(0..=1);
    let negative = 1 - labels;
    let twice = falling(labels, lexsort((labels, scores))) + falling(labels, lexsort((negative, scores)));
    let pairs = labels.sum_all() * negative.sum_all();
    // k rows of one label and n − k of the other are k·(n − k) ≤ n²/4 pairs, which are counted in units of 2^j pairs: up to 2^21 of those are a number in every
    // ring. With j fraction bits or more, which all rings have for the n above, nothing is lost.
    let rows = scores.shape().elements() as u128;
    let most = rows * rows / 4;
    let unit = (2 * most).div_ceil(1 << 21).next_power_of_two();
    0.5 * (in_units(twice, 2 * most, unit) / in_units(pairs, most, unit))
}

/// In how many pairs of rows in this order one with label 0 stands in front of one with label 1.
#[track_caller]
fn falling(labels: Tensor<Secret, Int>, order: Permutation<Secret>) -> Tensor<Secret, Int> {
    let labels = labels.permute(order);
    (labels * (1 - labels).cumsum(0)).sum_all()
}

/// A count of pairs, `most` at most, as a number of units of `unit` pairs.
#[track_caller]
fn in_units(count: Tensor<Secret, Int>, most: u128, unit: u128) -> Tensor<Secret, Fxp> {
    let count = count.to_fxp();
    let count = if unit > 1 { count * (1.0 / unit as f64) } else { count };
    count.assume(0.0..=most as f64 / unit as f64)
}
