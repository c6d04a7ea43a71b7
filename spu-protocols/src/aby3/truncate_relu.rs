//! max(z ≫ s, 0) of a sum of three terms, and the bit `[z ≫ s < 0]`: what follows a product, its truncation and its ReLU in one.
//!
//! # Equations
//!
//! P1 and P2 open c = z + r, P0 knows r, and y = z ≫ s is a function of both, as in [truncate_select](mod@super::truncate_select).
//!
//! *Sign.* The same y is ⌊c/2^s⌋ − ⌊r/2^s⌋ modulo 2^(K−s), so v = `[y < 0]` is the top bit of a sum of K − s bits, −⌊r/2^s⌋ at P0 and ⌊c/2^s⌋
//! at P1 and P2: `carry` and `sign`, without the low s bits. It is the sign of y itself, with the rounding that y has.
//!
//! *Choice.* P1 and P2 open v under a mask λ = λ1 ⊕ λ2, λ1 from the key (P0, P1) and λ2 from (P0, P2): c′ = v ⊕ λ. What follows is
//! `truncate_select` by 1 − v. The bit need not be shared any more: (λ2, λ1, c′) is a fresh replicated sharing of v.
//!
//! | round | who | what | bits (K = 64, s = 19) |
//! |---|---|---|---|
//! | 1 | P1 ↔ P2 | z1 + r1, z2 + r2 | 128 |
//! | 1 to 3 | | sign of 45 bits, as halves | 262 |
//! | 1 | P0 → P1 | halves of λ, g, λ·g; of m, λ·m modulo 2^s | 192 + 38 |
//! | 4 | P1 ↔ P2 | v, masked | 2 |
//! | 5 | P1 ↔ P2 | halves of the result less masks | 128 |
//!
//! Five rounds, 750 bits.
//!
//! Domain: −2^(K−2) ≤ z < 2^(K−2), 1 ≤ s ≤ K − 2. The result is max(y, 0) exactly, for y = ⌊z/2^s⌋ or one more, as in `truncate`. Never fails.
//!
//! Security: P0 receives nothing. Each other message is masked by a draw of a key that its receiver lacks, r1, r2 among them, and no draw
//! masks two messages; the sign is that of [sign](mod@super::sign), the last round that of [multiply](mod@super::multiply). Of the sharing of v, λ1 and λ2 are
//! uniform and c′ is independent of v at P1 and at P2, who each lack one of them.

use super::context::Context;
use super::inject::{OPEN_MASKED_STEPS, open_masked_table, open_shared, split_bit};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, BitShares};
use super::sign::{HALVES_STEPS, halves_table, sign_halves_of};
use super::steps::Steps;
use super::truncate_select::{self, OPENED, halves, opened, opened_table};
use crate::ring::{Planes, Ring};

/// Messages of [`truncate_relu`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let mut table = opened_table(n, bits);
    table.extend(halves_table(n, bits - shift, SIGN.first));
    table.extend(open_masked_table(n, 1, OPEN.first));
    table.extend(truncate_select::halves_table(n, shift, bits, SELECT.first));
    table.extend(reshare_pair_table(n, bits, RESHARE.first));
    table
}

/// max(z ≫ shift, 0) and `[z ≫ shift < 0]`, where `z` is this party's term.
pub async fn truncate_relu<R: Ring>(ctx: &Context<R>, z: &[R], shift: u32) -> (Arith<R>, BitShares) {
    let (n, role) = (z.len(), ctx.role());
    let value = opened(ctx, z).await;
    let summand = value.iter().map(|x| if role == Role::P0 { x.shr(shift).negated() } else { x.shr(shift) });
    let summand: Vec<R> = summand.collect();
    let sign = sign_halves_of(ctx, &summand, R::BITS - shift, SIGN).await.unwrap_or_else(|| Planes::zero(n, 1));
    let negative = open_shared(ctx, sign, OPEN).await;
    let mut bit = split_bit(role, &negative);
    if role != Role::P0 {
        bit.complement();
    }
    let half = halves(ctx, &bit, &value, shift, SELECT).await;
    (reshare_pair(ctx, half, n, RESHARE).await, negative)
}

const SIGN: Steps = OPENED;
const OPEN: Steps = SIGN.past(HALVES_STEPS);
const SELECT: Steps = OPEN.past(OPEN_MASKED_STEPS);
const RESHARE: Steps = SELECT.past(truncate_select::HALVES_STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, terms as held_terms};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, reconstruct_bits, run, terms, uniform};
    use crate::ring::Z16;

    /// Values over the whole domain, with its ends and the neighbours of 0 and of multiples of 2^s.
    fn domain<R: Ring>(n: usize, shift: u32) -> Vec<R> {
        let (end, step) = (1i128 << (R::BITS - 2), 1i128 << shift);
        let edges =
            [-end, -end + 1, end - 1, 0, 1, -1, step, step - 1, -step, 1 - step, -step - 1, 2 * step, -2 * step];
        let spread = uniform::<R>(n, 5).into_iter().map(|x| x.signed() >> 1);
        edges.into_iter().chain(spread).map(|z| R::from_i128(z.clamp(-end, end - 1))).take(n).collect()
    }

    fn check<R: Ring>(n: usize, shift: u32) {
        let z = domain::<R>(n, shift);
        for dealer in dealers() {
            let parts = terms(&z, 3 * n as u64 + u64::from(shift));
            let kernel = async |ctx: Context<R>| truncate_relu(&ctx, &parts[ctx.role() as usize], shift).await;
            let [p0, p1, p2] = run(dealer, &table(n, shift, R::BITS), 11, kernel);
            let (result, negative) = (reconstruct(&[p0.0, p1.0, p2.0]), reconstruct_bits(&[p0.1, p1.1, p2.1]));
            for (i, z) in z.iter().enumerate() {
                let (exact, whole) = (z.signed() >> shift, z.signed() & ((1 << shift) - 1) == 0);
                let (found, is_positive) = (result[i].signed(), !negative.get(0, i));
                let up = !whole && found == exact + 1;
                match is_positive {
                    true => assert!(found >= 0 && (found == exact || up), "{z:?} >> {shift} gives {found}"),
                    false => assert!(found == 0 && exact < 0, "{z:?} >> {shift} is masked"),
                }
            }
        }
    }

    #[test]
    fn the_result_is_the_positive_part_of_the_quotient() {
        for n in SIZES {
            for shift in [1, 18, 19, 40, 61, 62] {
                check::<u64>(n, shift);
            }
            check::<u32>(n, 9);
            check::<u128>(n, 27);
            check::<Z16>(n, 1);
            check::<Z16>(n, 2);
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let cost_of = cost(&table(128, 19, 64));
        assert_eq!((cost_of.rounds, cost_of.bits), (5, 750 * 128));
        // As the product of an undoubled matrix has it.
        assert_eq!(cost(&table(128, 18, 64)).bits, 757 * 128);
    }

    #[test]
    fn views_do_not_depend_on_the_terms() {
        let kernel = |ctx: Context<Z16>, z: Operands| async move { truncate_relu(&ctx, &z.only::<Z16>(0..3), 1).await };
        Subject::new([held_terms(4)], table(1, 1, 4), kernel).distinguish(2000).expect("statistical");
        let kernel =
            |ctx: Context<u64>, z: Operands| async move { truncate_relu(&ctx, &z.only::<u64>(0..3), 19).await };
        Subject::new([held_terms(64)], table(1, 19, 64), kernel).distinguish(600).expect("statistical");
    }
}
