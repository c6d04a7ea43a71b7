//! Bits lo … hi − 1 of x in two's complement (a2b).
//!
//! x = a + b with a = x0 + x1 at P0 and b = x2 at P1 and P2 (`carry`). The bits below `lo` and those from there on are cut into blocks
//! of four, the last of each part narrower. Bit i of a block with digits A of a and B of b and carry-in c is
//!
//! ```text
//! A_i ⊕ B_i ⊕ g_i ⊕ p_i·c,   g_i = [A mod 2^i + B mod 2^i ≥ 2^i],   p_i = [A mod 2^i + B mod 2^i = 2^i − 1],   g_0 = 0, p_0 = 1.
//! ```
//!
//! All but c are local functions of the unary code of A, of which P1 and P2 hold halves: with h = `[A > 2^i − 1]` the top bit of A mod 2^(i+1),
//! `[A mod 2^i > t]` = `[A mod 2^(i+1) > t]` ⊕ `[A mod 2^(i+1) > t + 2^i]` ⊕ h is the code of the lower bits, and g_i, p_i are read off it
//! like a carry.
//!
//! The carries into the wanted blocks are prefixes: the products of a run's generate and propagate bits give every inner prefix too. Up
//! to six blocks take one level, more take runs of about the square root of their number and a second level, which gives
//! c = g_k ⊕ p_k·(carry into the run).
//!
//! | round | who | what | bits (K = 64, all bits) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | codes of the blocks, dealt products of masks of all levels | 240 + 71 + 60 + 45 |
//! | 2 | P1 ↔ P2 | generate and propagate bits, masked: prefixes of the runs | 50 |
//! | 3 | P1 ↔ P2 | prefixes, masked: the carry into each block | 30 |
//! | 4 | P1 ↔ P2 | p_i and carries, masked: the bits | 120 |
//! | 5 | P1 ↔ P2 | halves of the bits less a mask each | 128 |
//!
//! Five rounds, 744 bits; four rounds for hi ≤ 28, two for hi ≤ 4. Bits below `lo` add their codes and their carry alone. Exact for every x, never fails.
//!
//! Security: P0 receives nothing. Codes, dealt products, opened bits and re-shared halves are each masked by bits of a key that the receiver
//! lacks, no bit of a key twice (`carry`, `products`, [bits](super::bits)).

use std::ops::Range;

use super::bits::{replicate, replicate_table};
use super::carry::{self, Codes, carry, propagate, split, summand};
use super::context::Context;
use super::levels::Level;
use super::message::Message;
use super::products::{Literal, add};
use super::shares::{BitShares, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring};

/// Messages of [`decompose`] on `n` elements.
pub fn table(bits: Range<u32>, n: usize) -> Vec<Message> {
    let layout = Layout::new(bits.clone());
    let mut table = carry::table(&layout.widths, n, 0);
    let mut steps = Steps::START.past(carry::STEPS);
    for level in layout.carries.iter().chain([&layout.sums]) {
        table.extend(level.table(n, steps.first));
        steps = steps.past(Level::STEPS);
    }
    table.extend(replicate_table(n, bits.len(), steps.first));
    table
}

/// Bits `bits` of x; plane 0 is the lowest of them.
pub async fn decompose<R: Ring>(ctx: &Context<R>, x: View<'_, R>, bits: Range<u32>) -> BitShares {
    assert!(bits.start < bits.end && bits.end <= R::BITS, "bits of the ring");
    let (n, layout) = (x.len(), Layout::new(bits.clone()));
    let codes = carry::codes(ctx, &summand(ctx, x), &layout.widths, Steps::START).await;
    let mut steps = Steps::START.past(carry::STEPS);
    let mut carries = codes.as_ref().map(Codes::carries);
    for level in &layout.carries {
        carries = level.evaluate(ctx, carries.as_ref(), n, steps).await;
        steps = steps.past(Level::STEPS);
    }
    let inputs = codes.and_then(|codes| Some(layout.inputs(&codes, &carries?, n)));
    let half = layout.sums.evaluate(ctx, inputs.as_ref(), n, steps).await;
    let half = half.unwrap_or_else(|| Planes::zero(n, bits.len()));
    replicate(ctx, half, (n, bits.len()), steps.past(Level::STEPS)).await
}

/// The blocks, and the products on the way from their codes to the bits.
struct Layout {
    widths: Vec<u32>,
    /// The first block of wanted bits.
    first: usize,
    /// From the planes of generate and propagate bits to the carries into the wanted blocks (but the block of bit 0).
    carries: Vec<Level>,
    /// From the planes of [`Layout::inputs`] to the bits.
    sums: Level,
}

impl Layout {
    fn new(bits: Range<u32>) -> Self {
        let mut widths = carry::widths(bits.start);
        let first = widths.len();
        widths.extend(carry::widths(bits.end - bits.start));
        let mut carries = 0;
        let mut outputs = Vec::new();
        let mut plane = 0;
        for (k, &width) in widths.iter().enumerate().skip(first) {
            // The planes of a block: its bits without carry-in, p_1, p_2, …; those of the carries stand before all blocks.
            let carry_in = (k > 0).then_some(carries);
            carries += usize::from(k > 0);
            for i in 0..width as usize {
                let mut terms = vec![vec![(Self::carry_count(&widths, first) + plane + i, false)]];
                if let Some(c) = carry_in {
                    let through =
                        (i > 0).then_some((Self::carry_count(&widths, first) + plane + width as usize + i - 1, false));
                    terms.push(through.into_iter().chain([(c, false)]).collect());
                }
                outputs.push(terms);
            }
            plane += 2 * width as usize - 1;
        }
        let carries = carry_levels(widths.len() - 1, &(first.max(1)..widths.len()).collect::<Vec<_>>());
        Self { widths, first, carries, sums: Level::new(&outputs) }
    }

    /// How many wanted blocks have a carry-in.
    fn carry_count(widths: &[u32], first: usize) -> usize {
        widths.len() - first.max(1)
    }

    /// Carries, then the digits of each wanted block.
    fn inputs(&self, codes: &Codes, carries: &Planes, n: usize) -> Planes {
        let count = Self::carry_count(&self.widths, self.first);
        let mut words = carries.words()[..count * carries.stride()].to_vec();
        for (b, code) in codes.blocks().skip(self.first) {
            digits(b, code, codes.one, carries.stride(), &mut words);
        }
        Planes::from_words(n, count + self.digit_planes(), words)
    }

    fn digit_planes(&self) -> usize {
        self.widths[self.first..].iter().map(|&width| 2 * width as usize - 1).sum()
    }
}

/// Appends the planes A_i ⊕ B_i ⊕ g_i of a block, i = 0 …, and its p_i, i = 1 ….
fn digits(b: &[u64], code: &[u64], one: u64, stride: usize, out: &mut Vec<u64>) {
    if stride == 0 {
        return;
    }
    let width = b.len() / stride;
    let from = out.len();
    out.resize(from + (2 * width - 1) * stride, 0);
    let (sums, through) = out[from..].split_at_mut(width * stride);
    let mut code = code.to_vec();
    let mut generated = vec![0; stride];
    for i in (0..width).rev() {
        let (low, rest) = code.split_at_mut(((1 << i) - 1) * stride);
        let (top, high) = rest.split_at(stride);
        for (low, high) in low.chunks_exact_mut(stride).zip(high.chunks_exact(stride)) {
            add(low, high);
            add(low, top);
        }
        let sum = &mut sums[i * stride..][..stride];
        for ((sum, top), b) in sum.iter_mut().zip(&*top).zip(&b[i * stride..]) {
            *sum = top ^ b & one;
        }
        code.truncate(((1 << i) - 1) * stride);
        if i > 0 {
            let through = &mut through[(i - 1) * stride..][..stride];
            carry::read(&b[..i * stride], &code, [&mut generated, through], one);
            add(sum, &generated);
        }
    }
}

/// Levels from the generate and propagate bits of blocks 0 … `blocks` − 1 to the carries into the blocks `wanted`, 1 ≤ k ≤ `blocks`, increasing.
pub(super) fn carry_levels(blocks: usize, wanted: &[usize]) -> Vec<Level> {
    if wanted.is_empty() {
        return Vec::new();
    }
    if blocks <= ONE_LEVEL {
        return vec![Level::new(&wanted.iter().map(|&k| carry(0..k)).collect::<Vec<_>>())];
    }
    let count = (1..).find(|k| k * k >= blocks).expect("some square is large enough");
    let runs = split(0..blocks, count);
    let mut prefixes = Vec::new();
    let mut push = |output: Vec<Vec<Literal>>| {
        prefixes.push(output);
        (prefixes.len() - 1, false)
    };
    let (mut carries, mut before) = (Vec::new(), Vec::<(Literal, Option<Literal>)>::new());
    for (r, run) in runs.iter().enumerate() {
        for k in run.start + 1..=run.end {
            let ends = k == run.end && r + 1 < runs.len();
            if !ends && !wanted.contains(&k) {
                continue;
            }
            let generated = push(carry(run.start..k));
            let through = (r > 0).then(|| push(vec![(run.start..k).map(|block| (propagate(block), false)).collect()]));
            if wanted.contains(&k) {
                let into = carry_into(&before);
                let through = |product: Vec<Literal>| through.into_iter().chain(product).collect();
                carries.push([vec![vec![generated]], into.into_iter().map(through).collect()].concat());
            }
            if ends {
                before.push((generated, through));
            }
        }
    }
    vec![Level::new(&prefixes), Level::new(&carries)]
}

/// The carry out of runs with these generate and propagate bits.
fn carry_into(runs: &[(Literal, Option<Literal>)]) -> Vec<Vec<Literal>> {
    let product = |from: usize| {
        let later = runs[from + 1..].iter().filter_map(|run| run.1);
        later.chain([runs[from].0]).collect()
    };
    (0..runs.len()).map(product).collect()
}

/// Blocks whose carries are products of one level.
const ONE_LEVEL: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::sign::tests::edges;
    use crate::aby3::trial::{SIZES, dealers, reconstruct_bits, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(values: &[R], bits: Range<u32>) {
        for dealer in dealers() {
            let shares = share(values, 7);
            let kernel =
                async |ctx: Context<R>| decompose(&ctx, shares[ctx.role() as usize].view(), bits.clone()).await;
            let found = reconstruct_bits(&run(dealer, &table(bits.clone(), values.len()), 1, kernel));
            assert_eq!(found.count(), bits.len());
            for (i, value) in values.iter().enumerate() {
                for (j, bit) in bits.clone().enumerate() {
                    assert_eq!(found.get(j, i), value.bit(bit) == R::ONE, "bit {bit} of {value:?} in {bits:?}");
                }
            }
        }
    }

    #[test]
    fn every_range_of_bits_is_exact() {
        for (lo, hi) in (0..4).flat_map(|lo| (lo + 1..=4).map(move |hi| (lo, hi))) {
            check::<Z16>(&(0..16).map(Z16::from_u128).collect::<Vec<_>>(), lo..hi);
        }
        for bits in [0..32, 3..32, 31..32, 8..14, 0..8] {
            check::<u32>(&edges(), bits);
        }
        for bits in [0..64, 1..64, 63..64, 18..64, 17..19, 0..18, 40..46, 5..6] {
            check::<u64>(&edges(), bits);
        }
        for bits in [0..128, 1..128, 26..128, 127..128, 60..70] {
            check::<u128>(&edges(), bits);
        }
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 9), 0..64));
    }

    #[test]
    fn every_sharing_of_every_element_of_z16() {
        for (x0, x1) in (0..16).flat_map(|x0| (0..16).map(move |x1| (x0, x1))) {
            let terms: [Vec<Z16>; 3] =
                [vec![x0; 16], vec![x1; 16], (0..16).collect()].map(|x| x.into_iter().map(Z16::from_u128).collect());
            let shares =
                [0, 1, 2].map(|i| crate::aby3::Arith { own: terms[i].clone(), next: terms[(i + 1) % 3].clone() });
            let kernel = async |ctx: Context<Z16>| decompose(&ctx, shares[ctx.role() as usize].view(), 0..4).await;
            let bits = reconstruct_bits(&run(spu::Party(0), &table(0..4, 16), (16 * x0 + x1) as u64, kernel));
            for (x2, j) in (0..16).flat_map(|x2| (0..4).map(move |j| (x2, j))) {
                assert_eq!(bits.get(j, x2), (x0 + x1 + x2 as u128) >> j & 1 == 1);
            }
        }
    }

    #[test]
    fn rounds_and_bits() {
        let of = |bits: Range<u32>| (cost(&table(bits.clone(), 64)).rounds, cost(&table(bits, 64)).bits / 64);
        assert_eq!(of(0..64), (5, 240 + 71 + 50 + 60 + 30 + 45 + 120 + 128));
        assert_eq!(of(18..64), (5, 231 + 81 + 54 + 60 + 30 + 34 + 92 + 92));
        assert_eq!(of(12..18), (4, 63 + 15 + 12 + 4 + 12 + 12));
        assert_eq!(of(0..28), (4, 330));
        assert_eq!(of(0..4), (2, 15 + 8));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        for bits in [0..2, 1..3, 2..4] {
            let range = bits.clone();
            let kernel = move |ctx: Context<Z16>, operands: Operands| {
                let bits = range.clone();
                async move { decompose(&ctx, operands.arith(0).view(), bits).await }
            };
            Subject::new([replicated(4)], table(bits, 1), kernel).enumerate(40_000).expect("exact");
        }
        let kernel = |ctx: Context<u64>, operands: Operands| async move {
            decompose(&ctx, operands.arith(0).view(), 3..40).await
        };
        Subject::new([replicated(64)], table(3..40, 1), kernel).distinguish(600).expect("statistical");
    }
}
