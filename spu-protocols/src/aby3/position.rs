//! The circuit of [leading_one](mod@super::leading_one): which block the leading one stands in, one-hot, and its place there, as a number of two bits.

use std::ops::Range;

use super::circuit::Circuit;
use super::digits::{Block, answer};
use super::leading_one::{Layout, PLACES};
use super::products::Literal;

/// How the position is computed.
pub(super) struct Position {
    pub(super) digits: Vec<Block>,
    pub(super) circuit: Circuit,
    /// The bits L_j.
    blocks: Vec<usize>,
    /// Bits 0 and 1 of the place, then the sign where it counts.
    place: Vec<usize>,
    /// Whether there is a position.
    found: usize,
}

impl Position {
    pub(super) fn new(layout: &Layout) -> Self {
        assert!(layout.pad < 4 && (layout.pad > 0 || !layout.signed), "bit 0 has a position");
        let count = layout.all_blocks();
        let digits: Vec<Block> = (0..count).map(|j| digit(layout, j, j + 1 == count)).collect();
        let mut circuit = Circuit::new(digits.iter().map(Block::answers).sum());
        let answers = corrected(&mut circuit, &digits);
        let (blocks, mut place) = first_of(&mut circuit, layout, &answers);
        place.extend(
            layout.signed.then(|| *answers.last().and_then(|a| a.last()).expect("the last block has the sign")),
        );
        let found = circuit.sum(blocks.iter().map(|&bit| (bit, false)).collect());
        Self { digits, circuit, blocks, place, found }
    }

    /// The bits to be opened: L_j, the place, the sign, and, if it is asked for, whether there is a position.
    pub(super) fn results(&self, with_found: bool) -> Vec<usize> {
        let found = with_found.then_some(&self.found);
        self.blocks.iter().chain(&self.place).chain(found).copied().collect()
    }
}

/// The bits of a place that block j can have, each with the places whose bit is set.
fn place_bits(layout: &Layout, j: usize) -> Vec<(usize, Vec<u32>)> {
    let set = |bit: usize| layout.places(j).filter(|i| i >> bit & 1 == 1).collect::<Vec<_>>();
    (0..PLACES.ilog2() as usize).map(|bit| (bit, set(bit))).filter(|(_, set)| !set.is_empty()).collect()
}

/// Block j of the summands and its questions: whether it is not 0, the bits of the leading one's place in it, and of the last one the sign.
fn digit(layout: &Layout, j: usize, last: bool) -> Block {
    let zeros = if j == 0 { layout.pad } else { 0 };
    let width = layout.width(j);
    let modulus = 1 << (width + u32::from(layout.signed));
    // Where a leading one at one of these places puts the digit.
    let mirrored = |ends: [usize; 2]| {
        let mut ends = ends.to_vec();
        if layout.signed {
            ends.extend([modulus - ends[1], modulus - ends[0]]);
        }
        ends
    };
    let at = |places: &mut dyn Iterator<Item = u32>| places.flat_map(|i| mirrored([1 << i, 2 << i])).collect();
    let mut questions: Vec<Vec<usize>> = match j < layout.blocks as usize {
        true => {
            let bits = place_bits(layout, j);
            let bits = bits.into_iter().map(|(_, places)| at(&mut places.into_iter()));
            [at(&mut layout.places(j))].into_iter().chain(bits).collect()
        }
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

/// Steps 5 and 6: L_j, and the bits of the place, from the answers of all blocks.
fn first_of(circuit: &mut Circuit, layout: &Layout, answers: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let some: Vec<Literal> = answers.iter().map(|answers| (answers[0], false)).collect();
    let none = |j: usize| (some[j].0, true);
    let placed = layout.blocks as usize;
    let place_bit = |j: usize, bit: usize| {
        let bits = place_bits(layout, j);
        bits.iter().position(|&(b, _)| b == bit).map(|i| (answers[j][1 + i], false))
    };
    let groups = chunks(answers.len());
    let mut inside = Stage::default();
    let (mut blocks, mut places, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for (number, group) in groups.iter().enumerate() {
        let with_above = |literal: Literal, j: usize| -> Vec<Literal> {
            [literal].into_iter().chain((j + 1..group.end).map(none)).collect()
        };
        for j in group.clone().take_while(|&j| j < placed) {
            blocks.push((number, inside.output(vec![with_above(some[j], j)])));
        }
        for bit in 0..PLACES.ilog2() as usize {
            let of_block = |j: usize| place_bit(j, bit).map(|literal| with_above(literal, j));
            let products: Vec<_> = group.clone().take_while(|&j| j < placed).filter_map(of_block).collect();
            if !products.is_empty() {
                places.push((number, bit, inside.output(products)));
            }
        }
        // Nothing lies below the lowest group.
        empty.push((number > 0).then(|| inside.output(vec![group.clone().map(none).collect()])));
    }
    let inside = inside.finish(circuit);

    let mut across = Stage::default();
    let with_above = |group: usize, bit: usize| -> Vec<Literal> {
        let above = empty[group + 1..].iter().flatten().map(|&empty| (inside[empty], false));
        [(inside[bit], false)].into_iter().chain(above).collect()
    };
    let blocks: Vec<usize> =
        blocks.into_iter().map(|(group, bit)| across.output(vec![with_above(group, bit)])).collect();
    let of_place = |bit: usize| {
        let of_groups = places.iter().filter(|(_, b, _)| *b == bit);
        across.output(of_groups.map(|&(group, _, bit)| with_above(group, bit)).collect())
    };
    let places: Vec<usize> = (0..PLACES.ilog2() as usize).map(of_place).collect();
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
