//! A public operand outside of an operation's domain is an error in every executor, with the lines of the operation and its operands.

use spu::prelude::*;
use spu::{Evaluator, Executor, ExecutorExt};

type X = Tensor<Secret, Fxp>;
type N = Tensor<Secret, Int>;

/// Secret numbers beside public ones, a row an operation.
#[spu_fn]
fn mixed(#[fixed] row: usize, x: X, n: N, y: Tensor<Public, Fxp>, k: Tensor<Public, Int>) -> X {
    match row {
        0 => x / y,
        1 => x % y,
        2 => n.div_trunc(k).to_fxp(),
        3 => (n % k).to_fxp(),
        4 => n.shift_left(k).to_fxp(),
        5 => n.shift_right_arithmetic(k).to_fxp(),
        6 => n.shift_right_logical(k).to_fxp(),
        7 => n.pow(k).to_fxp(),
        _ => n / k,
    }
}

const MIXED: [(&str, &str); 9] = [
    ("divide", "the divisor must not be 0"),
    ("remainder", "the divisor must not be 0"),
    ("divide", "the divisor must not be 0"),
    ("remainder", "the divisor must not be 0"),
    ("shift_left", "the amount must not be negative"),
    ("shift_right_arithmetic", "the amount must not be negative"),
    ("shift_right_logical", "the amount must not be negative"),
    ("power", "an integer has no negative powers"),
    ("divide", "the divisor must not be 0"),
];

/// Public numbers alone.
#[spu_fn]
fn public(#[fixed] row: usize, y: Tensor<Public, Fxp>, k: Tensor<Public, Int>) -> Tensor<Public, Fxp> {
    match row {
        0 => y.reciprocal(),
        1 => y.ln(),
        2 => y.rsqrt(),
        3 => y.rsqrt_approx(),
        4 => (y - 1.0).ln_1p(),
        5 => (y - 1.0).sqrt(),
        6 => 1.0 / y,
        7 => 1.0 % y,
        8 => (y - 0.5).pow(0.5),
        9 => y.pow(-1.0),
        10 => k.pow(k).to_fxp(),
        11 => k.div_trunc(k + 1).to_fxp(),
        12 => (k % (k + 1)).to_fxp(),
        13 => k.shift_left(k).to_fxp(),
        14 => k.shift_right_arithmetic(k).to_fxp(),
        _ => k.shift_right_logical(k).to_fxp(),
    }
}

const PUBLIC: [(&str, &str); 16] = [
    ("reciprocal", "it must not be 0"),
    ("log", "it must be above 0"),
    ("rsqrt", "it must be above 0"),
    ("rsqrt_approx", "it must be above 0"),
    ("log_plus_one", "it must be above -1"),
    ("sqrt", "it must not be negative"),
    // 1/y is a reciprocal to the compiler.
    ("reciprocal", "it must not be 0"),
    ("remainder", "the divisor must not be 0"),
    ("power", "a negative number has integer powers only"),
    ("power", "0 has no negative powers"),
    ("power", "an integer has no negative powers"),
    ("divide", "the divisor must not be 0"),
    ("remainder", "the divisor must not be 0"),
    ("shift_left", "the amount must not be negative"),
    ("shift_right_arithmetic", "the amount must not be negative"),
    ("shift_right_logical", "the amount must not be negative"),
];

/// The line of this file that has `text` for the first time, after `from`.
fn line(from: &str, text: &str) -> u32 {
    let lines = include_str!("domains.rs").lines().enumerate();
    let mut lines = lines.skip_while(|(_, line)| !line.contains(from));
    lines.find(|(_, line)| line.contains(text)).unwrap().0 as u32 + 1
}

#[track_caller]
fn assert_fault(found: Result<(), Error>, function: &str, row: usize, last: bool, (operation, text): (&str, &str)) {
    let what = format!("{function}, row {row}");
    let error = found.err().unwrap_or_else(|| panic!("{what} is no error"));
    let Error::Program(diagnostic) = &error else { panic!("{what}: not the program's error: {error}") };
    let message = &diagnostic.message;
    assert!(message.contains(&format!("`{operation}`")) && message.contains(text), "{what}: {error}");
    assert!(message.contains("element 1, "), "{what}: {error}");
    let row = if last { "_ => ".to_owned() } else { format!(" {row} => ") };
    let labels = &diagnostic.labels;
    assert_eq!((labels[0].location.file, labels[0].location.line), (file!(), line(function, &row)), "{what}: {error}");
    assert!(labels.len() > 1 && labels[1].location.line >= line(function, function), "{what}: {error}");
    assert!(labels[1..].iter().any(|label| label.text.contains("[public][2]")), "{what}: {error}");
}

/// A session ends with its first error, so each row has its own.
fn refuses<E: Executor>(start: impl Fn() -> E) {
    for (row, expected) in MIXED.into_iter().enumerate() {
        let k = if expected.1.contains("divisor") { vec![3_i64, 0] } else { vec![3, -1] };
        let (y, k) = (Shared::public(vec![2.0, 0.0]), Shared::public(k));
        let last = row + 1 == MIXED.len();
        let session = &start();
        let x = session.input::<X, _>(Party(0), [2], || Ok(vec![1.5, -2.0])).unwrap();
        let n = session.input::<N, _>(Party(1), [2], || Ok(vec![7_i64, 2])).unwrap();
        assert_fault(mixed::run(session, row, &x, &n, &y, &k).map(drop), "fn mixed", row, last, expected);
    }
    for (row, expected) in PUBLIC.into_iter().enumerate() {
        let (y, k) = (Shared::public(vec![2.0, 0.0]), Shared::public(vec![3_i64, -1]));
        let last = row + 1 == PUBLIC.len();
        assert_fault(public::run(&start(), row, &y, &k).map(drop), "fn public", row, last, expected);
    }
}

#[test]
fn the_evaluator_refuses() {
    refuses(Evaluator::new);
}

#[test]
fn the_plain_session_refuses() {
    refuses(|| Session::plain(&Config::default()).unwrap());
}

#[test]
fn the_parties_refuse() {
    refuses(|| Session::local(&Config::default()).unwrap());
}

#[spu_fn]
fn by_constant(x: X, #[fixed] whole: bool) -> X {
    if whole { x % Tensor::<Public, Fxp>::constant(0.0) } else { x / 0.0 }
}

#[test]
fn constants_are_public_operands() {
    for whole in [true, false] {
        let expected = if whole { "`remainder`" } else { "`divide`" };
        let check = |found: Result<(), Error>| {
            let error = found.unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("the divisor must not be 0"), "{error}");
        };
        let sessions = [Session::plain(&Config::default()).unwrap(), Session::local(&Config::default()).unwrap()];
        for session in &sessions {
            let x = session.input::<X, _>(Party(0), [2], || Ok(vec![1.5, -2.0])).unwrap();
            check(by_constant::run(session, &x, whole).map(drop));
        }
        let evaluator = Evaluator::new();
        let x = evaluator.input::<X, _>(Party(0), [2], || Ok(vec![1.5, -2.0])).unwrap();
        check(by_constant::run(&evaluator, &x, whole).map(drop));
    }
}

#[spu_fn]
fn large(y: Tensor<Public, Fxp>) -> Tensor<Public, Fxp> {
    let twice = y + y;
    twice.exp()
}

/// e^40 is above 2^44.
#[test]
fn a_public_result_outside_the_format_names_its_operation() {
    for session in [Session::plain(&Config::default()).unwrap(), Session::local(&Config::default()).unwrap()] {
        let error = large::run(&session, &Shared::public(vec![1.0, 20.0])).map(drop).unwrap_err();
        let Error::Program(diagnostic) = &error else { panic!("{error}") };
        assert!(
            diagnostic.message.starts_with("the result of `exponential` at [1]: outside the safe range"),
            "{error}"
        );
        let lines: Vec<u32> = diagnostic.labels.iter().map(|label| label.location.line).collect();
        let at = line("fn large", "y + y");
        assert_eq!(lines, [at + 1, at], "{error}");
    }
}
