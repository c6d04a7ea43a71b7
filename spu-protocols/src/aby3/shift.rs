//! The bits of x as many places lower, with zeros or the sign from above: ⌊x / 2^s⌋ of the whole ring.
//!
//! Let a' = a, or a + 2^(K−1) for a signed x, where x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2. With w the carry out of all K bits of
//! a' + b and v that of the low s bits, as integers,
//!
//! ```text
//! ⌊x / 2^s⌋ = ⌊a' / 2^s⌋ + ⌊b / 2^s⌋ + v − 2^(K−s)·w (− 2^(K−1−s) for a signed x).
//! ```
//!
//! Both carries come out of the same blocks (`carry`), those of v below those of the rest. P0 deals what it knows, and masks λ of both as numbers,
//! that of w modulo 2^s. [`floor`](mod@super::floor) knows w where x is in the safe range, and is cheaper.
//!
//! | round | who | what | bits (K = 64, s = 18) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks | 231 |
//! | 1 to 3 | P0 → P1, P1 ↔ P2 | dealt products of masks; bits of blocks and of runs, masked: v and w | 177 |
//! | 1 | P0 → P1 | halves of P0's part, of λ_v, and of λ_w modulo 2^s | 128 + 18 |
//! | 4 | P1 ↔ P2 | v and w, masked | 4 |
//! | 5 | P1 ↔ P2 | halves of the result less masks | 128 |
//!
//! Five rounds, 686 bits. Domain: every x, 1 ≤ s < K. Exact, never fails.
//!
//! Security: P0 receives nothing. Codes, products, halves, v and w are each masked by a draw that the receiver lacks, as in the protocols named.

use super::bits::for_each_bit;
use super::carry::{self, summand};
use super::context::Context;
use super::decompose::carry_levels;
use super::floor::elements_of;
use super::inject::{
    DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_low, deal_low_table, deal_table, open_masked, open_masked_table,
};
use super::levels::Level;
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// Messages of [`shift_right`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let (widths, low) = blocks(shift, bits);
    let mut table = carry::table(&widths, n, 0);
    let mut steps = carry::STEPS;
    for level in carry_levels(widths.len(), &[low, widths.len()]) {
        table.extend(level.table(n, steps.first));
        steps = steps.past(Level::STEPS);
    }
    table.extend(open_masked_table(n, 2, steps.first));
    steps = steps.past(OPEN_MASKED_STEPS);
    table.extend(deal_table(2 * n, bits, steps.first));
    steps = steps.past(DEAL_STEPS);
    table.extend(deal_low_table(n, shift, steps.first));
    table.extend(reshare_pair_table(n, bits, steps.past(DEAL_STEPS).first));
    table
}

/// ⌊x / 2^shift⌋ of the signed or the unsigned representative.
pub async fn shift_right<R: Ring>(ctx: &Context<R>, x: View<'_, R>, shift: u32, signed: bool) -> Arith<R> {
    assert!((1..R::BITS).contains(&shift), "a shift drops some of the bits");
    let (n, role) = (x.len(), ctx.role());
    let mut summand = summand(ctx, x);
    let bias = if signed { R::power_of_two(R::BITS - 1) } else { R::ZERO };
    if role == Role::P0 {
        summand.iter_mut().for_each(|a| *a = a.plus(bias));
    }
    let (widths, low) = blocks(shift, R::BITS);
    let mut carries = carry::blocks(ctx, &summand, &widths, Steps::START).await;
    let mut steps = carry::STEPS;
    for level in carry_levels(widths.len(), &[low, widths.len()]) {
        carries = level.evaluate(ctx, carries.as_ref(), n, steps).await;
        steps = steps.past(Level::STEPS);
    }
    let carries = open_masked(ctx, carries.unwrap_or_else(|| Planes::zero(n, 2)), steps).await;
    steps = steps.past(OPEN_MASKED_STEPS);
    let (mut known, mut wraps) = (Vec::new(), Vec::new());
    if role == Role::P0 {
        known.extend(summand.iter().map(|a| a.shr(shift).minus(bias.shr(shift))));
        known.extend(elements_of::<R>(&carries, 0));
        wraps = elements_of(&carries, 1);
    }
    let dealt = deal(ctx, known, 2 * n, steps).await;
    steps = steps.past(DEAL_STEPS);
    let wraps = deal_low(ctx, wraps, shift, n, steps).await;
    let half = if role == Role::P0 { Vec::new() } else { half(role, &summand, &carries, dealt, &wraps, shift) };
    reshare_pair(ctx, half, n, steps.past(DEAL_STEPS)).await
}

/// P1 and P2: this party's half of the result. `dealt` are its halves of P0's part and of λ_v, `wraps` that of λ_w.
fn half<R: Ring>(role: Role, b: &[R], carries: &Planes, mut dealt: Vec<R>, wraps: &[R], shift: u32) -> Vec<R> {
    let n = b.len();
    let one = if role == Role::P1 { R::ONE } else { R::ZERO };
    let lambda = dealt.split_off(n);
    // c + (1 − 2c)·λ of a carry.
    let opened = |c: R, lambda: R| lambda.plus(c.times(one.minus(lambda.shl(1))));
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(carries.plane(0), n, |i, c: R| {
                dealt[i] = dealt[i].plus(one.times(b[i].shr(shift))).plus(opened(c, lambda[i]));
            });
            for_each_bit(carries.plane(1), n, |i, c: R| {
                dealt[i] = dealt[i].minus(opened(c, wraps[i]).shl(R::BITS - shift));
            });
        },
    );
    dealt
}

/// The blocks' widths, and how many of them lie below bit s.
fn blocks(shift: u32, bits: u32) -> (Vec<u32>, usize) {
    let mut widths = carry::widths(shift);
    let low = widths.len();
    widths.extend(carry::widths(bits - shift));
    (widths, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::sign::tests::edges;
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(x: &[R], shift: u32) {
        for (dealer, signed) in dealers().flat_map(|dealer| [(dealer, false), (dealer, true)]) {
            let shares = share(x, 7);
            let kernel =
                async |ctx: Context<R>| shift_right(&ctx, shares[ctx.role() as usize].view(), shift, signed).await;
            let found = reconstruct(&run(dealer, &table(x.len(), shift, R::BITS), 1, kernel));
            for (x, found) in x.iter().zip(found) {
                let wanted = if signed { R::from_i128(x.signed() >> shift) } else { x.shr(shift) };
                assert_eq!(found, wanted, "{x:?} by {shift}");
            }
        }
    }

    #[test]
    fn shifts_are_exact_on_the_whole_ring() {
        (1..4).for_each(|shift| check::<Z16>(&(0..16).map(Z16::from_u128).collect::<Vec<_>>(), shift));
        [1, 8, 31].into_iter().for_each(|shift| check::<u32>(&edges(), shift));
        [1, 18, 32, 61, 63].into_iter().for_each(|shift| check::<u64>(&edges(), shift));
        [1, 26, 64, 127].into_iter().for_each(|shift| check::<u128>(&edges(), shift));
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 9), 18));
    }

    #[test]
    fn rounds_and_bits() {
        let cost = cost(&table(64, 18, 64));
        assert_eq!((cost.rounds, cost.bits / 64), (5, 231 + 177 + 128 + 18 + 4 + 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel =
            |ctx: Context<Z16>, x: Operands| async move { shift_right(&ctx, x.arith(0).view(), 2, true).await };
        Subject::new([replicated(4)], table(1, 2, 4), kernel).distinguish(2000).expect("statistical");
        let kernel =
            |ctx: Context<u64>, x: Operands| async move { shift_right(&ctx, x.arith(0).view(), 18, false).await };
        Subject::new([replicated(64)], table(1, 18, 64), kernel).distinguish(600).expect("statistical");
    }
}
