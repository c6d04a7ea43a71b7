//! Ring elements to bit planes and back: 64×64 bit transposition (Warren, Hacker's Delight, 7-3), eight blocks abreast.
//!
//! Bits b of words i are swapped index bit by index bit. Eight blocks lie in the lanes of a vector, so all six steps stay
//! inside lanes; three steps at a time join eight vectors, which fit in registers: two passes over 4 KiB.

use super::cpu::Vector;
use super::planes::Planes;
use super::square::transpose;
use super::{Ring, cpu, vectorize};

/// Planes low … low + count − 1 of `values`: plane j has bit low + j of every element. Needs low + count ≤ K.
pub fn to_planes<R: Ring>(values: &[R], low: u32, count: u32) -> Planes {
    assert!(low + count <= R::BITS, "planes lie inside the ring");
    let mut planes = Planes::zero(values.len(), count as usize);
    let stride = planes.stride();
    if stride == 0 {
        return planes;
    }
    let vector = Vector::of(cpu());
    for (word, group) in planes.words_mut().chunks_mut(64 * stride).enumerate() {
        let shift = low + 64 * word as u32;
        vectorize(
            #[inline(always)]
            || {
                for (block, values) in values.chunks(ELEMENTS).enumerate() {
                    let mut words = [0; ELEMENTS];
                    for (word, value) in words.iter_mut().zip(values) {
                        *word = value.shr(shift).to_u128() as u64;
                    }
                    let lines = vector.split(&words);
                    for (plane, line) in group.chunks_exact_mut(stride).zip(&lines) {
                        let out = &mut plane[block * LANES..];
                        match out.first_chunk_mut() {
                            Some(out) => *out = *line,
                            None => out.copy_from_slice(&line[..out.len()]),
                        }
                    }
                }
            },
        );
    }
    planes
}

/// The elements whose bits low … are the planes: element i is Σ_j 2^(low + j) · bit i of plane j. Needs low + count ≤ K.
pub fn from_planes<R: Ring>(planes: &Planes, low: u32) -> Vec<R> {
    assert!(low as usize + planes.count() <= R::BITS as usize, "planes lie inside the ring");
    let stride = planes.stride();
    let mut values = vec![R::ZERO; planes.elements()];
    if stride == 0 {
        return values;
    }
    let vector = Vector::of(cpu());
    for (word, group) in planes.words().chunks(64 * stride).enumerate() {
        let shift = low + 64 * word as u32;
        vectorize(
            #[inline(always)]
            || {
                for (block, values) in values.chunks_mut(ELEMENTS).enumerate() {
                    let mut lines = [[0; LANES]; 64];
                    for (plane, line) in group.chunks_exact(stride).zip(&mut lines) {
                        let from = &plane[block * LANES..];
                        match from.first_chunk() {
                            Some(from) => *line = *from,
                            None => line[..from.len()].copy_from_slice(from),
                        }
                    }
                    let words = vector.join(&mut lines);
                    for (word, value) in words.iter().zip(values) {
                        *value = value.plus(R::from_u128(u128::from(*word)).shl(shift));
                    }
                }
            },
        );
    }
    values
}

/// Eight words, one of each block.
pub(super) type Lane = [u64; LANES];

/// Words of eight blocks in order → planes of eight words.
#[inline(always)]
pub(super) fn split(words: &[u64; ELEMENTS]) -> [Lane; 64] {
    let mut lines = [[0; LANES]; 64];
    let blocks = words.as_chunks::<8>().0;
    for (high, lines) in lines.as_chunks_mut().0.iter_mut().enumerate() {
        *lines = transpose(std::array::from_fn(|block| blocks[8 * block + high]));
        swap_index_bits(lines, 1);
    }
    swap_high(&mut lines);
    lines
}

/// The inverse of [`split`]; the steps commute and each is its own inverse.
#[inline(always)]
pub(super) fn join(lines: &mut [Lane; 64]) -> [u64; ELEMENTS] {
    let mut words = [0; ELEMENTS];
    let blocks = words.as_chunks_mut::<8>().0;
    swap_high(lines);
    for (high, lines) in lines.as_chunks_mut().0.iter_mut().enumerate() {
        swap_index_bits(lines, 1);
        for (block, words) in transpose(*lines).into_iter().enumerate() {
            blocks[8 * block + high] = words;
        }
    }
    words
}

/// Exchanges index bits 3, 4, 5 of word and bit.
#[inline(always)]
fn swap_high(lines: &mut [Lane; 64]) {
    for low in 0..8 {
        let mut group: [Lane; 8] = std::array::from_fn(|high| lines[8 * high + low]);
        swap_index_bits(&mut group, 8);
        for (high, line) in group.into_iter().enumerate() {
            lines[8 * high + low] = line;
        }
    }
}

/// Vectors are words `unit` apart: exchanges the index bits `unit`, 2 · `unit`, 4 · `unit` of word and bit.
#[inline(always)]
fn swap_index_bits(group: &mut [Lane; 8], unit: u32) {
    for step in [1, 2, 4] {
        let shift = step as u32 * unit;
        // Bits whose index lacks `shift`: blocks of `shift` ones and `shift` zeros.
        let mask = u64::MAX / ((1 << shift) + 1);
        for k in (0..8).filter(|k| k & step == 0) {
            let (mut first, mut second) = (group[k], group[k + step]);
            for (a, b) in first.iter_mut().zip(&mut second) {
                let t = (*a >> shift ^ *b) & mask;
                *b ^= t;
                *a ^= t << shift;
            }
            (group[k], group[k + step]) = (first, second);
        }
    }
}

/// Blocks abreast.
const LANES: usize = 8;
/// Elements in the blocks abreast.
pub(super) const ELEMENTS: usize = 64 * LANES;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Z16;
    use super::*;

    fn check<R: Ring>(seed: u64, n: usize, low: u32, count: u32) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            u128::from(state) << 64 | u128::from(state.rotate_left(29))
        };
        let values: Vec<R> = (0..n).map(|_| R::from_u128(next() ^ next() >> 41)).collect();
        let planes = to_planes(&values, low, count);
        assert_eq!((planes.elements(), planes.count()), (n, count as usize));
        for (i, value) in values.iter().enumerate() {
            for j in 0..count {
                assert_eq!(planes.get(j as usize, i), value.to_u128() >> (low + j) & 1 == 1, "bit {j} of element {i}");
            }
        }
        let mut clean = planes.clone();
        clean.clear_padding();
        assert_eq!(clean, planes, "padding is zero");
        let wanted: Vec<R> = values.iter().map(|v| v.shr(low).low(count).shl(low)).collect();
        assert_eq!(from_planes::<R>(&planes, low), wanted);
    }

    proptest! {
        #[test]
        fn planes_are_the_bits_of_the_elements(seed: u64, n in 0usize..1200, a in 0u32..=128, b in 0u32..=128) {
            let (low, high) = (a.min(b), a.max(b));
            check::<u128>(seed, n, low, high - low);
            check::<u64>(seed, n, low / 2, high / 2 - low / 2);
            check::<u32>(seed, n, low / 4, high / 4 - low / 4);
            check::<Z16>(seed, n % 100, low / 32, high / 32 - low / 32);
        }
    }
}
