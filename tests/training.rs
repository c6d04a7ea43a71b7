//! Training under ABY3: another network than the examples', against the plain oracle and against f64.

use std::sync::Mutex;

use spu::nn::init::Draws;
use spu::nn::metrics::count_correct;
use spu::nn::optim::Sgd;
use spu::prelude::*;
use spu::protocols::ring::{Cpu, set_cpu};
use spu::{Evaluator, ExecutorExt};

/// Three hidden layers.
type Network = (Dense, Relu, Dense, Relu, Dense, Relu, Dense);
type Model = Weights<Network>;

const NETWORK: Network =
    (Dense::new(INPUTS, 24), Relu, Dense::new(24, 17), Relu, Dense::new(17, 12), Relu, Dense::new(12, CLASSES));
const INPUTS: usize = 20;
const CLASSES: usize = 5;
const BATCH: usize = 77;

#[spu_fn]
fn step(
    weights: Model,
    velocity: Model,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Model, Model, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK.apply(weights, x), y));
    let (weights, velocity) = Sgd { rate: 0.1, ..Sgd::default() }.step(weights, velocity, gradient);
    (weights, velocity, loss.reveal())
}

#[spu_fn]
fn correct(weights: Model, x: Tensor<Secret, Fxp>, y: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    count_correct(NETWORK.apply(weights, x), y).reveal()
}

/// Points around five centres: a task that a network learns in a few steps.
fn points() -> (Vec<f64>, Vec<i64>) {
    let noise = |i: usize| (i.wrapping_mul(2654435761) >> 7) as f64 % 1000.0 / 1000.0 - 0.5;
    let label = |row: usize| row * 3 % CLASSES;
    let coordinate = |i: usize| {
        let (row, column) = (i / INPUTS, i % INPUTS);
        f64::from(u8::from(column % CLASSES == label(row))) + 0.5 * noise(i)
    };
    let labels = (0..BATCH * CLASSES).map(|i| i64::from(label(i / CLASSES) == i % CLASSES));
    ((0..BATCH * INPUTS).map(coordinate).collect(), labels.collect())
}

/// Losses of `steps` steps, and the number of right answers after them.
fn train(session: &impl ExecutorExt, steps: usize) -> Result<(Vec<f64>, f64), Error> {
    let mut weights = session.input(Party(2), NETWORK.shape(), || NETWORK.initial(&mut Draws::seeded(3)))?;
    let mut velocity = session.input(Party(2), NETWORK.shape(), || Sgd::at_rest(NETWORK.shape()))?;
    let (x, y) = points();
    let x = session.input(Party(0), [BATCH, INPUTS], || Ok(HostTensor::fxp([BATCH, INPUTS], x.clone())))?;
    let y = session.input(Party(1), [BATCH, CLASSES], || Ok(HostTensor::int([BATCH, CLASSES], y.clone())))?;
    let mut losses = Vec::new();
    for _ in 0..steps {
        let (next, moved, loss) = step::run(session, &weights, &velocity, &x, &y)?.split();
        (weights, velocity) = (next, moved);
        losses.push(loss.item());
    }
    Ok((losses, correct::run(session, &weights, &x, &y)?.item()))
}

fn seeded(seed: u64) -> Session {
    Session::local(&Config { insecure_seed: Some(seed), ..Config::default() }).unwrap()
}

#[test]
fn learns_under_aby3_as_in_the_clear() {
    let (shared, right) = train(&seeded(1), 40).unwrap();
    let (plain, _) = train(&Session::plain(&Config::default()).unwrap(), 40).unwrap();
    let (exact, _) = train(&Evaluator::new(), 40).unwrap();
    assert!((shared[0] - exact[0]).abs() < 1e-3, "{} and {}", shared[0], exact[0]);
    assert!(exact[39] < 0.25 * exact[0], "the task is learnt in f64: {exact:?}");
    for ((a, b), c) in shared.iter().zip(&plain).zip(&exact) {
        assert!((a - b).abs() < 0.02 && (a - c).abs() < 0.02, "{a}, {b}, {c}");
    }
    assert!(right >= 0.95 * BATCH as f64, "{right} of {BATCH}");
}

#[test]
fn two_sessions_at_once_do_not_meddle() {
    let alone = train(&seeded(4), 3).unwrap();
    let one = std::thread::scope(|scope| {
        let other = scope.spawn(|| train(&seeded(5), 3).unwrap());
        let one = train(&seeded(4), 3).unwrap();
        other.join().unwrap();
        one
    });
    assert_eq!(one, alone);
    let (one, other) = (seeded(6), seeded(7));
    let x = one.input(Party(0), [2], || Ok(vec![1.0, 2.0])).unwrap();
    let error = double::run(&other, &x).map(drop).unwrap_err().to_string();
    assert!(error.contains("another session"), "{error}");
}

#[spu_fn]
fn product(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    (x * y).reveal()
}

/// A product that lies halfway between two numbers of the format is rounded up with probability 1/2, each element by what only
/// the keys decide: two seeds differ at half of n places, give or take 6 standard deviations of √n/2.
///
/// The losses of a training are no such test. They are opened with 18 fraction bits, and the mean over a batch moves by one or
/// two units of those, if at all, when weights are rounded otherwise: of 24 seeds ten had the same three losses.
#[test]
fn sessions_with_other_keys_round_independently() {
    const N: usize = 10_000;
    let unit = 2f64.powi(-18);
    let halves = |seed: u64| -> Vec<bool> {
        let session = seeded(seed);
        let input = |bits: i32| session.input(Party(0), [N], || Ok(vec![2f64.powi(bits); N])).unwrap();
        let rounded = product::run(&session, &input(-9), &input(-10)).unwrap().to_host().elements.to_f64();
        let is_up = |x: f64| {
            assert!(x == 0.0 || x == unit, "{x} is not beside half a unit");
            x == unit
        };
        rounded.into_iter().map(is_up).collect()
    };
    let (one, again, other) = (halves(4), halves(4), halves(5));
    let is_half = |count: usize| count.abs_diff(N / 2) < 6 * 50;
    assert_eq!(one, again);
    let differing = one.iter().zip(&other).filter(|(a, b)| a != b).count();
    assert!(is_half(differing), "{differing} of {N} differ");
    let up = |seed: &[bool]| seed.iter().filter(|&&up| up).count();
    assert!(is_half(up(&one)) && is_half(up(&other)), "{} and {} of {N} are rounded up", up(&one), up(&other));
}

#[spu_fn]
fn double(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x + x
}

/// The level is the process's: tests that set it take turns.
static CPU: Mutex<()> = Mutex::new(());

#[test]
fn every_vector_level_gives_the_same_bits() {
    let _turn = CPU.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let level = |cpu: Cpu| {
        set_cpu(cpu).unwrap();
        train(&seeded(8), 3).unwrap()
    };
    let scalar = level(Cpu::Scalar);
    for cpu in [Cpu::Avx2, Cpu::Avx512].into_iter().filter(|cpu| cpu.is_supported()) {
        assert_eq!(level(cpu), scalar, "{cpu:?}");
    }
    set_cpu(Cpu::best()).unwrap();
}
