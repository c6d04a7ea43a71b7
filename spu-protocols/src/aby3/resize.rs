//! Truncation from one ring into another: z of Z_2^k divided by 2^s, as shares in Z_2^l, which may be larger or smaller.
//!
//! # Equations
//!
//! As in [truncate](mod@super::truncate), P0 and P1 know c = z + r + 2^(k−2) modulo 2^k, P2 knows r, −2^(k−2) ≤ z < 2^(k−2), and with n = msb(c), m = msb(r), r read as
//! a signed integer, c − r = z + 2^(k−2) + 2^k·n·m holds over the integers. So it does modulo 2^l: up to the rounding,
//!
//! ```text
//! z >> s  =  F(c) − G(r) − 2^(k−s)·n·m    mod 2^l,   F(c) = (c >> s) − 2^(k−2−s),   G(r) = r >> s (arithmetic).
//! ```
//!
//! n·m counts modulo 2^(l − k + s), and not at all for l ≤ k − s. s = 0 and l > k lifts a value to a larger ring, exactly. P2 deals −G − q, q from the key
//! (P0, P2), and m − m_0 to P1; P0 and P1 exchange n·m_i − t_i.
//!
//! | message | mask, unknown to the receiver | bits |
//! |---|---|---|
//! | P0 → P1 and P1 → P0, of a sum of three terms alone: z_i + r_i | r_i, key with P2 | 2k |
//! | P2 → P1: −G(r) − q | q, key (P0, P2) | l |
//! | P2 → P1: m − m_0 | m_0, key (P0, P2) | l − k + s |
//! | P0 → P1 and P1 → P0: n·m_i − t_i | t_i, key with P2 | 2(l − k + s) |
//!
//! P2 receives nothing: all that it sends leaves at once. Result and security are those of `truncate`.

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

/// Where the messages and draws of one [`Resize`] are numbered from. The exchange of what is left of n·m may wait for the steps before
/// `after` alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) dealt: Steps,
    pub(super) exchange: u8,
    pub(super) after: u8,
}

impl Places {
    /// Steps of what is dealt: two, and three labels.
    pub(super) const DEALT: Steps = Steps { first: 2, label: 3 };
}

/// A party's result; at P0 and P1 it lacks what the other sends of n·m.
pub(super) struct Pending<I> {
    shares: Arith<I>,
    waits: Option<(Role, u8)>,
}

impl Resize {
    /// How many bits of n·m count.
    fn low(&self) -> u32 {
        (self.to + self.shift).saturating_sub(self.from)
    }

    pub(super) fn table(&self, n: usize, at: Places) -> Vec<Message> {
        let [whole, low] = [self.to, self.low()].map(|bits| n as u64 * u64::from(bits));
        let mut table = vec![Message::dealt(at.dealt.first, Role::P2, Role::P1, whole)];
        if self.low() == 0 {
            return table;
        }
        table.push(Message::dealt(at.dealt.first + 1, Role::P2, Role::P1, low));
        let exchange = Message::swap(at.exchange, Role::P0, Role::P1, low);
        table.extend(exchange.map(|row| Message { after: at.after, ..row }));
        table
    }

    /// Sends what does not wait for the exchange; `value` is z + r modulo 2^from at P0 and P1, and r at P2.
    pub(super) async fn begin<R: Ring, I: Ring>(&self, ctx: &Context<R>, value: Vec<I>, at: Places) -> Pending<I> {
        let Self { from, to, shift } = *self;
        assert!(shift + 2 <= from && from <= I::BITS && to <= I::BITS, "the rings fit, and the sign survives");
        let (n, low, label) = (value.len(), self.low(), at.dealt.label);
        let draw = |pair, i: u8, width| draw::<R, I>(ctx, pair, label + i, width, n);
        let above = |x: I| if low == 0 { I::ZERO } else { x.shl(from - shift) };
        let [split, masked] = [at.dealt.first, at.dealt.first + 1];
        let role = ctx.role();
        if role == Role::P2 {
            let (q, m_0) = (draw(Pair::P02, 0, to), draw(Pair::P02, 1, low));
            let [t_0, t_1] = [Pair::P02, Pair::P12].map(|pair| draw(pair, 2, low));
            let top = I::power_of_two(from - 1);
            let g = |r: I| r.plus(top).low(from).shr(shift).minus(I::power_of_two(from - 1 - shift));
            let rest: Vec<I> = value.iter().zip(&q).map(|(&r, &q)| g(r).plus(q).negated().low(to)).collect();
            let m_1: Vec<I> = value.iter().zip(m_0).map(|(r, m_0)| r.bit(from - 1).minus(m_0)).collect();
            send(ctx, split, Role::P1, &rest, to);
            send(ctx, masked, Role::P1, &m_1, low);
            let less = |x: Vec<I>, t: Vec<I>| x.into_iter().zip(t).map(|(x, t)| x.minus(above(t))).collect();
            return Pending { shares: Arith { own: less(rest, t_1), next: less(q, t_0) }, waits: None };
        }
        let (split, m, t, peer) = match role {
            Role::P0 => (draw(Pair::P02, 0, to), draw(Pair::P02, 1, low), draw(Pair::P02, 2, low), Role::P1),
            _ => {
                let split = receive(ctx, split, Role::P2, to, n).await;
                let m = receive(ctx, masked, Role::P2, low, n).await;
                (split, m, draw(Pair::P12, 2, low), Role::P0)
            }
        };
        let c: Vec<I> = value.into_iter().map(|c| c.plus(I::power_of_two(from - 2)).low(from)).collect();
        let products = c.iter().zip(m).zip(&t).map(|((c, m), t)| c.bit(from - 1).times(m).minus(*t));
        let products: Vec<I> = products.collect();
        send(ctx, at.exchange, peer, &products, low);
        let f = |c: I| c.shr(shift).minus(I::power_of_two(from - 2 - shift));
        let known = c.iter().zip(products).map(|(&c, e)| f(c).minus(above(e))).collect();
        let split = split.into_iter().zip(t).map(|(split, t)| split.minus(above(t))).collect();
        let shares = match role {
            Role::P0 => Arith { own: split, next: known },
            _ => Arith { own: known, next: split },
        };
        Pending { shares, waits: Some((peer, at.exchange)) }
    }

    /// The shares modulo 2^to.
    pub(super) async fn finish<R: Ring, I: Ring>(&self, ctx: &Context<R>, pending: Pending<I>) -> Arith<I> {
        let Pending { mut shares, waits } = pending;
        if let Some((peer, step)) = waits {
            let n = shares.len();
            let theirs: Vec<I> = receive(ctx, step, peer, self.low(), n).await;
            let known = if ctx.role() == Role::P0 { &mut shares.next } else { &mut shares.own };
            let up = self.from - self.shift;
            known.iter_mut().zip(theirs).for_each(|(known, e)| *known = known.minus(e.shl(up)));
        }
        shares
    }
}

/// z + r at P0 and P1 and r at P2 of replicated shares modulo 2^`bits`: without a message.
pub(super) fn held<R: Ring, I: Ring>(role: Role, x: View<'_, R>) -> Vec<I> {
    let wide = |x: &R| I::from_u128(x.to_u128());
    match role {
        Role::P0 => x.next.iter().map(wide).collect(),
        Role::P1 => x.own.iter().map(wide).collect(),
        Role::P2 => x.own.iter().zip(x.next).map(|(x2, x0)| wide(&x2.plus(*x0).negated())).collect(),
    }
}

/// Messages of [`opened`] on `n` elements of `bits` bits.
pub(super) fn opened_table(n: usize, bits: u32, step: u8) -> Vec<Message> {
    Message::swap(step, Role::P0, Role::P1, n as u64 * u64::from(bits)).to_vec()
}

/// z + r at P0 and P1 and r at P2 of a sum of three terms modulo 2^`bits`. Takes one step and one label.
pub(super) async fn opened<R: Ring, I: Ring>(ctx: &Context<R>, mut z: Vec<I>, bits: u32, at: Steps) -> Vec<I> {
    let n = z.len();
    let mask = |pair| draw::<R, I>(ctx, pair, at.label, bits, n);
    let (pair, peer) = match ctx.role() {
        Role::P0 => (Pair::P02, Role::P1),
        Role::P1 => (Pair::P12, Role::P0),
        Role::P2 => {
            let masks = mask(Pair::P02).into_iter().zip(mask(Pair::P12));
            return masks.zip(z).map(|((r0, r1), z2)| r0.plus(r1).minus(z2)).collect();
        }
    };
    z.iter_mut().zip(mask(pair)).for_each(|(z, r)| *z = z.plus(r));
    send(ctx, at.first, peer, &z, bits);
    let theirs: Vec<I> = receive(ctx, at.first, peer, bits, n).await;
    z.iter_mut().zip(theirs).for_each(|(z, theirs)| *z = z.plus(theirs));
    z
}

/// `n` uniform elements of Z_2^width that only `pair` knows.
fn draw<R: Ring, I: Ring>(ctx: &Context<R>, pair: Pair, label: u8, width: u32, n: usize) -> Vec<I> {
    if width == 0 {
        return vec![I::ZERO; n];
    }
    if width <= R::BITS {
        return ctx.draw_low(pair, label, width, n).into_iter().map(|x| I::from_u128(x.to_u128())).collect();
    }
    let words = R::into_words(ctx.draw(pair, label, n * (I::BITS / R::BITS) as usize));
    I::from_words(words, n).into_iter().map(|x| x.low(width)).collect()
}

fn send<R: Ring, I: Ring>(ctx: &Context<R>, step: u8, to: Role, values: &[I], width: u32) {
    if width > 0 {
        ctx.send(step, to, pack_fields(values, width));
    }
}

async fn receive<R: Ring, I: Ring>(ctx: &Context<R>, step: u8, from: Role, width: u32, n: usize) -> Vec<I> {
    if width == 0 {
        return vec![I::ZERO; n];
    }
    let words = ctx.receive(step, from).await;
    unpack_fields(&words, width, n).expect("a message has the length that its table says")
}
