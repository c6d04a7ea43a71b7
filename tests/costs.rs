//! Costs of whole programs that protocols promise: exact, by the compiler.

use spu::nn::networks::{NETWORK_A, NetworkA};
use spu::nn::optim::{Adam, AdamW, AmsGrad, RmsProp, Sgd, clip};
use spu::prelude::*;
use spu::{LeavesAre, Program, Target};

type Model = Weights<NetworkA>;

#[spu_fn]
fn adam(
    weights: Model,
    state: (Model, Model),
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
    rate: Tensor<Public, Fxp>,
) -> (Model, (Model, Model), Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK_A.apply(weights, x), y));
    let (weights, state) = Adam::default().step_at(weights, state, gradient, rate);
    (weights, state, loss.reveal())
}

#[spu_fn]
fn ams_grad(
    weights: Model,
    state: (Model, Model, Model),
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Model, (Model, Model, Model), Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK_A.apply(weights, x), y));
    let (weights, state) = AmsGrad::default().step(weights, state, gradient);
    (weights, state, loss.reveal())
}

#[spu_fn]
fn sgd(
    weights: Model,
    velocity: Model,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Model, Model, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK_A.apply(weights, x), y));
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

#[spu_fn]
fn one_leaf(w: Leaf, g: Leaf, first: (Leaf, Leaf), largest: Leaf) -> [Leaf; 5] {
    updates(w, g, first, largest)
}

#[spu_fn]
fn seven_leaves(w: Leaves, g: Leaves, first: (Leaves, Leaves), largest: Leaves) -> [Leaves; 5] {
    updates(w, g, first, largest)
}

type Leaf = Tensor<Secret, Fxp>;
type Leaves = ([Leaf; 3], [[Leaf; 2]; 2]);

/// A step of every optimizer, after the gradient was clipped in both ways.
fn updates<T: Tree + LeavesAre<Leaf> + Copy>(w: T, g: T, (first, second): (T, T), largest: T) -> [T; 5] {
    let g = clip::by_norm(clip::by_value(g, 1.0), 5.0);
    [
        Sgd::DEFAULT.step(w, first, g).0,
        AdamW::DEFAULT.step(w, (first, second), g).0,
        Adam::DEFAULT.step(w, (first, second), g).0,
        AmsGrad::DEFAULT.step(w, (first, second, largest), g).0,
        RmsProp::DEFAULT.step(w, second, g).0,
    ]
}

#[test]
fn many_leaves_take_the_rounds_of_one() {
    let leaves = || {
        ShapeOf::<Leaves>::of(|| {
            let leaf = |n: usize| Tensor::with_shape([n]);
            ([leaf(1), leaf(2), leaf(40)], [[leaf(12), leaf(3)], [leaf(8), leaf(4)]])
        })
    };
    let leaf = || ShapeOf::<Leaf>::from([70]);
    let one = price(one_leaf::program(leaf(), leaf(), Adam::state(leaf()), leaf()));
    let many = price(seven_leaves::program(leaves(), leaves(), Adam::state(leaves()), leaves()));
    assert_eq!(one.0, many.0);
}

/// Rounds, and bytes over all parties.
fn price(program: Result<Program, Error>) -> (u64, u64) {
    let cost = Network::LOCAL.cost(&program.unwrap()).unwrap();
    (cost.rounds, cost.bytes.iter().sum())
}

/// protocols.md asks for at most 60 rounds with momentum SGD, and for at most 85 rounds and 100 MB with Adam.
#[test]
fn a_step_of_network_a() {
    let weights = || NETWORK_A.shape();
    let (x, y) = ([128, 784], [128, 10]);
    let reveals = Network::LOCAL.manifest(&sgd::program(weights(), weights(), x, y).unwrap()).unwrap().reveals;
    assert_eq!(reveals.len(), 1);
    assert_eq!(price(sgd::program(weights(), weights(), x, y)), (42, 12_030_496));
    let adam = price(adam::program(weights(), Adam::state(weights()), x, y, []));
    let ams_grad = price(ams_grad::program(weights(), AmsGrad::state(weights()), x, y));
    assert_eq!((adam, ams_grad), ((59, 80_586_544), (64, 90_433_560)));
}

/// Rounds, and bits an element. A quotient of any two numbers takes limbs of the dividend; ranges that are known save them.
#[test]
fn quotients() {
    let n = 12_288;
    let bits = |(rounds, bytes): (u64, u64)| (rounds, 8 * bytes / n as u64);
    assert_eq!(bits(price(quotient::program([n], [n]))), (19, 6303));
    assert_eq!(bits(price(quotient_of_36_bits::program([n], [n]))), (19, 5005));
    assert_eq!(bits(price(quotient_of_18_bits::program([n], [n]))), (19, 3010));
}
