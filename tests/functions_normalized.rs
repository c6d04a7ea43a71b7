//! Functions that normalize their argument, under ABY3 on dense grids of the whole range that the format holds.

#![allow(clippy::type_complexity, reason = "a traced function names what it returns")]

use spu::prelude::*;
use spu::{Elements, ExecutorExt, Network, Program, Target};

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

#[spu_fn]
fn over_root(y: Tensor<Secret, Fxp>, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    y * x.rsqrt_approx()
}

#[spu_fn]
fn rsqrt_approx(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.rsqrt_approx()
}

#[spu_fn]
fn whole(x: Tensor<Secret, Int>, y: Tensor<Secret, Int>) -> (Tensor<Secret, Int>, Tensor<Secret, Int>) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn whole_by_public(x: Tensor<Secret, Int>, y: Tensor<Public, Int>) -> (Tensor<Secret, Int>, Tensor<Secret, Int>) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn remainder(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x % y
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
    assert!(worst <= 1.0, "{worst}");
    let found = values(&session, &rsqrt::run(&session, &shared)?)?;
    let inverse = |x: f64| if x > 0.0 { 1.0 / x.sqrt() } else { 0.0 };
    let worst = excess(&found, x.iter().map(|&x| inverse(x)), 1.0 / 32768.0, 2.0);
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
    assert!(worst <= 1.0, "{worst}");

    let x = &numbers()[..110_000.min(numbers().len())];
    let y: Vec<f64> = (0..x.len()).map(|i| round(1.0 + 9.0 * i as f64 / x.len() as f64)).collect();
    let found = values(&session, &narrow_quotient::run(&session, &share(&session, x)?, &share(&session, &y)?)?)?;
    let worst = excess(&found, x.iter().zip(&y).map(|(x, y)| x / y), 1.0 / 32768.0, 2.0);
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
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

#[test]
fn quotients_by_constants() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x: Vec<f64> = numbers().into_iter().filter(|x| x.abs() < 2f64.powi(35)).collect();
    let found = constant_quotients::run(&session, &share(&session, &x)?)?;
    for (i, divisor) in [3.0, -0.007, 1e6, 0.125].into_iter().enumerate() {
        let quotient = found.part(|parts| parts[i])?;
        let worst = excess(&values(&session, &quotient)?, x.iter().map(|x| x / divisor), 2f64.powi(-52), 1.0 + 1e-4);
        assert!(worst <= 1.0, "{worst} by {divisor}");
    }
    Ok(())
}

#[test]
fn rough_inverse_roots() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x: Vec<f64> = numbers().into_iter().filter(|x| x.abs() < 2f64.powi(34)).collect();
    let found = values(&session, &rsqrt_approx::run(&session, &share(&session, &x)?)?)?;
    for (x, y) in x.iter().zip(&found) {
        let wanted = if *x > 0.0 { 1.0 / x.sqrt() } else { 0.0 };
        assert!((y - wanted).abs() <= wanted / 1024.0 + ULP, "1/√{x} = {y}");
    }
    Ok(())
}

/// Quotients below 2^14 of either sign, over every x: however few digits 1/√x has, the product has its own.
#[test]
fn rough_quotients_by_roots() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x: Vec<f64> = numbers().into_iter().filter(|x| x.abs() < 2f64.powi(34)).collect();
    for quotient in [0.0, 1e-3, -0.7, 3.0, -250.0, 16_000.0] {
        let y: Vec<f64> = x.iter().map(|x| (quotient * x.abs().sqrt() / ULP).round() * ULP).collect();
        let found = values(&session, &over_root::run(&session, &share(&session, &y)?, &share(&session, &x)?)?)?;
        for ((x, y), found) in x.iter().zip(&y).zip(&found) {
            let wanted = if *x > 0.0 { y / x.sqrt() } else { 0.0 };
            assert!((found - wanted).abs() <= wanted.abs() / 1024.0 + 2.0 * ULP, "{y}/√{x} = {found}, not {wanted}");
        }
    }
    Ok(())
}

/// Integers of every length below 2^40 with both signs, and 0.
fn integers() -> Vec<i64> {
    let powers = (0..40).map(|k| 1i64 << k);
    let edges = powers.flat_map(|p| [p - 1, p, p + 1]).filter(|x| *x < 1 << 40);
    let spread = (0..600).map(|i| 2f64.powf(39.99 * f64::from(i) / 600.0) as i64);
    let all: Vec<i64> = edges.chain(spread).chain([(1 << 40) - 1]).collect();
    all.iter().copied().chain(all.iter().map(|x| -x)).collect()
}

fn share_integers(session: &Session, x: &[i64]) -> Result<Shared<Tensor<Secret, Int>>, Error> {
    session.input(Party(2), [x.len()], || Ok(x.to_vec()))
}

fn revealed(session: &Session, x: &Shared<Tensor<Secret, Int>>) -> Result<Vec<i64>, Error> {
    match HostTensor::from(session.reveal(x)?).elements {
        Elements::Int(values) => Ok(values),
        _ => panic!("integers"),
    }
}

#[test]
fn integer_quotients_are_exact() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let integers = integers();
    let n = integers.len();
    let at = |i: usize| (integers[i % n], integers[(i * 31 + i / n) % n]);
    // Also dividends next to multiples of the divisor.
    let near = |i: usize| {
        let (a, b) = at(i);
        let multiple = if b == 0 { a } else { a / b * b };
        (multiple + [0, 1, -1][i % 3]).clamp(1 - (1 << 40), (1 << 40) - 1)
    };
    let y: Vec<i64> = (0..101_000).map(|i| at(i).1).collect();
    let x: Vec<i64> = (0..101_000).map(|i| if i % 2 == 0 { at(i).0 } else { near(i) }).collect();
    let (quotient, rest) =
        whole::run(&session, &share_integers(&session, &x)?, &share_integers(&session, &y)?)?.split();
    let (quotient, rest) = (revealed(&session, &quotient)?, revealed(&session, &rest)?);
    for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
        let wanted = if y == 0 { (0, x) } else { (x / y, x % y) };
        assert_eq!((quotient[i], rest[i]), wanted, "{x} and {y}");
    }
    let (x, y): (Vec<i64>, Vec<i64>) = x.into_iter().zip(y).filter(|(_, y)| *y != 0).unzip();
    let x: Vec<i64> = x.into_iter().map(|x| x << 20).collect();
    let divisors = Shared::public(HostTensor::int([y.len()], y.clone()));
    let (quotient, rest) = whole_by_public::run(&session, &share_integers(&session, &x)?, &divisors)?.split();
    let (quotient, rest) = (revealed(&session, &quotient)?, revealed(&session, &rest)?);
    for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
        assert_eq!((quotient[i], rest[i]), (x / y, x % y), "{x} and {y}");
    }
    Ok(())
}

#[test]
fn remainders_are_exact() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let integers = integers();
    let n = integers.len();
    let x: Vec<f64> = (0..101_000).map(|i| integers[i % n] as f64 * ULP).collect();
    let y: Vec<f64> = (0..101_000).map(|i| integers[(i * 17 + i / n) % n] as f64 * ULP).collect();
    let found = values(&session, &remainder::run(&session, &share(&session, &x)?, &share(&session, &y)?)?)?;
    for ((x, y), z) in x.iter().zip(&y).zip(found) {
        assert_eq!(z, if *y == 0.0 { *x } else { x % y }, "{x} and {y}");
    }
    Ok(())
}

/// The format's numbers of every length and sign in other rings, where the error is 2^(3 − f) of the value or 2 ulp.
#[test]
fn other_rings_hold_the_same_bounds() -> Result<(), Error> {
    for config in [Config::z32(), Config::z128(), Config { fraction_bits: 40, ..Config::z128() }] {
        let session = Session::local(&config)?;
        let (k, f) = (config.ring_bits as i32, config.fraction_bits as i32);
        let ulp = 2f64.powi(-f);
        let (top, relative) = (k - 2, 2f64.powi(3 - f));
        let powers = (0..top).map(|k| 2f64.powi(k));
        let spread = (0..3000).map(|i| 2f64.powf((f64::from(top) - 0.01) * f64::from(i) / 3000.0).round());
        let all: Vec<f64> = powers.chain(spread).chain([0.0, 3.0]).map(|raw| raw * ulp).collect();
        let x: Vec<f64> = all.iter().copied().chain(all.iter().map(|x| -x)).collect();
        let positive = |f: fn(f64) -> f64| move |x: f64| if x > 0.0 { f(x) } else { 0.0 };
        let check = |name: &str, found: Vec<f64>, wanted: &dyn Fn(f64) -> f64, relative: f64, units: f64| {
            let allowed = |z: f64| (relative * z.abs()).max(units * ulp);
            let worst =
                found.iter().zip(&x).map(|(y, &x)| (y - wanted(x)).abs() / allowed(wanted(x))).fold(0.0, f64::max);
            assert!(worst <= 1.0, "{name} in 2^{k} with {f}: {worst}");
        };
        let shared = share(&session, &x)?;
        let inverse = |x: f64| if x == 0.0 { 0.0 } else { 1.0 / x };
        check("reciprocal", values(&session, &reciprocal::run(&session, &shared)?)?, &inverse, relative, 2.0);
        check("sqrt", values(&session, &sqrt::run(&session, &shared)?)?, &positive(f64::sqrt), relative, 2.0);
        check(
            "rsqrt",
            values(&session, &rsqrt::run(&session, &shared)?)?,
            &positive(|x| 1.0 / x.sqrt()),
            relative,
            2.0,
        );
        check("log", values(&session, &log::run(&session, &shared)?)?, &positive(f64::ln), 0.0, 4.0);
        let n = x.len();
        let pairs = (0..3 * n).map(|i| (x[i % n], x[(i * 797 + i / n) % n]));
        let held = |(a, b): &(f64, f64)| *b == 0.0 || (a / b).abs() < 0.99 * 2f64.powi(top - f);
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.filter(held).unzip();
        let found = values(&session, &quotient::run(&session, &share(&session, &a)?, &share(&session, &b)?)?)?;
        for ((a, b), z) in a.iter().zip(&b).zip(found) {
            let wanted = a * inverse(*b);
            let allowed = (relative * wanted.abs()).max(2.0 * ulp);
            assert!((z - wanted).abs() <= allowed, "{a}/{b} = {z}, not {wanted}, in 2^{k} with {f}");
        }
    }
    Ok(())
}

#[spu_fn]
fn powers(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> [Tensor<Secret, Fxp>; 4] {
    [x.pow(y), x.pow(1.7), x.pow(3), x.pow(-2)]
}

#[spu_fn]
fn integer_powers(x: Tensor<Secret, Int>, y: Tensor<Secret, Int>) -> [Tensor<Secret, Int>; 3] {
    [x.pow(y), x.pow(y.assume(-3..=20)), x.pow(5)]
}

#[test]
fn powers_of_positive_numbers() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let n = 20_000;
    let round = |x: f64| (x / ULP).round() * ULP;
    let x: Vec<f64> =
        (0..n).map(|i| round(0.05 * 2000f64.powf(i as f64 / n as f64))).chain([0.0, 0.0, -2.0, -2.5]).collect();
    let y: Vec<f64> = (0..n).map(|i| round(-2.0 + 4.0 * (i % 97) as f64 / 97.0)).chain([0.0, 2.0, 0.0, 1.5]).collect();
    let found = powers::run(&session, &share(&session, &x)?, &share(&session, &y)?)?;
    let of = |i: usize| values(&session, &found.part(|parts| parts[i])?);
    let check = |name: &str, found: Vec<f64>, wanted: &dyn Fn(usize) -> f64, relative: f64| {
        for (i, z) in found.iter().enumerate() {
            let allowed = (relative * wanted(i).abs()).max(2.0 * ULP);
            assert!((z - wanted(i)).abs() <= allowed, "{name}: {} and {} give {z}, not {}", x[i], y[i], wanted(i));
        }
    };
    let real = |x: f64, y: f64| match (x, y) {
        (_, 0.0) => 1.0,
        (x, y) if x > 0.0 => x.powf(y),
        _ => 0.0,
    };
    check("any", of(0)?, &|i| real(x[i], y[i]), 16.0 * ULP);
    check("1.7", of(1)?, &|i| real(x[i], 1.7), 15.0 * ULP);
    // x² errs by an ulp, times x, and the cube by one more.
    for (x, z) in x.iter().zip(of(2)?) {
        assert!((z - x.powi(3)).abs() <= (1.0 + x.abs()) * ULP * 1.001, "{x}^3 = {z}");
    }
    for (x, z) in x.iter().zip(of(3)?) {
        let inverse = if *x == 0.0 { 0.0 } else { 1.0 / x };
        let allowed = 2.0 * inverse.abs() * (inverse.abs() / 32_768.0).max(2.0 * ULP) + 2.0 * ULP;
        assert!((z - inverse * inverse).abs() <= allowed, "{x}^-2 = {z}");
    }
    Ok(())
}

#[test]
fn powers_of_integers_are_exact() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x: Vec<i64> = (0..2000).map(|i| [i - 1000, i % 7 - 3, i * 1_000_003][i as usize % 3]).collect();
    let y: Vec<i64> = (0..2000).map(|i| i % 24 - 3).collect();
    let found = integer_powers::run(&session, &share_integers(&session, &x)?, &share_integers(&session, &y)?)?;
    let of = |i: usize| revealed(&session, &found.part(|parts| parts[i])?);
    let power = |x: i64, y: i64| if y < 0 { 0 } else { x.wrapping_pow(y as u32) };
    let wanted: Vec<i64> = x.iter().zip(&y).map(|(&x, &y)| power(x, y)).collect();
    assert_eq!(of(0)?, wanted);
    assert_eq!(of(1)?, wanted);
    assert_eq!(of(2)?, x.iter().map(|&x| power(x, 5)).collect::<Vec<_>>());
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
        cost(&quotient::program(n, n).unwrap(), 18),
        cost(&bounded_quotient::program(n, n).unwrap(), 19),
        cost(&narrow_quotient::program(n, n).unwrap(), 9),
        cost(&public_quotient::program(n, n).unwrap(), 4),
        cost(&all_of_one::program(n).unwrap(), 19),
    ];
    assert_eq!(costs, [3719, 4116, 4576, 4518, 4696, 2867, 7027, 495, 7943]);
    let (rough, whole) = (rsqrt_approx::program(n).unwrap(), whole::program(n, n).unwrap());
    let quotient = over_root::program(n, n).unwrap();
    let costs = [&rough, &quotient, &whole, &whole_by_public::program(n, n).unwrap()].map(|program| {
        let cost = Network::LOCAL.cost(program).unwrap();
        (cost.rounds, 8 * cost.bytes.iter().sum::<u64>() / N as u64)
    });
    assert_eq!(costs, [(15, 3666), (15, 3912), (38, 10_788), (12, 3467)]);
}
