//! Secret bits that are one with a given probability.
//!
//! # Equations
//!
//! Uniform bits r_1, r_2, … come from the keys, x_i of each from one pair: r_k = x_0 ⊕ x_1 ⊕ x_2 is uniform to each party, who lacks one of them. With
//! p = 0.b_1 b_2 … b_j in binary and b_j = 1,
//!
//! ```text
//! v_j = r_j,   v_k = r_k ∨ v_(k+1) if b_k, else r_k ∧ v_(k+1):   P[v_k = 1] = 0.b_k … b_j,
//! ```
//!
//! for a fair bit decides whether the next digit counts. Each step is one conjunction ([bits](super::bits)): x ∨ y = ¬(¬x ∧ ¬y).
//!
//! j − 1 rounds that wait for nothing, 3 bits each; p = 1/2 takes none. Exact.
//!
//! # Security
//!
//! To each party every r_k has a share from the key that it lacks, and so has every mask of what it receives: v is as likely as p says, whatever it
//! sees. As [and](super::bits::and): P_i sends its term under the key with the next party, which the receiver lacks.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::shares::BitShares;
use crate::ring::{Planes, Ring};

/// Bits of a probability.
pub const PROBABILITY_BITS: u32 = 24;

/// Messages of [`bernoulli`] for `n` bits with probability `numerator` / 2^[`PROBABILITY_BITS`].
pub fn table(n: usize, numerator: u32) -> Vec<Message> {
    let step = |step| Role::ALL.map(|role| Message::new(step, role, role.previous(), n as u64));
    (1..digits(numerator)).flat_map(|k| step(k as u8)).collect()
}

/// `n` bits, each one with probability `numerator` / 2^[`PROBABILITY_BITS`], which is neither 0 nor 1.
pub async fn bernoulli<R: Ring>(ctx: &Context<R>, n: usize, numerator: u32) -> BitShares {
    let (me, count) = (ctx.role(), digits(numerator));
    let [uniform, uniform_next] =
        [Pair::with_previous(me), Pair::with_next(me)].map(|pair| ctx.draw_planes(pair, 0, n, count as usize));
    // The last digit first.
    let plane = |planes: &Planes, k: u32| Planes::from_words(n, 1, planes.plane(k as usize).to_vec());
    let mut v = BitShares { own: plane(&uniform, 0), next: plane(&uniform_next, 0) };
    for k in 1..count {
        let digit = numerator >> (numerator.trailing_zeros() + k) & 1;
        // ¬r is as uniform as r: only the negations of v count.
        if digit == 1 {
            negate(me, &mut v);
        }
        let label = k as u8;
        let mut z = ctx.draw_planes(Pair::with_next(me), label, n, 1);
        let zero = ctx.draw_planes(Pair::with_previous(me), label, n, 1);
        let (x, x_next) = (uniform.plane(k as usize), uniform_next.plane(k as usize));
        let terms = x.iter().zip(x_next).zip(v.own.words().iter().zip(v.next.words()));
        for ((z, zero), ((x, x_next), (y, y_next))) in z.words_mut().iter_mut().zip(zero.words()).zip(terms) {
            *z ^= zero ^ x & (y ^ y_next) ^ x_next & y;
        }
        ctx.send_planes(label, me.previous(), z.clone());
        v = BitShares { next: ctx.receive_planes(label, me.next(), n, 1).await, own: z };
        if digit == 1 {
            negate(me, &mut v);
        }
    }
    v
}

/// ¬v: share 0 is negated.
fn negate(me: Role, v: &mut BitShares) {
    let share = match me {
        Role::P0 => &mut v.own,
        Role::P2 => &mut v.next,
        Role::P1 => return,
    };
    share.words_mut().iter_mut().for_each(|word| *word = !*word);
    share.clear_padding();
}

/// Binary digits up to the last that is set.
fn digits(numerator: u32) -> u32 {
    assert!(0 < numerator && numerator < 1 << PROBABILITY_BITS, "a probability between 0 and 1");
    PROBABILITY_BITS - numerator.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::Subject;
    use super::super::trial::{dealers, reconstruct_bits, run};
    use super::*;
    use crate::ring::Z16;

    #[test]
    fn bits_have_their_probability() {
        for numerator in [1 << 23, 1 << 22, 3 << 22, 1, (1 << 24) - 1, 0x19999a, 0xc00001] {
            for (dealer, n) in dealers().flat_map(|dealer| [(dealer, 0), (dealer, 65), (dealer, 20_000)]) {
                let got = run(dealer, &table(n, numerator), u64::from(numerator), |ctx: Context<u64>| async move {
                    bernoulli(&ctx, n, numerator).await
                });
                let bits = reconstruct_bits(&got);
                let ones = (0..n).filter(|&i| bits.get(0, i)).count() as f64;
                let p = f64::from(numerator) / f64::from(1 << PROBABILITY_BITS);
                // Bernstein's bound at 1e-11: t²/2 = 26·(n·p·q + t/3).
                let (variance, lambda) = (n as f64 * p * (1.0 - p), 26.0);
                let bound = lambda / 3.0 + (lambda * lambda / 9.0 + 2.0 * lambda * variance).sqrt();
                assert!((ones - n as f64 * p).abs() <= bound, "{numerator}: {ones} of {n}");
            }
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let of = |numerator| {
            let cost = cost(&table(64, numerator));
            (cost.rounds, cost.bits)
        };
        assert_eq!([of(1 << 23), of(3 << 22), of(1)], [(0, 0), (1, 3 * 64), (23, 23 * 3 * 64)]);
    }

    #[test]
    fn views_are_uniform() {
        let components: [Vec<super::super::privacy::Component>; 0] = [];
        let exact = Subject::new(components, table(1, 5 << 21), |ctx: Context<Z16>, _| async move {
            bernoulli(&ctx, 1, 5 << 21).await
        });
        exact.distinguish(2000).expect("statistical");
    }

    /// 5/8 = 0.101 in binary: the bit is one in five of eight cases, to each party, whatever it sees.
    #[test]
    fn no_party_knows_the_bit() {
        let components: [Vec<super::super::privacy::Component>; 0] = [];
        let kernel = |ctx: Context<Z16>, _| async move { bernoulli(&ctx, 1, 5 << 21).await };
        let bit = |shares: &[BitShares; 3]| usize::from(reconstruct_bits(shares).get(0, 0));
        Subject::new(components, table(1, 5 << 21), kernel).unpredictable(64, bit, &[3, 5]).expect("exact");
    }
}
