//! z ≫ s of a sum of three terms where a shared bit is set, else 0: what follows a product, its truncation and its choice in one, as in the
//! derivative of a ReLU behind a matrix product.
//!
//! # Equations
//!
//! P1 and P2 open c = z + r as in [truncate](mod@super::truncate), z1 + r1 and z2 + r2 with r1 from the key (P0, P1) and r2 from (P0, P2);
//! P0 alone knows r = r1 + r2 − z0, its own term is absorbed. With n = msb(c + 2^(K−2)), m = msb(r), F of c and g = −(r ≫ s) of r,
//!
//! ```text
//! y = z ≫ s = F(c) + g(r) − 2^(K−s)·n·m    mod 2^K.
//! ```
//!
//! Of a replicated bit v, P1 and P2 know c′ = v2 and P0 knows λ = v0 ⊕ v1: v = c′ + (1 − 2c′)·λ. P0 deals λ, g and λ·g as ring elements, m and λ·m
//! modulo 2^s; then P1 and P2 have halves of y and of λ·y = F·λ + λ·g − 2^(K−s)·n·λ·m without a message, for n and F are theirs, and
//! re-share v·y = c′·y + (1 − 2c′)·λ·y.
//!
//! | round | who | what | bits (K = 64, s = 19) |
//! |---|---|---|---|
//! | 1 | P1 ↔ P2 | z1 + r1, z2 + r2 | 128 |
//! | 1 | P0 → P1 | halves of λ, g, λ·g; of m, λ·m modulo 2^s | 192 + 38 |
//! | 2 | P1 ↔ P2 | halves of the result less masks | 128 |
//!
//! Two rounds, 486 bits; a truncation and a product with the bit take four and 505.
//!
//! Domain: −2^(K−2) ≤ z < 2^(K−2), 1 ≤ s ≤ K − 2. Where the bit is set the result is ⌊z/2^s⌋ or one more, as in `truncate`, else 0 exactly. Never fails.
//!
//! Security: P0 receives nothing. Each other message is masked by a draw of a key that its receiver lacks, r1, r2 among them, and no draw
//! masks two messages; the last round is that of [multiply](mod@super::multiply).

use super::bits::for_each_bit;
use super::context::Context;
use super::inject::{DEAL_STEPS, deal, deal_low, deal_low_table, deal_table, split_bit};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::{Pair, Role};
use super::shares::{Arith, BitShares};
use super::steps::Steps;
use crate::ring::{Planes, Ring, from_planes, vectorize};

/// Messages of [`truncate_select`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let mut table = opened_table(n, bits);
    table.extend(halves_table(n, shift, bits, OPENED.first));
    table.extend(reshare_pair_table(n, bits, OPENED.past(HALVES_STEPS).first));
    table
}

/// z ≫ shift where `bit` is set, else 0, where `z` is this party's term.
pub async fn truncate_select<R: Ring>(ctx: &Context<R>, z: &[R], bit: &BitShares, shift: u32) -> Arith<R> {
    let value = opened(ctx, z).await;
    let half = halves(ctx, &split_bit(ctx.role(), bit), &value, shift, OPENED).await;
    reshare_pair(ctx, half, z.len(), OPENED.past(HALVES_STEPS)).await
}

/// Messages of [`opened`], which takes step and label 0.
pub(super) fn opened_table(n: usize, bits: u32) -> Vec<Message> {
    Message::swap(0, Role::P1, Role::P2, n as u64 * u64::from(bits)).to_vec()
}

/// How many steps and labels [`opened`] takes.
pub(super) const OPENED: Steps = Steps { first: 1, label: 1 };

/// c = z + r at P1 and P2, r at P0.
pub(super) async fn opened<R: Ring>(ctx: &Context<R>, z: &[R]) -> Vec<R> {
    let n = z.len();
    let (pair, peer) = match ctx.role() {
        Role::P0 => {
            let (mut r, r2) = (ctx.draw(Pair::P01, 0, n), ctx.draw(Pair::P02, 0, n));
            r.iter_mut().zip(r2).zip(z).for_each(|((r, r2), &z0)| *r = r.plus(r2).minus(z0));
            return r;
        }
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mut masked = ctx.draw(pair, 0, n);
    masked.iter_mut().zip(z).for_each(|(masked, &z)| *masked = masked.plus(z));
    ctx.send_elements(0, peer, masked.clone());
    let theirs = ctx.receive_elements(0, peer, n).await;
    masked.iter_mut().zip(theirs).for_each(|(masked, theirs)| *masked = masked.plus(theirs));
    masked
}

/// Messages of [`halves`] from step `first` on.
pub(super) fn halves_table(n: usize, shift: u32, bits: u32, first: u8) -> Vec<Message> {
    let mut table = deal_table(3 * n, bits, first);
    table.extend(deal_low_table(2 * n, shift, first + DEAL_STEPS.first));
    table
}

/// How many steps and labels [`halves`] takes.
pub(super) const HALVES_STEPS: Steps = DEAL_STEPS.past(DEAL_STEPS);

/// P1 and P2: halves of v·y, from the v ⊕ λ and the c that both know; P0, whose `bit` is λ and whose `value` is r, has none.
pub(super) async fn halves<R: Ring>(ctx: &Context<R>, bit: &Planes, value: &[R], shift: u32, steps: Steps) -> Vec<R> {
    assert!(1 <= shift && shift <= R::BITS - 2, "a truncation is by 1 to K − 2 bits");
    let (n, role) = (value.len(), ctx.role());
    let [dealt, low] = if role == Role::P0 { dealt(bit, value, shift) } else { [Vec::new(), Vec::new()] };
    let dealt = deal(ctx, dealt, 3 * n, steps).await;
    let low = deal_low(ctx, low, shift, 2 * n, steps.past(DEAL_STEPS)).await;
    match role {
        Role::P0 => Vec::new(),
        _ => Known { role, shift, bit, value }.half(&dealt, &low),
    }
}

/// P0: λ, g and λ·g one after the other; m and λ·m.
fn dealt<R: Ring>(lambda: &Planes, r: &[R], shift: u32) -> [Vec<R>; 2] {
    let (n, top, sign) = (r.len(), R::power_of_two(R::BITS - 1), R::power_of_two(R::BITS - 1 - shift));
    let lambda: Vec<R> = from_planes(lambda, 0);
    let (mut dealt, mut low) = (lambda.clone(), Vec::with_capacity(2 * n));
    dealt.extend(r.iter().map(|r| sign.minus(r.plus(top).shr(shift))));
    low.extend(r.iter().map(|r| r.shr(R::BITS - 1)));
    for (i, &lambda) in lambda.iter().enumerate() {
        dealt.push(lambda.times(dealt[n + i]));
        low.push(lambda.times(low[i]));
    }
    [dealt, low]
}

/// What P1 and P2 both know: the bit under its mask, and c.
struct Known<'a, R> {
    role: Role,
    shift: u32,
    bit: &'a Planes,
    value: &'a [R],
}

impl<R: Ring> Known<'_, R> {
    /// A half of v·y.
    fn half(&self, dealt: &[R], low: &[R]) -> Vec<R> {
        let (n, shift) = (self.value.len(), self.shift);
        let (quarter, low_quarter) = (R::power_of_two(R::BITS - 2), R::power_of_two(R::BITS - 2 - shift));
        let one = if self.role == Role::P1 { R::ONE } else { R::ZERO };
        let (lambda, rest) = dealt.split_at(n);
        let (g, lambda_g) = rest.split_at(n);
        let (m, lambda_m) = low.split_at(n);
        let mut result = vec![R::ZERO; n];
        vectorize(
            #[inline(always)]
            || {
                for_each_bit(self.bit.plane(0), n, |i, bit: R| {
                    let c = self.value[i].plus(quarter);
                    let wrap = c.shr(R::BITS - 1).shl(R::BITS - shift);
                    let f = c.shr(shift).minus(low_quarter);
                    let y = one.times(f).plus(g[i]).minus(wrap.times(m[i]));
                    let lambda_y = f.times(lambda[i]).plus(lambda_g[i]).minus(wrap.times(lambda_m[i]));
                    result[i] = bit.times(y).plus(R::ONE.minus(bit.shl(1)).times(lambda_y));
                });
            },
        );
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated, terms as held_terms};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share_bits, terms, uniform, uniform_bits};
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize, shift: u32) {
        let (end, step) = (1i128 << (R::BITS - 2), 1i128 << shift);
        let edges = [-end, -end + 1, end - 1, 0, 1, -1, step, step - 1, -step, 1 - step, 2 * step];
        let spread = uniform::<R>(n, 5).into_iter().map(|x| x.signed() >> 1);
        let z: Vec<R> = edges.into_iter().chain(spread).map(|z| R::from_i128(z.clamp(-end, end - 1))).take(n).collect();
        let bits = uniform_bits(n, 1, 8);
        let (parts, shares) = (terms(&z, 3), share_bits(&bits, 4));
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| {
                let role = ctx.role() as usize;
                truncate_select(&ctx, &parts[role], &shares[role], shift).await
            };
            let found = reconstruct(&run(dealer, &table(n, shift, R::BITS), 11, kernel));
            for (i, z) in z.iter().enumerate() {
                let (exact, whole) = (z.signed() >> shift, z.signed() & (step - 1) == 0);
                let up = i128::from(!whole);
                match bits.get(0, i) {
                    true => assert!((exact..=exact + up).contains(&found[i].signed()), "{z:?} >> {shift}"),
                    false => assert_eq!(found[i], R::ZERO),
                }
            }
        }
    }

    #[test]
    fn the_quotient_or_zero() {
        for n in SIZES {
            for shift in [1, 18, 19, 61, 62] {
                check::<u64>(n, shift);
            }
            check::<u32>(n, 9);
            check::<u128>(n, 27);
            check::<Z16>(n, 2);
        }
    }

    #[test]
    fn two_rounds() {
        let cost = cost(&table(128, 19, 64));
        assert_eq!((cost.rounds, cost.bits), (2, (128 + 192 + 38 + 128) * 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operands() {
        let kernel = |ctx: Context<Z16>, x: Operands| async move {
            truncate_select(&ctx, &x.only::<Z16>(0..3), &x.bits(3), 1).await
        };
        Subject::new([held_terms(4), replicated(1)], table(1, 1, 4), kernel).distinguish(2000).expect("statistical");
        let kernel = |ctx: Context<u64>, x: Operands| async move {
            truncate_select(&ctx, &x.only::<u64>(0..3), &x.bits(3), 19).await
        };
        Subject::new([held_terms(64), replicated(1)], table(1, 19, 64), kernel).distinguish(600).expect("statistical");
    }
}
