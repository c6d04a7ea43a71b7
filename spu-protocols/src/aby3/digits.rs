//! Predicates of the digits of a sum a + b, a known to the dealer and b to P1 and P2: carries, and where a digit lies.
//!
//! A block has v ≤ 5 bits, V = 2^v; let A and B be the digits of a and b in it, Σ = A + B, X = (Σ + c) mod V with the carry-in c. P0 shares the
//! unary code (`[A ≥ k]`)_(k = 1 … V − 1) as in `carry`. P1 and P2 rotate it by the B that both know, in v stages of multiplexers over bit
//! planes (constant time), with `[A ≥ 0]` = 1 in place 0, and P1 adds B's own code:
//!
//! ```text
//! R_k = [A ≥ (k − B) mod V] ⊕ [B > k] = [Σ ≥ k] ⊕ [Σ ≥ k + V],     k = 0 … V,     so that for c = 0  [X ≥ k] = R_k ⊕ [Σ ≥ V].
//! ```
//!
//! For c = 1 the same holds with R_(k−1), where R_(−1) = 1 ⊕ R_(V−1). "X lies in a union of intervals" has an even number of ends, so the
//! carry cancels: it is the XOR of R_k over the ends k. Generate is `[Σ ≥ V]` = R_V, and generate or propagate is `[Σ + 1 ≥ V]` = R_(V−1).
//!
//! **Signed numbers** are looked at through y_i = x_i ⊕ x_(i+1), whose leading one stands where that of x (or of −x − 1) does. A block of y needs one
//! more bit of x, so blocks of five bits overlap by one; the carry into the top one, which is the carry out of the four below, is
//! `[X ≥ V/2]` ⊕ A's top bit ⊕ B's top bit.
//!
//! | who | what | bits |
//! |---|---|---|
//! | P0 → P1 | codes of the blocks | Σ (2^v − 1) |
//!
//! Exact, never fails. Security: P1's message is masked by a stream of the key (P0, P2), which P1 lacks; P0 and P2 receive nothing.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::steps::Steps;
use crate::ring::{Planes, Ring, to_planes, vectorize};

/// A block of bits, and what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Its lowest bit of the summands.
    pub(super) low: u32,
    /// How many bits of the summands it has.
    pub(super) width: u32,
    /// Zero bits below them: the digit is the summands' bits times 2^zeros.
    pub(super) zeros: u32,
    /// The top bit belongs to the next block as well.
    pub(super) overlaps: bool,
    /// Ends k ≤ V of the intervals of each question.
    pub(super) questions: Vec<Vec<usize>>,
}

impl Block {
    /// V.
    fn modulus(&self) -> usize {
        1 << (self.width + self.zeros)
    }

    fn code_bits(&self) -> usize {
        (1 << self.width) - 1
    }

    /// The bits of the answers: generate, propagate, and two for each question.
    pub(super) fn answers(&self) -> usize {
        2 + 2 * self.questions.len()
    }
}

/// Places of the answers to a block's questions among its answers.
pub(super) mod answer {
    /// The carry out of the block.
    pub(crate) const GENERATE: usize = 0;
    /// Whether the block hands a carry on.
    pub(crate) const PROPAGATE: usize = 1;

    /// Question i without a carry-in.
    pub(crate) const fn without_carry(i: usize) -> usize {
        2 + 2 * i
    }

    /// What a carry-in changes of it.
    pub(crate) const fn change(i: usize) -> usize {
        3 + 2 * i
    }
}

/// How many steps and labels [`answers`] takes.
pub(super) const STEPS: Steps = Steps { first: 1, label: 1 };

/// The messages of [`answers`] for n elements.
pub(super) fn table(blocks: &[Block], n: usize, first: u8) -> Vec<Message> {
    vec![Message::dealt(first, Role::P0, Role::P1, (code_bits(blocks) * n) as u64)]
}

/// Halves, at P1 and P2, of the answers of all blocks, one block after the other in the order of [`answer`], for the sum of P0's `summand`
/// and the one of P1 and P2.
pub(super) async fn answers<R: Ring>(
    ctx: &Context<R>,
    summand: &[R],
    blocks: &[Block],
    steps: Steps,
) -> Option<Planes> {
    let (n, codes) = (summand.len(), code_bits(blocks));
    let end = blocks.iter().map(|b| b.low + b.width).max().unwrap_or(0);
    let bits = to_planes(summand, 0, end);
    let key = || ctx.draw_planes(Pair::P02, steps.label, n, codes);
    let (codes, one) = match ctx.role() {
        Role::P0 => {
            let mut masked = key();
            let mut first = 0;
            for block in blocks {
                add_code(block, &bits, &mut masked, first);
                first += block.code_bits();
            }
            masked.clear_padding();
            ctx.send_planes(steps.first, Role::P1, masked);
            return None;
        }
        Role::P1 => (ctx.receive_planes(steps.first, Role::P0, n, codes).await, u64::MAX),
        Role::P2 => (key(), 0),
    };
    let mut out = Planes::zero(n, blocks.iter().map(Block::answers).sum());
    let (mut code, mut place) = (0, 0);
    for block in blocks {
        answer_block(block, &bits, &codes, code, one, &mut out, place);
        code += block.code_bits();
        place += block.answers();
    }
    out.clear_padding();
    Some(out)
}

fn code_bits(blocks: &[Block]) -> usize {
    blocks.iter().map(Block::code_bits).sum()
}

/// P0: XORs the code of a block of a to the planes from `first` on.
fn add_code(block: &Block, a: &Planes, codes: &mut Planes, first: usize) {
    for from in (0..a.stride()).step_by(STRIP) {
        let code = unary(block.width, |bit| strip(a, (block.low + bit) as usize, from));
        vectorize(
            #[inline(always)]
            || {
                for (k, code) in code[1..1 << block.width].iter().enumerate() {
                    let words = &mut codes.plane_mut(first + k)[from..];
                    words.iter_mut().zip(code).for_each(|(word, code)| *word ^= code);
                }
            },
        );
    }
}

/// P1 and P2: the answers of a block from halves of the codes and their summand; `one` is this party's half of 1.
fn answer_block(block: &Block, b: &Planes, codes: &Planes, code: usize, one: u64, out: &mut Planes, place: usize) {
    let (modulus, width) = (block.modulus(), block.width);
    let (generate, propagate) = (place + answer::GENERATE, place + answer::PROPAGATE);
    for from in (0..b.stride()).step_by(STRIP) {
        let digit = |bit: u32| strip(b, (block.low + bit) as usize, from);
        // [A ≥ k], of which the digit's zero bits leave only every 2^zeros-th.
        let at_least = |k: usize| match k.div_ceil(1 << block.zeros) {
            0 => [one; STRIP],
            k if k < 1 << width => strip(codes, code + k - 1, from),
            _ => [0; STRIP],
        };
        let mut r = [[0; STRIP]; LARGEST];
        r.iter_mut().take(modulus).enumerate().for_each(|(k, r)| *r = at_least(k));
        let middle = r[modulus / 2];
        for bit in 0..width {
            rotate(&mut r[..modulus], 1 << (bit + block.zeros), &digit(bit));
        }
        let above = unary(width, digit);
        for (k, r) in r.iter_mut().enumerate().take(modulus) {
            // [B > k], added by one party.
            let more = (k >> block.zeros) + 1;
            if more < 1 << width {
                add(r, &above[more], one);
            }
        }
        let without = |k: usize| if k == modulus { not(r[0], one) } else { r[k] };
        let with = |k: usize| if k == 0 { not(r[modulus - 1], one) } else { r[k - 1] };
        let mut write = |plane: usize, bits: [u64; STRIP]| {
            out.plane_mut(plane)[from..].iter_mut().zip(bits).for_each(|(word, bits)| *word = bits);
        };
        let [mut carry, mut carry_if] = [without(modulus), with(modulus)];
        if block.overlaps {
            let half = modulus / 2;
            let [top, known] = [middle, digit(width - 1)];
            for (carry, r) in [(&mut carry, without(half)), (&mut carry_if, with(half))] {
                add(carry, &r, u64::MAX);
                add(carry, &top, u64::MAX);
                add(carry, &known, one);
            }
        }
        write(generate, carry);
        add(&mut carry_if, &carry, u64::MAX);
        write(propagate, carry_if);
        for (i, ends) in block.questions.iter().enumerate() {
            let (mut value, mut change) = ([0; STRIP], [0; STRIP]);
            for &k in ends {
                add(&mut value, &without(k), u64::MAX);
                add(&mut change, &without(k), u64::MAX);
                add(&mut change, &with(k), u64::MAX);
            }
            write(place + answer::without_carry(i), value);
            write(place + answer::change(i), change);
        }
    }
}

/// r_k ← r_(k − by) where the bit is set, cyclically.
fn rotate(r: &mut [[u64; STRIP]], by: usize, bit: &[u64; STRIP]) {
    let mut moved = [[0; STRIP]; LARGEST];
    let modulus = r.len();
    moved[..modulus].copy_from_slice(r);
    vectorize(
        #[inline(always)]
        || {
            for (k, r) in r.iter_mut().enumerate() {
                let other = &moved[(k + modulus - by) % modulus];
                r.iter_mut().zip(other).zip(bit).for_each(|((r, other), bit)| *r ^= bit & (*r ^ other));
            }
        },
    );
}

/// [digit ≥ k] for k = 0 … 2^width − 1: of a code of the low bits and the next bit h, the new one is h ∨ low below 2^j, h there, and h ∧ low above.
fn unary(width: u32, digit: impl Fn(u32) -> [u64; STRIP]) -> [[u64; STRIP]; LARGEST] {
    let mut code = [[u64::MAX; STRIP]; LARGEST];
    for j in 0..width {
        let (half, h) = (1 << j, digit(j));
        for k in 1..half {
            code[half + k] = std::array::from_fn(|i| h[i] & code[k][i]);
            code[k] = std::array::from_fn(|i| h[i] | code[k][i]);
        }
        code[half] = h;
    }
    code
}

/// Words of a plane from a place on; zeros past its end.
#[inline(always)]
fn strip(planes: &Planes, plane: usize, from: usize) -> [u64; STRIP] {
    let words = &planes.plane(plane)[from..];
    let mut strip = [0; STRIP];
    let n = words.len().min(STRIP);
    strip[..n].copy_from_slice(&words[..n]);
    strip
}

/// x ← x ⊕ y ∧ mask.
#[inline(always)]
fn add(x: &mut [u64; STRIP], y: &[u64; STRIP], mask: u64) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x ^= y & mask);
}

#[inline(always)]
fn not(mut x: [u64; STRIP], one: u64) -> [u64; STRIP] {
    x.iter_mut().for_each(|x| *x ^= one);
    x
}

/// Words worked on at once: a whole block's rotation stays in the first cache.
const STRIP: usize = 8;
/// The largest V.
const LARGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{dealers, run, uniform, xor};
    use crate::ring::Z16;

    /// What a block must answer for digits a and b: generate, propagate, then each question without a carry and its change.
    fn expected(block: &Block, a: u64, b: u64) -> Vec<bool> {
        let modulus = block.modulus() as u64;
        let digit = |x: u64| (x >> block.low << block.zeros) % modulus;
        let (a, b) = (digit(a), digit(b));
        let part = if block.overlaps { modulus / 2 } else { modulus };
        let carry = |c: u64| a % part + b % part + c >= part;
        let mut answers = vec![carry(0), carry(0) != carry(1)];
        for ends in &block.questions {
            let lies = |c: u64| ends.iter().filter(|&&k| (a + b + c) % modulus >= k as u64).count() % 2 == 1;
            answers.extend([lies(0), lies(0) != lies(1)]);
        }
        answers
    }

    fn blocks() -> Vec<Block> {
        let block = |low, width, zeros, overlaps, questions: &[&[usize]]| Block {
            low,
            width,
            zeros,
            overlaps,
            questions: questions.iter().map(|ends| ends.to_vec()).collect(),
        };
        vec![
            block(0, 2, 2, false, &[&[4, 8], &[8, 16]]),
            block(2, 4, 0, false, &[&[1, 2], &[8, 16], &[0, 1]]),
            block(6, 5, 0, true, &[&[1, 2, 30, 31], &[8, 24], &[0, 1, 31, 32], &[16, 32]]),
            block(10, 3, 2, true, &[&[4, 8, 24, 28], &[0, 1, 31, 32]]),
            block(12, 1, 0, false, &[&[1, 2]]),
        ]
    }

    #[test]
    fn answers_are_those_of_the_digits() {
        let blocks = blocks();
        for (n, dealer) in [0, 1, 64, 700].into_iter().flat_map(|n| dealers().map(move |dealer| (n, dealer))) {
            let (a, b) = (uniform::<u64>(n, 1), uniform::<u64>(n, 2));
            let kernel = async |ctx: Context<u64>| {
                let summand = if ctx.role() == Role::P0 { &a } else { &b };
                answers(&ctx, summand, &blocks, Steps::START).await
            };
            let [_, p1, p2] = run(dealer, &table(&blocks, n, 0), 3, kernel);
            let found = xor(&p1.expect("P1 has a half"), &p2.expect("P2 has a half"));
            for i in 0..n {
                let all = blocks.iter().flat_map(|block| expected(block, a[i], b[i]));
                for (plane, wanted) in all.enumerate() {
                    assert_eq!(found.get(plane, i), wanted, "answer {plane} for {:x} and {:x}", a[i], b[i]);
                }
            }
        }
    }

    #[test]
    fn views_do_not_depend_on_the_summands() {
        let block = Block { low: 0, width: 3, zeros: 0, overlaps: true, questions: vec![vec![1, 2, 6, 7]] };
        let blocks = [block];
        let table = table(&blocks, 1, 0);
        let kernel = move |ctx: Context<Z16>, operands: Operands| {
            let blocks = blocks.clone();
            async move {
                let x = operands.arith::<Z16>(0);
                let summand = crate::aby3::carry::summand(&ctx, x.view());
                answers(&ctx, &summand, &blocks, Steps::START).await
            }
        };
        Subject::new([replicated(4)], table, kernel).enumerate(30_000).expect("exact");
    }
}
