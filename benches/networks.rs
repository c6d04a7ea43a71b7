//! One training step (batch 128, momentum SGD) of each benchmark network: among three threads, by the plain oracle, and on
//! real numbers. `cargo bench --bench networks -- 'C/oracle'` runs one of them.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use spu::nn::init::Draws;
use spu::nn::optim::Sgd;
use spu::prelude::*;
use spu::{Evaluator, Executor};

/// A step of a network, and a function that runs it again and again in a session.
macro_rules! network {
    ($name:ident, $network:ident, $type:ident) => {
        mod $name {
            use spu::nn::networks::{$network, $type};

            use super::*;

            type Model = Weights<$type>;

            #[spu_fn]
            fn step(
                weights: Model,
                velocity: Model,
                x: Tensor<Secret, Fxp>,
                y: Tensor<Secret, Int>,
            ) -> (Model, Model, Tensor<Public, Fxp>) {
                let (loss, gradient) = value_and_grad(weights, |weights| cross_entropy($network.apply(weights, x), y));
                let (weights, velocity) = Sgd::default().step(weights, velocity, gradient);
                (weights, velocity, loss.reveal())
            }

            pub(super) fn bench(c: &mut Criterion, label: &str, session: &impl Executor) -> Result<(), Error> {
                let initial = || $network.initial(&mut Draws::seeded(1));
                let weights = session.input(Party(0), $network.shape(), initial)?;
                let velocity = session.input(Party(0), $network.shape(), || Sgd::at_rest($network.shape()))?;
                let x = session.input(Party(0), [BATCH, 784], || Ok(images()))?;
                let y = session.input(Party(1), [BATCH, 10], || Ok(labels()))?;
                c.bench_function(label, |b| {
                    b.iter(|| black_box(step::run(session, &weights, &velocity, &x, &y).expect("the step runs")));
                });
                Ok(())
            }
        }
    };
}

network!(a, NETWORK_A, NetworkA);
network!(b, NETWORK_B, NetworkB);
network!(c, NETWORK_C, NetworkC);
network!(d, NETWORK_D, NetworkD);

fn networks(c: &mut Criterion) {
    let mut run = || -> Result<(), Error> {
        let config = Config::default();
        macro_rules! in_each_session {
            ($label:literal, $name:ident) => {
                $name::bench(c, concat!($label, "/three threads"), &Session::local(&config)?)?;
                $name::bench(c, concat!($label, "/oracle"), &Session::plain(&config)?)?;
                $name::bench(c, concat!($label, "/real numbers"), &Evaluator::new())?;
            };
        }
        in_each_session!("A", a);
        in_each_session!("B", b);
        in_each_session!("C", c);
        in_each_session!("D", d);
        Ok(())
    };
    run().expect("the sessions start");
}

fn images() -> HostTensor {
    let pixel = |i: usize| ((i * 7919) % 256) as f64 / 255.0;
    HostTensor::fxp([BATCH, 784], (0..BATCH * 784).map(pixel).collect())
}

fn labels() -> HostTensor {
    let label = |i: usize| i64::from((i / 10 * 7) % 10 == i % 10);
    HostTensor::int([BATCH, 10], (0..BATCH * 10).map(label).collect())
}

const BATCH: usize = 128;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = networks
}
criterion_main!(benches);
