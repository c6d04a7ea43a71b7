//! Costs of whole programs that protocols promise: exact, by the compiler.

use spu::nn::networks::{ConvolutionalNetwork, NETWORK_A, NETWORK_B, NETWORK_C, NETWORK_D, NetworkA, NetworkD};
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
fn convolutional_sgd(
    #[fixed] is_c: bool,
    weights: Weights<ConvolutionalNetwork>,
    velocity: Weights<ConvolutionalNetwork>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Weights<ConvolutionalNetwork>, Weights<ConvolutionalNetwork>, Tensor<Public, Fxp>) {
    let network = if is_c { NETWORK_C } else { NETWORK_B };
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(network.apply(weights, x), y));
    let (weights, velocity) = Sgd::default().step(weights, velocity, gradient);
    (weights, velocity, loss.reveal())
}

#[spu_fn]
fn strided_sgd(
    weights: Weights<NetworkD>,
    velocity: Weights<NetworkD>,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Weights<NetworkD>, Weights<NetworkD>, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK_D.apply(weights, x), y));
    let (weights, velocity) = Sgd::default().step(weights, velocity, gradient);
    (weights, velocity, loss.reveal())
}

#[spu_fn]
fn quotient(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x / y
}

/// The divisor is above 64 units, by which shares may err: one that may reach 0 is looked at up to its sign bit.
#[spu_fn]
fn quotient_of_36_bits(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(-131_072.0..=131_072.0) / y.assume(1.0 / 2048.0..=131_072.0)
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
    assert_eq!(price(sgd::program(weights(), weights(), x, y)), (40, 11_594_048));
    let adam = price(adam::program(weights(), Adam::state(weights()), x, y, []));
    let ams_grad = price(ams_grad::program(weights(), AmsGrad::state(weights()), x, y));
    assert_eq!((adam, ams_grad), ((57, 76_246_784), (62, 86_093_800)));
}

/// Momentum SGD, batches of 128. kernels.md counts 170, 267 and 26 MB as the least that B, C and D can move.
#[test]
fn a_step_of_the_convolutional_networks() {
    let (x, y) = ([128, 784], [128, 10]);
    let (b, c, d) = (|| NETWORK_B.shape(), || NETWORK_C.shape(), || NETWORK_D.shape());
    let b = price(convolutional_sgd::program(false, b(), b(), x, y));
    let c = price(convolutional_sgd::program(true, c(), c(), x, y));
    let d = price(strided_sgd::program(d(), d(), x, y));
    assert_eq!([b, c, d], [(78, 194_603_680), (78, 306_877_840), (39, 26_933_008)]);
}

/// Rounds, and bits an element. A quotient of any two numbers takes larger rings; ranges that are known save them.
#[test]
fn quotients() {
    let n = 12_288;
    let bits = |(rounds, bytes): (u64, u64)| {
        assert_eq!(8 * bytes % n as u64, 0);
        (rounds, 8 * bytes / n as u64)
    };
    // The position of the divisor's leading one, opened; block masks, masks of place and sign, two sums; U; u; t² and t³; the quotient.
    let quotient_kernel = |excess: u64| 9 * 64 + 8 * excess + 6 * (3 + 20) + 2 * 60;
    let any = 1205 + 2 * 19 + 544 + 444 + 2 * 128 + 192 + (192 + 3 * 39) + 2 * (192 + 3 * 23) + quotient_kernel(44);
    assert_eq!(bits(price(quotient::program([n], [n]))), (18, any));
    let of_36_bits =
        438 + 2 * 11 + 432 + 192 + 2 * 128 + 192 + (192 + 3 * 13) + 2 * (192 + 3 * 23) + quotient_kernel(18);
    assert_eq!(bits(price(quotient_of_36_bits::program([n], [n]))), (18, of_36_bits));
    assert_eq!(bits(price(quotient_of_18_bits::program([n], [n]))), (19, 2867));
}
