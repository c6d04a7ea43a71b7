//! Normalizations.

use spu::evaluate;
use spu_nn::init::Draws;
use spu_nn::layers::{BatchNorm, Layer, LayerNorm};

use super::check::Pass::{Infer, Train};
use super::check::{Secrets, assert_close, check, numbers, positive};
use super::reference::moments;

const EPSILON: f64 = 1e-5;

/// The numbers of one feature of `x[…, features]`.
fn feature(x: &[f64], features: usize, which: usize) -> Vec<f64> {
    x.iter().skip(which).step_by(features).copied().collect()
}

fn normalized(x: f64, (mean, variance): (f64, f64), epsilon: f64, weight: f64, bias: f64) -> f64 {
    (x - mean) / (variance + epsilon).sqrt() * weight + bias
}

#[test]
fn batches_are_normalized_by_their_own_moments_in_training() {
    for shape in [&[6, 3][..], &[2, 2, 3, 3]] {
        check(BatchNorm::new(3), Train, shape, |w, x| {
            let of_feature: Vec<_> = (0..3).map(|i| moments(&feature(x, 3, i))).collect();
            let at = |(i, &x): (usize, &f64)| normalized(x, of_feature[i % 3], EPSILON, w[0][i % 3], w[1][i % 3]);
            x.iter().enumerate().map(at).collect()
        });
    }
}

#[test]
fn batches_are_normalized_by_running_moments_afterwards() {
    check(BatchNorm::new(3).epsilon(0.25), Infer, &[4, 3], |w, x| {
        let running = |i: usize| (w[2][i], w[3][i]);
        let at = |(i, &x): (usize, &f64)| normalized(x, running(i % 3), 0.25, w[0][i % 3], w[1][i % 3]);
        x.iter().enumerate().map(at).collect()
    });
}

#[test]
fn running_moments_move_by_their_share() {
    let layer = BatchNorm::new(2).momentum(0.75);
    let draws = &mut Draws::seeded(5);
    let weights = layer.initial(draws).unwrap();
    let state = positive(layer.state_shape(), draws);
    let x = draws.normal([5, 2], 2.0);
    let before = numbers(state.clone());
    let batch = x.elements.to_f64();
    let next = evaluate((weights, state, x), |(w, s, x)| {
        let x: Secrets = x;
        layer.train(w, s, x).1
    });
    let next = numbers(next.unwrap());
    for i in 0..2 {
        let (mean, variance) = moments(&feature(&batch, 2, i));
        let expected = [0.75 * before[0][i] + 0.25 * mean, 0.75 * before[1][i] + 0.25 * variance];
        assert_close(&[next[0][i], next[1][i]], &expected, 1e-12);
    }
}

#[test]
fn rows_are_normalized_by_their_own_moments() {
    for (epsilon, shape) in [(EPSILON, &[4, 5][..]), (0.5, &[2, 3, 5])] {
        check(LayerNorm::new(5).epsilon(epsilon), Infer, shape, |w, x| {
            let row = |x: &[f64]| -> Vec<f64> {
                let of_row = moments(x);
                (0..5).map(|i| normalized(x[i], of_row, epsilon, w[0][i], w[1][i])).collect()
            };
            x.chunks_exact(5).flat_map(row).collect()
        });
    }
}

/// What is given first changes nothing but the scale.
#[test]
fn they_begin_as_plain_normalizations() {
    let draws = &mut Draws::seeded(1);
    let batch = BatchNorm::new(2);
    assert_eq!(numbers(batch.initial(draws).unwrap()), [vec![1.0; 2], vec![0.0; 2]]);
    assert_eq!(numbers(batch.initial_state().unwrap()), [vec![0.0; 2], vec![1.0; 2]]);
    assert_eq!(numbers(LayerNorm::new(2).initial(draws).unwrap()), [vec![1.0; 2], vec![0.0; 2]]);
}
