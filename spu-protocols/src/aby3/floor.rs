//! ⌊(x + o) / 2^s⌋, exactly.
//!
//! Let a' = a + 2^(K−2), where x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2. For −2^(K−2) ≤ x < 2^(K−2) the number
//! x + 2^(K−2) has no top bit, so a' + b wraps iff one of them has one: with m = msb(a') and n = msb(b), as integers,
//!
//! ```text
//! x + 2^(K−2) = a' + b − 2^K·(m + n − m·n),
//! ⌊(x + o) / 2^s⌋ = ⌊(a' + o) / 2^s⌋ + ⌊b / 2^s⌋ + v − 2^(K−s)·(m + n − m·n) − 2^(K−2−s),
//! ```
//!
//! v the carry of the low s bits of a' + o and b (`carry`). P1 and P2 know b and n. P0 knows all that is left but v: it deals it as α, and m
//! modulo 2^s. v is opened under a mask λ that P0 has dealt.
//!
//! | round | who | what | bits (K = 64, s = 18) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks of the low s bits | 63 |
//! | 1, 2 | P0 → P1, P1 ↔ P2 | dealt products of masks; bits of the blocks, masked: v | 37 + 16 |
//! | 1 | P0 → P1 | halves of α, of λ, and of m modulo 2^s | 128 + 18 |
//! | 3 | P1 ↔ P2 | v, masked | 2 |
//! | 4 | P1 ↔ P2 | halves of the result less masks | 128 |
//!
//! Four rounds, 392 bits; a fifth round for s > 24, whose carry takes two levels. The offset costs nothing: it makes a ceiling or a rounding of the floor.
//!
//! Domain: −2^(K−2) ≤ x < 2^(K−2), 1 ≤ s ≤ K − 2; x + o may lie outside of it. Exact, never fails.
//!
//! Security: P0 receives nothing. Codes, products, halves and v are each masked by a draw that the receiver lacks, as in the protocols named.

use super::bits::for_each_bit;
use super::carry::{self, summand};
use super::context::Context;
use super::decompose::carry_levels;
use super::inject::{
    DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_low, deal_low_table, deal_table, open_masked, open_masked_table,
};
use super::levels::Level;
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, from_planes, vectorize};

/// Messages of [`floor`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let widths = carry::widths(shift);
    let mut table = carry::table(&widths, n, 0);
    let mut steps = carry::STEPS;
    for level in carry_levels(widths.len(), &[widths.len()]) {
        table.extend(level.table(n, steps.first));
        steps = steps.past(Level::STEPS);
    }
    table.extend(open_masked_table(n, 1, steps.first));
    steps = steps.past(OPEN_MASKED_STEPS);
    table.extend(deal_table(2 * n, bits, steps.first));
    steps = steps.past(DEAL_STEPS);
    table.extend(deal_low_table(n, shift, steps.first));
    table.extend(reshare_pair_table(n, bits, steps.past(DEAL_STEPS).first));
    table
}

/// ⌊(x + offset) / 2^shift⌋.
pub async fn floor<R: Ring>(ctx: &Context<R>, x: View<'_, R>, shift: u32, offset: i128) -> Arith<R> {
    assert!((1..=R::BITS - 2).contains(&shift), "a floor drops between one and K − 2 bits");
    let (n, role) = (x.len(), ctx.role());
    let mut summand = summand(ctx, x);
    let known = if role == Role::P0 { take_high(&mut summand, shift, offset) } else { Known::default() };
    let widths = carry::widths(shift);
    let mut carries = carry::blocks(ctx, &summand, &widths, Steps::START).await;
    let mut steps = carry::STEPS;
    for level in carry_levels(widths.len(), &[widths.len()]) {
        carries = level.evaluate(ctx, carries.as_ref(), n, steps).await;
        steps = steps.past(Level::STEPS);
    }
    let carry = open_masked(ctx, carries.unwrap_or_else(|| Planes::zero(n, 1)), steps).await;
    steps = steps.past(OPEN_MASKED_STEPS);
    let mut high = known.high;
    if role == Role::P0 {
        high.extend(elements_of::<R>(&carry, 0));
    }
    let dealt = deal(ctx, high, 2 * n, steps).await;
    steps = steps.past(DEAL_STEPS);
    let wrap = deal_low(ctx, known.top, shift, n, steps).await;
    let half = if role == Role::P0 { Vec::new() } else { half(role, &summand, &carry, dealt, &wrap, shift) };
    reshare_pair(ctx, half, n, steps.past(DEAL_STEPS)).await
}

/// What P0 knows of the result.
#[derive(Default)]
struct Known<R> {
    /// α = ⌊(a' + o) / 2^s⌋ − 2^(K−2−s) − 2^(K−s)·m.
    high: Vec<R>,
    /// m.
    top: Vec<R>,
}

/// P0: α and m of a; a becomes the low s bits of a' + o.
fn take_high<R: Ring>(a: &mut [R], shift: u32, offset: i128) -> Known<R> {
    let (bias, low) = (R::power_of_two(R::BITS - 2), R::from_i128(offset).low(shift));
    // ⌊o / 2^s⌋ − 2^(K−2−s).
    let constant = R::from_i128(offset >> shift).minus(bias.shr(shift));
    let mut known = Known { high: vec![R::ZERO; a.len()], top: vec![R::ZERO; a.len()] };
    let results = known.high.iter_mut().zip(&mut known.top);
    vectorize(
        #[inline(always)]
        || {
            for (a, (high, top)) in a.iter_mut().zip(results) {
                let biased = a.plus(bias);
                let rest = biased.low(shift).plus(low);
                *top = biased.shr(R::BITS - 1);
                *high = biased.shr(shift).plus(rest.shr(shift)).plus(constant).minus(top.shl(R::BITS - shift));
                *a = rest.low(shift);
            }
        },
    );
    known
}

/// Plane j as ring elements 0 and 1.
pub(super) fn elements_of<R: Ring>(planes: &Planes, j: usize) -> Vec<R> {
    from_planes(&Planes::from_words(planes.elements(), 1, planes.plane(j).to_vec()), 0)
}

/// P1 and P2: this party's half of the result. `dealt` are its halves of α and λ, `wrap` that of m.
fn half<R: Ring>(role: Role, b: &[R], carry: &Planes, mut dealt: Vec<R>, wrap: &[R], shift: u32) -> Vec<R> {
    let n = b.len();
    let one = if role == Role::P1 { R::ONE } else { R::ZERO };
    let lambda = dealt.split_off(n);
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(carry.plane(0), n, |i, c: R| {
                let top = b[i].shr(R::BITS - 1);
                let v = lambda[i].plus(c.times(one.minus(lambda[i].shl(1))));
                let public = one.times(b[i].shr(shift).minus(top.shl(R::BITS - shift)));
                let both = top.times(wrap[i]).shl(R::BITS - shift);
                dealt[i] = dealt[i].plus(public).plus(v).plus(both);
            })
        },
    );
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(x: &[R], shift: u32, offset: i128) {
        for dealer in dealers() {
            let shares = share(x, 7);
            let kernel = async |ctx: Context<R>| floor(&ctx, shares[ctx.role() as usize].view(), shift, offset).await;
            let found = reconstruct(&run(dealer, &table(x.len(), shift, R::BITS), 1, kernel));
            for (x, found) in x.iter().zip(found) {
                assert_eq!(found.signed(), (x.signed() + offset) >> shift, "{x:?} + {offset} by {shift}");
            }
        }
    }

    /// About 0, about multiples of 2^s and halves of it, and the ends of the domain.
    fn edges<R: Ring>(shift: u32) -> Vec<R> {
        let unit = 1i128 << shift;
        let end = 1i128 << (R::BITS - 2);
        let multiples = [0, 1, -1, 2, -2, 7, -7].map(|k| k * unit).into_iter();
        let places = multiples.chain([unit / 2, -unit / 2, 3 * unit / 2, end, -end]);
        let around = places.flat_map(|place| (-2..=2).map(move |d| place.saturating_add(d)));
        around.filter(|x| (-end..end).contains(x)).map(R::from_i128).collect()
    }

    #[test]
    fn the_floor_is_exact_on_the_whole_domain() {
        let all: Vec<Z16> = (-4..4).map(Z16::from_i128).collect();
        for shift in 1..=2 {
            (-4..=4).for_each(|offset| check(&all, shift, offset));
        }
        for shift in [1, 8, 9, 18, 19, 25, 62] {
            for offset in [0, (1 << shift) - 1, 1 << (shift - 1), (1 << (shift - 1)) - 1, -1, -(1 << shift)] {
                check::<u64>(&edges(shift), shift, offset);
            }
        }
        for (shift, offset) in [(1, 0), (8, 0), (8, 128), (9, 127), (30, 5)] {
            check::<u32>(&edges(shift), shift, offset);
        }
        for (shift, offset) in [(1, 1), (26, 0), (40, 1 << 39), (41, -1), (126, 0)] {
            check::<u128>(&edges(shift), shift, offset);
        }
        let small = |n| uniform::<u64>(n, 9).into_iter().map(|x| (x as i64 >> 1) as u64).map(|x| x ^ x >> 1 & 1 << 62);
        let inside = |n| small(n).map(|x| (x as i64 >> 1) as u64).collect::<Vec<_>>();
        SIZES.iter().for_each(|&n| check::<u64>(&inside(n), 18, 3));
    }

    #[test]
    fn every_sharing_of_every_element_of_z16() {
        for (x0, x1) in (0..16).flat_map(|x0| (0..16).map(move |x1| (x0, x1))) {
            let x2: Vec<i128> = (-4..4).map(|x| x - x0 - x1).collect();
            let terms = [vec![x0; 8], vec![x1; 8], x2].map(|x| x.into_iter().map(Z16::from_i128).collect::<Vec<_>>());
            let shares = [0, 1, 2].map(|i| Arith { own: terms[i].clone(), next: terms[(i + 1) % 3].clone() });
            let kernel = async |ctx: Context<Z16>| floor(&ctx, shares[ctx.role() as usize].view(), 1, 1).await;
            let found = reconstruct(&run(spu::Party(0), &table(8, 1, 4), (16 * x0 + x1) as u64, kernel));
            (-4..4).zip(found).for_each(|(x, found): (i128, _)| assert_eq!(found.signed(), (x + 1) >> 1));
        }
    }

    #[test]
    fn rounds_and_bits() {
        let of = |shift| (cost(&table(64, shift, 64)).rounds, cost(&table(64, shift, 64)).bits / 64);
        assert_eq!(of(18), (4, 63 + 37 + 16 + 2 + 128 + 18 + 128));
        assert_eq!(of(25).0, 5);
        assert_eq!(of(4), (3, 15 + 2 + 128 + 4 + 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel = |ctx: Context<Z16>, x: Operands| async move { floor(&ctx, x.arith(0).view(), 1, 1).await };
        Subject::new([replicated(4)], table(1, 1, 4), kernel).distinguish(2000).expect("statistical");
        let kernel = |ctx: Context<u64>, x: Operands| async move { floor(&ctx, x.arith(0).view(), 18, 5).await };
        Subject::new([replicated(64)], table(1, 18, 64), kernel).distinguish(600).expect("statistical");
    }
}
