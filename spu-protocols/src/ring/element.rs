//! The ring Z_2^K: one trait for K = 32, 64, 128, and for K = 4 in tests that enumerate.

use std::fmt::Debug;

/// An element of Z_2^K. All arithmetic is modulo 2^K.
pub trait Ring: Copy + Default + PartialEq + Eq + Debug + Send + Sync + 'static {
    /// K.
    const BITS: u32;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Difference.
    fn minus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
    /// Times 2^s; 0 for s ≥ K.
    fn shl(self, s: u32) -> Self;
    /// The unsigned representative divided by 2^s, rounded down; 0 for s ≥ K.
    fn shr(self, s: u32) -> Self;
    /// Reduction of a signed integer.
    fn from_i128(value: i128) -> Self;
    /// Reduction of an unsigned integer.
    fn from_u128(value: u128) -> Self;
    /// The representative in [0, 2^K).
    fn to_u128(self) -> u128;

    /// How many 64-bit words `n` elements take on the wire.
    fn words(n: usize) -> usize {
        (n * Self::BITS as usize).div_ceil(64)
    }
    /// Elements to words, lowest bits first; moves the buffer when K = 64.
    fn into_words(elements: Vec<Self>) -> Vec<u64>;
    /// The first `n` elements of words made by [`Ring::into_words`]; `words` must hold [`Ring::words`]`(n)` of them.
    fn from_words(words: Vec<u64>, n: usize) -> Vec<Self>;

    /// The representative in [−2^(K−1), 2^(K−1)).
    fn signed(self) -> i128 {
        let unused = 128 - Self::BITS;
        ((self.to_u128() << unused) as i128) >> unused
    }
    /// −x.
    fn negated(self) -> Self {
        Self::ZERO.minus(self)
    }
    /// x mod 2^n, n ≤ K.
    fn low(self, n: u32) -> Self {
        if n >= Self::BITS { self } else { self.shl(Self::BITS - n).shr(Self::BITS - n) }
    }
    /// Bit i, 0 or 1.
    fn bit(self, i: u32) -> Self {
        self.shr(i).low(1)
    }
    /// 2^i.
    fn power_of_two(i: u32) -> Self {
        Self::ONE.shl(i)
    }
}

/// Z_2^4: small enough to enumerate every randomness of a kernel. For tests.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Hash, PartialOrd, Ord)]
pub struct Z16(u8);

macro_rules! implement_ring {
    ($type:ty, $bits:expr, $wrap:expr, $raw:expr, $words:ident) => {
        impl Ring for $type {
            const BITS: u32 = $bits;
            const ZERO: Self = $wrap(0);
            const ONE: Self = $wrap(1);

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                $wrap($raw(self).wrapping_add($raw(other)))
            }
            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                $wrap($raw(self).wrapping_sub($raw(other)))
            }
            #[inline(always)]
            fn times(self, other: Self) -> Self {
                $wrap($raw(self).wrapping_mul($raw(other)))
            }
            #[inline(always)]
            fn shl(self, s: u32) -> Self {
                if s >= $bits { Self::ZERO } else { $wrap($raw(self) << s) }
            }
            #[inline(always)]
            fn shr(self, s: u32) -> Self {
                if s >= $bits { Self::ZERO } else { $wrap($raw(self) >> s) }
            }
            #[inline(always)]
            fn from_i128(value: i128) -> Self {
                $wrap(value as _)
            }
            #[inline(always)]
            fn from_u128(value: u128) -> Self {
                $wrap(value as _)
            }
            #[inline(always)]
            fn to_u128(self) -> u128 {
                $raw(self) as u128
            }
            implement_ring!(@$words $bits);
        }
    };
    (@same $bits:expr) => {
        fn into_words(elements: Vec<Self>) -> Vec<u64> {
            elements
        }
        fn from_words(mut words: Vec<u64>, n: usize) -> Vec<Self> {
            words.truncate(n);
            words
        }
    };
    (@two $bits:expr) => {
        fn into_words(elements: Vec<Self>) -> Vec<u64> {
            elements.into_iter().flat_map(|x| [x as u64, (x >> 64) as u64]).collect()
        }
        fn from_words(words: Vec<u64>, n: usize) -> Vec<Self> {
            words.chunks_exact(2).take(n).map(|w| u128::from(w[0]) | u128::from(w[1]) << 64).collect()
        }
    };
    (@packed $bits:expr) => {
        fn into_words(elements: Vec<Self>) -> Vec<u64> {
            let word = |chunk: &[Self]| {
                chunk.iter().enumerate().fold(0, |word, (i, x)| word | (x.to_u128() as u64) << (i as u32 * $bits))
            };
            elements.chunks((64 / $bits) as usize).map(word).collect()
        }
        fn from_words(words: Vec<u64>, n: usize) -> Vec<Self> {
            let per_word = 64 / $bits as usize;
            (0..n).map(|i| Self::from_u128(u128::from(words[i / per_word] >> ((i % per_word) as u32 * $bits)))).collect()
        }
    };
}

const fn same<T: Copy>(x: T) -> T {
    x
}
const fn nibble(x: u8) -> Z16 {
    Z16(x & 15)
}
const fn raw(x: Z16) -> u8 {
    x.0
}

implement_ring!(u32, 32, same, same, packed);
implement_ring!(u64, 64, same, same, same);
implement_ring!(u128, 128, same, same, two);
implement_ring!(Z16, 4, nibble, raw, packed);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<R: Ring>() {
        for n in [0, 1, 2, 3, 15, 16, 17, 100] {
            let elements: Vec<R> = (0..n as i128).map(|i| R::from_i128(i.wrapping_mul(-(5i128.pow(50))))).collect();
            let words = R::into_words(elements.clone());
            assert_eq!(words.len(), R::words(n));
            for (i, x) in elements.iter().enumerate() {
                let at = |j: u32| i * R::BITS as usize + j as usize;
                let bits = (0..R::BITS).map(|j| u128::from(words[at(j) / 64] >> (at(j) % 64) & 1) << j);
                assert_eq!(bits.sum::<u128>(), x.to_u128());
            }
            assert_eq!(R::from_words(words, n), elements);
        }
    }

    #[test]
    fn words_hold_the_bits_in_order() {
        check::<u32>();
        check::<u64>();
        check::<u128>();
        check::<Z16>();
    }

    #[test]
    fn a_whole_word_ring_moves_its_buffer() {
        let elements = vec![1u64; 100];
        let place = elements.as_ptr();
        let words = u64::into_words(elements);
        assert_eq!(words.as_ptr(), place);
    }
}
