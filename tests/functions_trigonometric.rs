//! Sine, cosine and angles under ABY3 on dense grids: their documented errors hold, in every ring.

use spu::ExecutorExt;
use spu::prelude::*;

const POINTS: usize = 100_000;

#[spu_fn]
fn circle(x: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    (x.sin().reveal(), x.cos().reveal())
}

#[spu_fn]
fn sine(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.sin()
}

#[spu_fn]
fn angle(y: Tensor<Secret, Fxp>, x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    y.atan2(x).reveal()
}

fn values(tensor: &Shared<Tensor<Public, Fxp>>) -> Vec<f64> {
    tensor.to_host().elements.to_f64()
}

/// Largest errors of sine and cosine in ulp, on `points` values evenly from −`limit` to `limit`.
fn errors(config: &Config, limit: f64, points: usize) -> Result<(f64, f64), Error> {
    let session = Session::local(config)?;
    let ulp = (-f64::from(config.fraction_bits)).exp2();
    let at = |i: usize| limit * (2.0 * i as f64 / (points - 1) as f64 - 1.0);
    let x: Vec<f64> = (0..points).map(|i| (at(i) / ulp).round() * ulp).collect();
    let shared = session.input(Party(0), [points], || Ok(x.clone()))?;
    let (sin, cos) = circle::run(&session, &shared)?.split();
    let worst = |found: Vec<f64>, f: fn(f64) -> f64| {
        found.iter().zip(&x).map(|(y, &x)| (y - f(x)).abs() / ulp).fold(0.0, f64::max)
    };
    Ok((worst(values(&sin), f64::sin), worst(values(&cos), f64::cos)))
}

#[test]
fn sine_and_cosine() -> Result<(), Error> {
    let z128 = |fraction_bits| Config { fraction_bits, ..Config::z128() };
    for (config, points) in [(Config::z64(), POINTS), (Config::z32(), POINTS), (z128(26), 4000), (z128(40), 1000)] {
        for limit in [1024.0, 3.5] {
            let (sin, cos) = errors(&config, limit, points)?;
            assert!(sin < 1.4 && cos < 1.4, "{sin} {cos} in 2^{} at {}", config.ring_bits, config.fraction_bits);
        }
    }
    // What the factor of a turn is rounded by grows with |x|: 0.8 ulp at 2^25.
    let (sin, cos) = errors(&Config::z64(), 33_554_432.0, 20_000)?;
    assert!(sin < 2.0 && cos < 2.0, "{sin} {cos}");
    Ok(())
}

#[test]
fn sine_takes_three_rounds_and_449_bits() -> Result<(), Error> {
    let cost = sine::cost([64], &Network::LOCAL)?;
    assert_eq!((cost.rounds, cost.bytes.iter().sum::<u64>()), (3, 449 * 8));
    Ok(())
}

/// Points all around the origin, near and far, on the axes and the diagonals.
fn points(config: &Config, count: usize) -> Vec<(f64, f64)> {
    let ulp = (-f64::from(config.fraction_bits)).exp2();
    let radii = [0.5, 1.0, 700.0, 64.0 * ulp];
    let around = (0..count).map(|i| {
        let (angle, radius) = (i as f64 * 0.01, radii[i % 4]);
        (radius * angle.sin(), radius * angle.cos())
    });
    let axes = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (2.0, 2.0), (2.0, -2.0), (-2.0, -2.0), (0.0, 0.0)];
    // No −0, whose angle would be −π.
    let round = |v: f64| (v / ulp).round() * ulp + 0.0;
    axes.into_iter().chain(around).map(|(y, x)| (round(y), round(x))).collect()
}

#[test]
fn angles_of_points() -> Result<(), Error> {
    let z128 = |fraction_bits| Config { fraction_bits, ..Config::z128() };
    for (config, count) in [(Config::z64(), POINTS), (Config::z32(), 20_000), (z128(26), 2000), (z128(40), 500)] {
        let session = Session::local(&config)?;
        let (y, x): (Vec<f64>, Vec<f64>) = points(&config, count).into_iter().unzip();
        let share = |v: &[f64]| session.input(Party(0), [v.len()], || Ok(v.to_vec()));
        let found = values(&angle::run(&session, &share(&y)?, &share(&x)?)?);
        let ulp = (-f64::from(config.fraction_bits)).exp2();
        let errors = found.iter().zip(y.iter().zip(&x)).map(|(found, (y, x))| (found - y.atan2(*x)).abs() / ulp);
        let worst = errors.fold(0.0, f64::max);
        // Polynomials of 2^128 have 38 bits.
        let bound = f64::max(6.0, 2f64.powi(-36) / ulp);
        assert!(worst < bound, "{worst} in 2^{} at {}", config.ring_bits, config.fraction_bits);
        assert_eq!((found[0], found[7]), (0.0, 0.0), "the axis and the origin");
    }
    Ok(())
}
