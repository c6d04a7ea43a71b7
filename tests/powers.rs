//! Powers of negative numbers: the same whoever knows the exponent, and when.

use spu::prelude::*;
use spu::{Evaluator, Executor};

#[spu_fn]
fn powers(
    x: Tensor<Secret, Fxp>,
    secret: Tensor<Secret, Fxp>,
    public: Tensor<Public, Fxp>,
) -> [Tensor<Public, Fxp>; 2] {
    [x.pow(secret).reveal(), x.pow(public).reveal()]
}

/// Exponents that stand in the program, and those that the optimizer finds to be constant.
#[spu_fn]
fn constant_powers(x: Tensor<Secret, Fxp>) -> [Tensor<Public, Fxp>; 8] {
    let found = |y: f64| Tensor::<Public, Fxp>::constant(y - 0.25) + 0.25;
    [
        x.pow(3.0).reveal(),
        x.pow(found(3.0)).reveal(),
        x.pow(-2).reveal(),
        x.pow(found(-2.0)).reveal(),
        x.pow(1.5).reveal(),
        x.pow(found(1.5)).reveal(),
        x.pow(-0.5).reveal(),
        x.pow(found(-0.5)).reveal(),
    ]
}

/// x^y, 0 where it is not real, or infinite.
fn exact(x: f64, y: f64) -> f64 {
    match (x, y) {
        (_, 0.0) => 1.0,
        (0.0, _) => 0.0,
        (x, y) if x > 0.0 => x.powf(y),
        (x, y) if y.fract() != 0.0 => x * 0.0,
        (x, y) if y % 2.0 == 0.0 => x.abs().powf(y),
        (x, y) => -x.abs().powf(y),
    }
}

fn near(found: Vec<f64>, x: &[f64], y: impl Fn(usize) -> f64, f: i32, name: &str) {
    let ulp = 0.5f64.powi(f);
    for (i, found) in found.into_iter().enumerate() {
        let (y, exact) = (y(i), exact(x[i], y(i)));
        // The larger of 2^−15 and 4·|y| + 8 units; of products, each factor's unit times the others.
        let relative = 2f64.powi(-15).max((4.0 * y.abs() + 8.0) * ulp);
        let allowed = relative * exact.abs() + (2.0 + 4.0 * exact.abs()) * ulp;
        assert!(
            (found - exact).abs() <= allowed,
            "{name}: {}^{y} is {found}, not {exact}, with {f} fraction bits",
            x[i]
        );
    }
}

/// The same under every kind of session and in every ring; `f` is the number of fraction bits.
fn everywhere(run: impl Fn(&dyn Executor, i32) -> Result<(), Error>) -> Result<(), Error> {
    run(&Evaluator::new(), 40)?;
    for (config, f) in [(Config::default(), 18), (Config::z32(), 8), (Config::z128(), 26)] {
        run(&Session::local(&config)?, f)?;
        run(&Session::plain(&config)?, f)?;
    }
    Ok(())
}

const BASES: [f64; 9] = [-3.0, -1.75, -1.0, -0.5, 0.0, 0.5, 1.0, 1.25, 2.5];

#[test]
fn nobody_sees_who_knows_the_exponent() -> Result<(), Error> {
    let exponents = [-3.0, -2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.5, 2.0, 3.0, 3.25];
    let pairs: Vec<(f64, f64)> = BASES.iter().flat_map(|&x| exponents.map(|y| (x, y))).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    everywhere(|session, f| {
        let shared = |values: &Vec<f64>| {
            session.input::<Tensor<Secret, Fxp>, _>(Party(0), [values.len()], || Ok(values.clone()))
        };
        let results =
            powers::run(session, &shared(&x)?, &shared(&y)?, &Shared::<Tensor<Public, Fxp>>::public(y.clone()))?;
        for (i, name) in ["secret", "public"].into_iter().enumerate() {
            near(results.part(|parts| parts[i])?.to_host().elements.to_f64(), &x, |i| y[i], f, name);
        }
        Ok(())
    })
}

#[test]
fn nor_whether_it_is_constant() -> Result<(), Error> {
    everywhere(|session, f| {
        let x = session.input::<Tensor<Secret, Fxp>, _>(Party(1), [BASES.len()], || Ok(BASES.to_vec()))?;
        let results = constant_powers::run(session, &x)?;
        for (i, y) in [3.0, 3.0, -2.0, -2.0, 1.5, 1.5, -0.5, -0.5].into_iter().enumerate() {
            near(results.part(|parts| parts[i])?.to_host().elements.to_f64(), &BASES, |_| y, f, "constant");
        }
        Ok(())
    })
}
