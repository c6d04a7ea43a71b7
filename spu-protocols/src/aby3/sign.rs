//! The sign bit `[x < 0]`.
//!
//! x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2 (`carry`). The lower K − 1 bits are cut into blocks of four (the last
//! narrower), the top bit is a block of its own: v = `[x < 0]` = p_top ⊕ carry of the blocks below.
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks, dealt products of masks of both levels | 233 + 81 + 29 − 14 |
//! | 2 | P1 ↔ P2 | generate and propagate bits of the blocks, masked: carries of four runs of blocks | 62 |
//! | 3 | P1 ↔ P2 | the runs' bits, masked: the carry of all | 14 |
//! | 4 | P1 ↔ P2 | halves of v less a mask each, for replicated bits | 2 |
//!
//! [`sign_to_arith`] opens v under a mask λ dealt as a number, and re-shares v = c + (1 − 2c)·λ: 64 + 2 bits and 128 instead of the
//! last 2, five rounds.
//!
//! [`narrow_sign_to_arith`] serves numbers that are known to have w bits, −2^(w−1) ≤ x < 2^(w−1): modulo 2^w they keep their sign, so that
//! the lowest w bits of the shares suffice. Three rounds and 210 bits at w = 5 (one block of four bits and the top one), four rounds up
//! to w = 17 (up to four blocks, joined in one level).
//!
//! Every K: ⌈(K − 1) / 4⌉ blocks in two levels of about its square root (K = 4 has one block and no level). Exact for every x, never fails.
//!
//! Security: that of the carry and of the products, which are one after the other: each message is masked by bits of a key that its
//! receiver lacks, and no bit of a key masks two messages.

use super::bits::{replicate, replicate_table};
use super::carry::{self, carry, generate, propagate, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, bit_half, deal, deal_table, open_masked, open_masked_table};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::products::{Plan, add, products};
use super::role::Role;
use super::shares::{Arith, BitShares, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, from_planes};

/// Messages of [`sign`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = halves_table(n, bits, 0);
    table.extend(replicate_table(n, 1, HALVES_STEPS.first));
    table
}

/// `[x < 0]` as replicated bits.
pub async fn sign<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> BitShares {
    replicate(ctx, sign_plane(ctx, x).await, (x.len(), 1), HALVES_STEPS).await
}

/// Messages of [`narrow_sign_to_arith`] on `n` elements of `bits` bits that are known to have `width` bits; those of [`sign_to_arith`]
/// where that is all.
pub fn arith_table(n: usize, bits: u32, width: u32) -> Vec<Message> {
    let mut table = halves_table(n, width, 0);
    table.extend(open_masked_table(n, 1, HALVES_STEPS.first));
    table.extend(deal_table(n, bits, DEAL.first));
    table.extend(reshare_pair_table(n, bits, DEAL.past(DEAL_STEPS).first));
    table
}

/// `[x < 0]` as 0 or 1.
pub async fn sign_to_arith<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> Arith<R> {
    narrow_sign_to_arith(ctx, x, R::BITS).await
}

/// `[x < 0]` as 0 or 1, for −2^(width−1) ≤ x < 2^(width−1), width ≥ 2.
pub async fn narrow_sign_to_arith<R: Ring>(ctx: &Context<R>, x: View<'_, R>, width: u32) -> Arith<R> {
    let (n, role) = (x.len(), ctx.role());
    let halves = sign_halves_of(ctx, &summand(ctx, x), width, Steps::START).await;
    let bit = open_masked(ctx, halves.unwrap_or_else(|| Planes::zero(n, 1)), HALVES_STEPS).await;
    let lambda = if role == Role::P0 { from_planes(&bit, 0) } else { Vec::new() };
    let half = bit_half(role, &bit, deal(ctx, lambda, n, DEAL).await);
    reshare_pair(ctx, half, n, DEAL.past(DEAL_STEPS)).await
}

async fn sign_plane<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> Planes {
    let halves = sign_halves(ctx, &summand(ctx, x), Steps::START).await;
    halves.unwrap_or_else(|| Planes::zero(x.len(), 1))
}

const DEAL: Steps = HALVES_STEPS.past(OPEN_MASKED_STEPS);

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

/// `[a + b < 0]` as a plane of halves of P1 and P2, from P0's a and the b of P1 and P2 in `summand`.
pub(super) async fn sign_halves<R: Ring>(ctx: &Context<R>, summand: &[R], steps: Steps) -> Option<Planes> {
    sign_halves_of(ctx, summand, R::BITS, steps).await
}

/// The same for the lowest `bits` bits of a + b, of which the top one is the sign.
pub(super) async fn sign_halves_of<R: Ring>(
    ctx: &Context<R>,
    summand: &[R],
    bits: u32,
    steps: Steps,
) -> Option<Planes> {
    let (n, widths) = (summand.len(), blocks(bits));
    let blocks = carry::blocks(ctx, summand, &widths, steps).await;
    let mut carries = blocks.clone();
    let mut steps = steps.past(carry::STEPS);
    for plan in levels(bits) {
        carries = products(ctx, &plan, carries.as_ref(), n, steps).await;
        steps = steps.past(Plan::STEPS);
    }
    let mut sign = Planes::from_words(n, 1, carries?.plane(generate(0)).to_vec());
    add(sign.words_mut(), blocks?.plane(propagate(widths.len() - 1)));
    Some(sign)
}

/// Blocks of all bits: the top bit by itself.
fn blocks(bits: u32) -> Vec<u32> {
    let mut widths = carry::widths(bits - 1);
    widths.push(1);
    widths
}

/// The carry of all blocks below the top bit: at once for a few; else runs of about the square root of their number, then the runs.
fn levels(bits: u32) -> Vec<Plan> {
    let blocks = blocks(bits).len() - 1;
    if blocks == 1 {
        return Vec::new();
    }
    if blocks <= ONE_LEVEL {
        return vec![Plan::new(&[carry(0..blocks)])];
    }
    let count = (1..).find(|k| k * k >= blocks).expect("some square is large enough");
    let runs = carry::runs(&carry::split(0..blocks, count));
    vec![Plan::new(&runs), Plan::new(&[carry(0..count)])]
}

/// Up to so many blocks are joined in one level.
const ONE_LEVEL: usize = 4;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, reconstruct_bits, run, share, uniform};
    use crate::ring::Z16;

    /// `[x < 0]` of every value, for every dealer.
    fn check<R: Ring>(values: &[R]) {
        for dealer in dealers() {
            let shares = share(values, 7);
            let kernel = async |ctx: Context<R>| sign(&ctx, shares[ctx.role() as usize].view()).await;
            let signs = reconstruct_bits(&run(dealer, &table(values.len(), R::BITS), 1, kernel));
            let kernel = async |ctx: Context<R>| sign_to_arith(&ctx, shares[ctx.role() as usize].view()).await;
            let numbers = reconstruct(&run(dealer, &arith_table(values.len(), R::BITS, R::BITS), 2, kernel));
            for (i, value) in values.iter().enumerate() {
                assert_eq!(signs.get(0, i), value.signed() < 0, "{value:?}");
                assert_eq!(numbers[i].signed(), i128::from(value.signed() < 0), "{value:?}");
            }
        }
    }

    /// ±2^i, 2^i − 1, −2^i − 1 for all i, and 0.
    pub(in crate::aby3) fn edges<R: Ring>() -> Vec<R> {
        let powers = (0..R::BITS).map(|i| R::power_of_two(i));
        powers.flat_map(|p| [p, p.minus(R::ONE), p.negated(), p.plus(R::ONE).negated()]).chain([R::ZERO]).collect()
    }

    #[test]
    fn the_sign_is_exact_in_every_ring() {
        check(&edges::<u32>());
        check(&edges::<u64>());
        check(&edges::<u128>());
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 9)));
    }

    #[test]
    fn every_sharing_of_every_element_of_z16() {
        for x0 in 0..16 {
            for x1 in 0..16 {
                let terms: [Vec<Z16>; 3] = [vec![x0; 16], vec![x1; 16], (0..16).collect()]
                    .map(|x| x.into_iter().map(Z16::from_u128).collect());
                let shares = [0, 1, 2].map(|i| Arith { own: terms[i].clone(), next: terms[(i + 1) % 3].clone() });
                let kernel = async |ctx: Context<Z16>| sign(&ctx, shares[ctx.role() as usize].view()).await;
                let signs = reconstruct_bits(&run(spu::Party(0), &table(16, 4), (16 * x0 + x1) as u64, kernel));
                for x2 in 0..16 {
                    assert_eq!(signs.get(0, x2 as usize), (x0 + x1 + x2) % 16 >= 8);
                }
            }
        }
    }

    #[test]
    fn narrow_signs_are_exact_over_their_range() {
        fn check<R: Ring>(width: u32) {
            let half = 1i128 << (width - 1);
            let edges = [-half, -half + 1, -2, -1, 0, 1, half - 2, half - 1];
            let values: Vec<i128> = edges.into_iter().filter(|x| (-half..half).contains(x)).collect();
            for (dealer, seed) in dealers().flat_map(|dealer| (0..20).map(move |seed| (dealer, seed))) {
                let shares = share(&values.iter().map(|&x| R::from_i128(x)).collect::<Vec<_>>(), seed);
                let kernel =
                    async |ctx: Context<R>| narrow_sign_to_arith(&ctx, shares[ctx.role() as usize].view(), width).await;
                let signs = reconstruct(&run(dealer, &arith_table(values.len(), R::BITS, width), seed, kernel));
                assert!(signs.iter().zip(&values).all(|(sign, &x)| sign.signed() == i128::from(x < 0)));
            }
        }
        for width in 2..=31 {
            check::<u32>(width);
            check::<u64>(width);
            check::<u128>(width);
        }
    }

    #[test]
    fn rounds_and_bits() {
        let n = 128;
        let of = |table: Vec<Message>| (cost(&table).rounds, cost(&table).bits);
        assert_eq!(of(halves_table(n, 64, 0)), (3, 405 * 128));
        assert_eq!(of(table(n, 64)), (4, 407 * 128));
        assert_eq!(of(arith_table(n, 64, 64)), (5, (405 + 2 + 64 + 128) * 128));
        // Codes of one block and the top bit, of two, and of four; products of the carries of one level.
        assert_eq!(of(arith_table(n, 64, 5)), (3, (15 + 1 + 2 + 64 + 128) * 128));
        assert_eq!(of(arith_table(n, 64, 9)), (4, (2 * 15 + 1 + 1 + 2 * 3 + 2 + 64 + 128) * 128));
        assert_eq!(of(arith_table(n, 64, 17)).0, 4);
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel = |ctx: Context<Z16>, operands: Operands| async move { sign(&ctx, operands.arith(0).view()).await };
        Subject::new([replicated(4)], table(1, 4), kernel).enumerate(100_000).expect("exact");
        let kernel = |ctx: Context<u64>, operands: Operands| async move { sign(&ctx, operands.arith(0).view()).await };
        Subject::new([replicated(64)], table(1, 64), kernel).distinguish(600).expect("statistical");
        let kernel =
            |ctx: Context<u64>, operands: Operands| async move { sign_to_arith(&ctx, operands.arith(0).view()).await };
        Subject::new([replicated(64)], arith_table(1, 64, 64), kernel).distinguish(600).expect("statistical");
        for width in [3, 9] {
            let kernel = move |ctx: Context<u64>, operands: Operands| async move {
                narrow_sign_to_arith(&ctx, operands.arith(0).view(), width).await
            };
            Subject::new([replicated(64)], arith_table(1, 64, width), kernel).distinguish(600).expect("statistical");
        }
        let kernel = |ctx: Context<Z16>, operands: Operands| async move {
            narrow_sign_to_arith(&ctx, operands.arith(0).view(), 2).await
        };
        Subject::new([replicated(4)], arith_table(1, 4, 2), kernel).enumerate(100_000).expect("exact");
    }
}
