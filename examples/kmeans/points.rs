//! The points that two parties have: groups in the plane, drawn from a seed so that everybody can repeat the run.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// `count` points of party 0 or 1, row by row, around `clusters` places on a circle of radius 4.
pub(crate) fn draw(seed: u64, party: usize, count: usize, clusters: usize) -> Vec<f64> {
    let mut draws = ChaCha20Rng::seed_from_u64(seed);
    draws.set_stream(party as u64);
    let spread = 4.0 / clusters as f64;
    let point = |_| {
        let angle = std::f64::consts::TAU * draws.random_range(0..clusters) as f64 / clusters as f64;
        [angle.cos(), angle.sin()].map(|place| 4.0 * place + spread * draws.random_range(-1.0..1.0))
    };
    (0..count).flat_map(point).collect()
}

/// How many coordinates a point has.
pub(crate) const DIMENSIONS: usize = 2;
