//! A value where a fresh comparison holds, else 0: `[d < 0]`·x and `[d = 0]`·x.
//!
//! v = `[d < 0]` or `[d = 0]` as halves of P1 and P2 ([sign](mod@super::sign), [zero](super::zero)). With x = a + b, P0 deals λ and λ·a; P1 and P2 open
//! c = v ⊕ λ, have halves of v·x = c·x + (1 − 2c)(λ·a + λ·b) and share them again ([inject](mod@super::inject)).
//!
//! | round | who | what | bits (K = 64) |
//! |---|---|---|---|
//! | 1 to 3 | | v as halves | 405 or 335 |
//! | 1 | P0 → P1 | halves of λ and of λ·a | 128 |
//! | 4 | P1 ↔ P2 | v, masked | 2 |
//! | 5 | P1 ↔ P2 | halves of v·x, less masks | 128 |
//!
//! Five rounds, 663 or 593 bits. Exact for every d and x, never fails; the product with a bit is not truncated.
//!
//! Security: P0 receives nothing; the messages are those of the protocols named, each masked by a draw of its own that its receiver lacks.

use super::carry::summand;
use super::context::Context;
use super::inject::{INJECT_STEPS, inject_halves, inject_table, operands};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::shares::{Arith, View};
use super::steps::Steps;
use super::{sign, zero};
use crate::ring::{Planes, Ring};

/// Messages of [`where_negative`] on `n` elements of `bits` bits.
pub fn negative_table(n: usize, bits: u32) -> Vec<Message> {
    chosen_table(sign::halves_table(n, bits, 0), n, bits, sign::HALVES_STEPS)
}

/// `[d < 0]`·x.
pub async fn where_negative<R: Ring>(ctx: &Context<R>, d: View<'_, R>, x: View<'_, R>) -> Arith<R> {
    let half = sign::sign_halves(ctx, &summand(ctx, d), Steps::START).await;
    let half = half.unwrap_or_else(|| Planes::zero(d.len(), 1));
    chosen(ctx, half, x, sign::HALVES_STEPS).await
}

/// Messages of [`where_zero`] on `n` elements of `bits` bits.
pub fn zero_table(n: usize, bits: u32) -> Vec<Message> {
    chosen_table(zero::halves_table(n, bits), n, bits, zero::HALVES_STEPS)
}

/// `[d = 0]`·x.
pub async fn where_zero<R: Ring>(ctx: &Context<R>, d: View<'_, R>, x: View<'_, R>) -> Arith<R> {
    let half = zero::zero_halves(ctx, summand(ctx, d)).await;
    chosen(ctx, half, x, zero::HALVES_STEPS).await
}

async fn chosen<R: Ring>(ctx: &Context<R>, half: Planes, x: View<'_, R>, steps: Steps) -> Arith<R> {
    assert_eq!(half.elements(), x.len(), "one bit an element");
    let (known, whole) = operands(ctx.role(), x);
    let injected = inject_halves(ctx, half, &known, steps).await;
    reshare_pair(ctx, injected.times(&known, &whole), x.len(), steps.past(INJECT_STEPS)).await
}

fn chosen_table(mut table: Vec<Message>, n: usize, bits: u32, steps: Steps) -> Vec<Message> {
    table.extend(inject_table(n, bits, steps.first));
    table.extend(reshare_pair_table(n, bits, steps.past(INJECT_STEPS).first));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::sign::tests::edges;
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use crate::ring::Z16;

    fn check<R: Ring>(d: &[R], x: &[R]) {
        let n = d.len();
        let (ds, xs) = (share(d, 3), share(x, 4));
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| {
                where_negative(&ctx, ds[ctx.role() as usize].view(), xs[ctx.role() as usize].view()).await
            };
            let negative = reconstruct(&run(dealer, &negative_table(n, R::BITS), 11, kernel));
            let kernel = async |ctx: Context<R>| {
                where_zero(&ctx, ds[ctx.role() as usize].view(), xs[ctx.role() as usize].view()).await
            };
            let zero = reconstruct(&run(dealer, &zero_table(n, R::BITS), 12, kernel));
            for i in 0..n {
                assert_eq!(negative[i], if d[i].signed() < 0 { x[i] } else { R::ZERO });
                assert_eq!(zero[i], if d[i] == R::ZERO { x[i] } else { R::ZERO });
            }
        }
    }

    #[test]
    fn the_value_stands_where_the_comparison_holds() {
        let all: Vec<Z16> = (0..256).map(Z16::from_u128).collect();
        check(&all, &(0..256).map(|i| Z16::from_u128(i / 16)).collect::<Vec<_>>());
        check::<u32>(&edges(), &uniform(129, 2));
        check::<u64>(&edges(), &uniform(257, 2));
        check::<u128>(&edges(), &uniform(513, 2));
        SIZES.iter().for_each(|&n| check::<u64>(&uniform(n, 5), &uniform(n, 6)));
    }

    #[test]
    fn five_rounds_and_at_most_700_bits() {
        let negative = cost(&negative_table(128, 64));
        assert_eq!((negative.rounds, negative.bits), (5, 663 * 128));
        let zero = cost(&zero_table(128, 64));
        assert_eq!((zero.rounds, zero.bits), (5, 593 * 128));
    }

    #[test]
    fn views_do_not_depend_on_the_operands() {
        macro_rules! check {
            ($ring:ty, $kernel:ident, $table:ident, $runs:expr) => {
                let bits = <$ring>::BITS;
                let kernel = |ctx: Context<$ring>, operands: Operands| async move {
                    $kernel(&ctx, operands.arith(0).view(), operands.arith(3).view()).await
                };
                Subject::new([replicated(bits), replicated(bits)], $table(1, bits), kernel)
                    .distinguish($runs)
                    .expect("statistical");
            };
        }
        check!(Z16, where_negative, negative_table, 2000);
        check!(Z16, where_zero, zero_table, 2000);
        check!(u64, where_negative, negative_table, 600);
        check!(u64, where_zero, zero_table, 600);
    }
}
