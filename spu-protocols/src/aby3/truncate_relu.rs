//! max(z ≫ s, 0) of a sum of three terms, and the mask `[z ≫ s ≥ 0]`: what follows a product, its truncation and its ReLU in one.
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
//! *Sign.* The same y is ⌊c/2^s⌋ − ⌊r/2^s⌋ modulo 2^(K−s), so v = `[y < 0]` is the top bit of a sum of K − s bits, −⌊r/2^s⌋ at P0 and ⌊c/2^s⌋
//! at P1 and P2: `carry` and `sign`, without the low s bits. It is the sign of y itself, with the rounding that y has.
//!
//! *Choice.* P1 and P2 open v under a mask λ: v = c′ + (1 − 2c′)·λ. P0 deals λ, g and λ·g as ring elements, m and λ·m modulo 2^s; then
//! P1 and P2 have halves of y and of λ·y = F·λ + λ·g − 2^(K−s)·n·λ·m without a message, for n and F are theirs, and re-share
//!
//! ```text
//! y − v·y = y − c′·y − (1 − 2c′)·λ·y,     1 − v.
//! ```
//!
//! | round | who | what | bits (K = 64, s = 19) |
//! |---|---|---|---|
//! | 1 | P1 ↔ P2 | z1 + r1, z2 + r2 | 128 |
//! | 1 to 3 | | sign of 45 bits, as halves | 262 |
//! | 1 | P0 → P1 | halves of λ, g, λ·g; of m, λ·m modulo 2^s | 192 + 38 |
//! | 4 | P1 ↔ P2 | v, masked | 2 |
//! | 5 | P1 ↔ P2 | halves of the result, and of the mask if it is wanted, less masks | 128, 256 |
//!
//! Five rounds, 750 bits, 878 with the mask.
//!
//! Domain: −2^(K−2) ≤ z < 2^(K−2), 1 ≤ s ≤ K − 2. The result is max(y, 0) exactly, for y = ⌊z/2^s⌋ or one more, as in `truncate`. Never fails.
//!
//! Security: P0 receives nothing. Each other message is masked by a draw of a key that its receiver lacks, r1, r2 among them, and no draw
//! masks two messages; the sign is that of [sign](mod@super::sign), the last round that of [multiply](mod@super::multiply).

use super::bits::for_each_bit;
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_table, open_masked, open_masked_table};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::relu::reshare_both;
use super::role::{Pair, Role};
use super::shares::Arith;
use super::sign::{HALVES_STEPS, halves_table, sign_halves_of};
use super::steps::Steps;
use crate::ring::{Planes, Ring, from_planes, pack_fields, unpack_fields, vectorize};

/// Messages of [`truncate_relu`] on `n` elements of `bits` bits.
pub fn table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    halves_of_result_table(n, shift, bits).into_iter().chain(reshare_pair_table(2 * n, bits, RESHARE.first)).collect()
}

/// Messages of [`truncate_relu_value`] on `n` elements of `bits` bits.
pub fn value_table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    halves_of_result_table(n, shift, bits).into_iter().chain(reshare_pair_table(n, bits, RESHARE.first)).collect()
}

/// max(z ≫ shift, 0) and `[z ≫ shift ≥ 0]` as 0 or 1, where `z` is this party's term.
pub async fn truncate_relu<R: Ring>(ctx: &Context<R>, z: &[R], shift: u32) -> (Arith<R>, Arith<R>) {
    let halves = halves_of_result(ctx, z, shift).await;
    reshare_both(ctx, halves, [z.len(); 2], RESHARE).await
}

/// max(z ≫ shift, 0) alone.
pub async fn truncate_relu_value<R: Ring>(ctx: &Context<R>, z: &[R], shift: u32) -> Arith<R> {
    let [value, _] = halves_of_result(ctx, z, shift).await;
    reshare_pair(ctx, value, z.len(), RESHARE).await
}

fn halves_of_result_table(n: usize, shift: u32, bits: u32) -> Vec<Message> {
    let mut table = Message::swap(0, Role::P1, Role::P2, n as u64 * u64::from(bits)).to_vec();
    table.extend(halves_table(n, bits - shift, SIGN.first));
    table.extend(open_masked_table(n, 1, OPEN.first));
    table.extend(deal_table(3 * n, bits, DEAL.first));
    table.push(Message::dealt(LOW.first, Role::P0, Role::P1, 2 * n as u64 * u64::from(shift)));
    table
}

/// P1 and P2: halves of max(y, 0) and of 1 − v. P0 has none.
async fn halves_of_result<R: Ring>(ctx: &Context<R>, z: &[R], shift: u32) -> [Vec<R>; 2] {
    assert!(1 <= shift && shift <= R::BITS - 2, "a truncation is by 1 to K − 2 bits");
    let (n, role) = (z.len(), ctx.role());
    let value = opened(ctx, z).await;
    let summand = value.iter().map(|x| if role == Role::P0 { x.shr(shift).negated() } else { x.shr(shift) });
    let summand: Vec<R> = summand.collect();
    let sign = sign_halves_of(ctx, &summand, R::BITS - shift, SIGN).await.unwrap_or_else(|| Planes::zero(n, 1));
    let bit = open_masked(ctx, sign, OPEN).await;
    let [dealt, low] = if role == Role::P0 { dealt(&bit, &value, shift) } else { [Vec::new(), Vec::new()] };
    let dealt = deal(ctx, dealt, 3 * n, DEAL).await;
    let low = deal_low(ctx, low, 2 * n, shift).await;
    match role {
        Role::P0 => [Vec::new(), Vec::new()],
        _ => Known { role, shift, bit: &bit, value: &value }.halves(&dealt, &low),
    }
}

/// c = z + r at P1 and P2, r at P0.
async fn opened<R: Ring>(ctx: &Context<R>, z: &[R]) -> Vec<R> {
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

/// Halves, at P1 and P2, of `n` elements modulo 2^shift that P0 knows.
async fn deal_low<R: Ring>(ctx: &Context<R>, mut value: Vec<R>, n: usize, shift: u32) -> Vec<R> {
    let key = || ctx.draw_low(Pair::P02, LOW.label, shift, n);
    match ctx.role() {
        Role::P0 => {
            value.iter_mut().zip(key()).for_each(|(value, key)| *value = value.minus(key).low(shift));
            ctx.send(LOW.first, Role::P1, pack_fields(&value, shift));
            Vec::new()
        }
        Role::P1 => {
            let words = ctx.receive(LOW.first, Role::P0).await;
            unpack_fields(&words, shift, n).expect("a message has the length that its table says")
        }
        Role::P2 => key(),
    }
}

/// What P1 and P2 both know: the sign under its mask, and c.
struct Known<'a, R> {
    role: Role,
    shift: u32,
    bit: &'a Planes,
    value: &'a [R],
}

impl<R: Ring> Known<'_, R> {
    /// Halves of max(y, 0) and of 1 − v.
    fn halves(&self, dealt: &[R], low: &[R]) -> [Vec<R>; 2] {
        let (n, shift) = (self.value.len(), self.shift);
        let (quarter, low_quarter) = (R::power_of_two(R::BITS - 2), R::power_of_two(R::BITS - 2 - shift));
        let one = if self.role == Role::P1 { R::ONE } else { R::ZERO };
        let (lambda, rest) = dealt.split_at(n);
        let (g, lambda_g) = rest.split_at(n);
        let (m, lambda_m) = low.split_at(n);
        let (mut result, mut mask) = (vec![R::ZERO; n], vec![R::ZERO; n]);
        vectorize(
            #[inline(always)]
            || {
                for_each_bit(self.bit.plane(0), n, |i, bit: R| {
                    let c = self.value[i].plus(quarter);
                    let wrap = c.shr(R::BITS - 1).shl(R::BITS - shift);
                    let f = c.shr(shift).minus(low_quarter);
                    let y = one.times(f).plus(g[i]).minus(wrap.times(m[i]));
                    let lambda_y = f.times(lambda[i]).plus(lambda_g[i]).minus(wrap.times(lambda_m[i]));
                    let (flip, not) = (R::ONE.minus(bit.shl(1)), R::ONE.minus(bit));
                    result[i] = not.times(y).minus(flip.times(lambda_y));
                    mask[i] = not.times(one).minus(flip.times(lambda[i]));
                });
            },
        );
        [result, mask]
    }
}

const SIGN: Steps = Steps { first: 1, label: 1 };
const OPEN: Steps = SIGN.past(HALVES_STEPS);
const DEAL: Steps = OPEN.past(OPEN_MASKED_STEPS);
const LOW: Steps = DEAL.past(DEAL_STEPS);
const LOW_STEPS: Steps = Steps { first: 1, label: 1 };
const RESHARE: Steps = LOW.past(LOW_STEPS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, terms as held_terms};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, terms, uniform};
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
            let (result, mask) = (reconstruct(&[p0.0, p1.0, p2.0]), reconstruct(&[p0.1, p1.1, p2.1]));
            let kernel = async |ctx: Context<R>| truncate_relu_value(&ctx, &parts[ctx.role() as usize], shift).await;
            let alone = reconstruct(&run(dealer, &value_table(n, shift, R::BITS), 11, kernel));
            assert_eq!(alone, result);
            for (i, z) in z.iter().enumerate() {
                let (exact, whole) = (z.signed() >> shift, z.signed() & ((1 << shift) - 1) == 0);
                let (found, is_positive) = (result[i].signed(), mask[i].signed() == 1);
                assert!(mask[i].signed() == 0 || is_positive, "a mask is 0 or 1");
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
        let (value, both) = (cost(&value_table(128, 19, 64)), cost(&table(128, 19, 64)));
        assert_eq!((value.rounds, value.bits), (5, 750 * 128));
        assert_eq!((both.rounds, both.bits), (5, 878 * 128));
        // As the product of an undoubled matrix has it.
        assert_eq!(cost(&value_table(128, 18, 64)).bits, 757 * 128);
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
