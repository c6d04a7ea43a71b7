//! Functions that normalize their argument: what they share, known ranges, few digits; costs.

#![allow(clippy::type_complexity, reason = "a traced function names what it returns")]

use spu::prelude::*;
use spu::{Network, Program, Target};

use crate::grids::{NumberFormat, POINTS};
use crate::world::World;

type Fixed = Tensor<Secret, Fxp>;
type Whole = Tensor<Secret, Int>;

#[spu_fn]
fn all_of_one(x: Fixed) -> [Fixed; 4] {
    [x.reciprocal(), x.sqrt(), x.rsqrt(), x.ln()]
}

#[spu_fn]
fn bounded_quotient(x: Fixed, y: Fixed) -> Fixed {
    x.assume(-1000.0..=1000.0) / y.assume(0.01..=1000.0)
}

#[spu_fn]
fn narrow_quotient(x: Fixed, y: Fixed) -> Fixed {
    x / y.assume(1.0..=10.0)
}

#[spu_fn]
fn public_quotient(x: Fixed, y: Tensor<Public, Fxp>) -> Fixed {
    x / y
}

#[spu_fn]
fn constant_quotients(x: Fixed) -> [Fixed; 3] {
    [x / -0.007, x / 1e6, x / 0.125]
}

#[spu_fn]
fn over_root(y: Fixed, x: Fixed) -> Fixed {
    y * x.rsqrt_approx()
}

#[spu_fn]
fn whole(x: Whole, y: Whole) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn whole_by_public(x: Whole, y: Tensor<Public, Int>) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

/// The largest error, as a part of what the bound allows: 2^(3 − f) of the value, or `ulp` units if that is more.
fn excess(world: &World, found: &[f64], wanted: impl Iterator<Item = f64>, relative: f64, ulp: f64) -> f64 {
    let allowed = |z: f64| (relative * z.abs()).max(ulp * world.format.ulp);
    found.iter().zip(wanted).map(|(y, z)| (y - z).abs() / allowed(z)).fold(0.0, f64::max)
}

#[test]
fn functions_of_one_value_share_its_normalization() -> Result<(), Error> {
    let world = World::new(NumberFormat::of(1));
    let x = world.format.numbers();
    let found = all_of_one::run(&world.session, &world.share(&x))?;
    let check = |i: usize, f: &dyn Fn(f64) -> f64, relative: f64, ulp: f64| {
        let part = found.part(|parts| parts[i])?;
        let worst = excess(&world, &world.opened(&part), x.iter().map(|&x| f(x)), relative, ulp);
        assert!(worst <= 1.0, "{i}: {worst}");
        Ok::<(), Error>(())
    };
    let positive = |f: fn(f64) -> f64| move |x: f64| if x > 0.0 { f(x) } else { 0.0 };
    check(0, &|x| if x == 0.0 { 0.0 } else { 1.0 / x }, TWO_TO_15, 2.0)?;
    check(1, &positive(f64::sqrt), TWO_TO_15, 2.0)?;
    check(2, &positive(|x| 1.0 / x.sqrt()), TWO_TO_15, 2.0)?;
    check(3, &positive(f64::ln), 0.0, 4.0)
}

#[test]
fn quotients_of_known_ranges() -> Result<(), Error> {
    let world = World::new(NumberFormat::of(1));
    let quotients = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x / y).collect::<Vec<f64>>();
    let x: Vec<f64> = (0..POINTS as u32)
        .map(|i| {
            world.format.rounded(1000.0 * (0.001 + f64::from(i % 331) / 331.0) * if i % 2 == 0 { 1.0 } else { -1.0 })
        })
        .collect();
    let y = world.format.magnitudes(0.01, 1000.0);
    let found = bounded_quotient::run(&world.session, &world.share(&x), &world.share(&y[..x.len()]))?;
    let worst = excess(&world, &world.opened(&found), quotients(&x, &y).into_iter(), TWO_TO_15, 2.0);
    assert!(worst <= 1.0, "{worst}");

    let y = world.format.linear(1.0, 10.0);
    let x = &world.format.numbers()[..y.len()];
    let found = narrow_quotient::run(&world.session, &world.share(x), &world.share(&y))?;
    let worst = excess(&world, &world.opened(&found), quotients(x, &y).into_iter(), TWO_TO_15, 2.0);
    assert!(worst <= 1.0, "{worst}");
    Ok(())
}

/// Of any dividend; powers of two are exact as long as the quotient has no bits to lose.
#[test]
fn quotients_by_constants() -> Result<(), Error> {
    for world in World::all() {
        let x: Vec<f64> = world.format.numbers().into_iter().map(|x| world.format.rounded(x / 256.0)).collect();
        let found = constant_quotients::run(&world.session, &world.share(&x))?;
        for (i, divisor) in [-0.007, 1e6, 0.125].into_iter().enumerate() {
            let found = world.opened(&found.part(|parts| parts[i])?);
            for (x, y) in x.iter().zip(found) {
                // The last bits of large quotients are beyond the `f64`s that are compared.
                let allowed = if i == 2 { 0.0 } else { 1.02 * world.format.ulp + 2f64.powi(-52) * (x / divisor).abs() };
                assert!((y - x / divisor).abs() <= allowed, "{x} / {divisor} is not {y} in {:?}", world.format);
            }
        }
    }
    Ok(())
}

/// Quotients below 2^14 of either sign, over every x: however few digits 1/√x has, the product has its own.
#[test]
fn rough_quotients_by_roots() -> Result<(), Error> {
    let world = World::new(NumberFormat::of(1));
    let x: Vec<f64> = world.format.numbers().into_iter().filter(|x| x.abs() < 2f64.powi(34)).collect();
    let quotients = [0.0, 1e-3, -0.7, 3.0, -250.0, 16_000.0];
    let y: Vec<f64> = (0..x.len()).map(|i| world.format.rounded(quotients[i % 6] * x[i].abs().sqrt())).collect();
    let found = world.opened(&over_root::run(&world.session, &world.share(&y), &world.share(&x))?);
    for ((x, y), found) in x.iter().zip(&y).zip(&found) {
        let wanted = if *x > 0.0 { y / x.sqrt() } else { 0.0 };
        let allowed = wanted.abs() / 1024.0 + 2.0 * world.format.ulp;
        assert!((found - wanted).abs() <= allowed, "{y}/√{x} = {found}, not {wanted}");
    }
    Ok(())
}

/// Rounds and bits an element.
fn cost(program: Result<Program, Error>) -> (u64, u64) {
    let cost = Network::LOCAL.cost(&program.unwrap()).unwrap();
    let bits = 8 * cost.bytes.iter().sum::<u64>();
    assert_eq!(bits % N as u64, 0);
    (cost.rounds, bits / N as u64)
}

/// Single functions stand in the documentation's table.
#[test]
fn costs_are_those_promised() {
    let n = [N];
    assert_eq!(cost(bounded_quotient::program(n, n)), (19, 2867));
    assert_eq!(cost(narrow_quotient::program(n, n)), (9, 7027));
    assert_eq!(cost(public_quotient::program(n, n)), (4, 495));
    assert_eq!(cost(all_of_one::program(n)), (19, 7943));
    assert_eq!(cost(over_root::program(n, n)), (15, 3912));
    assert_eq!(cost(whole::program(n, n)), (38, 10_788));
    assert_eq!(cost(whole_by_public::program(n, n)), (12, 3467));
}

/// Elements of a program whose cost is looked at: three parts of whole words.
const N: usize = 12_288;
const TWO_TO_15: f64 = 1.0 / 32_768.0;
