//! Products, and the way back from terms to replicated shares (ABY3, eprint 2018/403, section 3).
//!
//! # Equations
//!
//! A product of replicated values is a sum of three terms, one for each party, without a message ([`product_terms`]):
//!
//! ```text
//! z_i = x_i·y_i + x_i·y_(i+1) + x_(i+1)·y_i = x_i·(y_i + y_(i+1)) + x_(i+1)·y_i.
//! ```
//!
//! [`reshare`]: with k_01, k_12, k_02 from the three pair keys, y_0 = z_0 + k_01 − k_02, y_1 = z_1 + k_12 − k_01 and y_2 = z_2 + k_02 − k_12 have the
//! same sum; P_i sends y_i to the party before it. One round, 3K bits. [`reshare_pair`]: of halves z1 at P1 and z2 at P2,
//! y_1 = k_01 and y_0 = k_02 come from keys; P1 sends z1 − k_01, P2 sends z2 − k_02 to the other, whose sum is y_2. One round, 2K bits.
//!
//! # Security
//!
//! The receiver of y_i lacks one of its two keys: y_0 goes to P2, who lacks k_01; y_1 to P0, who lacks k_12; y_2 to P1, who lacks k_02.
//! In `reshare_pair` P2 lacks k_01 and P1 lacks k_02. So every message is uniform given what its receiver knows, and it is or fixes a share of the
//! result, which is the receiver's anyway. Exact on the whole ring; never fails.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Ring, vectorize};

/// This party's term of the element-wise product.
pub fn product_terms<R: Ring>(x: View<'_, R>, y: View<'_, R>) -> Vec<R> {
    assert_eq!(x.len(), y.len(), "factors have one shape");
    let term = |(((x, x_next), y), y_next): (((&R, &R), &R), &R)| x.times(y.plus(*y_next)).plus(x_next.times(*y));
    vectorize(
        #[inline(always)]
        || x.own.iter().zip(x.next).zip(y.own).zip(y.next).map(term).collect(),
    )
}

/// Messages of [`reshare`] on `n` elements of `bits` bits.
pub fn reshare_table(n: usize, bits: u32) -> Vec<Message> {
    Role::ALL.map(|role| Message::new(0, role, role.previous(), n as u64 * u64::from(bits))).to_vec()
}

/// Replicated shares of z0 + z1 + z2, where `z` is this party's term.
pub async fn reshare<R: Ring>(ctx: &Context<R>, mut z: Vec<R>) -> Arith<R> {
    let (n, me) = (z.len(), ctx.role());
    let plus = ctx.draw(Pair::with_next(me), 0, n);
    let minus = ctx.draw(Pair::with_previous(me), 0, n);
    vectorize(
        #[inline(always)]
        || z.iter_mut().zip(plus).zip(minus).for_each(|((z, plus), minus)| *z = z.plus(plus).minus(minus)),
    );
    ctx.send_elements(0, me.previous(), z.clone());
    Arith { next: ctx.receive_elements(0, me.next(), n).await, own: z }
}

/// Messages of [`reshare_pair`] on `n` elements of `bits` bits, at step `first`.
pub fn reshare_pair_table(n: usize, bits: u32, first: u8) -> Vec<Message> {
    Message::swap(first, Role::P1, Role::P2, n as u64 * u64::from(bits)).to_vec()
}

/// Replicated shares of `n` elements z1 + z2, where P1 has z1 and P2 has z2; P0's `half` is not looked at.
pub async fn reshare_pair<R: Ring>(ctx: &Context<R>, mut half: Vec<R>, n: usize, steps: Steps) -> Arith<R> {
    let (pair, peer) = match ctx.role() {
        Role::P0 => {
            let [own, next] = [Pair::P02, Pair::P01].map(|pair| ctx.draw(pair, steps.label, n));
            return Arith { own, next };
        }
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let key = ctx.draw(pair, steps.label, n);
    half.iter_mut().zip(&key).for_each(|(half, key)| *half = half.minus(*key));
    ctx.send_elements(steps.first, peer, half.clone());
    let theirs = ctx.receive_elements(steps.first, peer, n).await;
    half.iter_mut().zip(theirs).for_each(|(half, theirs)| *half = half.plus(theirs));
    if ctx.role() == Role::P1 { Arith { own: key, next: half } } else { Arith { own: half, next: key } }
}

/// How many steps and labels [`reshare_pair`] takes.
pub const RESHARE_PAIR_STEPS: Steps = Steps { first: 1, label: 1 };
