//! Unit vectors of a shared index: `[i = 0]`, `[i = 1]`, …, `[i = n − 1]` (the shifted tables of Ishai et al., TCC 2013, with the third
//! party as dealer).
//!
//! # Equations
//!
//! i = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2. Let N = 2^m ≥ n. P0 deals the unit vector of a, u_t = `[t = a mod N]` for t = 1, …, N − 1;
//! u_0 is 1 less their sum. Then
//!
//! ```text
//! [j = i mod N] = u_((j − b) mod N):
//! ```
//!
//! P1 and P2 turn their halves by b, which both know. They do not address memory by it: for each of the m bits of b they exchange entries 2^k apart by
//! masks, for all elements alike.
//!
//! **An index that lies in 0, …, N − 1** needs no more. **Any other** needs e = `[⌊i/N⌋ = 0]` as well, ⌊i/N⌋ = a' + b' + c with a' = ⌊a/N⌋, b' = ⌊b/N⌋ and
//! c the carry of the m low bits. A sum is 0 with a carry, and −1 without one, iff every block propagates ([zero](super::zero)):
//!
//! ```text
//! e = [a' + (b' − 1) = −1]·(1 − c) ⊕ [a' + b' = −1]·c.
//! ```
//!
//! Both are read off one code of a. The carry, of at most four blocks, is multiplied into one of the runs of either product. P1 and P2 open e under a
//! mask λ, w = e ⊕ λ. P0 has dealt λ·u too, and e·u = w·u + (1 − 2w)·λ·u is turned.
//!
//! | round | who | what | bits (K = 64, N = n = 16) | i in 0, …, N − 1 |
//! |---|---|---|---|---|
//! | 1 | P0 → P1 | halves of u; of λ·u | 64 (N − 1) + 64 N | 64 (N − 1) |
//! | 1 | P0 → P1 | codes of the blocks, products of masks of both levels | 240 + 88 + 22 | |
//! | 2, 3 | P1 ↔ P2 | carry and propagate bits, then runs of them, masked | 62 + 16 | |
//! | 4 | P1 ↔ P2 | e, masked | 2 | |
//! | 5 (2) | P1 ↔ P2 | halves of the unit vector, less masks | 128 n | 128 n |
//!
//! Five rounds, or two: 256 or 192 bits an entry, and 366 for e. Exact for every i, never fails; i is taken modulo N where it is said to lie in 0, …, N − 1.
//!
//! Security: P0 receives nothing. What is dealt is masked by the key (P0, P2), which P1 lacks; the openings are those of
//! `products`, [inject](super::inject) and [multiply](super::multiply), each under draws of its own.

use std::ops::Range;

use super::bits::for_each_bit;
use super::carry::{self, propagate, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_table, mask_times, open_masked, open_masked_table};
use super::levels::Level;
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::products::{Literal, Plan};
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, to_planes, vectorize};

/// The most entries of a unit vector.
pub const LARGEST: usize = 1 << 16;

/// Messages of [`one_hot`] on `n` indices of `bits` bits, `count` entries each.
pub fn table(count: usize, inside: bool, n: usize, bits: u32) -> Vec<Message> {
    let dealt = entries(count) * if inside { 1 } else { 2 } - 1;
    let mut table = Vec::new();
    let mut steps = Steps::START;
    if !inside {
        let quotient = Quotient::new(index_bits(count), bits);
        table.extend(quotient.table(n));
        table.extend(open_masked_table(n, 1, Quotient::STEPS.first));
        steps = Quotient::STEPS.past(OPEN_MASKED_STEPS);
    }
    table.extend(deal_table(n * dealt, bits, steps.first));
    table.extend(reshare_pair_table(n * count, bits, steps.past(DEAL_STEPS).first));
    table
}

/// `[i = 0]`, …, `[i = count − 1]` for each index i, one after the other: between 2 and [`LARGEST`] entries. `inside` says that every i is one
/// of 0, …, N − 1 for the power of two N ≥ count.
pub async fn one_hot<R: Ring>(ctx: &Context<R>, i: View<'_, R>, count: usize, inside: bool) -> Arith<R> {
    assert!((2..=LARGEST).contains(&count), "a unit vector has between 2 and {LARGEST} entries");
    let (n, role, m, size) = (i.len(), ctx.role(), index_bits(count), entries(count));
    let summand = summand(ctx, i);
    let low = to_planes(&summand, 0, m);
    let (mut steps, mut chosen) = (Steps::START, None);
    if !inside {
        let half = Quotient::new(m, R::BITS).is_zero(ctx, summand).await;
        chosen = Some(open_masked(ctx, half, Quotient::STEPS).await);
        steps = Quotient::STEPS.past(OPEN_MASKED_STEPS);
    }
    let value = if role == Role::P0 { dealt(&low, chosen.as_ref()) } else { Vec::new() };
    let mut halves = deal(ctx, value, n * (size * if inside { 1 } else { 2 } - 1), steps).await;
    if role != Role::P0 {
        halves = with_first(role, halves, n, size);
        if let Some(chosen) = chosen {
            halves = where_set(halves, &chosen, n * size);
        }
        halves = rows(&turned(halves, &low, n), n, count);
    }
    reshare_pair(ctx, halves, n * count, steps.past(DEAL_STEPS)).await
}

/// m.
fn index_bits(count: usize) -> u32 {
    count.next_power_of_two().trailing_zeros()
}

/// N.
fn entries(count: usize) -> usize {
    count.next_power_of_two()
}

/// P0: u_1, …, u_(N − 1), each for all elements; then λ·u_0, …, λ·u_(N − 1) if λ is given.
fn dealt<R: Ring>(a: &Planes, lambda: Option<&Planes>) -> Vec<R> {
    let n = a.elements();
    let mut unit = Vec::with_capacity(n << (a.count() + 1));
    let mut indicator = vec![0; a.stride()];
    for t in 0..1usize << a.count() {
        indicator.fill(u64::MAX);
        for k in 0..a.count() {
            let flip = if t >> k & 1 == 1 { 0 } else { u64::MAX };
            indicator.iter_mut().zip(a.plane(k)).for_each(|(word, bit)| *word &= bit ^ flip);
        }
        let from = unit.len();
        unit.resize(from + n, R::ZERO);
        for_each_bit(&indicator, n, |e, bit| unit[from + e] = bit);
    }
    let products = lambda.map(|lambda| {
        let entry = |t: usize| mask_times(lambda, unit[t * n..(t + 1) * n].to_vec());
        (0..1usize << a.count()).flat_map(entry).collect::<Vec<R>>()
    });
    unit.drain(..n);
    unit.extend(products.unwrap_or_default());
    unit
}

/// This party's halves with that of u_0 before them.
fn with_first<R: Ring>(role: Role, halves: Vec<R>, n: usize, size: usize) -> Vec<R> {
    let mut all = vec![if role == Role::P1 { R::ONE } else { R::ZERO }; n];
    if n == 0 {
        return all;
    }
    vectorize(
        #[inline(always)]
        || {
            for entry in halves.chunks_exact(n).take(size - 1) {
                all.iter_mut().zip(entry).for_each(|(first, entry)| *first = first.minus(*entry));
            }
        },
    );
    all.extend(halves);
    all
}

/// w·u + (1 − 2w)·λu from u and λu, `whole` elements each.
fn where_set<R: Ring>(mut halves: Vec<R>, w: &Planes, whole: usize) -> Vec<R> {
    let n = w.elements();
    let mut products = halves.split_off(whole);
    if n == 0 {
        return products;
    }
    for (product, unit) in products.chunks_exact_mut(n).zip(halves.chunks_exact(n)) {
        vectorize(
            #[inline(always)]
            || {
                for_each_bit(w.plane(0), n, |e, bit: R| {
                    let t = product[e];
                    product[e] = t.plus(bit.times(unit[e].minus(t).minus(t)));
                })
            },
        );
    }
    products
}

/// The entry at j − b in place j, modulo their number.
fn turned<R: Ring>(mut unit: Vec<R>, b: &Planes, n: usize) -> Vec<R> {
    let size = 1usize << b.count();
    for k in 0..b.count() {
        let mut next = unit.clone();
        for j in 0..size {
            let from = (j + size - (1 << k)) % size;
            let (there, here) = (&unit[from * n..(from + 1) * n], &unit[j * n..(j + 1) * n]);
            let next = &mut next[j * n..(j + 1) * n];
            vectorize(
                #[inline(always)]
                || {
                    for_each_bit(b.plane(k), n, |e, bit: R| {
                        next[e] = here[e].plus(bit.times(there[e].minus(here[e])));
                    })
                },
            );
        }
        unit = next;
    }
    unit
}

/// The first `count` entries of each element side by side.
fn rows<R: Ring>(unit: &[R], n: usize, count: usize) -> Vec<R> {
    (0..n).flat_map(|e| (0..count).map(move |j| unit[j * n + e])).collect()
}

/// Whether ⌊(a + b)/2^m⌋ is 0.
struct Quotient {
    widths: Vec<u32>,
    /// m.
    low_bits: u32,
    levels: [Level; 2],
}

impl Quotient {
    const STEPS: Steps = carry::STEPS.past(Level::STEPS).past(Level::STEPS);

    fn new(low_bits: u32, bits: u32) -> Self {
        let lows = carry::widths(low_bits);
        let low = lows.len();
        let widths = [lows, carry::widths(bits - low_bits)].concat();
        let blocks = widths.len();
        // The bits of `carries`, then those of `propagates` for b − 2^m.
        let of_sum = |block: usize| (propagate(block), false);
        let of_less = |block: usize| (2 * blocks - 1 + block, false);
        let carry = carry::carry(0..low);
        let beside = (Plan::DEGREE - low).min(3).min(blocks - low);
        let rest = low + beside..blocks;
        let runs = carry::split(rest.clone(), rest.len().div_ceil(4).min(Plan::DEGREE - 1));

        let beside = |literal: &dyn Fn(usize) -> Literal| -> Vec<Literal> { (low..rest.start).map(literal).collect() };
        let product = |literal: &dyn Fn(usize) -> Literal, run: Range<usize>| vec![run.map(literal).collect()];
        let times_carry = |factors: &[Literal]| carry.iter().map(|term| [term, factors].concat()).collect::<Vec<_>>();
        let (sum, less) = (beside(&of_sum), beside(&of_less));
        let mut first = vec![times_carry(&sum), [vec![less.clone()], times_carry(&less)].concat()];
        first.extend(runs.iter().map(|run| product(&of_sum, run.clone())));
        first.extend(runs.iter().map(|run| product(&of_less, run.clone())));
        let all = |head: usize, runs: Range<usize>| [head].into_iter().chain(runs).map(|bit| (bit, false)).collect();
        let k = runs.len();
        let second = vec![all(0, 2..2 + k), all(1, 2 + k..2 + 2 * k)];
        Self { widths, low_bits, levels: [Level::new(&first), Level::new(&[second])] }
    }

    fn table(&self, n: usize) -> Vec<Message> {
        let mut table = carry::table(&self.widths, n, 0);
        let mut steps = carry::STEPS;
        for level in &self.levels {
            table.extend(level.table(n, steps.first));
            steps = steps.past(Level::STEPS);
        }
        table
    }

    /// Halves of P1 and P2, zero at P0, from P0's a and the b of P1 and P2.
    async fn is_zero<R: Ring>(&self, ctx: &Context<R>, mut summand: Vec<R>) -> Planes {
        let n = summand.len();
        let codes = carry::codes(ctx, &summand, &self.widths, Steps::START).await;
        let mut bits = codes.map(|codes| {
            let carries = codes.carries();
            let one = R::power_of_two(self.low_bits);
            summand.iter_mut().for_each(|b| *b = b.minus(one));
            let propagates = codes.named_by(&summand).propagates();
            let count = carries.count() + propagates.count();
            let mut words = carries.into_words();
            words.extend(propagates.words());
            Planes::from_words(n, count, words)
        });
        let mut steps = carry::STEPS;
        for level in &self.levels {
            bits = level.evaluate(ctx, bits.as_ref(), n, steps).await;
            steps = steps.past(Level::STEPS);
        }
        bits.unwrap_or_else(|| Planes::zero(n, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(i: &[R], count: usize, inside: bool) {
        let shares = share(i, 3);
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| one_hot(&ctx, shares[ctx.role() as usize].view(), count, inside).await;
            let found = reconstruct(&run(dealer, &table(count, inside, i.len(), R::BITS), 4, kernel));
            for (i, row) in i.iter().zip(found.chunks_exact(count)) {
                for (j, &entry) in row.iter().enumerate() {
                    let wanted = if i.to_u128() == j as u128 { R::ONE } else { R::ZERO };
                    assert_eq!(entry, wanted, "[{} = {j}] of {count} in 2^{}", i.to_u128(), R::BITS);
                }
            }
        }
    }

    /// Indices around all multiples of N that matter, and everything else.
    fn anywhere<R: Ring>(n: usize, count: usize) -> Vec<R> {
        let size = entries(count) as i128;
        let near = |k: i128| [-1, 0, 1, count as i128 - 1, count as i128].map(|d| R::from_i128(k * size + d));
        let powers = (0..R::BITS).map(R::power_of_two);
        let all: Vec<R> = (-2..3).flat_map(near).chain(powers).chain(uniform(50, 6)).collect();
        all.into_iter().cycle().take(n).collect()
    }

    fn inside<R: Ring>(n: usize, count: usize) -> Vec<R> {
        (0..n).map(|e| R::from_u128((e * 7 % entries(count)) as u128)).collect()
    }

    #[test]
    fn entries_are_one_at_the_index_alone() {
        for n in SIZES {
            check(&inside::<u64>(n, 10), 10, true);
            check(&anywhere::<u64>(n, 10), 10, false);
        }
        for count in [2, 3, 4, 7, 16, 17, 200, 300] {
            check(&inside::<u64>(130, count), count, true);
            check(&anywhere::<u64>(130, count), count, false);
            check(&anywhere::<u32>(130, count), count, false);
            check(&anywhere::<u128>(130, count), count, false);
        }
        let every: Vec<Z16> = (0..16).map(Z16::from_u128).collect();
        (2..=8).for_each(|count| check(&every, count, false));
    }

    /// Carries across three and four low blocks.
    #[test]
    fn long_vectors_have_long_carries() {
        for count in [1 << 9, 1 << 13] {
            check(&anywhere::<u64>(15, count), count, false);
            check(&anywhere::<u128>(15, count), count, false);
        }
        for (bits, m) in [32, 64, 128].into_iter().flat_map(|bits| (1..=16).map(move |m| (bits, m))) {
            assert_eq!(cost(&table(1 << m, false, 1, bits)).rounds, 5);
        }
    }

    /// The bits of the table above: openings of two bits each, dealt sets of two or more masks.
    #[test]
    fn rounds_and_bits() {
        let known = cost(&table(10, true, 100, 64));
        assert_eq!((known.rounds, known.bits), (2, (15 * 64 + 10 * 128) * 100));
        let any = cost(&table(10, false, 100, 64));
        let quotient = 240 + (2 * 31 + 88) + (2 * 8 + 22);
        assert_eq!((any.rounds, any.bits), (5, (31 * 64 + quotient + 2 + 10 * 128) * 100));
    }

    #[test]
    fn views_do_not_depend_on_the_index() {
        macro_rules! check {
            ($ring:ty, $inside:expr, $way:ident($size:expr)) => {
                let kernel = |ctx: Context<$ring>, operands: Operands| async move {
                    one_hot(&ctx, operands.arith(0).view(), 2, $inside).await
                };
                let bits = <$ring>::BITS;
                Subject::new([replicated(bits)], table(2, $inside, 1, bits), kernel).$way($size).expect("unit vector");
            };
        }
        check!(Z16, true, enumerate(20_000));
        check!(u64, true, distinguish(1000));
        check!(u64, false, distinguish(1000));
    }
}
