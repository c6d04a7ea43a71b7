//! The oracle's draws: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), not secure.

use crate::aby3::bernoulli::PROBABILITY_BITS;
use crate::ring::Ring;
use crate::share::ShareOp;

/// What the operation draws, if it does: `count` elements, decided by the seed of the run.
pub(super) fn draw<R: Ring>(op: &ShareOp, count: usize, seed: u64) -> Option<Vec<R>> {
    let numbers = |draw: u32| {
        let words = words(seed, draw, 2 * count);
        let wide = words.chunks_exact(2).map(|w| u128::from(w[1]) << 64 | u128::from(w[0]));
        wide.map(R::from_u128).collect::<Vec<R>>()
    };
    Some(match *op {
        ShareOp::Uniform { bits, draw } | ShareOp::PublicUniform { bits, draw } => {
            numbers(draw).into_iter().map(|x| x.low(bits)).collect()
        }
        ShareOp::Bernoulli { numerator, draw } => {
            let below = |x: R| x.low(PROBABILITY_BITS).to_u128() < u128::from(numerator);
            numbers(draw).into_iter().map(|x| if below(x) { R::ONE } else { R::ZERO }).collect()
        }
        _ => return None,
    })
}

/// `count` words of the draw with this number, for a run with this seed.
pub(super) fn words(seed: u64, draw: u32, count: usize) -> Vec<u64> {
    let mut state = mix(seed ^ mix(u64::from(draw) + 1));
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
