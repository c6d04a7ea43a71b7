//! Weighted sums of bits: bits to a number (b2a), the count of ones.
//!
//! Bits v_j are replicated, so v_j = c_j ⊕ λ_j with c_j = v_j2 at P1 and P2 and λ_j = v_j0 ⊕ v_j1 at P0. For public weights w_j
//!
//! ```text
//! Σ_j w_j·v_j = Σ_j w_j·(c_j + (1 − 2c_j)·λ_j)
//! ```
//!
//! is linear in the λ_j, which P0 deals. A weight 2^t·(odd) needs λ_j modulo 2^(K−t) alone: with w_j = 2^j the dealt elements become shorter and
//! shorter.
//!
//! | round | who | what | bits (K = 64, all 64 bits to a number) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | halves of λ_j modulo 2^(K−t_j), P2's from the key (P0, P2) | 2 080 |
//! | 2 | P1 ↔ P2 | halves of the sum less a mask each | 128 |
//!
//! The first message depends on nothing but the bits' shares at P0, which are keys wherever the bits were shared anew: then it leaves earlier.
//! Exact modulo 2^K, never fails.
//!
//! Security: P0 receives nothing. P1's halves are masked by the key (P0, P2), which it lacks, a draw for each bit; the sharing at the end is
//! that of [multiply](super::multiply).

use super::bits::for_each_bit;
use super::context::Context;
use super::inject::split_bit;
use super::message::Message;
use super::multiply::{RESHARE_PAIR_STEPS, reshare_pair, reshare_pair_table};
use super::role::{Pair, Role};
use super::shares::{Arith, BitShares};
use super::steps::Steps;
use crate::ring::{Ring, pack_fields, unpack_fields, vectorize};

/// Messages of [`weigh`] on `n` elements of `bits` bits.
pub fn table(weights: &[i128], n: usize, bits: u32) -> Vec<Message> {
    let words: usize = weights.iter().map(|&weight| words(width(weight, bits), n)).sum();
    let mut table = vec![Message::dealt(0, Role::P0, Role::P1, 64 * words as u64)];
    table.extend(reshare_pair_table(n, bits, 1));
    table
}

/// Σ_j `weights[j]` · plane j.
pub async fn weigh<R: Ring>(ctx: &Context<R>, bits: &BitShares, weights: &[i128]) -> Arith<R> {
    assert_eq!(bits.own.count(), weights.len(), "every bit has a weight");
    let (role, n) = (ctx.role(), bits.own.elements());
    let bits = split_bit(role, bits);
    let fields = weights.iter().enumerate().filter(|(_, weight)| width(**weight, R::BITS) > 0);
    let key = |j: usize, width: u32| ctx.draw_low(Pair::P02, RESHARE_PAIR_STEPS.label + j as u8, width, n);
    let received = if role == Role::P1 { ctx.receive(0, Role::P0).await } else { Vec::new() };
    let (mut sent, mut unread) = (Vec::new(), &received[..]);
    let mut sum = vec![R::ZERO; n];
    for (j, &weight) in fields {
        let width = width(weight, R::BITS);
        let dealt = match role {
            Role::P0 => {
                let mut dealt = key(j, width);
                for_each_bit(bits.plane(j), n, |i, bit: R| dealt[i] = bit.minus(dealt[i]));
                sent.extend(pack_fields(&dealt, width));
                continue;
            }
            Role::P1 => {
                let (field, rest) = unread.split_at(words(width, n));
                unread = rest;
                unpack_fields(field, width, n).expect("a field has its length")
            }
            Role::P2 => key(j, width),
        };
        let (weight, one) = (R::from_i128(weight), if role == Role::P1 { R::ONE } else { R::ZERO });
        vectorize(
            #[inline(always)]
            || {
                for_each_bit(bits.plane(j), n, |i, c: R| {
                    let half = dealt[i].plus(c.times(one.minus(dealt[i].shl(1))));
                    sum[i] = sum[i].plus(weight.times(half));
                })
            },
        );
    }
    if role == Role::P0 {
        ctx.send(0, Role::P1, sent);
    }
    reshare_pair(ctx, sum, n, Steps { first: 1, label: 0 }).await
}

/// Bits of a λ with this weight that count.
fn width(weight: i128, bits: u32) -> u32 {
    bits.saturating_sub(weight.trailing_zeros())
}

fn words(width: u32, n: usize) -> usize {
    (n * width as usize).div_ceil(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share_bits, uniform_bits};
    use crate::ring::Z16;

    fn powers(bits: u32) -> Vec<i128> {
        (0..bits).map(|j| 1i128 << j).collect()
    }

    fn check<R: Ring>(n: usize, weights: &[i128]) {
        let bits = uniform_bits(n, weights.len(), 1);
        let shares = share_bits(&bits, 3);
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| weigh(&ctx, &shares[ctx.role() as usize], weights).await;
            let found = reconstruct(&run(dealer, &table(weights, n, R::BITS), 4, kernel));
            for (i, found) in found.into_iter().enumerate() {
                let set = weights.iter().enumerate().filter(|(j, _)| bits.get(*j, i));
                assert_eq!(found, set.fold(R::ZERO, |sum, (_, &weight)| sum.plus(R::from_i128(weight))));
            }
        }
    }

    #[test]
    fn sums_are_weighted() {
        SIZES.iter().for_each(|&n| check::<u64>(n, &powers(64)));
        check::<u32>(100, &powers(32));
        check::<u128>(100, &powers(128));
        check::<Z16>(100, &powers(4));
        check::<u64>(100, &[1; 64]);
        check::<u64>(100, &[1, 0, -6, i128::from(i64::MIN), 40, 1 << 64]);
        check::<u32>(100, &[-1, 3]);
        check::<u128>(100, &[i128::MIN, 12, 0]);
    }

    #[test]
    fn high_bits_cost_less() {
        let all = cost(&table(&powers(64), 64, 64));
        assert_eq!((all.rounds, all.bits), (2, (64 * 65 / 2 + 128) * 64));
        let count = cost(&table(&[1; 64], 64, 64));
        assert_eq!((count.rounds, count.bits), (2, (64 * 64 + 128) * 64));
    }

    #[test]
    fn views_do_not_depend_on_the_bits() {
        macro_rules! check {
            ($ring:ty, $weight:expr, $way:ident($size:expr)) => {
                let kernel =
                    |ctx: Context<$ring>, x: Operands| async move { weigh(&ctx, &x.bits(0), &[$weight]).await };
                let table = table(&[$weight], 1, <$ring>::BITS).into_iter().map(|row| Message {
                    bits: row.bits.min(width($weight, <$ring>::BITS).into()).max(if row.step == 0 {
                        0
                    } else {
                        row.bits
                    }),
                    ..row
                });
                Subject::new([replicated(1)], table.collect(), kernel).$way($size).expect("weighted bit");
            };
        }
        check!(Z16, 1, enumerate(20_000));
        check!(Z16, 4, enumerate(20_000));
        check!(u64, 1, distinguish(1000));
        check!(u64, 1 << 40, distinguish(1000));
    }
}
