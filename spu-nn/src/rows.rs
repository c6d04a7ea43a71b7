//! Rows: what lies along the last axis.

use spu::{DType, Shape, Tensor, Visibility};

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
