//! Where the leading one of a number stands, as weighted sums: the powers of two that normalize it.
//!
//! # Positions
//!
//! Bit p of x has position q = p + pad. For a number with a sign, position q belongs to y_p = x_p ⊕ x_(p+1), x_(−1) = 0, whose leading one
//! stands at ⌊log2 |x|⌋, one lower for −2^p. Positions lie in blocks of four, q = 4j + i. The result is one-hot in the blocks, L_j, and
//! one-hot in the places, Q_i: both are 0 throughout for x = 0 and where a bit above the blocks is set, as it is in a number below 0 that is
//! read without a sign. Out of them come sums Σ_j w_j·L_j and Σ_i w_i·Q_i, as many as one likes: U = (Σ_j 16^(b − 1 − j) L_j)(Σ_i 2^(3 − i) Q_i) =
//! 2^(4b − 1 − q) brings |x| to x·U in [2^(m − 1), 2^m), m = 4b − pad; 2^(q/2), 2^(−q/2) and q itself are further weights. With a sign s the places have other weights
//! for x < 0.
//!
//! # Rounds
//!
//! x = a + b, a at P0, b at P1 and P2; blocks are numbered from 0.
//!
//! 1. Codes of the blocks of a: generate g_j, propagate p_j, and for both carry-ins "the leading one of this block stands at i" and "this block
//!    is 0" (`digits`).
//! 2. In runs of blocks, the carries G_j, P_j into every block.
//! 3. The carries C into the runs. The carry into block j is G_j ⊕ P_j C.
//! 4. What the carry changes of an answer, times the carry: H_ji, "block j's leading one stands at i"; its zero z_j = ¬⊕_i H_ji; and s.
//! 5. In groups of blocks: L'_j = ¬z_j Π z of the blocks above in the group, H'_i = ⊕_j H_ji Π z, Z = Π z of the whole group.
//! 6. L_j = L'_j Π Z and Q_i = ⊕ H'_i Π Z over the groups above.
//! 7. L_j, Q_i and s are opened under masks λ, dealt as ring elements together with λ_i·λ_s: P1 and P2 have halves of L_j, Q_i and Q_i·s as numbers.
//! 8. Their weighted sums are shared again.
//!
//! Each product of many bits takes one round (`products`). Fewer blocks take fewer rounds: one block has neither carries nor groups.
//!
//! Cost, K = 64: 538 bits in six rounds for the one-hot position of numbers below 2^36, 1 356 for any number read without a sign, 1 438 with
//! one; then 2 + K − v bits for each block, v the zeros at the end of its weights, 2 + K for each place (with a sign 2 + K for it and
//! K for each place more), and 2K for each sum.
//!
//! Exact for every x that `Layout` takes; never fails. Security: codes, dealt products and opened bits are masked by draws that the receiver lacks (`digits`,
//! `products`, [inject](mod@super::inject)), dealt numbers by the key (P0, P2), the sums by fresh keys as in [multiply](mod@super::multiply).

use std::ops::Range;

use super::bits::for_each_bit;
use super::carry::summand;
use super::circuit::Circuit;
use super::context::Context;
use super::digits::{self, Block, answer, answers};
use super::inject::{
    DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_low, deal_low_table, deal_table, open_masked, open_masked_table,
};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::products::Literal;
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
    /// For each sum over the blocks, a weight for each block.
    pub blocks: Vec<Vec<i128>>,
    /// For each sum over the places, the weights of places 0 to 3 for x > 0 and for x < 0; the latter are unused without a sign.
    pub places: Vec<[[i128; PLACES]; 2]>,
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
    fn all_blocks(&self) -> usize {
        ((self.bits + self.pad).div_ceil(4) as usize).max(self.blocks as usize)
    }

    /// The places of block j that a leading one can have.
    fn places(&self, j: usize) -> Range<u32> {
        let first = if j == 0 { self.pad - u32::from(self.signed) } else { 0 };
        first..self.width(j)
    }

    /// Positions of block j that are looked at.
    fn width(&self, j: usize) -> u32 {
        (self.bits + self.pad).saturating_sub(4 * j as u32).min(4)
    }
}

impl Weights {
    /// How many sums there are.
    pub fn count(&self) -> usize {
        self.blocks.len() + self.places.len()
    }

    /// How many bits of a number each block's mask is dealt with: weights that are all multiples of 2^v need K − v.
    fn block_bits(&self, bits: u32) -> Vec<u32> {
        let zeros = |j: usize| self.blocks.iter().map(|weights| weights[j].trailing_zeros()).min().unwrap_or(0);
        (0..self.blocks.first().map_or(0, Vec::len)).map(|j| bits - zeros(j).min(bits - 1)).collect()
    }

    /// The sums for a number, in the clear: those over the blocks, then those over the places.
    pub fn sums(&self, layout: &Layout, x: i128) -> Vec<i128> {
        let Some(q) = layout.position(x) else { return vec![0; self.count()] };
        let (j, i) = (q as usize / PLACES, q as usize % PLACES);
        let blocks = self.blocks.iter().map(|weights| weights[j]);
        blocks.chain(self.places.iter().map(|weights| weights[usize::from(x < 0)][i])).collect()
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
    table.extend(open_masked_table(n, position.results().len(), open.first));
    let mut deal = open.past(OPEN_MASKED_STEPS);
    for low in weights.block_bits(bits) {
        table.extend(deal_low_table(n, low, deal.first));
        deal = deal.past(DEAL_STEPS);
    }
    table.extend(deal_table(position.dealt_whole() * n, bits, deal.first));
    table.extend(reshare_pair_table(weights.count() * n, bits, deal.past(DEAL_STEPS).first));
    table
}

/// The sums of `weights` for each element: those over the blocks, then those over the places.
pub async fn leading_one<R: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    layout: &Layout,
    weights: &Weights,
) -> Vec<Arith<R>> {
    let (n, position) = (x.len(), Position::new(layout));
    let answers = answers(ctx, &summand(ctx, x), &position.digits, Steps::START).await;
    let bits = position.circuit.run(ctx, answers, n, CIRCUIT).await;
    let results = position.results();
    let chosen = match bits {
        Some(bits) => {
            Planes::from_words(n, results.len(), results.iter().flat_map(|&bit| bits.plane(bit)).copied().collect())
        }
        None => Planes::zero(n, results.len()),
    };
    let open = CIRCUIT.past(position.circuit.steps());
    let bits = open_masked(ctx, chosen, open).await;
    let mut deal_at = open.past(OPEN_MASKED_STEPS);
    let of_all = if ctx.role() == Role::P0 { position.masks(&bits) } else { Vec::new() };
    let (of_blocks, of_places) = of_all.split_at(if of_all.is_empty() { 0 } else { position.blocks.len() * n });
    let mut masks = Vec::with_capacity(of_all.len());
    for (j, low) in weights.block_bits(R::BITS).into_iter().enumerate() {
        let mask = of_blocks.iter().skip(j * n).take(n).copied().collect();
        masks.extend(deal_low(ctx, mask, low, n, deal_at).await);
        deal_at = deal_at.past(DEAL_STEPS);
    }
    masks.extend(deal(ctx, of_places.to_vec(), position.dealt_whole() * n, deal_at).await);
    let halves = if ctx.role() == Role::P0 { Vec::new() } else { position.sums(ctx.role(), weights, &bits, &masks) };
    let sums = reshare_pair(ctx, halves, weights.count() * n, deal_at.past(DEAL_STEPS)).await;
    let part =
        |i: usize| Arith { own: sums.own[i * n..(i + 1) * n].to_vec(), next: sums.next[i * n..(i + 1) * n].to_vec() };
    (0..weights.count()).map(part).collect()
}

const CIRCUIT: Steps = digits::STEPS;

/// How the one-hot position is computed.
struct Position {
    digits: Vec<Block>,
    circuit: Circuit,
    /// The bits L_j, Q_i, and s.
    blocks: Vec<usize>,
    places: Vec<usize>,
    sign: Option<usize>,
}

impl Position {
    fn new(layout: &Layout) -> Self {
        assert!(layout.pad < 4 && (layout.pad > 0 || !layout.signed), "bit 0 has a position");
        let count = layout.all_blocks();
        let digits: Vec<Block> = (0..count).map(|j| digit(layout, j, j + 1 == count)).collect();
        let mut circuit = Circuit::new(digits.iter().map(Block::answers).sum());
        let answers = corrected(&mut circuit, &digits);
        let with_places = &answers[..layout.blocks as usize];
        let zeros: Vec<usize> = answers
            .iter()
            .enumerate()
            .map(|(j, answers)| {
                let places = if j < with_places.len() { layout.places(j).len() } else { 1 };
                circuit.sum(answers[..places].iter().enumerate().map(|(i, &bit)| (bit, i == 0)).collect())
            })
            .collect();
        let placed: Vec<Vec<(usize, usize)>> = with_places
            .iter()
            .enumerate()
            .map(|(j, answers)| layout.places(j).map(|i| i as usize).zip(answers.iter().copied()).collect())
            .collect();
        let (blocks, places) = first_of(&mut circuit, &placed, &zeros);
        let sign = layout.signed.then(|| *answers.last().and_then(|a| a.last()).expect("the last block has the sign"));
        Self { digits, circuit, blocks, places, sign }
    }

    /// The bits to be opened.
    fn results(&self) -> Vec<usize> {
        self.blocks.iter().chain(&self.places).chain(&self.sign).copied().collect()
    }

    /// How many masks and products of masks P0 deals for an element besides those of the blocks.
    fn dealt_whole(&self) -> usize {
        PLACES + if self.sign.is_some() { 1 + PLACES } else { 0 }
    }

    /// P0: λ of every bit, then the products λ_i·λ_s.
    fn masks<R: Ring>(&self, lambda: &Planes) -> Vec<R> {
        let n = lambda.elements();
        let mut masks = vec![R::ZERO; (self.blocks.len() + self.dealt_whole()) * n];
        for (bit, masks) in masks.chunks_exact_mut(n.max(1)).enumerate() {
            let write = |plane: &[u64], masks: &mut [R]| for_each_bit(plane, n, |i, bit| masks[i] = bit);
            match bit.checked_sub(self.results().len()) {
                None => write(lambda.plane(bit), masks),
                Some(place) => {
                    let sign = lambda.plane(self.results().len() - 1);
                    let both = sign.iter().zip(lambda.plane(self.blocks.len() + place)).map(|(s, q)| s & q);
                    write(&both.collect::<Vec<_>>(), masks);
                }
            }
        }
        masks
    }

    /// P1 and P2: halves of the sums, from the opened bits and halves of the masks.
    fn sums<R: Ring>(&self, role: Role, weights: &Weights, bits: &Planes, masks: &[R]) -> Vec<R> {
        let n = bits.elements();
        let mut sums = vec![R::ZERO; weights.count() * n];
        if n == 0 {
            return sums;
        }
        let one = if role == Role::P1 { R::ONE } else { R::ZERO };
        let mask = |i: usize| &masks[i * n..(i + 1) * n];
        let (over_blocks, over_places) = sums.split_at_mut(weights.blocks.len() * n);
        let add = |sum: &mut [R], weight: i128, bit: &[R]| {
            let weight = R::from_i128(weight);
            vectorize(
                #[inline(always)]
                || sum.iter_mut().zip(bit).for_each(|(sum, bit)| *sum = sum.plus(weight.times(*bit))),
            );
        };
        for j in 0..self.blocks.len() {
            let bit = number(bits.plane(j), mask(j), one);
            for (sum, weights) in over_blocks.chunks_exact_mut(n).zip(&weights.blocks) {
                add(sum, weights[j], &bit);
            }
        }
        let (first, sign) = (self.blocks.len(), self.results().len() - 1);
        for i in 0..PLACES {
            let bit = number(bits.plane(first + i), mask(first + i), one);
            let negative = self.sign.map(|_| {
                let planes = [bits.plane(first + i), bits.plane(sign)];
                product(planes, [mask(first + i), mask(sign), mask(sign + 1 + i)], one)
            });
            for (sum, [above, below]) in over_places.chunks_exact_mut(n).zip(&weights.places) {
                add(sum, above[i], &bit);
                if let Some(negative) = &negative {
                    add(sum, below[i] - above[i], negative);
                }
            }
        }
        sums
    }
}

/// A half of v = c + (1 − 2c)·λ.
fn number<R: Ring>(c: &[u64], mask: &[R], one: R) -> Vec<R> {
    let mut bit = mask.to_vec();
    vectorize(
        #[inline(always)]
        || for_each_bit(c, mask.len(), |i, c: R| bit[i] = bit[i].plus(c.times(one.minus(bit[i]).minus(bit[i])))),
    );
    bit
}

/// A half of v·v' = (c + (1 − 2c)·λ)(c' + (1 − 2c')·λ'), from halves of λ, λ' and λ·λ'.
fn product<R: Ring>([c, other]: [&[u64]; 2], [mask, other_mask, both]: [&[R]; 3], one: R) -> Vec<R> {
    let n = mask.len();
    let mut result = vec![R::ZERO; n];
    vectorize(
        #[inline(always)]
        || for_each_bit(other, n, |i, c: R| result[i] = c),
    );
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(c, n, |i, c: R| {
                let d = result[i];
                let (flip_c, flip_d) = (R::ONE.minus(c.shl(1)), R::ONE.minus(d.shl(1)));
                let crossed = c.times(flip_d).times(other_mask[i]).plus(d.times(flip_c).times(mask[i]));
                result[i] = one.times(c.times(d)).plus(crossed).plus(flip_c.times(flip_d).times(both[i]));
            });
        },
    );
    result
}

/// Block j of the summands and its questions: the places of the leading one, or whether the block is not 0; of the last one the sign as well.
fn digit(layout: &Layout, j: usize, last: bool) -> Block {
    let zeros = if j == 0 { layout.pad } else { 0 };
    let width = layout.width(j);
    let modulus = 1 << (width + u32::from(layout.signed));
    let mirrored = |ends: [usize; 2]| {
        let mut ends = ends.to_vec();
        if layout.signed {
            ends.extend([modulus - ends[1], modulus - ends[0]]);
        }
        ends
    };
    let mut questions: Vec<Vec<usize>> = match j < layout.blocks as usize {
        true => layout.places(j).map(|i| mirrored([1 << i, 2 << i])).collect(),
        false => vec![mirrored([0, 1]).into_iter().chain([0, modulus]).collect()],
    };
    if layout.signed && last {
        questions.push(vec![modulus / 2, modulus]);
    }
    Block {
        low: (4 * j as u32 + zeros) - layout.pad,
        width: width + u32::from(layout.signed) - zeros,
        zeros,
        overlaps: layout.signed,
        questions,
    }
}

/// Steps 2 to 4: the blocks' answers with the carries that come in.
fn corrected(circuit: &mut Circuit, digits: &[Block]) -> Vec<Vec<usize>> {
    let starts: Vec<usize> = (0..digits.len()).map(|j| digits[..j].iter().map(Block::answers).sum()).collect();
    let generate = |j: usize| (starts[j] + answer::GENERATE, false);
    let propagate = |j: usize| (starts[j] + answer::PROPAGATE, false);
    let runs = chunks(digits.len() - 1);

    // For each block but the first: its run or, if it begins one, the run before; the carry inside that run, and whether that run hands one on.
    let mut inside = Stage::default();
    let mut into = vec![(0, Vec::new())];
    for (number, run) in runs.iter().enumerate() {
        for end in run.clone().map(|j| j + 1) {
            let mut carries = vec![inside.output(carry(run.start..end, generate, propagate))];
            if number > 0 {
                carries.push(inside.output(vec![(run.start..end).map(propagate).collect()]));
            }
            into.push((number, carries));
        }
    }
    let inside = inside.finish(circuit);
    let bit = |j: usize, part: usize| (inside[into[j].1[part]], false);

    let mut across = Stage::default();
    let starting: Vec<usize> = (1..runs.len())
        .map(|run| across.output(carry(0..run, |i| bit(runs[i].end, 0), |i| bit(runs[i].end, 1))))
        .collect();
    let across = across.finish(circuit);
    let into_run = |run: usize| (across[starting[run - 1]], false);

    let mut changes = Vec::new();
    for (j, block) in digits.iter().enumerate().skip(1) {
        let begins = runs.iter().position(|run| run.start == j);
        for i in 0..block.questions.len() {
            let change = (starts[j] + answer::change(i), false);
            changes.push(match (begins, into[j].0) {
                (Some(run), _) => vec![vec![into_run(run), change]],
                (None, 0) => vec![vec![bit(j, 0), change]],
                (None, run) => vec![vec![bit(j, 0), change], vec![bit(j, 1), into_run(run), change]],
            });
        }
    }
    let mut changes = circuit.products(&changes);
    let answers = |(j, block): (usize, &Block)| {
        let without = |i: usize| (starts[j] + answer::without_carry(i), false);
        let with = |i: usize| match j {
            0 => without(i).0,
            _ => circuit.sum(vec![without(i), (changes.next().expect("a change for each question"), false)]),
        };
        (0..block.questions.len()).map(with).collect()
    };
    digits.iter().enumerate().map(answers).collect()
}

/// The carry out of a run of blocks, or out of some runs.
fn carry(
    run: Range<usize>,
    generate: impl Fn(usize) -> Literal,
    propagate: impl Fn(usize) -> Literal,
) -> Vec<Vec<Literal>> {
    run.clone().map(|from| (from + 1..run.end).map(&propagate).chain([generate(from)]).collect()).collect()
}

/// Steps 5 and 6: L_j and Q_i, from (place, H_ji) of the blocks with places and the zeros of all blocks.
fn first_of(circuit: &mut Circuit, placed: &[Vec<(usize, usize)>], zeros: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let groups = chunks(zeros.len());
    let mut inside = Stage::default();
    let (mut blocks, mut places, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for (number, group) in groups.iter().enumerate() {
        let with_above = |literal: Literal, j: usize| -> Vec<Literal> {
            [literal].into_iter().chain((j + 1..group.end).map(|above| (zeros[above], false))).collect()
        };
        for j in group.clone().take_while(|&j| j < placed.len()) {
            blocks.push((number, inside.output(vec![with_above((zeros[j], true), j)])));
        }
        for place in 0..PLACES {
            let of_block = |j: usize| {
                let bit = placed[j].iter().find(|(i, _)| *i == place);
                bit.map(|&(_, bit)| with_above((bit, false), j))
            };
            let products: Vec<_> = group.clone().take_while(|&j| j < placed.len()).filter_map(of_block).collect();
            if !products.is_empty() {
                places.push((number, place, inside.output(products)));
            }
        }
        let all = group.clone().map(|j| (zeros[j], false)).collect();
        // Nothing lies below the lowest group.
        empty.push((number > 0).then(|| inside.output(vec![all])));
    }
    let inside = inside.finish(circuit);

    let mut across = Stage::default();
    let with_above = |group: usize, bit: usize| -> Vec<Literal> {
        let above = empty[group + 1..].iter().flatten().map(|&empty| (inside[empty], false));
        [(inside[bit], false)].into_iter().chain(above).collect()
    };
    let blocks: Vec<usize> =
        blocks.into_iter().map(|(group, bit)| across.output(vec![with_above(group, bit)])).collect();
    let of_place = |place: usize| {
        let of_groups = places.iter().filter(|(_, i, _)| *i == place);
        across.output(of_groups.map(|&(group, _, bit)| with_above(group, bit)).collect())
    };
    let places: Vec<usize> = (0..PLACES).map(of_place).collect();
    let across = across.finish(circuit);
    let finished = |outputs: Vec<usize>| outputs.into_iter().map(|output| across[output]).collect();
    (finished(blocks), finished(places))
}

/// Outputs of a stage to come. What is not multiplied is added without being opened.
#[derive(Default)]
struct Stage {
    products: Vec<Vec<Vec<Literal>>>,
    /// Of each output: its summands that are bits, and the number of what is a sum of products.
    outputs: Vec<(Vec<Literal>, Option<usize>)>,
}

impl Stage {
    /// One more output; its number.
    fn output(&mut self, sum: Vec<Vec<Literal>>) -> usize {
        let (bits, products): (Vec<_>, Vec<_>) = sum.into_iter().partition(|product| product.len() == 1);
        let multiplied = (!products.is_empty()).then_some(self.products.len());
        self.products.extend(multiplied.map(|_| products));
        self.outputs.push((bits.concat(), multiplied));
        self.outputs.len() - 1
    }

    /// The bit of each output.
    fn finish(self, circuit: &mut Circuit) -> Vec<usize> {
        let first = circuit.products(&self.products).start;
        let sum = |(mut bits, multiplied): (Vec<Literal>, Option<usize>)| {
            bits.extend(multiplied.map(|i| (first + i, false)));
            circuit.sum(bits)
        };
        self.outputs.into_iter().map(sum).collect()
    }
}

/// n blocks in runs of about √n, the last one shorter.
fn chunks(n: usize) -> Vec<Range<usize>> {
    let count = (0..=n).find(|k| k * k >= n).expect("n² ≥ n");
    let length = n.div_ceil(count.max(1)).max(1);
    (0..n).step_by(length).map(|start| start..n.min(start + length)).collect()
}

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

    /// The bits of steps 1 to 6 for 64 elements, their rounds, and of steps 7 and 8.
    fn costs(layout: Layout, sums: [usize; 2]) -> [u64; 3] {
        let weights =
            Weights { blocks: vec![vec![1; layout.blocks as usize]; sums[0]], places: vec![[[0; 4]; 2]; sums[1]] };
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
        assert_eq!(costs(proven, [1, 1]), [538, 6, 13 * 66 + 2 * 128]);
        let any = Layout { blocks: 16, pad: 2, bits: 64, signed: false };
        assert_eq!(costs(any, [1, 2]), [1356, 6, 20 * 66 + 3 * 128]);
        let signed = Layout { blocks: 16, pad: 2, bits: 62, signed: true };
        assert_eq!(costs(signed, [1, 1]), [1438, 6, 21 * 66 + 4 * 64 + 2 * 128]);
    }

    #[test]
    fn masks_of_high_weights_are_dealt_in_part() {
        let layout = Layout { blocks: 9, pad: 0, bits: 36, signed: false };
        let bits = |weights: &Weights| cost(&table(64, &layout, weights, 64)).bits / 64;
        let flat = Weights { blocks: vec![vec![1; 9]; 2], places: vec![[[1; 4]; 2]; 2] };
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
