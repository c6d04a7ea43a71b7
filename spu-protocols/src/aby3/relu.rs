//! max(x, 0), and the mask [x ≥ 0] for the backward pass.
//!
//! v = [x < 0] as halves of P1 and P2 ([`super::sign`]). P0 deals λ and λ·a, a = x0 + x1; P1 and P2 open c = v ⊕ λ, and with b = x2 have halves
//! of v = c + (1 − 2c)·λ and v·x = c·x + (1 − 2c)(λ·a + λ·b). They re-share x − v·x and 1 − v.
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 to 3 | | sign bit as halves | 405 |
//! | 1 | P0 → P1 | halves of λ and of λ·a | 128 |
//! | 4 | P1 ↔ P2 | v, masked | 2 |
//! | 5 | P1 ↔ P2 | halves of max(x, 0) and of the mask, less masks | 256 |
//!
//! Five rounds, 791 bits. Exact for every x, never fails.
//!
//! Security: P0 receives nothing. The messages of the sign bit are masked by keys that their receivers lack; so are the dealt halves, c, and
//! the re-shared halves ([`super::halves`]), each by a draw of its own.

use super::carry::summand;
use super::context::Context;
use super::halves::{OPEN_STEPS, Opened, for_each_bit, open_dealt, open_table, reshare_halves, reshare_table};
use super::message::Message;
use super::role::Role;
use super::shares::{Arith, View};
use super::sign::{HALVES_STEPS, halves_table, sign_halves};
use super::steps::Steps;
use crate::ring::{Ring, vectorize};

/// Messages of [`relu`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    let mut table = halves_table(n, bits, 0);
    table.extend(open_table(n, 2 * n, bits, OPEN.first));
    table.extend(reshare_table([n, n], bits, RESHARE.first));
    table
}

/// max(x, 0), and [x ≥ 0] as 0 or 1.
pub async fn relu<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> (Arith<R>, Arith<R>) {
    let n = x.len();
    let summand = summand(ctx, x);
    let sign = sign_halves(ctx, &summand, Steps::START).await;
    let opened =
        open_dealt(ctx, sign.as_ref(), (n, 1), 2 * n, |lambda, h| deal(lambda.words(), &summand, h), OPEN).await;
    let halves = opened.map(|opened| halves(ctx.role(), x, &summand, opened));
    let [value, mask] = reshare_halves(ctx, halves, [n, n], RESHARE).await;
    (value, mask)
}

/// P0: λ and λ·a, less P2's halves.
fn deal<R: Ring>(lambda: &[u64], a: &[R], halves: &mut [R]) {
    let (ones, products) = halves.split_at_mut(a.len());
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(lambda, a.len(), |i, bit: R| {
                ones[i] = bit.minus(ones[i]);
                products[i] = bit.times(a[i]).minus(products[i]);
            })
        },
    );
}

/// P1 and P2: halves of x − v·x and of 1 − v.
fn halves<R: Ring>(role: Role, x: View<'_, R>, b: &[R], opened: Opened<R>) -> [Vec<R>; 2] {
    let Opened { masked, dealt: mut value } = opened;
    let n = x.len();
    let mut mask = value[..n].to_vec();
    value.drain(..n);
    let (value_of_one, p1) = if role == Role::P1 { (R::ONE, true) } else { (R::ZERO, false) };
    vectorize(
        #[inline(always)]
        || {
            for_each_bit(masked.words(), n, |i, c: R| {
                let x = if p1 { x.own[i].plus(x.next[i]) } else { x.next[i] };
                let sign = R::ONE.minus(c.shl(1));
                let not_c = R::ONE.minus(c);
                value[i] = not_c.times(x).minus(sign.times(value[i].plus(mask[i].times(b[i]))));
                mask[i] = not_c.times(value_of_one).minus(sign.times(mask[i]));
            })
        },
    );
    [value, mask]
}

const OPEN: Steps = HALVES_STEPS;
const RESHARE: Steps = OPEN.past(OPEN_STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(values: &[R]) {
        for dealer in dealers() {
            let shares = share(values, 3);
            let kernel = async |ctx: Context<R>| relu(&ctx, shares[ctx.role() as usize].view()).await;
            let [p0, p1, p2] = run(dealer, &table(values.len(), R::BITS), 11, kernel);
            let positive = reconstruct(&[p0.0, p1.0, p2.0]);
            let mask = reconstruct(&[p0.1, p1.1, p2.1]);
            for (i, x) in values.iter().enumerate() {
                assert_eq!(positive[i].signed(), x.signed().max(0));
                assert_eq!(mask[i].signed(), i128::from(x.signed() >= 0));
            }
        }
    }

    #[test]
    fn relu_is_exact_in_every_ring() {
        check(&(0..16).map(Z16::from_u128).collect::<Vec<_>>());
        check(&crate::aby3::sign::tests::edges::<u32>());
        check(&crate::aby3::sign::tests::edges::<u64>());
        check(&crate::aby3::sign::tests::edges::<u128>());
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 5)));
    }

    #[test]
    fn five_rounds_and_791_bits() {
        let cost = cost(&table(128, 64));
        assert_eq!((cost.rounds, cost.bits), (5, 791 * 128));
    }
}
