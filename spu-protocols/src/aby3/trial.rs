//! One run of a kernel on values shared for the occasion: what the tests of the kernels have in common.

use std::future::Future;

use spu::Party;

use super::context::Context;
use super::message::{Message, cost};
use super::shares::{Arith, BitShares};
use super::world::{self, Seeded};
use crate::ring::{Planes, Ring};

/// Numbers of elements that every kernel is tried with.
pub(crate) const SIZES: [usize; 6] = [0, 1, 63, 64, 65, 1000];

/// Uniform elements, the same for the same seed (SplitMix64).
pub(crate) fn uniform<R: Ring>(n: usize, seed: u64) -> Vec<R> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        u128::from(z ^ z >> 31)
    };
    (0..n).map(|_| R::from_u128(next() << 64 | next())).collect()
}

/// Uniform bits.
pub(crate) fn uniform_bits(n: usize, count: usize, seed: u64) -> Planes {
    Planes::from_words(n, count, uniform(count * n.div_ceil(64), seed))
}

/// Three terms with the sum x: uniform but for that.
pub(crate) fn terms<R: Ring>(x: &[R], seed: u64) -> [Vec<R>; 3] {
    let (x0, x1) = (uniform::<R>(x.len(), 2 * seed), uniform::<R>(x.len(), 2 * seed + 1));
    let x2 = (0..x.len()).map(|i| x[i].minus(x0[i]).minus(x1[i])).collect();
    [x0, x1, x2]
}

/// Replicated shares by role.
pub(crate) fn share<R: Ring>(x: &[R], seed: u64) -> [Arith<R>; 3] {
    let x = terms(x, seed);
    [0, 1, 2].map(|i| Arith { own: x[i].clone(), next: x[(i + 1) % 3].clone() })
}

/// Three XOR terms of x.
pub(crate) fn bit_terms(x: &Planes, seed: u64) -> [Planes; 3] {
    let [x0, x1] = [2 * seed, 2 * seed + 1].map(|s| uniform_bits(x.elements(), x.count(), s));
    let x2 = xor(&xor(x, &x0), &x1);
    [x0, x1, x2]
}

/// Replicated XOR shares by role.
pub(crate) fn share_bits(x: &Planes, seed: u64) -> [BitShares; 3] {
    let x = bit_terms(x, seed);
    [0, 1, 2].map(|i| BitShares { own: x[i].clone(), next: x[(i + 1) % 3].clone() })
}

/// The value of replicated shares, which must agree.
pub(crate) fn reconstruct<R: Ring>(x: &[Arith<R>; 3]) -> Vec<R> {
    for i in 0..3 {
        assert!(x[i].next == x[(i + 1) % 3].own, "both holders of share {} have the same", (i + 1) % 3);
    }
    (0..x[0].len()).map(|i| x[0].own[i].plus(x[1].own[i]).plus(x[2].own[i])).collect()
}

/// The bits of replicated shares, which must agree.
pub(crate) fn reconstruct_bits(x: &[BitShares; 3]) -> Planes {
    for i in 0..3 {
        assert!(x[i].next == x[(i + 1) % 3].own, "both holders of share {} have the same", (i + 1) % 3);
    }
    xor(&xor(&x[0].own, &x[1].own), &x[2].own)
}

/// Element-wise sum mod 2.
pub(crate) fn xor(x: &Planes, y: &Planes) -> Planes {
    let words = x.words().iter().zip(y.words()).map(|(x, y)| x ^ y).collect();
    Planes::from_words(x.elements(), x.count(), words)
}

/// Runs a kernel, where the future of role i is `kernel(context)`; what is sent must be what the table says.
pub(crate) fn run<R: Ring, T, F: Future<Output = T>>(
    dealer: Party,
    table: &[Message],
    seed: u64,
    kernel: impl Fn(Context<R>) -> F,
) -> [T; 3] {
    let outcome = world::run(dealer, table, |party| Seeded::source::<R>(party, seed), kernel);
    let expected = cost(table);
    assert_eq!(outcome.measured.bytes, expected.bytes, "every role sends what the table says");
    if expected.bits > 0 {
        assert_eq!(outcome.measured.rounds, expected.rounds, "messages move in as many rounds as the table has");
    }
    outcome.results
}

/// All dealers.
pub(crate) fn dealers() -> impl Iterator<Item = Party> {
    (0..3).map(Party)
}
