//! Batches in file order.

use std::ops::Range;

/// The index ranges of the batches of `count` examples, `size` each, in file order; the last may be smaller.
///
/// Panics if `size` is 0.
pub fn batches(count: usize, size: usize) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    assert!(size > 0, "a batch holds at least one example");
    (0..count.div_ceil(size)).map(move |i| i * size..count.min((i + 1) * size))
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
}
