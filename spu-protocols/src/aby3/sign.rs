//! The sign bit [x < 0].
//!
//! x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2 ([`super::carry`]). The lower K − 1 bits are cut into blocks of four (the last
//! narrower), the top bit is a block of its own: v = [x < 0] = p_top ⊕ carry of the blocks below.
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks, dealt products of masks of both levels | 233 + 81 + 29 − 14 |
//! | 2 | P1 ↔ P2 | generate and propagate bits of the blocks, masked: carries of four runs of blocks | 62 |
//! | 3 | P1 ↔ P2 | the runs' bits, masked: the carry of all | 14 |
//! | 4 | P1 ↔ P2 | halves of v less a mask each, for replicated bits | 2 |
//!
//! Every K: ⌈(K − 1) / 4⌉ blocks in two levels of about its square root (K = 4 has one block and no level). Exact for every x, never fails.
//!
//! Security: that of the carry and of the products, which are one after the other: each message is masked by bits of a key that its
//! receiver lacks, and no bit of a key masks two messages.

use super::carry::{self, carry, generate, propagate, summand};
use super::context::Context;
use super::message::Message;
use super::products::{Plan, add, products};
use super::role::{Pair, Role};
use super::shares::{BitShares, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring};

/// Messages of [`sign`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = halves_table(n, bits, 0);
    table.extend(Message::swap(HALVES_STEPS.first, Role::P1, Role::P2, n as u64));
    table
}

/// [x < 0] as replicated bits.
pub async fn sign<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> BitShares {
    let halves = sign_halves(ctx, &summand(ctx, x), Steps::START).await;
    replicate(ctx, halves, x.len(), HALVES_STEPS).await
}

/// How many steps and labels [`sign_halves`] takes.
pub(super) const HALVES_STEPS: Steps = Steps { first: 5, label: 5 };

/// Messages of [`sign_halves`] from step `first` on.
pub(super) fn halves_table(n: usize, bits: u32, first: u8) -> Vec<Message> {
    let mut first = first;
    let mut table = carry::table(&blocks(bits), n, first);
    first += carry::STEPS.first;
    for plan in levels(bits) {
        table.extend(plan.table(n, first));
        first += Plan::STEPS.first;
    }
    table
}

/// [a + b < 0] as a plane of halves of P1 and P2, from P0's a and the b of P1 and P2 in `summand`.
pub(super) async fn sign_halves<R: Ring>(ctx: &Context<R>, summand: &[R], steps: Steps) -> Option<Planes> {
    let (n, widths) = (summand.len(), blocks(R::BITS));
    let blocks = carry::blocks(ctx, summand, &widths, steps).await;
    let mut carries = blocks.clone();
    let mut steps = steps.past(carry::STEPS);
    for plan in levels(R::BITS) {
        carries = products(ctx, &plan, carries.as_ref(), n, steps).await;
        steps = steps.past(Plan::STEPS);
    }
    let mut sign = Planes::from_words(n, 1, carries?.plane(generate(0)).to_vec());
    add(sign.words_mut(), blocks?.plane(propagate(widths.len() - 1)));
    Some(sign)
}

/// Halves of P1 and P2 → replicated bits, in one round: each sends its half less a mask.
async fn replicate<R: Ring>(ctx: &Context<R>, half: Option<Planes>, n: usize, steps: Steps) -> BitShares {
    let share = |pair| ctx.draw_planes(pair, steps.label, n, 1);
    let (pair, peer) = match ctx.role() {
        Role::P0 => return BitShares { own: share(Pair::P02), next: share(Pair::P01) },
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mine = share(pair);
    let mut masked = half.expect("P1 and P2 hold halves");
    add(masked.words_mut(), mine.words());
    ctx.send_planes(steps.first, peer, masked.clone());
    let mut last = ctx.receive_planes(steps.first, peer, n, 1).await;
    add(last.words_mut(), masked.words());
    if ctx.role() == Role::P1 { BitShares { own: mine, next: last } } else { BitShares { own: last, next: mine } }
}

/// Blocks of all bits: the top bit by itself.
fn blocks(bits: u32) -> Vec<u32> {
    let mut widths = carry::widths(bits - 1);
    widths.push(1);
    widths
}

/// The carry of all blocks below the top bit: runs of about the square root of their number, then the runs.
fn levels(bits: u32) -> Vec<Plan> {
    let blocks = blocks(bits).len() - 1;
    if blocks == 1 {
        return Vec::new();
    }
    let count = (1..).find(|k| k * k >= blocks).expect("some square is large enough");
    let runs = carry::runs(&carry::split(0..blocks, count));
    vec![Plan::new(&runs), Plan::new(&[carry(0..count)])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::testing::{reveal_bits, share, world};
    use crate::aby3::{Arith, cost};
    use crate::ring::Z16;

    /// [x < 0] of every value, for every dealer.
    fn check<R: Ring>(values: &[R]) {
        for dealer in 0..3 {
            let shares = share(values, dealer as u64 + 7);
            let table = table(values.len(), R::BITS);
            let outcome = world(dealer, &table, &shares, async |ctx, x: Arith<R>| sign(&ctx, x.view()).await);
            let signs = reveal_bits(&outcome.results);
            for (i, value) in values.iter().enumerate() {
                assert_eq!(signs.get(0, i), value.signed() < 0, "{value:?} with dealer {dealer}");
            }
        }
    }

    fn edges<R: Ring>() -> Vec<R> {
        let powers = (0..R::BITS).map(|i| R::power_of_two(i));
        powers.flat_map(|p| [p, p.minus(R::ONE), p.negated(), p.plus(R::ONE).negated()]).chain([R::ZERO]).collect()
    }

    #[test]
    fn the_sign_is_exact_in_every_ring() {
        check(&(0..16).map(Z16::from_u128).collect::<Vec<_>>());
        check(&edges::<u32>());
        check(&edges::<u64>());
        check(&edges::<u128>());
    }

    #[test]
    fn any_number_of_elements() {
        for n in [0, 1, 63, 64, 65, 1000, 5461] {
            let mix = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 64);
            check::<u64>(&(0..n).map(|i| mix(i).wrapping_sub(i)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn four_rounds_and_407_bits() {
        let n = 192;
        let table = table(n, 64);
        let cost = cost(&table);
        assert_eq!((cost.rounds, cost.bits), (4, 407 * n as u64));
        let shares = share(&vec![5u64; n], 1);
        let outcome = world(0, &table, &shares, async |ctx, x: Arith<u64>| sign(&ctx, x.view()).await);
        assert_eq!((outcome.measured.rounds, outcome.measured.bytes), (cost.rounds, cost.bytes));
        let halves = crate::aby3::cost(&halves_table(n, 64, 0));
        assert_eq!((halves.rounds, halves.bits), (3, 405 * n as u64));
    }
}
