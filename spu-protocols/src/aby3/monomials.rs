//! Functions of a few bits as ring elements, from the bits opened under masks.
//!
//! P1 and P2 know c_i = v_i ⊕ λ_i of bits v_i, P0 knows the λ_i. A function of b bits is Σ_U m_U·Π_(i ∈ U) v_i over the sets U of bits. P0 deals the products
//! Λ_T = Π_(i ∈ T) λ_i as ring elements; since v_i = c_i + (1 − 2c_i)·λ_i, P1 and P2 have halves of all Π v_i without a message, a bit after the
//! other: with W_T = Λ_T, W_∅ = 1, for each i and each T that lacks it
//!
//! ```text
//! W_(T ∪ i) ← c_i·W_T + (1 − 2c_i)·W_(T ∪ i).
//! ```
//!
//! W_T enters W_U for every U ⊇ T. Where all those m_U are multiples of 2^v, Λ_T is dealt modulo 2^(K − v); where all are 0, not at all.
//! One of four places, of two bits, with a sign takes 7 dealt elements; one-hot they are 9.

use super::bits::for_each_bit;
use crate::ring::{Ring, vectorize};

/// m_U of a function that is given by its values: value s for the bits of the number s. U as a number likewise.
pub(super) fn coefficients(mut values: Vec<i128>) -> Vec<i128> {
    for bit in (0..values.len().ilog2()).map(|i| 1 << i) {
        for set in (0..values.len()).filter(|set| set & bit != 0) {
            values[set] -= values[set ^ bit];
        }
    }
    values
}

/// The sets T of bits whose Λ_T is dealt for functions with these coefficients, and how many of its `bits` bits.
pub(super) fn dealt(functions: &[Vec<i128>], bits: u32) -> Vec<(usize, u32)> {
    let sets = functions.first().map_or(0, Vec::len);
    let width = |set: usize| {
        let above = (set..sets).filter(|other| other & set == set);
        let zeros = above.flat_map(|other| functions.iter().map(move |m| m[other].trailing_zeros())).min();
        bits.saturating_sub(zeros.unwrap_or(bits))
    };
    (1..sets).map(|set| (set, width(set))).filter(|(_, width)| *width > 0).collect()
}

/// P0: Λ_T for these masks λ.
pub(super) fn mask<R: Ring>(lambda: &[&[u64]], set: usize, n: usize) -> Vec<R> {
    let mut product = vec![u64::MAX; n.div_ceil(64)];
    for (_, plane) in lambda.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1) {
        product.iter_mut().zip(*plane).for_each(|(product, word)| *product &= word);
    }
    let mut mask = vec![R::ZERO; n];
    for_each_bit(&product, n, |i, bit| mask[i] = bit);
    mask
}

/// P1 and P2: a half of Π_(i ∈ U) v_i for every set U, from the opened c and the halves of Λ_T; those not dealt are 0. `one` is this party's
/// half of 1.
pub(super) fn products<R: Ring>(c: &[&[u64]], mut masks: Vec<Vec<R>>, n: usize, one: R) -> Vec<Vec<R>> {
    masks[0] = vec![one; n];
    for (i, c) in c.iter().enumerate() {
        let bit = 1 << i;
        for set in (0..masks.len()).filter(|set| set & bit != 0) {
            let mut product = std::mem::take(&mut masks[set]);
            if product.is_empty() {
                continue;
            }
            let less = &masks[set ^ bit];
            vectorize(
                #[inline(always)]
                || {
                    for_each_bit(c, n, |i, c: R| {
                        product[i] = product[i].plus(c.times(less[i].minus(product[i].shl(1))));
                    })
                },
            );
            masks[set] = product;
        }
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::trial::{uniform, uniform_bits, xor};
    use crate::ring::Planes;

    #[test]
    fn coefficients_give_the_values_back() {
        let values = vec![5, -3, 8, 1 << 40, 0, 7, 7, -12];
        let m = coefficients(values.clone());
        for (s, value) in values.iter().enumerate() {
            assert_eq!((0..8).filter(|u| u & s == *u).map(|u| m[u]).sum::<i128>(), *value);
        }
    }

    #[test]
    fn multiples_are_dealt_in_part_and_zeros_not_at_all() {
        // 8·2^−v for v = v0 + 2·v1: 8 − 4·v0 − 6·v1 + 3·v0·v1.
        let place = coefficients(vec![8, 4, 2, 1]);
        assert_eq!(place, [8, -4, -6, 3]);
        assert_eq!(dealt(std::slice::from_ref(&place), 64), [(1, 64), (2, 64), (3, 64)]);
        let even: Vec<i128> = place.iter().map(|m| 2 * m).collect();
        assert_eq!(dealt(std::slice::from_ref(&even), 64), [(1, 63), (2, 63), (3, 63)]);
        assert_eq!(dealt(&[even, place], 64), [(1, 64), (2, 64), (3, 64)]);
        // The sign alone.
        assert_eq!(dealt(&[coefficients(vec![1, 1, 1, 1, -1, -1, -1, -1])], 64), [(4, 63)]);
        assert_eq!(dealt(&[], 64), []);
    }

    #[test]
    fn halves_are_those_of_the_products() {
        let n = 130;
        let (opened, lambda) = (uniform_bits(n, 3, 1), uniform_bits(n, 3, 2));
        let v = xor(&opened, &lambda);
        let planes = |bits: &Planes| -> Vec<Vec<u64>> { (0..3).map(|i| bits.plane(i).to_vec()).collect() };
        let (opened, lambda) = (planes(&opened), planes(&lambda));
        fn slices(planes: &[Vec<u64>]) -> Vec<&[u64]> {
            planes.iter().map(Vec::as_slice).collect()
        }
        let first: Vec<Vec<u64>> = (0..8).map(|set| uniform(n, 3 + set)).collect();
        let second = (0..8).map(|set| {
            let whole: Vec<u64> = mask(&slices(&lambda), set, n);
            whole.iter().zip(&first[set]).map(|(whole, first)| whole.minus(*first)).collect()
        });
        let second = products(&slices(&opened), second.collect(), n, 0);
        let first = products(&slices(&opened), first.clone(), n, 1);
        for (set, i) in (0..8).flat_map(|set| (0..n).map(move |i| (set, i))) {
            let wanted = (0..3).all(|bit| set >> bit & 1 == 0 || v.get(bit, i));
            assert_eq!(first[set][i].plus(second[set][i]), u64::from(wanted), "set {set}, element {i}");
        }
    }
}
