//! Rows: what lies along the last axis.

use spu::{DType, Fxp, Int, Secret, Shape, Tensor, Visibility};

/// The last axis of a tensor, and the tensor's shape with an extent of 1 there, to set one number beside each row.
///
/// A scalar has no last axis: 0 is returned, which the operation that uses it reports.
pub(crate) fn last_axis<V: Visibility, D: DType>(x: Tensor<V, D>) -> (usize, Shape) {
    let mut extents = x.shape().extents().to_vec();
    if let Some(last) = extents.last_mut() {
        *last = 1;
    }
    (extents.len().saturating_sub(1), Shape::new(extents))
}

/// Refuses tensors of different shapes, of which an operation would stretch one over the other unnoticed.
#[track_caller]
pub(crate) fn expect_same_shape<V: Visibility, D: DType, W: Visibility, E: DType>(
    (name, x): (&str, Tensor<V, D>),
    (other, y): (&str, Tensor<W, E>),
) {
    if x.shape() != y.shape() {
        spu::refuse(format!("cannot compare {name} {} with {other} {}", x.shape(), y.shape()), y);
    }
}

/// The numbers of the classes of `logits[…, classes]`, `labels[…]`, as one-hot rows `[…, classes]`. Refuses labels of another shape.
#[track_caller]
pub(crate) fn one_hot<V: Visibility>(labels: Tensor<V, Int>, logits: Tensor<Secret, Fxp>) -> Tensor<V, Int> {
    let shape = logits.shape();
    let Some((&classes, rows)) = shape.extents().split_last() else {
        spu::refuse("cannot find the classes of a scalar: they lie along the last axis of logits", logits);
        return labels;
    };
    if labels.shape().extents() != rows {
        let rows = Shape::from(rows);
        spu::refuse(format!("cannot compare logits {shape} with classes {}: it takes {rows}", labels.shape()), labels);
    }
    labels.one_hot(classes).to_int()
}
