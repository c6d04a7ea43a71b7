//! Functions of numbers that are known to lie in a narrow range: splines in place of a normalization, under ABY3 on dense grids, and what
//! they cost.

use spu::prelude::*;
use spu::{Cost, Network};

/// All functions of numbers between `lo` and `hi`.
#[spu_fn]
fn all(x: Tensor<Secret, Fxp>, #[fixed] lo: f64, #[fixed] hi: f64) -> [Tensor<Secret, Fxp>; 5] {
    let x = x.assume(lo..=hi);
    [x.sqrt(), x.rsqrt(), (x - 1.0).ln_1p(), x.ln(), x.reciprocal()]
}

#[spu_fn]
fn sqrt(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(1.0..=10.0).sqrt()
}

#[spu_fn]
fn rsqrt(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(1.0..=10.0).rsqrt()
}

#[spu_fn]
fn ln_1p(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(0.0..=9.0).ln_1p()
}

#[spu_fn]
fn ln(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(1.0..=10.0).ln()
}

#[spu_fn]
fn reciprocal(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(1.0..=10.0).reciprocal()
}

/// The first number that is further from √x, … than their documentation says, in this format.
fn holds(fraction_bits: u32, relative: f64) -> Result<(), Error> {
    let session = Session::local(&Config { fraction_bits, insecure_seed: Some(3), ..Config::default() })?;
    let ulp = (-f64::from(fraction_bits)).exp2();
    // Ratios from 1 to 16; even and odd powers of two between which the middle lies.
    let ranges =
        [(1.0, 10.0), (0.01, 0.16), (0.3, 0.8), (1.0, 2.0), (2.0, 8.0), (3.5, 3.5), (100.0, 1600.0), (65_536.0, 2e5)];
    type Function = fn(f64) -> f64;
    for (lo, hi) in ranges {
        let (first, last) = ((lo / ulp).ceil(), (hi / ulp).floor());
        let at = |i: usize| (first + (last - first) * i as f64 / (POINTS - 1) as f64).round() * ulp;
        let x: Vec<f64> = (0..POINTS).map(at).collect();
        let shared = session.input::<Tensor<Secret, Fxp>, _>(Party(0), [POINTS], || Ok(x.clone()))?;
        let found = all::run(&session, &shared, lo, hi)?;
        let exact: [(&str, f64, Function); 5] = [
            ("√", relative, f64::sqrt),
            ("1/√", relative, |x| 1.0 / x.sqrt()),
            ("ln_1p", 0.0, f64::ln),
            ("ln", 0.0, f64::ln),
            ("1/", relative, |x| 1.0 / x),
        ];
        for (i, (name, relative, exact)) in exact.into_iter().enumerate() {
            let found = session.reveal(&found.part(|parts| parts[i])?)?.values();
            let units = if relative == 0.0 { 4.0 } else { 2.0 };
            for (x, y) in x.iter().zip(found) {
                let exact = exact(*x);
                let allowed = (units * ulp).max(relative * exact.abs());
                assert!(
                    (y - exact).abs() <= allowed,
                    "{name} of {x} in {lo}..={hi} is {y}, not {exact}, at {fraction_bits}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn errors_are_as_documented() -> Result<(), Error> {
    holds(18, 2f64.powi(-15))
}

#[test]
fn errors_are_as_documented_with_more_fraction_bits() -> Result<(), Error> {
    holds(20, 2f64.powi(-16))
}

/// Rounds, and bits of all parties an element.
fn price(cost: Cost) -> (usize, f64) {
    (cost.rounds as usize, 8.0 * cost.bytes.iter().sum::<u64>() as f64 / ELEMENTS as f64)
}

#[test]
fn costs_are_those_promised() -> Result<(), Error> {
    let (wan, n) = (Network::WAN, [ELEMENTS]);
    // Between 1 and 10 ten segments, each at most 1.26 as long as the one before: nine signs as numbers. x⁴ < 2^14 leaves powers 23 bits, to which x·x of
    // twice 18, x²·x of 23 and 18, and x²·x² of twice 23 are truncated.
    let shared = 9.0 * (405.0 + 2.0 + 64.0 + 128.0) + 3.0 * 192.0 + 3.0 * (13.0 + 18.0 + 23.0);
    // One sum with 60 bits, four above the point, is truncated to the format's; 1/x keeps five bits more, which as a result it loses in two more rounds.
    let (own, inverse) = (192.0 + 3.0 * 42.0, 192.0 + 3.0 * 37.0 + 64.0 + 3.0 * 5.0);
    assert_eq!(price(sqrt::cost(n, &wan)?), (7, shared + own));
    assert_eq!(price(rsqrt::cost(n, &wan)?), (7, shared + own));
    assert_eq!(price(ln_1p::cost(n, &wan)?), (7, shared + own));
    assert_eq!(price(ln::cost(n, &wan)?), (7, shared + own));
    assert_eq!(price(reciprocal::cost(n, &wan)?), (9, shared + inverse));
    // Four functions have the same comparisons and powers; 1 + (x − 1) is another value.
    assert_eq!(price(all::cost(n, 1.0, 10.0, &wan)?), (9, 2.0 * shared + 4.0 * own + inverse));
    Ok(())
}

/// Elements of a grid.
const POINTS: usize = 12_500;
/// Elements of a program whose cost is looked at: three parts of whole words.
const ELEMENTS: usize = 12_288;
