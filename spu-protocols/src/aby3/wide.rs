//! Halves in a ring of twice the bits: values that P0 deals in Z_2^2K, and their upper words as shares in Z_2^K.
//!
//! # Equations
//!
//! P1 and P2 hold halves of z modulo 2^2K, −2^(2K−2) ≤ z < 2^(2K−2). Each opens its half under a mask of its key with P0, who knows the
//! sum r of the masks: c = z + r + 2^(2K−2). Over the integers c − r = z + 2^(2K−2) + 2^2K·n·m, as in
//! [truncate](mod@super::truncate), with r read as a signed integer. Divided by 2^K the last term is a multiple of 2^K: it vanishes, and
//! with it the only product. Up to the rounding,
//!
//! ```text
//! z >> K  =  F(c) − G(r)  mod 2^K,   F(c) = (c >> K) − 2^(K−2),   G(r) = r >> K.
//! ```
//!
//! F is a share that P1 and P2 know; −G is split into q, from the key (P0, P1), and −G − q, which P0 sends to P2.
//!
//! | message | mask, unknown to the receiver | bits |
//! |---|---|---|
//! | P1 → P2 and P2 → P1: half + r_i | r_i, key with P0 | 2 · 2K |
//! | P0 → P2: −G(r) − q, dealt | q, key (P0, P1) | K |
//!
//! One round, 5K bits: [`upper_words`]. The result is ⌊z/2^K⌋ + [z mod 2^K > C], C = c mod 2^K uniform and known to P1 and P2 (to P0 as
//! 2^K − 1 − (r mod 2^K)): 0 or +1 ulp, never fails, as in `truncate`. Security: each message has a mask of its own that its receiver lacks.
//!
//! An internal ring may also be the ring itself ([`deal`] serves both).

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::Arith;
use super::steps::Steps;
use crate::ring::{Ring, vectorize};

/// `n` uniform elements of Z_2^(K·ratio) that only `pair` knows.
fn draw<R: Ring, I: Ring>(ctx: &Context<R>, pair: Pair, label: u8, n: usize) -> Vec<I> {
    let ratio = (I::BITS / R::BITS) as usize;
    I::from_words(R::into_words(ctx.draw(pair, label, n * ratio)), n)
}

/// Halves, at P1 and P2, of `n` elements of I that P0 knows; P0 gets none. The `value` of the others is not looked at. Messages and steps
/// are those of [`super::inject::deal_table`].
pub(super) async fn deal<R: Ring, I: Ring>(ctx: &Context<R>, mut value: Vec<I>, n: usize, steps: Steps) -> Vec<I> {
    match ctx.role() {
        Role::P0 => {
            let key = draw(ctx, Pair::P02, steps.label, n);
            value.iter_mut().zip(key).for_each(|(value, key): (&mut I, I)| *value = value.minus(key));
            ctx.send(steps.first, Role::P1, I::into_words(value));
            Vec::new()
        }
        Role::P1 => I::from_words(ctx.receive(steps.first, Role::P0).await, n),
        Role::P2 => draw(ctx, Pair::P02, steps.label, n),
    }
}

/// Messages of [`upper_words`] on `n` elements of `bits` bits, from step `first` on.
pub(super) fn upper_words_table(n: usize, bits: u32, first: u8) -> Vec<Message> {
    let whole = n as u64 * u64::from(bits);
    let [there, back] = Message::swap(first, Role::P1, Role::P2, 2 * whole);
    vec![there, back, Message::dealt(first + 1, Role::P0, Role::P2, whole)]
}

/// z >> K of `n` elements z = z1 + z2 modulo 2^2K, where P1 has z1 and P2 has z2; P0's `half` is not looked at.
pub(super) async fn upper_words<R: Ring, I: Ring>(ctx: &Context<R>, half: Vec<I>, n: usize, steps: Steps) -> Arith<R> {
    assert!(I::BITS == 2 * R::BITS, "the internal ring has twice the bits");
    let upper = |x: I| R::from_u128(x.shr(R::BITS).to_u128());
    let (pair, peer) = match ctx.role() {
        Role::P0 => {
            let r: Vec<I> = draw(ctx, Pair::P01, steps.label, n);
            let r2: Vec<I> = draw(ctx, Pair::P02, steps.label, n);
            let q = ctx.draw(Pair::P01, steps.label + 1, n);
            let rest = |((r, r2), q): ((&I, I), &R)| upper(r.plus(r2)).plus(*q).negated();
            let rest: Vec<R> = r.iter().zip(r2).zip(&q).map(rest).collect();
            ctx.send_elements(steps.first + 1, Role::P2, rest.clone());
            return Arith { own: rest, next: q };
        }
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mut c: Vec<I> = draw(ctx, pair, steps.label, n);
    add(&mut c, &half);
    ctx.send(steps.first, peer, I::into_words(c.clone()));
    add(&mut c, &I::from_words(ctx.receive(steps.first, peer).await, n));
    let quarter = I::power_of_two(I::BITS - 2);
    let low_quarter = R::power_of_two(R::BITS - 2);
    let f: Vec<R> = c.iter().map(|c| upper(c.plus(quarter)).minus(low_quarter)).collect();
    match ctx.role() {
        Role::P1 => Arith { own: ctx.draw(Pair::P01, steps.label + 1, n), next: f },
        _ => Arith { own: f, next: ctx.receive_elements(steps.first + 1, Role::P0, n).await },
    }
}

fn add<I: Ring>(sum: &mut [I], terms: &[I]) {
    vectorize(
        #[inline(always)]
        || sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum = sum.plus(*term)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, halves};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, uniform};

    const AT: Steps = Steps { first: 3, label: 5 };

    fn check<R: Ring, I: Ring>() {
        let end = 1i128 << (I::BITS - 2);
        let unit = 1i128 << R::BITS;
        let edges = [-end, 1 - end, end - 1, 0, 1, -1, unit, unit - 1, -unit, 1 - unit, -unit - 1, end / 2];
        for n in SIZES {
            let spread = uniform::<I>(n, 5).into_iter().map(|z| z.signed() >> 2);
            let z: Vec<i128> = edges.into_iter().chain(spread).take(n).collect();
            let first = uniform::<I>(n, 6);
            let second: Vec<I> = z.iter().zip(&first).map(|(z, first)| I::from_i128(*z).minus(*first)).collect();
            for dealer in dealers() {
                let got = run(dealer, &upper_words_table(n, R::BITS, 3), 9, |ctx: Context<R>| {
                    let half = if ctx.role() == Role::P1 { first.clone() } else { second.clone() };
                    async move { upper_words(&ctx, half, n, AT).await }
                });
                for (z, got) in z.iter().zip(reconstruct(&got)) {
                    let error = got.signed() - (z >> R::BITS);
                    assert!(error == 0 || error == 1 && z & (unit - 1) != 0, "{z} gives {got:?}");
                }
            }
        }
    }

    #[test]
    fn the_upper_word_or_one_more() {
        check::<u32, u64>();
        check::<u64, u128>();
    }

    #[test]
    fn one_round_and_five_words() {
        let cost = cost(&upper_words_table(64, 64, 0));
        assert_eq!((cost.rounds, cost.bits), (1, 5 * 64 * 64));
    }

    #[test]
    fn views_do_not_depend_on_the_halves() {
        let kernel = |ctx: Context<u32>, operands: Operands| async move {
            let half = operands.only::<u64>(0..2);
            upper_words(&ctx, half, 1, AT).await
        };
        Subject::new([halves(64)], upper_words_table(1, 32, 3), kernel).distinguish(2000).expect("statistical");
    }

    /// P2 is told −G(r) without its mask and so knows z >> K, which its own half of z hides where that is drawn anew for every run.
    #[test]
    fn a_missing_mask_of_what_is_dealt_is_found() {
        let bare = AT.first + 2;
        let kernel = |ctx: Context<u32>, operands: Operands| async move {
            let shares = upper_words::<u32, u64>(&ctx, operands.only(0..2), 1, AT).await;
            match ctx.role() {
                Role::P0 => ctx.send_elements(bare, Role::P2, vec![shares.own[0].plus(shares.next[0])]),
                Role::P1 => {}
                Role::P2 => drop(ctx.receive_elements(bare, Role::P0, 1).await),
            }
            shares
        };
        let table = [upper_words_table(1, 32, 3), vec![Message::dealt(bare, Role::P0, Role::P2, 32)]].concat();
        assert!(Subject::new([halves(64)], table, kernel).distinguish(2000).is_err());
    }
}
