//! Which rows a batch holds: in file order, or in a public random one.

use std::ops::Range;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;

/// The index ranges of the batches of `count` examples, `size` each, in file order; the last may be smaller.
///
/// Panics if `size` is 0.
pub fn batches(count: usize, size: usize) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    assert!(size > 0, "a batch holds at least one example");
    (0..count.div_ceil(size)).map(move |i| i * size..count.min((i + 1) * size))
}

/// The numbers below `count` in an order that is random to whoever does not know `seed`, another one in each epoch.
///
/// It is a public shuffle: all parties call this with the same seed and know which row comes when. A shuffle that nobody knows is
/// [`shuffle_rows`](fn@super::shuffle_rows).
///
/// ```
/// use spu_nn::data::shuffled;
///
/// let mut order = shuffled(5, 7, 0);
/// assert_ne!(shuffled(5, 7, 1), order);
/// order.sort();
/// assert_eq!(order, [0, 1, 2, 3, 4]);
/// ```
pub fn shuffled(count: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    random.set_stream(epoch);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    order
}

/// The batches of one epoch in a public random order: the rows of [`shuffled`], `size` each; the last may be smaller, and a program
/// that takes batches is compiled once more for it.
///
/// Panics if `size` is 0.
pub fn shuffled_batches(count: usize, size: usize, seed: u64, epoch: u64) -> impl ExactSizeIterator<Item = Vec<usize>> {
    let order = shuffled(count, seed, epoch);
    batches(count, size).map(move |range| order[range].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_of_mnist_has_469_batches_and_the_last_holds_96() {
        let all: Vec<_> = batches(60_000, 128).collect();
        assert_eq!(all.len(), 469);
        assert_eq!(all[0], 0..128);
        assert_eq!(all[468], 59_904..60_000);
        assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    #[test]
    fn whole_and_single_batches() {
        assert_eq!(batches(4, 2).collect::<Vec<_>>(), [0..2, 2..4]);
        assert_eq!(batches(3, 7).collect::<Vec<_>>(), [const { 0..3 }]);
        assert_eq!(batches(0, 7).count(), 0);
    }

    #[test]
    fn each_epoch_has_every_row_once_and_its_last_batch_is_smaller() {
        for epoch in 0..3 {
            let all: Vec<_> = shuffled_batches(10, 4, 1, epoch).collect();
            assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
            let mut rows = all.concat();
            rows.sort();
            assert_eq!(rows, (0..10).collect::<Vec<_>>());
        }
    }

    /// Each of 3! orders is drawn with probability 1/6: of 6000 draws 1000, with a deviation of √(6000·1/6·5/6) = 29; six of these is
    /// never by chance.
    #[test]
    fn all_orders_are_as_frequent() {
        let mut counts = std::collections::BTreeMap::new();
        (0..6000).for_each(|epoch| *counts.entry(shuffled(3, 5, epoch)).or_insert(0i32) += 1);
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (count - 1000).abs() < 174), "{counts:?}");
    }
}
