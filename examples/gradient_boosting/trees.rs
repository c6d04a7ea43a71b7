//! What the parties compute: boosted trees for a yes or no (Chen and Guestrin, XGBoost, KDD 2016, equations 5 to 7).
//!
//! The structure is public: complete binary trees, which split every node by one of the candidates. Which candidate, who goes
//! which way, and what a leaf adds, nobody learns.

use spu::prelude::*;

/// Splits on the way from the root to a leaf.
pub(crate) const DEPTH: usize = 3;

/// How much of its optimum a leaf adds.
pub(crate) const RATE: f64 = 0.5;

/// What holds leaves back (λ of the paper).
pub(crate) const PENALTY: f64 = 1.0;

/// Whether people's values lie below thresholds `[people, candidates]`, 1 or 0.
pub(crate) type Below = Tensor<Secret, Int>;

/// What is added up for people so far `[people]`: the logarithm of the odds.
pub(crate) type Margins = Tensor<Secret, Fxp>;

/// A tree that nobody sees.
#[derive(Clone, Copy, Tree)]
pub(crate) struct BoostedTree {
    /// For each level: which candidate splits a node `[nodes, candidates]`, a single 1 in each row.
    splits: [Tensor<Secret, Bool>; DEPTH],
    /// What each leaf adds `[leaves]`.
    leaves: Tensor<Secret, Fxp>,
}

/// One more tree, and the margins with it. Bank and shop have candidates of their own for the same people; labels `[people]` are 0 or 1.
#[spu_fn]
pub(crate) fn grow(bank: Below, shop: Below, labels: Tensor<Secret, Int>, margins: Margins) -> (BoostedTree, Margins) {
    let below = Tensor::concat([bank, shop], 1);
    let chances = margins.sigmoid();
    let (slopes, curvatures) = ((chances - labels).expand_dims(1), (chances * (1.0 - chances)).expand_dims(1));

    let mut nodes = root(below);
    let splits = std::array::from_fn(|_| {
        let splits = best_splits(below, nodes * slopes, nodes * curvatures);
        nodes = descend(nodes, below, splits);
        splits
    });
    let [slope, curvature] = [slopes, curvatures].map(|x| (nodes * x).sum(0));
    let leaves = -RATE * slope / divisor(curvature, below);
    (BoostedTree { splits, leaves }, margins + (nodes * leaves).sum(1))
}

/// The margins with what a tree adds, for any people.
#[spu_fn]
pub(crate) fn add(tree: BoostedTree, bank: Below, shop: Below, margins: Margins) -> Margins {
    let below = Tensor::concat([bank, shop], 1);
    let nodes = tree.splits.into_iter().fold(root(below), |nodes, splits| descend(nodes, below, splits));
    margins + (nodes * tree.leaves).sum(1)
}

/// For how many people the margins foretell the label: all that is disclosed.
#[spu_fn]
pub(crate) fn count_right(margins: Margins, labels: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    margins.gt(0.0).to_int().equal(labels).sum_all().reveal()
}

/// For each node the candidate of the largest gain `[nodes, candidates]`, of what its people `[people, nodes]` have as first and second
/// derivative of the loss. Of equal gains the first candidate's counts.
fn best_splits(below: Below, slopes: Margins, curvatures: Margins) -> Tensor<Secret, Bool> {
    let left = |x: Margins| x.t().matmul(below);
    let right = |x: Margins, left: Margins| x.sum(0).expand_dims(1) - left;
    let gain = |slope: Margins, curvature: Margins| slope * slope / divisor(curvature, below);
    let (slope, curvature) = (left(slopes), left(curvatures));
    let gains = gain(slope, curvature) + gain(right(slopes, slope), right(curvatures, curvature));
    let candidates = gains.shape().extents()[1];
    gains.argmax(1).one_hot(candidates)
}

/// The sum of second derivatives with its penalty. None of them is above 1/4, nor below 0 but for rounding.
fn divisor(curvature: Margins, below: Below) -> Margins {
    let people = below.shape().extents()[0] as f64;
    (curvature + PENALTY).assume(0.5 * PENALTY..=0.5 * people + PENALTY)
}

/// Everybody at the root `[people, 1]`.
fn root(below: Below) -> Tensor<Secret, Int> {
    let one = Tensor::<Public, Int>::constant(HostTensor::int([1, 1], vec![1]));
    one.broadcast_to([below.shape().extents()[0], 1]).to_secret()
}

/// From who is at which node `[people, nodes]` to who is at which of their children `[people, 2·nodes]`: below the threshold to
/// the left. Entries are 1 or 0, a single 1 in each row.
fn descend(nodes: Tensor<Secret, Int>, below: Below, splits: Tensor<Secret, Bool>) -> Tensor<Secret, Int> {
    let [people, count] = [0, 1].map(|axis| nodes.shape().extents()[axis]);
    let left = nodes * below.matmul(splits.t());
    Tensor::stack([left, nodes - left], 2).reshape([people, 2 * count])
}
