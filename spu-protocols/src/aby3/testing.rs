//! Sharing, running and revealing for the tests of kernels.

use spu::Party;

use super::message::Message;
use super::world::{Outcome, Seeded, mix, run};
use super::{Arith, BitShares, Context};
use crate::ring::{Planes, Ring};

/// Fresh shares of `values` by role.
pub(crate) fn share<R: Ring>(values: &[R], seed: u64) -> [Arith<R>; 3] {
    let draw = |label: u64| {
        let word = move |i: usize, half: u64| u128::from(mix(mix(seed << 8 | label << 1 | half) ^ i as u64));
        (0..values.len()).map(move |i| R::from_u128(word(i, 0) << 64 | word(i, 1))).collect::<Vec<R>>()
    };
    let (x0, x1) = (draw(0), draw(1));
    let x2: Vec<R> = values.iter().zip(&x0).zip(&x1).map(|((x, x0), x1)| x.minus(*x0).minus(*x1)).collect();
    [Arith { own: x0.clone(), next: x1.clone() }, Arith { own: x1, next: x2.clone() }, Arith { own: x2, next: x0 }]
}

/// Runs a kernel of one operand.
pub(crate) fn world<R: Ring, T>(
    dealer: usize,
    table: &[Message],
    operand: &[Arith<R>; 3],
    kernel: impl AsyncFn(Context<R>, Arith<R>) -> T,
) -> Outcome<T> {
    let kernel = &kernel;
    run(
        Party(dealer),
        table,
        |party| Seeded::new(party, 17),
        |ctx| {
            let operand = operand[ctx.role() as usize].clone();
            kernel(ctx, operand)
        },
    )
}

/// The values, after checking that the shares are replicated.
pub(crate) fn reveal<R: Ring>(shares: &[Arith<R>; 3]) -> Vec<R> {
    for i in 0..3 {
        assert!(shares[i].next == shares[(i + 1) % 3].own, "parties agree on their common share");
    }
    let [x0, x1, x2] = [0, 1, 2].map(|i| shares[i].own.iter());
    x0.zip(x1).zip(x2).map(|((x0, x1), x2)| x0.plus(*x1).plus(*x2)).collect()
}

/// The bits, after checking that the shares are replicated.
pub(crate) fn reveal_bits(shares: &[BitShares; 3]) -> Planes {
    let mut bits = Planes::zero(shares[0].own.elements(), shares[0].own.count());
    for i in 0..3 {
        assert!(shares[i].next == shares[(i + 1) % 3].own, "parties agree on their common share");
        bits.words_mut().iter_mut().zip(shares[i].own.words()).for_each(|(bit, share)| *bit ^= share);
    }
    bits
}
