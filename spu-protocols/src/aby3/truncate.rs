//! Truncation: division by 2^s, rounded down or up, with the borrow bit (arXiv 1910.12435, eprint 2025/200).
//!
//! # Equations
//!
//! Let two parties a and b know c = z + r + 2^(K−2), the third, d, know r, and −2^(K−2) ≤ z < 2^(K−2). With n = msb(c),
//! m = msb(r) and r read as a signed integer, c − r = z + 2^(K−2) + 2^K·n·m over the integers: for m = 0 the sum z +
//! 2^(K−2) + r stays below 2^K; for m = 1 it passes 2^K exactly when n = 0. Hence, up to the rounding,
//!
//! ```text
//! z >> s  =  F(c) − G(r) − 2^(K−s)·n·m    mod 2^K,   F(c) = (c >> s) − 2^(K−2−s),   G(r) = r >> s (arithmetic).
//! ```
//!
//! F is a share that a and b know. −G is split into q, from the key (a, d), and −G − q, which d sends to b. The last
//! product is needed modulo 2^s alone: m = m_a + m_b mod 2^s with m_a from the key (a, d); a and b exchange n·m_a − t_a
//! and n·m_b − t_b, t_a from the key (a, d) and t_b from the key (b, d), whose sum e = n·m − t_a − t_b is theirs. The
//! shares of the result are
//!
//! ```text
//! (a, b): F(c) − 2^(K−s)·e      (a, d): q − 2^(K−s)·t_a      (b, d): −G(r) − q − 2^(K−s)·t_b.
//! ```
//!
//! | message | mask, unknown to the receiver | bits |
//! |---|---|---|
//! | d → b: −G(r) − q | q, key (a, d) | K |
//! | d → b: m − m_a | m_a, key (a, d) | s |
//! | a → b: n·m_a − t_a | t_a, key (a, d) | s |
//! | b → a: n·m_b − t_b | t_b, key (b, d) | s |
//!
//! - [`truncate_sum`], on additive terms: r0 from the key (P0, P2), r1 from (P1, P2), and P2 takes r = r0 + r1 − z2:
//!   its own term is absorbed. P0 sends z0 + r0 to P1, P1 sends z1 + r1 to P0; a = P0, b = P1, d = P2. Two rounds, 3K +
//!   3s bits.
//! - [`truncate`], on replicated shares: z + r = x1 and r = −(x0 + x2), so nothing is opened. Two rounds, K + 3s bits.
//! - [`truncate_pair`], on halves of P1 and P2: each sends its half plus a mask from its key with P0, who knows both
//!   masks; a = P1, b = P2, d = P0. Two rounds, 3K + 3s bits.
//!
//! # Result, domain, security
//!
//! The result is ⌊z / 2^s⌋ + [z mod 2^s > C] with C = c mod 2^s: an error of 0 or +1 ulp, never more, for −2^(K−2) ≤ z
//! < 2^(K−2) and 1 ≤ s ≤ K − 2; it never fails inside. C is uniform where r is: always in `truncate_sum` and
//! `truncate_pair`; in `truncate` where the sharing is fresh (a constant shared as (v, 0, 0) has C = 0 and rounds up).
//! Every message is masked by a draw that its receiver lacks and that masks nothing else. C is in the view of a and b,
//! and d knows r: the rounding is stochastic with a public coin. Nothing else about z is in a view: given the rounding,
//! what a party receives is a function of its own draws and its own shares of the result.
//!
//! That concerns a result that stays shared, or one that is opened once. Each opened truncation of the same z tells [z mod 2^s > C] for
//! a C that two parties know: opening many independent truncations of one value tells them its low s bits as well.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Ring, pack_fields, unpack_fields, vectorize};

/// Messages of [`truncate_sum`] on `n` elements of `bits` bits.
pub fn sum_table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let mut table = Message::swap(0, Role::P0, Role::P1, n as u64 * u64::from(bits)).to_vec();
    table.extend(shift_table(THIRD_P2, n, shift, bits, 1));
    table
}

/// Messages of [`truncate`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    shift_table(THIRD_P2, n, shift, bits, 0)
}

/// Messages of [`truncate_pair`] on `n` elements of `bits` bits, from step `first` on.
pub fn pair_table(n: usize, shift: u32, bits: u32, first: u8) -> Vec<Message> {
    let mut table = Message::swap(first, Role::P1, Role::P2, n as u64 * u64::from(bits)).to_vec();
    table.extend(shift_table(THIRD_P0, n, shift, bits, first + 1));
    table
}

/// z >> shift of a sum of three terms, of which each party has one.
pub async fn truncate_sum<R: Ring>(ctx: &Context<R>, z: &[R], shift: u32) -> Arith<R> {
    let n = z.len();
    let steps = OPENING;
    let (pair, peer) = match ctx.role() {
        Role::P0 => (Pair::P02, Role::P1),
        Role::P1 => (Pair::P12, Role::P0),
        Role::P2 => {
            let (mut r, r1) = (ctx.draw(Pair::P02, 0, n), ctx.draw(Pair::P12, 0, n));
            r.iter_mut().zip(r1).zip(z).for_each(|((r, r1), &z2)| *r = r.plus(r1).minus(z2));
            return shift_opened(ctx, THIRD_P2, r, shift, steps).await;
        }
    };
    let mut masked = ctx.draw(pair, 0, n);
    masked.iter_mut().zip(z).for_each(|(r, &z)| *r = r.plus(z));
    ctx.send_elements(0, peer, masked.clone());
    add(&mut masked, &ctx.receive_elements(0, peer, n).await);
    shift_opened(ctx, THIRD_P2, masked, shift, steps).await
}

/// x >> shift of a replicated value.
pub async fn truncate<R: Ring>(ctx: &Context<R>, x: View<'_, R>, shift: u32) -> Arith<R> {
    let value = match ctx.role() {
        Role::P0 => x.next.to_vec(),
        Role::P1 => x.own.to_vec(),
        Role::P2 => x.own.iter().zip(x.next).map(|(x2, x0)| x2.plus(*x0).negated()).collect(),
    };
    shift_opened(ctx, THIRD_P2, value, shift, Steps::START).await
}

/// z >> shift of `n` elements z = z1 + z2, where P1 has z1 and P2 has z2; P0's `half` is not looked at.
pub async fn truncate_pair<R: Ring>(ctx: &Context<R>, half: Vec<R>, n: usize, shift: u32, steps: Steps) -> Arith<R> {
    let inner = steps.past(OPENING);
    let (pair, peer) = match ctx.role() {
        Role::P0 => {
            let mut r = ctx.draw(Pair::P01, steps.label, n);
            add(&mut r, &ctx.draw(Pair::P02, steps.label, n));
            return shift_opened(ctx, THIRD_P0, r, shift, inner).await;
        }
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mut masked = ctx.draw(pair, steps.label, n);
    add(&mut masked, &half);
    ctx.send_elements(steps.first, peer, masked.clone());
    add(&mut masked, &ctx.receive_elements(steps.first, peer, n).await);
    shift_opened(ctx, THIRD_P0, masked, shift, inner).await
}

/// How many steps and labels [`truncate_pair`] takes.
pub const PAIR_STEPS: Steps = OPENING.past(SHIFT_STEPS);

/// Messages of [`shift_opened`] from step `first` on.
pub fn shift_table([a, b, d]: [Role; 3], n: usize, shift: u32, bits: u32, first: u8) -> Vec<Message> {
    let (whole, low) = (n as u64 * u64::from(bits), n as u64 * u64::from(shift));
    let [there, back] = Message::swap(first + 2, a, b, low);
    vec![Message::dealt(first, d, b, whole), Message::dealt(first + 1, d, b, low), there, back]
}

/// z >> shift where the first two `roles`, a and b, hold z + r in `value` and the third, d, holds r.
pub async fn shift_opened<R: Ring>(
    ctx: &Context<R>,
    [a, b, d]: [Role; 3],
    mut value: Vec<R>,
    shift: u32,
    steps: Steps,
) -> Arith<R> {
    assert!(1 <= shift && shift <= R::BITS - 2, "a truncation is by 1 to K − 2 bits");
    let (n, me, up) = (value.len(), ctx.role(), R::BITS - shift);
    let (label, [whole, low, product]) = (steps.label, [steps.first, steps.first + 1, steps.first + 2]);
    let draw_q = || ctx.draw(Pair::of(a, d), label, n);
    let draw_m = || ctx.draw_low(Pair::of(a, d), label + 1, shift, n);
    let draw_t = |other| ctx.draw_low(Pair::of(other, d), label + 2, shift, n);

    if me == d {
        let (mut q, mut m, t_a, mut t_b) = (draw_q(), draw_m(), draw_t(a), draw_t(b));
        vectorize(
            #[inline(always)]
            || deal_mask(&mut value, &mut q, &mut m, &t_a, &mut t_b, shift),
        );
        ctx.send_elements(whole, b, value);
        ctx.send(low, b, pack_fields(&m, shift));
        return arrange(me, (a, q), (b, t_b));
    }
    // n·m mod 2^s, this party's half of m at hand; `split` is its half of −G.
    let (mut split, mut m) = if me == a {
        (draw_q(), draw_m())
    } else {
        (ctx.receive_elements(whole, d, n).await, receive_fields(ctx, low, d, shift, n).await)
    };
    let t = draw_t(me);
    vectorize(
        #[inline(always)]
        || shift_value(&mut value, &mut split, &mut m, &t, shift),
    );
    let peer = if me == a { b } else { a };
    ctx.send(product, peer, pack_fields(&m, shift));
    let theirs = receive_fields(ctx, product, peer, shift, n).await;
    value.iter_mut().zip(theirs).for_each(|(f, e)| *f = f.minus(e.shl(up)));
    arrange(me, (peer, value), (d, split))
}

/// How many steps and labels [`shift_opened`] takes.
pub const SHIFT_STEPS: Steps = Steps { first: 3, label: 3 };
/// The roles a, b, d of [`shift_opened`] where P2 is the third.
pub const THIRD_P2: [Role; 3] = [Role::P0, Role::P1, Role::P2];
/// The roles a, b, d of [`shift_opened`] where P0 is the third.
pub const THIRD_P0: [Role; 3] = [Role::P1, Role::P2, Role::P0];

/// The exchange of masked values before [`shift_opened`].
const OPENING: Steps = Steps { first: 1, label: 1 };

/// What d computes: r becomes −G(r) − q, q and t_b become d's shares, m_a becomes m_b.
#[inline(always)]
fn deal_mask<R: Ring>(r: &mut [R], q: &mut [R], m: &mut [R], t_a: &[R], t_b: &mut [R], shift: u32) {
    let (top, sign) = (R::power_of_two(R::BITS - 1), R::power_of_two(R::BITS - 1 - shift));
    let up = R::BITS - shift;
    for ((((r, q), m), t_a), t_b) in r.iter_mut().zip(q).zip(m).zip(t_a).zip(t_b) {
        let g = r.plus(top).shr(shift).minus(sign);
        *m = r.shr(R::BITS - 1).minus(*m).low(shift);
        *r = g.plus(*q).negated();
        *t_b = r.minus(t_b.shl(up));
        *q = q.minus(t_a.shl(up));
    }
}

/// What a and b compute before they exchange: the opened value becomes F(c) − 2^(K−s)·(n·m − t), with this party's half
/// of m and its t; `m` becomes n·m − t mod 2^s, to be sent; `split` becomes the share with d.
#[inline(always)]
fn shift_value<R: Ring>(value: &mut [R], split: &mut [R], m: &mut [R], t: &[R], shift: u32) {
    let (quarter, low_quarter) = (R::power_of_two(R::BITS - 2), R::power_of_two(R::BITS - 2 - shift));
    let up = R::BITS - shift;
    for (((value, split), m), t) in value.iter_mut().zip(split).zip(m).zip(t) {
        let c = value.plus(quarter);
        *m = c.shr(R::BITS - 1).times(*m).minus(*t).low(shift);
        *value = c.shr(shift).minus(low_quarter).minus(m.shl(up));
        *split = split.minus(t.shl(up));
    }
}

/// Two shares in the order of [`Arith`], each named by the role that `me` has it in common with.
fn arrange<R>(me: Role, one: (Role, Vec<R>), other: (Role, Vec<R>)) -> Arith<R> {
    let (own, next) = if one.0 == me.previous() { (one.1, other.1) } else { (other.1, one.1) };
    Arith { own, next }
}

/// Waits for `n` fields of s bits.
async fn receive_fields<R: Ring>(ctx: &Context<R>, step: u8, from: Role, s: u32, n: usize) -> Vec<R> {
    unpack_fields(&ctx.receive(step, from).await, s, n).expect("a message has the length that its table says")
}

fn add<R: Ring>(sum: &mut [R], terms: &[R]) {
    sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum = sum.plus(*term));
}

#[cfg(test)]
mod tests {
    use spu::Party;

    use super::super::message::cost;
    use super::super::privacy::{Subject, halves, replicated, terms as held_terms};
    use super::super::trial::{SIZES, dealers, reconstruct, run, share, terms, uniform};
    use super::*;
    use crate::ring::Z16;

    /// Values over the whole domain [−2^(K−2), 2^(K−2)), its ends and the neighbours of multiples of 2^s among them.
    fn domain<R: Ring>(n: usize, shift: u32) -> Vec<R> {
        let (end, step) = (1i128 << (R::BITS - 2), 1i128 << shift);
        let edges = [-end, -end + 1, end - 1, 0, 1, -1, step, step - 1, -step, 1 - step, -step - 1, end / 2];
        let spread = uniform::<R>(n, 5).into_iter().map(|x| x.signed() >> 1);
        edges.into_iter().chain(spread).map(|z| R::from_i128(z.clamp(-end, end - 1))).take(n).collect()
    }

    fn check<R: Ring>(z: &[R], got: &[R], shift: u32) -> [usize; 2] {
        assert_eq!(z.len(), got.len());
        let mut errors = [0; 2];
        for (z, got) in z.iter().zip(got) {
            let error = got.signed() - (z.signed() >> shift);
            assert!(error == 0 || error == 1 && z.signed() & ((1 << shift) - 1) != 0, "{z:?} >> {shift} gives {got:?}");
            errors[error as usize] += 1;
        }
        errors
    }

    fn all_kernels<R: Ring>(n: usize, shift: u32) {
        let z = domain::<R>(n, shift);
        for dealer in dealers() {
            let seed = 3 * n as u64 + u64::from(shift) + dealer.0 as u64;
            let parts = terms(&z, seed);
            let got = run(dealer, &sum_table(n, shift, R::BITS), seed, |ctx: Context<R>| {
                let z = parts[ctx.role() as usize].clone();
                async move { truncate_sum(&ctx, &z, shift).await }
            });
            check(&z, &reconstruct(&got), shift);

            let shares = share(&z, seed);
            let got = run(dealer, &table(n, shift, R::BITS), seed, |ctx: Context<R>| {
                let z = shares[ctx.role() as usize].clone();
                async move { truncate(&ctx, z.view(), shift).await }
            });
            check(&z, &reconstruct(&got), shift);

            let steps = Steps { first: 7, label: 9 };
            let got = run(dealer, &pair_table(n, shift, R::BITS, 7), seed, |ctx: Context<R>| {
                let rest = parts[0].iter().zip(&parts[2]).map(|(z0, z2)| z0.plus(*z2)).collect();
                let half = [Vec::new(), parts[1].clone(), rest].into_iter().nth(ctx.role() as usize);
                async move { truncate_pair(&ctx, half.expect("three roles"), n, shift, steps).await }
            });
            check(&z, &reconstruct(&got), shift);
        }
    }

    #[test]
    fn the_result_is_the_quotient_or_one_more() {
        for n in SIZES {
            for shift in [1, 18, 40, 62] {
                all_kernels::<u64>(n, shift);
            }
            all_kernels::<u32>(n, 8);
            all_kernels::<u128>(n, 26);
            all_kernels::<u128>(n, 126);
            all_kernels::<Z16>(n, 1);
            all_kernels::<Z16>(n, 2);
        }
    }

    #[test]
    fn rounding_is_unbiased_on_fresh_shares() {
        // z mod 2^18 = 2^16 is rounded up with probability 1/4 (less 2^−18): 2 500 of 10 000, standard deviation 43.
        let (n, shift) = (10_000, 18);
        let z = vec![(5u64 << 18) + (1 << 16); n];
        let parts = terms(&z, 1);
        let got = run(Party(0), &sum_table(n, shift, 64), 2, |ctx: Context<u64>| {
            let z = parts[ctx.role() as usize].clone();
            async move { truncate_sum(&ctx, &z, shift).await }
        });
        let [_, up] = check(&z, &reconstruct(&got), shift);
        assert!((2500 - 260..2500 + 260).contains(&up), "{up} of {n} rounded up");
    }

    #[test]
    fn costs_are_those_of_the_head() {
        for (n, s) in [(1, 18), (64, 1), (1000, 40)] {
            let (elements, low) = (n as u64, n as u64 * u64::from(s));
            for (table, bits) in [
                (sum_table(n, s, 64), 192 * elements + 3 * low),
                (table(n, s, 64), 64 * elements + 3 * low),
                (pair_table(n, s, 64, 3), 192 * elements + 3 * low),
            ] {
                assert_eq!((cost(&table).rounds, cost(&table).bits), (2, bits));
            }
        }
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        macro_rules! check {
            ($ring:ty, $shift:expr, $way:ident($size:expr)) => {
                let (bits, shift, start) = (<$ring>::BITS, $shift, Steps::START);
                Subject::new([held_terms(bits)], sum_table(1, shift, bits), |ctx: Context<$ring>, z| async move {
                    truncate_sum(&ctx, &z.only(0..3), shift).await
                })
                .$way($size)
                .expect("sum");
                Subject::new([replicated(bits)], table(1, shift, bits), |ctx: Context<$ring>, z| async move {
                    truncate(&ctx, z.arith(0).view(), shift).await
                })
                .$way($size)
                .expect("replicated");
                Subject::new([halves(bits)], pair_table(1, shift, bits, 0), |ctx: Context<$ring>, z| async move {
                    truncate_pair(&ctx, z.only(0..2), 1, shift, start).await
                })
                .$way($size)
                .expect("halves");
            };
        }
        check!(Z16, 1, enumerate(30_000));
        check!(Z16, 2, enumerate(30_000));
        check!(u64, 18, distinguish(2000));
        check!(u64, 62, distinguish(1000));
    }
}
