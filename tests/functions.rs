//! Functions under ABY3 on dense grids: their documented errors hold.

use spu::ExecutorExt;
use spu::prelude::*;

const POINTS: usize = 100_000;
const ULP: f64 = 1.0 / 262_144.0;

#[spu_fn]
fn inverse_and_log(x: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    let x = x.assume(1.0..=10.0);
    (x.reciprocal().reveal(), x.ln().reveal())
}

#[spu_fn]
fn decay(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    x.assume(..=0.0).exp().reveal()
}

#[spu_fn]
fn back_and_forth(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    x.assume(0.5..=1.0).ln().exp().reveal()
}

#[spu_fn]
fn order(
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Fxp>,
) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>, Tensor<Public, Bool>) {
    let (larger, chosen) = (x.maximum(y), select(x.lt(y), x, y));
    (larger.reveal(), chosen.reveal(), x.equal(y).reveal())
}

/// Values of the format, evenly from `lo` to `hi`.
fn grid(lo: f64, hi: f64) -> Vec<f64> {
    let at = |i: usize| lo + (hi - lo) * i as f64 / (POINTS - 1) as f64;
    (0..POINTS).map(|i| (at(i) / ULP).round() * ULP).collect()
}

fn share(session: &Session, x: &[f64]) -> Result<Shared<Tensor<Secret, Fxp>>, Error> {
    session.input(Party(0), [x.len()], || Ok(x.to_vec()))
}

fn values(tensor: &Shared<Tensor<Public, Fxp>>) -> Vec<f64> {
    tensor.to_host().elements.to_f64()
}

fn worst(found: &[f64], x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    assert_eq!(found.len(), x.len());
    found.iter().zip(x).map(|(y, &x)| (y - f(x)).abs() / ULP).fold(0.0, f64::max)
}

#[test]
fn inverse_and_log_on_a_known_range() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = grid(1.0, 10.0);
    let (inverse, log) = inverse_and_log::run(&session, &share(&session, &x)?)?.split();
    // 2^-15 of at most 1, and 2^-16, and two units each.
    assert!(worst(&values(&inverse), &x, |x| 1.0 / x) < 10.0);
    assert!(worst(&values(&log), &x, f64::ln) < 6.0);
    Ok(())
}

#[test]
fn exponentials_of_the_whole_negative_range() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let near = grid(-17.0, 0.0);
    let y = values(&decay::run(&session, &share(&session, &near)?)?);
    assert!(worst(&y, &near, f64::exp) < 1.5);
    let far: Vec<f64> = (4..43).map(|k| -(2f64.powi(k))).chain([-1000.0, -1e9]).collect();
    assert!(values(&decay::run(&session, &share(&session, &far)?)?).iter().all(|&y| y == 0.0));
    Ok(())
}

/// ln 1 may be one unit above 0, where the bound that the compiler knows is 0: e^x has room for that.
#[test]
fn an_exponent_may_err_by_a_few_units() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x: Vec<f64> = (0..POINTS).map(|i| 1.0 - (i % 4) as f64 * ULP).collect();
    let y = values(&back_and_forth::run(&session, &share(&session, &x)?)?);
    assert!(worst(&y, &x, |x| x) < 8.0);
    Ok(())
}

#[test]
fn order_is_exact() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = grid(-1e6, 1e6);
    let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| x + [0.0, ULP, -ULP, 1e5, -1e5][i % 5]).collect();
    let (larger, smaller, equal) = order::run(&session, &share(&session, &x)?, &share(&session, &y)?)?.split();
    let (larger, smaller, equal) = (values(&larger), values(&smaller), equal.to_host().elements.to_f64());
    for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
        assert_eq!((larger[i], smaller[i], equal[i] != 0.0), (x.max(y), x.min(y), x == y));
    }
    Ok(())
}
