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
//! [`reshare`]: with k_01, k_12, k_02 from the three pair keys, y_0 = z_0 + k_01 − k_02, y_1 = z_1 + k_12 − k_01 and
//! y_2 = z_2 + k_02 − k_12 have the same sum; P_i sends y_i to the party before it. One round, 3K bits.
//! [`reshare_pair`]: of halves z1 at P1 and z2 at P2, y_1 = k_01 and y_0 = k_02 come from keys; P1 sends z1 − k_01, P2
//! sends z2 − k_02 to the other, whose sum is y_2. One round, 2K bits.
//!
//! # Security
//!
//! The receiver of y_i lacks one of its two keys: y_0 goes to P2, who lacks k_01; y_1 to P0, who lacks k_12; y_2 to P1,
//! who lacks k_02. In `reshare_pair` P2 lacks k_01 and P1 lacks k_02. So every message is uniform given what its
//! receiver knows, and it is or fixes a share of the result, which is the receiver's anyway. Exact on the whole ring;
//! never fails.

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

/// Replicated shares of `n` elements z1 + z2, where P1 has z1 and P2 has z2; P0's `half` is not looked at. Values that
/// are ready together are joined before, so that they share a message and a round.
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

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, halves, terms};
    use super::super::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use super::*;
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize) {
        let (x, y) = (uniform::<R>(n, 1), uniform::<R>(n, 2));
        let (xs, ys) = (share(&x, 3), share(&y, 4));
        let wrap = |z: i128| R::from_i128(z);
        let product: Vec<R> = x.iter().zip(&y).map(|(x, y)| wrap(x.signed().wrapping_mul(y.signed()))).collect();
        let total: Vec<R> = x.iter().zip(&y).map(|(x, y)| wrap(x.signed().wrapping_add(y.signed()))).collect();
        for dealer in dealers() {
            let got = run(dealer, &reshare_table(n, R::BITS), 5, |ctx: Context<R>| {
                let role = ctx.role() as usize;
                let terms = product_terms(xs[role].view(), ys[role].view());
                async move { reshare(&ctx, terms).await }
            });
            assert_eq!(reconstruct(&got), product);
            let got = run(dealer, &reshare_pair_table(n, R::BITS, 3), 6, |ctx: Context<R>| {
                let half = [Vec::new(), x.clone(), y.clone()].into_iter().nth(ctx.role() as usize).expect("a role");
                async move { reshare_pair(&ctx, half, n, Steps { first: 3, label: 8 }).await }
            });
            assert_eq!(reconstruct(&got), total);
        }
    }

    #[test]
    fn shares_are_of_the_product_and_of_the_sum() {
        for n in SIZES {
            check::<u32>(n);
            check::<u64>(n);
            check::<u128>(n);
            check::<Z16>(n);
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let all = cost(&reshare_table(100, 64));
        assert_eq!((all.rounds, all.bits, all.bytes), (1, 19_200, [800; 3]));
        let pair = cost(&reshare_pair_table(100, 64, 0));
        assert_eq!((pair.rounds, pair.bits, pair.bytes), (1, 12_800, [0, 800, 800]));
    }

    #[test]
    fn views_do_not_depend_on_the_terms() {
        macro_rules! check {
            ($ring:ty, $way:ident($size:expr)) => {
                let bits = <$ring>::BITS;
                Subject::new([terms(bits)], reshare_table(1, bits), |ctx: Context<$ring>, z| async move {
                    reshare(&ctx, z.only(0..3)).await
                })
                .$way($size)
                .expect("terms");
                Subject::new([halves(bits)], reshare_pair_table(1, bits, 0), |ctx: Context<$ring>, z| async move {
                    reshare_pair(&ctx, z.only(0..2), 1, Steps::START).await
                })
                .$way($size)
                .expect("halves");
            };
        }
        check!(Z16, enumerate(30_000));
        check!(u64, distinguish(4000));
    }
}
