//! Secret uniform numbers of t bits.
//!
//! # Equations
//!
//! r0, r1, r2 of t bits come from the keys (P0, P2), (P0, P1) and (P1, P2). r = r0 + r1 + r2 mod 2^t is uniform, and so it is to each party, who lacks
//! one of them. As integers,
//!
//! ```text
//! r0 + r1 = a + 2^t·w,   a + r2 = r + 2^t·v,   r = (r0 + r1 + r2) − 2^t·(w + v):
//! ```
//!
//! P0 knows a and w, P1 and P2 know r2: v is a carry (`carry`), opened to P1 and P2 under a mask, c = v ⊕ λ. P0 deals λ and w, so
//! w + v = w + c + (1 − 2c)·λ is in halves at P1 and P2, and is shared again modulo 2^(K−t).
//!
//! | round | who | what | bits (K = 64, t = 18) |
//! |---|---|---|---|
//! | 1 to 3 | | the carry | 101 |
//! | 1, 4 | P0 → P1, P1 ↔ P2 | λ and w; v, masked | 2·46 + 2 |
//! | 5 | P1 ↔ P2 | halves of w + v less a mask each | 92 |
//!
//! Five rounds that wait for nothing. Exact: every value of [0, 2^t) is equally likely.
//!
//! # Security
//!
//! P0 knows r0 + r1 and lacks r2, P1 lacks r0, P2 lacks r1: to none is r less than uniform, whatever it sees.
//! P0 receives nothing; all else is masked as in [sign](mod@super::sign), [inject](mod@super::inject) and [multiply](mod@super::multiply).

use super::context::Context;
use super::inject::{OPEN_MASKED_STEPS, open_masked, open_masked_table};
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::Arith;
use super::shuffle::received;
use super::sign::{HALVES_STEPS, halves_table, sign_halves_of};
use super::steps::Steps;
use crate::ring::{Planes, Ring, pack_fields};

/// Messages of [`uniform`] for `n` numbers of `width` bits in a ring of `bits` bits.
pub fn table(n: usize, width: u32, bits: u32) -> Vec<Message> {
    let element = n as u64 * u64::from(bits - width);
    let mut table = halves_table(n, width + 1, FIRST.first);
    table.extend(open_masked_table(n, 1, OPEN.first));
    table.push(Message::dealt(DEAL.first, Role::P0, Role::P1, 2 * element));
    table.extend(Message::swap(DEAL.first + 1, Role::P1, Role::P2, element));
    table
}

/// `n` uniform numbers of `width` bits, less than K − 1.
pub async fn uniform<R: Ring>(ctx: &Context<R>, n: usize, width: u32) -> Arith<R> {
    let (role, high) = (ctx.role(), R::BITS - width);
    let [mut own, mut next] =
        [Pair::with_previous(role), Pair::with_next(role)].map(|pair| ctx.draw_low(pair, 0, width, n));
    let summand: Vec<R> = match role {
        Role::P0 => own.iter().zip(&next).map(|(x, y)| x.plus(*y).low(width)).collect(),
        Role::P1 => next.clone(),
        Role::P2 => own.clone(),
    };
    // The sum of two numbers of t bits has the carry as its top bit of t + 1.
    let halves = sign_halves_of(ctx, &summand, width + 1, FIRST).await;
    let c = open_masked(ctx, halves.unwrap_or_else(|| Planes::zero(n, 1)), OPEN).await;
    let bit = |i: usize| R::from_u128(u128::from(c.get(0, i)));
    let draw = |pair, label| ctx.draw_low(pair, label, high, n);
    let excess = match role {
        Role::P0 => {
            let wraps = own.iter().zip(&next).map(|(x, y)| x.plus(*y).shr(width));
            let mut dealt: Vec<R> = (0..n).map(bit).collect();
            dealt.extend(wraps);
            let keys = [draw(Pair::P02, DEAL.label), draw(Pair::P02, DEAL.label + 1)].concat();
            dealt.iter_mut().zip(keys).for_each(|(x, key)| *x = x.minus(key));
            ctx.send(DEAL.first, Role::P1, pack_fields(&dealt, high));
            [draw(Pair::P02, RESHARE), draw(Pair::P01, RESHARE)]
        }
        Role::P1 | Role::P2 => {
            let (lambda, wraps, pair, peer, one) = if role == Role::P1 {
                let mut lambda = received::<R>(ctx, DEAL.first, Role::P0, high, 2 * n).await;
                let wraps = lambda.split_off(n);
                (lambda, wraps, Pair::P01, Role::P2, R::ONE)
            } else {
                let [lambda, wraps] = [0, 1].map(|i| draw(Pair::P02, DEAL.label + i));
                (lambda, wraps, Pair::P02, Role::P1, R::ZERO)
            };
            let key = draw(pair, RESHARE);
            let half = (0..n).map(|i| {
                let (c, lambda) = (bit(i), lambda[i]);
                wraps[i].plus(c.times(one)).plus(lambda).minus(c.times(lambda).shl(1)).minus(key[i])
            });
            let mut sum: Vec<R> = half.collect();
            ctx.send(DEAL.first + 1, peer, pack_fields(&sum, high));
            let theirs = received::<R>(ctx, DEAL.first + 1, peer, high, n).await;
            sum.iter_mut().zip(theirs).for_each(|(x, y)| *x = x.plus(y));
            if role == Role::P1 { [key, sum] } else { [sum, key] }
        }
    };
    for (share, excess) in [&mut own, &mut next].into_iter().zip(excess) {
        share.iter_mut().zip(excess).for_each(|(x, excess)| *x = x.minus(excess.shl(width)));
    }
    Arith { own, next }
}

const FIRST: Steps = Steps { first: 0, label: 1 };
const OPEN: Steps = FIRST.past(HALVES_STEPS);
const DEAL: Steps = OPEN.past(OPEN_MASKED_STEPS);
const RESHARE: u8 = DEAL.label + 2;

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::Subject;
    use super::super::trial::{SIZES, dealers, reconstruct, run};
    use super::*;
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize, width: u32) {
        for dealer in dealers() {
            let got =
                run(
                    dealer,
                    &table(n, width, R::BITS),
                    3,
                    |ctx: Context<R>| async move { uniform(&ctx, n, width).await },
                );
            let numbers = reconstruct(&got);
            assert!(numbers.iter().all(|x| x.shr(width) == R::ZERO), "{width} bits");
            if n == 1000 {
                for bit in 0..width {
                    // Seven standard deviations of 1000 fair bits: 2.6e-12 by chance.
                    let ones = numbers.iter().filter(|x| x.bit(bit) == R::ONE).count();
                    assert!((ones as i64 - 500).unsigned_abs() < 111, "bit {bit}: {ones}");
                }
            }
        }
    }

    #[test]
    fn numbers_have_their_bits() {
        for n in SIZES {
            [8, 18, 20, 53].into_iter().for_each(|width| check::<u64>(n, width));
            check::<u32>(n, 8);
            check::<u128>(n, 40);
        }
        check::<Z16>(1000, 2);
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let cost = cost(&table(64, 18, 64));
        assert_eq!((cost.rounds, cost.bits / 64), (5, 287));
    }

    #[test]
    fn views_are_uniform() {
        let components: [Vec<super::super::privacy::Component>; 0] = [];
        let statistical =
            Subject::new(
                components,
                table(1, 18, 64),
                |ctx: Context<u64>, _| async move { uniform(&ctx, 1, 18).await },
            );
        statistical.distinguish(1000).expect("statistical");
    }

    #[test]
    fn no_party_knows_the_number() {
        let components: [Vec<super::super::privacy::Component>; 0] = [];
        let kernel = |ctx: Context<Z16>, _| async move { uniform(&ctx, 1, 2).await };
        let number = |shares: &[Arith<Z16>; 3]| reconstruct(shares)[0].to_u128() as usize;
        Subject::new(components, table(1, 2, 4), kernel).unpredictable(4, number, &[1; 4]).expect("exact");
    }
}
