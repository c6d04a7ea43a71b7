//! What LLVM does not make of plain loops: 8 × 8 words transposed, and blocks of bits transposed, inside registers. Each has a
//! plain counterpart that computes the same.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::array::from_fn;

use super::transpose::{ELEMENTS, Lane};

type Vectors = [__m512i; 8];

/// As [`transpose`](super::square::transpose).
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn transpose(square: &[Lane; 8]) -> [Lane; 8] {
    exchange_lanes(from_fn(|i| load(&square[i]))).map(|x| store(x))
}

/// As [`split`](super::transpose::split).
#[target_feature(enable = "avx512f")]
pub(super) fn split(words: &[u64; ELEMENTS]) -> [Lane; 64] {
    let blocks = words.as_chunks::<8>().0;
    let mut lines = [[0; 8]; 64];
    for high in 0..8 {
        let group = exchange_lanes(from_fn(|block| load(&blocks[8 * block + high])));
        let group = swap_index_bits(group, 1);
        (0..8).for_each(|low| lines[8 * high + low] = store(group[low]));
    }
    swap_high(&mut lines);
    lines
}

/// As [`join`](super::transpose::join).
#[target_feature(enable = "avx512f")]
pub(super) fn join(lines: &mut [Lane; 64]) -> [u64; ELEMENTS] {
    let mut words = [0; ELEMENTS];
    let blocks = words.as_chunks_mut::<8>().0;
    swap_high(lines);
    for high in 0..8 {
        let group = swap_index_bits(from_fn(|low| load(&lines[8 * high + low])), 1);
        let group = exchange_lanes(group);
        (0..8).for_each(|block| blocks[8 * block + high] = store(group[block]));
    }
    words
}

#[inline]
#[target_feature(enable = "avx512f")]
fn swap_high(lines: &mut [Lane; 64]) {
    for low in 0..8 {
        let group = swap_index_bits(from_fn(|high| load(&lines[8 * high + low])), 8);
        (0..8).for_each(|high| lines[8 * high + low] = store(group[high]));
    }
}

/// Steps s = 4, 2, 1 exchange the off-diagonal s × s blocks of every 2s × 2s block.
#[inline]
#[target_feature(enable = "avx512f")]
fn exchange_lanes(x: Vectors) -> Vectors {
    let index = |lanes: [i64; 8]| load(&lanes.map(|lane| lane as u64));
    // Lanes 0 to 7 are the first operand's, 8 to 15 the second's.
    let (low, high) = (index([0, 1, 2, 3, 8, 9, 10, 11]), index([4, 5, 6, 7, 12, 13, 14, 15]));
    let x = pairs(x, 4, |a, b| (_mm512_permutex2var_epi64(a, low, b), _mm512_permutex2var_epi64(a, high, b)));
    let (low, high) = (index([0, 1, 8, 9, 4, 5, 12, 13]), index([2, 3, 10, 11, 6, 7, 14, 15]));
    let x = pairs(x, 2, |a, b| (_mm512_permutex2var_epi64(a, low, b), _mm512_permutex2var_epi64(a, high, b)));
    pairs(x, 1, |a, b| (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)))
}

/// Vectors are words `unit` apart: exchanges the index bits `unit`, 2 · `unit`, 4 · `unit` of word and bit.
#[inline]
#[target_feature(enable = "avx512f")]
fn swap_index_bits(x: Vectors, unit: u32) -> Vectors {
    [1, 2, 4].into_iter().fold(x, |x, step| {
        let shift = step as u32 * unit;
        let (count, mask) =
            (_mm_cvtsi64_si128(shift.into()), _mm512_set1_epi64((u64::MAX / ((1 << shift) + 1)) as i64));
        pairs(x, step, |a, b| {
            // 0x28 is (a ^ b) & c.
            let t = _mm512_ternarylogic_epi64::<0x28>(_mm512_srl_epi64(a, count), b, mask);
            (_mm512_xor_si512(a, _mm512_sll_epi64(t, count)), _mm512_xor_si512(b, t))
        })
    })
}

/// `f` on all pairs whose indices differ by `step`, a power of two.
#[inline(always)]
fn pairs(mut x: Vectors, step: usize, f: impl Fn(__m512i, __m512i) -> (__m512i, __m512i)) -> Vectors {
    for i in (0..8).filter(|i| i & step == 0) {
        (x[i], x[i + step]) = f(x[i], x[i + step]);
    }
    x
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(x: &Lane) -> __m512i {
    // SAFETY: `x` is 64 readable bytes; the instruction asks for no alignment.
    unsafe { _mm512_loadu_si512(x.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(x: __m512i) -> Lane {
    let mut lane = [0; 8];
    // SAFETY: `lane` is 64 writable bytes; the instruction asks for no alignment.
    unsafe { _mm512_storeu_si512(lane.as_mut_ptr().cast(), x) };
    lane
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Cpu, square, transpose as bits};
    use super::*;

    proptest! {
        #[test]
        fn agrees_with_plain_code(seed: u64) {
            if !Cpu::Avx512.is_supported() {
                return Ok(());
            }
            let words: [u64; ELEMENTS] = from_fn(|i| (seed ^ i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(i as u32));
            let mut lines = bits::split(&words);
            let square: [Lane; 8] = from_fn(|i| lines[9 * i % 64]);
            // SAFETY: the level is supported.
            unsafe {
                prop_assert_eq!(split(&words), lines);
                prop_assert_eq!(transpose(&square), square::transpose(square));
                prop_assert_eq!(join(&mut lines), words);
            }
        }
    }
}
