//! Replicated XOR shares of bits: conjunction, and the way back from halves (Araki et al., CCS 2016).
//!
//! # Equations
//!
//! Everything of `multiply` modulo 2, 64 bits a word. [`and`]: z_i = x_i·y_i ⊕ x_i·y_(i+1) ⊕ x_(i+1)·y_i ⊕ k_(i, i+1) ⊕ k_(i−1, i); P_i sends z_i to the
//! party before it. One round, 3 bits for each bit. [`replicate`], of halves z1 at P1 and z2 at P2: y_1 = k_01, y_0 = k_02 and
//! y_2 = (z1 ⊕ k_01) ⊕ (z2 ⊕ k_02), whose terms P1 and P2 exchange. One round, 2 bits for each bit.
//!
//! # Security
//!
//! The receiver of z_i lacks the key k_(i, i+1), P2 lacks k_01, and P1 lacks k_02: each message is uniform given what its receiver knows. Exact;
//! never fails.

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

/// Replicated shares of `count` planes of `n` bits z1 ⊕ z2, where P1 has z1 and P2 has z2; P0's `half` is not looked at.
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
