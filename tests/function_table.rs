//! The documentation's table of functions: every row is tried under ABY3 on a dense grid, and its costs are those of the compiler.
//!
//! `UPDATE_DOCS=1 cargo test --release --test function_table` writes `docs/functions.md` anew. Other formats and known ranges are tried in
//! `functions_*.rs`.

use std::fmt::Write;

use spu::prelude::*;
use spu::{ExecutorExt, Program, Target};

type Unary = Tensor<Secret, Fxp>;
type Run = fn(&Session, [&Shared<Unary>; 2]) -> Result<Shared<Tensor<Public, Fxp>>, Error>;

/// One row.
struct Function {
    /// As it is called.
    name: &'static str,
    /// Where the error holds.
    domain: &'static str,
    /// What it gives elsewhere.
    outside: &'static str,
    /// Units of the last place, 2^−18.
    ulp: f64,
    /// Relative to the result, as a power of two; the larger of both errors is allowed.
    relative: Option<i32>,
    /// Arguments: first and, of functions of two, second operands.
    grid: fn() -> [Vec<f64>; 2],
    exact: fn(f64, f64) -> f64,
    run: Run,
    program: fn() -> Result<Program, Error>,
}

macro_rules! functions {
    ($($module:ident: $name:literal, $body:expr, $exact:expr, on $grid:expr,
        within $ulp:literal $(or 2^$relative:literal)?, for $domain:literal, else $outside:literal;)+) => {
        $(mod $module {
            use super::*;

            #[spu_fn]
            pub(super) fn opened(x: Unary, y: Unary) -> Tensor<Public, Fxp> {
                let f: fn(Unary, Unary) -> Unary = $body;
                f(x, y).reveal()
            }

            #[spu_fn]
            pub(super) fn shared(x: Unary, y: Unary) -> Unary {
                let f: fn(Unary, Unary) -> Unary = $body;
                f(x, y)
            }
        })+

        fn table() -> Vec<Function> {
            vec![$(Function {
                name: $name,
                domain: $domain,
                outside: $outside,
                ulp: $ulp,
                relative: [$($relative)?].into_iter().next(),
                grid: || $grid,
                exact: $exact,
                run: |session, [x, y]| $module::opened::run(session, x, y),
                program: || $module::shared::program([ELEMENTS], [ELEMENTS]),
            }),+]
        }
    };
}

functions! {
    exp: "exp", |x, _| x.exp(), |x, _| x.exp(), on alone(linear(-20.0, 20.0)),
        within 4.0 or 2^-15, for "x ≤ 20", else "0 above 20";
    exp_decay: "exp of a known x ≤ 0", |x, _| x.assume(..=0.0).exp(), |x, _| x.exp(), on alone(linear(-20.0, 0.0)),
        within 2.0, for "x ≤ 0", else "wrong from 1/16 on";
    exp_m1: "exp_m1", |x, _| x.exp_m1(), |x, _| x.exp_m1(), on alone(linear(-20.0, 20.0)),
        within 4.0 or 2^-15, for "x ≤ 20", else "−1 above 20";
    reciprocal: "reciprocal", |x, _| x.reciprocal(), |x, _| 1.0 / x, on alone(signed(magnitudes(0.0, f64::MAX))),
        within 2.0 or 2^-15, for "x ≠ 0", else "1/0 = 0";
    divide: "x / y", |x, y| x / y, |x, y| x / y, on quotients(),
        within 2.0 or 2^-15, for "y ≠ 0, the quotient in the format", else "x/0 = 0";
    sqrt: "sqrt", |x, _| x.sqrt(), |x, _| x.sqrt(), on alone(magnitudes(0.0, f64::MAX)),
        within 2.0 or 2^-15, for "x ≥ 0", else "0 where x < 0";
    rsqrt: "rsqrt", |x, _| x.rsqrt(), |x, _| 1.0 / x.sqrt(), on alone(magnitudes(0.0, f64::MAX)),
        within 2.0 or 2^-15, for "x > 0", else "0 where x ≤ 0";
    ln: "ln", |x, _| x.ln(), |x, _| x.ln(), on alone(magnitudes(1.0 / 1024.0, 1_048_576.0)),
        within 4.0, for "2^−10 ≤ x ≤ 2^20", else "0 where x ≤ 0; beyond 2^20 as exact, below 2^−10 a little less";
    ln_1p: "ln_1p", |x, _| x.ln_1p(), |x, _| x.ln_1p(), on alone(linear(-0.99, 1000.0)),
        within 4.0, for "2^−10 ≤ 1 + x ≤ 2^20", else "0 where x ≤ −1";
    logistic: "logistic, sigmoid", |x, _| x.logistic(), |x, _| 1.0 / (1.0 + (-x).exp()), on alone(linear(-20.0, 20.0)),
        within 4.0, for "every x", else "always between 0 and 1";
    tanh: "tanh", |x, _| x.tanh(), |x, _| x.tanh(), on alone(linear(-20.0, 20.0)),
        within 4.0, for "every x", else "always between −1 and 1";
    erf: "erf", |x, _| x.erf(), |x, _| libm::erf(x), on alone(linear(-6.0, 6.0)),
        within 4.0, for "every x", else "always between −1 and 1";
    softplus: "softplus", |x, _| x.softplus(), |x, _| spu::pphlo::softplus(x), on alone(linear(-20.0, 20.0)),
        within 4.0, for "every x", else "as exact";
    silu: "silu", |x, _| x.silu(), |x, _| spu::pphlo::silu(x), on alone(linear(-20.0, 20.0)),
        within 4.0, for "every x", else "as exact";
    gelu: "gelu", |x, _| x.gelu(), |x, _| spu::pphlo::gelu(x), on alone(linear(-20.0, 20.0)),
        within 4.0, for "every x", else "as exact";
    sin: "sin", |x, _| x.sin(), |x, _| x.sin(), on alone(linear(-1024.0, 1024.0)),
        within 4.0, for "|x| ≤ 2^10", else "the angle is reduced with an error of |x|·2^−47";
    cos: "cos", |x, _| x.cos(), |x, _| x.cos(), on alone(linear(-1024.0, 1024.0)),
        within 4.0, for "|x| ≤ 2^10", else "the angle is reduced with an error of |x|·2^−47";
    atan2: "y.atan2(x)", |x, y| x.atan2(y), |x, y| x.atan2(y), on circles(),
        within 4.0, for "2^−6 ≤ |(x, y)| ≤ 2^20", else "0 at the origin; less precise near it";
    pow: "x.pow(y)", |x, y| x.pow(y), |x, y| x.powf(y), on powers(),
        within 64.0 or 2^-10, for "2^−10 ≤ x, |y·ln x| ≤ 8", else "±|x|^y where x < 0 and y is an integer, else 0; see the method";
}

/// For one-operand functions: the second operand is not looked at.
fn alone(x: Vec<f64>) -> [Vec<f64>; 2] {
    let ones = vec![1.0; x.len()];
    [x, ones]
}

/// The nearest number of the format.
fn rounded(x: f64) -> f64 {
    (x / ULP).round() * ULP
}

/// Numbers evenly from `lo` to `hi`.
fn linear(lo: f64, hi: f64) -> Vec<f64> {
    (0..POINTS).map(|i| rounded(lo + (hi - lo) * i as f64 / (POINTS - 1) as f64)).collect()
}

/// Numbers from `lo` to `hi`, each a constant factor above the one before, from 1 unit to the format's largest; and powers of two
/// with their neighbours.
fn magnitudes(lo: f64, hi: f64) -> Vec<f64> {
    let (lo, hi) = (lo.max(ULP), hi.min(LARGEST));
    let at = |i: usize| lo * (hi / lo).powf(i as f64 / (POINTS - 1) as f64);
    let powers = (-18..44).flat_map(|k| [-1.0, 0.0, 1.0].map(|units| 2f64.powi(k) + units * ULP));
    (0..POINTS).map(at).chain(powers.filter(|x| (lo..=hi).contains(x))).map(|x| rounded(x).min(LARGEST)).collect()
}

fn signed(x: Vec<f64>) -> Vec<f64> {
    x.into_iter().enumerate().map(|(i, x)| if i % 2 == 0 { x } else { -x }).collect()
}

/// Divisors of all lengths, with dividends such that quotients of all lengths occur.
fn quotients() -> [Vec<f64>; 2] {
    let divisors = signed(magnitudes(0.0, f64::MAX));
    let dividend = |(i, y): (usize, &f64)| {
        let quotient = 2f64.powf(-20.0 + 63.5 * ((i as f64 * 0.618_033_988_749_895) % 1.0));
        rounded((quotient * y).clamp(-LARGEST, LARGEST))
    };
    let dividends = divisors.iter().enumerate().map(dividend).collect();
    [dividends, divisors]
}

/// Points on circles of all radii.
fn circles() -> [Vec<f64>; 2] {
    let radii = magnitudes(1.0 / 64.0, 1_048_576.0);
    let at = |i: usize, f: fn(f64) -> f64| rounded(radii[i] * f(i as f64 * 2.399_963_229_728_653));
    let [y, x] = [f64::sin as fn(f64) -> f64, f64::cos].map(|f| (0..radii.len()).map(|i| at(i, f)).collect());
    [y, x]
}

/// Bases and exponents whose powers the format holds well.
fn powers() -> [Vec<f64>; 2] {
    let bases = magnitudes(1.0 / 1024.0, 1_048_576.0);
    let exponent = |(i, x): (usize, &f64)| {
        let log = x.ln().abs().max(0.01);
        rounded((8.0 * (2.0 * ((i as f64 * 0.618_033_988_749_895) % 1.0) - 1.0) / log).clamp(-30.0, 30.0))
    };
    let exponents = bases.iter().enumerate().map(exponent).collect();
    [bases, exponents]
}

#[test]
fn every_row_holds() {
    let session = Session::local(&Config { insecure_seed: Some(7), ..Config::default() }).unwrap();
    let mut failures = String::new();
    for function in table() {
        let [x, y] = (function.grid)();
        let shares = [&x, &y].map(|v| session.input(Party(0), [v.len()], || Ok(v.clone())).unwrap());
        let found = (function.run)(&session, [&shares[0], &shares[1]]).unwrap().to_host().elements.to_f64();
        let mut worst = (0.0, String::new());
        for ((&x, &y), &found) in x.iter().zip(&y).zip(&found) {
            let exact = (function.exact)(x, y);
            if exact.abs() > LARGEST {
                continue;
            }
            let relative = function.relative.map_or(0.0, |bits| 2f64.powi(bits) * exact.abs());
            let part = (found - exact).abs() / (function.ulp * ULP).max(relative);
            if part > worst.0 {
                worst = (part, format!("{}: {found} for {exact} at ({x}, {y})", function.name));
            }
        }
        println!("{:.3} of the bound, {}", worst.0, worst.1);
        if worst.0 > 1.0 {
            writeln!(failures, "{:.3} of the bound, {}", worst.0, worst.1).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn the_documentation_has_this_table() {
    let mut text = String::from(HEAD);
    for function in table() {
        let cost = Network::LOCAL.cost(&(function.program)().unwrap()).unwrap();
        let bits = 8 * cost.bytes.iter().sum::<u64>() / ELEMENTS as u64;
        let units = format!("{} units", function.ulp);
        let error = match function.relative {
            Some(relative) => format!("{units} or 2^−{}", -relative),
            None => units,
        };
        let [name, domain, outside] =
            [function.name, function.domain, function.outside].map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| {name} | {domain} | {error} | {outside} | {} | {bits} |", cost.rounds).unwrap();
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "docs/functions.md is another one: see the head of this test");
}

const HEAD: &str = "\
Functions of secret numbers in the ring 2^64 with 18 fraction bits, where nothing is known of their arguments: a unit is 2^−18, an error
with a second bound may be as large as the larger of both, the second times the result. Each row is tried under ABY3 on 100 000 points. What is known of an
argument, by `.assume(lo..=hi)` or because the compiler sees it, makes most of them cheaper. Rounds by themselves; bits an element, sent by all parties together.

| function | domain | error | outside | rounds | bits |
|---|---|---|---|---|---|
";

/// Elements of a grid.
const POINTS: usize = 100_000;
/// Elements of a program whose cost is looked at: three parts of whole words.
const ELEMENTS: usize = 12_288;
const ULP: f64 = 1.0 / 262_144.0;
/// Inputs are below 2^44; a few units less, so that sums of errors stay inside.
const LARGEST: f64 = 17_592_186_044_415.0;
