//! Bits of shared numbers: three parties against the same program in the clear, and against integers.

mod functions;
mod parties;
mod share;

use spu_protocols::hal::RingConfig;
use spu_protocols::ring::Ring;

/// 0, ±1 and the neighbours of powers of two, as many as asked.
fn edges<R: Ring>(n: usize) -> Vec<R> {
    let powers = (0..R::BITS).flat_map(|i| [1u128 << i, (1 << i) - 1, (1u128 << i).wrapping_neg(), !(1 << i)]);
    powers.cycle().take(n).map(R::from_u128).collect()
}

fn all_rings(check: impl Fn(RingConfig), wide: impl Fn(RingConfig), short: impl Fn(RingConfig)) {
    check(RingConfig::Z64);
    wide(RingConfig::Z128);
    short(RingConfig::Z32);
}
