//! The carry of a + b, a known to the dealer and b to P1 and P2: generate and propagate bits of blocks, then products.
//!
//! x = a + b with a = x0 + x1 and b = x2. Bits are cut into blocks of w ≤ 4 bits. For a block with digits A of a and B of b and
//! T = 2^w − 1, "generate" is `[A + B > T]` = `[A > T − B]`, and "propagate" is `[A + B = T]` = `[A > T − 1 − B]` ⊕ `[A > T − B]`.
//!
//! 1. P0 → P1: the unary code (`[A > t]`)_(t = 0 … T − 1) of each block, XOR a stream of the key (P0, P2). P2's half of the code is that
//!    stream; P1's is the message.
//!
//! P1 and P2 know B, so they pick the bits T − B and T − 1 − B off their halves without a message, by multiplexers over bit planes:
//! constant time, all elements alike. The carry of a run of blocks is g_k ⊕ p_k g_(k−1) ⊕ … ⊕ p_k ⋯ p_1 g_0, and the run propagates if
//! all its blocks do: products of many bits ([`super::products`]), one round for each level of runs. A block of one bit whose carry-in
//! is c has sum bit p ⊕ c: that is how the sign bit is read.
//!
//! Cost: Σ (2^w − 1) bits, dealt. Exact, never fails.
//!
//! Security: P1 knows nothing of the key (P0, P2), so its message is uniform given its view. P0 and P2 receive nothing.

use std::ops::Range;

use super::context::Context;
use super::message::Message;
use super::products::Literal;
use super::role::{Pair, Role};
use super::shares::View;
use super::steps::Steps;
use crate::ring::{Planes, Ring, to_planes, vectorize};

/// How many steps and labels [`blocks`] takes.
pub(super) const STEPS: Steps = Steps { first: 1, label: 1 };

/// The messages of [`blocks`] for n elements.
pub(super) fn table(widths: &[u32], n: usize, first: u8) -> Vec<Message> {
    vec![Message::dealt(first, Role::P0, Role::P1, (code_bits(widths) * n) as u64)]
}

/// a at P0, b at P1 and P2: x = a + b.
pub(super) fn summand<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> Vec<R> {
    match ctx.role() {
        Role::P0 => {
            let mut a = x.own.to_vec();
            vectorize(
                #[inline(always)]
                || a.iter_mut().zip(x.next).for_each(|(a, &next)| *a = a.plus(next)),
            );
            a
        }
        Role::P1 => x.next.to_vec(),
        Role::P2 => x.own.to_vec(),
    }
}

/// `total` bits in as few blocks of at most four as there can be, of nearly equal widths: their codes are shortest.
pub(super) fn even_widths(total: u32) -> Vec<u32> {
    let count = total.div_ceil(4);
    (0..count).map(|i| (total + i) / count).collect()
}

/// `total` bits in blocks of four, the last one narrower if need be.
pub(super) fn widths(total: u32) -> Vec<u32> {
    (0..total).step_by(4).map(|low| 4.min(total - low)).collect()
}

/// Halves of generate and propagate of blocks of these widths, lowest block first, for the sum of P0's `summand` and the one of P1
/// and P2. Plane [`generate`]`(i)` has the generate bit of block i, plane [`propagate`]`(i)` its propagate bit (that of block 0 is left out).
pub(super) async fn blocks<R: Ring>(ctx: &Context<R>, summand: &[R], widths: &[u32], steps: Steps) -> Option<Planes> {
    Some(codes(ctx, summand, widths, steps).await?.carries())
}

/// The halves of the codes of blocks of these widths at P1 and P2, with the summand that picks bits off them; the messages of [`blocks`].
pub(super) async fn codes<R: Ring>(ctx: &Context<R>, summand: &[R], widths: &[u32], steps: Steps) -> Option<Codes> {
    let (n, count) = (summand.len(), code_bits(widths));
    let bits = to_planes(summand, 0, widths.iter().sum());
    let (codes, one) = match ctx.role() {
        Role::P0 => {
            let mut masked = ctx.draw_planes(Pair::P02, steps.label, n, count);
            add_codes(&mut masked, &bits, widths);
            ctx.send_planes(steps.first, Role::P1, masked);
            return None;
        }
        Role::P1 => (ctx.receive_planes(steps.first, Role::P0, n, count).await, u64::MAX),
        Role::P2 => (ctx.draw_planes(Pair::P02, steps.label, n, count), 0),
    };
    Some(Codes { bits, codes, widths: widths.to_vec(), one })
}

/// One party's halves of the codes of a, and the bits of b.
pub(super) struct Codes {
    bits: Planes,
    codes: Planes,
    widths: Vec<u32>,
    /// This party's half of 1, as a word.
    pub(super) one: u64,
}

impl Codes {
    /// The planes of [`blocks`].
    pub(super) fn carries(&self) -> Planes {
        let stride = self.bits.stride();
        let mut carries = Planes::zero(self.bits.elements(), 2 * self.widths.len() - 1);
        // Block 0 has a plane less: its propagate bit goes to a scratch plane.
        let mut unused = vec![0; stride];
        let (mut first, mut others) = carries.words_mut().split_at_mut(stride);
        for (i, (block, code)) in self.blocks().enumerate() {
            let (propagate, generate) = if i == 0 {
                (&mut unused[..], std::mem::take(&mut first))
            } else {
                let (pair, rest) = std::mem::take(&mut others).split_at_mut(2 * stride);
                others = rest;
                pair.split_at_mut(stride)
            };
            read(block, code, [generate, propagate], self.one);
        }
        carries.clear_padding();
        carries
    }

    /// The same codes with another summand of P1 and P2 to pick bits off them.
    pub(super) fn named_by<R: Ring>(self, summand: &[R]) -> Self {
        Self { bits: to_planes(summand, 0, self.widths.iter().sum()), ..self }
    }

    /// The propagate bits of all blocks, the first one among them.
    pub(super) fn propagates(&self) -> Planes {
        let mut planes = Planes::zero(self.bits.elements(), self.widths.len());
        let mut unused = vec![0; self.bits.stride()];
        for (i, (block, code)) in self.blocks().enumerate() {
            read(block, code, [&mut unused, planes.plane_mut(i)], self.one);
        }
        planes.clear_padding();
        planes
    }

    /// Of every block, the planes of b and those of the code.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&[u64], &[u64])> {
        let stride = self.bits.stride();
        let (mut bits, mut codes) = (self.bits.words(), self.codes.words());
        self.widths.iter().map(move |&width| {
            let (block, rest) = bits.split_at(width as usize * stride);
            let (code, more) = codes.split_at(code_bits(&[width]) * stride);
            (bits, codes) = (rest, more);
            (block, code)
        })
    }
}

/// The plane of block i's generate bit.
pub(super) const fn generate(i: usize) -> usize {
    2 * i
}

/// The plane of block i's propagate bit, i ≥ 1.
pub(super) const fn propagate(i: usize) -> usize {
    2 * i - 1
}

/// Blocks 0 … count − 1 in `runs` runs of nearly equal length.
pub(super) fn split(blocks: Range<usize>, runs: usize) -> Vec<Range<usize>> {
    let at = |run: usize| blocks.start + blocks.len() * run / runs;
    (0..runs).map(|run| at(run)..at(run + 1)).collect()
}

/// The bits of each run, in the order of [`generate`] and [`propagate`]: its carry, and whether it propagates.
pub(super) fn runs(runs: &[Range<usize>]) -> Vec<Vec<Vec<Literal>>> {
    let mut outputs = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        if i > 0 {
            outputs.push(vec![run.clone().map(|block| (propagate(block), false)).collect()]);
        }
        outputs.push(carry(run.clone()));
    }
    outputs
}

/// The carry out of a run of blocks as a XOR of products.
pub(super) fn carry(run: Range<usize>) -> Vec<Vec<Literal>> {
    let product = |from: usize| {
        let propagated = (from + 1..run.end).map(|block| (propagate(block), false));
        propagated.chain([(generate(from), false)]).collect()
    };
    run.clone().map(product).collect()
}

fn code_bits(widths: &[u32]) -> usize {
    widths.iter().map(|w| (1 << w) - 1).sum()
}

/// P0: XORs the unary codes of the blocks of a to `codes`.
fn add_codes(codes: &mut Planes, a: &Planes, widths: &[u32]) {
    let stride = a.stride();
    if stride == 0 {
        return;
    }
    let (mut bits, mut codes) = (a.words(), codes.words_mut());
    for &width in widths {
        let (block, rest) = bits.split_at(width as usize * stride);
        let (out, others) = codes.split_at_mut(code_bits(&[width]) * stride);
        (bits, codes) = (rest, others);
        vectorize(
            #[inline(always)]
            || match width {
                1 => add_code_all::<1, 1>(block, out, stride),
                2 => add_code_all::<2, 3>(block, out, stride),
                3 => add_code_all::<3, 7>(block, out, stride),
                4 => add_code_all::<4, 15>(block, out, stride),
                _ => unreachable!("a block has one to four bits"),
            },
        );
    }
}

#[inline(always)]
fn add_code_all<const W: usize, const T: usize>(bits: &[u64], codes: &mut [u64], stride: usize) {
    add_code::<W, T, LANE>(bits, codes, stride, 0);
    add_code::<W, T, 1>(bits, codes, stride, stride - stride % LANE);
}

#[inline(always)]
fn add_code<const W: usize, const T: usize, const L: usize>(
    bits: &[u64],
    codes: &mut [u64],
    stride: usize,
    from: usize,
) {
    let a: [&[[u64; L]]; W] = std::array::from_fn(|j| lanes_of(bits, stride, j, from));
    let mut planes = codes.chunks_exact_mut(stride);
    let mut codes: [&mut [[u64; L]]; T] =
        std::array::from_fn(|_| planes.next().expect("a code has 2^w − 1 planes")[from..].as_chunks_mut().0);
    for i in 0..(stride - from) / L {
        let code = unary::<W, T, L>(std::array::from_fn(|j| Lane(a[j][i])));
        for (codes, code) in codes.iter_mut().zip(code) {
            codes[i] = (Lane(codes[i]) ^ code).0;
        }
    }
}

/// The code of a block from the bits of a. For a code of the low bits and the next bit h: `[A > t]` is h ∨ `[low > t]` below 2^j − 1, h there,
/// and h ∧ `[low > t − 2^j]` above.
#[inline(always)]
fn unary<const W: usize, const T: usize, const L: usize>(a: [Lane<L>; W]) -> [Lane<L>; T] {
    let mut code = [Lane([0; L]); T];
    let two = [a[0]];
    code[0] = a[0];
    if W == 1 {
        return code;
    }
    macro_rules! widen {
        ($h:expr, $low:expr, $($t:literal)*) => {{
            let (h, low) = ($h, $low);
            [$(h | low[$t],)* h, $(h & low[$t],)*]
        }};
    }
    let four = widen!(a[1 % W], two, 0);
    if W == 2 {
        code.copy_from_slice(&four);
        return code;
    }
    let eight = widen!(a[2 % W], four, 0 1 2);
    if W == 3 {
        code.copy_from_slice(&eight);
        return code;
    }
    code.copy_from_slice(&widen!(a[3 % W], eight, 0 1 2 3 4 5 6));
    code
}

/// Generate and propagate of a block: the bits of its code that the planes `b` name. `one` is this party's half of 1.
pub(super) fn read(b: &[u64], code: &[u64], out: [&mut [u64]; 2], one: u64) {
    let Some(width) = b.len().checked_div(out[0].len()) else { return };
    vectorize(
        #[inline(always)]
        || match width {
            1 => read_code_all::<1, 1>(b, code, out, one),
            2 => read_code_all::<2, 3>(b, code, out, one),
            3 => read_code_all::<3, 7>(b, code, out, one),
            4 => read_code_all::<4, 15>(b, code, out, one),
            _ => unreachable!("a block has one to four bits"),
        },
    );
}

#[inline(always)]
fn read_code_all<const W: usize, const T: usize>(bits: &[u64], code: &[u64], out: [&mut [u64]; 2], one: u64) {
    let [generate, propagate] = out;
    let tail = generate.len() - generate.len() % LANE;
    read_code::<W, T, LANE>(bits, code, [&mut *generate, &mut *propagate], one, 0);
    read_code::<W, T, 1>(bits, code, [generate, propagate], one, tail);
}

#[inline(always)]
fn read_code<const W: usize, const T: usize, const L: usize>(
    bits: &[u64],
    code: &[u64],
    [generate, propagate]: [&mut [u64]; 2],
    one: u64,
    from: usize,
) {
    let stride = generate.len();
    let lanes = (stride - from) / L;
    let b: [&[[u64; L]]; W] = std::array::from_fn(|j| lanes_of(bits, stride, j, from));
    let code: [&[[u64; L]]; T] = std::array::from_fn(|t| lanes_of(code, stride, t, from));
    let generate = &mut generate[from..].as_chunks_mut::<L>().0[..lanes];
    let propagate = &mut propagate[from..].as_chunks_mut::<L>().0[..lanes];
    for i in 0..lanes {
        let b: [Lane<L>; W] = std::array::from_fn(|j| Lane(b[j][i]));
        // Entry T − B of the code, 0 past its end, is the generate bit; the entry before, 1 before the start, is [A + B ≥ T].
        let more = choose(
            b,
            #[inline(always)]
            |t| if t < T { Lane(code[t][i]) } else { Lane([0; L]) },
        );
        let at_least = choose(
            b,
            #[inline(always)]
            |t| if t > 0 { Lane(code[t - 1][i]) } else { Lane([one; L]) },
        );
        generate[i] = more.0;
        propagate[i] = (more ^ at_least).0;
    }
}

/// Entry 2^W − 1 − B of a table, by a tree of multiplexers. Written out, so that all of it stays in registers.
#[inline(always)]
fn choose<const W: usize, const L: usize>(b: [Lane<L>; W], entry: impl Fn(usize) -> Lane<L>) -> Lane<L> {
    match W {
        1 => choose_of_2(&b, &entry, 0),
        2 => choose_of_4(&b, &entry, 0),
        3 => choose_of_8(&b, &entry, 0),
        _ => choose_of_8(&b, &entry, 8).unless(b[3 % W], choose_of_8(&b, &entry, 0)),
    }
}

#[inline(always)]
fn choose_of_8<const L: usize>(b: &[Lane<L>], entry: &impl Fn(usize) -> Lane<L>, from: usize) -> Lane<L> {
    choose_of_4(b, entry, from + 4).unless(b[2], choose_of_4(b, entry, from))
}

#[inline(always)]
fn choose_of_4<const L: usize>(b: &[Lane<L>], entry: &impl Fn(usize) -> Lane<L>, from: usize) -> Lane<L> {
    choose_of_2(b, entry, from + 2).unless(b[1], choose_of_2(b, entry, from))
}

#[inline(always)]
fn choose_of_2<const L: usize>(b: &[Lane<L>], entry: &impl Fn(usize) -> Lane<L>, from: usize) -> Lane<L> {
    entry(from + 1).unless(b[0], entry(from))
}

/// The words of plane j from a place on, as many as fill lanes.
#[inline(always)]
fn lanes_of<const L: usize>(words: &[u64], stride: usize, j: usize, from: usize) -> &[[u64; L]] {
    &words[j * stride + from..(j + 1) * stride].as_chunks().0[..(stride - from) / L]
}

/// A vector register's worth of words of a plane, or one word.
#[derive(Clone, Copy)]
struct Lane<const L: usize>([u64; L]);

impl<const L: usize> Lane<L> {
    /// `other` where `bit` is set, else this.
    #[inline(always)]
    fn unless(self, bit: Self, other: Self) -> Self {
        self ^ bit & (self ^ other)
    }
}

macro_rules! bitwise {
    ($($trait:ident $function:ident $operator:tt;)*) => {$(
        impl<const L: usize> std::ops::$trait for Lane<L> {
            type Output = Self;

            #[inline(always)]
            fn $function(mut self, other: Self) -> Self {
                for l in 0..L {
                    self.0[l] $operator other.0[l];
                }
                self
            }
        }
    )*};
}

bitwise! {
    BitAnd bitand &=;
    BitOr bitor |=;
    BitXor bitxor ^=;
}

/// Words that fill a vector register.
const LANE: usize = 8;
