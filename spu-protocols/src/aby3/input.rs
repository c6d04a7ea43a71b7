//! Sharing of what one party knows.
//!
//! # Equations
//!
//! The owner is the dealer. x_0 comes from the key (P0, P2); so does a seed of 64 bits, and x_2 is a public function of
//! the seed and the position. P0 sends x_1 = x − x_0 − x_2 and the seed to P1; P2 computes x_0 and x_2 without a
//! message. One round, K·n + 64 bits.
//!
//! # Security
//!
//! P1 receives x_1, masked by x_0 from a key that it lacks and that masks nothing else, and the seed, which is
//! independent of x. P2 receives nothing. x_2 need not be secret: x_0 alone hides x from P1, and that x_1 stays away
//! from P2 hides it from P2.
//!
//! # Why x_2 is not simply 0
//!
//! Truncation by a dealer P takes its threshold C from the low bits of the share that P has in common with the party
//! after it: from a constant share, C is the same for all elements, and with 0 everything is rounded up. Here C is x_1,
//! x_2 or x_0, whoever deals; x_0 and x_1 are uniform, and x_2 is as good as uniform for every input that was fixed
//! before the seed was drawn. Exact on the whole ring; never fails.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::Arith;
use crate::ring::{Ring, vectorize};

/// Messages of [`input`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    let row = |step, bits| Message::dealt(step, Role::P0, Role::P1, bits);
    let seed = if n == 0 { 0 } else { SEED_BITS as u64 };
    vec![row(0, n as u64 * u64::from(bits)), row(1, seed)]
}

/// Shares of `n` values that the dealer has: `values` is theirs at P0 and not looked at elsewhere.
pub async fn input<R: Ring>(ctx: &Context<R>, values: Option<Vec<R>>, n: usize) -> Arith<R> {
    let draw_seed = || ctx.draw_planes(Pair::P02, SEED_LABEL, SEED_BITS.min(n * SEED_BITS), 1).into_words();
    match ctx.role() {
        Role::P0 => {
            let mut x1 = values.expect("the owner of an input has its values");
            assert_eq!(x1.len(), n, "an input has as many values as its shape");
            let x0 = ctx.draw(Pair::P02, 0, n);
            let seed = draw_seed();
            let x2 = spread::<R>(&seed, n);
            vectorize(
                #[inline(always)]
                || x1.iter_mut().zip(&x0).zip(x2).for_each(|((x1, x0), x2)| *x1 = x1.minus(*x0).minus(x2)),
            );
            ctx.send_elements(0, Role::P1, x1.clone());
            ctx.send(1, Role::P1, seed);
            Arith { own: x0, next: x1 }
        }
        Role::P1 => {
            let own = ctx.receive_elements(0, Role::P0, n).await;
            Arith { own, next: spread(&ctx.receive(1, Role::P0).await, n) }
        }
        Role::P2 => Arith { next: ctx.draw(Pair::P02, 0, n), own: spread(&draw_seed(), n) },
    }
}

/// Elements that anybody who knows the seed can compute.
fn spread<R: Ring>(seed: &[u64], n: usize) -> Vec<R> {
    let Some(&seed) = seed.first() else { return Vec::new() };
    vectorize(
        #[inline(always)]
        || {
            let element = |i| {
                let high = if R::BITS > 64 { u128::from(scramble(seed, 2 * i + 1)) << 64 } else { 0 };
                R::from_u128(high | u128::from(scramble(seed, 2 * i)))
            };
            (0..n as u64).map(element).collect()
        },
    )
}

/// Word i of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#[inline(always)]
fn scramble(seed: u64, i: u64) -> u64 {
    let z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

const SEED_BITS: usize = 64;
const SEED_LABEL: u8 = 1;

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, held_by};
    use super::super::trial::{SIZES, dealers, reconstruct, run, uniform};
    use super::super::truncate;
    use super::*;
    use crate::ring::Z16;

    fn shared<R: Ring>(dealer: spu::Party, x: &[R], seed: u64) -> [Arith<R>; 3] {
        let n = x.len();
        run(dealer, &table(n, R::BITS), seed, |ctx: Context<R>| {
            let values = (ctx.role() == Role::P0).then(|| x.to_vec());
            async move { input(&ctx, values, n).await }
        })
    }

    #[test]
    fn shares_sum_to_the_input() {
        for (n, dealer) in SIZES.into_iter().flat_map(|n| dealers().map(move |dealer| (n, dealer))) {
            assert_eq!(reconstruct(&shared(dealer, &uniform::<u32>(n, 1), 2)), uniform::<u32>(n, 1));
            assert_eq!(reconstruct(&shared(dealer, &uniform::<u64>(n, 1), 2)), uniform::<u64>(n, 1));
            assert_eq!(reconstruct(&shared(dealer, &uniform::<u128>(n, 1), 2)), uniform::<u128>(n, 1));
            assert_eq!(reconstruct(&shared(dealer, &uniform::<Z16>(n, 1), 2)), uniform::<Z16>(n, 1));
        }
    }

    #[test]
    fn one_round_and_a_seed() {
        let cost = cost(&table(100, 64));
        assert_eq!((cost.rounds, cost.bits, cost.bytes), (1, 6_464, [808, 0, 0]));
    }

    #[test]
    fn truncation_of_an_input_is_unbiased_whoever_deals() {
        // z mod 2^8 = 64 is rounded up if C < 64, with probability 1/4: 2 500 of 10 000, standard deviation 43.
        let (n, shift) = (10_000, 8);
        let x = vec![(77u64 << shift) + 64; n];
        let shares = shared(spu::Party(0), &x, 5);
        for dealer in dealers() {
            let result = run(dealer, &truncate::table(n, shift, 64), 6, |ctx: Context<u64>| {
                let x = shares[ctx.role().party(dealer).0].clone();
                async move { truncate::truncate(&ctx, x.view(), shift).await }
            });
            let up = reconstruct(&result).iter().filter(|&&y| y == 78).count();
            assert!((2500 - 260..2500 + 260).contains(&up), "{up} of {n} rounded up where {dealer:?} deals");
        }
    }

    #[test]
    fn views_do_not_depend_on_the_input() {
        macro_rules! subject {
            ($ring:ty) => {
                Subject::new(
                    [vec![held_by(Role::P0, <$ring>::BITS)]],
                    table(1, <$ring>::BITS),
                    |ctx: Context<$ring>, x| {
                        let values = (ctx.role() == Role::P0).then(|| x.only(0..1));
                        async move { input(&ctx, values, 1).await }
                    },
                )
            };
        }
        subject!(Z16).with_public([(Pair::P02, SEED_LABEL)]).enumerate(50_000).expect("exact");
        subject!(u64).distinguish(4000).expect("statistical");
    }
}
