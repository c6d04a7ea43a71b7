//! Fields of s bits, densely packed: the messages of truncation and comparison.

use super::Ring;

/// The lowest s bits of every value, one after the other, lowest first: ⌈n · s / 64⌉ words, 1 ≤ s ≤ K.
pub fn pack_fields<R: Ring>(values: &[R], s: u32) -> Vec<u64> {
    check_width::<R>(s);
    let mut words = vec![0; (values.len() * s as usize).div_ceil(64)];
    for (i, value) in values.iter().enumerate() {
        let (at, value) = (i * s as usize, value.to_u128());
        put(&mut words, at, value as u64, s.min(64));
        if s > 64 {
            put(&mut words, at + 64, (value >> 64) as u64, s - 64);
        }
    }
    words
}

/// The inverse of [`pack_fields`] for n values of s bits, 1 ≤ s ≤ K; nothing unless there are exactly ⌈n · s / 64⌉ words.
pub fn unpack_fields<R: Ring>(words: &[u64], s: u32, n: usize) -> Option<Vec<R>> {
    check_width::<R>(s);
    if n.checked_mul(s as usize)?.div_ceil(64) != words.len() {
        return None;
    }
    let value = |i: usize| {
        let at = i * s as usize;
        let low = u128::from(get(words, at, s.min(64)));
        R::from_u128(if s > 64 { low | u128::from(get(words, at + 64, s - 64)) << 64 } else { low })
    };
    Some((0..n).map(value).collect())
}

fn check_width<R: Ring>(s: u32) {
    assert!((1..=R::BITS).contains(&s), "a field has 1 to {} bits", R::BITS);
}

/// Adds the lowest s ≤ 64 bits of `field` at bit `at` of zeroed words.
#[inline(always)]
fn put(words: &mut [u64], at: usize, field: u64, s: u32) {
    let field = field & u64::MAX >> (64 - s);
    let (word, offset) = (at / 64, (at % 64) as u32);
    words[word] |= field << offset;
    if offset + s > 64 {
        words[word + 1] = field >> (64 - offset);
    }
}

/// The s ≤ 64 bits at bit `at`.
#[inline(always)]
fn get(words: &[u64], at: usize, s: u32) -> u64 {
    let (word, offset) = (at / 64, (at % 64) as u32);
    let low = words[word] >> offset;
    let high = if offset + s > 64 { words[word + 1] << (64 - offset) } else { 0 };
    (low | high) & u64::MAX >> (64 - s)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Z16;
    use super::*;

    fn check<R: Ring>(values: &[u128], s: u32) {
        let values: Vec<R> = values.iter().map(|&v| R::from_u128(v)).collect();
        let words = pack_fields(&values, s);
        assert_eq!(words.len(), (values.len() * s as usize).div_ceil(64));
        for at in 0..64 * words.len() {
            let (i, j) = (at / s as usize, (at % s as usize) as u32);
            let wanted = values.get(i).is_some_and(|v| v.to_u128() >> j & 1 == 1);
            assert_eq!(words[at / 64] >> (at % 64) & 1 == 1, wanted, "bit {at}");
        }
        let wanted: Vec<R> = values.iter().map(|v| v.low(s)).collect();
        assert_eq!(unpack_fields(&words, s, values.len()), Some(wanted));
    }

    proptest! {
        #[test]
        fn fields_are_dense(values in prop::collection::vec(any::<u128>(), 0..80), s in 1u32..=128) {
            check::<u128>(&values, s);
            check::<u64>(&values, s.div_ceil(2));
            check::<u32>(&values, s.div_ceil(4));
            check::<Z16>(&values, s.div_ceil(32));
        }
    }

    #[test]
    fn whole_elements_are_words_of_the_ring() {
        let values: Vec<u32> = (0..7u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
        assert_eq!(pack_fields(&values, 32), u32::into_words(values));
    }

    #[test]
    fn wrong_length_is_refused() {
        assert_eq!(unpack_fields::<u64>(&[0; 2], 20, 7), None);
        assert_eq!(unpack_fields::<u64>(&[0; 4], 20, 7), None);
        assert_eq!(unpack_fields::<u64>(&[0; 3], 20, usize::MAX), None);
        assert_eq!(unpack_fields::<u64>(&[0; 3], 20, 7), Some(vec![0; 7]));
    }
}
