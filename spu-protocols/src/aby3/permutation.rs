//! Permutations that are a product of three, each known to one pair of parties (Laur, Willemson, Zhang, ISC 2011; Asharov et al., eprint
//! 2022/1595, section 3).
//!
//! # Equations
//!
//! A list σ of the numbers 0 … n − 1 stands for S_σ: y_k = x_σ(k). Each pair draws one from its key; the common permutation is
//!
//! ```text
//! π = S_02 ∘ S_12 ∘ S_01:   first the one of P0 and P1, then that of P1 and P2, then that of P0 and P2.
//! ```
//!
//! Every party lacks one factor, which is uniform and independent of all it knows; so is then π. No message.
//!
//! A list is drawn by n − 1 swaps (Fisher, Yates): for i = n − 1 … 1 the elements i and ⌊u·(i + 1)/2^128⌋ change places, u being uniform of 128
//! bits. Its distribution is within n²/2^129 of the uniform one.
//!
//! # Security
//!
//! A pair's swaps touch memory at places that both know; no other party's value steers them.

use super::context::Context;
use super::role::{Pair, Role};
use crate::ring::Ring;

/// The two factors that one party knows, each of `batch` lists of `length` numbers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Permutations {
    /// Known to the party after this one as well.
    pub next: Vec<u32>,
    /// Known to the party before this one as well.
    pub previous: Vec<u32>,
}

impl Permutations {
    /// The lists of `pair`, to which `role` belongs.
    pub fn of(&self, role: Role, pair: Pair) -> &[u32] {
        if pair == Pair::with_next(role) { &self.next } else { &self.previous }
    }
}

/// Extents of what is permuted: `batch` lists, each with a permutation of its own, of `length` rows of `width` elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows {
    /// How many lists.
    pub batch: usize,
    /// Rows of each.
    pub length: usize,
    /// Elements of a row.
    pub width: usize,
}

impl Rows {
    /// Lists of single elements.
    pub fn single(batch: usize, length: usize) -> Self {
        Self { batch, length, width: 1 }
    }

    /// The rows in the order that `index` names: y_k = x_index(k); or, if `inverse`, y_index(k) = x_k.
    pub fn permute<T: Copy + Default>(self, x: &[T], index: &[u32], inverse: bool) -> Vec<T> {
        let Self { batch, length, width } = self;
        assert_eq!((x.len(), index.len()), (batch * length * width, batch * length), "an index for each row");
        let mut y = vec![T::default(); x.len()];
        let block = length * width;
        if block == 0 {
            return y;
        }
        for ((x, y), index) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)).zip(index.chunks_exact(length)) {
            match (width, inverse) {
                (1, false) => y.iter_mut().zip(index).for_each(|(y, &i)| *y = x[i as usize]),
                (1, true) => x.iter().zip(index).for_each(|(x, &i)| y[i as usize] = *x),
                (_, false) => y.chunks_exact_mut(width).zip(index).for_each(|(y, &i)| {
                    y.copy_from_slice(&x[i as usize * width..][..width]);
                }),
                (_, true) => x.chunks_exact(width).zip(index).for_each(|(x, &i)| {
                    y[i as usize * width..][..width].copy_from_slice(x);
                }),
            }
        }
        y
    }
}

/// The factors that this party knows of `batch` fresh permutations of `length` numbers.
pub fn permutations<R: Ring>(ctx: &Context<R>, batch: usize, length: usize) -> Permutations {
    let [next, previous] = [Pair::with_next(ctx.role()), Pair::with_previous(ctx.role())].map(|pair| {
        let swaps = batch * length.saturating_sub(1);
        let words = ctx.draw_planes(pair, 0, 128 * swaps, 1).into_words();
        lists(batch, length, &words)
    });
    Permutations { next, previous }
}

/// `batch` lists, from two uniform words for each swap.
pub fn lists(batch: usize, length: usize, words: &[u64]) -> Vec<u32> {
    let mut lists = Vec::with_capacity(batch * length);
    let mut uniform = words.chunks_exact(2);
    for _ in 0..batch {
        let first = lists.len();
        lists.extend(0..u32::try_from(length).expect("lists of at most 2^32 rows are permuted"));
        for i in (1..length).rev() {
            let u = uniform.next().expect("two words for each swap");
            lists.swap(first + i, first + below([u[0], u[1]], i as u64 + 1) as usize);
        }
    }
    lists
}

/// ⌊u·bound / 2^128⌋.
fn below(u: [u64; 2], bound: u64) -> u64 {
    let low = (u128::from(u[0]) * u128::from(bound)) >> 64;
    ((u128::from(u[1]) * u128::from(bound) + low) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::super::trial::{dealers, run, uniform};
    use super::*;

    #[test]
    fn both_of_a_pair_draw_the_same_list() {
        for dealer in dealers() {
            let drawn = run(dealer, &[], 7, |ctx: Context<u64>| async move { permutations(&ctx, 3, 50) });
            for i in 0..3 {
                assert!(drawn[i].next == drawn[(i + 1) % 3].previous);
                for list in drawn[i].next.chunks(50) {
                    let mut sorted = list.to_vec();
                    sorted.sort_unstable();
                    assert!(sorted.into_iter().eq(0..50));
                }
            }
        }
    }

    /// Each of the 24 orders of four within seven standard deviations: below 24 · 2.6e-12 to fail by chance.
    #[test]
    fn every_order_is_as_likely() {
        let runs = 24_000;
        let words = uniform::<u64>(6 * runs, 3);
        let mut counts = std::collections::HashMap::new();
        lists(runs, 4, &words).chunks(4).for_each(|list| *counts.entry(list.to_vec()).or_insert(0u32) += 1);
        let deviation = (1000.0 * 23.0 / 24.0f64).sqrt();
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|&count| (f64::from(count) - 1000.0).abs() < 7.0 * deviation));
    }

    #[test]
    fn the_largest_words_stay_below_the_bound() {
        assert_eq!([below([u64::MAX; 2], 10), below([0; 2], 10), below([0, 1 << 63], 10)], [9, 0, 5]);
    }

    #[test]
    fn rows_move_there_and_back() {
        let rows = Rows { batch: 2, length: 3, width: 2 };
        let x: Vec<u32> = (0..12).collect();
        let index = [2, 0, 1, 0, 2, 1];
        let y = rows.permute(&x, &index, false);
        assert_eq!(y, [4, 5, 0, 1, 2, 3, 6, 7, 10, 11, 8, 9]);
        assert_eq!(rows.permute(&y, &index, true), x);
    }
}
