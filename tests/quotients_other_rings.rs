//! Quotients, remainders and powers in 2^32 and 2^128: exact, or within their documented errors.

use spu::prelude::*;
use spu::{Elements, ExecutorExt};

type Fixed = Tensor<Secret, Fxp>;
type Whole = Tensor<Secret, Int>;

#[spu_fn]
fn divided(x: Whole, y: Whole) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn divided_by_public(x: Whole, y: Tensor<Public, Int>) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn remainder(x: Fixed, y: Fixed) -> Fixed {
    x % y
}

#[spu_fn]
fn quotient(x: Fixed, y: Tensor<Public, Fxp>) -> Fixed {
    x / y
}

#[spu_fn]
fn quotients(x: Fixed) -> (Fixed, Fixed) {
    (x / 3.0, x / -0.25)
}

#[spu_fn]
fn powers(x: Fixed, y: Fixed) -> (Fixed, Fixed) {
    (x.pow(y), x.pow(3))
}

#[spu_fn]
fn whole_powers(x: Whole, y: Whole) -> (Whole, Whole) {
    (x.pow(y), x.pow(5))
}

fn configs() -> [Config; 3] {
    [Config::z32(), Config::z128(), Config { fraction_bits: 40, ..Config::z128() }]
}

/// Integers of every length below 2^`bits` with both signs, and 0.
fn integers(bits: u32) -> Vec<i64> {
    let edges = (0..bits).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]).filter(|x: &i64| *x < 1 << bits);
    let spread = (0..400).map(|i| 2f64.powf(0.999 * f64::from(bits) * f64::from(i) / 400.0) as i64);
    let all: Vec<i64> = edges.chain(spread).chain([(1 << bits) - 1]).collect();
    all.iter().copied().chain(all.iter().map(|x| -x)).collect()
}

/// Many pairs of them; every second dividend is next to a multiple of its divisor, or is one.
fn pairs(bits: u32) -> (Vec<i64>, Vec<i64>) {
    let all = integers(bits);
    let (n, most) = (all.len(), (1 << bits) - 1);
    let pair = |i: usize| {
        let (x, y) = (all[i % n], all[(i * 31 + i / n) % n]);
        match y {
            0 => (x, y),
            _ if i.is_multiple_of(2) => (x, y),
            _ => ((x / y * y + [0, 1, -1][i % 3]).clamp(-most, most), y),
        }
    };
    (0..20_000).map(pair).unzip()
}

/// What the format reads of `raw` units.
fn numbers(config: &Config, raw: &[i64]) -> Vec<f64> {
    raw.iter().map(|&raw| raw as f64 * unit(config)).collect()
}

fn unit(config: &Config) -> f64 {
    2f64.powi(-(config.fraction_bits as i32))
}

fn share(session: &Session, x: &[f64]) -> Shared<Fixed> {
    session.input(Party(1), [x.len()], || Ok(x.to_vec())).unwrap()
}

fn share_whole(session: &Session, x: &[i64]) -> Shared<Whole> {
    session.input(Party(2), [x.len()], || Ok(x.to_vec())).unwrap()
}

fn reals(session: &Session, x: &Shared<Fixed>) -> Vec<f64> {
    session.reveal(x).unwrap().values()
}

fn whole(session: &Session, x: &Shared<Whole>) -> Vec<i64> {
    match HostTensor::from(session.reveal(x).unwrap()).elements {
        Elements::Int(values) => values,
        _ => panic!("integers"),
    }
}

/// Exact below 2^18 in the ring of 2^32; below 2^80, so for whatever the host's `i64` holds safely, in that of 2^128.
#[test]
fn integer_quotients_by_secrets_are_exact() {
    for config in configs() {
        let session = Session::local(&config).unwrap();
        let (x, y) = pairs(if config.ring_bits == 32 { 18 } else { 62 });
        let (quotient, rest) =
            divided::run(&session, &share_whole(&session, &x), &share_whole(&session, &y)).unwrap().split();
        let (quotient, rest) = (whole(&session, &quotient), whole(&session, &rest));
        for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
            let wanted = if y == 0 { (0, x) } else { (x / y, x % y) };
            assert_eq!((quotient[i], rest[i]), wanted, "{x} and {y} in 2^{}", config.ring_bits);
        }
    }
}

/// Exact for all integers of the safe range.
#[test]
fn integer_quotients_by_public_numbers_are_exact() {
    for config in configs() {
        let session = Session::local(&config).unwrap();
        let (x, y) = pairs(if config.ring_bits == 32 { 30 } else { 62 });
        let (x, y): (Vec<i64>, Vec<i64>) = x.into_iter().zip(y).filter(|(_, y)| *y != 0).unzip();
        let divisors = Shared::public(HostTensor::int([y.len()], y.clone()));
        let (quotient, rest) = divided_by_public::run(&session, &share_whole(&session, &x), &divisors).unwrap().split();
        let (quotient, rest) = (whole(&session, &quotient), whole(&session, &rest));
        for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
            assert_eq!((quotient[i], rest[i]), (x / y, x % y), "{x} and {y} in 2^{}", config.ring_bits);
        }
    }
}

/// Fixed-point remainders are those of the ring elements, which an `f64` of 53 bits gives exactly.
#[test]
fn remainders_are_exact() {
    for config in configs() {
        let session = Session::local(&config).unwrap();
        let (x, y) = pairs(if config.ring_bits == 32 { 18 } else { 53 });
        let [x, y] = [x, y].map(|raw| numbers(&config, &raw));
        let found = remainder::run(&session, &share(&session, &x), &share(&session, &y)).unwrap();
        for ((x, y), found) in x.iter().zip(&y).zip(reals(&session, &found)) {
            assert_eq!(found, if *y == 0.0 { *x } else { x % y }, "{x} and {y} in 2^{}", config.ring_bits);
        }
    }
}

/// Within an ulp of the true quotient, and 2^−7 of one for the reciprocals' rounding.
#[test]
fn quotients_by_public_numbers() {
    for config in configs() {
        let (session, unit) = (Session::local(&config).unwrap(), unit(&config));
        let largest = 2f64.powi(config.ring_bits as i32 - 2) * unit;
        let (x, y) = pairs(if config.ring_bits == 32 { 30 } else { 62 });
        let [x, y] = [x, y].map(|raw| numbers(&config, &raw));
        let held = |(x, y): &(f64, f64)| *y != 0.0 && (x / y).abs() < 0.99 * largest;
        let (x, y): (Vec<f64>, Vec<f64>) = x.into_iter().zip(y).filter(held).unzip();
        let check = |found: Vec<f64>, y: &dyn Fn(usize) -> f64| {
            for (i, (x, found)) in x.iter().zip(found).enumerate() {
                let wanted = x / y(i);
                // The last bits of large quotients are beyond the f64s that are compared.
                let allowed = (1.0 + 2f64.powi(-7)) * unit + 2f64.powi(-52) * wanted.abs();
                assert!((found - wanted).abs() <= allowed, "{x} / {} is not {found} in 2^{}", y(i), config.ring_bits);
            }
        };
        let shared = share(&session, &x);
        let divisors = Shared::public(HostTensor::fxp([y.len()], y.clone()));
        check(reals(&session, &quotient::run(&session, &shared, &divisors).unwrap()), &|i| y[i]);
        let small: Vec<f64> = x.iter().map(|x| (x / unit / 4.0).trunc() * unit).collect();
        let (third, fourth) = quotients::run(&session, &share(&session, &small)).unwrap().split();
        for ((x, third), fourth) in small.iter().zip(reals(&session, &third)).zip(reals(&session, &fourth)) {
            let allowed = (1.0 + 2f64.powi(-7)) * unit + 2f64.powi(-52) * x.abs();
            assert!((third - x / 3.0).abs() <= allowed, "{x} / 3 is not {third} in 2^{}", config.ring_bits);
            assert_eq!(fourth, -4.0 * x, "a power of two is exact in 2^{}", config.ring_bits);
        }
    }
}

/// A power by logarithm errs by 2^−15 and 4·|y| + 1 units, relatively, or by two units; a cube errs by a unit times x, and by one more.
#[test]
fn powers_of_numbers() {
    for config in configs() {
        let (session, unit) = (Session::local(&config).unwrap(), unit(&config));
        let round = |x: f64| (x / unit).round() * unit;
        let n = 4000;
        let x: Vec<f64> =
            (0..n).map(|i| round(0.125 * 128f64.powf(i as f64 / n as f64))).chain([0.0, 0.0, -2.0, -2.5]).collect();
        let y: Vec<f64> =
            (0..n).map(|i| round(-2.0 + 4.0 * (i % 97) as f64 / 97.0)).chain([0.0, 2.0, 0.0, 1.5]).collect();
        let (real, cube) = powers::run(&session, &share(&session, &x), &share(&session, &y)).unwrap().split();
        let pairs = x.iter().copied().zip(y.iter().copied());
        for (((x, y), real), cube) in pairs.zip(reals(&session, &real)).zip(reals(&session, &cube)) {
            let wanted = match (x, y) {
                (_, 0.0) => 1.0,
                (x, y) if x > 0.0 => x.powf(y),
                _ => 0.0,
            };
            let relative = 2f64.powi(-15) + (4.0 * y.abs() + 1.0) * unit;
            let allowed = (relative * wanted).max(2.0 * unit);
            assert!((real - wanted).abs() <= allowed, "{x}^{y} is not {real} but {wanted} in 2^{}", config.ring_bits);
            let allowed = (1.0 + x.abs()) * unit * (1.0 + 1e-9) + 2f64.powi(-52) * cube.abs();
            assert!((cube - x.powi(3)).abs() <= allowed, "{x}^3 is not {cube} in 2^{}", config.ring_bits);
        }
    }
}

/// Modulo the ring, of which the host reads 64 bits at most.
#[test]
fn powers_of_integers_are_exact() {
    for config in configs() {
        let session = Session::local(&config).unwrap();
        let x: Vec<i64> = (0..999).map(|i| [i - 500, i % 7 - 3, i * 1_000_003][i as usize % 3]).collect();
        let y: Vec<i64> = (0..999).map(|i| i % 24 - 3).collect();
        let (any, fifth) =
            whole_powers::run(&session, &share_whole(&session, &x), &share_whole(&session, &y)).unwrap().split();
        let power = |x: i64, y: i64| match (config.ring_bits, u32::try_from(y)) {
            (_, Err(_)) => 0,
            (32, Ok(y)) => i64::from((x as i32).wrapping_pow(y)),
            (_, Ok(y)) => x.wrapping_pow(y),
        };
        assert_eq!(whole(&session, &any), x.iter().zip(&y).map(|(&x, &y)| power(x, y)).collect::<Vec<_>>());
        assert_eq!(whole(&session, &fifth), x.iter().map(|&x| power(x, 5)).collect::<Vec<_>>());
    }
}
