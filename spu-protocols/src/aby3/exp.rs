//! e^−x on a window: Kelkar, Le, Raykova, Seth (USENIX Security 2022) with the carry instead of a bound.
//!
//! # Equations
//!
//! x stands for x/2^s. An [`ExpWindow`] is given by an offset o and a range 2^t: with n = s + t it holds the x with 0 ≤ y < 2^n for y = x + o.
//! Let a = x0 + x1 + o at P0 and b = x2 at P1 and P2, so that y = a + b mod 2^K; let w be the carry of their low n bits, which are
//! a′ + b′ − w·2^n. For y in the window that is y itself, so with E = e^−a′,
//!
//! ```text
//! e^−x = E·C0 if w = 0, E·C1 if w = 1,   C0 = e^(o−b′), C1 = e^(2^t+o−b′)      (exponents in units of 1).
//! ```
//!
//! P1 and P2 know both candidates. Codes of the blocks of a give w (`carry`). Inside the window:
//! z = E·C0 + w·(E·C1 − E·C0).
//!
//! **Saturation.** y lies in the window if its bits from n on are all 0: ah + bh + w = 0 mod 2^(K−n) for the upper bits ah of a and bh of b.
//! With carry that is ah + bh = −1, where each block propagates; without, ah + (bh − 1) = −1, where each block propagates with b − 2^n
//! in place of b. P1 and P2 read both off the same codes. So for the products P over blocks for b and Q for b − 2^n,
//!
//! ```text
//! v0 = ¬w·Q,  v1 = w·P,  z = v0·E·C0 + v1·E·C1:   e^−x in the window, 0 outside, on either side of it.
//! ```
//!
//! A bit v opened under a mask λ, with E and λ·E dealt, gives v·E = c·E + (1 − 2c)·λ·E in halves without another message
//! ([inject](mod@super::inject)): z is linear in what P0 has dealt. It is truncated once.
//!
//! | round | who | what | bits (K = 64, n = 22, saturating, absolute) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks, low 4 · 4, 2 · 3; upper 9 · 4, 2 · 3 | 74 + 149 |
//! | 1, 2 | P0 → P1, P1 ↔ P2 | dealt products; bits of the blocks, masked: w, and three runs of P and of Q | 135 + 66 |
//! | 1, 3 | P0 → P1, P1 ↔ P2 | dealt products; bits of the runs, masked | 22 + 14 |
//! | 1, 4 | P0 → P1, P1 ↔ P2 | halves of E, λ0·E, λ1·E; v0 and v1, masked | 192 + 4 |
//! | 5, 6 | | truncation of halves by 43 ([truncate](mod@super::truncate)) | 321 |
//!
//! Six rounds, 977 bits; 5 and 630 without saturation (the third row is not there, and one bit is opened). Where n > 24 the carry
//! takes the third row in any case, and K = 128 one level more.
//!
//! # Accuracy
//!
//! E has D fraction bits, the candidates N, D + N = S. Rounding errs by 2^−(D+1)·C + 2^−(N+1)·E. With H = o·log2 e and W = 2^t·log2 e, e^o < 2^h:
//!
//! - [`Accuracy::Absolute`]: S = K − 2 − h, one D = (S + H + W)/2 for both carries: at most 2^−((S − H − W)/2) in all.
//! - [`Accuracy::Relative`]: E is dealt twice (64 bits more), with D0 = (S + H)/2 for w = 0 and D as above for w = 1. With carry E ≥ 2^−W and
//!   C1 ≥ 2^H: a relative error of at most 2^−((S + H − W)/2). Without carry at most 2^−((S − H)/2), absolute.
//! - [`Accuracy::Wide`]: as Relative with S = K + q, in a ring of 2K bits: S has no W to pay for. The truncation is by K bits and takes one round
//!   and 5K bits (`wide`): five rounds in all, four without saturation.
//!
//! The halves of bits lost to rounding D and N to integers add a factor of 2 at most. To this comes the coin of the truncation: below 1 ulp of the result's
//! scale q. At K = 64, o = 2^(s − 4), t = 4, absolute: S = 61, 2^−19.8, that is 1.01 ulp for s = q ≤ 13, 1.29 at 18, 2.15 at 20. Outside a saturating window
//! the result is exactly 0: z = 0, and the truncation of 0 is 0 whatever its coin. Without saturation an x outside gives anything.
//! Never fails. All K; the largest value e^o must fit the ring (e^o · 2^q < 2^(K−2)).
//!
//! Two windows that touch can be added: each is exactly 0 in the other. e^−|x| is the sum of e^−x on [0, …) and of e^−(−x) on [1 ulp, …).
//!
//! P1 and P2 must agree on C0 and C1 in every bit: they come from tables of integers (`powers`), and integer products. The tables are
//! looked up at digits of a party's own summand, never at anything of another party's. These digits are
//! uniform to the party itself, so the places say nothing about x to it; but the look-ups are not constant time. Whoever observes the
//! cache of that machine learns upper bits of digits of its share, and whoever does so at P0 and at P1 or P2 learns about x.
//!
//! Security: P0 receives nothing. Codes, dealt products, opened bits and dealt halves are each masked by a draw that its receiver lacks
//! (`carry`, `products`, [inject](mod@super::inject)); the truncation masks z's halves anew.

use super::bits::for_each_bit;
use super::carry::{self, carry, codes, even_widths, generate, propagate, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal_table, open_masked, open_masked_table};
use super::message::Message;
use super::powers::{Entry, Places, Tables};
use super::products::{Literal, Plan, products};
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use super::truncate::{pair_table, truncate_pair};
use super::wide::{deal, upper_words, upper_words_table};
use crate::ring::{Planes, Ring, vectorize};
use crate::share::{Accuracy, ExpWindow};

/// Messages of [`exp_negative`] on `n` elements of `bits` bits with `scale` fraction bits.
pub fn table(n: usize, window: &ExpWindow, scale: u32, bits: u32) -> Vec<Message> {
    let places = Places::new(window, scale, bits);
    let blocks = Blocks::new(places.low, bits, window.saturating);
    let mut table = carry::table(&blocks.widths, n, 0);
    let mut steps = LEVELS;
    for plan in blocks.levels() {
        table.extend(plan.table(n, steps.first));
        steps = steps.past(Plan::STEPS);
    }
    table.extend(open_masked_table(n, cases(window).1, steps.first));
    steps = steps.past(OPEN_MASKED_STEPS);
    let internal = if window.accuracy == Accuracy::Wide { 2 * bits } else { bits };
    table.extend(deal_table(dealt_count(window) * n, internal, steps.first));
    steps = steps.past(DEAL_STEPS);
    match window.accuracy {
        Accuracy::Wide => table.extend(upper_words_table(n, bits, steps.first)),
        _ => table.extend(pair_table(n, places.shift, bits, steps.first)),
    }
    table
}

/// e^−x on a window, x having `scale` fraction bits.
pub async fn exp_negative<R: Ring>(ctx: &Context<R>, x: View<'_, R>, window: &ExpWindow, scale: u32) -> Arith<R> {
    let n = x.len();
    match (R::BITS, window.accuracy) {
        (32, Accuracy::Wide) => {
            let (z, steps) = halves::<R, u64, i64>(ctx, x, window, scale).await;
            upper_words(ctx, z, n, steps).await
        }
        (64, Accuracy::Wide) => {
            let (z, steps) = halves::<R, u128, i128>(ctx, x, window, scale).await;
            upper_words(ctx, z, n, steps).await
        }
        (bits, _) => {
            let (z, steps) = match bits {
                128 => halves::<R, R, i128>(ctx, x, window, scale).await,
                _ => halves::<R, R, i64>(ctx, x, window, scale).await,
            };
            truncate_pair(ctx, z, n, Places::new(window, scale, bits).shift, steps).await
        }
    }
}

/// Halves of z in the ring I, and where its truncation begins; P0 has none.
async fn halves<R: Ring, I: Ring, F: Entry>(
    ctx: &Context<R>,
    x: View<'_, R>,
    window: &ExpWindow,
    scale: u32,
) -> (Vec<I>, Steps) {
    let (n, dealer) = (x.len(), ctx.role() == Role::P0);
    let tables = F::tables(window, scale, R::BITS);
    let blocks = Blocks::new(scale + window.range_bits, R::BITS, window.saturating);
    let mut summand = summand(ctx, x);
    if dealer {
        let offset = R::from_i128(window.offset.into());
        summand.iter_mut().for_each(|a| *a = a.plus(offset));
    }
    let mut bits = blocks.read(ctx, &summand).await;
    let mut steps = LEVELS;
    for plan in blocks.levels() {
        bits = products(ctx, &plan, bits.as_ref(), n, steps).await;
        steps = steps.past(Plan::STEPS);
    }
    let bits = match (bits, blocks.levels().is_empty()) {
        // One block: its generate bit is w.
        (Some(bits), true) => Planes::from_words(n, 1, bits.plane(generate(0)).to_vec()),
        (Some(bits), false) => bits,
        (None, _) => Planes::zero(n, cases(window).1),
    };
    let bits = open_masked(ctx, bits, steps).await;
    steps = steps.past(OPEN_MASKED_STEPS);
    let dealt = if dealer { dealt(&tables, window, &bits, &summand) } else { Vec::new() };
    let dealt = deal(ctx, dealt, dealt_count(window) * n, steps).await;
    let z = if dealer { Vec::new() } else { combine(&tables, window, &summand, &bits, &dealt) };
    (z, steps.past(DEAL_STEPS))
}

/// For each of the two candidates the factor and the bit that it is multiplied with; and how many bits there are.
fn cases(window: &ExpWindow) -> ([(usize, usize); 2], usize) {
    let factor = usize::from(window.accuracy != Accuracy::Absolute);
    let bit = usize::from(window.saturating);
    ([(0, 0), (factor, bit)], bit + 1)
}

/// How many elements are dealt: the factors, then a factor times a mask for each different case.
fn dealt_count(window: &ExpWindow) -> usize {
    let ([first, second], _) = cases(window);
    second.0 + 1 + if first == second { 1 } else { 2 }
}

/// P0: the factors E, and λ·E for each case.
fn dealt<R: Ring, I: Ring, F: Entry>(tables: &Tables<F>, window: &ExpWindow, lambda: &Planes, a: &[R]) -> Vec<I> {
    let n = a.len();
    let ([first, second], _) = cases(window);
    let mut dealt: Vec<I> =
        (0..=second.0).flat_map(|factor| tables.dealt::<R, I>(a, factor_case(factor, second))).collect();
    let factors = dealt.len();
    dealt.resize(dealt_count(window) * n, I::ZERO);
    let (e, products) = dealt.split_at_mut(factors);
    vectorize(
        #[inline(always)]
        || {
            for (products, (factor, bit)) in products.chunks_exact_mut(n.max(1)).zip([first, second]) {
                let e = &e[factor * n..];
                for_each_bit(lambda.plane(bit), n, |i, bit: I| products[i] = bit.times(e[i]));
            }
        },
    );
    dealt
}

/// Which of the places a factor has: one factor serves the carry, which is the more demanding.
fn factor_case(factor: usize, second: (usize, usize)) -> usize {
    if second.0 == 0 { 1 } else { factor }
}

/// P1 and P2: z.
fn combine<R: Ring, I: Ring, F: Entry>(
    tables: &Tables<F>,
    window: &ExpWindow,
    b: &[R],
    bits: &Planes,
    dealt: &[I],
) -> Vec<I> {
    let n = b.len();
    let (cases, _) = cases(window);
    let (e, products) = dealt.split_at((cases[1].0 + 1) * n);
    let last = dealt_count(window) - cases[1].0 - 2;
    let mut z = vec![I::ZERO; n];
    for (i, (factor, bit)) in cases.into_iter().enumerate() {
        let candidates: Vec<I> = tables.known(b, i);
        let (e, products) = (&e[factor * n..], &products[i.min(last) * n..]);
        // Inside its window the first case is the rest: ¬w = 1 − w.
        let rest = i == 0 && !window.saturating;
        vectorize(
            #[inline(always)]
            || {
                for_each_bit(bits.plane(bit), n, |i, c: I| {
                    let selected = c.times(e[i]).plus(I::ONE.minus(c.shl(1)).times(products[i]));
                    let selected = if rest { e[i].minus(selected) } else { selected };
                    z[i] = z[i].plus(candidates[i].times(selected));
                });
            },
        );
    }
    z
}

/// How the bits of a and b are cut.
struct Blocks {
    /// Blocks of the low n bits, then those above if they matter.
    widths: Vec<u32>,
    /// How many of them are low.
    low: usize,
}

impl Blocks {
    fn new(low: u32, bits: u32, saturating: bool) -> Self {
        let upper = if saturating { even_widths(bits - low) } else { Vec::new() };
        let low = even_widths(low);
        Self { low: low.len(), widths: [low, upper].concat() }
    }

    /// Halves of the bits of all blocks for b, in the order of [`generate`] and [`propagate`]; then the propagate bits for b − 2^n.
    async fn read<R: Ring>(&self, ctx: &Context<R>, summand: &[R]) -> Option<Planes> {
        let codes = codes(ctx, summand, &self.widths, Steps::START).await?;
        let read = codes.carries();
        if !self.saturating() {
            return Some(read);
        }
        let end = R::power_of_two(self.widths[..self.low].iter().sum());
        let shifted: Vec<R> = summand.iter().map(|b| b.minus(end)).collect();
        let shifted = codes.named_by(&shifted).propagates();
        let words = [read.words(), shifted.words()].concat();
        Some(Planes::from_words(summand.len(), read.count() + shifted.count(), words))
    }

    fn saturating(&self) -> bool {
        self.low < self.widths.len()
    }

    /// The levels of products: runs of blocks, and of runs; then w, or v0 and v1. None for one block.
    fn levels(&self) -> Vec<Plan> {
        let mut low = self.low;
        if !self.saturating() {
            let mut levels = Vec::new();
            while low > Plan::DEGREE {
                let runs = carry::split(0..low, low.div_ceil(Plan::DEGREE));
                levels.push(Plan::new(&carry::runs(&runs)));
                low = runs.len();
            }
            if low > 1 || !levels.is_empty() {
                levels.push(Plan::new(&[carry(0..low)]));
            }
            return levels;
        }
        // Places of the bits of a run, low ones as they are numbered, and of the upper ones for P and for Q.
        let (blocks, planes) = (self.low, 2 * self.widths.len() - 1);
        let mut upper = self.widths.len() - self.low;
        let mut place: Box<dyn Fn(usize, usize) -> usize> =
            Box::new(move |case, i| if case == 0 { propagate(blocks + i) } else { planes + blocks + i });
        let mut levels = Vec::new();
        while levels.is_empty() || low + upper > Plan::DEGREE {
            let runs = carry::split(0..low, low.div_ceil(Plan::DEGREE));
            let parts = carry::split(0..upper, upper.div_ceil(4));
            let all = |case: usize| {
                parts.iter().map(|part| vec![part.clone().map(|i| (place(case, i), false)).collect()]).collect()
            };
            levels.push(Plan::new(&[carry::runs(&runs), all(0), all(1)].concat()));
            (low, upper) = (runs.len(), parts.len());
            place = Box::new(move |case, i| 2 * low - 1 + case * upper + i);
        }
        let all = |case: usize| (0..upper).map(|i| (place(case, i), false)).collect::<Vec<Literal>>();
        let (p, q, w) = (all(0), all(1), carry(0..low));
        let times = |x: &[Literal], y: &[Literal]| [x, y].concat();
        // ¬w·Q: a single carry bit is negated; a sum of products is added to 1.
        let without = match low {
            1 => vec![times(&q, &[(generate(0), true)])],
            _ => [vec![q.clone()], w.iter().map(|term| times(&q, term)).collect()].concat(),
        };
        let with = w.iter().map(|term| times(&p, term)).collect();
        levels.push(Plan::new(&[without, with]));
        levels
    }
}

const LEVELS: Steps = Steps::START.past(carry::STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share};
    use spu::Party;

    fn exp<R: Ring>(dealer: Party, x: &[i128], window: &ExpWindow, scale: u32, seed: u64) -> Vec<i128> {
        let x: Vec<R> = x.iter().map(|&x| R::from_i128(x)).collect();
        let shares = share(&x, seed);
        let kernel =
            async |ctx: Context<R>| exp_negative(&ctx, shares[ctx.role() as usize].view(), window, scale).await;
        reconstruct(&run(dealer, &table(x.len(), window, scale, R::BITS), seed, kernel))
            .into_iter()
            .map(R::signed)
            .collect()
    }

    /// The window of numbers that should not be below 0, but may be by a few ulp.
    fn guarded(scale: u32, range_bits: u32, accuracy: Accuracy) -> ExpWindow {
        ExpWindow { offset: 1 << (scale - 4), range_bits, result_scale: scale, saturating: true, accuracy }
    }

    /// The x of a window, about `points` of them, both ends among them.
    fn inside(window: &ExpWindow, scale: u32, points: usize) -> Vec<i128> {
        let (start, len) = (-i128::from(window.offset), 1i128 << (scale + window.range_bits));
        let step = (len as usize / points) | 1;
        let end = start + len;
        (start..end).step_by(step).chain(start..start + 20).chain(end - 20..end).collect()
    }

    /// Largest distance from e^−x in ulp of the result, and largest relative one of those of at least 2^−5, the coin taken off.
    fn worst(x: &[i128], result: &[i128], scale: u32, result_scale: u32) -> (f64, f64) {
        let (unit, one) = (f64::from(scale).exp2(), f64::from(result_scale).exp2());
        let mut worst = (0f64, 0f64);
        for (&x, &e) in x.iter().zip(result) {
            let exact = (-(x as f64) / unit).exp() * one;
            let distance = (e as f64 - exact).abs();
            worst.0 = worst.0.max(distance);
            if exact > one / 32.0 {
                worst.1 = worst.1.max((distance - 1.0) / exact);
            }
        }
        worst
    }

    #[test]
    fn within_1_29_ulp_below_zero() {
        let window = guarded(18, 4, Accuracy::Absolute);
        let x = inside(&window, 18, 140_000);
        for dealer in dealers() {
            let (worst, _) = worst(&x, &exp::<u64>(dealer, &x, &window, 18, 5 + dealer.0 as u64), 18, 18);
            assert!(worst < 1.29, "{worst}");
            assert!(worst > 0.9, "the truncation errs by up to one ulp: {worst}");
        }
    }

    #[test]
    fn the_error_bound_holds_for_all_fraction_bits() {
        for f in 8..=20 {
            let window = guarded(f, 4, Accuracy::Absolute);
            let x = inside(&window, f, 4000);
            let (worst, _) = worst(&x, &exp::<u64>(Party(0), &x, &window, f, f.into()), f, f);
            assert!(worst < 1.0 + 2f64.powf(f64::from(f) - 19.8), "{worst} at {f}");
        }
    }

    #[test]
    fn other_rings_and_accuracies() {
        use Accuracy::{Absolute, Relative, Wide};
        let check = |bits: u32, f: u32, range_bits: u32, accuracy, bound: f64| {
            for saturating in [true, false] {
                let window = ExpWindow { saturating, ..guarded(f, range_bits, accuracy) };
                let x = inside(&window, f, 2000);
                let result = match bits {
                    32 => exp::<u32>(Party(1), &x, &window, f, 3),
                    64 => exp::<u64>(Party(1), &x, &window, f, 3),
                    _ => exp::<u128>(Party(1), &x, &window, f, 3),
                };
                let (worst, _) = worst(&x, &result, f, f);
                assert!(worst < bound, "{worst} in 2^{bits} at {f}, {accuracy:?}, saturating: {saturating}");
            }
        };
        check(32, 8, 3, Absolute, 1.8);
        check(32, 8, 3, Wide, 1.05);
        check(32, 10, 3, Wide, 1.1);
        check(64, 18, 4, Relative, 1.3);
        check(64, 20, 2, Absolute, 1.01);
        check(64, 20, 4, Wide, 1.01);
        check(128, 26, 5, Absolute, 1.01);
        check(128, 40, 5, Absolute, 3.0);
        check(128, 40, 4, Relative, 1.01);
        check(128, 44, 4, Absolute, 1.03);
    }

    /// e^−x for −20 ≤ x < 12 in one window: 46 bits of dynamic range and more.
    #[test]
    fn a_wide_window_is_relatively_exact() {
        let window = ExpWindow { offset: 20 << 18, ..guarded(18, 5, Accuracy::Wide) };
        let x = inside(&window, 18, 30_000);
        let result = exp::<u64>(Party(2), &x, &window, 18, 3);
        let (_, relative) = worst(&x, &result, 18, 18);
        assert!(relative < 2f64.powi(-26), "{relative}");
        let small: Vec<i128> = x.iter().copied().filter(|&x| x >= 0).collect();
        let (worst, _) = worst(&small, &exp::<u64>(Party(2), &small, &window, 18, 4), 18, 18);
        assert!(worst < 1.01, "{worst}");
        let narrow = ExpWindow { offset: 15 << 8, ..guarded(8, 4, Accuracy::Wide) };
        let x = inside(&narrow, 8, 5000);
        let (_, relative) = self::worst(&x, &exp::<u32>(Party(2), &x, &narrow, 8, 3), 8, 8);
        assert!(relative < 2f64.powi(-9), "{relative}");
    }

    #[test]
    fn windows_that_touch_add_up() {
        // e^−|x|: 1 at 0 comes from the first alone.
        let first = ExpWindow { offset: 0, ..guarded(18, 4, Accuracy::Absolute) };
        let second = ExpWindow { offset: -1, ..first };
        let x: Vec<i128> = (-(17 << 18)..17 << 18).step_by(997).chain(-30..30).collect();
        let negated: Vec<i128> = x.iter().map(|x| -x).collect();
        let (a, b) = (exp::<u64>(Party(0), &x, &first, 18, 1), exp::<u64>(Party(0), &negated, &second, 18, 2));
        for ((x, a), b) in x.iter().zip(a).zip(b) {
            let exact = (-(*x as f64).abs() / 262_144.0).exp() * 262_144.0;
            assert!((a == 0 || b == 0) && ((a + b) as f64 - exact).abs() < 1.3, "{x}: {a} {b}");
        }
    }

    #[test]
    fn a_few_ulp_below_0_are_about_1() {
        for f in 8..=20 {
            let x: Vec<i128> = (-8..=8).cycle().take(1700).collect();
            // e^−x is within 8 ulp of 1 there, up to the second order, and the error bound is below 3 ulp.
            let near = |e: i128| e.abs_diff(1 << f) <= 12;
            let window = guarded(f, 4, Accuracy::Absolute);
            assert!(
                dealers().into_iter().all(|dealer| exp::<u64>(dealer, &x, &window, f, 21).into_iter().all(near)),
                "at {f}"
            );
        }
    }

    fn exactly_0_outside<R: Ring>(f: u32, range_bits: u32, accuracy: Accuracy) {
        let window = guarded(f, range_bits, accuracy);
        let (start, end) = (-i128::from(window.offset), (1i128 << (f + range_bits)) - i128::from(window.offset));
        let powers = (f + range_bits..R::BITS - 1)
            .flat_map(|i| [1 << i, (1 << i) + 1, (1 << i) - 1 + (1 << i), (1 << i) + (1 << (i - 1))]);
        let above: Vec<i128> = (end..end + 300).chain(powers).collect();
        let below = (start - 300..start).chain(above.iter().map(|x| -x - 1));
        let x: Vec<i128> = above.iter().copied().chain(below).collect();
        for dealer in dealers() {
            let result = exp::<R>(dealer, &x, &window, f, 3);
            let wrong = x.iter().zip(result).find(|(_, e)| *e != 0);
            assert_eq!(wrong, None, "in 2^{} at {f}", R::BITS);
        }
    }

    #[test]
    fn exactly_0_outside_the_window() {
        for f in [8, 15, 18, 20] {
            exactly_0_outside::<u64>(f, 4, Accuracy::Absolute);
        }
        exactly_0_outside::<u64>(18, 5, Accuracy::Wide);
        exactly_0_outside::<u64>(18, 1, Accuracy::Relative);
        exactly_0_outside::<u32>(8, 3, Accuracy::Absolute);
        exactly_0_outside::<u32>(10, 4, Accuracy::Wide);
        exactly_0_outside::<u128>(26, 5, Accuracy::Absolute);
        exactly_0_outside::<u128>(40, 5, Accuracy::Relative);
    }

    #[test]
    fn the_result_is_unbiased() {
        let x = vec![3 << 18; 20_000];
        let result = exp::<u64>(Party(0), &x, &guarded(18, 4, Accuracy::Absolute), 18, 8);
        let mean = result.iter().sum::<i128>() as f64 / x.len() as f64;
        assert!((mean - (-3f64).exp() * f64::from(1 << 18)).abs() < 0.02, "{mean}");
    }

    #[test]
    fn any_number_of_elements() {
        for n in SIZES {
            let x: Vec<i128> = (0..n as i128).map(|i| i << 9).collect();
            for accuracy in [Accuracy::Absolute, Accuracy::Relative, Accuracy::Wide] {
                for saturating in [true, false] {
                    let window = ExpWindow { saturating, ..guarded(18, 4, accuracy) };
                    assert!(worst(&x, &exp::<u64>(Party(2), &x, &window, 18, 1), 18, 18).0 < 1.29);
                }
            }
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let of = |accuracy, saturating, range_bits| {
            let window = ExpWindow { saturating, ..guarded(18, range_bits, accuracy) };
            let cost = cost(&table(64, &window, 18, 64));
            (cost.rounds, cost.bits / 64)
        };
        assert_eq!(of(Accuracy::Absolute, true, 4), (6, 977));
        assert_eq!(of(Accuracy::Absolute, false, 4), (5, 630));
        assert_eq!(of(Accuracy::Relative, true, 4), (6, 977 + 64));
        assert_eq!(of(Accuracy::Wide, true, 5), (5, 1296));
        assert_eq!(of(Accuracy::Wide, false, 5), (4, 1021));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        for (accuracy, saturating) in [(Accuracy::Absolute, true), (Accuracy::Relative, false), (Accuracy::Wide, true)]
        {
            let window = ExpWindow { saturating, ..guarded(18, 4, accuracy) };
            let kernel = move |ctx: Context<u64>, operands: Operands| async move {
                exp_negative(&ctx, operands.arith(0).view(), &window, 18).await
            };
            Subject::new([replicated(64)], table(1, &window, 18, 64), kernel).distinguish(600).expect("statistical");
        }
    }
}
