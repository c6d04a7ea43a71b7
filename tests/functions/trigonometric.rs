//! Sine and cosine of large angles, and their cost.

use spu::prelude::*;

use crate::grids::NumberFormat;
use crate::world::{World, run};

#[spu_fn]
fn sine(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.sin()
}

#[spu_fn]
fn cosine(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.cos()
}

/// What the factor of a turn is rounded by grows with |x|: π·|x|·2^(2f − K) ulp, 0.4 at 2^25 and 0.8 at 2^26 in 2^64.
#[test]
fn angles_beyond_the_documented_range() {
    let world = World::new(NumberFormat::of(1));
    for (limit, bound) in [(2f64.powi(25), 1.8), (2f64.powi(26), 2.2)] {
        let x = world.format.linear(-limit, limit);
        world.assert_within(bound, &run!(world, sine, &x), &x, f64::sin);
        world.assert_within(bound, &run!(world, cosine, &x), &x, f64::cos);
    }
}

#[test]
fn sine_takes_three_rounds_and_449_bits() -> Result<(), Error> {
    let cost = sine::cost([64], &Network::LOCAL)?;
    assert_eq!((cost.rounds, cost.bytes.iter().sum::<u64>()), (3, 449 * 8));
    Ok(())
}
