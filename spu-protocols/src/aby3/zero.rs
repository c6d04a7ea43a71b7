//! `[x = 0]`.
//!
//! x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2. It is 0 iff a + (b − 1) is 2^K − 1, and a sum whose bits are all ones has no
//! carry anywhere: iff every block of a and b − 1 propagates (`carry`). The propagate bits of ⌈K / 4⌉ blocks are multiplied in
//! two levels of about the square root of their number.
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks, dealt products of masks of both levels | 240 + 44 + 11 |
//! | 2 | P1 ↔ P2 | propagate bits, masked: products of four | 32 |
//! | 3 | P1 ↔ P2 | those, masked: the product of all | 8 |
//! | 4 | P1 ↔ P2 | halves of the bit less a mask each, for replicated bits | 2 |
//!
//! 335 bits in three rounds for halves, 337 in four replicated. [`is_zero_to_arith`] opens the bit under a mask λ dealt as a number and
//! re-shares c + (1 − 2c)·λ: 64 + 2 bits and 128 instead of the last 2, five rounds.
//!
//! Every K (K = 4 has one block and no level). Exact for every x, never fails.
//!
//! Security: P0 receives nothing; every message is masked by bits of a key that its receiver lacks, as in `carry`,
//! `products`, [inject](super::inject) and [multiply](super::multiply), and no bit of a key masks two messages.

use super::bits::{replicate, replicate_table};
use super::carry::{self, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, bit_half, deal, deal_table, open_masked, open_masked_table};
use super::levels::Level;
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, BitShares, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, from_planes};

/// Messages of [`is_zero`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = halves_table(n, bits);
    table.extend(replicate_table(n, 1, HALVES_STEPS.first));
    table
}

/// `[x = 0]` as replicated bits.
pub async fn is_zero<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> BitShares {
    replicate(ctx, zero_halves(ctx, summand(ctx, x)).await, (x.len(), 1), HALVES_STEPS).await
}

/// Messages of [`is_zero_to_arith`] on `n` elements of `bits` bits.
pub fn arith_table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = halves_table(n, bits);
    table.extend(open_masked_table(n, 1, HALVES_STEPS.first));
    table.extend(deal_table(n, bits, DEAL.first));
    table.extend(reshare_pair_table(n, bits, DEAL.past(DEAL_STEPS).first));
    table
}

/// `[x = 0]` as 0 or 1.
pub async fn is_zero_to_arith<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> Arith<R> {
    let (n, role) = (x.len(), ctx.role());
    let bit = open_masked(ctx, zero_halves(ctx, summand(ctx, x)).await, HALVES_STEPS).await;
    let lambda = if role == Role::P0 { from_planes(&bit, 0) } else { Vec::new() };
    let half = bit_half(role, &bit, deal(ctx, lambda, n, DEAL).await);
    reshare_pair(ctx, half, n, DEAL.past(DEAL_STEPS)).await
}

const DEAL: Steps = HALVES_STEPS.past(OPEN_MASKED_STEPS);

/// How many steps and labels [`zero_halves`] takes.
pub(super) const HALVES_STEPS: Steps = carry::STEPS.past(Level::STEPS).past(Level::STEPS);

/// Messages of [`zero_halves`], the first of a kernel.
pub(super) fn halves_table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = carry::table(&carry::widths(bits), n, 0);
    let mut steps = carry::STEPS;
    for level in levels(bits) {
        table.extend(level.table(n, steps.first));
        steps = steps.past(Level::STEPS);
    }
    table
}

/// `[a + b = 0]` as a plane of halves of P1 and P2, zero at P0, from P0's a and the b of P1 and P2 in `summand`.
pub(super) async fn zero_halves<R: Ring>(ctx: &Context<R>, mut summand: Vec<R>) -> Planes {
    let n = summand.len();
    if ctx.role() != Role::P0 {
        summand.iter_mut().for_each(|b| *b = b.minus(R::ONE));
    }
    let codes = carry::codes(ctx, &summand, &carry::widths(R::BITS), Steps::START).await;
    let mut factors = codes.map(|codes| codes.propagates());
    let mut steps = carry::STEPS;
    for level in levels(R::BITS) {
        factors = level.evaluate(ctx, factors.as_ref(), n, steps).await;
        steps = steps.past(Level::STEPS);
    }
    factors.unwrap_or_else(|| Planes::zero(n, 1))
}

/// The product of all blocks: runs of about the square root of their number, then the runs.
fn levels(bits: u32) -> [Level; 2] {
    let blocks = carry::widths(bits).len();
    let count = (1..).find(|k| k * k >= blocks).expect("some square is large enough");
    let product = |factors: std::ops::Range<usize>| vec![factors.map(|factor| (factor, false)).collect()];
    let runs: Vec<_> = carry::split(0..blocks, count).into_iter().map(product).collect();
    [Level::new(&runs), Level::new(&[product(0..count)])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::sign::tests::edges;
    use crate::aby3::trial::{SIZES, dealers, reconstruct, reconstruct_bits, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(values: &[R]) {
        for dealer in dealers() {
            let shares = share(values, 7);
            let kernel = async |ctx: Context<R>| is_zero(&ctx, shares[ctx.role() as usize].view()).await;
            let bits = reconstruct_bits(&run(dealer, &table(values.len(), R::BITS), 1, kernel));
            let kernel = async |ctx: Context<R>| is_zero_to_arith(&ctx, shares[ctx.role() as usize].view()).await;
            let numbers = reconstruct(&run(dealer, &arith_table(values.len(), R::BITS), 2, kernel));
            for (i, value) in values.iter().enumerate() {
                assert_eq!(bits.get(0, i), *value == R::ZERO, "{value:?}");
                assert_eq!(numbers[i].signed(), i128::from(*value == R::ZERO), "{value:?}");
            }
        }
    }

    #[test]
    fn zero_alone_is_zero_in_every_ring() {
        check(&edges::<u32>());
        check(&edges::<u64>());
        check(&edges::<u128>());
        let mixed = |n| uniform::<u64>(n, 9).into_iter().map(|x| if x % 3 == 0 { 0 } else { x });
        SIZES.iter().for_each(|&n| check::<u64>(&mixed(n).collect::<Vec<_>>()));
    }

    #[test]
    fn every_sharing_of_every_element_of_z16() {
        for (x0, x1) in (0..16).flat_map(|x0| (0..16).map(move |x1| (x0, x1))) {
            let terms: [Vec<Z16>; 3] =
                [vec![x0; 16], vec![x1; 16], (0..16).collect()].map(|x| x.into_iter().map(Z16::from_u128).collect());
            let shares = [0, 1, 2].map(|i| Arith { own: terms[i].clone(), next: terms[(i + 1) % 3].clone() });
            let kernel = async |ctx: Context<Z16>| is_zero(&ctx, shares[ctx.role() as usize].view()).await;
            let zeros = reconstruct_bits(&run(spu::Party(0), &table(16, 4), (16 * x0 + x1) as u64, kernel));
            for x2 in 0..16 {
                assert_eq!(zeros.get(0, x2 as usize), (x0 + x1 + x2) % 16 == 0);
            }
        }
    }

    #[test]
    fn three_rounds_and_335_bits() {
        let of = |table: Vec<Message>| (cost(&table).rounds, cost(&table).bits);
        assert_eq!(of(halves_table(128, 64)), (3, 335 * 128));
        assert_eq!(of(table(128, 64)), (4, 337 * 128));
        assert_eq!(of(arith_table(128, 64)), (5, (335 + 2 + 64 + 128) * 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel =
            |ctx: Context<Z16>, operands: Operands| async move { is_zero(&ctx, operands.arith(0).view()).await };
        Subject::new([replicated(4)], table(1, 4), kernel).enumerate(200_000).expect("exact");
        let kernel =
            |ctx: Context<u64>, operands: Operands| async move { is_zero(&ctx, operands.arith(0).view()).await };
        Subject::new([replicated(64)], table(1, 64), kernel).distinguish(600).expect("statistical");
        let kernel = |ctx: Context<u64>, operands: Operands| async move {
            is_zero_to_arith(&ctx, operands.arith(0).view()).await
        };
        Subject::new([replicated(64)], arith_table(1, 64), kernel).distinguish(600).expect("statistical");
    }
}
