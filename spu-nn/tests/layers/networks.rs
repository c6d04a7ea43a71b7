//! Networks A to D against loops.

use spu::{HostTensor, Tree, evaluate};
use spu_nn::init::Draws;
use spu_nn::layers::Layer;
use spu_nn::networks::{NETWORK_A, NETWORK_B, NETWORK_C, NETWORK_D};

use super::check::{Secrets, assert_close, numbers, random};
use super::reference::{self, Window, dense, relu};

#[track_caller]
fn assert_network(
    network: impl Layer,
    weights: usize,
    images: usize,
    reference: impl Fn(&[Vec<f64>], &[f64]) -> Vec<f64>,
) {
    let draws = &mut Draws::seeded(2);
    let initial = numbers(network.initial(draws).unwrap());
    assert_eq!(initial.iter().map(Vec::len).sum::<usize>(), weights);
    // Glorot's weights, and biases that can be seen.
    let biases = numbers(random(network.shape(), draws));
    let pairs = initial.into_iter().zip(biases).enumerate();
    let values: Vec<Vec<f64>> = pairs.map(|(i, (glorot, random))| if i % 2 == 0 { glorot } else { random }).collect();
    let mut leaves = values.clone().into_iter();
    let given = spu::HostOf::of(|| {
        network.shape().graft().map(|leaf| {
            spu::Tensor::with_data(HostTensor::fxp(leaf.shape(), leaves.next().expect("values for each leaf")))
        })
    });
    let given = given.unwrap();
    let pixels: Vec<f64> = draws.normal([images * 784], 0.5).elements.to_f64();
    let expected = reference(&values, &pixels);
    for shape in [&[images, 784][..], &[images, 28, 28, 1]] {
        let x = HostTensor::fxp(shape, pixels.clone());
        let y = evaluate((given.clone(), x), |(w, x)| {
            let x: Secrets = x;
            network.infer(w, network.state_shape().graft(), x)
        });
        let y = y.unwrap();
        assert_eq!(y.shape().extents(), [images, 10]);
        assert_close(&y.values(), &expected, 1e-10);
    }
}

#[test]
fn network_a() {
    assert_network(NETWORK_A, 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10, 3, |w, x| {
        let hidden = relu(dense(x, &w[0], &w[1], 784));
        dense(&relu(dense(&hidden, &w[2], &w[3], 128)), &w[4], &w[5], 128)
    });
}

/// Pooling behind ReLU, where the networks have it in front: the same function.
fn convolutional(w: &[Vec<f64>], x: &[f64], channels: usize, flat: usize, hidden: usize) -> Vec<f64> {
    let pool = |x: &[f64], image| Window { strides: [2, 2], ..Window::new(image, [2, 2]) }.pool(x, reference::max);
    let x = relu(Window::new([28, 28, 1], [5, 5]).convolve(x, &w[0], &w[1], 1));
    let x = pool(&x, [24, 24, channels]);
    let x = relu(Window::new([12, 12, channels], [5, 5]).convolve(&x, &w[2], &w[3], 1));
    let x = pool(&x, [8, 8, flat / 16]);
    dense(&relu(dense(&x, &w[4], &w[5], flat)), &w[6], &w[7], hidden)
}

#[test]
fn network_b() {
    let weights = 400 + 16 + 6400 + 16 + 25_600 + 100 + 1000 + 10;
    assert_network(NETWORK_B, weights, 2, |w, x| convolutional(w, x, 16, 256, 100));
}

#[test]
fn network_c() {
    let weights = 500 + 20 + 25_000 + 50 + 400_000 + 500 + 5000 + 10;
    assert_network(NETWORK_C, weights, 2, |w, x| convolutional(w, x, 20, 800, 500));
}

/// SAME: 14 results at a distance of 2 need (14 − 1)·2 + 5 − 28 = 3 zeros, one of them before.
#[test]
fn network_d() {
    assert_network(NETWORK_D, 125 + 5 + 98_000 + 100 + 1000 + 10, 2, |w, x| {
        let window = Window { strides: [2, 2], before: [1, 1], after: [2, 2], ..Window::new([28, 28, 1], [5, 5]) };
        let x = relu(window.convolve(x, &w[0], &w[1], 1));
        dense(&relu(dense(&x, &w[2], &w[3], 980)), &w[4], &w[5], 100)
    });
}
