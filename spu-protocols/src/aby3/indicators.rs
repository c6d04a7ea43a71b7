//! Which value a few shared bits have: a 0 or 1 for each value but 0, as residues (a lookup of the identity table, with the dealer of Ishai et al.,
//! TCC 2013).
//!
//! # Equations
//!
//! A digit v of w replicated bits is v = λ ⊕ c with λ = v0 ⊕ v1 at P0 and c = v2 at P1 and P2, bit by bit. P0 deals e_u = `[λ = u]` for u = 1 … 2^w − 1
//! modulo 2^m (P2's halves come from the key (P0, P2)), and e_0 = 1 − Σ e_u. Then
//!
//! ```text
//! [v = u] = e_(u ⊕ c):
//! ```
//!
//! P1 and P2 exchange their halves of e_u and e_(u ⊕ 2^i) where bit i of c is set, by arithmetic alone, and share the result again.
//!
//! | round | who | what | bits an element |
//! |---|---|---|---|
//! | 1 | P0 → P1 | e_u less a mask | (2^w − 1)·m |
//! | 2 | P1 ↔ P2 | halves of `[v = u]` less a mask each | 2·(2^w − 1)·m |
//!
//! Two rounds, 3·(2^w − 1)·m bits; exact, never fails.
//!
//! # Security
//!
//! P0 receives nothing; P1 receives halves under draws of the key (P0, P2), and P1 and P2 receive re-shared halves under keys that they lack.

use super::context::Context;
use super::inject::split_bit;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::{Arith, BitShares};
use super::shuffle::received;
use crate::ring::{Ring, pack_fields};

/// Messages of [`indicators`] on `n` digits of `digit` bits, modulo 2^`width`.
pub fn table(n: usize, digit: u32, width: u32) -> Vec<Message> {
    let bits = n as u64 * u64::from(width) * ((1 << digit) - 1);
    let [there, back] = Message::swap(1, Role::P1, Role::P2, bits);
    vec![Message::dealt(0, Role::P0, Role::P1, bits), there, back]
}

/// `[v = u]` modulo 2^`width`: a column of all elements for u = 1, then one for u = 2, …
pub async fn indicators<R: Ring>(ctx: &Context<R>, v: &BitShares, width: u32) -> Arith<R> {
    let (n, values) = (v.own.elements(), 1usize << v.own.count());
    let known = split_bit(ctx.role(), v);
    let count = (values - 1) * n;
    let bit = |i: usize, element: usize| known.plane(i)[element / 64] >> (element % 64) & 1;
    let draw = |pair, label| ctx.draw_low(pair, label, width, count);
    let packed = |x: &[R]| pack_fields(x, width);
    let (halves, pair, peer, one) = match ctx.role() {
        Role::P0 => {
            let mut dealt = draw(Pair::P02, DEAL);
            dealt.iter_mut().for_each(|x| *x = x.negated());
            for element in 0..n {
                let lambda = (0..v.own.count()).fold(0, |value, i| value | bit(i, element) << i);
                for u in 1..values {
                    let same = u128::from(u64::from(lambda == u as u64));
                    let at = &mut dealt[(u - 1) * n + element];
                    *at = at.plus(R::from_u128(same));
                }
            }
            ctx.send(0, Role::P1, packed(&dealt));
            return Arith { own: draw(Pair::P02, RESHARE), next: draw(Pair::P01, RESHARE) };
        }
        Role::P1 => (received(ctx, 0, Role::P0, width, count).await, Pair::P01, Role::P2, R::ONE),
        Role::P2 => (draw(Pair::P02, DEAL), Pair::P02, Role::P1, R::ZERO),
    };
    let mut rest = vec![one; n];
    halves.chunks(n.max(1)).for_each(|e| rest.iter_mut().zip(e).for_each(|(rest, e)| *rest = rest.minus(*e)));
    let mut e = [rest, halves].concat();
    for i in 0..v.own.count() {
        for u in (0..values).filter(|u| u >> i & 1 == 0) {
            let (low, high) = e.split_at_mut((u | 1 << i) * n);
            let pairs = low[u * n..].iter_mut().zip(high).take(n).enumerate();
            for (element, (x, y)) in pairs {
                let difference = x.minus(*y).times(R::from_u128(bit(i, element).into()));
                (*x, *y) = (x.minus(difference), y.plus(difference));
            }
        }
    }
    let mut half = e.split_off(n);
    let key = draw(pair, RESHARE);
    half.iter_mut().zip(&key).for_each(|(half, key)| *half = half.minus(*key));
    ctx.send(1, peer, packed(&half));
    let theirs = received::<R>(ctx, 1, peer, width, count).await;
    half.iter_mut().zip(theirs).for_each(|(half, theirs)| *half = half.plus(theirs).low(width));
    if ctx.role() == Role::P1 { Arith { own: key, next: half } } else { Arith { own: half, next: key } }
}

/// Labels of draws.
const DEAL: u8 = 0;
const RESHARE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, replicated};
    use super::super::trial::{SIZES, dealers, reconstruct, run, share_bits, uniform_bits};
    use super::*;
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize, digit: u32, width: u32) {
        let v = uniform_bits(n, digit as usize, 1);
        let shares = share_bits(&v, 2);
        let value = |i: usize| (0..digit as usize).map(|j| u32::from(v.get(j, i)) << j).sum::<u32>();
        let column = |u: u32| (0..n).map(move |i| R::from_u128(u128::from(value(i) == u)));
        let expected: Vec<R> = (1..1 << digit).flat_map(column).collect();
        for dealer in dealers() {
            let got = run(dealer, &table(n, digit, width), 3, |ctx: Context<R>| {
                let v = shares[ctx.role() as usize].clone();
                async move { indicators(&ctx, &v, width).await }
            });
            let residues: Vec<R> = reconstruct(&got).into_iter().map(|x| x.low(width)).collect();
            assert_eq!(residues, expected);
        }
    }

    #[test]
    fn one_for_the_value_of_the_digit() {
        for n in SIZES {
            for digit in 1..=3 {
                check::<u64>(n, digit, 10);
                check::<u64>(n, digit, 64);
                check::<u32>(n, digit, 1);
                check::<u128>(n, digit, 31);
                check::<Z16>(n, digit, 3);
            }
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let cost = cost(&table(64, 3, 10));
        assert_eq!((cost.rounds, cost.bits, cost.bytes), (2, 64 * 3 * 7 * 10, [560; 3]));
    }

    #[test]
    fn views_do_not_depend_on_the_digit() {
        let exact = Subject::new([replicated(1)], table(1, 1, 4), |ctx: Context<Z16>, x| async move {
            indicators(&ctx, &x.bits(0), 4).await
        });
        exact.enumerate(60_000).expect("exact");
        let statistical =
            Subject::new([replicated(1), replicated(1)], table(1, 2, 64), |ctx: Context<u64>, x| async move {
                let (a, b) = (x.bits(0), x.bits(3));
                let join = |a: &crate::ring::Planes, b: &crate::ring::Planes| {
                    crate::ring::Planes::from_words(1, 2, [a.words(), b.words()].concat())
                };
                let v = BitShares { own: join(&a.own, &b.own), next: join(&a.next, &b.next) };
                indicators(&ctx, &v, 64).await
            });
        statistical.distinguish(1000).expect("statistical");
    }
}
