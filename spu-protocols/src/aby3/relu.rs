//! max(x, 0), and the mask `[x ≥ 0]` for the backward pass.
//!
//! v = `[x < 0]` as halves of P1 and P2 ([sign](mod@super::sign)). P0 deals λ and λ·a, a = x0 + x1; P1 and P2 open c = v ⊕ λ, and with b = x2 have halves
//! of v = c + (1 − 2c)·λ and v·x = c·x + (1 − 2c)(λ·a + λ·b). They re-share x − v·x and 1 − v.
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 to 3 | | sign bit as halves | 405 |
//! | 1 | P0 → P1 | halves of λ and of λ·a | 128 |
//! | 4 | P1 ↔ P2 | v, masked | 2 |
//! | 5 | P1 ↔ P2 | halves of max(x, 0) and of the mask, less masks | 256 |
//!
//! Five rounds, 791 bits. Exact for every x, never fails. [`relu_value`] leaves the mask in halves: 663 bits.
//!
//! A number that is known to have w bits, as after a truncation, keeps its sign modulo 2^w: the sign of w bits takes fewer messages, 262 bits at w = 45.
//!
//! Security: P0 receives nothing. The messages of the sign bit are masked by keys that their receivers lack; so are the dealt halves, c, and
//! the re-shared halves ([inject](mod@super::inject), [multiply](mod@super::multiply)), each by a draw of its own.

use super::bits::for_each_bit;
use super::carry::summand;
use super::context::Context;
use super::inject::{INJECT_STEPS, Injected, inject_halves, inject_table};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, View};
use super::sign::{HALVES_STEPS, halves_table, sign_halves_of};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// Messages of [`relu`] on `n` elements of `bits` bits, of which `width` count.
pub fn table(n: usize, bits: u32, width: u32) -> Vec<Message> {
    let mut table = halves_table(n, width, 0);
    table.extend(inject_table(n, bits, INJECT.first));
    table.extend(reshare_pair_table(2 * n, bits, RESHARE.first));
    table
}

/// max(x, 0), and `[x ≥ 0]` as 0 or 1, for −2^(width−1) ≤ x < 2^(width−1).
pub async fn relu<R: Ring>(ctx: &Context<R>, x: View<'_, R>, width: u32) -> (Arith<R>, Arith<R>) {
    let halves = both_halves(ctx, x, width).await;
    reshare_both(ctx, halves, [x.len(); 2], RESHARE).await
}

/// Messages of [`relu_value`] on `n` elements of `bits` bits, of which `width` count.
pub fn value_table(n: usize, bits: u32, width: u32) -> Vec<Message> {
    let mut table = halves_table(n, width, 0);
    table.extend(inject_table(n, bits, INJECT.first));
    table.extend(reshare_pair_table(n, bits, RESHARE.first));
    table
}

/// max(x, 0) alone.
pub async fn relu_value<R: Ring>(ctx: &Context<R>, x: View<'_, R>, width: u32) -> Arith<R> {
    let [value, _] = both_halves(ctx, x, width).await;
    reshare_pair(ctx, value, x.len(), RESHARE).await
}

/// P1 and P2: halves of max(x, 0) and of the mask. P0 has none.
async fn both_halves<R: Ring>(ctx: &Context<R>, x: View<'_, R>, width: u32) -> [Vec<R>; 2] {
    let summand = summand(ctx, x);
    let sign = sign_halves_of(ctx, &summand, width, Steps::START).await.unwrap_or_else(|| Planes::zero(x.len(), 1));
    let injected = inject_halves(ctx, sign, &summand, INJECT).await;
    halves(ctx.role(), x, &summand, injected)
}

/// Replicated shares of two values held in halves by P1 and P2, `n` and `m` elements, in one message: [`reshare_pair`] of n + m.
pub(super) async fn reshare_both<R: Ring>(
    ctx: &Context<R>,
    [mut one, other]: [Vec<R>; 2],
    [n, m]: [usize; 2],
    steps: Steps,
) -> (Arith<R>, Arith<R>) {
    one.extend(other);
    let mut one = reshare_pair(ctx, one, n + m, steps).await;
    let other = Arith { own: one.own.split_off(n), next: one.next.split_off(n) };
    (one, other)
}

/// P1 and P2: halves of x − v·x and of 1 − v. P0 has none.
fn halves<R: Ring>(role: Role, x: View<'_, R>, b: &[R], injected: Injected<R>) -> [Vec<R>; 2] {
    let Injected { bit, mask: mut sign, product: mut value, .. } = injected;
    if role == Role::P0 {
        return [Vec::new(), Vec::new()];
    }
    let (one, p1) = if role == Role::P1 { (R::ONE, true) } else { (R::ZERO, false) };
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(bit.plane(0), x.len(), |i, c: R| {
                let half = if p1 { x.own[i].plus(x.next[i]) } else { x.next[i] };
                let (flip, not_c) = (R::ONE.minus(c.shl(1)), R::ONE.minus(c));
                value[i] = not_c.times(half).minus(flip.times(value[i].plus(sign[i].times(b[i]))));
                sign[i] = not_c.times(one).minus(flip.times(sign[i]));
            })
        },
    );
    [value, sign]
}

const INJECT: Steps = HALVES_STEPS;
const RESHARE: Steps = INJECT.past(INJECT_STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(values: &[R], width: u32) {
        for dealer in dealers() {
            let shares = share(values, 3);
            let kernel = async |ctx: Context<R>| relu(&ctx, shares[ctx.role() as usize].view(), width).await;
            let [p0, p1, p2] = run(dealer, &table(values.len(), R::BITS, width), 11, kernel);
            let positive = reconstruct(&[p0.0, p1.0, p2.0]);
            let mask = reconstruct(&[p0.1, p1.1, p2.1]);
            let kernel = async |ctx: Context<R>| relu_value(&ctx, shares[ctx.role() as usize].view(), width).await;
            let alone = reconstruct(&run(dealer, &value_table(values.len(), R::BITS, width), 12, kernel));
            assert_eq!(alone, positive);
            for (i, x) in values.iter().enumerate() {
                assert_eq!(positive[i].signed(), x.signed().max(0));
                assert_eq!(mask[i].signed(), i128::from(x.signed() >= 0));
            }
        }
    }

    #[test]
    fn relu_is_exact_in_every_ring() {
        check(&(0..16).map(Z16::from_u128).collect::<Vec<_>>(), 4);
        check(&crate::aby3::sign::tests::edges::<u32>(), 32);
        check(&crate::aby3::sign::tests::edges::<u64>(), 64);
        check(&crate::aby3::sign::tests::edges::<u128>(), 128);
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 5), 64));
    }

    #[test]
    fn numbers_of_fewer_bits_need_no_more() {
        check(&(-4..4).map(Z16::from_i128).collect::<Vec<_>>(), 3);
        for width in [2, 17, 45, 63] {
            let mut values: Vec<u64> =
                uniform::<u64>(70, 5).iter().map(|x| ((*x as i64) >> (64 - width)) as u64).collect();
            values.extend([0, 1, u64::MAX, (1 << (width - 1)) - 1, (1u64 << (width - 1)).wrapping_neg()]);
            check(&values, width);
        }
    }

    #[test]
    fn five_rounds_and_791_bits() {
        let cost = cost(&table(128, 64, 64));
        assert_eq!((cost.rounds, cost.bits), (5, 791 * 128));
    }

    #[test]
    fn five_rounds_and_663_bits_without_the_mask() {
        let cost = cost(&value_table(128, 64, 64));
        assert_eq!((cost.rounds, cost.bits), (5, 663 * 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let kernel =
            |ctx: Context<Z16>, operands: Operands| async move { relu(&ctx, operands.arith(0).view(), 4).await };
        Subject::new([replicated(4)], table(1, 4, 4), kernel).distinguish(2000).expect("statistical");
        let kernel =
            |ctx: Context<Z16>, operands: Operands| async move { relu_value(&ctx, operands.arith(0).view(), 4).await };
        Subject::new([replicated(4)], value_table(1, 4, 4), kernel).distinguish(2000).expect("statistical");
        let kernel =
            |ctx: Context<u64>, operands: Operands| async move { relu(&ctx, operands.arith(0).view(), 64).await };
        Subject::new([replicated(64)], table(1, 64, 64), kernel).distinguish(600).expect("statistical");
    }
}
