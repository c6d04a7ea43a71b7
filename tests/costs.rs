//! Costs of whole programs that protocols promise: exact, by the compiler.

use spu::nn::optim::Sgd;
use spu::prelude::*;
use spu::{Program, Target};

#[spu_fn]
fn adam(
    weights: Mlp<2>,
    first: Mlp<2>,
    second: Mlp<2>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
    correction: Tensor<Public, Fxp>,
) -> (Mlp<2>, Mlp<2>, Mlp<2>, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(weights.apply(x), y));
    let first = first.zip(gradient, |m, g| 0.9 * m + 0.1 * g);
    let second = second.zip(gradient, |v, g| 0.999 * v + 0.001 * (g * g));
    let step = first.zip(second, |m, v| m * (v + 1.0 / 262_144.0).rsqrt_approx());
    (weights.zip(step, |w, s| w - correction * s), first, second, loss.reveal())
}

#[spu_fn]
fn sgd(
    weights: Mlp<2>,
    velocity: Mlp<2>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Mlp<2>, Mlp<2>, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(weights.apply(x), y));
    let (weights, velocity) = Sgd::default().step(weights, velocity, gradient);
    (weights, velocity, loss.reveal())
}

#[spu_fn]
fn quotient(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x / y
}

#[spu_fn]
fn quotient_of_36_bits(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(-131_072.0..=131_072.0) / y.assume(1.0 / 262_144.0..=131_072.0)
}

#[spu_fn]
fn quotient_of_18_bits(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(-512.0..=512.0) / y.assume(1.0 / 512.0..=512.0)
}

fn network_a() -> spu::ShapeOf<Mlp<2>> {
    Mlp::shape(784, [128, 128], 10)
}

/// Rounds, and bytes over all parties.
fn price(program: Result<Program, Error>) -> (u64, u64) {
    let cost = Network::LOCAL.cost(&program.unwrap()).unwrap();
    (cost.rounds, cost.bytes.iter().sum())
}

/// protocols.md asks for at most 60 rounds with momentum SGD, and for at most 85 rounds and 100 MB with Adam.
#[test]
fn a_step_of_network_a() {
    let weights = network_a;
    let (x, y) = ([128, 784], [128, 10]);
    let reveals = Network::LOCAL.manifest(&sgd::program(weights(), weights(), x, y).unwrap()).unwrap().reveals;
    assert_eq!(reveals.len(), 1);
    assert_eq!(price(sgd::program(weights(), weights(), x, y)), (42, 12_030_496));
    let adam = price(adam::program(weights(), weights(), weights(), x, y, []));
    assert_eq!(adam, (65, 85_007_216));
}

/// Rounds, and bits an element. A quotient of any two numbers takes larger rings; ranges that are known save them.
#[test]
fn quotients() {
    let n = 12_288;
    let bits = |(rounds, bytes): (u64, u64)| (rounds, 8 * bytes / n as u64);
    // The position of the divisor's leading one, opened; block masks, masks of place and sign, two sums; U; u; t² and t³; the quotient.
    let any = 1205 + 2 * 19 + 544 + 444 + 2 * 128 + 192 + (192 + 3 * 39) + 2 * (192 + 3 * 23) + 1485;
    assert_eq!(bits(price(quotient::program([n], [n]))), (20, any));
    // With e = 18 instead of 44: 260 bits less in the larger rings.
    let of_36_bits =
        438 + 2 * 11 + 432 + 192 + 2 * 128 + 192 + (192 + 3 * 13) + 2 * (192 + 3 * 23) + 1485 - 10 * (44 - 18);
    assert_eq!(bits(price(quotient_of_36_bits::program([n], [n]))), (20, of_36_bits));
    assert_eq!(bits(price(quotient_of_18_bits::program([n], [n]))), (19, 2867));
}
