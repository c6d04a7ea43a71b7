//! Bit planes: bit j of many elements, 64 elements a word.

use std::fmt;

/// `count` planes of `elements` bits each, plane-major: plane j is `stride()` consecutive words, element i is bit i mod 64 of
/// word i / 64. Bits past the last element are zero. The bits may be shares: they are never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Planes {
    elements: usize,
    count: usize,
    words: Vec<u64>,
}

impl Planes {
    /// All bits zero.
    pub fn zero(elements: usize, count: usize) -> Self {
        Self { elements, count, words: vec![0; count * elements.div_ceil(64)] }
    }

    /// From words, plane-major; bits past the last element are cleared. Panics unless there are `count · ⌈elements / 64⌉`.
    pub fn from_words(elements: usize, count: usize, words: Vec<u64>) -> Self {
        assert_eq!(words.len(), count * elements.div_ceil(64), "a plane has one bit an element");
        let mut planes = Self { elements, count, words };
        planes.clear_padding();
        planes
    }

    /// Bits in each plane.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Number of planes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Words in each plane.
    pub fn stride(&self) -> usize {
        self.elements.div_ceil(64)
    }

    /// All words, plane-major.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All words, plane-major. Whoever writes keeps the bits past the last element zero, or calls [`Planes::clear_padding`].
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// The words, plane-major.
    pub fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// Plane j.
    pub fn plane(&self, j: usize) -> &[u64] {
        &self.words[j * self.stride()..(j + 1) * self.stride()]
    }

    /// Plane j.
    pub fn plane_mut(&mut self, j: usize) -> &mut [u64] {
        let stride = self.stride();
        &mut self.words[j * stride..(j + 1) * stride]
    }

    /// Flips every bit.
    pub fn complement(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_padding();
    }

    /// All planes one after the other without padding: `⌈count · elements / 64⌉` words. Moves the buffer when 64 divides `elements`.
    pub fn into_dense(self) -> Vec<u64> {
        let used = self.elements % 64;
        if used == 0 {
            return self.words;
        }
        let mut dense = vec![0; (self.count * self.elements).div_ceil(64)];
        for j in 0..self.count {
            for (i, &word) in self.plane(j).iter().enumerate() {
                let at = j * self.elements + 64 * i;
                dense[at / 64] |= word << (at % 64);
                // Past the end there are only padding bits, which are zero. Places depend on the extents alone.
                if !at.is_multiple_of(64)
                    && let Some(next) = dense.get_mut(at / 64 + 1)
                {
                    *next |= word >> (64 - at % 64);
                }
            }
        }
        dense
    }

    /// The inverse of [`Planes::into_dense`].
    pub fn from_dense(elements: usize, count: usize, words: Vec<u64>) -> Self {
        assert_eq!(words.len(), (count * elements).div_ceil(64), "dense planes have one bit an element");
        if elements.is_multiple_of(64) {
            return Self { elements, count, words };
        }
        let mut planes = Self::zero(elements, count);
        let stride = planes.stride();
        for j in 0..count {
            for i in 0..stride {
                let at = j * elements + 64 * i;
                let low = words[at / 64] >> (at % 64);
                let high =
                    if at.is_multiple_of(64) { 0 } else { words.get(at / 64 + 1).map_or(0, |w| w << (64 - at % 64)) };
                planes.words[j * stride + i] = low | high;
            }
        }
        planes.clear_padding();
        planes
    }

    /// Bit of element i in plane j.
    pub fn get(&self, j: usize, i: usize) -> bool {
        self.plane(j)[i / 64] >> (i % 64) & 1 == 1
    }

    /// Clears the bits past the last element of every plane.
    pub fn clear_padding(&mut self) {
        let used = self.elements % 64;
        if used != 0 {
            let stride = self.stride();
            self.words.iter_mut().skip(stride - 1).step_by(stride).for_each(|w| *w &= (1 << used) - 1);
        }
    }
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planes").field("elements", &self.elements).field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_not_printed() {
        let planes = Planes::from_words(64, 1, vec![0x1234_5678]);
        assert_eq!(format!("{planes:?}"), "Planes { elements: 64, count: 1, .. }");
    }

    #[test]
    fn dense_form_keeps_every_bit() {
        for (elements, count) in [(1, 1), (1, 200), (63, 3), (64, 5), (65, 7), (130, 4), (0, 3), (7, 0)] {
            let mut planes = Planes::zero(elements, count);
            let mut state = 1u64;
            for word in planes.words_mut() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *word = state ^ state >> 31;
            }
            planes.clear_padding();
            let dense = planes.clone().into_dense();
            assert_eq!(dense.len(), (elements * count).div_ceil(64));
            for j in 0..count {
                for i in 0..elements {
                    let at = j * elements + i;
                    assert_eq!(planes.get(j, i), dense[at / 64] >> (at % 64) & 1 == 1);
                }
            }
            assert_eq!(Planes::from_dense(elements, count, dense), planes);
        }
    }
}
