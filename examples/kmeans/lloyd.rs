//! What the parties compute.

use spu::prelude::*;

/// Points or centres `[n, d]`.
pub(crate) type Points = Tensor<Secret, Fxp>;

/// Where `iterations` of Lloyd's algorithm lead the centres `[k, d]` that begin at the points number `start` `[k]`, counted over the
/// points of both parties. Which point belongs to which centre, and how many, nobody learns.
#[spu_fn]
pub(crate) fn kmeans(
    alice: Points,
    bob: Points,
    start: Tensor<Public, Int>,
    #[fixed] iterations: u64,
) -> Tensor<Public, Fxp> {
    let points = Tensor::concat([alice, bob], 0);
    fori(0..iterations as i64, points.gather(start), |_, centres| moved(points, centres)).reveal()
}

/// Every point joins its nearest centre; every centre moves to the mean of its points, or stays if it has none.
fn moved(points: Points, centres: Points) -> Points {
    let [rows, clusters] = [points, centres].map(|x| x.shape().extents()[0]);
    // |x − c|² without |x|², which is the same for all centres.
    let distances = (centres * centres).sum(1) - 2.0 * points.matmul(centres.t());
    let nearest = distances.argmin(1).one_hot(clusters);
    let counts = nearest.sum(0).expand_dims(1);
    // Where there is no point the sum is 0, and any divisor will do.
    let means = nearest.t().matmul(points) / counts.maximum(1).assume(1..=rows as i64);
    select(counts.gt(0), means, centres)
}

/// Public and evenly spread: every k-th part of the rows begins with a centre.
pub(crate) fn start_rows(rows: usize, clusters: usize) -> Vec<i64> {
    (0..clusters).map(|k| (k * rows / clusters) as i64).collect()
}
