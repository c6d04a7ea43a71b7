//! A number divided by a power of two, in another ring, as a sum of what two parties know and what the third knows: one that products take without a message
//! of its own.
//!
//! # Equations
//!
//! As in [truncate](mod@super::truncate), P0 and P1 know c = z + r + 2^(k−2) modulo 2^k, P2 knows r, −2^(k−2) ≤ z < 2^(k−2), and with n = msb(c), m = msb(r), r read as
//! a signed integer, c − r = z + 2^(k−2) + 2^k·n·m holds over the integers. So it does modulo 2^l, l larger or smaller than k: up to the rounding,
//!
//! ```text
//! z >> s  =  a + b − 2^h·n·m    mod 2^l,   a = (c >> s) − 2^(k−2−s),   b = −(r >> s) (arithmetic),   h = k − s.
//! ```
//!
//! a and n are known to P0 and P1, b and m to P2. s = 0 and l > k lifts a value to a larger ring, exactly.
//!
//! **A product** with another such number, a' + b' − 2^h'·n'·m', modulo 2^l with l ≤ h + h', is a sum of three terms once P2 has dealt halves ⟨·⟩ to P0 and P1: the
//! product of the two borrows vanishes, and
//!
//! ```text
//! a·a' + a·⟨b'⟩ + a'·⟨b⟩ + b·b' − 2^h·n·(a'·⟨m⟩ + ⟨m·b'⟩) − 2^h'·n'·(a·⟨m'⟩ + ⟨m'·b⟩).
//! ```
//!
//! P0 has a·a', P2 has b·b'. Of a replicated number, −r = x0 + x2 − 2^k·w, and P0 and P1 have halves of b but for those of w.
//!
//! | message | mask, unknown to the receiver | bits |
//! |---|---|---|
//! | P0 → P1 and P1 → P0, of a sum of three terms alone: z_i + r_i | r_i, key with P2 | 2k |
//! | P2 → P1: half of b | key (P0, P2) | l, of a lifted replicated number (its w) l − k |
//! | P2 → P1, of a factor: halves of m and m·b' | key (P0, P2) | 2(l − h) |
//!
//! P2 receives nothing: all that it sends leaves at once. Error of the division as in `truncate`: below 1. Security: a half dealt is masked by a draw that serves nothing
//! else, an opened sum by draws of which its receiver lacks one.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::{Ring, pack_fields, unpack_fields};

/// From Z_2^`from` to Z_2^`to`, divided by 2^`shift`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resize {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) shift: u32,
}

/// z >> s in two parts.
pub(super) struct Split<I> {
    /// a at P0 and P1, b at P2.
    part: Vec<I>,
    /// n at P0 and P1, m at P2.
    top: Vec<I>,
    /// h.
    height: u32,
}

impl Resize {
    /// h.
    pub(super) fn height(&self) -> u32 {
        self.from - self.shift
    }

    /// Splits a number of which P0 and P1 know z + r modulo 2^from, and P2 knows r.
    pub(super) fn split<I: Ring>(&self, role: Role, value: Vec<I>) -> Split<I> {
        let Self { from, to, shift } = *self;
        assert!(shift + 2 <= from && from <= I::BITS && to <= I::BITS, "the rings fit, and the sign survives");
        let height = self.height();
        let (offset, below) = if role == Role::P2 { (from - 1, height - 1) } else { (from - 2, height - 2) };
        let moved: Vec<I> = value.into_iter().map(|x| x.plus(I::power_of_two(offset)).low(from)).collect();
        let part = |x: &I| x.shr(shift).minus(I::power_of_two(below));
        let (part, top) = match role {
            // The top bit of r is the complement of that of r + 2^(k−1).
            Role::P2 => {
                let b = moved.iter().map(|r| part(r).negated()).collect();
                (b, moved.iter().map(|r| I::ONE.minus(r.bit(from - 1))).collect())
            }
            _ => (moved.iter().map(part).collect(), moved.iter().map(|c| c.bit(from - 1)).collect()),
        };
        Split { part, top, height }
    }

    /// Splits replicated shares modulo 2^from, to be lifted; and what P2 has to deal of b, w.
    pub(super) fn split_shares<R: Ring, I: Ring>(&self, role: Role, x: View<'_, R>) -> Lifted<I> {
        let wide = |x: &[R]| x.iter().map(|x| I::from_u128(x.to_u128())).collect::<Vec<I>>();
        let (own, next) = (wide(x.own), wide(x.next));
        match role {
            Role::P0 => Lifted { split: self.split(role, next), rest: own },
            Role::P1 => Lifted { split: self.split(role, own), rest: next },
            Role::P2 => {
                let sums: Vec<I> = own.iter().zip(&next).map(|(x2, x0)| x2.plus(*x0)).collect();
                let split = self.split(role, sums.iter().map(|sum| sum.negated()).collect());
                let wraps = sums.iter().zip(&split.part).map(|(sum, b)| sum.minus(*b).shr(self.from)).collect();
                Lifted { split, rest: wraps }
            }
        }
    }

    /// Messages of [`Resize::narrow`].
    pub(super) fn narrow_table(&self, n: usize, step: u8) -> Vec<Message> {
        vec![deal_table(n, self.to, step)]
    }

    /// Shares modulo 2^to ≤ 2^h, where no borrow counts. Takes one step and one label.
    pub(super) async fn narrow<R: Ring, I: Ring>(&self, ctx: &Context<R>, split: Split<I>, at: Steps) -> Arith<I> {
        assert!(self.to <= split.height, "no borrow counts");
        let half = deal(ctx, &split.part, self.to, split.part.len(), at).await;
        match ctx.role() {
            Role::P0 => Arith { own: half, next: split.part },
            Role::P1 => Arith { own: split.part, next: half },
            Role::P2 => {
                let rest = split.part.iter().zip(&half).map(|(b, half)| b.minus(*half)).collect();
                Arith { own: rest, next: half }
            }
        }
    }
}

/// A lifted replicated number.
pub(super) struct Lifted<I> {
    pub(super) split: Split<I>,
    /// x0 at P0, x2 at P1, w at P2.
    rest: Vec<I>,
}

/// Messages of [`lifted_halves`].
pub(super) fn lifted_halves_table(n: usize, resize: &Resize, step: u8) -> Vec<Message> {
    vec![deal_table(2 * n, resize.to - resize.from, step)]
}

/// Halves of b of two numbers that `resize` has lifted, at P0 and P1. Takes one step and one label.
pub(super) async fn lifted_halves<R: Ring, I: Ring>(
    ctx: &Context<R>,
    [x, y]: [&Lifted<I>; 2],
    resize: &Resize,
    at: Steps,
) -> [Vec<I>; 2] {
    let n = x.rest.len();
    let wraps = if ctx.role() == Role::P2 { [&x.rest[..], &y.rest].concat() } else { Vec::new() };
    let wraps = deal(ctx, &wraps, resize.to - resize.from, 2 * n, at).await;
    let half = |rest: &[I], w: &[I]| rest.iter().zip(w).map(|(x, w)| x.minus(w.shl(resize.from))).collect();
    [half(&x.rest, &wraps[..n]), half(&y.rest, &wraps[n..])]
}

/// Messages of [`halves`].
pub(super) fn halves_table(n: usize, bits: u32, step: u8) -> Vec<Message> {
    vec![deal_table(2 * n, bits, step)]
}

/// Halves of b of two numbers modulo 2^bits, at P0 and P1. Takes one step and one label.
pub(super) async fn halves<R: Ring, I: Ring>(
    ctx: &Context<R>,
    [x, y]: [&Split<I>; 2],
    bits: u32,
    at: Steps,
) -> [Vec<I>; 2] {
    let n = x.part.len();
    let b = if ctx.role() == Role::P2 { [&x.part[..], &y.part].concat() } else { Vec::new() };
    let mut first = deal(ctx, &b, bits, 2 * n, at).await;
    let second = first.split_off(n);
    [first, second]
}

/// Steps and labels that [`product`] takes.
pub(super) const PRODUCT_STEPS: Steps = Steps { first: 2, label: 2 };

/// Messages of [`product`] of numbers with these h.
pub(super) fn product_table(n: usize, heights: [u32; 2], bits: u32, step: u8) -> Vec<Message> {
    [(heights[0], step), (heights[1], step + 1)].map(|(h, step)| deal_table(2 * n, bits - h, step)).to_vec()
}

/// This party's term of the product modulo 2^bits. `halves` are those of b at P0 and P1.
pub(super) async fn product<R: Ring, I: Ring>(
    ctx: &Context<R>,
    [x, y]: [&Split<I>; 2],
    [of_x, of_y]: [&[I]; 2],
    bits: u32,
    at: Steps,
) -> Vec<I> {
    assert!(bits <= x.height + y.height, "the product of two borrows vanishes");
    let first = borrow(ctx, [x, y], bits, at).await;
    let second = borrow(ctx, [y, x], bits, at.past(Steps { first: 1, label: 1 })).await;
    let (a, b) = (&x.part, &y.part);
    if ctx.role() == Role::P2 {
        return a.iter().zip(b).map(|(x, y)| x.times(*y)).collect();
    }
    let both = ctx.role() == Role::P0;
    let element = |i: usize| {
        let known = if both { b[i].plus(of_y[i]) } else { of_y[i] };
        let parts = a[i].times(known).plus(b[i].times(of_x[i]));
        parts.minus(first[i].shl(x.height)).minus(second[i].shl(y.height))
    };
    (0..a.len()).map(element).collect()
}

/// Halves of n·m·(a' + b') modulo 2^(bits − h), at P0 and P1; a' + b' is all of y but its own borrow, n and m are those of x.
async fn borrow<R: Ring, I: Ring>(ctx: &Context<R>, [x, y]: [&Split<I>; 2], bits: u32, at: Steps) -> Vec<I> {
    let n = x.part.len();
    let mut dealt = Vec::new();
    if ctx.role() == Role::P2 {
        dealt.extend(&x.top);
        dealt.extend(x.top.iter().zip(&y.part).map(|(m, b)| m.times(*b)));
    }
    let dealt = deal(ctx, &dealt, bits - x.height, 2 * n, at).await;
    let (m, product) = dealt.split_at(n);
    let known = x.top.iter().zip(&y.part);
    known.zip(m.iter().zip(product)).map(|((n, a), (m, p))| n.times(a.times(*m).plus(*p))).collect()
}

fn deal_table(n: usize, width: u32, step: u8) -> Message {
    Message::dealt(step, Role::P2, Role::P1, n as u64 * u64::from(width))
}

/// Halves modulo 2^width of `values` that P2 knows, at P0 and P1; P2 has that of P0. Takes one step and one label.
async fn deal<R: Ring, I: Ring>(ctx: &Context<R>, values: &[I], width: u32, n: usize, at: Steps) -> Vec<I> {
    if ctx.role() == Role::P1 {
        return receive(ctx, at.first, Role::P2, width, n).await;
    }
    let half = draw(ctx, Pair::P02, at.label, width, n);
    if ctx.role() == Role::P2 {
        let rest: Vec<I> = values.iter().zip(&half).map(|(x, half)| x.minus(*half).low(width)).collect();
        send(ctx, at.first, Role::P1, &rest, width);
    }
    half
}

/// Messages of an [`Opening`] of `n` elements of `bits` bits.
pub(super) fn opening_table(n: usize, bits: u32, step: u8) -> [Message; 2] {
    Message::swap(step, Role::P0, Role::P1, n as u64 * u64::from(bits))
}

/// A sum of three terms modulo 2^bits on its way to P0 and P1: this party's part of z + r, or r at P2.
pub(super) struct Opening<I> {
    part: Vec<I>,
    bits: u32,
    step: u8,
}

impl<I: Ring> Opening<I> {
    /// Sends the term `z` under its mask. Takes one step and one label.
    pub(super) fn begin<R: Ring>(ctx: &Context<R>, mut z: Vec<I>, bits: u32, at: Steps) -> Self {
        let n = z.len();
        let mask = |pair| draw::<R, I>(ctx, pair, at.label, bits, n);
        let (pair, peer) = match ctx.role() {
            Role::P0 => (Pair::P02, Role::P1),
            Role::P1 => (Pair::P12, Role::P0),
            Role::P2 => {
                let masks = mask(Pair::P02).into_iter().zip(mask(Pair::P12));
                let part = masks.zip(z).map(|((r0, r1), z2)| r0.plus(r1).minus(z2)).collect();
                return Self { part, bits, step: at.first };
            }
        };
        z.iter_mut().zip(mask(pair)).for_each(|(z, r)| *z = z.plus(r));
        send(ctx, at.first, peer, &z, bits);
        Self { part: z, bits, step: at.first }
    }

    /// z + r at P0 and P1, r at P2.
    pub(super) async fn finish<R: Ring>(self, ctx: &Context<R>) -> Vec<I> {
        let Self { mut part, bits, step } = self;
        let peer = match ctx.role() {
            Role::P0 => Role::P1,
            Role::P1 => Role::P0,
            Role::P2 => return part,
        };
        let theirs: Vec<I> = receive(ctx, step, peer, bits, part.len()).await;
        part.iter_mut().zip(theirs).for_each(|(z, theirs)| *z = z.plus(theirs));
        part
    }
}

/// `n` uniform elements of Z_2^width that only `pair` knows.
fn draw<R: Ring, I: Ring>(ctx: &Context<R>, pair: Pair, label: u8, width: u32, n: usize) -> Vec<I> {
    if width <= R::BITS {
        return ctx.draw_low(pair, label, width, n).into_iter().map(|x| I::from_u128(x.to_u128())).collect();
    }
    let words = R::into_words(ctx.draw(pair, label, n * (I::BITS / R::BITS) as usize));
    I::from_words(words, n).into_iter().map(|x| x.low(width)).collect()
}

fn send<R: Ring, I: Ring>(ctx: &Context<R>, step: u8, to: Role, values: &[I], width: u32) {
    ctx.send(step, to, pack_fields(values, width));
}

async fn receive<R: Ring, I: Ring>(ctx: &Context<R>, step: u8, from: Role, width: u32, n: usize) -> Vec<I> {
    let words = ctx.receive(step, from).await;
    unpack_fields(&words, width, n).expect("a message has the length that its table says")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::trial::{share, uniform};

    /// a + b − 2^h·n·m modulo 2^to, and whether that is z >> s or one more; exactly, for s = 0.
    fn assert_whole(z: i128, [p0, p2]: [&Split<u128>; 2], i: usize, resize: &Resize) {
        let borrow = p0.top[i].times(p2.top[i]).shl(p0.height);
        let found = p0.part[i].plus(p2.part[i]).minus(borrow);
        let above = found.minus((z >> resize.shift) as u128).low(resize.to);
        assert!(above <= u128::from(resize.shift > 0), "{z} under {resize:?}: {above} above");
    }

    #[test]
    fn the_parts_and_the_borrow_are_the_number() {
        let random = uniform::<u128>(3000, 5);
        for (from, to, shift) in [(64, 108, 0), (108, 87, 41), (64, 87, 40), (87, 64, 23), (32, 54, 0), (20, 33, 3)] {
            let resize = Resize { from, to, shift };
            let z = |i: usize| (random[i] as i128) >> (128 - (from - 1)) >> (i as u32 % (from - 2));
            let [r, sum]: [Vec<u128>; 2] = [
                (0..1000).map(|i| random[2000 - i].low(from)).collect(),
                (0..1000).map(|i| random[2000 - i].wrapping_add(z(i) as u128).low(from)).collect(),
            ];
            let [p0, p2] = [resize.split(Role::P0, sum), resize.split(Role::P2, r)];
            (0..1000).for_each(|i| assert_whole(z(i), [&p0, &p2], i, &resize));
        }
    }

    #[test]
    fn lifted_shares_have_halves_but_for_the_wraps() {
        let resize = Resize { from: 64, to: 108, shift: 0 };
        let random = uniform::<u64>(1000, 6);
        let x: Vec<u64> = random.iter().enumerate().map(|(i, x)| ((*x as i64) >> (1 + i % 62)) as u64).collect();
        let shares = share(&x, 8);
        let [p0, p1, p2] = Role::ALL.map(|role| resize.split_shares::<u64, u128>(role, shares[role as usize].view()));
        for (i, x) in x.iter().enumerate() {
            assert_whole(i128::from(*x as i64), [&p0.split, &p2.split], i, &resize);
            assert_eq!(p0.split.part[i], p1.split.part[i]);
            assert_eq!(p0.rest[i].plus(p1.rest[i]).minus(p2.rest[i].shl(64)), p2.split.part[i], "b of {x}");
        }
    }
}
