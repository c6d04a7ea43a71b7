//! Functions that normalize their argument, under ABY3 on dense grids of the whole range that the format holds.

use spu::prelude::*;
use spu::{ExecutorExt, Network, Program, Target};

/// Elements of a program whose cost is looked at.
const N: usize = 12_288;
const ULP: f64 = 1.0 / 262_144.0;

#[spu_fn]
fn reciprocal(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.reciprocal()
}

#[spu_fn]
fn sqrt(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.sqrt()
}

#[spu_fn]
fn rsqrt(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.rsqrt()
}

#[spu_fn]
fn log(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.ln()
}

#[spu_fn]
fn all_of_one(
    x: Tensor<Secret, Fxp>,
) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>, Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    (x.reciprocal(), x.sqrt(), x.rsqrt(), x.ln())
}

#[spu_fn]
fn quotient(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x / y
}

#[spu_fn]
fn bounded_quotient(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(-1000.0..=1000.0) / y.assume(0.01..=1000.0)
}

#[spu_fn]
fn narrow_quotient(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x / y.assume(1.0..=10.0)
}

#[spu_fn]
fn public_quotient(x: Tensor<Secret, Fxp>, y: Tensor<Public, Fxp>) -> Tensor<Secret, Fxp> {
    x / y
}

#[spu_fn]
fn constant_quotients(x: Tensor<Secret, Fxp>) -> [Tensor<Secret, Fxp>; 4] {
    [x / 3.0, x / -0.007, x / 1e6, x / 0.125]
}

/// Lengths of all of the format, geometrically: of numbers of the format, edges among them.
fn magnitudes() -> Vec<f64> {
    let powers = (0..62).map(|k| 2f64.powi(k));
    let edges = powers.flat_map(|p| [p - 1.0, p, p + 1.0]).chain([2f64.powi(62) - 2f64.powi(10)]);
    let spread = (0..50_100).map(|i| 2f64.powf(61.99 * f64::from(i) / 50_100.0).round());
    edges.chain(spread).map(|raw| raw * ULP).collect()
}

/// Both signs of [`magnitudes`].
fn numbers() -> Vec<f64> {
    let magnitudes = magnitudes();
    let negated: Vec<f64> = magnitudes.iter().map(|x| -x).collect();
    [magnitudes, negated].concat()
}

fn share(session: &Session, x: &[f64]) -> Result<Shared<Tensor<Secret, Fxp>>, Error> {
    session.input(Party(1), [x.len()], || Ok(x.to_vec()))
}

fn values(session: &Session, x: &Shared<Tensor<Secret, Fxp>>) -> Result<Vec<f64>, Error> {
    Ok(HostTensor::from(session.reveal(x)?).elements.to_f64())
}

/// The largest error, as a part of what the bound allows: `relative` of the value, or `ulp` units if that is more.
fn excess(found: &[f64], wanted: impl Iterator<Item = f64>, relative: f64, ulp: f64) -> f64 {
    let errors = found.iter().zip(wanted).map(|(y, z)| (y - z).abs() / (relative * z.abs()).max(ulp * ULP));
    errors.fold(0.0, f64::max)
}

fn cost(program: &Program, rounds: u64) -> u64 {
    let cost = Network::LOCAL.cost(program).unwrap();
    assert_eq!(cost.rounds, rounds);
    let bits = 8 * cost.bytes.iter().sum::<u64>();
    assert_eq!(bits % N as u64, 0);
    bits / N as u64
}

#[test]
fn reciprocals_of_every_length_and_sign() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = numbers();
    assert!(x.len() > 100_000);
    let found = values(&session, &reciprocal::run(&session, &share(&session, &x)?)?)?;
    let inverse = |x: f64| if x == 0.0 { 0.0 } else { 1.0 / x };
    for (x, y) in x.iter().zip(&found) {
        assert!((y - inverse(*x)).abs() <= (inverse(*x).abs() / 32768.0).max(2.0 * ULP), "1/{x} = {y}");
    }
    println!("reciprocal {}", excess(&found, x.iter().map(|&x| inverse(x)), 1.0 / 32768.0, 2.0));
    Ok(())
}

#[test]
fn roots_of_every_length() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = numbers();
    let shared = share(&session, &x)?;
    let root = |x: f64| x.max(0.0).sqrt();
    let found = values(&session, &sqrt::run(&session, &shared)?)?;
    let worst = excess(&found, x.iter().map(|&x| root(x)), 1.0 / 32768.0, 2.0);
    println!("sqrt {worst}");
    assert!(worst <= 1.0, "{worst}");
    let found = values(&session, &rsqrt::run(&session, &shared)?)?;
    let inverse = |x: f64| if x > 0.0 { 1.0 / x.sqrt() } else { 0.0 };
    let worst = excess(&found, x.iter().map(|&x| inverse(x)), 1.0 / 32768.0, 2.0);
    println!("rsqrt {worst}");
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

#[test]
fn logarithms_of_every_length() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = numbers();
    let found = values(&session, &log::run(&session, &share(&session, &x)?)?)?;
    let wanted = |x: f64| if x > 0.0 { x.ln() } else { 0.0 };
    let worst = excess(&found, x.iter().map(|&x| wanted(x)), 0.0, 4.0);
    println!("log {worst}");
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

#[test]
fn functions_of_one_value_share_its_normalization() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = numbers();
    let (inverse, root, inverse_root, log) = all_of_one::run(&session, &share(&session, &x)?)?.split();
    let check = |found: &Shared<Tensor<Secret, Fxp>>, f: &dyn Fn(f64) -> f64, relative: f64, ulp: f64| {
        let worst = excess(&values(&session, found)?, x.iter().map(|&x| f(x)), relative, ulp);
        println!("shared {worst}");
        assert!(worst <= 1.0, "{worst}");
        Ok::<(), Error>(())
    };
    let positive = |f: fn(f64) -> f64| move |x: f64| if x > 0.0 { f(x) } else { 0.0 };
    check(&inverse, &|x| if x == 0.0 { 0.0 } else { 1.0 / x }, 1.0 / 32768.0, 2.0)?;
    check(&root, &positive(f64::sqrt), 1.0 / 32768.0, 2.0)?;
    check(&inverse_root, &positive(|x| 1.0 / x.sqrt()), 1.0 / 32768.0, 2.0)?;
    check(&log, &positive(f64::ln), 0.0, 4.0)
}

/// Pairs whose quotient the format holds: all lengths of both, all signs, and quotients near the ends.
fn pairs() -> (Vec<f64>, Vec<f64>) {
    let numbers = numbers();
    let n = numbers.len();
    let all = (0..2 * n).map(|i| (numbers[i % n], numbers[(i * 7919 + i / n) % n]));
    let held = all.filter(|(a, b)| *b == 0.0 || (a / b).abs() < 2f64.powi(44) - 2f64.powi(28));
    held.take(130_000).unzip()
}

#[test]
fn quotients_of_every_length() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let (x, y) = pairs();
    assert!(x.len() > 100_000, "{}", x.len());
    let quotient_of = |x: f64, y: f64| if y == 0.0 { 0.0 } else { x / y };
    let found = values(&session, &quotient::run(&session, &share(&session, &x)?, &share(&session, &y)?)?)?;
    for ((x, y), z) in x.iter().zip(&y).zip(&found) {
        let wanted = quotient_of(*x, *y);
        assert!((z - wanted).abs() <= (wanted.abs() / 32768.0).max(2.0 * ULP), "{x}/{y} = {z}, not {wanted}");
    }
    let worst = excess(&found, x.iter().zip(&y).map(|(&x, &y)| quotient_of(x, y)), 1.0 / 32768.0, 2.0);
    println!("quotient {worst}");
    Ok(())
}

#[test]
fn quotients_of_known_ranges() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let n = 110_000;
    let round = |x: f64| (x / ULP).round() * ULP;
    let x: Vec<f64> = (0..n)
        .map(|i| round(1000.0 * (0.001 + f64::from(i % 331) / 331.0) * if i % 2 == 0 { 1.0 } else { -1.0 }))
        .collect();
    let y: Vec<f64> = (0..n).map(|i| round(0.01 * 99_999f64.powf(f64::from(i) / f64::from(n)))).collect();
    let found = values(&session, &bounded_quotient::run(&session, &share(&session, &x)?, &share(&session, &y)?)?)?;
    let worst = excess(&found, x.iter().zip(&y).map(|(x, y)| x / y), 1.0 / 32768.0, 2.0);
    println!("bounded {worst}");
    assert!(worst <= 1.0, "{worst}");

    let x = &numbers()[..110_000.min(numbers().len())];
    let y: Vec<f64> = (0..x.len()).map(|i| round(1.0 + 9.0 * i as f64 / x.len() as f64)).collect();
    let found = values(&session, &narrow_quotient::run(&session, &share(&session, x)?, &share(&session, &y)?)?)?;
    let worst = excess(&found, x.iter().zip(&y).map(|(x, y)| x / y), 1.0 / 32768.0, 2.0);
    println!("narrow {worst}");
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

#[test]
fn quotients_by_public_numbers() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let (x, y): (Vec<f64>, Vec<f64>) = {
        let (x, y) = pairs();
        x.into_iter().zip(y).filter(|(_, y)| *y != 0.0).unzip()
    };
    let divisors = Shared::public(HostTensor::fxp([y.len()], y.clone()));
    let found = values(&session, &public_quotient::run(&session, &share(&session, &x)?, &divisors)?)?;
    let wanted = x.iter().zip(&y).map(|(x, y)| x / y);
    // The last bits of large quotients are beyond the f64s that are compared.
    let worst = excess(&found, wanted, 2f64.powi(-52), 1.0 + 1e-4);
    println!("public {worst}");
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

#[test]
fn costs_are_those_promised() {
    let n = [N];
    let costs = [
        cost(&reciprocal::program(n).unwrap(), 19),
        cost(&rsqrt::program(n).unwrap(), 19),
        cost(&sqrt::program(n).unwrap(), 19),
        cost(&log::program(n).unwrap(), 18),
        cost(&quotient::program(n, n).unwrap(), 19),
        cost(&bounded_quotient::program(n, n).unwrap(), 19),
        cost(&narrow_quotient::program(n, n).unwrap(), 9),
        cost(&public_quotient::program(n, n).unwrap(), 4),
        cost(&all_of_one::program(n).unwrap(), 19),
    ];
    assert_eq!(costs, [0; 9]);
}
