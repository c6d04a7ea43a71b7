//! A bit times a ring element, with the dealer's trick (Ishai et al., TCC 2013; ABY2.0, eprint 2020/1225).
//!
//! # Equations
//!
//! P1 and P2 know the bit c = v ⊕ λ, P0 knows λ. With x = a + b, a known to P0 and b to P1 and P2,
//!
//! ```text
//! v·x = c·x + (1 − 2c)·(λ·a + λ·b),     v = c + (1 − 2c)·λ:
//! ```
//!
//! P1 and P2 compute their halves of it alone once P0 has dealt λ and λ·a as ring elements ([`deal`]: P2's half comes
//! from the key (P0, P2), P1's half, the difference, is sent).
//!
//! - v in halves v1 at P1, v2 at P2 ([`inject_halves`]): λ = λ1 ⊕ λ2 from the keys (P0, P1) and (P0, P2); P1 sends v1 ⊕
//!   λ1, P2 sends v2 ⊕ λ2, whose sum is c ([`open_masked`]). One round, 2 + 2K bits.
//! - v replicated needs no opening: v = v2 ⊕ (v0 ⊕ v1), so c = v2 and λ = v0 ⊕ v1 are at their places. [`bit_multiply`]
//!   deals in round 1 and shares again in round 2: 2K + 2K bits, 256 at K = 64. [`bit_to_arith`] deals λ alone: K + 2K
//!   = 192 bits in two rounds.
//!
//! # Security
//!
//! P0 receives nothing. P1 receives v2 ⊕ λ2 and two dealt halves, each masked by a draw of the key (P0, P2), which it
//! lacks; P2 receives v1 ⊕ λ1, masked by a draw of (P0, P1); the sharing at the end is that of `multiply`. Exact on the
//! whole ring; never fails.

use super::bits::xor_into;
use super::context::Context;
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::{Pair, Role};
use super::shares::{Arith, BitShares, View};
use super::steps::Steps;
use crate::ring::{Planes, Ring, pack_fields, unpack_fields, vectorize};

/// Messages of [`bit_multiply`] on `n` elements of `bits` bits.
pub fn bit_multiply_table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = [deal_table(n, bits, 0), deal_table(n, bits, 1)].concat();
    table.extend(reshare_pair_table(n, bits, 2));
    table
}

/// v·x for one plane of bits v.
pub async fn bit_multiply<R: Ring>(ctx: &Context<R>, v: &BitShares, x: View<'_, R>) -> Arith<R> {
    let n = x.len();
    let (known, half) = operands(ctx.role(), x);
    let injected = deal_products(ctx, split_bit(ctx.role(), v), &known, Steps::START).await;
    reshare_pair(ctx, injected.times(&known, &half), n, DEAL_STEPS.past(DEAL_STEPS)).await
}

/// Messages of [`bit_to_arith`] on `n` elements of `bits` bits.
pub fn bit_to_arith_table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = deal_table(n, bits, 0);
    table.extend(reshare_pair_table(n, bits, DEAL_STEPS.first));
    table
}

/// One plane of bits as ring elements 0 and 1.
pub async fn bit_to_arith<R: Ring>(ctx: &Context<R>, v: &BitShares) -> Arith<R> {
    let bit = split_bit(ctx.role(), v);
    let lambda = if ctx.role() == Role::P0 { elements(&bit) } else { Vec::new() };
    let n = bit.elements();
    let mask = deal(ctx, lambda, n, Steps::START).await;
    reshare_pair(ctx, bit_half(ctx.role(), &bit, mask), n, DEAL_STEPS).await
}

/// What P1 and P2 multiply with once a bit v is opened under a mask λ: no more messages.
pub struct Injected<R> {
    role: Role,
    /// c = v ⊕ λ at P1 and P2; λ at P0.
    pub bit: Planes,
    /// Halves of λ; empty at P0.
    pub mask: Vec<R>,
    /// Halves of λ·a; empty at P0.
    pub product: Vec<R>,
}

impl<R: Ring> Injected<R> {
    /// This party's half of v as a ring element; empty at P0.
    pub fn bit(&self) -> Vec<R> {
        bit_half(self.role, &self.bit, self.mask.clone())
    }

    /// This party's half of v·x for x = a + b, `known` being b and `half` this party's half of x; empty at P0.
    pub fn times(mut self, known: &[R], half: &[R]) -> Vec<R> {
        let blocks = self.product.chunks_mut(64).zip(self.mask.chunks(64)).zip(self.bit.plane(0));
        let operands = known.chunks(64).zip(half.chunks(64));
        vectorize(
            #[inline(always)]
            || {
                for (((product, mask), word), (known, half)) in blocks.zip(operands) {
                    for (i, (((p, l), b), x)) in product.iter_mut().zip(mask).zip(known).zip(half).enumerate() {
                        let t = p.plus(l.times(*b));
                        *p = t.plus(bit_at::<R>(*word, i).times(x.minus(t).minus(t)));
                    }
                }
            },
        );
        self.product
    }
}

/// Messages of [`inject_halves`] on `n` elements of `bits` bits, from step `first` on.
pub fn inject_table(n: usize, bits: u32, first: u8) -> Vec<Message> {
    let mut table = open_masked_table(n, 1, first);
    table.extend([deal_table(n, bits, first + 1), deal_table(n, bits, first + 2)].concat());
    table
}

/// Opens one plane of bits v, held in halves by P1 and P2, under a mask λ, and deals λ and λ·a, where P0's `operand` is
/// a. P0's `half` and the others' `operand` are not looked at, except that a plane has the number of elements.
pub async fn inject_halves<R: Ring>(ctx: &Context<R>, half: Planes, operand: &[R], steps: Steps) -> Injected<R> {
    let bit = open_masked(ctx, half, steps).await;
    deal_products(ctx, bit, operand, steps.past(OPEN_MASKED_STEPS)).await
}

/// How many steps and labels [`inject_halves`] takes.
pub const INJECT_STEPS: Steps = OPEN_MASKED_STEPS.past(DEAL_STEPS).past(DEAL_STEPS);

/// Messages of [`open_masked`] on `count` planes of `n` bits, at step `first`.
pub fn open_masked_table(n: usize, count: usize, first: u8) -> Vec<Message> {
    Message::swap(first, Role::P1, Role::P2, (n * count) as u64).to_vec()
}

/// c = v ⊕ λ at P1 and P2, who hold halves of the planes v; λ at P0, of whose `half` only the extent counts.
pub async fn open_masked<R: Ring>(ctx: &Context<R>, half: Planes, steps: Steps) -> Planes {
    let shared = open_shared(ctx, half, steps).await;
    split_bit(ctx.role(), &shared)
}

/// The same as replicated bits: (λ2, λ1, c) with λ = λ1 ⊕ λ2, λ1 from the key (P0, P1) and λ2 from (P0, P2), is a sharing of v.
pub(super) async fn open_shared<R: Ring>(ctx: &Context<R>, mut half: Planes, steps: Steps) -> BitShares {
    let (n, count) = (half.elements(), half.count());
    let mask = |pair| ctx.draw_planes(pair, steps.label, n, count);
    let (pair, peer) = match ctx.role() {
        Role::P0 => return BitShares { own: mask(Pair::P02), next: mask(Pair::P01) },
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mask = mask(pair);
    xor_into(&mut half, &mask);
    ctx.send_planes(steps.first, peer, half.clone());
    xor_into(&mut half, &ctx.receive_planes(steps.first, peer, n, count).await);
    match ctx.role() {
        Role::P1 => BitShares { own: mask, next: half },
        _ => BitShares { own: half, next: mask },
    }
}

/// How many steps and labels [`open_masked`] takes.
pub const OPEN_MASKED_STEPS: Steps = Steps { first: 1, label: 1 };

/// Messages of [`deal`] on `n` elements of `bits` bits, at step `step`.
pub fn deal_table(n: usize, bits: u32, step: u8) -> Vec<Message> {
    vec![Message::dealt(step, Role::P0, Role::P1, n as u64 * u64::from(bits))]
}

/// Halves, at P1 and P2, of `n` elements that P0 knows; P0 gets none. The `value` of the others is not looked at.
pub async fn deal<R: Ring>(ctx: &Context<R>, mut value: Vec<R>, n: usize, steps: Steps) -> Vec<R> {
    match ctx.role() {
        Role::P0 => {
            let key = ctx.draw(Pair::P02, steps.label, n);
            value.iter_mut().zip(key).for_each(|(value, key)| *value = value.minus(key));
            ctx.send_elements(steps.first, Role::P1, value);
            Vec::new()
        }
        Role::P1 => ctx.receive_elements(steps.first, Role::P0, n).await,
        Role::P2 => ctx.draw(Pair::P02, steps.label, n),
    }
}

/// How many steps and labels [`deal`] takes.
pub const DEAL_STEPS: Steps = Steps { first: 1, label: 1 };

/// Messages of [`deal_low`] on `n` elements, at step `step`.
pub fn deal_low_table(n: usize, low: u32, step: u8) -> Vec<Message> {
    deal_table(n, low, step)
}

/// [`deal`] modulo 2^low, which is enough for what is multiplied by 2^(K − low).
pub async fn deal_low<R: Ring>(ctx: &Context<R>, mut value: Vec<R>, low: u32, n: usize, steps: Steps) -> Vec<R> {
    let draw = || ctx.draw_low(Pair::P02, steps.label, low, n);
    match ctx.role() {
        Role::P0 => {
            value.iter_mut().zip(draw()).for_each(|(value, key)| *value = value.minus(key));
            ctx.send(steps.first, Role::P1, pack_fields(&value, low));
            Vec::new()
        }
        Role::P1 => {
            let words = ctx.receive(steps.first, Role::P0).await;
            unpack_fields(&words, low, n).expect("a message has the length that its table says")
        }
        Role::P2 => draw(),
    }
}

/// λ·a, for one plane λ.
pub fn mask_times<R: Ring>(lambda: &Planes, mut a: Vec<R>) -> Vec<R> {
    let blocks = a.chunks_mut(64).zip(lambda.plane(0));
    vectorize(
        #[inline(always)]
        || {
            for (a, word) in blocks {
                a.iter_mut().enumerate().for_each(|(i, a)| *a = bit_at::<R>(*word, i).times(*a));
            }
        },
    );
    a
}

/// Deals λ and λ·a, where P0's `bit` is λ and its `operand` a.
async fn deal_products<R: Ring>(ctx: &Context<R>, bit: Planes, operand: &[R], steps: Steps) -> Injected<R> {
    let (n, dealer) = (bit.elements(), ctx.role() == Role::P0);
    let (lambda, product) =
        if dealer { (elements(&bit), mask_times(&bit, operand.to_vec())) } else { (Vec::new(), Vec::new()) };
    let mask = deal(ctx, lambda, n, steps).await;
    let product = deal(ctx, product, n, steps.past(DEAL_STEPS)).await;
    Injected { role: ctx.role(), bit, mask, product }
}

/// One plane as ring elements 0 and 1.
fn elements<R: Ring>(bits: &Planes) -> Vec<R> {
    mask_times(bits, vec![R::ONE; bits.elements()])
}

/// Of x = a + b: a at P0, b at P1 and P2; and halves of x at P1 and P2.
pub(super) fn operands<R: Ring>(role: Role, x: View<'_, R>) -> (Vec<R>, Vec<R>) {
    let whole = || x.own.iter().zip(x.next).map(|(x, y)| x.plus(*y)).collect();
    match role {
        Role::P0 => (whole(), Vec::new()),
        Role::P1 => (x.next.to_vec(), whole()),
        Role::P2 => (x.own.to_vec(), x.next.to_vec()),
    }
}

/// Replicated bits as c = v2 at P1 and P2 and λ = v0 ⊕ v1 at P0.
pub(super) fn split_bit(role: Role, v: &BitShares) -> Planes {
    match role {
        Role::P0 => {
            let mut lambda = v.own.clone();
            xor_into(&mut lambda, &v.next);
            lambda
        }
        Role::P1 => v.next.clone(),
        Role::P2 => v.own.clone(),
    }
}

/// c + (1 − 2c)·λ in halves, from halves of λ: P1's has the public c.
pub(super) fn bit_half<R: Ring>(role: Role, c: &Planes, mut mask: Vec<R>) -> Vec<R> {
    let one = if role == Role::P1 { R::ONE } else { R::ZERO };
    let blocks = mask.chunks_mut(64).zip(c.plane(0));
    vectorize(
        #[inline(always)]
        || {
            for (mask, word) in blocks {
                for (i, l) in mask.iter_mut().enumerate() {
                    *l = l.plus(bit_at::<R>(*word, i).times(one.minus(*l).minus(*l)));
                }
            }
        },
    );
    mask
}

#[inline(always)]
fn bit_at<R: Ring>(word: u64, i: usize) -> R {
    R::from_u128(u128::from(word >> i & 1))
}

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, halves, replicated};
    use super::super::trial::{SIZES, dealers, reconstruct, run, share, share_bits, uniform, uniform_bits, xor};
    use super::*;
    use crate::ring::Z16;

    /// v·x and v, each shared again, of a bit in halves: what a select or a ReLU makes of [`inject_halves`].
    async fn select<R: Ring>(ctx: &Context<R>, v: Planes, x: View<'_, R>, steps: Steps) -> (Arith<R>, Arith<R>) {
        let n = x.len();
        let (known, half) = operands(ctx.role(), x);
        let injected = inject_halves(ctx, v, &known, steps).await;
        let both = [injected.bit(), injected.times(&known, &half)].concat();
        let both = reshare_pair(ctx, both, 2 * n, steps.past(INJECT_STEPS)).await;
        let piece = |range: std::ops::Range<usize>| Arith {
            own: both.own[range.clone()].to_vec(),
            next: both.next[range].to_vec(),
        };
        (piece(n..2 * n), piece(0..n))
    }

    fn select_table(n: usize, bits: u32, first: u8) -> Vec<Message> {
        let reshare = reshare_pair_table(2 * n, bits, first + INJECT_STEPS.first);
        inject_table(n, bits, first).into_iter().chain(reshare).collect()
    }

    fn check<R: Ring>(n: usize) {
        let x = uniform::<R>(n, 1);
        let (v1, v2) = (uniform_bits(n, 1, 2), uniform_bits(n, 1, 3));
        let v = xor(&v1, &v2);
        let bits: Vec<R> = (0..n).map(|i| if v.get(0, i) { R::ONE } else { R::ZERO }).collect();
        let products: Vec<R> = (0..n).map(|i| if v.get(0, i) { x[i] } else { R::ZERO }).collect();
        let (xs, vs) = (share(&x, 4), share_bits(&v, 5));
        for dealer in dealers() {
            let got = run(dealer, &bit_multiply_table(n, R::BITS), 6, |ctx: Context<R>| {
                let (v, x) = (vs[ctx.role() as usize].clone(), xs[ctx.role() as usize].clone());
                async move { bit_multiply(&ctx, &v, x.view()).await }
            });
            assert_eq!(reconstruct(&got), products);
            let got = run(dealer, &bit_to_arith_table(n, R::BITS), 7, |ctx: Context<R>| {
                let v = vs[ctx.role() as usize].clone();
                async move { bit_to_arith(&ctx, &v).await }
            });
            assert_eq!(reconstruct(&got), bits);
            let got = run(dealer, &select_table(n, R::BITS, 4), 8, |ctx: Context<R>| {
                let half = [Planes::zero(n, 1), v1.clone(), v2.clone()].into_iter().nth(ctx.role() as usize);
                let x = xs[ctx.role() as usize].clone();
                async move { select(&ctx, half.expect("a role"), x.view(), Steps { first: 4, label: 5 }).await }
            });
            let (got_products, got_bits): (Vec<_>, Vec<_>) = got.into_iter().unzip();
            assert_eq!(reconstruct(&got_products.try_into().ok().expect("three")), products);
            assert_eq!(reconstruct(&got_bits.try_into().ok().expect("three")), bits);
        }
    }

    #[test]
    fn results_are_the_bit_and_its_product() {
        for n in SIZES {
            check::<u32>(n);
            check::<u64>(n);
            check::<u128>(n);
            check::<Z16>(n);
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let product = cost(&bit_multiply_table(100, 64));
        assert_eq!((product.rounds, product.bits, product.bytes), (2, 25_600, [1600, 800, 800]));
        let bit = cost(&bit_to_arith_table(100, 64));
        assert_eq!((bit.rounds, bit.bits, bit.bytes), (2, 19_200, [800, 800, 800]));
        let halves = cost(&inject_table(100, 64, 0));
        assert_eq!((halves.rounds, halves.bits, halves.bytes), (1, 13_000, [1600, 16, 16]));
    }

    #[test]
    fn views_do_not_depend_on_bit_or_value() {
        macro_rules! check {
            ($ring:ty, $way:ident($size:expr)) => {
                let bits = <$ring>::BITS;
                let operands = || [replicated(1), replicated(bits)];
                Subject::new(operands(), bit_multiply_table(1, bits), |ctx: Context<$ring>, x| async move {
                    bit_multiply(&ctx, &x.bits(0), x.arith(3).view()).await
                })
                .$way($size)
                .expect("product");
                Subject::new([replicated(1)], bit_to_arith_table(1, bits), |ctx: Context<$ring>, x| async move {
                    bit_to_arith(&ctx, &x.bits(0)).await
                })
                .$way($size)
                .expect("bit");
                Subject::new(
                    [halves(1), replicated(bits)],
                    select_table(1, bits, 0),
                    |ctx: Context<$ring>, x| async move {
                        select(&ctx, x.only_bit(0..2), x.arith(2).view(), Steps::START).await
                    },
                )
                .$way($size)
                .expect("halves");
            };
        }
        check!(Z16, enumerate(8_000));
        check!(u64, distinguish(1000));
    }
}
