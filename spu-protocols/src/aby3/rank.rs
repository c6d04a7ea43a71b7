//! Opening a shuffled list of ranks (Asharov et al., eprint 2022/1595, sections 3.2 and 4, shortened).
//!
//! # Equations
//!
//! z holds each of 0 … n − 1 once, modulo 2^m with n ≤ 2^m. [`open_shuffled`] opens its order under the common permutation π = S_02 ∘ S_12 ∘ S_01
//! ([permutation](super::permutation)), in halves at two parties at a time as in [shuffle](mod@super::shuffle):
//!
//! ```text
//! P0: z_0' = z_0 + κ                    P1: z_1' = z_1 + (z_2 − κ)        κ from (P0, P2); a replicated z has z_0' = z_0, z_1' = z_1 + z_2
//! P0: α = S_01(z_0') − μ                P1: β = S_12(S_01(z_1') + α) + δ   μ from (P0, P2), δ from (P1, P2)
//! P2: γ = S_12(μ) − δ                   P0, P2: π(z) = S_02(β + γ).
//! ```
//!
//! [`open_ranks`] makes z itself: of n elements in some order, `order` says where each stands by their lower digits, and replicated indicators
//! say for each whether its next digit is 1, 2, … (0 is the rest). In sorted order, element i with digit d has the new rank
//!
//! ```text
//! Σ_v ind_v(i)·(Σ_(u < v) Σ_j ind_u(j) + Σ_(j ≤ i) ind_v(j) − 1),
//! ```
//!
//! one product of local sums, whose three terms are the z_i: no message before the opening.
//!
//! | round | who | what | bits a rank of m bits |
//! |---|---|---|---|
//! | 1 | P2 → P1 | z_2 − κ (not of a replicated z) | m |
//! | 1 | P0 → P1 | α | m |
//! | 1 | P2 → P0 | γ | m |
//! | 2 | P1 → P0, P2 | β | 2m |
//! | 3 | P0 → P1 | π(z) | m |
//!
//! Three rounds, 6m bits; of a replicated z 5m. P0 and P2 know the result after the second round, and nothing that they send for the next such
//! opening waits for P1: a chain of them takes two rounds each and one more. Exact, never fails.
//!
//! # Security
//!
//! π(z) is public: to each party π has a factor that is uniform and unknown, so π(z) is a uniform order whatever z is, as long as z holds each
//! number once: of another z it would tell which numbers occur. [`open_ranks`] makes no other (the ranks of a stable sort, ties and all); what
//! [`open_shuffled`] is given is one by the verifier of PPHLO. A permutation must serve one opening only, which the builder of the share program
//! sees to, while any number of values may be shuffled by it: those stay shared. In a chain, each opening is uniform given all before it. P1 receives two values under μ and κ, from the key that it lacks, and π(z). P0 receives γ under δ, from the key that it
//! lacks, and β with β + γ = S_02^−1(π(z)). P2 receives β, which is S_02^−1(π(z)) − γ, its own. So every view follows from the party's own
//! values, uniform ones, and π(z).

use super::context::Context;
use super::message::Message;
use super::permutation::{Permutations, Rows};
use super::role::{Pair, Role};
use super::shares::View;
use super::shuffle::received;
use crate::ring::{Ring, pack_fields};

/// Messages of [`open_shuffled`] on `n` residues of `width` bits.
pub fn table(n: usize, width: u32) -> Vec<Message> {
    let bits = n as u64 * u64::from(width);
    vec![
        Message::dealt(1, Role::P0, Role::P1, bits),
        Message::dealt(2, Role::P2, Role::P0, bits),
        Message::new(3, Role::P1, Role::P0, bits),
        Message::new(3, Role::P1, Role::P2, bits),
        Message::new(4, Role::P0, Role::P1, bits),
    ]
}

/// Messages of [`open_ranks`] on `n` elements with ranks of `width` bits.
pub fn ranks_table(n: usize, width: u32) -> Vec<Message> {
    let mut table = vec![Message::dealt(0, Role::P2, Role::P1, n as u64 * u64::from(width))];
    table.extend(self::table(n, width));
    table
}

/// The shuffled z, at all parties; `rows` has width 1.
pub async fn open_shuffled<R: Ring>(
    ctx: &Context<R>,
    z: View<'_, R>,
    permutations: &Permutations,
    rows: Rows,
    width: u32,
) -> Vec<R> {
    let half = match ctx.role() {
        Role::P1 => z.own.iter().zip(z.next).map(|(x, y)| x.plus(*y)).collect(),
        _ => z.own.to_vec(),
    };
    open_halves(ctx, half, permutations, rows, width).await
}

/// The shuffled ranks by one more digit, at all parties. `indicators` are columns of all elements, for the digits 1, 2, …; `order` is the rank of
/// each element by the digits before, the same at all parties.
pub async fn open_ranks<R: Ring>(
    ctx: &Context<R>,
    indicators: View<'_, R>,
    order: &[u32],
    permutations: &Permutations,
    rows: Rows,
    width: u32,
) -> Vec<R> {
    let n = order.len();
    let mut half = rank_terms(ctx.role(), indicators, order, rows);
    match ctx.role() {
        Role::P0 => add(&mut half, &ctx.draw_low(Pair::P02, KAPPA, width, n)),
        Role::P1 => add(&mut half, &received(ctx, 0, Role::P2, width, n).await),
        Role::P2 => {
            subtract(&mut half, &ctx.draw_low(Pair::P02, KAPPA, width, n));
            ctx.send(0, Role::P1, pack_fields(&half, width));
        }
    }
    open_halves(ctx, half, permutations, rows, width).await
}

/// The shuffled sum of P0's and P1's `half`; P2's is not looked at.
async fn open_halves<R: Ring>(
    ctx: &Context<R>,
    mut half: Vec<R>,
    permutations: &Permutations,
    rows: Rows,
    width: u32,
) -> Vec<R> {
    let (role, n) = (ctx.role(), half.len());
    let permuted = |pair, x: &[R]| rows.permute(x, permutations.of(role, pair), false);
    let packed = |x: &[R]| pack_fields(x, width);
    let mut opened = match role {
        Role::P0 => {
            half = permuted(Pair::P01, &half);
            subtract(&mut half, &ctx.draw_low(Pair::P02, MU, width, n));
            ctx.send(1, Role::P1, packed(&half));
            let mut sum = received(ctx, 2, Role::P2, width, n).await;
            add(&mut sum, &received(ctx, 3, Role::P1, width, n).await);
            let opened = permuted(Pair::P02, &sum);
            ctx.send(4, Role::P1, packed(&opened));
            opened
        }
        Role::P1 => {
            half = permuted(Pair::P01, &half);
            add(&mut half, &received(ctx, 1, Role::P0, width, n).await);
            half = permuted(Pair::P12, &half);
            add(&mut half, &ctx.draw_low(Pair::P12, DELTA, width, n));
            ctx.send(3, Role::P0, packed(&half));
            ctx.send(3, Role::P2, packed(&half));
            received(ctx, 4, Role::P0, width, n).await
        }
        Role::P2 => {
            let mut sum = permuted(Pair::P12, &ctx.draw_low(Pair::P02, MU, width, n));
            subtract(&mut sum, &ctx.draw_low(Pair::P12, DELTA, width, n));
            ctx.send(2, Role::P0, packed(&sum));
            add(&mut sum, &received(ctx, 3, Role::P1, width, n).await);
            permuted(Pair::P02, &sum)
        }
    };
    opened.iter_mut().for_each(|x| *x = x.low(width));
    opened
}

/// This party's term of the rank of every element, in the order of `order`.
fn rank_terms<R: Ring>(role: Role, indicators: View<'_, R>, order: &[u32], rows: Rows) -> Vec<R> {
    let (n, length) = (order.len(), rows.length);
    // The public 1 counts as share 0.
    let one = |held| if held { R::ONE } else { R::ZERO };
    let one = [one(role == Role::P0), one(role == Role::P2)];
    let columns = indicators.len().checked_div(n).unwrap_or(0);
    let mut terms = vec![R::ZERO; n];
    let mut at = vec![0u32; length];
    let mut digits = vec![[[R::ZERO; 2]; 1 << LARGEST_DIGIT]; length];
    for (list, (order, terms)) in order.chunks(length.max(1)).zip(terms.chunks_mut(length.max(1))).enumerate() {
        (0..).zip(order).for_each(|(element, &place)| at[place as usize] = element);
        let mut totals = [[R::ZERO; 2]; (1 << LARGEST_DIGIT) + 1];
        for (digit, &element) in digits.iter_mut().zip(&at) {
            let mut rest = one;
            for (column, indicator) in digit[1..].iter_mut().take(columns).enumerate() {
                let i = column * n + list * length + element as usize;
                *indicator = [indicators.own[i], indicators.next[i]];
                (0..2).for_each(|s| rest[s] = rest[s].minus(indicator[s]));
            }
            digit[0] = rest;
            for (total, indicator) in totals[1..].iter_mut().zip(digit.iter()).take(columns + 1) {
                (0..2).for_each(|s| total[s] = total[s].plus(indicator[s]));
            }
        }
        // Where the elements of each digit begin, less 1.
        totals[0] = [R::ZERO.minus(one[0]), R::ZERO.minus(one[1])];
        for v in 1..=columns {
            (0..2).for_each(|s| totals[v][s] = totals[v][s].plus(totals[v - 1][s]));
        }
        for (digit, &element) in digits.iter().zip(&at) {
            let mut term = R::ZERO;
            for (digit, place) in digit.iter().zip(&mut totals).take(columns + 1) {
                (0..2).for_each(|s| place[s] = place[s].plus(digit[s]));
                term = term.plus(digit[0].times(place[0].plus(place[1]))).plus(digit[1].times(place[0]));
            }
            terms[element as usize] = term;
        }
    }
    terms
}

/// Bits of the widest digit.
pub const LARGEST_DIGIT: u32 = 3;

fn add<R: Ring>(x: &mut [R], y: &[R]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x = x.plus(*y));
}

fn subtract<R: Ring>(x: &mut [R], y: &[R]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x = x.minus(*y));
}

/// Labels of draws.
const MU: u8 = 0;
const KAPPA: u8 = 1;
const DELTA: u8 = 0;

#[cfg(test)]
mod tests {
    use super::super::message::{cost, stamps};
    use super::super::permutation::permutations;
    use super::super::privacy::{Subject, replicated};
    use super::super::shares::Arith;
    use super::super::trial::{dealers, run, share, uniform};
    use super::*;
    use crate::ring::Z16;

    fn identity(rows: Rows) -> Vec<u32> {
        (0..rows.batch).flat_map(|_| 0..rows.length as u32).collect()
    }

    /// A list of ranks for each row of the batch, from a seed.
    fn ranks(rows: Rows, seed: u64) -> Vec<u32> {
        super::super::permutation::lists(rows.batch, rows.length, &uniform::<u64>(2 * rows.batch * rows.length, seed))
    }

    fn check<R: Ring>(batch: usize, length: usize, digit: u32) {
        let rows = Rows::single(batch, length);
        let (n, width) = (batch * length, length.next_power_of_two().ilog2().max(1));
        let order = ranks(rows, 3);
        let digits: Vec<u32> = uniform::<u64>(n, 4).iter().map(|x| (x % (1 << digit)) as u32).collect();
        let column = |v: u32| digits.iter().map(move |&d| R::from_u128(u128::from(d == v)));
        let indicators = share(&(1..1 << digit).flat_map(column).collect::<Vec<R>>(), 5);
        // What a stable sort by the digit makes of the order.
        let mut expected = vec![R::ZERO; n];
        for list in 0..batch {
            let mut elements: Vec<usize> = (list * length..(list + 1) * length).collect();
            elements.sort_by_key(|&i| (digits[i], order[i]));
            (0u128..).zip(elements).for_each(|(rank, i)| expected[i] = R::from_u128(rank));
        }
        let shared = share(&expected, 6);
        for dealer in dealers() {
            let drawn = run(dealer, &[], 8, |ctx: Context<R>| async move { permutations(&ctx, batch, length) });
            let factors = [&drawn[0].next, &drawn[1].next, &drawn[2].next];
            let common = factors.into_iter().fold(identity(rows), |x, factor| rows.permute(&x, factor, false));
            let shuffled = rows.permute(&expected, &common, false);
            let opened = run(dealer, &ranks_table(n, width), 9, |ctx: Context<R>| {
                let (indicators, drawn) = (indicators[ctx.role() as usize].clone(), &drawn[ctx.role() as usize]);
                let order = &order;
                async move { open_ranks(&ctx, indicators.view(), order, drawn, rows, width).await }
            });
            assert!(opened.iter().all(|list| *list == shuffled));
            let opened = run(dealer, &table(n, width), 9, |ctx: Context<R>| {
                let (z, drawn) = (shared[ctx.role() as usize].clone(), &drawn[ctx.role() as usize]);
                async move { open_shuffled(&ctx, z.view(), drawn, rows, width).await }
            });
            assert!(opened.iter().all(|list| *list == shuffled));
        }
    }

    #[test]
    fn ranks_are_those_of_a_stable_sort() {
        for (batch, length) in [(1, 0), (1, 1), (1, 2), (3, 5), (2, 64), (1, 1000)] {
            for digit in 1..=LARGEST_DIGIT {
                check::<u64>(batch, length, digit);
            }
            check::<u32>(batch, length, 2);
            check::<u128>(batch, length, 3);
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let ranks = cost(&ranks_table(64, 10));
        assert_eq!((ranks.rounds, ranks.bits, ranks.bytes), (3, 64 * 60, [160; 3]));
        let replicated = cost(&table(64, 10));
        assert_eq!((replicated.rounds, replicated.bits), (3, 64 * 50));
        // A chain: what a party knows late, it needs late.
        let (_, first) = stamps(&ranks_table(64, 10), [0; 3]);
        let (_, second) = stamps(&ranks_table(64, 10), first);
        assert_eq!((first, second), ([2, 3, 2], [4, 5, 4]));
    }

    /// The first frames carry what the parties must agree on: β, which opens the order, is in none of them.
    #[test]
    fn nothing_is_opened_in_the_first_superstep() {
        for table in [table(64, 10), ranks_table(64, 10)] {
            let (stamps, _) = stamps(&table, [0; 3]);
            let opening = table.iter().zip(stamps).filter(|(row, _)| row.step >= 3);
            assert!(opening.clone().count() == 3 && opening.into_iter().all(|(_, stamp)| stamp >= 2));
        }
    }

    /// Two elements, z = (d, 1 − d) modulo 2: over the swaps that a party does not know, what it sees does not depend on d.
    #[test]
    fn views_do_not_depend_on_the_ranks() {
        let drawn = |ctx: &Context<Z16>| {
            let list = |pair| {
                let swap = ctx.draw_low(pair, 7, 1, 1)[0];
                if swap == Z16::ZERO { vec![0, 1] } else { vec![1, 0] }
            };
            let [next, previous] = [Pair::with_next(ctx.role()), Pair::with_previous(ctx.role())].map(list);
            Permutations { next, previous }
        };
        let rows = Rows::single(1, 2);
        let exact = Subject::new([replicated(1)], table(2, 1), |ctx: Context<Z16>, operands| async move {
            let drawn = drawn(&ctx);
            let z: Arith<Z16> = operands.arith(0);
            let other = share_of_one(ctx.role());
            let z = Arith {
                own: vec![z.own[0], other[0].minus(z.own[0])],
                next: vec![z.next[0], other[1].minus(z.next[0])],
            };
            open_shuffled(&ctx, z.view(), &drawn, rows, 1).await
        });
        exact.enumerate(60_000).expect("exact");
        // Two elements with a digit of one bit: the indicators are the digits.
        let ranks =
            Subject::new([replicated(1), replicated(1)], ranks_table(2, 1), |ctx: Context<Z16>, operands| async move {
                let drawn = drawn(&ctx);
                let (a, b): (Arith<Z16>, Arith<Z16>) = (operands.arith(0), operands.arith(3));
                let indicators = Arith { own: [a.own, b.own].concat(), next: [a.next, b.next].concat() };
                open_ranks(&ctx, indicators.view(), &[1, 0], &drawn, rows, 1).await
            });
        ranks.enumerate(60_000).expect("exact");
    }

    fn share_of_one(role: Role) -> [Z16; 2] {
        let one = |held| if held { Z16::ONE } else { Z16::ZERO };
        [one(role == Role::P0), one(role == Role::P2)]
    }

    /// What is opened in an order that the parties know tells the ranks: the test above would find it.
    #[test]
    fn a_missing_factor_is_found() {
        let rows = Rows::single(1, 2);
        let leak = Subject::new([replicated(1)], table(2, 1), |ctx: Context<Z16>, operands| async move {
            let same = Permutations { next: vec![0, 1], previous: vec![0, 1] };
            let z: Arith<Z16> = operands.arith(0);
            let other = share_of_one(ctx.role());
            let z = Arith {
                own: vec![z.own[0], other[0].minus(z.own[0])],
                next: vec![z.next[0], other[1].minus(z.next[0])],
            };
            open_shuffled(&ctx, z.view(), &same, rows, 1).await
        });
        assert!(leak.enumerate(20_000).is_err());
    }
}
