//! How the oracle truncates: as the parties do, or always down.

use super::random::words;
use crate::ring::Ring;

/// The rule by which a truncation by s bits rounds z.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rounding {
    /// ⌊z/2^s⌋.
    Down,
    /// ⌊z/2^s⌋ + [z mod 2^s > C] with C uniform below 2^s, which the seed of the run decides: what
    /// [truncation](mod@crate::aby3::truncate) realizes. A training on numbers that are always rounded down drifts: thousands of small gradients, each half a unit too low,
    /// are a gradient of their own.
    Fair {
        /// The seed of the run.
        seed: u64,
    },
}

impl Rounding {
    /// The elements of the `node`-th node's operand, truncated.
    pub(super) fn truncate<R: Ring>(self, node: usize, x: &[R], shift: u32) -> Vec<R> {
        let down = |v: &R| v.signed() >> shift;
        let Self::Fair { seed } = self else {
            return x.iter().map(|v| R::from_i128(down(v))).collect();
        };
        let low = (1i128 << shift) - 1;
        let thresholds = words(seed, ROUNDINGS + node as u32, 2 * x.len());
        let threshold = |w: &[u64]| (i128::from(w[0]) << 63 ^ i128::from(w[1] >> 1)) & low;
        let pairs = x.iter().zip(thresholds.chunks_exact(2));
        pairs.map(|(v, w)| R::from_i128(down(v) + i128::from(v.signed() & low > threshold(w)))).collect()
    }
}

/// Draws of a program are numbered from 0; those of its truncations from here.
const ROUNDINGS: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_is_the_floor() {
        let x = [-5i128, -4, -1, 0, 3, 4].map(<u64 as Ring>::from_i128);
        let down: Vec<i128> = Rounding::Down.truncate(0, &x, 2).iter().map(|v| v.signed()).collect();
        assert_eq!(down, [-2, -1, -1, 0, 0, 1]);
    }

    /// The mean of n roundings of k + p is k + p, give or take six standard deviations √(p(1 − p)/n); multiples stay as they are.
    #[test]
    fn fair_is_right_in_the_mean() {
        const N: usize = 40_000;
        for (value, shift) in [(-5i128, 2u32), (3, 3), (1 << 17, 18), (-1, 18), (12_345_678_901, 30)] {
            let x = vec![<u64 as Ring>::from_i128(value); N];
            let rounded = Rounding::Fair { seed: 7 }.truncate(3, &x, shift);
            let sum: i128 = rounded.iter().map(|v| v.signed()).sum();
            let exact = value as f64 / 2f64.powi(shift as i32);
            let p = exact - exact.floor();
            let deviation = (p * (1.0 - p) / N as f64).sqrt();
            assert!((sum as f64 / N as f64 - exact).abs() <= 6.0 * deviation + 1e-12, "{value} >> {shift}");
            assert!(rounded.iter().all(|v| (v.signed() - (value >> shift)) as u128 <= 1));
        }
        let whole = Rounding::Fair { seed: 7 }.truncate(3, &[<u64 as Ring>::from_i128(-8)], 2);
        assert_eq!(whole[0].signed(), -2);
    }
}
