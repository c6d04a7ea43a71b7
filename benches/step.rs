//! One training step of network A (784-128-128-10, batch 128, momentum SGD) among three threads.

use criterion::{Criterion, criterion_group, criterion_main};
use spu::nn::init::Draws;
use spu::nn::networks::{NETWORK_A, NetworkA};
use spu::nn::optim::Sgd;
use spu::prelude::*;

type Model = Weights<NetworkA>;

#[spu_fn]
fn step(
    weights: Model,
    velocity: Model,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Int>,
) -> (Model, Model, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy(NETWORK_A.apply(weights, x), y));
    let (weights, velocity) = Sgd::default().step(weights, velocity, gradient);
    (weights, velocity, loss.reveal())
}

fn training_step(c: &mut Criterion) {
    let run = || -> Result<_, Error> {
        let session = Session::local(&Config::default())?;
        let weights = session.input(Party(0), NETWORK_A.shape(), || NETWORK_A.initial(&mut Draws::seeded(1)))?;
        let velocity = session.input(Party(0), NETWORK_A.shape(), || Sgd::at_rest(NETWORK_A.shape()))?;
        let pixel = |i: usize| ((i * 7919) % 256) as f64 / 255.0;
        let x = session
            .input(Party(0), [128, 784], || Ok(HostTensor::fxp([128, 784], (0..128 * 784).map(pixel).collect())))?;
        let label = |i: usize| i64::from((i / 10 * 7) % 10 == i % 10);
        let y =
            session.input(Party(1), [128, 10], || Ok(HostTensor::int([128, 10], (0..1280).map(label).collect())))?;
        Ok((session, weights, velocity, x, y))
    };
    let (session, weights, velocity, x, y) = run().expect("the session starts");
    let mut group = c.benchmark_group("training step of network A");
    group.sample_size(20);
    group.bench_function("three threads", |b| {
        b.iter(|| step::run(&session, &weights, &velocity, &x, &y).expect("the step runs"));
    });
    group.finish();
}

criterion_group!(benches, training_step);
criterion_main!(benches);
