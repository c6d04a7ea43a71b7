//! Shadow runs and range warnings: what goes wrong is found at its line, and what is right passes.

use std::process::Command;

use ndarray::{Array2, arr1};
use spu::RingConfig;
use spu::Warning;
use spu::format::Tolerance;
use spu::nn::networks::{NETWORK_A, NetworkA};
use spu::nn::optim::Sgd;
use spu::prelude::*;

fn line_of(error: &Error) -> u32 {
    let Error::Program(diagnostic) = error else { panic!("not the program's error: {error}") };
    assert_eq!(diagnostic.labels[0].location.file, file!(), "{error}");
    diagnostic.labels[0].location.line
}

const FORMATS: [RingConfig; 4] =
    [RingConfig::Z32, RingConfig::Z64, RingConfig::Z128, RingConfig { bits: 128, fraction_bits: 40 }];

/// The line of this file that has `text`, for the first time.
fn line(text: &str) -> u32 {
    include_str!("checks.rs").lines().position(|line| line.contains(text)).unwrap() as u32 + 1
}

#[spu_fn]
fn grows(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let square = x * x;
    let fourth = square * square;
    fourth - x
}

#[test]
fn a_product_that_overflows_is_found_at_its_line() {
    // 2^62 holds 2^26 with the 36 fraction bits of a product.
    let error = grows::check(vec![1.0, -100.0], &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("let fourth ="));
    let text = "`multiply` overflows: 100000000.0 at [1], but the safe range with 36 fraction bits is [-67108864.0, 67108864.0)";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(error.to_string().contains(&format!("--> {}:{}:", file!(), line("let square ="))), "{error}");
    assert!(grows::check(vec![1.0, -50.0], &Network::LOCAL).is_ok());
    assert!(grows::check(vec![1.0, -100.0], &Network::LOCAL.with_ring(RingConfig::Z128)).is_ok());
}

#[spu_fn]
fn total(x: Tensor<Secret, Fxp>, n: Tensor<Secret, Int>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Int>) {
    let sum = x.sum(0);
    (sum, n.sum(0))
}

#[test]
fn a_sum_that_leaves_the_range_is_found_at_its_line() {
    let most = 2f64.powi(43);
    let error = total::check(vec![most, most], vec![0, 0], &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("let sum ="));
    assert!(error.to_string().starts_with("`reduce_sum` overflows: 17592186044416.0, but"), "{error}");
    // Four integers whose sum wraps to 0 in 64 bits.
    let error = total::check(vec![0.0], vec![1 << 61, 1 << 61, 1 << 61, 1 << 61], &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("(sum, n.sum(0))"));
    assert!(error.to_string().contains("the safe range of integers is"), "{error}");
    assert!(total::check(vec![most, -most], vec![1 << 61, 5], &Network::LOCAL).is_ok());
}

#[spu_fn]
fn loses(x: Tensor<Secret, Fxp>, n: Tensor<Public, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    let small = x * x;
    let back = small * n;
    (back, small)
}

#[test]
fn a_loss_of_precision_is_found_at_its_line() {
    let ring = RingConfig { bits: 64, fraction_bits: 10 };
    let network = Network::LOCAL.with_ring(ring);
    let strict = Tolerance { absolute: 0.01, relative: 0.0 };
    let error = loses::check(vec![0.0, 0.1, 0.7], 1000.0, &network.within(strict)).unwrap_err();
    assert_eq!(line_of(&error), line("let back ="), "{error}");
    assert!(error.to_string().starts_with("`multiply` loses precision: "), "{error}");
    assert!(error.to_string().contains("; its operands differ before: of those of the format"), "{error}");
    let deviation =
        loses::check(vec![0.0, 0.1, 0.7], 1000.0, &network.within(Tolerance { absolute: 10.0, relative: 0.0 }));
    let deviation = deviation.unwrap();
    assert!(deviation.largest > 0.01 && deviation.location.line == line("let back ="), "{deviation}");
    assert!(loses::check(vec![0.0, 0.1, 0.7], 1000.0, &Network::LOCAL.within(strict)).is_ok());
}

#[spu_fn]
fn decides(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    let third = x * (1.0 / 3.0) * 3.0;
    let far = select(third.ge(x), third + 1000.0, third);
    (far, third.maximum(x))
}

/// In real numbers a third three times is the whole; in fixed point it is a unit less. Either decision is right.
#[test]
fn a_tie_is_nobodys_fault() {
    for format in FORMATS {
        let deviation = decides::check(vec![0.1, 1.0, -0.7], &Network::LOCAL.with_ring(format)).unwrap();
        assert!(deviation.largest < 8.0 * (-f64::from(format.fraction_bits)).exp2(), "{format:?}: {deviation}");
    }
}

#[spu_fn]
fn loops(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    let squared = spu::fori(0..2, x, |_, x| x * x);
    let doubled = spu::while_loop(
        (squared, n),
        |(_, n): (Tensor<Secret, Fxp>, Tensor<Public, Int>)| n.gt(0),
        |(x, n)| (x * 1000.0, n - 1),
    );
    spu::cond(n.gt(1), || doubled.0 - 1.0, || doubled.0)
}

/// The fourth iteration overflows, and only then: what is carried has the format's fraction bits again, with
/// which 81 · 1000³ fits and 81 · 1000⁴ does not.
#[test]
fn iterations_are_checked_one_by_one() {
    let deviation = loops::check(vec![3.0], 2, &Network::LOCAL).unwrap();
    assert!(deviation.largest < 0.01, "{deviation}");
    let error = loops::check(vec![3.0], 5, &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("|(x, n)| (x * 1000.0"));
    assert!(error.to_string().starts_with("`multiply` overflows: 81000000000000.0 at [0], but"), "{error}");
    let error = loops::check(vec![300.0], 0, &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("let squared = spu::fori"));
}

#[spu_fn]
fn assumes(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let x = x.assume(0.5..=2.0);
    x.reciprocal()
}

#[test]
fn a_broken_assumption_is_found_at_its_line() {
    let error = assumes::check(HostTensor::fxp([2, 2], vec![1.0, 2.0, 0.5, 2.5]), &Network::LOCAL).unwrap_err();
    assert_eq!(line_of(&error), line("x.assume(0.5..=2.0)"));
    assert!(error.to_string().starts_with("assumed to lie in 0.5..=2.0, but 2.5 at [1, 1]\n"), "{error}");
    let deviation = assumes::check(vec![0.5, 0.7], &Network::LOCAL).unwrap();
    assert!(deviation.largest < 1e-4, "{deviation}");
}

#[test]
fn inputs_must_fit() {
    let wrong = total::check(vec![1.0], HostTensor::bool([1], vec![true]), &Network::LOCAL).unwrap_err();
    assert_eq!(wrong.to_string(), "n: expected int[secret][1], found bool[1] of 1 elements");
    let large = total::check(vec![1e14], vec![1], &Network::LOCAL).unwrap_err();
    assert!(large.to_string().starts_with("x at [0]: outside the safe range"), "{large}");
    let program = total::program([1], [1]).unwrap();
    let missing = program.check(&[HostTensor::fxp([1], vec![1.0])], &Network::LOCAL).unwrap_err();
    assert_eq!(missing.to_string(), "n: expected int[secret][1], found none");
}

type Small = (Dense, Relu, Dense);
const SMALL: Small = (Dense::new(6, 5), Relu, Dense::new(5, 3));

#[spu_fn]
fn train_step(
    model: Weights<Small>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Weights<Small>, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(model, |model| cross_entropy(SMALL.apply(model, x), y));
    (model.zip(gradient, |w, g| w - 0.1 * g), loss.reveal())
}

#[test]
fn a_training_step_passes_and_is_not_warned_about() {
    let model = SMALL.initial(&mut spu::nn::init::Draws::seeded(3)).unwrap();
    let x = Array2::from_shape_fn((4, 6), |(i, j)| ((7 * i + 5 * j) % 11) as f64 / 11.0);
    let y = Array2::from_shape_fn((4, 3), |(i, j)| i64::from(i % 3 == j));
    let deviation = train_step::check(model, x, y, &Network::LOCAL).unwrap();
    assert!(0.0 < deviation.largest && deviation.largest < 1e-3, "{deviation}");
    let shapes = (SMALL.shape(), [4, 6], [4, 3]);
    assert_eq!(train_step::warnings(shapes.0, shapes.1, shapes.2, &Network::LOCAL).unwrap(), []);
}

#[spu_fn]
fn network_a(
    model: Weights<NetworkA>,
    velocity: Weights<NetworkA>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Weights<NetworkA>, Weights<NetworkA>, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(model, |model| cross_entropy(NETWORK_A.apply(model, x), y));
    let (model, velocity) = Sgd::default().step(model, velocity, gradient);
    (model, velocity, loss.reveal())
}

/// Pixels and labels are inputs without bounds; nothing that is known of the softmax is large.
#[test]
fn network_a_is_not_warned_about() {
    let model = || NETWORK_A.shape();
    for format in FORMATS {
        let network = Network::LOCAL.with_ring(format);
        let warnings = network_a::warnings(model(), model(), [128, 784], [128, 10], &network).unwrap();
        assert_eq!(warnings, [], "{format:?}");
    }
}

#[spu_fn]
fn bounded(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    let (x, w) = (x.assume(-255.0..=255.0), w.assume(-1000.0..=1000.0));
    let z = x.matmul(w);
    (z * z, z)
}

fn lines(warnings: &[Warning]) -> Vec<u32> {
    warnings.iter().map(|warning| warning.0.labels[0].location.line).collect()
}

#[test]
fn bounded_values_that_may_not_fit_are_warned_about() {
    // 784 · 255 · 1000 is above 2^25, but 100 · 255 · 1000 is not. The square of either is.
    let wide = bounded::warnings([2, 784], [784, 3], &Network::LOCAL).unwrap();
    assert_eq!(lines(&wide), [line("let z =")]);
    let text = "warning: `dot` may overflow: its values lie in [-199920000.0, 199920000.0], but with 37 fraction bits they \
                must be below 33554432.0 in absolute value\n";
    assert!(wide[0].to_string().starts_with(text), "{}", wide[0]);
    let narrow = bounded::warnings([2, 100], [100, 3], &Network::LOCAL).unwrap();
    assert_eq!(lines(&narrow), [line("(z * z, z)")]);
    let large = Network::LOCAL.with_ring(RingConfig::Z128);
    assert_eq!(bounded::warnings([2, 784], [784, 3], &large).unwrap(), []);
}

#[spu_fn]
fn accumulates(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let w = w.assume(-1000.0..=1000.0);
    spu::fori(0..50, x, |_, x| {
        let x = x.assume(-1e5..=1e5);
        let moved = x * w;
        moved + x
    })
}

#[spu_fn]
fn accumulates_little(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let w = w.assume(-1000.0..=1000.0);
    spu::fori(0..50, x, |_, x| {
        let x = x.assume(-1e4..=1e4);
        x * w + x
    })
}

#[spu_fn]
fn accumulates_anything(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let w = w.assume(-1000.0..=1000.0);
    spu::fori(0..50, x, |_, x| x * w + x)
}

/// 10^5 · 1000 is above 2^26, 10^4 · 1000 and 10^4 more is not. Of what no iteration bounds nothing is known.
#[test]
fn bodies_of_loops_are_warned_about() {
    let warnings = accumulates::warnings([3], [3], &Network::LOCAL).unwrap();
    assert_eq!(lines(&warnings), [line("let moved =")]);
    let text = "warning: `multiply` may overflow: its values lie in [-100000000.0, 100000000.0], but with 36 fraction bits they \
                must be below 67108864.0 in absolute value\n";
    assert!(warnings[0].to_string().starts_with(text), "{}", warnings[0]);
    assert_eq!(accumulates_little::warnings([3], [3], &Network::LOCAL).unwrap(), []);
    assert_eq!(accumulates_anything::warnings([3], [3], &Network::LOCAL).unwrap(), []);
}

#[spu_fn]
fn asserts(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let x = x.assume(..=1e15);
    x.assume(-1e15..)
}

#[test]
fn an_assertion_may_itself_not_fit() {
    let warnings = asserts::warnings([3], &Network::LOCAL).unwrap();
    assert_eq!(lines(&warnings), [line("x.assume(-1e15..)")]);
    assert_eq!(asserts::warnings([3], &Network::LOCAL.with_ring(RingConfig::Z128)).unwrap(), []);
}

#[spu_fn]
fn assumes_of_public(y: Tensor<Public, Fxp>, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let known = y.assume(..=2.0);
    known * x
}

/// A session in the clear tests what an author asserts of secret values, and every party what is asserted of public ones.
#[test]
fn sessions_test_assumptions() {
    let plain = Session::plain(&Config::default()).unwrap();
    let parties = Session::local(&Config::default()).unwrap();
    let input = |session: &Session, x: f64| session.input(Party(0), [2], || Ok(vec![1.0, x])).unwrap();
    let error = assumes::run(&plain, &input(&plain, 2.5)).map(drop).unwrap_err();
    assert_eq!(line_of(&error), line("x.assume(0.5..=2.0)"));
    assert!(error.to_string().starts_with("assumed to lie in 0.5..=2.0, but 2.5 at [1]\n"), "{error}");
    assert!(assumes::run(&plain, &input(&plain, 2.0)).is_ok());
    // What a format rounds may leave the bounds by as much as a check allows, 2^−12 and 2^−10 of the value.
    assert!(assumes::run(&plain, &input(&plain, 2.002)).is_ok());
    assert!(assumes::run(&plain, &input(&plain, 2.003)).is_err());
    // Nobody can see a share.
    assert!(assumes::run(&parties, &input(&parties, 2.5)).is_ok());
    for session in [plain, parties] {
        let run =
            |y: f64| assumes_of_public::run(&session, &Shared::public(vec![1.0, y]), &input(&session, 1.0)).map(drop);
        assert!(run(2.0).is_ok());
        let error = run(2.5).unwrap_err();
        assert_eq!(line_of(&error), line("y.assume(..=2.0)"));
        assert!(error.to_string().starts_with("assumed to lie in -inf..=2.0, but 2.5 at [1]\n"), "{error}");
    }
}

type Ints = Tensor<Secret, Int>;

/// Operations on integers of which each takes some so far that 2^62 is passed, and back where it can.
#[spu_fn]
fn wraps(#[fixed] row: usize, x: Ints, y: Ints) -> Ints {
    match row {
        0 => x.einsum("ij,ij->i", y),
        1 => x.reshape([1, 2, 8, 1]).conv(y.reshape([2, 8, 1, 1]), [1, 1], spu::Padding::Valid).reshape([1]),
        2 => x.cumsum(1).sum(0),
        3 => x.prod(1),
        4 => x.pow(2).sum(0),
        5 => x.shift_left(32).sum(0),
        _ => x.t().scatter_add(Tensor::constant(vec![0; 8]), y.t()).sum(0),
    }
}

/// 2^32·2^32 and the like are 0 in 64 bits, and the evaluator's integers wrap to it as well.
#[test]
fn integers_that_wrap_are_found() {
    let far = 1 << 32;
    let rows = [(far, far), (far, far), (1 << 61, 0), (far, 0), (far, 0), (far, 0), (0, 1 << 61)];
    let names =
        ["dot_general", "convolution", "cumulative_sum", "reduce_product", "power", "shift_left", "scatter_add"];
    let matrix = |x: i64| HostTensor::int([2, 8], vec![x; 16]);
    for (row, ((x, y), name)) in rows.into_iter().zip(names).enumerate() {
        let found = wraps::check(row, matrix(x), matrix(y), &Network::LOCAL);
        let error = found.err().unwrap_or_else(|| panic!("{name} wraps unseen")).to_string();
        assert!(error.starts_with(&format!("`{name}` overflows: ")), "{error}");
        assert!(wraps::check(row, matrix(3), matrix(2), &Network::LOCAL).is_ok(), "{name}");
    }
}

#[spu_fn]
fn limits(#[fixed] row: usize, x: Tensor<Secret, Fxp>, y: Ints, z: Ints) -> Tensor<Secret, Fxp> {
    match row {
        0 => x.assume(0.0..=25.0).exp(),
        1 => x.assume(0.0..=20.0).exp(),
        2 => x.assume(-50.0..=25.0).exp_m1(),
        3 => x.assume(1.0..=9.0).pow(x.assume(0.0..=10.0)),
        4 => x.assume(1.0..=7.0).pow(x.assume(0.0..=10.0)),
        5 => x.assume(1.0..=9.0).pow(10.0),
        6 => y.assume(0..=1 << 50).div_trunc(z.assume(1..=100)).to_fxp(),
        7 => y.assume(0..=1 << 30).div_trunc(z.assume(1..=100)).to_fxp(),
        8 => (y.assume(0..=1 << 30) % z.assume(1..=1 << 41)).to_fxp(),
        9 => x.assume(0.0..=1e7) % x.assume(1.0..=2.0),
        10 => x.assume(0.0..=1e6) % x.assume(1.0..=2.0),
        11 => x.assume(0.0..=1e12) % 3.0,
        12 => y.assume(0..=1 << 40).shift_left(30).to_fxp(),
        _ => y.assume(0..=1 << 20).shift_left(20).to_fxp(),
    }
}

/// Where results become 0 or mean nothing because of a bound that is known, the line says so.
#[test]
fn known_ranges_that_leave_a_domain_are_warned_about() {
    let expected = [
        Some("exponential"),
        None,
        Some("exponential_minus_one"),
        Some("power"),
        None,
        None,
        Some("divide"),
        None,
        Some("remainder"),
        Some("remainder"),
        None,
        None,
        Some("shift_left"),
        None,
    ];
    for (row, expected) in expected.into_iter().enumerate() {
        let warnings = limits::warnings(row, [3], [3], [3], &Network::LOCAL).unwrap();
        let at = format!(" {row} => ");
        match expected {
            None => assert_eq!(warnings, [], "row {row}"),
            Some(name) => {
                let lines = lines(&warnings);
                let own = include_str!("checks.rs").split("fn limits").next().unwrap().lines().count() as u32;
                let at =
                    include_str!("checks.rs").lines().skip(own as usize).position(|line| line.contains(&at)).unwrap();
                assert_eq!(lines, [own + at as u32 + 1], "row {row}: {warnings:?}");
                assert!(warnings[0].to_string().contains(&format!("`{name}`")), "{}", warnings[0]);
            }
        }
    }
}

#[spu_fn]
fn rises(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.exp()
}

/// Real numbers know e^25; the format does not.
#[test]
fn a_power_of_e_beyond_the_domain_parts() {
    let error = rises::check(vec![1.0, 25.0], &Network::LOCAL).unwrap_err();
    assert!(error.to_string().starts_with("`exponential` loses precision: 0.0 in place of 72004899337."), "{error}");
}

#[spu_fn]
fn prints(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    (x.assume(0.0..=1e5) * x.assume(0.0..=1e5)).reveal()
}

/// Runs [`prints`] twice; a child of the test below, whose standard error is read.
#[test]
#[ignore = "run by the test below"]
fn prints_twice() {
    let config = Config { range_warnings: std::env::var_os("QUIET").is_none(), ..Config::default() };
    let session = Session::local(&config).unwrap();
    let x = session.input(Party(0), [1], || Ok(arr1(&[2.0]))).unwrap();
    for _ in 0..2 {
        assert_eq!(prints::run(&session, &x).unwrap().item(), 4.0);
    }
}

#[test]
fn a_session_prints_warnings_once_unless_told_not_to() {
    let output = |quiet: bool| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "prints_twice", "--nocapture"]);
        if quiet {
            command.env("QUIET", "1");
        }
        let output = command.output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let text = output(false);
    assert_eq!(text.matches("warning: `multiply` may overflow").count(), 1, "{text}");
    assert!(text.contains("(x.assume(0.0..=1e5) * x.assume(0.0..=1e5)).reveal()\n"), "{text}");
    assert!(!output(true).contains("warning:"));
}
