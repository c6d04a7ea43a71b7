//! Where the leading one of a number stands, as weighted sums: the powers of two that normalize it.
//!
//! # Positions
//!
//! Bit p of x has position q = p + pad. For a number with a sign, position q belongs to y_p = x_p ⊕ x_(p+1), x_(−1) = 0, whose leading one
//! stands at ⌊log2 |x|⌋, one lower for −2^p. Positions lie in blocks of four, q = 4j + i. The result is one-hot in the blocks, L_j, and a
//! number i of two bits for the place; all are 0 for x = 0 and where a bit above the blocks is set, as it is in a number below 0 that is
//! read without a sign. Out of them come sums Σ_j w_j·L_j and functions w(i), as many as one likes: U = (Σ_j 16^(b − 1 − j) L_j)·2^(3 − i) =
//! 2^(4b − 1 − q) brings |x| to x·U in [2^(m − 1), 2^m), m = 4b − pad; 2^(q/2), 2^(−q/2) and q itself are further weights. With a sign s the places have other weights
//! for x < 0. `[x has a position]` is the sum of all L_j.
//!
//! # Rounds
//!
//! x = a + b, a at P0, b at P1 and P2; blocks are numbered from 0.
//!
//! 1. Codes of the blocks of a: generate g_j, propagate p_j, and for both carry-ins "this block is not 0" and the bits of the place of its
//!    leading one (`digits`).
//! 2. In runs of blocks, the carries G_j, P_j into every block.
//! 3. The carries C into the runs. The carry into block j is G_j ⊕ P_j C.
//! 4. What the carry changes of an answer, times the carry: N_j, "block j is not 0"; H_jk, bit k of the place if its leading one is the number's; and s.
//! 5. In groups of blocks: L'_j = N_j Π ¬N of the blocks above in the group, H'_k = ⊕_j H_jk Π ¬N, Z = Π ¬N of the whole group.
//! 6. L_j = L'_j Π Z and the place's bit i_k = ⊕ H'_k Π Z over the groups above.
//! 7. L_j, i_k and s are opened under masks λ, dealt as ring elements, and the products of those of i_k and s: P1 and P2 have halves of L_j, and of
//!    every function of i and s (`monomials`).
//! 8. The sums are shared again.
//!
//! Each product of many bits takes one round (`products`). Fewer blocks take fewer rounds: one block has neither carries nor groups.
//!
//! Cost, K = 64: 438 bits in six rounds for the position of numbers below 2^36, 1 098 for any number read without a sign, 1 205 with
//! one; then 2 + K − v bits for each block, v the zeros at the end of its weights, 2 bits for each bit of the place and for the sign, K for each product of
//! these, 3 without and 7 with a sign, and 2K for each sum.
//!
//! Exact for every x that `Layout` takes; never fails. Security: codes, dealt products and opened bits are masked by draws that the receiver lacks (`digits`,
//! `products`, [inject](mod@super::inject)), dealt numbers by the key (P0, P2), the sums by fresh keys as in [multiply](mod@super::multiply).

use std::ops::Range;

use super::carry::summand;
use super::context::Context;
use super::digits::{self, answers};
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal_low, deal_low_table, open_masked, open_masked_table};
use super::message::Message;
use super::monomials::{coefficients, dealt, mask, products};
use super::multiply::{reshare_pair, reshare_pair_table};
use super::position::Position;
use super::role::Role;
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// Which bits of a number have positions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    /// Blocks of four positions.
    pub blocks: u32,
    /// The position of bit 0, at most 3; with a sign at least 1.
    pub pad: u32,
    /// The number lies below 2^bits, or in (−2^bits, 2^bits) with a sign; K for any number read without one.
    pub bits: u32,
    /// Negative numbers have positions as well.
    pub signed: bool,
}

/// The sums that [`leading_one`] gives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Weights {
    /// For each sum over the blocks, a weight for each block; the sum is 0 where there is no position.
    pub blocks: Vec<Vec<i128>>,
    /// For each sum over the places, the weights of places 0 to 3 for x > 0 and for x < 0; the latter are unused without a sign. Where
    /// there is no position, the sum is that of place 0.
    pub places: Vec<[[i128; PLACES]; 2]>,
    /// For each sum over the signs, the weights of numbers above and below 0; the sum is 0 where there is no position.
    pub signs: Vec<[i128; 2]>,
}

impl Layout {
    /// Positions for |x| < 2^magnitude at least, of a number that has `bits`.
    pub fn below(magnitude: u32, bits: u32, signed: bool) -> Self {
        // m = 4·blocks − pad.
        let blocks = (magnitude + u32::from(signed)).div_ceil(4);
        let pad = (4 * blocks - magnitude).min(3);
        Self { blocks, pad, bits: bits.max(4 * blocks - pad), signed }
    }

    /// m: x·U lies in [2^(m − 1), 2^m), of x with a sign perhaps at the upper end, and only |x| < 2^m have positions.
    pub fn magnitude(&self) -> u32 {
        4 * self.blocks - self.pad
    }

    /// The position of the leading one, in the clear.
    pub fn position(&self, x: i128) -> Option<u32> {
        let magnitude = x.unsigned_abs();
        if magnitude == 0 || x < 0 && !self.signed {
            return None;
        }
        let lower = u32::from(x < 0 && magnitude.is_power_of_two());
        Some(magnitude.ilog2() + self.pad - lower).filter(|&q| q < 4 * self.blocks)
    }

    /// All blocks: those with positions, and those above that must be 0.
    pub(super) fn all_blocks(&self) -> usize {
        ((self.bits + self.pad).div_ceil(4) as usize).max(self.blocks as usize)
    }

    /// The places of block j that a leading one can have.
    pub(super) fn places(&self, j: usize) -> Range<u32> {
        let first = if j == 0 { self.pad - u32::from(self.signed) } else { 0 };
        first..self.width(j)
    }

    /// Positions of block j that are looked at.
    pub(super) fn width(&self, j: usize) -> u32 {
        (self.bits + self.pad).saturating_sub(4 * j as u32).min(4)
    }
}

impl Weights {
    /// How many sums there are.
    pub fn count(&self) -> usize {
        self.blocks.len() + self.places.len() + self.signs.len()
    }

    /// The sums for a number, in the clear: those over the blocks, over the places, and over the signs.
    pub fn sums(&self, layout: &Layout, x: i128) -> Vec<i128> {
        let position = layout.position(x);
        let below = usize::from(layout.signed && x < 0);
        let block = |weights: &Vec<i128>| position.map_or(0, |q| weights[q as usize / PLACES]);
        let place = |weights: &[[i128; PLACES]; 2]| weights[below][position.map_or(0, |q| q as usize % PLACES)];
        let sign = |weights: &[i128; 2]| position.map_or(0, |_| weights[below]);
        let over_places = self.places.iter().map(place).chain(self.signs.iter().map(sign));
        self.blocks.iter().map(block).chain(over_places).collect()
    }

    /// How many bits of a number each block's mask is dealt with: weights that are all multiples of 2^v need K − v.
    fn block_bits(&self, bits: u32) -> Vec<u32> {
        let zeros = |j: usize| self.blocks.iter().map(|weights| weights[j].trailing_zeros()).min().unwrap_or(0);
        (0..self.blocks.first().map_or(0, Vec::len)).map(|j| bits - zeros(j).min(bits - 1)).collect()
    }

    /// The sums over places and signs by their coefficients, as functions of the bits of the place, the sign if there is one, and, if
    /// it is asked for, whether there is a position.
    fn functions(&self, layout: &Layout) -> Vec<Vec<i128>> {
        let bits = PLACES.ilog2() as usize + usize::from(layout.signed);
        let sign = |s: usize| if layout.signed { s / PLACES } else { 0 };
        let all = 1 << (bits + usize::from(self.asks_found()));
        let values = |value: &dyn Fn(usize) -> i128| coefficients((0..all).map(value).collect());
        let places = self.places.iter().map(|weights| values(&|s| weights[sign(s % (1 << bits))][s % PLACES]));
        let signs = self
            .signs
            .iter()
            .map(|weights| values(&|s| if s >> bits == 0 { 0 } else { weights[sign(s % (1 << bits))] }));
        places.chain(signs).collect()
    }

    fn asks_found(&self) -> bool {
        !self.signs.is_empty()
    }
}

/// Positions in a block.
pub const PLACES: usize = 4;

/// Messages of [`leading_one`] on `n` elements of `bits` bits.
pub fn table(n: usize, layout: &Layout, weights: &Weights, bits: u32) -> Vec<Message> {
    let position = Position::new(layout);
    let mut table = digits::table(&position.digits, n, 0);
    table.extend(position.circuit.table(n, CIRCUIT.first));
    let open = CIRCUIT.past(position.circuit.steps());
    table.extend(open_masked_table(n, position.results(weights.asks_found()).len(), open.first));
    let mut deal = open.past(OPEN_MASKED_STEPS);
    let products = dealt(&weights.functions(layout), bits).into_iter().map(|(_, width)| width);
    for low in weights.block_bits(bits).into_iter().chain(products) {
        table.extend(deal_low_table(n, low, deal.first));
        deal = deal.past(DEAL_STEPS);
    }
    table.extend(reshare_pair_table(weights.count() * n, bits, deal.first));
    table
}

/// The sums of `weights` for each element: those over the blocks, over the places, and over the signs.
pub async fn leading_one<R: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    layout: &Layout,
    weights: &Weights,
) -> Vec<Arith<R>> {
    let (n, position) = (x.len(), Position::new(layout));
    let answers = answers(ctx, &summand(ctx, x), &position.digits, Steps::START).await;
    let bits = position.circuit.run(ctx, answers, n, CIRCUIT).await;
    let results = position.results(weights.asks_found());
    let chosen = match bits {
        Some(bits) => {
            Planes::from_words(n, results.len(), results.iter().flat_map(|&bit| bits.plane(bit)).copied().collect())
        }
        None => Planes::zero(n, results.len()),
    };
    let open = CIRCUIT.past(position.circuit.steps());
    let bits = open_masked(ctx, chosen, open).await;
    let planes: Vec<&[u64]> = (0..results.len()).map(|i| bits.plane(i)).collect();
    let (of_blocks, of_place) = planes.split_at(layout.blocks as usize);
    let functions = weights.functions(layout);
    let mut at = open.past(OPEN_MASKED_STEPS);
    let mut share = async |lambda: &[&[u64]], set: usize, low: u32| {
        let mask = if ctx.role() == Role::P0 { mask(lambda, set, n) } else { Vec::new() };
        let halves = deal_low(ctx, mask, low, n, at).await;
        at = at.past(DEAL_STEPS);
        halves
    };
    let mut blocks = Vec::with_capacity(of_blocks.len());
    for (plane, low) in of_blocks.iter().zip(weights.block_bits(R::BITS)) {
        blocks.push(share(&[plane], 1, low).await);
    }
    let mut masks = vec![Vec::new(); 1 << of_place.len()];
    for (set, low) in dealt(&functions, R::BITS) {
        masks[set] = share(of_place, set, low).await;
    }
    let halves = match ctx.role() {
        Role::P0 => Vec::new(),
        role => {
            let one = if role == Role::P1 { R::ONE } else { R::ZERO };
            let blocks: Vec<_> = of_blocks
                .iter()
                .zip(blocks)
                .map(|(c, mask)| products(&[c], vec![Vec::new(), mask], n, one).remove(1))
                .collect();
            let place = products(of_place, masks, n, one);
            let sums = weights.blocks.iter().map(|w| combination(w, &blocks, n));
            sums.chain(functions.iter().map(|m| combination(m, &place, n))).flatten().collect()
        }
    };
    let sums = reshare_pair(ctx, halves, weights.count() * n, at).await;
    let part =
        |i: usize| Arith { own: sums.own[i * n..(i + 1) * n].to_vec(), next: sums.next[i * n..(i + 1) * n].to_vec() };
    (0..weights.count()).map(part).collect()
}

/// Σ of the weights times the terms.
fn combination<R: Ring>(weights: &[i128], terms: &[Vec<R>], n: usize) -> Vec<R> {
    let mut sum = vec![R::ZERO; n];
    for (&weight, term) in weights.iter().zip(terms).filter(|(weight, _)| **weight != 0) {
        let weight = R::from_i128(weight);
        vectorize(
            #[inline(always)]
            || sum.iter_mut().zip(term).for_each(|(sum, term)| *sum = sum.plus(weight.times(*term))),
        );
    }
    sum
}

const CIRCUIT: Steps = digits::STEPS;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};

    /// Sums that tell the position and the sign: 4j, and i or, below 0, 16 + i; and those that normalize.
    fn weights(layout: &Layout) -> Weights {
        let blocks = i128::from(layout.blocks);
        Weights {
            blocks: vec![
                (0..blocks).map(|j| 4 * j + 100).collect(),
                (0..blocks).map(|j| 1 << (4 * (blocks - 1 - j))).collect(),
            ],
            places: vec![[[0, 1, 2, 3], [16, 17, 18, 19]], [[8, 4, 2, 1], [-8, -4, -2, -1]]],
            signs: vec![[1, -1]],
        }
    }

    /// Numbers of every length up to `bits`: powers of two and their neighbours, and others; with a sign, their negations.
    fn numbers(n: usize, bits: u32, signed: bool) -> Vec<i128> {
        let powers = (0..bits).map(|p| 1i128 << p);
        let edges = powers.flat_map(|p| [p, p - 1, (p + 1).min((1 << bits) - 1), p + (p >> 1), 2 * p - 1]);
        let others = uniform::<u128>(n.max(1), 7).into_iter().enumerate();
        let others = others.map(|(i, x)| (x >> 2 >> (126 - 1 - i as u32 % bits)) as i128);
        let all: Vec<i128> = edges.chain(others).take(n.max(1)).collect();
        let negated = all.iter().map(|x| -x).filter(|_| signed);
        all.iter().copied().chain(negated).collect()
    }

    fn check<R: Ring>(layout: Layout, x: &[i128]) {
        let all = weights(&layout);
        check_weights::<R>(layout, Weights { blocks: vec![all.blocks[1].clone()], ..all.clone() }, x);
        check_weights::<R>(layout, all, x);
    }

    fn check_weights<R: Ring>(layout: Layout, weights: Weights, x: &[i128]) {
        let shares = share(&x.iter().map(|&x| R::from_i128(x)).collect::<Vec<_>>(), 5);
        for dealer in dealers() {
            let kernel =
                async |ctx: Context<R>| leading_one(&ctx, shares[ctx.role() as usize].view(), &layout, &weights).await;
            let mut results = run(dealer, &table(x.len(), &layout, &weights, R::BITS), 9, kernel);
            for sum in (0..weights.count()).rev() {
                let found = reconstruct(&std::array::from_fn(|role| results[role].remove(sum)));
                for (&x, found) in x.iter().zip(found) {
                    let wanted = R::from_i128(weights.sums(&layout, x)[sum]);
                    assert_eq!(found, wanted, "sum {sum} of {x} under {layout:?}");
                }
            }
        }
    }

    #[test]
    fn the_leading_one_is_found_wherever_it_stands() {
        let layout = |blocks, pad, bits, signed| Layout { blocks, pad, bits, signed };
        for (layout, n) in [
            (layout(9, 0, 36, false), 500),
            (layout(16, 2, 64, false), 600),
            (layout(16, 2, 62, true), 600),
            (layout(9, 1, 62, true), 600),
            (layout(13, 0, 64, false), 600),
            (layout(1, 1, 3, true), 40),
            (layout(1, 0, 4, false), 40),
            (layout(3, 1, 11, false), 90),
            (layout(4, 3, 13, true), 90),
        ] {
            let limit = layout.bits.min(62);
            check::<u64>(layout, &numbers(n, limit, layout.signed));
        }
        check::<u32>(layout(8, 2, 32, false), &numbers(300, 30, false));
        check::<u32>(layout(8, 2, 30, true), &numbers(300, 30, true));
        check::<u128>(layout(32, 2, 126, true), &numbers(700, 126, true));
        check::<u128>(layout(20, 1, 128, false), &numbers(700, 126, false));
    }

    #[test]
    fn numbers_below_0_have_no_position_without_a_sign() {
        let x: Vec<i128> = numbers(400, 62, true).into_iter().filter(|&x| x < 0).collect();
        let layout = Layout { blocks: 16, pad: 2, bits: 64, signed: false };
        assert!(x.len() > 300 && x.iter().all(|&x| layout.position(x).is_none()));
        check::<u64>(layout, &x);
    }

    #[test]
    fn positions_are_logarithms() {
        let layout = Layout { blocks: 16, pad: 2, bits: 62, signed: true };
        for (x, q) in [(1, Some(2)), (-1, Some(1)), (5, Some(4)), (-5, Some(4)), (8, Some(5)), (-8, Some(4)), (0, None)]
        {
            assert_eq!(layout.position(x), q);
        }
        assert_eq!(Layout { blocks: 1, ..layout }.position(4), None);
    }

    #[test]
    fn any_number_of_elements() {
        for n in SIZES {
            let x = numbers(n, 30, false);
            check::<u64>(Layout { blocks: 8, pad: 2, bits: 30, signed: false }, &x[..n]);
        }
    }

    /// Every product of bits of the place and the sign counts.
    const ODD: [[i128; PLACES]; 2] = [[1, 2, 4, 8], [3, 8, 1, 6]];

    /// The bits of steps 1 to 6 for 64 elements, their rounds, and of steps 7 and 8.
    fn costs(layout: Layout, sums: [usize; 2]) -> [u64; 3] {
        let weights = Weights {
            blocks: vec![vec![1; layout.blocks as usize]; sums[0]],
            places: vec![ODD; sums[1]],
            signs: vec![],
        };
        let table = table(64, &layout, &weights, 64);
        let end = CIRCUIT.past(Position::new(&layout).circuit.steps()).first;
        let position: Vec<Message> = table.iter().filter(|row| row.step < end).copied().collect();
        let (all, position) = (cost(&table), cost(&position));
        assert_eq!(all.rounds, position.rounds + 2);
        [position.bits / 64, position.rounds, (all.bits - position.bits) / 64]
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let proven = Layout { blocks: 9, pad: 0, bits: 36, signed: false };
        assert_eq!(costs(proven, [1, 1]), [438, 6, 9 * 66 + 2 * 2 + 3 * 64 + 2 * 128]);
        let any = Layout { blocks: 16, pad: 2, bits: 64, signed: false };
        assert_eq!(costs(any, [1, 2]), [1098, 6, 16 * 66 + 2 * 2 + 3 * 64 + 3 * 128]);
        let signed = Layout { blocks: 16, pad: 2, bits: 62, signed: true };
        assert_eq!(costs(signed, [1, 1]), [1205, 6, 16 * 66 + 3 * 2 + 7 * 64 + 2 * 128]);
    }

    #[test]
    fn masks_of_high_weights_are_dealt_in_part() {
        let layout = Layout { blocks: 9, pad: 0, bits: 36, signed: false };
        let bits = |weights: &Weights| cost(&table(64, &layout, weights, 64)).bits / 64;
        let flat = Weights { blocks: vec![vec![1; 9]; 2], places: vec![ODD; 2], signs: vec![] };
        assert_eq!(flat.block_bits(64), [64; 9]);
        let high = Weights { blocks: vec![(0..9).map(|j| 1 << (32 - 4 * j)).collect(); 2], ..flat.clone() };
        assert_eq!(bits(&flat) - bits(&high), 32 + 28 + 24 + 20 + 16 + 12 + 8 + 4);
    }

    #[test]
    fn views_do_not_depend_on_the_number() {
        for layout in
            [Layout { blocks: 3, pad: 1, bits: 30, signed: true }, Layout { blocks: 2, pad: 0, bits: 8, signed: false }]
        {
            let weights = weights(&layout);
            let table = table(1, &layout, &weights, 64);
            let kernel = move |ctx: Context<u64>, operands: Operands| {
                let weights = weights.clone();
                async move {
                    let mut sums = leading_one(&ctx, operands.arith(0).view(), &layout, &weights).await;
                    (sums.remove(0), sums.remove(0))
                }
            };
            Subject::new([replicated(64)], table, kernel).distinguish(600).expect("statistical");
        }
    }
}
