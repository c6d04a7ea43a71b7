//! Replicated XOR shares of bits: conjunction, and the way back from halves (Araki et al., CCS 2016).
//!
//! # Equations
//!
//! Everything of `multiply` modulo 2, 64 bits a word. [`and`]: z_i = x_i·y_i ⊕ x_i·y_(i+1) ⊕ x_(i+1)·y_i ⊕ k_(i, i+1) ⊕
//! k_(i−1, i); P_i sends z_i to the party before it. One round, 3 bits for each bit. [`replicate`], of halves z1 at P1
//! and z2 at P2: y_1 = k_01, y_0 = k_02 and y_2 = (z1 ⊕ k_01) ⊕ (z2 ⊕ k_02), whose terms P1 and P2 exchange. One round,
//! 2 bits for each bit.
//!
//! # Security
//!
//! The receiver of z_i lacks the key k_(i, i+1), P2 lacks k_01, and P1 lacks k_02: each message is uniform given what
//! its receiver knows. Exact; never fails.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::BitShares;
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// Messages of [`and`] on `count` planes of `n` bits.
pub fn and_table(n: usize, count: usize) -> Vec<Message> {
    Role::ALL.map(|role| Message::new(0, role, role.previous(), (n * count) as u64)).to_vec()
}

/// x ∧ y, bit by bit.
pub async fn and<R: Ring>(ctx: &Context<R>, x: &BitShares, y: &BitShares) -> BitShares {
    let (n, count, me) = (x.own.elements(), x.own.count(), ctx.role());
    assert_eq!((n, count), (y.own.elements(), y.own.count()), "both operands have the same bits");
    let mut z = ctx.draw_planes(Pair::with_next(me), 0, n, count);
    let zero = ctx.draw_planes(Pair::with_previous(me), 0, n, count);
    let operands = x.own.words().iter().zip(x.next.words()).zip(y.own.words()).zip(y.next.words());
    vectorize(
        #[inline(always)]
        || {
            for ((z, zero), (((x, x_next), y), y_next)) in z.words_mut().iter_mut().zip(zero.words()).zip(operands) {
                *z ^= zero ^ x & (y ^ y_next) ^ x_next & y;
            }
        },
    );
    ctx.send_planes(0, me.previous(), z.clone());
    BitShares { next: ctx.receive_planes(0, me.next(), n, count).await, own: z }
}

/// Messages of [`replicate`] on `count` planes of `n` bits, at step `first`.
pub fn replicate_table(n: usize, count: usize, first: u8) -> Vec<Message> {
    Message::swap(first, Role::P1, Role::P2, (n * count) as u64).to_vec()
}

/// Replicated shares of `count` planes of `n` bits z1 ⊕ z2, where P1 has z1 and P2 has z2; P0's `half` is not looked
/// at.
pub async fn replicate<R: Ring>(
    ctx: &Context<R>,
    mut half: Planes,
    (n, count): (usize, usize),
    steps: Steps,
) -> BitShares {
    let (pair, peer) = match ctx.role() {
        Role::P0 => {
            let [own, next] = [Pair::P02, Pair::P01].map(|pair| ctx.draw_planes(pair, steps.label, n, count));
            return BitShares { own, next };
        }
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let key = ctx.draw_planes(pair, steps.label, n, count);
    xor_into(&mut half, &key);
    ctx.send_planes(steps.first, peer, half.clone());
    xor_into(&mut half, &ctx.receive_planes(steps.first, peer, n, count).await);
    if ctx.role() == Role::P1 { BitShares { own: key, next: half } } else { BitShares { own: half, next: key } }
}

/// How many steps and labels [`replicate`] takes.
pub const REPLICATE_STEPS: Steps = Steps { first: 1, label: 1 };

/// Adds `other` to `planes`, bit by bit.
pub fn xor_into(planes: &mut Planes, other: &Planes) {
    assert_eq!((planes.elements(), planes.count()), (other.elements(), other.count()), "both have the same bits");
    planes.words_mut().iter_mut().zip(other.words()).for_each(|(word, other)| *word ^= other);
}

/// Calls `each` with the index of every element and its bit in a plane, as a ring element.
#[inline(always)]
pub(super) fn for_each_bit<R: Ring>(plane: &[u64], n: usize, mut each: impl FnMut(usize, R)) {
    for (word, &bits) in plane[..n / 64].iter().enumerate() {
        for i in 0..64 {
            each(64 * word + i, R::from_u128(u128::from(bits >> i & 1)));
        }
    }
    for i in n - n % 64..n {
        each(i, R::from_u128(u128::from(plane[i / 64] >> (i % 64) & 1)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, halves, replicated};
    use super::super::trial::{SIZES, dealers, reconstruct_bits, run, share_bits, uniform_bits};
    use super::*;
    use crate::ring::Z16;

    #[test]
    fn results_are_the_conjunction_and_the_sum() {
        for (n, count) in SIZES.into_iter().flat_map(|n| [(n, 1), (n, 5)]) {
            let (x, y) = (uniform_bits(n, count, 1), uniform_bits(n, count, 2));
            let (xs, ys) = (share_bits(&x, 3), share_bits(&y, 4));
            for dealer in dealers() {
                let got = reconstruct_bits(&run(dealer, &and_table(n, count), 5, |ctx: Context<u64>| {
                    let (x, y) = (xs[ctx.role() as usize].clone(), ys[ctx.role() as usize].clone());
                    async move { and(&ctx, &x, &y).await }
                }));
                let bits = (0..count).flat_map(|j| (0..n).map(move |i| (j, i)));
                assert!(bits.clone().all(|(j, i)| got.get(j, i) == (x.get(j, i) && y.get(j, i))));
                let got = reconstruct_bits(&run(dealer, &replicate_table(n, count, 2), 6, |ctx: Context<u64>| {
                    let half = if ctx.role() == Role::P1 { x.clone() } else { y.clone() };
                    async move { replicate(&ctx, half, (n, count), Steps { first: 2, label: 3 }).await }
                }));
                assert!(bits.clone().all(|(j, i)| got.get(j, i) == (x.get(j, i) != y.get(j, i))));
            }
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let conjunction = cost(&and_table(100, 7));
        assert_eq!((conjunction.rounds, conjunction.bits, conjunction.bytes), (1, 2_100, [88; 3]));
        let halves = cost(&replicate_table(100, 7, 0));
        assert_eq!((halves.rounds, halves.bits, halves.bytes), (1, 1_400, [0, 88, 88]));
    }

    #[test]
    fn views_do_not_depend_on_the_bits() {
        let conjunction =
            Subject::new([replicated(1), replicated(1)], and_table(1, 1), |ctx: Context<Z16>, x| async move {
                and(&ctx, &x.bits(0), &x.bits(3)).await
            });
        conjunction.enumerate(30_000).expect("exact");
        let halves = Subject::new([halves(1)], replicate_table(1, 1, 0), |ctx: Context<Z16>, x| async move {
            replicate(&ctx, x.only_bit(0..2), (1, 1), Steps::START).await
        });
        halves.enumerate(30_000).expect("exact");
    }
}
