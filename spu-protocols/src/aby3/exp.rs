//! e^−x for x ≥ −1/16, on the full range: Kelkar, Le, Raykova, Seth (USENIX Security 2022) with the carry instead of a bound.
//!
//! x stands for x/2^f. Differences from a maximum come with truncations behind them, and may be a few ulp below 0 where they should
//! be 0: the guard g = 2^(f−4) takes them in. With n = f + 4, the low n bits of y = x + g are a + b − w·2^n: a and b the low n bits of
//! P0's x0 + x1 + g and of the x2 of P1 and P2, w their carry. For 0 ≤ y < 2^n (−1/16 ≤ x/2^f < 16 − 1/16) that is y itself, so with
//! E = e^−a,
//!
//! ```text
//! e^−x = E·C0 if w = 0, E·C1 if w = 1,   C0 = e^(g−b), C1 = e^(16+g−b),   and 0 unless u = [y < 2^n] = [y − 2^n < 0].
//! ```
//!
//! P0 adds g − 2^n to its summand, and the 2^n leaves its low n bits alone: one set of codes serves w and u. Both are carries of blocks
//! (`carry`); the runs are the low n bits, whose carry is w, and three runs above. u is a XOR of products, one of which is
//! w·P1·P2·P3; times w or ¬w its degree does not grow, so the next level gives v0 = u·¬w and v1 = u·w at once. P0 deals E and, with masks
//! λ0, λ1 for the two bits, λ0·E and λ1·E. z = v0·E·C0 + v1·E·C1 is then linear in the dealt halves; it is at most 2^61·e^(1/16) < 2^62,
//! as the truncation by 61 − f wants it.
//!
//! | round | who | what | bits (K = 64, f = 18) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks 4, 4, 4, 4, 4, 2; 4 × 10, 1; 1 | 230 |
//! | 1, 2 | P0 → P1, P1 ↔ P2 | dealt products; bits of the blocks, masked | 135 + 66 |
//! | 1, 3 | P0 → P1, P1 ↔ P2 | dealt products; bits of the runs, masked | 22 + 14 |
//! | 1, 4 | P0 → P1, P1 ↔ P2 | halves of E, λ0·E, λ1·E; v0 and v1, masked | 192 + 4 |
//! | 5, 6 | | truncation of halves by 43 ([truncate](mod@super::truncate)) | 321 |
//!
//! Six rounds, 984 bits.
//!
//! Domain: −g ≤ x < 2^(K−1), K = 64, 8 ≤ f ≤ 20. Every x ≥ 2^n − g gives exactly 0: there z = 0, and the truncation of 0 is 0 whatever
//! its coin. Below, E has 42 fraction bits and C0, C1 have 19: their roundings are at most 2^−43·e^(16+g−b) and 2^−20·e^−a. For w = 1,
//! a ≥ 16 − b, so that their sum is largest at the ends, near b = 0: 2^−43·e^(16+1/16) < 2^−19.8. For w = 0 it is below 2^−19.9. So the
//! error is below 1 + 2^(f − 19.8) ulp, 1 of it the coin of the truncation: 1.01 ulp for f ≤ 13, 1.04 at f = 15, 1.29 at f = 18, 1.58 at
//! f = 19, 2.15 at f = 20. Never fails. An x < −g is out of the domain: −g − 1 ulp gives about e^−16.
//!
//! P1 and P2 must agree on C0 and C1 in every bit: they come from tables of integers, made once with the portable `libm`, and integer
//! products. The tables are looked up at digits of a party's own summand, never at anything of another party's. These digits are
//! uniform to the party itself, so the places say nothing about x to it; but the look-ups are not constant time. Whoever observes the
//! cache of that machine learns upper bits of digits of its share, and whoever does so at P0 and at P1 or P2 learns about x.
//!
//! Security: P0 receives nothing. Codes, dealt products, opened bits and dealt halves are each masked by a draw that its receiver lacks
//! (`carry`, `products`, [inject](mod@super::inject)); the truncation masks z's halves anew.

use std::sync::OnceLock;

use super::bits::for_each_bit;
use super::carry::{self, carry, propagate, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_table, open_masked, open_masked_table};
use super::message::Message;
use super::products::{Literal, Plan, add, products};
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use super::truncate::{pair_table, truncate_pair};
use crate::ring::{Planes, Ring, vectorize};

/// Fraction bits that [`exp_negative`] takes.
pub const FRACTION_BITS: std::ops::RangeInclusive<u32> = 8..=20;

/// Messages of [`exp_negative`] on `n` elements of 64 bits with `fraction_bits`.
pub fn table(n: usize, fraction_bits: u32) -> Vec<Message> {
    let mut table = carry::table(&widths(fraction_bits), n, 0);
    let [runs, bits] = levels(fraction_bits);
    table.extend(runs.table(n, RUNS.first));
    table.extend(bits.table(n, BITS.first));
    table.extend(open_masked_table(n, 2, OPEN.first));
    table.extend(deal_table(3 * n, 64, DEAL.first));
    table.extend(pair_table(n, shift(fraction_bits), 64, TRUNCATE.first));
    table
}

/// e^−x of x ≥ −1/16, both with `fraction_bits`, one of [`FRACTION_BITS`]; 0 from 16 − 1/16 on. The ring must have 64 bits.
pub async fn exp_negative<R: Ring>(ctx: &Context<R>, x: View<'_, R>, fraction_bits: u32) -> Arith<R> {
    assert!(R::BITS == 64 && FRACTION_BITS.contains(&fraction_bits), "exp has 64 bits, 8 to 20 of them fraction");
    let (n, dealer) = (x.len(), ctx.role() == Role::P0);
    let mut summand = summand(ctx, x);
    if dealer {
        let end = R::power_of_two(fraction_bits + RANGE_BITS).minus(R::power_of_two(fraction_bits - GUARD_BITS));
        summand.iter_mut().for_each(|a| *a = a.minus(end));
    }
    let [runs, bits] = levels(fraction_bits);
    let widths = widths(fraction_bits);
    let blocks = carry::blocks(ctx, &summand, &widths, Steps::START).await;
    let mut carries = products(ctx, &runs, blocks.as_ref(), n, RUNS).await;
    if let (Some(carries), Some(blocks)) = (&mut carries, &blocks) {
        add(carries.plane_mut(carry::generate(UPPER_RUNS)), blocks.plane(propagate(widths.len() - 1)));
    }
    let cases = products(ctx, &bits, carries.as_ref(), n, BITS).await.unwrap_or_else(|| Planes::zero(n, 2));
    let cases = open_masked(ctx, cases, OPEN).await;
    let tables = Tables::of(fraction_bits);
    let dealt = if dealer { dealt(tables, &cases, &summand) } else { Vec::new() };
    let dealt = deal(ctx, dealt, 3 * n, DEAL).await;
    let z = if dealer { Vec::new() } else { halves(tables, &summand, &cases, &dealt) };
    truncate_pair(ctx, z, n, shift(fraction_bits), TRUNCATE).await
}

/// P0: E, λ0·E and λ1·E.
fn dealt<R: Ring>(tables: &Tables, lambda: &Planes, a: &[R]) -> Vec<R> {
    let n = a.len();
    let mut dealt: Vec<R> = a.iter().map(|a| tables.dealt(*a)).collect();
    dealt.resize(3 * n, R::ZERO);
    let (e, products) = dealt.split_at_mut(n);
    vectorize(
        #[inline(always)]
        || {
            for (case, products) in products.chunks_exact_mut(n.max(1)).enumerate() {
                for_each_bit(lambda.plane(case), n, |i, bit: R| products[i] = bit.times(e[i]));
            }
        },
    );
    dealt
}

/// P1 and P2: v0·E·C0 + v1·E·C1.
fn halves<R: Ring>(tables: &Tables, b: &[R], cases: &Planes, dealt: &[R]) -> Vec<R> {
    let n = b.len();
    let (e, products) = dealt.split_at(n);
    let candidates: [Vec<R>; 2] =
        [b.iter().map(|b| tables.low(*b)).collect(), b.iter().map(|b| tables.high(*b)).collect()];
    let mut z = vec![R::ZERO; n];
    vectorize(
        #[inline(always)]
        || {
            for (case, (candidates, products)) in candidates.iter().zip(products.chunks_exact(n.max(1))).enumerate() {
                for_each_bit(cases.plane(case), n, |i, c: R| {
                    let selected = c.times(e[i]).plus(R::ONE.minus(c.shl(1)).times(products[i]));
                    z[i] = z[i].plus(candidates[i].times(selected));
                });
            }
        },
    );
    z
}

/// Powers of e as integers, for the two halves of the low n bits of a summand.
struct Tables {
    bits: u32,
    /// e^−(i·2^−f), 63 fraction bits.
    fine: Vec<u64>,
    /// e^−(i·2^(coarse − f)), 63 fraction bits.
    coarse: Vec<u64>,
    /// e^(g − i·2^(coarse − f)), 63 fraction bits.
    guarded: Vec<u64>,
    /// e^(16 + g − i·2^(coarse − f)), 40 fraction bits.
    grown: Vec<u64>,
}

impl Tables {
    fn of(fraction_bits: u32) -> &'static Self {
        static TABLES: [OnceLock<Tables>; 21] = [const { OnceLock::new() }; 21];
        TABLES[fraction_bits as usize].get_or_init(|| Self::new(fraction_bits))
    }

    fn new(fraction_bits: u32) -> Self {
        let bits = fraction_bits + RANGE_BITS;
        let ulp = libm::exp2(-f64::from(fraction_bits));
        let table = |from: f64, places: u32, unit: f64, scale: f64| {
            let entry = |i: u32| libm::rint(libm::exp(from - f64::from(i) * unit) * libm::exp2(scale)) as u64;
            (0..1 << places).map(entry).collect()
        };
        let low = bits / 2;
        let unit = ulp * f64::from(1 << low);
        let guard = libm::exp2(-f64::from(GUARD_BITS));
        Self {
            bits,
            fine: table(0.0, low, ulp, 63.0),
            coarse: table(0.0, bits - low, unit, 63.0),
            guarded: table(guard, bits - low, unit, 63.0),
            grown: table(16.0 + guard, bits - low, unit, 40.0),
        }
    }

    /// E = e^−a with 42 fraction bits.
    fn dealt<R: Ring>(&self, a: R) -> R {
        self.product(&self.coarse, 63 - DEALT_BITS, a)
    }

    /// C0 = e^(g − b) with 19 fraction bits.
    fn low<R: Ring>(&self, b: R) -> R {
        self.product(&self.guarded, 63 - KNOWN_BITS, b)
    }

    /// C1 = e^(16 + g − b) with 19 fraction bits.
    fn high<R: Ring>(&self, b: R) -> R {
        self.product(&self.grown, 40 - KNOWN_BITS, b)
    }

    /// The product of two table entries, rounded to 63 + `excess` bits less.
    #[inline(always)]
    fn product<R: Ring>(&self, coarse: &[u64], excess: u32, x: R) -> R {
        let digits = x.low(self.bits).to_u128() as usize;
        let (fine, coarse) = (self.fine[digits % self.fine.len()], coarse[digits / self.fine.len()]);
        let shift = 63 + excess;
        R::from_u128((u128::from(fine) * u128::from(coarse) + (1 << (shift - 1))) >> shift)
    }
}

/// Blocks: those of the low n bits, those above, the top bit.
fn widths(fraction_bits: u32) -> Vec<u32> {
    let low = fraction_bits + RANGE_BITS;
    [carry::widths(low), carry::widths(63 - low), vec![1]].concat()
}

/// The two levels: w and the bits of the upper runs; then v0 and v1.
fn levels(fraction_bits: u32) -> [Plan; 2] {
    let low = carry::widths(fraction_bits + RANGE_BITS).len();
    let upper = carry::split(low..widths(fraction_bits).len() - 1, UPPER_RUNS);
    let runs: Vec<_> = std::iter::once(0..low).chain(upper).collect();
    // The top bit has been added to the last run's carry: this is u.
    let w = carry::generate(0);
    let u = carry(0..UPPER_RUNS + 1);
    let has_w = |product: &Vec<Literal>| product.contains(&(w, false));
    let with = |product: &Vec<Literal>, literal: Literal| [&product[..], &[literal]].concat();
    let without_carry = u.iter().filter(|p| !has_w(p)).map(|p| with(p, (w, true))).collect();
    let with_carry = u.iter().map(|p| if has_w(p) { p.clone() } else { with(p, (w, false)) }).collect();
    [Plan::new(&carry::runs(&runs)), Plan::new(&[without_carry, with_carry])]
}

const fn shift(fraction_bits: u32) -> u32 {
    DEALT_BITS + KNOWN_BITS - fraction_bits
}

/// 2^4 = 16: the range of y = x + g.
const RANGE_BITS: u32 = 4;
/// The guard g below 0 is 2^−4.
const GUARD_BITS: u32 = 4;
/// Fraction bits of E.
const DEALT_BITS: u32 = 42;
/// Fraction bits of C0 and C1.
const KNOWN_BITS: u32 = 19;
/// Runs above the low n bits.
const UPPER_RUNS: usize = 3;

const RUNS: Steps = Steps::START.past(carry::STEPS);
const BITS: Steps = RUNS.past(Plan::STEPS);
const OPEN: Steps = BITS.past(Plan::STEPS);
const DEAL: Steps = OPEN.past(OPEN_MASKED_STEPS);
const TRUNCATE: Steps = DEAL.past(DEAL_STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share};
    use spu::Party;

    fn exp(dealer: Party, x: &[u64], fraction_bits: u32, seed: u64) -> Vec<u64> {
        let shares = share(x, seed);
        let kernel =
            async |ctx: Context<u64>| exp_negative(&ctx, shares[ctx.role() as usize].view(), fraction_bits).await;
        reconstruct(&run(dealer, &table(x.len(), fraction_bits), seed, kernel))
    }

    /// Largest distance from e^−x in ulp.
    fn worst(x: &[u64], result: &[u64], fraction_bits: u32) -> f64 {
        let one = f64::from(1 << fraction_bits);
        let distance = |(x, e): (&u64, &u64)| (*e as i64 as f64 - (-(*x as i64 as f64) / one).exp() * one).abs();
        x.iter().zip(result).map(distance).fold(0.0, f64::max)
    }

    /// The domain where e^−x is not 0, as signed numbers: −g … 16·2^f − g − 1.
    fn domain(fraction_bits: u32) -> std::ops::Range<i64> {
        let guard = 1 << (fraction_bits - 4);
        -guard..(16 << fraction_bits) - guard
    }

    #[test]
    fn within_1_29_ulp_in_the_domain() {
        let (start, end) = (domain(18).start, domain(18).end);
        let x = (start..end).step_by(29).chain(start..start + 40).chain(-40..40).chain(end - 40..end);
        let x: Vec<u64> = x.map(|x| x as u64).collect();
        assert!(x.len() > 140_000);
        for dealer in dealers() {
            let worst = worst(&x, &exp(dealer, &x, 18, 5 + dealer.0 as u64), 18);
            assert!(worst < 1.29, "{worst}");
            assert!(worst > 0.9, "the truncation errs by up to one ulp: {worst}");
        }
    }

    #[test]
    fn the_error_bound_holds_for_all_fraction_bits() {
        for f in FRACTION_BITS {
            let (domain, step) = (domain(f), ((16 << f) / 4000) | 1);
            let edges = [domain.start, domain.start + 1, -2, -1, 0, 1, domain.end - 1];
            let x: Vec<u64> = domain.step_by(step).chain(edges).map(|x| x as u64).collect();
            let worst = worst(&x, &exp(Party(0), &x, f, u64::from(f)), f);
            assert!(worst < 1.0 + 2f64.powf(f64::from(f) - 19.8), "{worst} at {f}");
        }
    }

    #[test]
    fn a_few_ulp_below_0_are_about_1() {
        for f in FRACTION_BITS {
            let x: Vec<u64> = (-8i64..=8).cycle().take(1700).map(|x| x as u64).collect();
            // e^−x is within 8 ulp of 1 there, up to the second order, and the error bound is below 3 ulp.
            let near = |e: u64| e.abs_diff(1 << f) <= 12;
            assert!(dealers().into_iter().all(|dealer| exp(dealer, &x, f, 21).into_iter().all(near)), "at {f}");
        }
    }

    #[test]
    fn exactly_0_from_16_less_the_guard_on() {
        for f in [8, 15, 18, 20] {
            let edge = domain(f).end as u64;
            let powers = (f + 4..63).flat_map(|i| [1 << i, (1 << i) + 1, (2 << i) - 1, (1 << i) + (1 << i >> 1)]);
            let far = [16 << f, 1000 << f, i64::MAX as u64];
            let x: Vec<u64> = (edge..edge + 1000).chain(powers).chain(far).collect();
            assert!(exp(Party(1), &x, f, 3).iter().all(|&e| e == 0));
        }
    }

    #[test]
    fn the_result_is_unbiased() {
        let x = vec![3 << 18; 20_000];
        let mean = exp(Party(0), &x, 18, 8).iter().sum::<u64>() as f64 / x.len() as f64;
        assert!((mean - (-3f64).exp() * f64::from(1 << 18)).abs() < 0.02, "{mean}");
    }

    #[test]
    fn any_number_of_elements() {
        for n in SIZES {
            let x: Vec<u64> = (0..n as u64).map(|i| i << 9).collect();
            assert!(worst(&x, &exp(Party(2), &x, 18, 1), 18) < 1.29);
        }
    }

    #[test]
    fn six_rounds_and_984_bits() {
        let cost = cost(&table(64, 18));
        assert_eq!((cost.rounds, cost.bits), (6, 984 * 64));
        assert!(FRACTION_BITS.into_iter().all(|f| super::super::cost(&table(1, f)).bits <= 1500));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel = |ctx: Context<u64>, operands: Operands| async move {
            exp_negative(&ctx, operands.arith(0).view(), 18).await
        };
        Subject::new([replicated(64)], table(1, 18), kernel).distinguish(600).expect("statistical");
    }
}
